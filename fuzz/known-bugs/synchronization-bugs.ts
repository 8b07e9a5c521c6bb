/**
 * Known bugs in the synchronization of learners: what the leader sends, and what the learner logs, applies and
 * acknowledges.
 */
import type { Behavior, DiffLogging } from "../../protocol/index.ts";
import type { KnownBug, OpenBugs } from "./known-bug.ts";
import { SINCE_2678, SINCE_3911, SINCE_4646, SINCE_RECONFIG } from "./releases-since.ts";

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

/** Bugs that a later release of ZooKeeper fixes. */
export const FIXED_SYNCHRONIZATION_BUGS: readonly KnownBug[] = [
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
    id: "ZOOKEEPER-1413",
    cause: "A learner below committedLog, or at the start of an epoch, gets SNAP, or a TRUNC that crosses epochs.",
    effect: "The learner loads a whole snapshot unnecessarily, or truncates its log across epochs.",
    isIn: (one) => one.syncSource === "committed-log",
    fixedBehavior: { syncSource: "txn-log-without-gaps" },
  },
];

/** Bugs that the newest release of ZooKeeper still has, by the behavior that fixes them. */
export const OPEN_SYNCHRONIZATION_BUGS = {
  syncForgetsAcks: {
    id: "open-acked-proposal-truncated-committed-lost",
    cause: "The leader counts the ACK of a follower although the follower has truncated the transaction since.",
    effect: "If the leader crashes, a committed transaction is lost.",
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
  observerMasterKnowsPending: {
    id: "zookeeper-5088-observer-master-skips-pending-proposal",
    cause: "An ObserverMaster does not know the proposals that its follower received while it synchronized.",
    effect: "Its observers never get these transactions (with observerMasterPort).",
    role: "observing",
    needs: "knowsObserverMasters",
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
} satisfies OpenBugs;
