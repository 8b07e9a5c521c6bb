/** The content of one server's data directory, as `read-data-directory.ts` finds it. */
import type { Compression, EpochFile, SnapshotContent, TxnLogStop, UnusableSnapshot } from "../formats/index.ts";
import type { ServerId, Zxid } from "../protocol/zxid.ts";
import type { DiskRules } from "./disk-rules.ts";
import type { TxnRuns } from "./txn-runs.ts";

/** One file log.N. */
export interface LogFile {
  readonly name: string;
  /** The zxid in the name. */
  readonly zxid: Zxid;
  readonly bytes: number;
  /** The records that ZooKeeper reads: those before the first place where reading ends. */
  readonly txns: TxnRuns;
  /** The place where ZooKeeper stops reading the file. */
  readonly stop: TxnLogStop;
  /** The records after that place, as far as they can be read. ZooKeeper never reads them. */
  readonly unread: TxnRuns;
}

/** One file snapshot.N. */
export interface SnapshotFile {
  readonly name: string;
  /** The zxid in the name. */
  readonly zxid: Zxid;
  readonly bytes: number;
  readonly compression: Compression;
  /**
   * Whether the start or the end of the file looks like a snapshot (SnapStream#isValidSnapshot). ZooKeeper ignores
   * other files.
   */
  readonly looksValid: boolean;
  readonly content: SnapshotContent | UnusableSnapshot;
}

/** An epoch file: its content, or that it is missing. */
export type EpochFileState = EpochFile | "missing";

/** The data directory of one server. All releases keep the files in the folder version-2. */
export interface DataDirectory {
  /** dataDir, as the user gave it. */
  readonly path: string;
  /** dataLogDir; the same as `path` if there is none. */
  readonly logPath: string;
  /** The rules of the release that reads the directory. */
  readonly rules: DiskRules;
  /** The id in the file myid; undefined if the file is missing or has no id. */
  readonly myid: ServerId | undefined;
  /** The text of the file myid if it has no id. */
  readonly badMyid: string | undefined;
  /** The log files, ascending. */
  readonly logs: readonly LogFile[];
  /** The snapshots, ascending. */
  readonly snapshots: readonly SnapshotFile[];
  readonly acceptedEpoch: EpochFileState;
  readonly currentEpoch: EpochFileState;
  readonly acceptedEpochTmp: EpochFileState;
  readonly currentEpochTmp: EpochFileState;
  /** The file updatingEpoch of 3.4 exists. */
  readonly hasUpdatingEpoch: boolean;
  /** The file `initialize` exists (from 3.6.0 on, it permits an empty database). */
  readonly hasInitialize: boolean;
  /** Snapshots in a separate dataLogDir, and logs in dataDir although dataLogDir is separate. */
  readonly misplaced: readonly string[];
  /** Files with other names in version-2. */
  readonly otherFiles: readonly string[];
}
