/** The interfaces between a learner and its processors, which are those of a follower or of an observer. */
import type { ThreadWork } from "../effects.ts";
import type { Anomaly, FailureReason } from "../notes.ts";
import type { QuorumPacket } from "../packets.ts";
import type { Txn } from "../storage/history.ts";
import type { Zxid } from "../zxid.ts";

/** The running processors of a learner. */
export interface LearnerService {
  /** Whether the log thread has written everything. */
  readonly logIsIdle: boolean;
  /** The learner has acknowledged UPTODATE: logs and commits the transactions that the synchronization left. */
  serve(rest: SyncRest): void;
  /** Handles a packet of the leader (Follower#processPacket, Observer#processPacket). */
  receive(message: QuorumPacket): void;
  workDone(work: ThreadWork): void;
}

/** What the synchronization has not logged or committed when UPTODATE arrives. */
export interface SyncRest {
  /** The last proposal received; 0 if there was none. */
  readonly lastQueued: Zxid;
  /** Proposals that are neither logged nor applied. */
  readonly notLogged: readonly Txn[];
  /** The zxids of those proposals whose commit has arrived. */
  readonly committed: readonly Zxid[];
}

/** What the processors need of their learner. */
export interface ServingLearner {
  send(message: QuorumPacket): void;
  /** Starts a piece of thread work; the host answers with `workDone`. */
  startWork(work: ThreadWork): void;
  /** Applies a committed transaction. */
  deliver(txn: Txn): void;
  anomaly(anomaly: Anomaly, message: QuorumPacket, detail: string): void;
  /** Stops following. */
  fail(reason: FailureReason, detail: string): void;
  /** Exits the process. */
  exit(code: number, reason: FailureReason, detail: string): void;
  /** The log thread could not write. */
  logFailed(): void;
  /** The log thread has written everything. */
  logIdle(): void;
}
