/**
 * The cluster that a scenario describes, as plain data: its servers with the content of their disks, its quorum, its
 * network, and the speed of its disks and threads.
 *
 * Notation: a zxid is `epoch:counter`, a range of zxids of one epoch is `1:1..1:5`, a duration is `30us`, `200ms`,
 * `1.5s` or `2m`, and a range of durations is `0.2ms..1ms`.
 */
import type { Ports, ServerId, Settings } from "../protocol/index.ts";

/** The cluster of a scenario: servers with their disks, quorum, settings, network and disks. */
export interface ClusterSpec {
  /** The release of every server that has no `zookeeper` of its own, such as `3.8.4`. Default: `newest`. */
  readonly zookeeper: string;
  /**
   * Behaviors that every server has in addition to those of its release: names of open pull requests and of fixes
   * (NAMED_BEHAVIORS). Default: none.
   */
  readonly behaviors?: readonly string[];
  /** The servers, by id. */
  readonly servers: Readonly<Record<ServerId, ServerSpec>>;
  /** Hierarchical quorums. Default: a quorum is a majority of all participants. */
  readonly quorum?: HierarchicalQuorum;
  /** The settings of all servers that differ from ZooKeeper's defaults. */
  readonly settings: Partial<Settings>;
  /** The latency and loss of links. */
  readonly network: NetworkSpec;
  /** The durations of disk operations. */
  readonly disk: DiskSpec;
  /** The durations of each kind of work that a server's threads do. */
  readonly threads: ThreadSpec;
}

/** One server of a scenario: its role, its release, and the content of its disk at the start. */
export interface ServerSpec {
  /** Whether the server votes. */
  readonly role: "participant" | "observer";
  /** Every transaction that this server has ever logged, oldest first, for example `1:1..1:5, 2:1`. Default: none. */
  readonly history: string;
  /**
   * The zxids of the server's snapshots; 0:0 is the snapshot of an empty tree. Default: [0:0], or [] if `empty` is
   * true.
   */
  readonly snapshots?: readonly string[];
  /** The first zxid of the second and of each later log file. Default: one log file. */
  readonly logFilesFrom: readonly string[];
  /** The oldest zxid in the log. The server has purged all older records. Default: the log is complete. */
  readonly logFrom?: string;
  /**
   * The transactions in the log files, in order, if they are not those of `history`: after a SNAP, a log lacks the
   * transactions that only the snapshot has, and keeps those that the leader did not have. Above the newest snapshot,
   * the log is the history. Default: the history from `logFrom` on.
   */
  readonly log?: string;
  /**
   * The content of the file acceptedEpoch. `missing`: the disk has no such file. Default: the epoch of the last zxid.
   */
  readonly acceptedEpoch?: number | "missing";
  /** The content of the file currentEpoch, with the same values and default as acceptedEpoch. */
  readonly currentEpoch?: number | "missing";
  /** The content of currentEpoch.tmp, which a crash during the rename leaves behind (ZOOKEEPER-4269). */
  readonly currentEpochTmp?: number;
  /** Whether the disk is empty: no snapshot.0 and no epoch files. */
  readonly empty: boolean;
  /** Whether the server is down until a `start` step starts it. */
  readonly down: boolean;
  /** The release of this server. Default: the release of the cluster. */
  readonly zookeeper?: string;
  /** The settings of this server. They override the settings of the cluster. */
  readonly settings: Partial<Settings>;
  /** The servers that this server's configuration lists, with the roles of the cluster. Default: all servers. */
  readonly view?: readonly ServerId[];
  /** The configuration file of this server. Default: the servers of `view`, with the cluster's roles and groups. */
  readonly config?: EnsembleConfig;
  /** The content of zoo.cfg.dynamic.next: the configuration that was pending when the server stopped. */
  readonly nextConfig?: EnsembleConfig;
  /**
   * The content of the file myid, if it is wrong: the server takes part under this id. Its address stays the one that
   * the configurations give to its own id, as with quorumListenOnAllIPs. Default: the id of the server.
   */
  readonly myid?: ServerId;
}

/**
 * The ensemble as the configuration file of one server describes it (the lines `server.N`, `group.N` and `weight.N` of
 * zoo.cfg). The server that reads the file takes its own role from it, counts quorums by it, and knows only the servers
 * in it. Other servers may have other files.
 */
export interface EnsembleConfig {
  /** The servers that vote. */
  readonly voters: readonly ServerId[];
  /** The servers that do not vote. */
  readonly observers: readonly ServerId[];
  /** The voters of each group, by the group's name. Default: a quorum is a majority of the voters. */
  readonly groups?: HierarchicalQuorum["groups"];
  /** The weights of the voters whose weight is not 1. */
  readonly weights?: HierarchicalQuorum["weights"];
  /** The ports that differ from DEFAULT_PORTS, by server. */
  readonly ports?: ServerPorts;
  /**
   * The version, a zxid: the server then has the lists in the file that dynamicConfigFile names. Default: the lists are
   * in zoo.cfg and have the version 0.
   */
  readonly version?: string;
}

/** The ports of servers. An absent port has its value in DEFAULT_PORTS. */
export type ServerPorts = Readonly<Record<ServerId, Partial<Ports>>>;

