/**
 * The known bugs of ZooKeeper that zabsim reproduces: bugs that a release has fixed, and bugs that the newest release
 * still has. Each bug names the behaviors that fix it (behavior.ts). These behaviors determine which releases have the
 * bug. attribution.ts applies them to find the bug that explains a failure.
 */
import type { Role } from "../invariants/violation.ts";
import { type Behavior, type DiffLogging, FIXES, type Fix } from "../protocol/index.ts";

export interface KnownBug {
  /** The name of the scenario in scenarios/bugs/ that reproduces the bug, or `ZOOKEEPER-N` if there is none. */
  readonly id: string;
  /** The error in ZooKeeper's code, as one sentence. */
  readonly cause: string;
  /** The consequence of the bug. */
  readonly effect: string;
  /** Whether a release with this behavior has the bug. */
  readonly isIn: (behavior: Behavior) => boolean;
  /**
   * Whether a release has the cause of the bug. Undefined if only the releases that have the bug have its cause. In the
   * other releases, the cause can violate an invariant but has no other effect, and the failure is attributed to the
   * bug.
   */
  readonly hasCause?: (behavior: Behavior) => boolean;
  /** The smallest change of behavior that fixes the bug. */
  readonly fixedBehavior: Partial<Behavior>;
  /**
   * Other bugs that `fixedBehavior` also fixes. If the fix of one of these other bugs is enough to avoid a failure, the
   * failure is attributed to that other bug.
   */
  readonly alsoFixes?: readonly string[];
  /**
   * Behaviors that are not part of the bug but determine how often it occurs. Attribution keeps them unchanged when it
   * fixes all other bugs.
   */
  readonly keptBehaviors?: readonly (keyof Behavior)[];
  /** Other scenarios in scenarios/bugs/ that show the bug. */
  readonly alsoShownBy?: readonly string[];
  /** The role of the server at which the bug violates an invariant. Undefined if the server can have any role. */
  readonly role?: Role;
  /** True if the bug only prevents servers from serving, and violates no invariant. */
  readonly onlyLiveness?: true;
  /**
   * The releases that have the bug according to its ticket or its known cause. Undefined if these releases are unknown.
   */
  readonly affected?: readonly string[];
  /** Other releases in which the scenario of the bug violates the same invariant, and the reason. */
  readonly alsoIn?: { readonly releases: readonly string[]; readonly why: string };
}

/** Releases in which the follower logs the transactions of a DIFF after UPTODATE. */
const SINCE_2678 = ["3.4.10", "3.4.14", "3.5.5", "3.5.8", "3.6.0", "3.6.2"];
/** Releases in which the follower queues the transactions of a DIFF for its log thread at NEWLEADER. */
const SINCE_3911 = ["3.5.10", "3.6.4", "3.7.2", "3.8.0", "3.8.4", "3.9.1"];
/** Releases in which the follower syncs the transactions of a DIFF before it writes currentEpoch. */
const SINCE_4646 = ["3.8.6", "3.9.2"];
/** Releases that have dynamic reconfiguration. Each release from 3.5.5 on has the same errors in it. */
const SINCE_RECONFIG = [
  ...["3.5.5", "3.5.8", "3.5.10", "3.6.0", "3.6.2", "3.6.4", "3.7.2"],
  ...["3.8.0", "3.8.4", "3.8.6", "3.9.1", "3.9.2", "3.9.3", "3.9.4", "newest"],
];

const logs =
  (...variants: readonly DiffLogging[]) =>
  ({ diffLogging }: Behavior): boolean =>
    variants.includes(diffLogging);

/** The behaviors that fix all bugs that can occur because the log thread writes the transactions of a DIFF. */
const BY_MAIN_THREAD = { acksWaitForUptodate: true, stopsBeforeServing: true, commitNeedsProposal: false } as const;

const WHY_4646 = [
  "These releases have ZOOKEEPER-3911, which violates the same invariant. The follower does not even queue the",
  "transactions of a DIFF before it acknowledges NEWLEADER (Learner#syncWithLeader).",
].join(" ");

const WHY_4785 = [
  "In these releases the transactions of a DIFF are on disk, but the follower does not read them into memory when it",
  "leaves: ZooKeeperServer#canShutdown is false for a server in state INITIAL, so Learner#shutdown does not replay the",
  "log. See the scenario synced-diff-not-in-memory-higher-epoch-wins.",
].join(" ");

