/**
 * What differs between releases of ZooKeeper, one named behaviour each; a release is a record of them (a profile). The core
 * reads them in the few places where they matter, and nowhere asks for a version.
 *
 * The fixes are not ZooKeeper's: they are the smallest changes that mend what campaigns found in its newest release. Each
 * names the scenario in scenarios/bugs/ that shows the bug.
 */
export interface Behaviour {
  /**
   * TRUNC removes snapshots above the zxid, and cuts before the next record where there is none with that zxid. A learner
   * that has no older snapshot to go back to asks for a SNAP instead: it reports zxid 0
   * (ZOOKEEPER-1549, FileTxnLog#truncate; open-snapshot-survives-trunc, open-trunc-keeps-one-txn-too-many).
   */
  readonly truncCutsAll: boolean;
  /**
   * The ACKs of a learner count no more once it has been told to TRUNC or take a SNAP, nor do those that its former
   * connection still brings (Leader#processAck; open-acked-proposal-truncated-committed-lost).
   */
  readonly syncForgetsAcks: boolean;
  /**
   * The log from before a SNAP, which may have a hole before it, is neither kept nor used for the synchronization of
   * others (open-hole-in-log-behind-snap-passed-on, open-hole-in-log-behind-snap-committed-truncated).
   */
  readonly snapReplacesLog: boolean;
  /**
   * A server whose last zxid is of a newer epoch than currentEpoch starts, and votes with that currentEpoch
   * (QuorumPeer#loadDataBase; open-crash-before-current-epoch-cannot-start).
   */
  readonly startsBehindItsZxid: boolean;
  /** What is read from the log at the start is synced before anybody relies on it (open-tail-read-back-after-kill-never-synced). */
  readonly syncsWhatItReads: boolean;
  /** No epoch is proposed whose acceptedEpoch could not be written (Leader#getEpochToPropose; open-epoch-used-though-not-accepted). */
  readonly unwrittenEpochIsNotUsed: boolean;
  /**
   * A server whose log could not be written ends, instead of looking for a leader with what only its memory has
   * (SyncRequestProcessor, ZooKeeperCriticalThread#handleException; open-failed-log-write-outlived).
   */
  readonly failedLogEndsServer: boolean;
  /**
   * A server whose newest snapshot cannot be read does not start from an older one, behind which the log may be purged or
   * have a hole (FileSnap#deserialize; open-corrupt-snapshot-older-one-used).
   */
  readonly corruptSnapshotEndsServer: boolean;
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

export const NEWEST: Behaviour = {
  truncCutsAll: false,
  syncForgetsAcks: false,
  snapReplacesLog: false,
  startsBehindItsZxid: false,
  syncsWhatItReads: false,
  unwrittenEpochIsNotUsed: false,
  failedLogEndsServer: false,
  corruptSnapshotEndsServer: false,
  answersWorseVotes: false,
  learnerAheadEndsLeading: false,
  interruptedTruncReloads: false,
};

/** The newest release with all the fixes. */
export const PATCHED: Behaviour = {
  truncCutsAll: true,
  syncForgetsAcks: true,
  snapReplacesLog: true,
  startsBehindItsZxid: true,
  syncsWhatItReads: true,
  unwrittenEpochIsNotUsed: true,
  failedLogEndsServer: true,
  corruptSnapshotEndsServer: true,
  answersWorseVotes: true,
  learnerAheadEndsLeading: true,
  interruptedTruncReloads: true,
};

export type Fix = keyof Behaviour;
export const FIXES: readonly Fix[] = Object.keys(NEWEST) as Fix[];

export const PROFILES: Readonly<Record<string, Behaviour>> = { newest: NEWEST, patched: PATCHED };
