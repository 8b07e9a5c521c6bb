/**
 * The disks of servers as far as they are compared. Data directories are usually copied after the incident, so the run
 * of the scenario must end with the same disks. A copy from before it shows the disk with which the server starts.
 */
import type { ServerSpec } from "../cluster/cluster-spec.ts";
import type { ZxidSet } from "../doctor/zxid-set.ts";
import type { Zxid } from "../protocol/zxid.ts";

/** The files of a disk that are compared: those of a data directory, or of a server at the end of a run. */
export interface DiskState {
  /** The content of acceptedEpoch. Undefined if there is no such file, or no number in it. */
  readonly acceptedEpoch: number | undefined;
  readonly currentEpoch: number | undefined;
  /** The transactions in the log files. */
  readonly log: ZxidSet;
  /** The zxids of the snapshots that a server can read, ascending. */
  readonly snapshots: readonly Zxid[];
}

/**
 * When a directory was copied. `before`: it has what the first process of the log loads. `after`: it is as new as the
 * end of the logs. `between`: it is older than the end of the logs, and not what the first process loads.
 */
export type CopyTime = "before" | "between" | "after";

/** The data directory of one server. */
export interface DiskFacts extends DiskState {
  readonly server: number;
  /** The path that the user gave. */
  readonly path: string;
  readonly copied: CopyTime;
  /** The transactions in the tree that a server would load from it. */
  readonly tree: ZxidSet;
  /** The first transaction of each log file. */
  readonly logFiles: readonly Zxid[];
  /**
   * Only transactions above this zxid are compared. A server deletes old snapshots and logs (autopurge), and a scenario
   * forgets very old transactions.
   */
  readonly comparedAbove: Zxid;
  /** The directory as the start of a simulated server. */
  readonly spec: ServerSpec;
  /** The times of the epochs that the logs show. */
  readonly epochs: EpochTimes;
}

/** The times of epochs, in milliseconds since the start of the run. */
export type EpochTimes = ReadonlyMap<number, { readonly startMs: number; readonly endMs: number }>;
