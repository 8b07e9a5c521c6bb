/** Waits until real servers have finished what leaves no trace. */
import type { Progress } from "./progress.ts";
import type { RealServer } from "./real-server.ts";

/** The time in which threads finish what leaves no trace. */
const QUIET_MS = 200;
/** The time in which no thread of any server runs, and the longest wait for that. */
const IDLE_MS = 100;
export const IDLE_WAIT_MS_MAX = 5000;

/** Knows whether the servers are quiet. */
export class Quiet {
  private readonly progress: Progress;
  private readonly servers: ReadonlyMap<number, Pick<RealServer, "isBusy">>;
  private busyMs = 0;

  constructor(progress: Progress, servers: ReadonlyMap<number, Pick<RealServer, "isBusy">>) {
    this.progress = progress;
    this.servers = servers;
  }

  /** Returns whether nothing has happened for a while and no thread of any server runs, or this takes too long. */
  isReached(): boolean {
    const { idleMs } = this.progress;
    if (idleMs < QUIET_MS) return false;
    if (idleMs > IDLE_WAIT_MS_MAX) return true;
    if ([...this.servers.values()].some(({ isBusy }) => isBusy)) this.busyMs = Date.now();
    return Date.now() - this.busyMs >= IDLE_MS;
  }
}
