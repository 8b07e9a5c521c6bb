/** The time of this machine since the start of a proxy. */

/** A clock that calls tasks. */
export interface Clock {
  /** Microseconds since the start. */
  readonly nowUs: number;
  /** Calls a task at a time. */
  at(timeUs: number, task: () => void): void;
}

const NS_PER_US = 1000n;
const US_PER_MS = 1000;
/** The longest timer of Node. A longer one fires immediately. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class RealClock implements Clock {
  private readonly startNs = process.hrtime.bigint();
  private readonly timers = new Set<NodeJS.Timeout>();

  get nowUs(): number {
    return Number((process.hrtime.bigint() - this.startNs) / NS_PER_US);
  }

  at(timeUs: number, task: () => void): void {
    const due = (): void => {
      this.timers.delete(timer);
      // A timer of Node can fire up to a millisecond early, and a long wait needs several timers.
      if (this.nowUs < timeUs) this.at(timeUs, task);
      else task();
    };
    const waitMs = Math.max(0, Math.ceil((timeUs - this.nowUs) / US_PER_MS));
    const timer = setTimeout(due, Math.min(waitMs, TIMER_MS_MAX));
    this.timers.add(timer);
  }

  /** Cancels all tasks. */
  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}
