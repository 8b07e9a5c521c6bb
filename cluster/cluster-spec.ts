/**
 * The cluster that a scenario describes: its servers with the content of their disks, its quorum, network and disks. Plain data.
 *
 * Zxids are written `epoch:counter`, ranges of one epoch `1:1..1:5`, durations `30us`, `200ms`, `1.5s`, `2m`,
 * ranges of durations `0.2ms..1ms`.
 */
import type { ServerId, Settings } from "../protocol/index.ts";

export interface ClusterSpec {
  /** The release whose behavior the servers have; default newest. */
  readonly zookeeper: string;
  readonly servers: Readonly<Record<ServerId, ServerSpec>>;
  /** Absent: a majority of all participants. */
  readonly quorum?: HierarchicalQuorum;
  readonly settings: Partial<Settings>;
  readonly network: NetworkSpec;
  readonly disk: DiskSpec;
  readonly threads: ThreadSpec;
}

export interface ServerSpec {
  readonly role: "participant" | "observer";
  /** All txns this server ever logged, oldest first: `1:1..1:5, 2:1`. Default: none. */
  readonly history: string;
  /** Zxids up to which snapshots were taken; 0:0 is the empty one. Default: [0:0], or [] with `empty`. */
  readonly snapshots?: readonly string[];
  /** Zxids with which log files begin, after the first file; default: one file. */
  readonly logFilesFrom: readonly string[];
  /** Log records below this zxid have been purged. */
  readonly logFrom?: string;
  /** Default: the epoch of the last zxid. `missing`: the file is not there. */
  readonly acceptedEpoch?: number | "missing";
  readonly currentEpoch?: number | "missing";
  readonly currentEpochTmp?: number;
  /** Nothing at all on disk: no snapshot.0, no epoch files. */
  readonly empty: boolean;
  /** Not started until a `start` step does it. */
  readonly down: boolean;
  /** The release that this server runs; default: the scenario's. */
  readonly zookeeper?: string;
  /** This server's own settings, over the scenario's. */
  readonly settings: Partial<Settings>;
  /** Whom this server knows of; default: all. */
  readonly view?: readonly ServerId[];
}

export interface HierarchicalQuorum {
  readonly groups: Readonly<Record<string, readonly ServerId[]>>;
  /** Default weight 1. */
  readonly weights: Readonly<Record<ServerId, number>>;
}

export interface NetworkSpec {
  /** One way, `200us` or `0.2ms..1ms`; default 200us..1ms. */
  readonly latency: string;
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly links: readonly LinkSpec[];
}

/** One direction between two servers, or both when `bothWays`. */
export interface LinkSpec {
  readonly from: ServerId;
  readonly to: ServerId;
  readonly bothWays: boolean;
  readonly latency: string;
}

export interface DiskSpec {
  /** How long a sync takes; default 1ms..4ms. */
  readonly sync: string;
  /** How long other operations take; default 0.1ms..1ms. */
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

/** A server by its id, or whoever leads at that moment. */
export type ServerOrLeader = ServerId | "leader";

export interface CrashSpec {
  readonly server: ServerOrLeader;
  /** What becomes of writes that were not synced; `kept` is a killed process, the others a power loss. Default lost. */
  readonly unsynced: "lost" | "kept" | "torn" | number;
  /** Whether the other ends learn of it at once (the host lives, the process died). Default true. */
  readonly connectionsReset: boolean;
}