const WHY_4712 = [
  "These releases have the bug log-thread-drained-after-fast-forward, which violates the same invariant. The log",
  "thread writes its queue when the server has already replayed its log into memory (LearnerZooKeeperServer#shutdown).",
].join(" ");

const WHY_STATIC_LISTS = [
  "3.4 has no pending configuration. In the scenario, servers 1 and 2 have a list of their own, which has a quorum",
  "without the other servers.",
].join(" ");

const WHY_LOGGED_GAP = [
  "In these releases, the observer logs a warning about the INFORM and continues its synchronization",
  "(Learner#syncWithLeader).",
].join(" ");

/** Bugs that a later release of ZooKeeper fixes. */
const FIXED_BUGS: readonly KnownBug[] = [
  {
    id: "zookeeper-3911-newleader-acked-before-diff-is-logged",
    cause: "A follower acknowledges NEWLEADER before the transactions of a DIFF are on disk.",
    effect: "If the quorum then loses power, committed transactions are lost.",
    isIn: logs("after-uptodate"),
    fixedBehavior: { diffLogging: "synced-before-ack", ...BY_MAIN_THREAD },
    affected: SINCE_2678,
  },
  {
    id: "zookeeper-4643-current-epoch-before-diff-is-logged",
    cause: "A follower writes currentEpoch before the transactions of a DIFF are on disk.",
    effect: "After a crash, the follower can win an election without them, and committed transactions are truncated.",
    isIn: logs("after-uptodate", "queued-before-ack", "synced-before-ack"),
    fixedBehavior: { diffLogging: "synced-before-epoch", ...BY_MAIN_THREAD },
    alsoFixes: [
      "zookeeper-3911-newleader-acked-before-diff-is-logged",
      "zookeeper-4646-newleader-acked-before-queue-is-flushed",
      "zookeeper-4685-proposal-ack-taken-for-newleader-ack",
      "zookeeper-4785-queue-not-read-back-higher-epoch-wins",
      "zookeeper-4394-commit-finds-queue-cleared",
      "zookeeper-4712-stale-queue-logged-after-leaving",
    ],
    affected: [...SINCE_2678, ...SINCE_3911],
  },
  {
    id: "zookeeper-4646-newleader-acked-before-queue-is-flushed",
    cause: "A follower acknowledges NEWLEADER while its log thread still has to write the transactions of a DIFF.",
    effect: "If the quorum then loses power, committed transactions are lost.",
    isIn: logs("queued-before-ack"),
    fixedBehavior: { diffLogging: "synced-before-ack", acksWaitForUptodate: true },
    alsoFixes: ["zookeeper-4685-proposal-ack-taken-for-newleader-ack"],
    affected: SINCE_3911,
    alsoIn: {
      releases: SINCE_2678,
      why: WHY_4646,
    },
  },
  {
    id: "zookeeper-4785-queue-not-read-back-higher-epoch-wins",
    cause: "A follower that leaves before UPTODATE has the new epoch, but not the DIFF's transactions, in memory.",
    effect: "The follower can win an election without them, and committed transactions are truncated.",
    isIn: (one) => !one.stopsBeforeServing && logs("queued-before-ack")(one),
    fixedBehavior: { stopsBeforeServing: true, learnerShutdown: "log-thread-first" },
    alsoFixes: ["zookeeper-4712-stale-queue-logged-after-leaving"],
    affected: SINCE_3911,
    alsoIn: {
      releases: SINCE_4646,
      why: WHY_4785,
    },
  },
  {
    id: "zookeeper-4685-proposal-ack-taken-for-newleader-ack",
    cause: "The leader takes the ACK of a proposal for the ACK of NEWLEADER and does not count the follower.",
    effect: "The leader times out, and no epoch is established.",
    isIn: (one) => !one.acksWaitForUptodate && logs("queued-before-ack")(one),
    fixedBehavior: { acksWaitForUptodate: true },
    affected: SINCE_3911,
  },
  {
    id: "zookeeper-3023-serves-before-synced-commits-are-applied",
    cause: "A follower serves before it has applied the committed transactions of its synchronization.",
    effect: "Clients read old data.",
    isIn: (one) => !one.syncedCommitsApplyBeforeServing && !logs("committed-before-epoch")(one),
    fixedBehavior: { syncedCommitsApplyBeforeServing: true },
    role: "following",
    affected: [...SINCE_2678, ...SINCE_3911, ...SINCE_4646],
  },
  {
    id: "zookeeper-4394-commit-finds-queue-cleared",
    cause: "A COMMIT between NEWLEADER and UPTODATE finds that the follower has cleared its pending proposals.",
    effect: "The follower fails and has to join again.",
    isIn: (one) =>
      one.commitNeedsProposal && logs("queued-before-ack", "synced-before-ack", "synced-before-epoch")(one),
    fixedBehavior: { commitNeedsProposal: false },
    affected: [...SINCE_3911, ...SINCE_4646],
  },
  {
    id: "zookeeper-4925-synced-txns-missing-from-committed-log",
    cause: "The transactions of a DIFF are missing from the follower's committedLog.",
    effect: "If the follower leads later, other followers never get them.",
    isIn: (one) => !one.syncedTxnsReachCommittedLog && logs("committed-before-epoch")(one),
    fixedBehavior: { syncedTxnsReachCommittedLog: true },
    affected: ["3.9.3"],
  },
  {
    id: "zookeeper-3642-interrupted-snap-kept-in-memory",
    cause: "A follower keeps an interrupted SNAP in memory and never writes it to disk.",
    effect: "A restart loses transactions that the follower has acknowledged.",
    isIn: (one) => !one.interruptedSnapReloads,
    fixedBehavior: { interruptedSnapReloads: true },
    keptBehaviors: ["syncSource"],
    affected: SINCE_2678,
  },
  {
    id: "zookeeper-3104-newleader-queued-before-snap",
    cause: "The leader queues NEWLEADER before it serializes the SNAP.",
    effect: "A snapshot on the follower contains transactions above its zxid, and the follower's log lacks them.",
    isIn: (one) => !one.newLeaderAfterSnap,
    fixedBehavior: { newLeaderAfterSnap: true },
    keptBehaviors: ["syncSource"],
    affected: ["3.4.10", "3.4.14"],
  },
  {
    id: "zookeeper-2418-gap-between-log-and-committed-log",
    cause: "The leader sends a DIFF from its log on disk and committedLog, with a gap between the two.",
    effect: "The learner never gets the transactions in the gap.",
    isIn: (one) => one.syncSource === "txn-log",
    fixedBehavior: { syncSource: "txn-log-without-gaps" },
    affected: ["3.5.5", "3.5.8", "3.5.10"],
  },
  {
    id: "zookeeper-4712-stale-queue-logged-after-leaving",
    cause:
      "The log thread of a follower still runs after the follower has left, and logs its queue into the next epoch.",
    effect: "The logs of the servers differ.",
    isIn: (one) => one.learnerShutdown === "leaves-log-thread",
    fixedBehavior: { learnerShutdown: "log-thread-first" },
    // The ticket also names 3.7 and 3.8. In these releases, the log thread ends when it sends its first ACK, so it logs
    // nothing in the next epoch (ZOOKEEPER-4409). Eight tries on real servers of 3.8.6 did not show the bug.
    affected: ["3.5.10", "3.6.4"],
    alsoIn: {
      releases: SINCE_2678.slice(1),
      why: WHY_4712,
    },
  },
  {
    id: "zookeeper-2845-logged-txn-not-in-memory",
    cause: "A server votes in an election although its memory lacks the last transactions of its log.",
    effect: "A restart brings them back, although no other server has them.",
    isIn: (one) => !one.shutdownFastForwards,
    fixedBehavior: { shutdownFastForwards: true, learnerShutdown: "log-thread-first" },
    affected: ["3.4.10"],
  },
  {
    id: "synced-diff-not-in-memory-higher-epoch-wins",
    cause:
      "A follower that leaves before it serves has DIFF transactions on disk but not in memory (see ZOOKEEPER-4785).",
    effect: "The follower can win an election without them, and committed transactions are truncated.",
    isIn: (one) => !one.stopsBeforeServing && logs("synced-before-epoch")(one),
    fixedBehavior: { stopsBeforeServing: true, learnerShutdown: "log-thread-first" },
    alsoFixes: ["zookeeper-4712-stale-queue-logged-after-leaving"],
  },
  {
    id: "txns-after-trunc-missing-from-committed-log",
    cause: "Transactions after a TRUNC or a SNAP are missing from committedLog (fixed with ZOOKEEPER-4925).",
    effect: "If the follower leads later, other followers never get them.",
    isIn: (one) => !one.syncedTxnsReachCommittedLog && !logs("committed-before-epoch")(one),
    fixedBehavior: { syncedTxnsReachCommittedLog: true },
  },
  {
    id: "log-thread-drained-after-fast-forward",
    cause:
      "A server replays its log into memory before the log thread has written its queue (fixed with ZOOKEEPER-4712).",
    effect: "The server's disk has transactions that its memory lacks, and a restart brings them back.",
    isIn: (one) => one.learnerShutdown === "fast-forward-first" && one.shutdownFastForwards,
    fixedBehavior: { learnerShutdown: "log-thread-first" },
  },
  {
    id: "ZOOKEEPER-2355",
    cause: "A follower votes with the zxid of a DIFF before it has the DIFF's transactions.",
    effect: "The follower can win an election without them, and committed transactions are lost.",
    isIn: (one) => one.diffSetsLastProcessed,
    fixedBehavior: { diffSetsLastProcessed: false },
  },
  {
    id: "ZOOKEEPER-2872",
    cause: "A follower acknowledges NEWLEADER before the snapshot of a SNAP is synced.",
    effect: "If the follower then loses power, it loses the transactions in the snapshot.",
    isIn: (one) => !one.syncsSnap,
    fixedBehavior: { syncsSnap: true },
  },
  {
    id: "ZOOKEEPER-2959",
    cause: "Observers count for the proposal and the acknowledgment of an epoch.",
    effect: "An epoch can be established without a quorum of voters.",
    isIn: (one) => !one.observersDoNotCount,
    fixedBehavior: { observersDoNotCount: true },
  },
  {
    id: "ack-from-outside-configuration-commits",
    cause:
      "The leader counts the ACK of a proposal from a server that its configuration does not list (fixed with " +
      "ZOOKEEPER-107).",
    effect: "A transaction can be committed without a quorum, and is lost if the leader then crashes.",
    isIn: (one) => !one.onlyVotersAcknowledge,
    fixedBehavior: { onlyVotersAcknowledge: true },
    affected: SINCE_2678.slice(0, 2),
  },
  {
    id: "zookeeper-3829-leader-outside-pending-configuration-commits-nothing",
    cause:
      "With reconfigEnabled=false, a server still stores the configuration in NEWLEADER as its pending one. A new " +
      "leader that this configuration lacks designates another server to lead.",
    effect: "After a server was added by a roll of the lists, it can lead and never commits a transaction.",
    isIn: (one) => one.knowsReconfig && !one.reconfigDisabledKeepsPending,
    fixedBehavior: { reconfigDisabledKeepsPending: true },
    onlyLiveness: true,
    affected: ["3.5.5", "3.5.8", "3.6.0"],
  },
  {
    id: "ZOOKEEPER-1413",
    cause: "A learner below committedLog, or at the start of an epoch, gets SNAP, or a TRUNC that crosses epochs.",
    effect: "The learner loads a whole snapshot unnecessarily, or truncates its log across epochs.",
    isIn: (one) => one.syncSource === "committed-log",
    fixedBehavior: { syncSource: "txn-log-without-gaps" },
  },
  {
    id: "ZOOKEEPER-3537",
    cause:
      "A looking server stores a vote from a leader or a follower of its round as if the sender were looking, too.",
    effect: "The server checks the leader against votes of other rounds, and can follow a server that no longer leads.",
    isIn: (one) => !one.settledVotesKeepState,
    fixedBehavior: { settledVotesKeepState: true },
  },
  {
    id: "ZOOKEEPER-3701",
    cause: "A server that cannot truncate its log stops following but does not exit.",
    effect: "The server repeats the same attempt forever and never joins.",
    isIn: (one) => !one.failedTruncExits,
    fixedBehavior: { failedTruncExits: true },
    onlyLiveness: true,
  },
  {
    id: "ZOOKEEPER-2307",
    cause: "A server keeps an epoch in memory that it failed to write to disk.",
    effect: "The acceptedEpoch on disk can become lower than currentEpoch, and then the server cannot start again.",
    isIn: (one) => !one.epochSetOnlyIfWritten,
    fixedBehavior: { epochSetOnlyIfWritten: true },
  },
  {
    id: "ZOOKEEPER-2325",
    cause: "A server loads a log without a snapshot as if it were the whole database.",
    effect: "Transactions before the start of the log are missing.",
    isIn: (one) => !one.logNeedsSnapshot,
    fixedBehavior: { logNeedsSnapshot: true },
  },
  {
    id: "ZOOKEEPER-4269",
    cause: "A server crashes while it renames currentEpoch.tmp to currentEpoch.",
    effect: "The server cannot start again.",
    isIn: (one) => !one.usesCurrentEpochTmp,
    fixedBehavior: { usesCurrentEpochTmp: true },
    onlyLiveness: true,
  },
  {
    id: "zookeeper-3756-unreachable-voter-holds-up-votes",
    cause: "One thread of the election sends all notifications and also opens the connections.",
    effect: "A voter that does not answer delays all votes, and no leader is established.",
    isIn: (one) => one.electionConnectsInTurn,
    fixedBehavior: { electionConnectsInTurn: false },
    onlyLiveness: true,
  },
  {
    id: "ZOOKEEPER-3188",
    cause: "A learner tries to connect to its leader five times, one second apart.",
    effect: "The leader can give up before a learner has connected, so no epoch is established.",
    isIn: (one) => !one.shortConnectPause,
    fixedBehavior: { shortConnectPause: true, connectsWithinInitLimit: true },
    onlyLiveness: true,
  },
  {
    id: "zookeeper-2029-leader-continues-without-acceptor",
    cause: "A leader whose accept() fails continues without the thread that accepts learners.",
    effect: "Other servers connect to the leader but never join.",
    isIn: (one) => !one.failedAcceptorStopsLeader,
    // Without startupKeepsError, a leader that is not established yet would continue, too.
    fixedBehavior: { failedAcceptorStopsLeader: true, startupKeepsError: true },
    onlyLiveness: true,
  },
  {
    id: "zookeeper-3320-server-continues-without-election-port",
    cause: "A server whose accept() fails three times on the election port continues without this port.",
    effect: "In an election, servers with larger ids cannot connect to the server, and it can remain without a leader.",
    isIn: (one) => !one.failedListenerExits,
    fixedBehavior: { failedListenerExits: true },
    onlyLiveness: true,
  },
];

