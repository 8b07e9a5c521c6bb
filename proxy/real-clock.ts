/** The time of this machine since the start of a proxy. */
import type { Clock } from "./proxied-network.ts";

const NS_PER_US = 1000n;
const US_PER_MS = 1000;

export class RealClock implements Clock {
  private readonly startNs = process.hrtime.bigint();
  private readonly timers = new Set<NodeJS.Timeout>();

  get nowUs(): number {
    return Number((process.hrtime.bigint() - this.startNs) / NS_PER_US);
  }

  at(timeUs: number, task: () => void): void {
    const due = (): void => {
      this.timers.delete(timer);
      // A timer of Node can fire up to a millisecond early.
      if (this.nowUs < timeUs) this.at(timeUs, task);
      else task();
    };
    const timer = setTimeout(due, Math.max(0, Math.ceil((timeUs - this.nowUs) / US_PER_MS)));
    this.timers.add(timer);
  }

  /** Cancels all tasks. */
  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}
