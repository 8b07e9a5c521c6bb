/**
 * The settings of a server: zoo.cfg and system properties, with ZooKeeper's defaults. The core requires every field, so
 * that a report can print all of them.
 */

/** The settings of a server, from zoo.cfg and system properties. Durations are in milliseconds or in ticks. */
export interface Settings {
  /** tickTime: the length of a tick. */
  readonly tickTimeMs: number;
  /** The time limit, in ticks, of connecting to the leader, of each step of discovery, and of synchronization. */
  readonly initLimit: number;
  /**
   * The longest time, in ticks, for which a synchronized learner may send nothing or leave a proposal unacknowledged.
   */
  readonly syncLimit: number;
  /** The longest time, in ticks, for which a learner tries to connect to its leader; 0 means initLimit. */
  readonly connectToLearnerMasterLimit: number;
  /** zookeeper.leaderConnectDelayDuringRetryMs: the pause between two tries to connect to the leader. */
  readonly leaderConnectDelayDuringRetryMs: number;
  /** zookeeper.fastleader.minNotificationInterval: the first wait before a server sends its vote again. */
  readonly minNotificationIntervalMs: number;
  /** zookeeper.fastleader.maxNotificationInterval: the longest wait before a server sends its vote again. */
  readonly maxNotificationIntervalMs: number;
  /** FastLeaderElection.finalizeWait: how long a server with a quorum of votes waits for a better vote. */
  readonly finalizeWaitMs: number;
  /**
   * zookeeper.leader.maxTimeToWaitForEpoch: if a leader has waited longer than this for a quorum of FOLLOWERINFO, it
   * gives up as soon as a voter that elected it is LOOKING again. Negative means never.
   */
  readonly maxTimeToWaitForEpochMs: number;
  /** zookeeper.cnxTimeout: the time limit of connecting to an election port. */
  readonly cnxTimeoutMs: number;
  /**
   * zookeeper.electionPortBindRetry: the number of errors, without an accepted connection in between, after which the
   * thread that listens on the election port ends and the server exits; 0 means never.
   */
  readonly electionPortBindRetry: number;
  /** zookeeper.tcpKeepAlive: whether the connections of the election port have keep-alive. */
  readonly tcpKeepAlive: boolean;
  /**
   * zookeeper.snapshotSizeFactor: the limit for synchronizing a learner from the log on disk. The leader adds the sizes
   * of all log files that it would read except the first. If the sum is larger than the snapshot multiplied by this
   * factor, it sends SNAP instead. Negative means never, 0 means always.
   */
  readonly snapshotSizeFactor: number;
  /**
   * zookeeper.commitLogCount: the largest number of transactions in committedLog. ZKDatabase raises a value below 500
   * to 500, and up to 3.5, the number is a constant. The core accepts smaller values, which keep scenarios short.
   */
  readonly commitLogCount: number;
  /** zookeeper.snapCount: the server takes a snapshot after snapCount/2 + random(snapCount/2) transactions. */
  readonly snapCount: number;
  /** zookeeper.preAllocSize: the initial size of a log file. */
  readonly preAllocSizeBytes: number;
  /**
   * The size of a transaction that has no size of its own, in a packet, a log file and a snapshot. Part of the model,
   * not a ZooKeeper setting.
   */
  readonly txnBytes: number;
  /** jute.maxbuffer, in bytes: the largest request of a client. A server reads larger buffers, up to an extra size. */
  readonly juteMaxBuffer: number;
  /** zookeeper.jute.maxbuffer.extrasize, in bytes; negative means the value of jute.maxbuffer. */
  readonly juteMaxBufferExtraSize: number;
  /** zookeeper.forceSnapshotSync: whether the leader always sends SNAP. */
  readonly forceSnapSync: boolean;
  /** zookeeper.leader.maxConcurrentSnapSyncs: the largest number of concurrent synchronizations by SNAP. */
  readonly maxConcurrentSnapSyncs: number;
  /** zookeeper.leader.maxConcurrentDiffSyncs: the largest number of concurrent synchronizations by DIFF or TRUNC. */
  readonly maxConcurrentDiffSyncs: number;
  /**
   * zookeeper.observer.election.DelayMs: an observer waits for a random time below this value before it starts an
   * election again.
   */
  readonly observerElectionDelayMs: number;
  /**
   * observerMasterPort: if it is above 0, each follower accepts observers, and each observer observes a follower
   * instead of the leader.
   */
  readonly observerMasterPort: number;
  /** zookeeper.observerMaster.sizeLimit: the size of the committed transactions that an ObserverMaster keeps. */
  readonly observerMasterSizeLimitBytes: number;
  /**
   * zookeeper.observer.reconnectDelayMs: an observer waits for a random time below this value before it connects to the
   * leader, or before it tries the first ObserverMaster again.
   */
  readonly observerReconnectDelayMs: number;
  /** syncEnabled: whether an observer writes transactions to its log. */
  readonly observerSyncEnabled: boolean;
  /**
   * zookeeper.db.autocreate: whether a server with an empty disk has an empty database (zxid 0) or no database (zxid
   * -1).
   */
  readonly dbAutocreate: boolean;
  /**
   * readonlymode.enabled: whether a ReadOnlyZooKeeperServer runs while an election lasts long. When the election ends,
   * the server fast-forwards its database. Its clients are not modeled.
   */
  readonly readOnlyMode: boolean;
  /** zookeeper.snapshot.trust.empty: whether a log without a snapshot may be loaded. */
  readonly trustEmptySnapshot: boolean;
  /** zookeeper.maxBatchSize: the largest number of transactions that the log thread appends before it syncs. */
  readonly maxBatchSize: number;
  /**
   * The protocol version in FOLLOWERINFO. If it is below 0x10000, the leader treats the server as a learner from before
   * Zab 1.0.
   */
  readonly protocolVersion: number;
  /** The version of the configuration in the server's files (QuorumVerifier#getVersion). */
  readonly configVersion: number;
  /** reconfigEnabled: whether clients can change the configuration, and the server adopts new configurations. */
  readonly reconfigEnabled: boolean;
  /** standaloneEnabled: if it is false, a reconfiguration can leave one voter. */
  readonly standaloneEnabled: boolean;
  /** zookeeper.testingonly.initialZxid: the counter with which a new leader starts its epoch, for rollover tests. */
  readonly initialCounter: number;
  /**
   * How notifications are sent: over TCP, as in ZooKeeper, or as datagrams, to test the election without TCP's
   * guarantees.
   */
  readonly electionTransport: "stream" | "datagram";
}

