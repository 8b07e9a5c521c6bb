/**
 * The releases of ZooKeeper that a server can run, as data. Each release extends an earlier one and lists only the
 * behaviors (behavior.ts) that differ.
 */
import { ALL_FIXES, type Behavior, NO_FIXES, NO_PULL_REQUESTS, type ReleaseBehavior } from "./behavior.ts";

const R3_4_10: Behavior = {
  ...NO_FIXES,
  ...NO_PULL_REQUESTS,
  deletesEmptyLog: false,
  unreadableRecordIsNull: false,
  knowsJuteExtraSize: false,
  diffLogging: "after-uptodate",
  acksWaitForUptodate: false,
  commitNeedsProposal: false,
  diffSetsLastProcessed: true,
  syncedTxnsReachCommittedLog: false,
  rejectsGaps: false,
  interruptedSnapReloads: false,
  snapEndsWithNewLeader: false,
  syncsSnap: false,
  learnerShutdown: "fast-forward-first",
  stopsBeforeServing: false,
  shutdownFastForwards: false,
  leaderSnapshots: false,
  newLeaderAfterSnap: false,
  syncSource: "committed-log",
  throttledSyncs: [],
  observersDoNotCount: false,
  onlyVotersAcknowledge: false,
  knowsReconfig: false,
  reconfigDisabledKeepsPending: false,
  ignoresVotesForNonVoters: false,
  helloHasAddress: false,
  settledVotesKeepState: false,
  electionConnectsInTurn: true,
  failedAcceptorStopsLeader: false,
  failedAcceptorClosesPort: false,
  failedListenerExits: false,
  listenerClosesLastAccepted: false,
  knowsTcpKeepAlive: false,
  shortConnectPause: false,
  connectsWithinInitLimit: false,
  usesCurrentEpochTmp: false,
  marksUpdatingEpoch: true,
  logNeedsSnapshot: false,
  knowsTrustEmptySnapshot: false,
  trustingDiffSavesSnapshot: false,
  failedTruncExits: false,
  epochSetOnlyIfWritten: false,
  observerElectionDelay: false,
  knowsObserverMasters: false,
  knowsMissingDatabase: false,
  quitsWaitingForEpoch: false,
};

const R3_4_14: Behavior = {
  ...R3_4_10,
  diffSetsLastProcessed: false,
  knowsTcpKeepAlive: true,
  shutdownFastForwards: true,
  observersDoNotCount: true,
  ignoresVotesForNonVoters: true,
};

const R3_5_5: Behavior = {
  ...R3_4_14,
  failedAcceptorStopsLeader: true,
  listenerClosesLastAccepted: true,
  onlyVotersAcknowledge: true,
  knowsReconfig: true,
  helloHasAddress: true,
  commitNeedsProposal: true,
  leaderSnapshots: true,
  newLeaderAfterSnap: true,
  syncSource: "txn-log",
  throttledSyncs: ["snap"],
  connectsWithinInitLimit: true,
  marksUpdatingEpoch: false,
  logNeedsSnapshot: true,
};

const R3_5_8: Behavior = {
  ...R3_5_5,
  failedListenerExits: true,
  knowsJuteExtraSize: true,
  electionConnectsInTurn: false,
  knowsTrustEmptySnapshot: true,
  failedTruncExits: true,
  epochSetOnlyIfWritten: true,
};

const R3_5_10: Behavior = {
  ...R3_5_8,
  reconfigDisabledKeepsPending: true,
  diffLogging: "queued-before-ack",
  interruptedSnapReloads: true,
  syncsSnap: true,
  learnerShutdown: "leaves-log-thread",
  trustingDiffSavesSnapshot: true,
  usesCurrentEpochTmp: true,
};

const R3_6_0: Behavior = {
  ...R3_5_5,
  failedAcceptorClosesPort: true,
  failedListenerExits: true,
  knowsJuteExtraSize: true,
  knowsTrustEmptySnapshot: true,
  syncsSnap: true,
  syncSource: "txn-log-without-gaps",
  throttledSyncs: ["snap", "diff"],
  settledVotesKeepState: true,
  shortConnectPause: true,
  failedTruncExits: true,
  observerElectionDelay: true,
  knowsObserverMasters: true,
  knowsMissingDatabase: true,
  quitsWaitingForEpoch: true,
};

const R3_6_2: Behavior = { ...R3_6_0, electionConnectsInTurn: false, reconfigDisabledKeepsPending: true };

const R3_6_4: Behavior = {
  ...R3_6_2,
  diffLogging: "queued-before-ack",
  interruptedSnapReloads: true,
  snapEndsWithNewLeader: true,
  learnerShutdown: "leaves-log-thread",
  trustingDiffSavesSnapshot: true,
  usesCurrentEpochTmp: true,
  epochSetOnlyIfWritten: true,
};

