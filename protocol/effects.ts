/**
 * The host interface of the core: the effects that a Peer asks for, and the identifiers that effects and inputs share.
 *
 * Effects are the calls that a Peer makes while it handles one input. The host records or performs them and returns; it
 * never calls back into the Peer from inside an effect. The outcome of an effect arrives later, as an input.
 */
import type { Fixes } from "./behavior.ts";
import type { ElectionMessage, Notification, QuorumPacket, Snapshot } from "./packets.ts";
import type { Txn } from "./storage/history.ts";
import type { Epoch, ServerId, Zxid } from "./zxid.ts";

declare const connectionBrand: unique symbol;
/**
 * The number that the host gives to a connection. The first number is 1. A host can use the same number at both ends of
 * a connection.
 */
export type ConnectionId = number & { readonly [connectionBrand]: true };

/** Brands a number as a connection id. The number must come from the host. */
export const asConnectionId = (value: number): ConnectionId => value as ConnectionId;
/** Stands for "not connected". */
export const NO_CONNECTION = asConnectionId(0);

/** The two ports of server.N=host:quorum:election. Only a leader listens on its quorum port. */
export const QUORUM_PORT = 0;
export const ELECTION_PORT = 1;
export type Port = typeof QUORUM_PORT | typeof ELECTION_PORT;

/** The timers of a Peer. Setting a pending timer again replaces its delay. */
export const TIMER_ELECTION = 0;
export const TIMER_ROLE = 1;
export const TIMER_TICK = 2;
export const TIMER_EPOCH_PROPOSAL = 3;
export const TIMER_EPOCH_ACK = 4;
export const TIMER_NEWLEADER_ACK = 5;
export const TIMER_HANDLERS = 6;
export const TIMER_CONNECT = 7;
export const TIMER_DIAL = 8;
export type Timer =
  | typeof TIMER_ELECTION
  | typeof TIMER_ROLE
  | typeof TIMER_TICK
  | typeof TIMER_EPOCH_PROPOSAL
  | typeof TIMER_EPOCH_ACK
  | typeof TIMER_NEWLEADER_ACK
  | typeof TIMER_HANDLERS
  | typeof TIMER_CONNECT
  | typeof TIMER_DIAL;
export const TIMER_COUNT = 9;

/**
 * Work of a Java thread that takes time but no disk and no network. The core starts it and continues when the host
 * reports it done. A simulator delays the completion, so that a crash or another thread can come in between. A real
 * host has nothing to wait for and reports the completion immediately after the current input.
 */
export const WORK_APPLY_COMMITS = 0;
export const WORK_SERIALIZE_SNAPSHOT = 1;
export const WORK_RESUME_LEARNER = 2;
export type ThreadWork = typeof WORK_APPLY_COMMITS | typeof WORK_SERIALIZE_SNAPSHOT | typeof WORK_RESUME_LEARNER;
/** Texts for the values of ThreadWork: the Java thread, and what it does. */
export const WORK_NAMES: readonly string[] = [
  "CommitProcessor: apply committed transactions",
  "LearnerHandler: serialize a snapshot for SNAP",
  "main thread of a learner: run again after another thread was started",
];

/** Disk operations that complete later. `append` and `rollLog` complete immediately: they write to the page cache. */
export const DISK_SYNC_LOG = 0;
export const DISK_TRUNCATE_LOG = 1;
export const DISK_ACCEPTED_EPOCH = 2;
export const DISK_CURRENT_EPOCH = 3;
export const DISK_SNAPSHOT = 4;
export const DISK_LOAD = 5;
export const DISK_BACKGROUND_SNAPSHOT = 6;
export type DiskOp = 0 | 1 | 2 | 3 | 4 | 5 | 6;
export const DISK_OP_NAMES: readonly string[] = [
  "sync log",
  "truncate log",
  "write acceptedEpoch",
  "write currentEpoch",
  "save snapshot",
  "load database",
  "save snapshot in background",
];

/** One log file. Its file name is log.<name>. */
export interface LogFile {
  /** The zxid of the file's first record. */
  readonly name: Zxid;
  /** The file's records, in the order in which they were appended. */
  readonly txns: readonly Txn[];
}

