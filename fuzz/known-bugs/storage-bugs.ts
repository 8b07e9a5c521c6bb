/** Known bugs in what a server writes to its disk, and reads when it starts. */
import type { KnownBug, OpenBugs } from "./known-bug.ts";

/** Bugs that a later release of ZooKeeper fixes. */
export const FIXED_STORAGE_BUGS: readonly KnownBug[] = [
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
];

/** Bugs that the newest release of ZooKeeper still has, by the behavior that fixes them. */
export const OPEN_STORAGE_BUGS = {
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
    unless: "marksUpdatingEpoch",
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
  truncSnapshotIsSynced: {
    id: "open-snapshot-after-trunc-never-synced",
    cause:
      "A truncated learner saves the transactions that follow the TRUNC in a snapshot without syncing it, and then " +
      "acknowledges NEWLEADER.",
    effect: "If its machine loses power, the learner lacks these transactions but has the new epoch, and can lead.",
  },
} satisfies OpenBugs;