const R3_7_2: Behavior = { ...R3_6_4, learnerShutdown: "leaves-log-thread-until-ack" };

const R3_8_6: Behavior = { ...R3_7_2, diffLogging: "synced-before-epoch", acksWaitForUptodate: true };

const R3_9_2: Behavior = { ...R3_8_6, unreadableRecordIsNull: true };

const R3_9_3: Behavior = {
  ...R3_9_2,
  deletesEmptyLog: true,
  diffLogging: "committed-before-epoch",
  learnerShutdown: "log-thread-first",
  stopsBeforeServing: true,
};

const R3_9_4: Behavior = { ...R3_9_3, syncedTxnsReachCommittedLog: true, rejectsGaps: true };

/** The behaviors of the newest release. */
export const NEWEST: Behavior = R3_9_4;

/** The newest release with all fixes. */
export const PATCHED: Behavior = { ...NEWEST, ...ALL_FIXES };

/**
 * The releases with a profile of their own, oldest first within each release line (such as 3.8). They are the columns
 * of `zabsim matrix`.
 */
export const PROFILES: Readonly<Record<string, Behavior>> = {
  "3.4.10": R3_4_10,
  "3.4.14": R3_4_14,
  "3.5.5": R3_5_5,
  "3.5.8": R3_5_8,
  "3.5.10": R3_5_10,
  "3.6.0": R3_6_0,
  "3.6.2": R3_6_2,
  "3.6.4": R3_6_4,
  "3.7.2": R3_7_2,
  "3.8.0": R3_7_2,
  "3.8.4": R3_7_2,
  "3.8.6": R3_8_6,
  "3.9.1": R3_7_2,
  "3.9.2": R3_9_2,
  "3.9.3": R3_9_3,
  "3.9.4": R3_9_4,
  newest: NEWEST,
  patched: PATCHED,
};

/** A release without a profile of its own. */
export interface AlikeRelease {
  /** The release of PROFILES whose behavior this release has. */
  readonly profile: string;
  /** The behaviors that differ from the profile. Undefined if there are none. */
  readonly except?: Partial<ReleaseBehavior>;
  /** The evidence: one or two sentences about the changes between the two releases. */
  readonly why: string;
}

/**
 * The releases from 3.4.10 on that have no profile of their own. The evidence comes from the history of ZooKeeper's
 * server.quorum and server.persistence packages, ZKDatabase, SyncRequestProcessor and ZooKeeperServer between the tags
 * of two releases.
 *
 * 3.5.0 to 3.5.4 are missing: they are alpha and beta releases, and no profile behaves like them.
 */
