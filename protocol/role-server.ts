/**
 * What a role needs of its server: what leader and learner both read from QuorumPeer, and call on it. `Peer`
 * implements it; each role adds what only it needs.
 */
import type { Behavior } from "./behavior.ts";
import type { Effects } from "./effects.ts";
import type { FailureReason, Notes, Phase } from "./notes.ts";
import type { QuorumVerifier } from "./quorum.ts";
import type { Settings } from "./settings.ts";
import type { Database } from "./storage/database.ts";
import type { Txn } from "./storage/history.ts";
import type { LogLock } from "./storage/log-lock.ts";
import type { Epoch, ServerId } from "./zxid.ts";

export interface RoleServer {
  readonly myid: ServerId;
  readonly nowUs: number;
  readonly settings: Settings;
  readonly behavior: Behavior;
  readonly verifier: QuorumVerifier;
  readonly effects: Effects;
  readonly notes: Notes;
  readonly database: Database;
  readonly logLock: LogLock;
  /** initLimit * tickTime. */
  readonly initTimeoutUs: number;
  /** syncLimit * tickTime. */
  readonly syncTimeoutUs: number;
  readonly acceptedEpoch: Epoch;
  readonly currentEpoch: Epoch;

  setPhase(phase: Phase): void;
  /** Records whether acceptedEpoch was written to disk. */
  acceptedEpochWritten(epoch: Epoch, ok: boolean): void;
  /** Records whether currentEpoch was written to disk. */
  currentEpochWritten(epoch: Epoch, ok: boolean): void;
  /** QuorumPeer#updateElectionVote (ZOOKEEPER-1732). */
  updateElectionVote(epoch: Epoch): void;
  /** ZKDatabase#append: appends to the log, in the page cache. */
  appendToLog(txn: Txn): void;
  /** Applies the rest of the log to the tree, when a server that served shuts down. */
  fastForward(): void;
  /** The log could not be written. Returns whether the server exits because of that. */
  logFailed(): boolean;
  exit(code: number, reason: FailureReason, detail: string): void;
  /** The role has ended: the server becomes LOOKING. */
  look(): void;
}
