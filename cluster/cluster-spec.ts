/**
 * The cluster that a scenario describes: its servers with the content of their disks, its quorum, network and disks.
 * Plain data.
 *
 * Zxids are written `epoch:counter`, ranges of one epoch `1:1..1:5`, durations `30us`, `200ms`, `1.5s`, `2m`,
 * ranges of durations `0.2ms..1ms`.
 */
import type { ServerId, Settings } from "../protocol/index.ts";

export interface ClusterSpec {
  /** The release of all servers without a `zookeeper` of their own, such as `3.8.4`. Default: `newest`. */
  readonly zookeeper: string;
  readonly servers: Readonly<Record<ServerId, ServerSpec>>;
  /** Hierarchical quorums. Absent: a majority of all participants. */
  readonly quorum?: HierarchicalQuorum;
  /** Settings of all servers that differ from ZooKeeper's defaults. */
  readonly settings: Partial<Settings>;
  readonly network: NetworkSpec;
  readonly disk: DiskSpec;
  readonly threads: ThreadSpec;
}

export interface ServerSpec {
  readonly role: "participant" | "observer";
  /** Every transaction that this server has ever logged, oldest first: `1:1..1:5, 2:1`. Default: none. */
  readonly history: string;
  /** The zxids of its snapshots; 0:0 is the snapshot of an empty tree. Default: [0:0], or [] with `empty`. */
  readonly snapshots?: readonly string[];
  /** The first zxids of the log files after the first one. Default: one log file. */
  readonly logFilesFrom: readonly string[];
  /** The oldest zxid in the log; older records have been purged. */
  readonly logFrom?: string;
  /** The content of the file acceptedEpoch. `missing`: there is no such file. Default: the epoch of the last zxid. */
  readonly acceptedEpoch?: number | "missing";
  /** The content of the file currentEpoch, as for acceptedEpoch. */
  readonly currentEpoch?: number | "missing";
  /** The content of currentEpoch.tmp, which a crash during the rename leaves behind (ZOOKEEPER-4269). */
  readonly currentEpochTmp?: number;
  /** The disk is empty: no snapshot.0 and no epoch files. */
  readonly empty: boolean;
  /** The server is down until a `start` step starts it. */
  readonly down: boolean;
  /** The release of this server. Default: the release of the cluster. */
  readonly zookeeper?: string;
  /** Settings of this server; they override those of the cluster. */
  readonly settings: Partial<Settings>;
  /** The servers that are in this server's configuration. Default: all. */
  readonly view?: readonly ServerId[];
}

export interface HierarchicalQuorum {
  /** The servers of each group, by the group's name. */
  readonly groups: Readonly<Record<string, readonly ServerId[]>>;
  /** Weights other than 1, by server. */
  readonly weights: Readonly<Record<ServerId, number>>;
}

export interface NetworkSpec {
  /** The delay of a message in one direction: `200us`, or a range to draw from. Default: 200us..1ms. */
  readonly latency: string;
  /** The probability that a packet is lost, 0 to 1. A loss on a stream appears as a delay. */
  readonly lossRate: number;
  /** The probability that a datagram arrives twice, 0 to 1. */
  readonly duplicateRate: number;
  /** Links whose latency differs. */
  readonly links: readonly LinkSpec[];
}

/** The latency of one direction between two servers; of both directions with `bothWays`. */
export interface LinkSpec {
  readonly from: ServerId;
  readonly to: ServerId;
  readonly bothWays: boolean;
  readonly latency: string;
}

export interface DiskSpec {
  /** The duration of a sync: one duration, or a range to draw from. Default: 1ms..4ms. */
  readonly sync: string;
  /** The duration of every other operation. Default: 0.1ms..1ms. */
  readonly write: string;
}

/** How long the work of a server's threads takes: at least the start of the range, less than its end. */
export interface ThreadSpec {
  /** A leader of a release before ZOOKEEPER-3104 serializes the snapshot of a SNAP. Default 0ms..50ms. */
  readonly serializeSnapshot: string;
  /** A learner's main thread runs again after it has queued proposals to the log thread. Default 0ms..2ms. */
  readonly resumeLearner: string;
  /** A follower's commit thread applies the commits that the synchronization left. Default 0ms..0.5ms. */
  readonly applyCommits: string;
}

export const DEFAULT_THREADS: ThreadSpec = {
  serializeSnapshot: "0ms..50ms",
  resumeLearner: "0ms..2ms",
  applyCommits: "0ms..0.5ms",
};

/** A server id, or the server that leads at that moment. */
export type ServerOrLeader = ServerId | "leader";

export interface CrashSpec {
  readonly server: ServerOrLeader;
  /**
   * The fate of unsynced writes. `kept`: all survive, because only the process was killed. `lost`: a power loss drops
   * all of them. `torn`: the last surviving write is cut in the middle. A number: that many of the oldest survive.
   * Default: `lost`.
   */
  readonly unsynced: "lost" | "kept" | "torn" | number;
  /** Whether peers see their connections reset immediately, because the host stays up. Default: true. */
  readonly connectionsReset: boolean;
}
