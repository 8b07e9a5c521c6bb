/**
 * Threads that wait until a quorum has arrived. getEpochToPropose, waitForEpochAck and waitForNewLeaderAck all have this
 * form: each caller counts if it may, then waits with a timeout of its own. A caller that times out leaves, and what it
 * counted for stays counted.
 */
import { Deadline } from "../deadline.ts";
import type { Effects, Timer } from "../effects.ts";

/** Who waits: a LearnerHandler, or the leader's own thread. */
export interface Waiter {
  /** The wait is over: what was waited for is there. */
  arrived(): void;
  timedOut(): void;
  /** The wait was called off. */
  calledOff(): void;
}

export class WaitingRoom {
  private readonly deadline: Deadline;
  private readonly timeoutUs: number;
  private waiting: { readonly waiter: Waiter; readonly untilUs: number }[] = [];

  constructor(effects: Effects, timer: Timer, timeoutUs: number) {
    this.deadline = new Deadline(effects, timer);
    this.timeoutUs = timeoutUs;
  }

  enter(waiter: Waiter, nowUs: number): void {
    // All wait equally long, so who came first leaves first.
    this.waiting.push({ waiter, untilUs: nowUs + this.timeoutUs });
    if (this.waiting.length === 1) this.deadline.set(nowUs, nowUs + this.timeoutUs);
  }

  leave(waiter: Waiter): void {
    this.waiting = this.waiting.filter((entry) => entry.waiter !== waiter);
  }

  /** Everyone goes on, in the order they came. */
  release(): void {
    const all = this.waiting;
    this.waiting = [];
    this.deadline.clear();
    for (const { waiter } of all) waiter.arrived();
  }

  /** Everyone gives up at once. */
  callOff(): void {
    const all = this.waiting;
    this.close();
    for (const { waiter } of all) waiter.calledOff();
  }

  close(): void {
    this.waiting = [];
    this.deadline.clear();
  }

  /** The room's timer fired. Who has waited long enough is told, if it turns out that it waited for nothing, that it arrived. */
  timeout(nowUs: number, arrived = false): void {
    if (!this.deadline.fired(nowUs)) return;
    while (this.waiting.length > 0) {
      const first = this.waiting[0] as { waiter: Waiter; untilUs: number };
      if (first.untilUs > nowUs) {
        this.deadline.set(nowUs, first.untilUs);
        return;
      }
      this.waiting.shift();
      if (arrived) first.waiter.arrived();
      else first.waiter.timedOut();
    }
  }
}
