/**
 * The check that a learner acknowledges proposals within syncLimit (LearnerHandler.SyncLimitCheck). The check starts
 * when the learner and a quorum have acknowledged NEWLEADER. It tracks the oldest unacknowledged proposal and the
 * latest proposal after it.
 */
import { ZERO_ZXID, type Zxid } from "../zxid.ts";

export class SyncLimitCheck {
  private started = false;
  /** The time at which the oldest unacknowledged proposal was sent; 0 if there is none. */
  private currentUs = 0;
  private currentZxid: Zxid = ZERO_ZXID;
  private nextUs = 0;
  private nextZxid: Zxid = ZERO_ZXID;

  start(): void {
    this.started = true;
  }

  proposed(zxid: Zxid, nowUs: number): void {
    if (!this.started) return;
    if (this.currentUs === 0) {
      this.currentUs = nowUs;
      this.currentZxid = zxid;
    } else {
      this.nextUs = nowUs;
      this.nextZxid = zxid;
    }
  }

  acked(zxid: Zxid): void {
    if (this.currentZxid === zxid) {
      this.currentUs = this.nextUs;
      this.currentZxid = this.nextZxid;
      this.nextUs = 0;
      this.nextZxid = ZERO_ZXID;
    } else if (this.nextZxid === zxid) {
      this.nextUs = 0;
      this.nextZxid = ZERO_ZXID;
    }
  }

  /** Returns false if the oldest unacknowledged proposal was sent `timeoutUs` ago or earlier. */
  check(nowUs: number, timeoutUs: number): boolean {
    return this.currentUs === 0 || nowUs - this.currentUs < timeoutUs;
  }
}
