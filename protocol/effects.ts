/**
 * The border of the core: what a Peer asks of its host, and what the host tells it in return.
 *
 * Effects are the calls a Peer makes while it handles one input. The host takes note of them and returns; it never calls
 * back into the peer from inside one. What they lead to comes later, as an input.
 */
import type { Fixes } from "./behavior.ts";
import type { ElectionMessage, Notification, QuorumPacket, Snapshot } from "./packets.ts";
import type { Txn } from "./storage/history.ts";
import type { Epoch, ServerId, Zxid } from "./zxid.ts";

/** A connection, as numbered by the host; both ends may see the same number. */
declare const connectionBrand: unique symbol;
export type ConnectionId = number & { readonly [connectionBrand]: true };

/** The two ports of server.N=host:quorum:election. Only a leader listens on its quorum port. */
export const QUORUM_PORT = 0;
export const ELECTION_PORT = 1;
export type Port = typeof QUORUM_PORT | typeof ELECTION_PORT;

/** The timers of a Peer. Setting one that is pending moves it. */
export const TIMER_ELECTION = 0;
export const TIMER_ROLE = 1;
export const TIMER_TICK = 2;
export const TIMER_EPOCH_PROPOSAL = 3;
export const TIMER_EPOCH_ACK = 4;
export const TIMER_NEWLEADER_ACK = 5;
export const TIMER_HANDLERS = 6;
export const TIMER_CONNECT = 7;
export const TIMER_DIAL = 8;
export const TIMER_COMMITS = 9;
export const TIMER_SNAPS = 10;
export const TIMER_PREEMPTED = 11;
export type Timer = number;
export const TIMER_COUNT = 12;

/** Disk operations that complete later. `append` and `rollLog` do not: they go to the operating system's cache. */
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
  "save snapshot beside",
];

/** One file log.<name>: the zxid of its first record, and its records in the order they were appended. */
export interface LogFile {
  readonly name: Zxid;
  readonly txns: readonly Txn[];
}

/** What a server's dataDir holds: the argument of start, and the answer to `load`. */
export interface DiskImage {
  /** Absent when the file is. */
  readonly acceptedEpoch: Epoch | undefined;
  readonly currentEpoch: Epoch | undefined;
  /** currentEpoch.tmp, left by a crash between writing and renaming (ZOOKEEPER-4269). */
  readonly currentEpochTmp: Epoch | undefined;
  /** The file updatingEpoch, left by a crash between NEWLEADER and the new currentEpoch (ZOOKEEPER-1653). */
  readonly updatingEpoch: boolean;
  /** Valid snapshots, oldest first. */
  readonly snapshots: readonly Snapshot[];
  /** Log files, oldest first. */
  readonly logFiles: readonly LogFile[];
}

/** Exit codes of a ZooKeeper server (ExitCode). */
export const EXIT_SNAPSHOT_ERROR = 10;
export const EXIT_UNMATCHED_COMMIT = 12;
export const EXIT_BAD_SYNC_PACKET = 13;
export const EXIT_CANNOT_BIND = 14;
export const EXIT_UNEXPECTED = 1;

export type Truncation = Pick<Fixes, "truncRemovesEverythingAbove" | "truncDeletesNewestFirst">;

export interface Effects {
  /** Starts to connect; answered by onConnected or onRefused, unless closed before. */
  connect(to: ServerId, port: Port): ConnectionId;
  /** Reliable and in order, as TCP; nothing is answered. Sending on a closed connection does nothing. */
  send(connection: ConnectionId, message: QuorumPacket | ElectionMessage): void;
  close(connection: ConnectionId): void;
  listen(port: Port): void;
  unlisten(port: Port): void;
  /** With electionTransport "datagram": one notification, perhaps lost, repeated or late. */
  sendDatagram(to: ServerId, notification: Notification): void;

  /** Relative to the input being handled. */
  setTimer(timer: Timer, delayUs: number): void;
  cancelTimer(timer: Timer): void;

  /** FileTxnLog#append: to the end of the current log file, opening log.<zxid> when there is none. */
  append(txn: Txn): void;
  /** FileTxnLog#rollLog: the next append opens a new file. */
  rollLog(): void;
  /** FileTxnLog#commit: completes when all that was appended so far is durable. */
  syncLog(): void;
  /**
   * FileTxnLog#truncate: drops all records behind the one with `zxid`, file after file; with no such record the next higher
   * one stays, and with no log it fails. With truncRemovesEverythingAbove that one goes too, as do snapshots above `zxid`, and it does not
   * fail; with truncDeletesNewestFirst files go from the end.
   */
  truncateLog(zxid: Zxid, how: Truncation): void;
  /** Removes all log files there are, and all snapshots above that zxid. Not ZooKeeper's: with snapReplacesLog. */
  dropAllBut(snapshotZxid: Zxid): void;
  /** Written to a temporary file, synced and renamed (AtomicFileWritingIdiom). */
  writeAcceptedEpoch(epoch: Epoch): void;
  writeCurrentEpoch(epoch: Epoch): void;
  /** Creates or deletes the file updatingEpoch, at once (ZOOKEEPER-1653). */
  markUpdatingEpoch(updating: boolean): void;
  /** FileTxnSnapLog#save, by the thread that waits for it. Durable at completion only when `synced`. */
  saveSnapshot(snapshot: Snapshot, synced: boolean): void;
  /** The same by a thread of its own, beside everything else (SyncRequestProcessor's Snapshot Thread); not synced. */
  saveSnapshotInBackground(snapshot: Snapshot): void;
  /** Reads the dataDir; the completion carries a DiskImage. */
  load(): void;

  /** System exit: the host stops the server as if the process ended (ServiceUtils#requestSystemExit). */
  exit(code: number, reason: string): void;
  /** An integer from 0 to bound - 1: ThreadLocalRandom, which the core does not have. */
  random(bound: number): number;
}
