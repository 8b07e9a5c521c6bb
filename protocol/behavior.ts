/**
 * What differs between releases of ZooKeeper, one named behavior each. A release is a record of them (releases.ts); the core
 * reads them in the few places where they matter, and nowhere asks for a version.
 *
 * The fixes are not ZooKeeper's: they are the smallest changes that mend what campaigns found in its newest release. Each
 * names the scenario in scenarios/bugs/ that shows the bug.
 */
export interface Behavior extends ReleaseBehavior, Fixes {}

/**
 * When a follower logs what a DIFF brought, between NEWLEADER and its ACK (Learner#syncWithLeader). The third is of no
 * release: it is the least that mends ZOOKEEPER-4646.
 */
export type DiffLogging =
  | "after-uptodate" // currentEpoch, ACK; logged once UPTODATE has come (ZOOKEEPER-2678)
  | "queued-before-ack" // currentEpoch, all of it queued to the log thread, ACK (ZOOKEEPER-3911)
  | "synced-before-ack" // currentEpoch, all of it appended and synced, ACK
  | "synced-before-epoch" // all of it appended and synced, currentEpoch, ACK (ZOOKEEPER-4646)
  | "committed-before-epoch"; // what is committed appended, applied and synced, currentEpoch, ACK (ZOOKEEPER-4394)

/**
 * What a follower that served does with its log thread and its memory when it stops following. Memory is brought up to the
 * log (fast-forward) before the thread has written all it had queued, or after; or the thread is left to itself
 * (LearnerZooKeeperServer#shutdown; ZOOKEEPER-4712). From 3.7 on such a thread ends at its first ACK (ZOOKEEPER-4409): it
 * appends what it has taken up, no more. Here appending takes no time, and the thread goes on.
 */
export type LearnerShutdown = "fast-forward-first" | "leaves-log-thread" | "log-thread-first";

/** What the leader syncs learners from (sync-decision.ts): committedLog alone, the log on disk as well, or that without gaps. */
export type SyncSource = "committed-log" | "txn-log" | "txn-log-without-gaps";

/** What ZooKeeper changed itself. */
export interface ReleaseBehavior {
  readonly diffLogging: DiffLogging;
  /** A follower's ACKs of synced proposals go out behind its ACK of UPTODATE (ZOOKEEPER-4685). */
  readonly acksWaitForUptodate: boolean;
  /** A COMMIT that comes between DIFF and UPTODATE while no proposal is pending ends following (ZOOKEEPER-4394). */
  readonly commitNeedsProposal: boolean;
  /** Commits that the synchronization brought are applied before a learner serves, not by a thread of their own (ZOOKEEPER-3023). */
  readonly syncedCommitsApplyAtOnce: boolean;
  /** The zxid of a DIFF is the last processed one as soon as that has come, before any of its txns (ZOOKEEPER-2355). */
  readonly diffSetsLastProcessed: boolean;
  /** Txns that the synchronization applied are in committedLog, too (ZOOKEEPER-4925). */
  readonly syncedTxnsReachCommittedLog: boolean;
  /** A proposal that leaves a gap inside an epoch is refused while syncing and while loading; committedLog holds one txn less (ZOOKEEPER-4925). */
  readonly rejectsGaps: boolean;
  /** A learner that is interrupted while it takes a SNAP reads its database again (ZOOKEEPER-3642). */
  readonly interruptedSnapReloads: boolean;
  /** That is over with the ACK of NEWLEADER, not only with UPTODATE. */
  readonly snapEndsWithNewLeader: boolean;
  /** The snapshot that a SNAP leaves is synced (ZOOKEEPER-2872). */
  readonly syncsSnap: boolean;
  readonly learnerShutdown: LearnerShutdown;
  /** A follower whose processors run, but which does not serve yet, stops like one that serves (ZOOKEEPER-4785; from 3.9.3 on none run so early). */
  readonly stopsBeforeServing: boolean;
  /** Memory is brought up to the log when a server stops leading or following (ZOOKEEPER-2845). */
  readonly shutdownFastForwards: boolean;
  /** A new leader saves a snapshot before it proposes an epoch (ZOOKEEPER-1558: not in 3.4). */
  readonly leaderSnapshots: boolean;
  /** NEWLEADER is queued behind the proposals that came while a SNAP was serialized, not before it (ZOOKEEPER-3104). */
  readonly newLeaderAfterSnap: boolean;
  readonly syncSource: SyncSource;
  /** How many syncs go on at a time is limited for these (ZOOKEEPER-1928, ZOOKEEPER-3437). */
  readonly throttledSyncs: readonly ("snap" | "diff")[];
  /** Observers count neither for the epoch nor for its acknowledgement (ZOOKEEPER-2959). */
  readonly observersDoNotCount: boolean;
  /** A vote of a server that leads or follows is kept with its state, in the same round too (ZOOKEEPER-3537). */
  readonly settledVotesKeepState: boolean;
  /** The sender of notifications opens one connection at a time, and sends nothing to others until that is open (ZOOKEEPER-3756). */
  readonly electionConnectsInTurn: boolean;
  /**
   * Connecting to the leader pauses for leaderConnectDelayDuringRetryMs, not for a second; a try has no limit of its own, and
   * connectToLearnerMasterLimit may take the place of initLimit (ZOOKEEPER-3188).
   */
  readonly shortConnectPause: boolean;
  /** Connecting to the leader may take initLimit in all (ZOOKEEPER-1865). */
  readonly connectsWithinInitLimit: boolean;
  /** A crash between currentEpoch.tmp and its renaming is made good at the start (ZOOKEEPER-4269). */
  readonly usesCurrentEpochTmp: boolean;
  /** So is one after a snapshot and before currentEpoch, told by a file updatingEpoch (ZOOKEEPER-1653). */
  readonly marksUpdatingEpoch: boolean;
  /** A log without a snapshot is no database (ZOOKEEPER-2325). */
  readonly logNeedsSnapshot: boolean;
  /** Unless zookeeper.snapshot.trust.empty is set (ZOOKEEPER-3056). */
  readonly knowsTrustEmptySnapshot: boolean;
  /** A DIFF leaves a snapshot where that is set and there is none yet (ZOOKEEPER-3781). */
  readonly trustingDiffSavesSnapshot: boolean;
  /** A log that cannot be truncated ends the server, not only following (ZOOKEEPER-3701). */
  readonly failedTruncExits: boolean;
  /** An epoch that could not be written is not held in memory either (ZOOKEEPER-2307). */
  readonly epochSetOnlyIfWritten: boolean;
  /** An observer waits before it looks for a leader again (ZOOKEEPER-3394). */
  readonly observerElectionDelay: boolean;
  /** An empty disk may be no database, zxid -1 (db.autocreate); the votes and ACKEPOCHs of such servers do not count (ZOOKEEPER-261). */
  readonly knowsMissingDatabase: boolean;
  /** maxTimeToWaitForEpoch is known (ZOOKEEPER-3109). */
  readonly quitsWaitingForEpoch: boolean;
}

