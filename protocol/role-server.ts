/**
 * The part of QuorumPeer that both leader and learner use. `Peer` implements this interface. Each role extends it with
 * the members that only that role uses.
 */
import type { AcceptErrors } from "./accept-errors.ts";
import type { Behavior } from "./behavior.ts";
import type { BufferLimit } from "./buffer-limit.ts";
import type { Configurations } from "./configurations.ts";
import type { Effects } from "./effects.ts";
import type { FailureReason, Notes, Phase } from "./notes.ts";
import type { QuorumVerifier } from "./quorum.ts";
import type { Settings } from "./settings.ts";
import type { Database } from "./storage/database.ts";
import type { Txn } from "./storage/history.ts";
import type { LogLock } from "./storage/log-lock.ts";
import type { Epoch, ServerId, Zxid } from "./zxid.ts";

export interface RoleServer {
  readonly myid: ServerId;
  readonly nowUs: number;
  readonly settings: Settings;
  readonly behavior: Behavior;
  /** The configurations of this server, and which servers count for what. */
  readonly configurations: Configurations;
  readonly effects: Effects;
  readonly notes: Notes;
  readonly database: Database;
  readonly logLock: LogLock;
  /** The errors of accept() in this process. */
  readonly acceptErrors: AcceptErrors;
  /** initLimit * tickTime, in microseconds. */
  readonly initTimeoutUs: number;
  /** syncLimit * tickTime, in microseconds. */
  readonly syncTimeoutUs: number;
  /** The largest buffer that the server can read. */
  readonly bufferLimit: BufferLimit;
  readonly acceptedEpoch: Epoch;
  readonly currentEpoch: Epoch;

  /** Writes the committed configuration to /zookeeper/config (QuorumPeer#initConfigInZKDatabase). */
  initConfigZnode(): void;
  setPhase(phase: Phase): void;
  /**
   * Handles the end of a write of acceptedEpoch. Changes the epoch in memory, too, unless the write failed and the
   * release then keeps the old epoch.
   */
  acceptedEpochWritten(epoch: Epoch, ok: boolean): void;
  /**
   * Handles the end of a write of currentEpoch. Changes the epoch in memory, too, unless the write failed and the
   * release then keeps the old epoch.
   */
  currentEpochWritten(epoch: Epoch, ok: boolean): void;
  /** Changes the epoch of the current vote (QuorumPeer#updateElectionVote, ZOOKEEPER-1732). */
  updateElectionVote(epoch: Epoch): void;
  /**
   * Makes a configuration the committed one, and adapts role and vote (QuorumPeer#processReconfig). `designated` is the
   * server that the leader designates, null if it designates none. With `restartsElection`, the election service starts
   * again. Returns whether the current role must end.
   */
  processReconfig(config: QuorumVerifier, designated: ServerId | null, zxid: Zxid, restartsElection: boolean): boolean;
  /** ZKDatabase#append: appends to the log, in the page cache. */
  appendToLog(txn: Txn): void;
  /** Starts to write a snapshot of the database. The role continues when the snapshot is written. */
  saveSnapshot(synced: boolean): void;
  /** Applies the rest of the log to the tree when a server that has served shuts down. */
  fastForward(): void;
  /** Called when the log could not be written. Returns whether the server exits because of that. */
  logFailed(): boolean;
  exit(code: number, reason: FailureReason, detail: string): void;
  /**
   * Called when the role has ended. The server becomes LOOKING, or takes the role that a new configuration gives it
   * (QuorumPeer#updateServerState).
   */
  look(): void;
}
