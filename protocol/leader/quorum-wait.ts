/**
 * Threads that wait for a quorum, each with its own timeout. Leader#getEpochToPropose, #waitForEpochAck and
 * #waitForNewLeaderAck all have this form: they count the caller, if it may be counted, and then make it wait until a
 * quorum has been counted. A caller that times out stops waiting but stays counted.
 *
 * A waiter is a LearnerHandler or the leader's main thread.
 */
import { Deadline } from "../deadline.ts";
import type { Effects, Timer } from "../effects.ts";

export class QuorumWait<Waiter> {
  private readonly deadline: Deadline;
  private readonly timeoutUs: number;
  private waiting: { readonly waiter: Waiter; readonly untilUs: number }[] = [];

  constructor(effects: Effects, timer: Timer, timeoutUs: number) {
    this.deadline = new Deadline(effects, timer);
    this.timeoutUs = timeoutUs;
  }

  join(waiter: Waiter, nowUs: number): void {
    // All waiters have the same timeout, so they time out in the order in which they joined.
    this.waiting.push({ waiter, untilUs: nowUs + this.timeoutUs });
    if (this.waiting.length === 1) this.deadline.set(nowUs, nowUs + this.timeoutUs);
  }

  leave(waiter: Waiter): void {
    this.waiting = this.waiting.filter((entry) => entry.waiter !== waiter);
  }

  /** Ends the wait for all waiters, and notifies them in the order in which they joined. */
  end(notify: (waiter: Waiter) => void): void {
    const ended = this.waiting;
    this.close();
    for (const { waiter } of ended) notify(waiter);
  }

  /** Ends the wait without notifying anyone. */
  close(): void {
    this.waiting = [];
    this.deadline.clear();
  }

  /** Handles the firing of the timer: ends the wait of each waiter whose timeout has expired, and notifies it. */
  timeout(nowUs: number, notify: (waiter: Waiter) => void): void {
    if (!this.deadline.fired(nowUs)) return;
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      if (first.untilUs > nowUs) {
        this.deadline.set(nowUs, first.untilUs);
        return;
      }
      this.waiting.shift();
      notify(first.waiter);
    }
  }
}
