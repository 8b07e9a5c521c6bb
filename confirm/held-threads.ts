/** Stops threads of real servers where a `stall` step stops those of the simulated ones. */
import { Debugger } from "./jdwp.ts";
import type { Progress } from "./progress.ts";
import { PORTS, type RealServer } from "./real-server.ts";
import { STOPS, type StoppableThread } from "./stoppable-threads.ts";

/** The stopped threads of all servers. */
export class HeldThreads {
  private readonly progress: Progress;
  private readonly stops = new Map<string, Debugger>();

  constructor(progress: Progress) {
    this.progress = progress;
  }

  /** Stops a thread the next time it begins a piece of its work. */
  async stop(server: RealServer, thread: StoppableThread): Promise<void> {
    const [className, method] = STOPS[thread];
    const one = await Debugger.attach(server.plan.host, PORTS.debug).catch(() => undefined);
    if (await one?.stopAt(className, method)) {
      this.stops.set(keyOf(server, thread), one as Debugger);
      return;
    }
    await one?.release();
    this.progress.deviate(server.id, "missing", `stops its thread ${thread}`);
  }

  /** Lets a thread go on. */
  async resume(server: RealServer, thread: StoppableThread): Promise<void> {
    const key = keyOf(server, thread);
    const stop = this.stops.get(key);
    this.stops.delete(key);
    await stop?.release();
  }
}

function keyOf({ id }: RealServer, thread: StoppableThread): string {
  return `${id} ${thread}`;
}
