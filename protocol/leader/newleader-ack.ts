/**
 * The quorum of acknowledgments of NEWLEADER (Leader#waitForNewLeaderAck), which makes the leader established. If an
 * acknowledgment has a wrong zxid, the leader only logs it. Its sender is not counted and does not wait
 * (ZOOKEEPER-4685).
 */
import { type Effects, TIMER_NEWLEADER_ACK } from "../effects.ts";
import type { AckSet } from "../quorum.ts";
import type { ServerId, Zxid } from "../zxid.ts";
import { QuorumWait } from "./quorum-wait.ts";

/** A thread that waits for the quorum of acknowledgments. */
export interface NewLeaderAckWaiter {
  newLeaderAcked(): void;
  newLeaderAckTimedOut(): void;
}

export class NewLeaderAck {
  private readonly zxid: Zxid;
  readonly acked: AckSet;
  private readonly wait: QuorumWait<NewLeaderAckWaiter>;
  private quorumFormed = false;

  constructor(zxid: Zxid, acked: AckSet, effects: Effects, timeoutUs: number) {
    this.zxid = zxid;
    this.acked = acked;
    this.wait = new QuorumWait(effects, TIMER_NEWLEADER_ACK, timeoutUs);
  }

  /**
   * Counts server `sid`, unless `counts` is false, and makes `waiter` wait. If the quorum is already complete, only
   * notifies the waiter immediately. Otherwise, if the zxid is wrong, notifies the waiter immediately, does not count
   * the server, and returns false.
   */
  ack(waiter: NewLeaderAckWaiter, sid: ServerId, zxid: Zxid, nowUs: number, counts = true): boolean {
    if (this.quorumFormed || zxid !== this.zxid) {
      waiter.newLeaderAcked();
      return this.quorumFormed || zxid === this.zxid;
    }
    if (counts) this.acked.add(sid);
    this.wait.join(waiter, nowUs);
    if (this.acked.hasQuorum) {
      this.quorumFormed = true;
      this.wait.end((one) => one.newLeaderAcked());
    }
    return true;
  }

  leave(waiter: NewLeaderAckWaiter): void {
    this.wait.leave(waiter);
  }

  timeout(nowUs: number): void {
    this.wait.timeout(nowUs, (waiter) => waiter.newLeaderAckTimedOut());
  }

  close(): void {
    this.wait.close();
  }
}
