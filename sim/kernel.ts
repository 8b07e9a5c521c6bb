/**
 * What every facility of a world shares: the clock, the pending events, the random streams and the trace.
 *
 * It dispatches nothing (world.ts does); it exists so that a network or a disk need not know the whole world.
 */

import { EventQueue } from "./event-queue.ts";
import { RandomStreams } from "./random.ts";
import type { SimTime } from "./time.ts";
import type { Trace } from "./trace.ts";

export class Kernel {
  nowUs: SimTime = 0;
  readonly queue = new EventQueue();
  readonly random: RandomStreams;
  /** Undefined when nothing is recorded, so that recording costs one comparison. */
  readonly trace: Trace | undefined;

  constructor(seed: bigint | number | string, trace: Trace | undefined) {
    this.random = new RandomStreams(seed);
    this.trace = trace !== undefined && trace.level === "full" ? trace : undefined;
    this.trace?.attach(this);
  }
}