/** The content of a server's dataDir: the argument of `Peer#start`, and the result of `load`. */
export interface DiskImage {
  /** Undefined if the file is missing. */
  readonly acceptedEpoch: Epoch | undefined;
  /** Undefined if the file is missing. */
  readonly currentEpoch: Epoch | undefined;
  /**
   * The content of currentEpoch.tmp, which remains after a crash between the write and the rename of the file
   * (ZOOKEEPER-4269).
   */
  readonly currentEpochTmp: Epoch | undefined;
  /**
   * Whether the file updatingEpoch exists. It remains after a crash between NEWLEADER and the write of currentEpoch
   * (ZOOKEEPER-1653).
   */
  readonly updatingEpoch: boolean;
  /** Valid snapshots, oldest first. */
  readonly snapshots: readonly Snapshot[];
  /** Log files, oldest first. */
  readonly logFiles: readonly LogFile[];
}

/** Exit codes of a ZooKeeper server (ExitCode). */
export const EXIT_UNEXPECTED = 1;
export const EXIT_SNAPSHOT_ERROR = 10;
export const EXIT_UNMATCHED_COMMIT = 12;
export const EXIT_BAD_SYNC_PACKET = 13;
export const EXIT_CANNOT_BIND = 14;

/** The fixes that change what a truncation removes, or in which order it removes files. */
export type Truncation = Pick<Fixes, "truncRemovesEverythingAbove" | "truncDeletesNewestFirst">;

export interface Effects {
  /** Starts to connect. The host answers with `connected` or `refused`, unless the Peer closes the connection first. */
  connect(to: ServerId, port: Port): ConnectionId;
  /** Sends reliably and in order, like TCP, without an answer. Sending on a closed connection has no effect. */
  send(connection: ConnectionId, message: QuorumPacket | ElectionMessage): void;
  close(connection: ConnectionId): void;
  listen(port: Port): void;
  unlisten(port: Port): void;
  /** Sends one notification, which can be lost, repeated or delayed. Used only with electionTransport "datagram". */
  sendDatagram(to: ServerId, notification: Notification): void;

  /** Sets a timer. The delay starts at the time of the current input. */
  setTimer(timer: Timer, delayUs: number): void;
  cancelTimer(timer: Timer): void;

  /**
   * Starts a piece of thread work. The host answers with `workDone(work, key)`, unless the process ends first. `key`
   * distinguishes pieces of the same kind of work. If the piece is already running, it starts again.
   */
  startWork(work: ThreadWork, key: number): void;

  /** FileTxnLog#append: appends the transaction to the open log file. If no file is open, first opens log.<zxid>. */
  append(txn: Txn): void;
  /** FileTxnLog#rollLog: makes the next append open a new file. */
  rollLog(): void;
  /** FileTxnLog#commit: syncs the log. Completes when everything that was appended before this call is durable. */
  syncLog(): void;
  /**
   * FileTxnLog#truncate: drops all records after the record with `zxid`, file by file. If no record has `zxid`, the
   * next higher record stays. If there is no log, the operation fails. With truncRemovesEverythingAbove, that next
   * higher record and all snapshots above `zxid` are removed as well, and the operation does not fail. With
   * truncDeletesNewestFirst, files are deleted from the newest to the oldest.
   */
  truncateLog(zxid: Zxid, how: Truncation): void;
  /** Removes all log files, and all snapshots above `snapshotZxid`. Only the fix snapReplacesLog uses it. */
  dropAllBut(snapshotZxid: Zxid): void;
  /** Writes acceptedEpoch: writes a temporary file, syncs it and renames it (AtomicFileWritingIdiom). */
  writeAcceptedEpoch(epoch: Epoch): void;
  /** Writes currentEpoch in the same way as writeAcceptedEpoch. */
  writeCurrentEpoch(epoch: Epoch): void;
  /** Creates or deletes the file updatingEpoch, immediately (ZOOKEEPER-1653). */
  markUpdatingEpoch(updating: boolean): void;
  /** FileTxnSnapLog#save, in the calling thread. The snapshot is durable at completion only if `synced` is true. */
  saveSnapshot(snapshot: Snapshot, synced: boolean): void;
  /** Saves a snapshot in a separate thread (SyncRequestProcessor's Snapshot Thread), without a sync. */
  saveSnapshotInBackground(snapshot: Snapshot): void;
  /** Reads the dataDir. `diskDone` then passes a DiskImage to the Peer. */
  load(): void;

  /** Exits the process: the host stops the server (ServiceUtils#requestSystemExit). */
  exit(code: number, reason: string): void;
  /** Returns an integer from 0 to bound - 1, for the random draws that ZooKeeper itself makes. */
  random(bound: number): number;
}