/** The names of the limits that are given in ticks. */
export type TickLimit = "initLimit" | "syncLimit" | "connectToLearnerMasterLimit";

/** The limits that can be the read timeout of the socket between a learner and its leader. */
export type ReadLimit = "initLimit" | "syncLimit";

/** Returns the name and the length of a limit, for example `initLimit (10 ticks of 2000 ms = 20 s)`. */
export function limitText(limit: TickLimit, settings: Settings): string {
  const { [limit]: ticks, tickTimeMs } = settings;
  return `${limit} (${ticks} ${ticks === 1 ? "tick" : "ticks"} of ${tickTimeMs} ms = ${(ticks * tickTimeMs) / 1000} s)`;
}

/** ZooKeeper's defaults, with initLimit 10 and syncLimit 5 as in zoo_sample.cfg. */
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
  electionPortBindRetry: 3,
  tcpKeepAlive: false,
  snapshotSizeFactor: 0.33,
  commitLogCount: 500,
  snapCount: 100_000,
  preAllocSizeBytes: 65_536 * 1024,
  txnBytes: 100,
  juteMaxBuffer: 0xfffff,
  juteMaxBufferExtraSize: -1,
  forceSnapSync: false,
  maxConcurrentSnapSyncs: 10,
  maxConcurrentDiffSyncs: 100,
  observerElectionDelayMs: 200,
  observerMasterPort: 0,
  observerMasterSizeLimitBytes: 32 * 1024 * 1024,
  observerReconnectDelayMs: 0,
  observerSyncEnabled: true,
  dbAutocreate: true,
  readOnlyMode: false,
  trustEmptySnapshot: false,
  maxBatchSize: 1000,
  protocolVersion: 0x10000,
  configVersion: 0,
  reconfigEnabled: false,
  standaloneEnabled: true,
  initialCounter: 0,
  electionTransport: "stream",
};
