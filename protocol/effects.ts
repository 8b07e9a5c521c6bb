/**
 * The host interface of the core: the effects that a Peer asks for, and the identifiers that effects and inputs share.
 *
 * Effects are the calls that a Peer makes while it handles one input. The host records or performs them and returns; it
 * never calls back into the Peer from inside an effect. The outcome of an effect arrives later, as an input.
 */
import type { Fixes } from "./behavior.ts";
import type { ElectionMessage, Notification, QuorumPacket, Snapshot } from "./packets.ts";
import type { QuorumVerifier } from "./quorum.ts";
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

/** The quorum port of server.N=host:quorum:election. Only a leader listens on it. */
export const QUORUM_PORT = 0;
/** The election port, on which every server listens. */
export const ELECTION_PORT = 1;
/** observerMasterPort. Only a follower listens on it, and only if the setting is above 0. */
export const OBSERVER_MASTER_PORT = 2;
/** One of the three ports. */
export type Port = typeof QUORUM_PORT | typeof ELECTION_PORT | typeof OBSERVER_MASTER_PORT;

// The timers of a Peer. Setting a pending timer changes its time.

/** The election: send the vote again, or stop waiting for a better vote. */
export const TIMER_ELECTION = 0;
/** A learner: its leader was silent for too long (the soTimeout of the socket). */
export const TIMER_ROLE = 1;
/**
 * A learner master: half a tick has passed, and it sends PING. A leader also checks its followers.
 */
export const TIMER_TICK = 2;
/** A leader has waited for initLimit in getEpochToPropose. */
export const TIMER_EPOCH_PROPOSAL = 3;
/** A leader has waited for initLimit in waitForEpochAck. */
export const TIMER_EPOCH_ACK = 4;
/** A leader has waited for initLimit in waitForNewLeaderAck. */
export const TIMER_NEWLEADER_ACK = 5;
/** At a learner master, a learner was silent for too long (the soTimeout of a LearnerHandler). */
export const TIMER_HANDLERS = 6;
/**
 * A learner: connecting takes too long, or the pause between two tries ends. An observer: its delay before an election
 * ends.
 */
export const TIMER_CONNECT = 7;
/** The connection to an election port takes too long (cnxTimeout). */
export const TIMER_DIAL = 8;
/** The thread that listens on the election port opens it again after an error of accept(). */
export const TIMER_LISTEN = 9;
/** One of the timers of a Peer. */
export type Timer =
  | typeof TIMER_ELECTION
  | typeof TIMER_ROLE
  | typeof TIMER_TICK
  | typeof TIMER_EPOCH_PROPOSAL
  | typeof TIMER_EPOCH_ACK
  | typeof TIMER_NEWLEADER_ACK
  | typeof TIMER_HANDLERS
  | typeof TIMER_CONNECT
  | typeof TIMER_DIAL
  | typeof TIMER_LISTEN;
/** Number of timers. They are numbered from 0. */
export const TIMER_COUNT = 10;

// Work of a Java thread that takes time but no disk and no network. The core starts it and continues when the host
// reports it done. A simulator delays the completion, so that a crash or another thread can come in between; a real
// host has nothing to wait for and completes it immediately after the current input.

/** The CommitProcessor applies the committed transactions in its queue. The key stands for the role that owns it. */
export const WORK_APPLY_COMMITS = 0;
/** A LearnerHandler serializes and sends the snapshot of a SNAP. The key is the connection of the learner. */
export const WORK_SEND_SNAPSHOT = 1;
/** The main thread of a learner runs again after it has started another thread. */
export const WORK_RESUME_LEARNER = 2;
/** A LearnerHandler queues NEWLEADER, after the leader has begun to forward packets to its learner. */
export const WORK_QUEUE_NEWLEADER = 3;
/** One kind of thread work. */
export type ThreadWork =
  | typeof WORK_APPLY_COMMITS
  | typeof WORK_SEND_SNAPSHOT
  | typeof WORK_RESUME_LEARNER
  | typeof WORK_QUEUE_NEWLEADER;
/** Texts for the values of ThreadWork: the Java thread, and what it does. */
export const WORK_NAMES: readonly string[] = [
  "CommitProcessor: apply committed transactions",
  "LearnerHandler: serialize a snapshot for SNAP",
  "main thread of a learner: run again after another thread was started",
  "LearnerHandler: queue NEWLEADER",
];

// Disk operations that complete later. `append` and `rollLog` complete immediately: they write to the page cache.

