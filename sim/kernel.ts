/**
 * The state that all parts of a world share: the clock, the pending events, the random streams and the trace. Through
 * it, the network and the disks work without access to the world. The kernel dispatches no events; world.ts does.
 */

import { EventQueue } from "./event-queue.ts";
import { RandomStreams } from "./random.ts";
import type { SimTime } from "./time.ts";
import type { Trace } from "./trace.ts";

export class Kernel {
  nowUs: SimTime = 0;
  readonly queue = new EventQueue();
  readonly random: RandomStreams;
  /** Undefined if the run is not traced. In such a run, tracing costs only one comparison per event. */
  readonly trace: Trace | undefined;

  constructor(seed: bigint | number | string, trace: Trace | undefined) {
    this.random = new RandomStreams(seed);
    this.trace = trace !== undefined && trace.level === "full" ? trace : undefined;
    this.trace?.attach(this);
  }
}
