/**
 * The bugs that are known: by ticket those that ZooKeeper has fixed, by their scenario those that its newest release has.
 * Each with the smallest change of behavior that mends it, which tells whether a release has it and whether a failure is due
 * to it.
 */
import { type Behavior, type DiffLogging, FIXES, type Fix } from "../protocol/index.ts";

export interface KnownBug {
  /** Of the scenario in scenarios/bugs/ that tells its story; of a ticket without one otherwise. */
  readonly id: string;
  readonly about: string;
  readonly isIn: (behavior: Behavior) => boolean;
  readonly mend: Partial<Behavior>;
  /** What this mends, too: where one of these suffices, it is that one. */
  readonly beyond?: readonly string[];
  /** What is no part of the bug, but decides how often it shows: left as it is where all other bugs are mended. */
  readonly along?: readonly (keyof Behavior)[];
  /** It keeps servers from serving, and breaks nothing else: no invariant is violated because of it. */
  readonly onlyLiveness?: true;
  /** The releases that the ticket, or what is known of its cause, says are affected. Absent: nobody has said. */
  readonly affected?: readonly string[];
  /** Where its scenario shows it all the same, or a campaign does, and what in ZooKeeper's code allows it. */
  readonly besides?: { readonly releases: readonly string[]; readonly why: string };
}

const SINCE_2678 = ["3.4.10", "3.4.14", "3.5.5", "3.5.8", "3.6.0", "3.6.2"];
/** The log thread writes what a DIFF brought. */
const SINCE_3911 = ["3.5.10", "3.6.4", "3.7.2", "3.8.0", "3.8.4", "3.9.1"];
const SINCE_4646 = ["3.8.6", "3.9.2"];

const logs =
  (...ways: readonly DiffLogging[]) =>
  ({ diffLogging }: Behavior): boolean =>
    ways.includes(diffLogging);

/** Logged by the main thread, with nothing else that came with it. */
const BY_MAIN_THREAD = { acksWaitForUptodate: true, stopsBeforeServing: true, commitNeedsProposal: false } as const;