/** What no release has. */
export interface Fixes {
  /**
   * TRUNC removes snapshots above the zxid, and cuts before the next record where there is none with that zxid. A learner
   * that has no older snapshot to go back to asks for a SNAP instead: it reports zxid 0
   * (ZOOKEEPER-1549, FileTxnLog#truncate; open-snapshot-survives-trunc, open-trunc-keeps-one-txn-too-many).
   */
  readonly truncRemovesEverythingAbove: boolean;
  /**
   * TRUNC deletes log files from the newest on: killed on the way, a server has a log without a hole
   * (FileTxnLog#truncate; open-trunc-killed-between-log-files-leaves-a-hole).
   */
  readonly truncDeletesNewestFirst: boolean;
  /**
   * The ACKs of a learner count no more once it has been told to TRUNC or take a SNAP, nor do those that its former
   * connection still brings (Leader#processAck; open-acked-proposal-truncated-committed-lost).
   */
  readonly syncForgetsAcks: boolean;
  /**
   * The log from before a SNAP, which may have a hole before it, is neither kept nor used for the synchronization of
   * others (open-hole-in-log-after-snap-passed-on, open-hole-in-log-after-snap-committed-truncated).
   */
  readonly snapReplacesLog: boolean;
  /**
   * A server whose last zxid is of a newer epoch than currentEpoch starts, and votes with that currentEpoch
   * (QuorumPeer#loadDataBase; open-crash-before-current-epoch-cannot-start).
   */
  readonly startsWithEpochOlderThanZxid: boolean;
  /** What is read from the log at the start is synced before anybody relies on it (open-tail-read-back-after-kill-never-synced). */
  readonly syncsLogAtStart: boolean;
  /** No epoch is proposed whose acceptedEpoch could not be written (Leader#getEpochToPropose; open-epoch-used-though-not-accepted). */
  readonly unwrittenEpochNotUsed: boolean;
  /**
   * A server whose log could not be written ends, instead of looking for a leader with what only its memory has
   * (SyncRequestProcessor, ZooKeeperCriticalThread#handleException; open-failed-log-write-survives).
   */
  readonly failedLogWriteExits: boolean;
  /**
   * A server whose newest snapshot cannot be read does not start from an older one, behind which the log may be purged or
   * have a hole (FileSnap#deserialize; open-corrupt-snapshot-older-one-used).
   */
  readonly corruptSnapshotExits: boolean;
  /**
   * A LOOKING server answers one of the same round that votes for somebody worse: its own vote may not have been heard, and
   * as long as it hears others it repeats nothing (FastLeaderElection#lookForLeader;
   * open-election-better-vote-never-repeated).
   */
  readonly answersWorseVotes: boolean;
  /**
   * A leader gives up when a learner comes that has accepted a later epoch than the leader's: that one would refuse it for
   * ever (Leader#getEpochToPropose, Learner#registerWithLeader; open-voter-ahead-of-leader-never-joins).
   */
  readonly learnerAheadEndsLeading: boolean;
  /** A learner that is interrupted between TRUNC and NEWLEADER reads its database again (ZOOKEEPER-5094). */
  readonly interruptedTruncReloads: boolean;
}

export type Fix = keyof Fixes;

export const NO_FIXES: Fixes = {
  truncRemovesEverythingAbove: false,
  truncDeletesNewestFirst: false,
  syncForgetsAcks: false,
  snapReplacesLog: false,
  startsWithEpochOlderThanZxid: false,
  syncsLogAtStart: false,
  unwrittenEpochNotUsed: false,
  failedLogWriteExits: false,
  corruptSnapshotExits: false,
  answersWorseVotes: false,
  learnerAheadEndsLeading: false,
  interruptedTruncReloads: false,
};

export const FIXES = Object.keys(NO_FIXES) as readonly Fix[];

export const ALL_FIXES = Object.fromEntries(FIXES.map((fix) => [fix, true])) as unknown as Fixes;
