/**
 * The releases of ZooKeeper that a server can run, as data. Each release extends an earlier one and lists only the
 * behaviors (behavior.ts) that differ.
 */
import { ALL_FIXES, type Behavior, NO_FIXES } from "./behavior.ts";

const R3_4_10: Behavior = {
  ...NO_FIXES,
  diffLogging: "after-uptodate",
  acksWaitForUptodate: false,
  commitNeedsProposal: false,
  syncedCommitsApplyBeforeServing: false,
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
  settledVotesKeepState: false,
  electionConnectsInTurn: true,
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
  knowsMissingDatabase: false,
  quitsWaitingForEpoch: false,
};

const R3_4_14: Behavior = {
  ...R3_4_10,
  diffSetsLastProcessed: false,
  shutdownFastForwards: true,
  observersDoNotCount: true,
};

const R3_5_5: Behavior = {
  ...R3_4_14,
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
  electionConnectsInTurn: false,
  knowsTrustEmptySnapshot: true,
  failedTruncExits: true,
  epochSetOnlyIfWritten: true,
};

const R3_5_10: Behavior = {
  ...R3_5_8,
  diffLogging: "queued-before-ack",
  interruptedSnapReloads: true,
  syncsSnap: true,
  learnerShutdown: "leaves-log-thread",
  trustingDiffSavesSnapshot: true,
  usesCurrentEpochTmp: true,
};

const R3_6_0: Behavior = {
  ...R3_5_5,
  knowsTrustEmptySnapshot: true,
  syncsSnap: true,
  syncSource: "txn-log-without-gaps",
  throttledSyncs: ["snap", "diff"],
  settledVotesKeepState: true,
  shortConnectPause: true,
  failedTruncExits: true,
  observerElectionDelay: true,
  knowsMissingDatabase: true,
  quitsWaitingForEpoch: true,
};

const R3_6_2: Behavior = { ...R3_6_0, electionConnectsInTurn: false };

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

const R3_8_6: Behavior = { ...R3_6_4, diffLogging: "synced-before-epoch", acksWaitForUptodate: true };

const R3_9_3: Behavior = {
  ...R3_8_6,
  diffLogging: "committed-before-epoch",
  syncedCommitsApplyBeforeServing: true,
  learnerShutdown: "log-thread-first",
  stopsBeforeServing: true,
};

const R3_9_4: Behavior = { ...R3_9_3, syncedTxnsReachCommittedLog: true, rejectsGaps: true };

/** The behaviors of the newest release. */
export const NEWEST: Behavior = R3_9_4;

/** The newest release with all fixes. */
export const PATCHED: Behavior = { ...NEWEST, ...ALL_FIXES };

/** The releases by name, oldest first. */
export const PROFILES: Readonly<Record<string, Behavior>> = {
  "3.4.10": R3_4_10,
  "3.4.14": R3_4_14,
  "3.5.5": R3_5_5,
  "3.5.8": R3_5_8,
  "3.5.10": R3_5_10,
  "3.6.0": R3_6_0,
  "3.6.2": R3_6_2,
  "3.6.4": R3_6_4,
  "3.7.2": R3_6_4,
  "3.8.0": R3_6_4,
  "3.8.4": R3_6_4,
  "3.8.6": R3_8_6,
  "3.9.1": R3_6_4,
  "3.9.2": R3_8_6,
  "3.9.3": R3_9_3,
  "3.9.4": R3_9_4,
  newest: NEWEST,
  patched: PATCHED,
};

/** Further releases, each with the release in PROFILES that has the same behaviors. */
export const ALIKE: Readonly<Record<string, string>> = {
  "3.4.13": "3.4.14",
  "3.8.1": "3.8.4",
  "3.8.2": "3.8.4",
  "3.8.3": "3.8.4",
  "3.8.5": "3.8.6",
  "3.9.0": "3.9.1",
};

/** The names of the releases that zabsim simulates, oldest first, then "newest" and "patched". */
export const RELEASES: readonly string[] = Object.keys(PROFILES);

/** Returns the behaviors of a release. The caller must have checked that the name is in RELEASES. */
export function behaviorOf(release: string): Behavior {
  return PROFILES[release] as Behavior;
}
