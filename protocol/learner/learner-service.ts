/** The interfaces between a learner and its processors (follower.ts, observer.ts). */
import type { ThreadWork } from "../effects.ts";
import type { Anomaly, FailureReason } from "../notes.ts";
import type { QuorumPacket } from "../packets.ts";
import type { QuorumVerifier } from "../quorum.ts";
import type { Txn } from "../storage/history.ts";
import type { Zxid } from "../zxid.ts";

/** The running processors of a learner. */
export interface LearnerService {
  /** Called when the learner has acknowledged UPTODATE. Logs and commits the rest of the synchronization. */
  serve(rest: SyncRest): void;
  /** Handles a packet from the leader (Follower#processPacket, Observer#processPacket). */
  receive(message: QuorumPacket): void;
  workDone(work: ThreadWork): void;
  /** Makes the log thread take a snapshot now. Returns false if it does not run. */
  takeSnapshot(): boolean;
  /**
   * Stops the log thread. Returns true if it is idle. If not, the learner is notified later (ServingLearner#logIdle).
   */
  stopLog(): boolean;
  /** Makes the log thread end when it next sends an ACK, and drop its queue (ZOOKEEPER-4409). */
  endLogAtNextAck(): void;
}

/** The proposals and commits of the synchronization that remain to be handled when UPTODATE arrives. */
export interface SyncRest {
  /** The configuration in NEWLEADER; null if there was none. */
  readonly config: QuorumVerifier | null;
  /** The last proposal received; 0 if there was none. */
  readonly lastQueued: Zxid;
  /** Proposals that are neither logged nor applied. */
  readonly notLogged: readonly Txn[];
  /** The zxids in the COMMITs and INFORMs that have arrived but are not applied yet. */
  readonly committed: readonly Zxid[];
}

/** The part of a learner that its processors use. */
export interface ServingLearner {
  send(message: QuorumPacket): void;
  /** Starts a piece of thread work. `workDone` is called when it ends. */
  startWork(work: ThreadWork): void;
  /**
   * Applies a committed transaction. If it leaves a gap in committedLog and the release rejects gaps, returns false.
   * The commit processor then ends, and the learner stops after the next packet.
   */
  deliver(txn: Txn): boolean;
  /** Fails and returns false if the data of a packet cannot be read. */
  canRead(message: QuorumPacket): boolean;
  anomaly(anomaly: Anomaly, message: QuorumPacket, detail: string): void;
  /** Stops following or observing because of a failure. */
  fail(reason: FailureReason, detail: string): void;
  /** Fails because a new configuration changes the role of this server, or its leader. */
  failReconfigured(): void;
  /** Exits the process. */
  exit(code: number, reason: FailureReason, detail: string): void;
  /** Called when the log thread could not write and has ended. */
  logFailed(): void;
  /** Called when the log thread is idle or has ended. */
  logIdle(): void;
}
