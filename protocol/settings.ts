/**
 * What zoo.cfg and the system properties say, with ZooKeeper's defaults. Every field is required where the core is
 * handed it, so that a report can print them all.
 */

export interface Settings {
  readonly tickTimeMs: number;
  /** In ticks: how long connecting, discovery and synchronization may each take. */
  readonly initLimit: number;
  /** In ticks: how far a learner may fall behind. */
  readonly syncLimit: number;
  /** In ticks, 0 = initLimit: how long a learner tries to connect. */
  readonly connectToLearnerMasterLimit: number;
  /** zookeeper.leaderConnectDelayDuringRetryMs. */
  readonly leaderConnectDelayDuringRetryMs: number;
  /** zookeeper.fastleader.minNotificationInterval, in ms. */
  readonly minNotificationIntervalMs: number;
  /** zookeeper.fastleader.maxNotificationInterval, in ms. */
  readonly maxNotificationIntervalMs: number;
  /** FastLeaderElection.finalizeWait, in ms. */
  readonly finalizeWaitMs: number;
  /** zookeeper.leader.maxTimeToWaitForEpoch, in ms; negative = off. */
  readonly maxTimeToWaitForEpochMs: number;
  /** zookeeper.cnxTimeout, in ms: connecting to the election port. */
  readonly cnxTimeoutMs: number;
  /** zookeeper.snapshot.sizeFactor: how large the on-disk log may be, relative to the snapshot, to sync from it. < 0 = off, 0 = no limit. */
  readonly snapshotSizeFactor: number;
  /** zookeeper.commitLogCount: how many txns committedLog keeps. */
  readonly commitLogCount: number;
  /** zookeeper.snapCount: a snapshot is taken after snapCount/2 + random(snapCount/2) txns. */
  readonly snapCount: number;
  /** zookeeper.preAllocSize, in bytes: the size a log file has from the start. */
  readonly preAllocSizeBytes: number;
  /** The size of one txn in a log file, and of one in a snapshot, in bytes: the model's own. */
  readonly txnBytes: number;
  /** zookeeper.forceSnapshotSync. */
  readonly forceSnapSync: boolean;
  /** zookeeper.leader.maxConcurrentSnapSyncs. */
  readonly maxConcurrentSnapSyncs: number;
  /** zookeeper.leader.maxConcurrentDiffSyncs. */
  readonly maxConcurrentDiffSyncs: number;
  /** zookeeper.observer.election.DelayMs: an observer waits a random time below this before it looks again. */
  readonly observerElectionDelayMs: number;
  /** syncEnabled: whether an observer writes its log. */
  readonly observerSyncEnabled: boolean;
  /** zookeeper.db.autocreate: whether an empty disk is an empty database (zxid 0) rather than none (zxid -1). */
  readonly dbAutocreate: boolean;
  /** zookeeper.snapshot.trust.empty: whether a log without a snapshot may be loaded. */
  readonly trustEmptySnapshot: boolean;
  /** zookeeper.maxBatchSize: how many txns the log thread writes before it syncs. */
  readonly maxBatchSize: number;
  /** What the server announces in FOLLOWERINFO; below 0x10000 it plays a learner from before Zab 1.0. */
  readonly protocolVersion: number;
  /** QuorumVerifier#getVersion of its configuration. */
  readonly configVersion: number;
  /** zookeeper.testingonly.initialZxid: the counter a new leader starts its epoch with (rollover tests). */
  readonly initialCounter: number;
  /** How notifications travel: TCP as ZooKeeper does, or datagrams, for experiments beyond TCP's promises. */
  readonly electionTransport: "stream" | "datagram";
}

export const DEFAULT_SETTINGS: Settings = {
  tickTimeMs: 2000,
  initLimit: 10,
  syncLimit: 5,
  connectToLearnerMasterLimit: 0,
  leaderConnectDelayDuringRetryMs: 100,
  minNotificationIntervalMs: 200,
  maxNotificationIntervalMs: 60_000,
  finalizeWaitMs: 200,
  maxTimeToWaitForEpochMs: -1,
  cnxTimeoutMs: 5000,
  snapshotSizeFactor: 0.33,
  commitLogCount: 500,
  snapCount: 100_000,
  preAllocSizeBytes: 65_536 * 1024,
  txnBytes: 100,
  forceSnapSync: false,
  maxConcurrentSnapSyncs: 10,
  maxConcurrentDiffSyncs: 100,
  observerElectionDelayMs: 200,
  observerSyncEnabled: true,
  dbAutocreate: true,
  trustEmptySnapshot: false,
  maxBatchSize: 1000,
  protocolVersion: 0x10000,
  configVersion: 0,
  initialCounter: 0,
  electionTransport: "stream",
};