const TICKETS: readonly KnownBug[] = [
  {
    id: "zookeeper-3911-newleader-acked-before-diff-is-logged",
    about: "NEWLEADER is acknowledged before what a DIFF brought is on disk",
    isIn: logs("after-uptodate"),
    mend: { diffLogging: "synced-before-ack", ...BY_MAIN_THREAD },
    affected: SINCE_2678,
  },
  {
    id: "zookeeper-4643-current-epoch-before-diff-is-logged",
    about: "currentEpoch is written before what a DIFF brought is on disk",
    isIn: logs("after-uptodate", "queued-before-ack", "synced-before-ack"),
    mend: { diffLogging: "synced-before-epoch", ...BY_MAIN_THREAD },
    beyond: [
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
    about: "NEWLEADER is acknowledged while the log thread still has to write what a DIFF brought",
    isIn: logs("queued-before-ack"),
    mend: { diffLogging: "synced-before-ack", acksWaitForUptodate: true },
    beyond: ["zookeeper-4685-proposal-ack-taken-for-newleader-ack"],
    affected: SINCE_3911,
    besides: {
      releases: SINCE_2678,
      why: "ZOOKEEPER-3911 is the same hole, wider: there nothing of the DIFF is written, or even queued, before the ACK of NEWLEADER (Learner#syncWithLeader)",
    },
  },
  {
    id: "zookeeper-4785-queue-not-read-back-higher-epoch-wins",
    about: "a follower that leaves before it serves has the new epoch, but not what the DIFF brought, in memory",
    isIn: (one) => !one.stopsBeforeServing && logs("queued-before-ack")(one),
    mend: { stopsBeforeServing: true, learnerShutdown: "log-thread-first" },
    beyond: ["zookeeper-4712-stale-queue-logged-after-leaving"],
    affected: SINCE_3911,
    besides: {
      releases: SINCE_4646,
      why: "in 3.8.6 and 3.9.2 what the DIFF brought is on disk, but ZooKeeperServer#canShutdown is false for a server in state INITIAL, so that Learner#shutdown does not bring the database up to the log: see synced-diff-not-in-memory-higher-epoch-wins",
    },
  },
  {
    id: "zookeeper-4685-proposal-ack-taken-for-newleader-ack",
    about: "the ACK of a proposal overtakes that of NEWLEADER, which the leader then never counts",
    isIn: (one) => !one.acksWaitForUptodate && logs("queued-before-ack")(one),
    mend: { acksWaitForUptodate: true },
    affected: SINCE_3911,
  },
  {
    id: "zookeeper-3023-serves-before-synced-commits-are-applied",
    about: "a follower serves, and its leader knows, before it has applied what the synchronization committed",
    isIn: (one) => !one.syncedCommitsApplyAtOnce,
    mend: { syncedCommitsApplyAtOnce: true },
    affected: [...SINCE_2678, ...SINCE_3911, ...SINCE_4646],
  },
  {
    id: "zookeeper-4394-commit-finds-queue-cleared",
    about: "a COMMIT between NEWLEADER and UPTODATE finds the queue of proposals cleared, and following ends",
    isIn: (one) =>
      one.commitNeedsProposal && logs("queued-before-ack", "synced-before-ack", "synced-before-epoch")(one),
    mend: { commitNeedsProposal: false },
    affected: [...SINCE_3911, ...SINCE_4646],
  },
  {
    id: "zookeeper-4925-synced-txns-missing-from-committed-log",
    about: "what a DIFF brought is not in committedLog, and the hole is passed on by the next DIFF",
    isIn: (one) => !one.syncedTxnsReachCommittedLog && logs("committed-before-epoch")(one),
    mend: { syncedTxnsReachCommittedLog: true },
    affected: ["3.9.3"],
  },
  {
    id: "zookeeper-3642-interrupted-snap-kept-in-memory",
    about: "a SNAP that was interrupted stays in memory, and nothing ever writes it",
    isIn: (one) => !one.interruptedSnapReloads,
    mend: { interruptedSnapReloads: true },
    along: ["syncSource"],
    affected: SINCE_2678,
  },
  {
    id: "zookeeper-3104-newleader-queued-before-snap",
    about:
      "NEWLEADER is queued before the SNAP is serialized, so a snapshot is saved with txns that the log never gets",
    isIn: (one) => !one.newLeaderAfterSnap,
    mend: { newLeaderAfterSnap: true },
    along: ["syncSource"],
    affected: ["3.4.10", "3.4.14"],
  },
  {
    id: "zookeeper-2418-gap-between-log-and-committed-log",
    about: "a DIFF from the log on disk and then committedLog, with a gap between them",
    isIn: (one) => one.syncSource === "txn-log",
    mend: { syncSource: "txn-log-without-gaps" },
    affected: ["3.5.5", "3.5.8", "3.5.10"],
  },
  {
    id: "zookeeper-4712-stale-queue-logged-after-leaving",
    about: "the log thread goes on after a follower has left its leader, and logs its queue into the next epoch",
    isIn: (one) => one.learnerShutdown === "leaves-log-thread",
    mend: { learnerShutdown: "log-thread-first" },
    affected: [...SINCE_3911, ...SINCE_4646],
  },
  {
    id: "zookeeper-2845-logged-txn-not-in-memory",
    about: "a server looks for a leader with a database that lacks what its log has",
    isIn: (one) => !one.shutdownFastForwards,
    mend: { shutdownFastForwards: true, learnerShutdown: "log-thread-first" },
    affected: ["3.4.10"],
  },
  {
    id: "synced-diff-not-in-memory-higher-epoch-wins",
    about:
      "what remains of ZOOKEEPER-4785: what the DIFF brought is on disk, but a follower that leaves before it serves does not read it",
    isIn: (one) => !one.stopsBeforeServing && logs("synced-before-epoch")(one),
    mend: { stopsBeforeServing: true, learnerShutdown: "log-thread-first" },
    beyond: ["zookeeper-4712-stale-queue-logged-after-leaving"],
  },
  {
    id: "txns-after-trunc-missing-from-committed-log",
    about:
      "what comes behind a TRUNC or a SNAP is not in committedLog, and the hole is passed on (mended with ZOOKEEPER-4925)",
    isIn: (one) => !one.syncedTxnsReachCommittedLog && !logs("committed-before-epoch")(one),
    mend: { syncedTxnsReachCommittedLog: true },
  },
  {
    id: "log-thread-drained-after-fast-forward",
    about:
      "memory is brought up to the log before the log thread has written all it had queued (mended with ZOOKEEPER-4712)",
    isIn: (one) => one.learnerShutdown === "fast-forward-first" && one.shutdownFastForwards,
    mend: { learnerShutdown: "log-thread-first" },
  },
  {
    id: "ZOOKEEPER-2355",
    about: "a DIFF's zxid is the last processed one, and voted with, before its txns have come",
    isIn: (one) => one.diffSetsLastProcessed,
    mend: { diffSetsLastProcessed: false },
  },
  {
    id: "ZOOKEEPER-2872",
    about: "the snapshot that a SNAP leaves is acknowledged unsynced",
    isIn: (one) => !one.syncsSnap,
    mend: { syncsSnap: true },
  },
  {
    id: "ZOOKEEPER-2959",
    about: "observers count for a new epoch and its acknowledgement",
    isIn: (one) => !one.observersDoNotCount,
    mend: { observersDoNotCount: true },
  },
  {
    id: "ZOOKEEPER-1413",
    about: "what is behind committedLog, or at the start of an epoch, gets a TRUNC that crosses epochs or a SNAP",
    isIn: (one) => one.syncSource === "committed-log",
    mend: { syncSource: "txn-log-without-gaps" },
  },
  {
    id: "ZOOKEEPER-3537",
    about: "votes of servers that lead or follow are compared as if they were still looking",
    isIn: (one) => !one.settledVotesKeepState,
    mend: { settledVotesKeepState: true },
  },
  {
    id: "ZOOKEEPER-3701",
    about: "a log that cannot be truncated ends following, not the server, which tries again for ever",
    isIn: (one) => !one.failedTruncExits,
    mend: { failedTruncExits: true },
    onlyLiveness: true,
  },
  {
    id: "ZOOKEEPER-2307",
    about: "an epoch that could not be written is held in memory",
    isIn: (one) => !one.epochSetOnlyIfWritten,
    mend: { epochSetOnlyIfWritten: true },
  },
  {
    id: "ZOOKEEPER-2325",
    about: "a log without a snapshot is loaded as if it were the whole database",
    isIn: (one) => !one.logNeedsSnapshot,
    mend: { logNeedsSnapshot: true },
  },
  {
    id: "ZOOKEEPER-4269",
    about: "a crash while currentEpoch is renamed keeps a server from starting",
    isIn: (one) => !one.usesCurrentEpochTmp,
    mend: { usesCurrentEpochTmp: true },
    onlyLiveness: true,
  },
  {
    id: "zookeeper-3756-unreachable-voter-holds-up-votes",
    about: "a voter that cannot be reached holds up the notifications to all others",
    isIn: (one) => one.electionConnectsInTurn,
    mend: { electionConnectsInTurn: false },
    onlyLiveness: true,
  },
  {
    id: "ZOOKEEPER-3188",
    about: "five tries a second apart: who leads is gone before a learner has connected",
    isIn: (one) => !one.shortConnectPause,
    mend: { shortConnectPause: true, connectsWithinInitLimit: true },
    onlyLiveness: true,
  },
];

/** The scenario that tells the story of each fix. */
const STORIES: Readonly<Record<Fix, string>> = {
  truncRemovesEverythingAbove: "open-snapshot-survives-trunc",
  truncDeletesNewestFirst: "open-trunc-killed-between-log-files-leaves-a-hole",
  syncForgetsAcks: "open-acked-proposal-truncated-committed-lost",
  snapReplacesLog: "open-hole-in-log-after-snap-passed-on",
  startsWithEpochOlderThanZxid: "open-crash-before-current-epoch-cannot-start",
  syncsLogAtStart: "open-tail-read-back-after-kill-never-synced",
  unwrittenEpochNotUsed: "open-epoch-used-though-not-accepted",
  failedLogWriteExits: "open-failed-log-write-survives",
  corruptSnapshotExits: "open-corrupt-snapshot-older-one-used",
  answersWorseVotes: "open-election-better-vote-never-repeated",
  learnerAheadEndsLeading: "open-voter-ahead-of-leader-never-joins",
  interruptedTruncReloads: "zookeeper-5094-interrupted-trunc-memory-ahead-of-disk",
};

const ONLY_LIVENESS: readonly Fix[] = ["startsWithEpochOlderThanZxid", "answersWorseVotes", "learnerAheadEndsLeading"];

export const OPEN_BUGS: readonly (KnownBug & { readonly fix: Fix })[] = FIXES.map((fix) => ({
  id: STORIES[fix],
  fix,
  about: "open in the newest release",
  isIn: (one) => !one[fix],
  mend: { [fix]: true },
  ...(ONLY_LIVENESS.includes(fix) && { onlyLiveness: true }),
}));

export const KNOWN_BUGS: readonly KnownBug[] = [...TICKETS, ...OPEN_BUGS];

/** One of which it is known which releases have it: what `zabsim matrix` is about. */
export interface MatrixBug extends KnownBug {
  readonly affected: readonly string[];
}

export const MATRIX_BUGS: readonly MatrixBug[] = TICKETS.filter((bug): bug is MatrixBug => bug.affected !== undefined);

/** 3911 of zookeeper-3911-newleader-acked-before-diff-is-logged. */
export function ticketOf({ id }: MatrixBug): string {
  return (/\d+/.exec(id) as RegExpExecArray)[0];
}
