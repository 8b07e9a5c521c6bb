/**
 * The epoch that a new leader proposes (Leader#getEpochToPropose): one above the highest acceptedEpoch among the
 * servers that arrive before the quorum is complete. The quorum must include the leader. The thread that completes the
 * quorum writes acceptedEpoch, while all other threads wait for the lock. Threads that arrive later get the epoch
 * without waiting.
 */
import { assertPresent } from "../assert.ts";
import { type Effects, TIMER_EPOCH_PROPOSAL } from "../effects.ts";
import { AckSet, type QuorumVerifier } from "../quorum.ts";
import { asEpoch, type Epoch, MAX_EPOCH, NO_EPOCH, type ServerId } from "../zxid.ts";
import { QuorumWait } from "./quorum-wait.ts";

/** A thread that waits for the epoch. */
export interface EpochWaiter {
  epochProposed(epoch: Epoch): void;
  epochTimedOut(): void;
  /** Called when the leader has given up (Leader#quitLeading). */
  epochAborted(): void;
  /** Called if the server has accepted the largest epoch that zabsim supports, so that there is no next one. */
  epochLimitReached(): void;
  /** Called if this waiter completed the quorum but could not write acceptedEpoch. */
  acceptedEpochNotWritten(): void;
  /** Called if counting the quorum ends in a NullPointerException (AckSet#isUndecidable). */
  quorumUndecidable(): void;
}

export class EpochProposal {
  /** One above the highest acceptedEpoch counted so far. Final once `done` is true. */
  epoch: Epoch = NO_EPOCH;
  /** The time at which the leader itself began to wait (timeStartWaitForEpoch); -1 if it has not begun. */
  leaderWaitsSinceUs = -1;

  private readonly myid: ServerId;
  private readonly effects: Effects;
  private readonly counted: AckSet;
  private readonly wait: QuorumWait<EpochWaiter>;
  private state: "waiting" | "writing" | "done" = "waiting";
  /** The waiter that completed the quorum, while its thread writes acceptedEpoch; null otherwise. */
  private writer: EpochWaiter | null = null;

  constructor(myid: ServerId, verifier: QuorumVerifier, effects: Effects, timeoutUs: number) {
    this.myid = myid;
    this.effects = effects;
    this.counted = new AckSet(verifier);
    this.wait = new QuorumWait(effects, TIMER_EPOCH_PROPOSAL, timeoutUs);
  }

  /** The servers that are counted (connectingFollowers). */
  get servers(): readonly ServerId[] {
    return this.counted.servers;
  }

  get done(): boolean {
    return this.state === "done";
  }

  /**
   * Counts server `sid` and makes `waiter` wait. If the epoch is already final, only notifies the waiter immediately.
   */
  propose(waiter: EpochWaiter, sid: ServerId, lastAcceptedEpoch: Epoch, nowUs: number): void {
    if (this.state === "done") {
      waiter.epochProposed(this.epoch);
      return;
    }
    // ZooKeeper's epochs have 31 bits. Its leader would propose the next one.
    if (lastAcceptedEpoch >= MAX_EPOCH) {
      waiter.epochLimitReached();
      return;
    }
    this.wait.join(waiter, nowUs);
    if (this.state === "writing") return;
    if (lastAcceptedEpoch >= this.epoch) this.epoch = asEpoch(lastAcceptedEpoch + 1);
    this.counted.add(sid);
    if (sid === this.myid) this.leaderWaitsSinceUs = nowUs;
    if (this.counted.has(this.myid) && this.counted.isUndecidable) {
      this.wait.leave(waiter);
      waiter.quorumUndecidable();
      return;
    }
    if (this.counted.has(this.myid) && this.counted.hasQuorum) {
      this.state = "writing";
      this.writer = waiter;
      this.effects.writeAcceptedEpoch(this.epoch);
    }
  }

  /**
   * Handles the end of the write of acceptedEpoch. If the write failed, only the writer fails. The other waiters are
   * not notified. Each of them gets the epoch when its own timeout expires.
   */
  written(ok: boolean): void {
    const { writer } = this;
    this.state = "done";
    this.writer = null;
    if (ok) {
      this.wait.end((waiter) => waiter.epochProposed(this.epoch));
    } else {
      const failed = assertPresent(writer, "writer", "writing");
      this.wait.leave(failed);
      failed.acceptedEpochNotWritten();
    }
  }

  /** Makes all waiters give up after maxTimeToWaitForEpoch (Leader#quitLeading). */
  abort(): void {
    if (this.state === "waiting") this.wait.end((waiter) => waiter.epochAborted());
  }

  leave(waiter: EpochWaiter): void {
    this.wait.leave(waiter);
  }

  timeout(nowUs: number): void {
    // A thread that writes acceptedEpoch holds the lock, so no other thread can wake up.
    if (this.state === "writing") return;
    const { done } = this;
    this.wait.timeout(nowUs, (waiter) => (done ? waiter.epochProposed(this.epoch) : waiter.epochTimedOut()));
  }

  close(): void {
    this.wait.close();
  }
}
