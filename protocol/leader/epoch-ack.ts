/**
 * The quorum of ACKEPOCHs (Leader#waitForEpochAck). Each server is counted, and its thread waits until a quorum that
 * includes the leader is complete. There are two exceptions:
 *
 * - If a learner is more recent than the leader, it is not counted, and the leader closes the connection to it.
 * - If a learner reports epoch -1 (it has accepted the epoch before) or zxid -1 (it has no database), it is not
 *   counted, but its thread waits.
 *
 * After the quorum is complete, threads no longer wait, and learners are no longer checked.
 */
import { type Effects, TIMER_EPOCH_ACK } from "../effects.ts";
import { AckSet, type QuorumVerifier } from "../quorum.ts";
import { type Epoch, NO_EPOCH, NO_ZXID, type ServerId, type Zxid } from "../zxid.ts";
import { QuorumWait } from "./quorum-wait.ts";

/** The state of a server's database (StateSummary). */
export interface StateSummary {
  readonly currentEpoch: Epoch;
  readonly lastZxid: Zxid;
}

/** Returns whether `a` is more recent than `b` (StateSummary#isMoreRecentThan). */
export function isMoreRecent(a: StateSummary, b: StateSummary): boolean {
  return a.currentEpoch > b.currentEpoch || (a.currentEpoch === b.currentEpoch && a.lastZxid > b.lastZxid);
}

/** A thread that waits for the quorum of ACKEPOCHs. */
export interface EpochAckWaiter {
  epochAcked(): void;
  epochAckTimedOut(): void;
  /** Called if counting the quorum ends in a NullPointerException (AckSet#isUndecidable). */
  quorumUndecidable(): void;
}

export interface EpochAckOptions {
  readonly myid: ServerId;
  readonly verifier: QuorumVerifier;
  /** The leader's own state. */
  readonly leader: StateSummary;
  /** Whether a server without a database has zxid -1 in this release (ZOOKEEPER-261). */
  readonly knowsMissingDatabase: boolean;
  readonly effects: Effects;
  readonly timeoutUs: number;
}

export class EpochAck {
  private readonly options: EpochAckOptions;
  private readonly acked: AckSet;
  private readonly wait: QuorumWait<EpochAckWaiter>;
  private finished = false;

  constructor(options: EpochAckOptions) {
    this.options = options;
    this.acked = new AckSet(options.verifier);
    this.wait = new QuorumWait(options.effects, TIMER_EPOCH_ACK, options.timeoutUs);
  }

  /** The servers that are counted (electingFollowers). */
  get servers(): readonly ServerId[] {
    return this.acked.servers;
  }

  /** Counts the leader itself, and makes its main thread wait. */
  ackLeader(waiter: EpochAckWaiter, nowUs: number): void {
    const { leader, myid } = this.options;
    this.ack(waiter, myid, leader, nowUs);
  }

  /**
   * Counts server `sid` and makes `waiter` wait. If the quorum is already complete, only notifies the waiter
   * immediately. Otherwise, if the server is more recent than the leader, only returns false.
   */
  ack(waiter: EpochAckWaiter, sid: ServerId, summary: StateSummary, nowUs: number): boolean {
    const { knowsMissingDatabase, leader, myid } = this.options;
    if (this.finished) {
      waiter.epochAcked();
      return true;
    }
    if (summary.currentEpoch !== NO_EPOCH) {
      if (isMoreRecent(summary, leader)) return false;
      if (summary.lastZxid !== NO_ZXID || !knowsMissingDatabase) this.acked.add(sid);
    }
    if (this.acked.has(myid) && this.acked.isUndecidable) {
      waiter.quorumUndecidable();
      return true;
    }
    this.wait.join(waiter, nowUs);
    if (this.acked.has(myid) && this.acked.hasQuorum) {
      this.finished = true;
      this.wait.end((one) => one.epochAcked());
    }
    return true;
  }

  leave(waiter: EpochAckWaiter): void {
    this.wait.leave(waiter);
  }

  timeout(nowUs: number): void {
    this.wait.timeout(nowUs, (waiter) => waiter.epochAckTimedOut());
  }

  close(): void {
    this.wait.close();
  }
}