/** A change of the configuration of one server, which takes effect when the server starts the next time. */
export interface ConfigChange {
  /** The server. */
  readonly server: ServerId;
  /** The new configuration file. Default: unchanged. */
  readonly config?: EnsembleConfig;
  /** The settings to change. */
  readonly settings?: Partial<Settings>;
  /** The new release. Default: unchanged. */
  readonly zookeeper?: string;
  /** The new content of the file myid. Default: unchanged. */
  readonly myid?: ServerId;
}

/** A hierarchical quorum: groups of servers with weights (ZooKeeper's QuorumHierarchical). */
export interface HierarchicalQuorum {
  /** The servers of each group, by the group's name. */
  readonly groups: Readonly<Record<string, readonly ServerId[]>>;
  /** The weights of the servers whose weight is not 1. */
  readonly weights: Readonly<Record<ServerId, number>>;
}

/** The network of a scenario. */
export interface NetworkSpec {
  /** The delay of a message in one direction: `200us`, or a range to draw from. Default: 200us..1ms. */
  readonly latency: string;
  /** The probability that a packet is lost, 0 to 1. On a stream, a loss appears as a delay. */
  readonly lossRate: number;
  /** The probability that a datagram arrives twice, 0 to 1. */
  readonly duplicateRate: number;
  /** The links whose latency differs from `latency`. */
  readonly links: readonly LinkSpec[];
  /**
   * How long a host sends unacknowledged data of a stream again. Then the stream ends at this end. Default: 924.6s, as
   * with tcp_retries2 = 15 of Linux.
   */
  readonly retransmissionTimeout?: string;
  /**
   * How long an election connection can be silent if the server has tcpKeepAlive. If the other end does not answer
   * then, the connection ends at this end. Default: 7875s, as with the default keep-alive settings of Linux.
   */
  readonly keepAliveTimeout?: string;
}

/** The latency from one server to another. With `bothWays`, it applies in both directions. */
export interface LinkSpec {
  /** The sender. */
  readonly from: ServerId;
  /** The receiver. */
  readonly to: ServerId;
  /** Whether both directions have this latency. */
  readonly bothWays: boolean;
  /** The latency: a duration, or a range to draw from. */
  readonly latency: string;
}

/** The disks of a scenario. */
export interface DiskSpec {
  /** The duration of a sync: one duration, or a range from which each sync draws its duration. Default: 1ms..4ms. */
  readonly sync: string;
  /** The duration of every disk operation other than a sync: one duration or a range. Default: 0.1ms..1ms. */
  readonly write: string;
  /** The duration of writing a snapshot, without a sync: one duration or a range. Default: the value of `write`. */
  readonly snapshot?: string;
  /**
   * The duration of loading the database: one duration or a range. Default: 0 at the start of a server, and the value
   * of `write` after a truncation.
   */
  readonly load?: string;
}

/**
 * The durations of the work that a server's threads do. Each is a range: each piece of work takes at least the start of
 * the range and less than its end.
 */
export interface ThreadSpec {
  /** The time that a leader takes to serialize the snapshot of a SNAP. Default: 0ms..50ms. */
  readonly serializeSnapshot: string;
  /**
   * The time that the transfer of a SNAP takes after its serialization. The LearnerHandler is blocked until the learner
   * has read the snapshot. Default: 0ms.
   */
  readonly transferSnapshot: string;
  /**
   * The time that a LearnerHandler takes from the sync decision to NEWLEADER if it sends no SNAP. During this time, the
   * leader already forwards packets to the learner. Default: 0ms..0.5ms.
   */
  readonly queueNewLeader: string;
  /**
   * The time until a learner's main thread runs again after it has queued proposals for the log thread. Default:
   * 0ms..2ms.
   */
  readonly resumeLearner: string;
  /**
   * The time from the commit of a transaction at a server until the server has applied it (CommitProcessor). Default:
   * 0ms..0.5ms.
   */
  readonly applyLatency: string;
  /** The delay with which the election thread wakes up after it has waited for notifications. Default: 0ms..1ms. */
  readonly electionWakeUp: string;
}

export const DEFAULT_THREADS: ThreadSpec = {
  serializeSnapshot: "0ms..50ms",
  transferSnapshot: "0ms",
  resumeLearner: "0ms..2ms",
  applyLatency: "0ms..0.5ms",
  electionWakeUp: "0ms..1ms",
  queueNewLeader: "0ms..0.5ms",
};

/** A server id, or `leader` for the server that leads when the step runs. */
export type ServerOrLeader = ServerId | "leader";

/** How a server crashes. */
export interface CrashSpec {
  /** The server that crashes. */
  readonly server: ServerOrLeader;
  /**
   * The fate of unsynced writes. `kept`: all survive, because only the process was killed. `lost`: all are lost, as in
   * a power loss. `torn`: a random number of the oldest writes survives, and the next write is cut in the middle, so it
   * is lost. A number: exactly that many of the oldest writes survive. Default: `lost`.
   */
  readonly unsynced: "lost" | "kept" | "torn" | number;
  /**
   * Whether the host stays up, so that its kernel closes or resets the connections and peers notice the crash. Default:
   * true.
   */
  readonly connectionsReset: boolean;
}