/** `syncLog` completes. */
export const DISK_SYNC_LOG = 0;
/** `truncateLog` completes. */
export const DISK_TRUNCATE_LOG = 1;
/** `writeAcceptedEpoch` completes. */
export const DISK_ACCEPTED_EPOCH = 2;
/** `writeCurrentEpoch` completes. */
export const DISK_CURRENT_EPOCH = 3;
/** `saveSnapshot` completes; the result is the snapshot. */
export const DISK_SNAPSHOT = 4;
/** `load` completes; the result is a DiskImage. */
export const DISK_LOAD = 5;
/** `saveSnapshotInBackground` completes; the result is the snapshot. */
export const DISK_BACKGROUND_SNAPSHOT = 6;
/** The code of a disk operation. */
export type DiskOp = 0 | 1 | 2 | 3 | 4 | 5 | 6;
/** The names of the disk operations, by code. */
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
  /**
   * The index of the first record that cannot be read, because its checksum or length is wrong; 0 if the file's header
   * cannot be read. Undefined if all records can be read.
   */
  readonly unreadableFrom?: number | undefined;
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

// Exit codes of a ZooKeeper server (ExitCode).

/** An unexpected error (ExitCode.UNEXPECTED_ERROR). */
export const EXIT_UNEXPECTED = 1;
/** A snapshot could not be written (ExitCode.TXNLOG_ERROR_TAKING_SNAPSHOT). */
export const EXIT_SNAPSHOT_ERROR = 10;
/** A COMMIT does not match the oldest pending proposal (ExitCode.UNMATCHED_TXN_COMMIT). */
export const EXIT_UNMATCHED_COMMIT = 12;
/** A synchronization starts with an unknown packet, or a TRUNC fails (ExitCode.QUORUM_PACKET_ERROR). */
export const EXIT_BAD_SYNC_PACKET = 13;
/** The thread that listens on the election port has ended (ExitCode.UNABLE_TO_BIND_QUORUM_PORT). */
export const EXIT_CANNOT_BIND = 14;

/** The fixes that change what a truncation removes, or in which order it removes files. */
export type Truncation = Pick<Fixes, "truncRemovesEverythingAbove" | "truncDeletesNewestFirst">;

/** What a Peer asks its host to do. Times are in microseconds. */
export interface Effects {
  /**
   * Starts to connect. The host answers with `connected` or `refused`, unless the Peer closes the connection first.
   * `number` is the number of the port, here and in `listen` and `unlisten`. Default: that of DEFAULT_PORTS. A host
   * refuses a connection to a number on which the other server does not listen.
   */
  connect(to: ServerId, port: Port, number?: number): ConnectionId;
  /** Sends reliably and in order, like TCP, without an answer. Sending on a closed connection has no effect. */
  send(connection: ConnectionId, message: QuorumPacket | ElectionMessage): void;
  /** Closes a connection. The other end is notified. */
  close(connection: ConnectionId): void;
  /** Starts to accept connections on a port. */
  listen(port: Port, number?: number): void;
  /** Stops accepting connections on a port. Open connections stay. */
  unlisten(port: Port, number?: number): void;
  /** Sends one notification, which can be lost, repeated or delayed. Used only with electionTransport "datagram". */
  sendDatagram(to: ServerId, notification: Notification): void;

  /** Sets a timer. The delay starts at the time of the current input. */
  setTimer(timer: Timer, delayUs: number): void;
  /** Cancels a timer. Has no effect if the timer is not set. */
  cancelTimer(timer: Timer): void;

  /**
   * Starts a piece of thread work. The host answers with `workDone(work, key)`, unless the process ends first. `key`
   * distinguishes pieces of the same kind of work. If the piece is already running, it starts again.
   */
  startWork(work: ThreadWork, key: number): void;

  /**
   * Returns the transaction with this zxid for a client's write of a value (PrepRequestProcessor#pRequest). `bytes` is
   * the size of its data. If transactions have no other content, this is makeTxn.
   */
  prepareTxn(zxid: Zxid, value: string | number, bytes: number): Txn;

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
  /**
   * Returns the log files as a reader finds them now, oldest first, synced or not. Takes no time. A file without a
   * readable header has `unreadableFrom` 0.
   */
  readLog(): readonly LogFile[];
  /** Reads the dataDir. `diskDone` then passes a DiskImage to the Peer. */
  load(): void;

  /**
   * Writes zoo.cfg.dynamic.next, the pending configuration. This and the following three effects complete before they
   * return: the calling thread of the server waits, and the file is durable (AtomicFileWritingIdiom). If the process
   * ends at one of them, the host ignores the rest of the input.
   */
  writeNextConfig(config: QuorumVerifier): void;
  /** Writes zoo.cfg.dynamic.<version>, a committed configuration. */
  writeDynamicConfig(config: QuorumVerifier): void;
  /** Makes zoo.cfg name the file zoo.cfg.dynamic.<version>. */
  pointToDynamicConfig(config: QuorumVerifier): void;
  /** Deletes zoo.cfg.dynamic.next. */
  deleteNextConfig(): void;

  /** Exits the process: the host stops the server (ServiceUtils#requestSystemExit). */
  exit(code: number, reason: string): void;
  /** Returns an integer from 0 to bound - 1, for the random draws that ZooKeeper itself makes. */
  random(bound: number): number;
}