export const ALIKE: Readonly<Record<string, AlikeRelease>> = {
  "3.4.11": {
    profile: "3.4.10",
    except: { diffSetsLastProcessed: false, knowsTcpKeepAlive: true },
    why: [
      "3.4.11 fixes ZOOKEEPER-2355, so a follower does not set lastProcessedZxid when a DIFF arrives, and it has the",
      "setting zookeeper.tcpKeepAlive (ZOOKEEPER-1748).",
    ].join(" "),
  },
  "3.4.12": {
    profile: "3.4.14",
    except: { observersDoNotCount: false, ignoresVotesForNonVoters: false },
    why: [
      "3.4.12 does not fix ZOOKEEPER-2959, so observers count toward the quorums of an epoch, and it does not fix",
      "ZOOKEEPER-2988, so a server can elect a leader that its configuration lacks.",
    ].join(" "),
  },
  "3.4.13": {
    profile: "3.4.14",
    why: "3.4.14 moves source files and changes log messages, but does not change the handshake.",
  },
  "3.5.6": {
    profile: "3.5.5",
    except: { knowsTrustEmptySnapshot: true, failedListenerExits: true },
    why: [
      "3.5.6 has the setting zookeeper.snapshot.trust.empty (ZOOKEEPER-3056), which permits a log without a snapshot,",
      "and it fixes ZOOKEEPER-3320, so a server whose election port fails for good exits.",
    ].join(" "),
  },
  "3.5.7": {
    profile: "3.5.5",
    except: { knowsTrustEmptySnapshot: true, failedListenerExits: true, failedTruncExits: true },
    why: [
      "3.5.7 has the setting zookeeper.snapshot.trust.empty (ZOOKEEPER-3056), which permits a log without a snapshot.",
      "It fixes ZOOKEEPER-3320, so a server whose election port fails for good exits, and ZOOKEEPER-3701, so a",
      "follower that cannot truncate its log exits.",
    ].join(" "),
  },
  "3.5.9": {
    profile: "3.5.8",
    except: { reconfigDisabledKeepsPending: true },
    why: "3.5.9 fixes ZOOKEEPER-3829, so a server with reconfigEnabled=false stores no pending configuration.",
  },
  "3.6.1": {
    profile: "3.6.2",
    except: { reconfigDisabledKeepsPending: false },
    why: "Both fix ZOOKEEPER-3756. 3.6.2 also fixes ZOOKEEPER-3829; its other changes concern throttling and metrics.",
  },
  "3.6.3": {
    profile: "3.6.4",
    except: { trustingDiffSavesSnapshot: false },
    why: [
      "3.6.3 does not fix ZOOKEEPER-3781. This matters only if zookeeper.snapshot.trust.empty is true: a learner that",
      "has no snapshot does not save one after a DIFF.",
    ].join(" "),
  },
  "3.7.0": {
    profile: "3.7.2",
    except: { usesCurrentEpochTmp: false },
    why: "3.7.0 does not fix ZOOKEEPER-4269, so a server does not read the currentEpoch.tmp that a crash leaves.",
  },
  "3.7.1": {
    profile: "3.7.2",
    why: "3.7.2 changes authentication, and how the commit thread wakes (ZOOKEEPER-4537), which zabsim does not model.",
  },
  "3.8.1": { profile: "3.8.4", why: "3.8.2 to 3.8.4 change authentication, metrics and name resolution." },
  "3.8.2": { profile: "3.8.4", why: "3.8.3 and 3.8.4 change authentication, metrics and name resolution." },
  "3.8.3": { profile: "3.8.4", why: "3.8.4 changes metrics, name resolution and the access check of watches." },
  "3.8.5": {
    profile: "3.8.6",
    why: "No commit between the two changes the code of the quorum or of the persistence.",
  },
  "3.9.0": { profile: "3.9.1", why: "3.9.1 changes only the authentication between servers (ZOOKEEPER-4753)." },
  "3.9.5": {
    profile: "3.9.4",
    why: "3.9.5 changes exception types, thread groups, and how znode statistics are copied (ZOOKEEPER-842, -4970).",
  },
};

/** All releases that a server can run: the published ones, oldest first, then `newest` and `patched`. */
export const RELEASES: readonly string[] = [
  ...[...Object.keys(PROFILES).filter(isVersion), ...Object.keys(ALIKE)].sort(compareVersions),
  "newest",
  "patched",
];

/** The published releases, oldest first. */
export const PUBLISHED_RELEASES: readonly string[] = RELEASES.filter(isVersion);

const BEHAVIORS: ReadonlyMap<string, Behavior> = new Map(
  RELEASES.map((release) => {
    const { except, profile = release } = ALIKE[release] ?? {};
    const behavior = PROFILES[profile] as Behavior;
    return [release, except === undefined ? behavior : { ...behavior, ...except }];
  }),
);

/** Returns the behaviors of a release. The caller must have checked that the name is in RELEASES. */
export function behaviorOf(release: string): Behavior {
  return BEHAVIORS.get(release) as Behavior;
}

/** Returns the release of PROFILES whose behavior this release has. */
export function profileOf(release: string): string {
  return ALIKE[release]?.profile ?? release;
}

/**
 * Returns a text that compares the release with its profile and gives the evidence. Returns undefined if
 * the release has a profile of its own.
 */
export function noteOnRelease(release: string): string | undefined {
  const alike = ALIKE[release];
  if (alike === undefined) return undefined;
  const count = Object.keys(alike.except ?? {}).length;
  const differences = count === 0 ? "" : `, with ${count === 1 ? "one difference" : `${count} differences`}`;
  return `ZooKeeper ${release} behaves like ${alike.profile}${differences}: ${alike.why}`;
}

/**
 * Returns the newest known release that is older than `version`, for example `3.9.7` or `3.5.4-beta`. Undefined if
 * there is none, or if `version` is not a version.
 */
export function nearestBelow(version: string): string | undefined {
  const plain = /^\d+\.\d+(\.\d+)?/.exec(version)?.[0];
  if (plain === undefined) return undefined;
  return PUBLISHED_RELEASES.findLast((one) => compareVersions(one, plain) < 0);
}

/** Compares two versions by their numbers: negative if `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number)) as [number[], number[]];
  const index = left.findIndex((number, i) => number !== (right[i] ?? 0));
  return index < 0 ? left.length - right.length : (left[index] as number) - (right[index] ?? 0);
}

function isVersion(release: string): boolean {
  return /^\d/.test(release);
}