/** The bug for each fix in behavior.ts. */
const BUG_OF_FIX: Readonly<
  Record<
    Fix,
    Pick<
      KnownBug,
      "affected" | "alsoFixes" | "alsoIn" | "alsoShownBy" | "cause" | "effect" | "id" | "onlyLiveness" | "role"
    > & {
      /** The behavior without which a release cannot have the bug. */
      readonly needs?: keyof Behavior;
      /** The behavior without which a release cannot have the cause of the bug. Default: `needs`. */
      readonly causeNeeds?: keyof Behavior;
      /** The behavior with which a release cannot have the bug. */
      readonly unless?: keyof Behavior;
    }
  >
> = {
  truncRemovesEverythingAbove: {
    id: "open-snapshot-survives-trunc",
    cause: "A TRUNC keeps snapshots above its zxid. If no log record has this zxid, it also keeps the next record.",
    effect: "The server serves transactions that no other server has.",
    alsoShownBy: ["open-trunc-keeps-one-txn-too-many"],
  },
  truncDeletesNewestFirst: {
    id: "open-trunc-killed-between-log-files-leaves-a-hole",
    cause: "A TRUNC deletes the oldest log file first, so a kill between two deletions leaves a gap in the log.",
    effect: "The server cannot start again.",
  },
  syncForgetsAcks: {
    id: "open-acked-proposal-truncated-committed-lost",
    cause: "The leader counts the ACK of a follower although the follower has truncated the transaction since.",
    effect: "If the leader crashes, a committed transaction is lost.",
  },
  snapReplacesLog: {
    id: "open-hole-in-log-after-snap-passed-on",
    cause:
      "A SNAP, or a TRUNC with later transactions, leaves a gap or uncommitted transactions in the learner's log, " +
      "and later the learner uses that log (ZOOKEEPER-2832, ZOOKEEPER-2846).",
    effect:
      "The learner serves uncommitted transactions, or other servers miss transactions, truncate committed ones, or " +
      "never join.",
    alsoShownBy: [
      "open-hole-in-log-after-snap-committed-truncated",
      "zookeeper-2832-uncommitted-txn-survives-snap",
      "zookeeper-2846-gap-after-snap-follower-never-joins",
    ],
  },
  startsWithEpochOlderThanZxid: {
    id: "open-crash-before-current-epoch-cannot-start",
    cause:
      "A learner crashes after it saves the snapshot of a SNAP and before it writes currentEpoch " +
      "(ZOOKEEPER-1653, ZOOKEEPER-2354).",
    effect: "The server cannot start again.",
    onlyLiveness: true,
  },
  syncsLogAtStart: {
    id: "open-tail-read-back-after-kill-never-synced",
    cause: "A restarted server reads transactions that were never synced, and treats them as durable.",
    effect: "If the machine of the server loses power later, committed transactions are lost.",
  },
  unwrittenEpochNotUsed: {
    id: "open-epoch-used-though-not-accepted",
    cause: "A leader that fails to write acceptedEpoch leads the epoch nevertheless.",
    effect: "The server can lead the same epoch twice, with different transactions under the same zxids.",
  },
  failedLogWriteExits: {
    id: "open-failed-log-write-survives",
    cause: "A server that fails to write its log continues with the transactions in memory (ZOOKEEPER-4882).",
    effect: "The log of the server permanently lacks committed transactions.",
  },
  corruptSnapshotExits: {
    id: "open-corrupt-snapshot-older-one-used",
    cause: "A server that cannot read its newest snapshot loads an older one, even if the log starts after it.",
    effect: "The server can lead without committed transactions.",
  },
  answersWorseVotes: {
    id: "open-election-better-vote-never-repeated",
    cause: "A looking server that keeps receiving worse votes never repeats its own better vote.",
    effect: "The servers agree on a leader only after many seconds, when they no longer vote at the same times.",
    onlyLiveness: true,
  },
  learnerAheadEndsLeading: {
    id: "open-voter-ahead-of-leader-never-joins",
    cause: "A voter has accepted a later epoch than the epoch of the established leader.",
    effect: "The voter can never join that leader.",
    onlyLiveness: true,
  },
  interruptedTruncReloads: {
    id: "zookeeper-5094-interrupted-trunc-memory-ahead-of-disk",
    cause: "A follower that leaves between TRUNC and NEWLEADER keeps transactions in memory that it never writes.",
    effect: "A restart loses transactions that the follower has acknowledged.",
    alsoShownBy: ["trunc-then-commit-before-newleader-memory-ahead-of-disk"],
  },
  syncedCommitsApplyBeforeServing: {
    id: "open-observer-serves-before-synced-commits-are-applied",
    cause: "An observer serves before it has applied the committed transactions of its synchronization.",
    effect: "Clients read old data.",
    role: "observing",
    unless: "observersLogBeforeEpoch",
  },
  syncWaitsForApply: {
    id: "open-committed-txn-truncated-before-leader-applies-it",
    cause: "A leader has committed a transaction but not applied it, and truncates it at a learner that returns.",
    effect: "If the leader then crashes, a transaction that clients have read is lost.",
    alsoShownBy: ["open-hole-in-log-after-trunc-passed-on"],
  },
  truncSnapshotIsSynced: {
    id: "open-snapshot-after-trunc-never-synced",
    cause:
      "A truncated learner saves the transactions that follow the TRUNC in a snapshot without syncing it, and then " +
      "acknowledges NEWLEADER.",
    effect: "If its machine loses power, the learner lacks these transactions but has the new epoch, and can lead.",
  },
  observerMasterKnowsPending: {
    id: "zookeeper-5088-observer-master-skips-pending-proposal",
    cause: "An ObserverMaster does not know the proposals that its follower received while it synchronized.",
    effect: "Its observers never get these transactions (with observerMasterPort).",
    role: "observing",
    needs: "knowsObserverMasters",
  },
  activatedTxnIsQueued: {
    id: "open-observer-aborts-sync-after-reconfiguration",
    cause: "An observer that synchronizes does not take INFORMANDACTIVATE for the predecessor of the next INFORM.",
    effect: "It takes the next INFORM for a gap. From 3.9.4 on, it then stops observing and joins again.",
    role: "observing",
    needs: "rejectsGaps",
    causeNeeds: "knowsReconfig",
    affected: ["3.9.4", "newest"],
    alsoIn: { releases: SINCE_RECONFIG.slice(0, -2), why: WHY_LOGGED_GAP },
  },
  newLeaderNamesLatestConfig: {
    id: "open-newleader-names-replaced-configuration",
    cause:
      "After a handler has read the configuration for NEWLEADER, the leader proposes a newer one to the learner, " +
      "before the handler queues NEWLEADER.",
    effect:
      "The learner replaces the newer configuration by the older one, and can then elect a leader that lacks " +
      "transactions committed in the newer one.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  startKeepsNextConfig: {
    id: "open-pending-configuration-forgotten-at-second-restart",
    cause: "A server deletes zoo.cfg.dynamic.next when it starts, and keeps the pending configuration only in memory.",
    effect:
      "If it restarts again before the configuration is committed, it can elect a leader in the old configuration " +
      "while the new one is active on other servers.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
    alsoIn: { releases: ["3.4.10", "3.4.14"], why: WHY_STATIC_LISTS },
  },
  readsNextConfigWithLists: {
    id: "open-pending-configuration-not-read-with-lists",
    cause: "A server whose zoo.cfg still has the lists of servers does not read zoo.cfg.dynamic.next, and deletes it.",
    effect:
      "If it restarts after it has acknowledged NEWLEADER with a new configuration and before UPTODATE, it can elect " +
      "a leader in the old configuration while the new one is active on other servers.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
    alsoIn: { releases: ["3.4.10", "3.4.14"], why: WHY_STATIC_LISTS },
  },
  staticLeaderAcceptsNewerConfigs: {
    id: "open-mixed-reconfig-enabled-no-leader",
    cause:
      "A leader with reconfigEnabled=false refuses learners whose configuration has a higher version than its own.",
    effect: "If only some servers have reconfigEnabled, a server without it wins each election, and no leader serves.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  staticServerIgnoresNewerConfigs: {
    id: "open-older-dynamic-file-without-reconfig-never-joins",
    cause: "With reconfigEnabled=false, a newer configuration in a notification ends the election service of a server.",
    effect: "The server does not adopt the configuration either, so this repeats, and it never joins.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  uptodateKeepsPending: {
    id: "open-joining-learner-activates-pending-configuration",
    cause: "A learner that joins while a reconfiguration is pending activates the new configuration at UPTODATE.",
    effect: "If the reconfiguration does not commit, two leaders serve, each with a quorum of its configuration.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  activationEndsOldQuorum: {
    id: "open-demoted-voters-block-proposals",
    cause:
      "A proposal that is made while a reconfiguration is pending needs a quorum of the old configuration, whose " +
      "voters become observers and send no ACKs.",
    effect: "The leader leads but never commits the proposal, nor any later one.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  joinsWithCommittedQuorum: {
    id: "open-dropped-pending-configuration-never-joins",
    cause:
      "A server with a pending configuration joins an established leader only if a quorum of that configuration " +
      "supports the leader, although the leader's ensemble has dropped the configuration.",
    effect: "The server stays LOOKING while the leader serves.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  repliesWithProposal: {
    id: "open-vote-of-last-election-elects-lost-leader",
    cause:
      "A LOOKING server answers a server that it does not know as a voter with its vote of the last election, as if " +
      "it were of this round.",
    effect: "The servers elect a server that is down or unreachable again and again.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  electsCommittedVoters: {
    id: "open-votes-for-pending-voter-elect-no-leader",
    cause:
      "A LOOKING server counts votes for a voter of its pending configuration, and servers that have not seen this " +
      "configuration ignore them.",
    effect: "The servers vote for different leaders, and no leader is elected.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  activatesQueuedConfig: {
    id: "open-commit-before-uptodate-keeps-old-configuration",
    cause:
      "A learner ignores COMMITANDACTIVATE before UPTODATE unless its proposal is the first one that the learner has " +
      "not logged.",
    effect: "If a client has written before, the learner serves with the old configuration and keeps it.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  futureObserversAreNotSynced: {
    id: "open-reconfiguration-counts-follower-that-becomes-observer",
    cause:
      "A leader accepts a reconfiguration because of a follower that is about to join again as an observer, since " +
      "the committed configuration lists it as one.",
    effect: "The new configuration has no quorum of followers, so neither it nor any later transaction is committed.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  pendingVotersShareRound: {
    id: "open-round-of-pending-voter-ignored",
    cause:
      "A server that votes only in a pending configuration votes for no server, and the others ignore this vote " +
      "together with its round.",
    effect: "If its round is later than theirs, its votes never count, and no leader is established.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  pendingVotersTakeOldVotes: {
    id: "open-pending-voter-ahead-of-old-voters-elects-no-leader",
    cause:
      "A server that votes only in a pending configuration votes for no server if its log is ahead of all old voters.",
    effect: "If the old voters have lost the transaction of the reconfiguration or a later one, no leader is elected.",
    alsoShownBy: ["open-pending-voter-logs-later-write-elects-no-leader"],
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  observersLogBeforeEpoch: {
    id: "open-observer-writes-epoch-before-diff-is-logged",
    cause:
      "An observer writes currentEpoch before the transactions of a DIFF are on disk, and logs them after UPTODATE.",
    effect:
      "If it becomes a voter without them, it can win an election because of its epoch, and committed transactions " +
      "are truncated.",
    alsoFixes: ["open-observer-serves-before-synced-commits-are-applied"],
    affected: ["3.4.10", "3.4.14", ...SINCE_RECONFIG],
  },
  pendingAddressIsDialed: {
    id: "open-changed-election-address-never-dialed",
    cause: "A server dials only the committed election address of another server, although a changed one is pending.",
    effect: "After a restart with the pending configuration, it does not find the others, and stays LOOKING.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    unless: "electionConnectsInTurn",
    affected: SINCE_RECONFIG.filter((release) => release !== "3.5.5" && release !== "3.6.0"),
  },
  comparesResolvedAddresses: {
    id: "zookeeper-4708-unresolved-own-address-leader-commits-nothing",
    cause:
      "A leader that cannot resolve its own host name takes its address in the new configuration for another one. It " +
      "designates another server to lead.",
    effect: "The leader leads and never commits a transaction.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  leaderWritesConfigZnode: {
    id: "open-leader-shows-old-list",
    cause:
      "With reconfigEnabled=false, a leader does not write its list to /zookeeper/config. It shows the list in its " +
      "newest snapshot.",
    effect: "Clients that ask a leader whose list has changed read the old list.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  startupKeepsError: {
    id: "zookeeper-4203-new-leader-forgets-failed-acceptor",
    cause: "A leader whose accept() fails before it is established forgets the error when it starts to serve.",
    effect: "The leader continues but accepts no learner any more, so other servers never join.",
    onlyLiveness: true,
    needs: "failedAcceptorStopsLeader",
  },
};

/** Bugs that the newest release of ZooKeeper still has; the release `patched` has their fixes. */
export const OPEN_BUGS: readonly (KnownBug & { readonly fix: Fix })[] = FIXES.map((fix) => {
  const { causeNeeds, needs, unless, ...bug } = BUG_OF_FIX[fix];
  const lacksFix =
    (needed: keyof Behavior | undefined) =>
    (one: Behavior): boolean =>
      !one[fix] && (needed === undefined || one[needed] === true) && (unless === undefined || !one[unless]);
  return {
    ...bug,
    fix,
    isIn: lacksFix(needs),
    ...(causeNeeds && { hasCause: lacksFix(causeNeeds) }),
    fixedBehavior: { [fix]: true },
  };
});

export const KNOWN_BUGS: readonly KnownBug[] = [...FIXED_BUGS, ...OPEN_BUGS];

/** A bug whose affected releases are known: a row of `zabsim matrix`. */
export interface MatrixBug extends KnownBug {
  readonly affected: readonly string[];
}

export const MATRIX_BUGS: readonly MatrixBug[] = KNOWN_BUGS.filter(
  (bug): bug is MatrixBug => bug.affected !== undefined,
);

/** Returns the name of the bug in the matrix: the number of its ticket, or the name of its scenario. */
export function rowNameOf(bug: MatrixBug): string {
  return labelOf(bug).replace("ZOOKEEPER-", "");
}

/**
 * Returns the name of the bug in output: its ticket, such as `ZOOKEEPER-3911`, or the name of its scenario if it has no
 * ticket.
 */
export function labelOf({ id }: Pick<KnownBug, "id">): string {
  const ticket = /^zookeeper-(\d+)/i.exec(id)?.[1];
  return ticket === undefined ? id : `ZOOKEEPER-${ticket}`;
}
