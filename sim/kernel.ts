/**
 * The state that all parts of a world share: the clock, the pending events, the random streams and the trace. The
 * network and the disks use the kernel, so they need no reference to the world. The kernel does not dispatch events;
 * world.ts does.
 */

import { EventQueue } from "./event-queue.ts";
import { RandomStreams } from "./random.ts";
import type { SimTime } from "./time.ts";
import type { Trace } from "./trace.ts";

export class Kernel {
  nowUs: SimTime = 0;
  readonly queue = new EventQueue();
  readonly random: RandomStreams;
  /** The trace; undefined if the run is not traced. In an untraced run, this field costs one comparison per event. */
  readonly trace: Trace | undefined;

  constructor(seed: bigint | number | string, trace: Trace | undefined) {
    this.random = new RandomStreams(seed);
    this.trace = trace !== undefined && trace.level === "full" ? trace : undefined;
    this.trace?.attach(this);
  }
}
