/**
 * The job with which event kernels are compared. There are five nodes. Each step pops an event, draws three random
 * numbers, changes the node of the event and pushes one event, so that the number of outstanding events stays the same.
 * Delays are 1 to 2^20 us, so that two events rarely have the same time.
 *
 * The job is the same for the event queue of sim/, for native/kernel.cpp and for the libraries in kernel-peers.ts. All
 * of them must end with the same checksum.
 */
import { EventQueue } from "../sim/index.ts";

export const NODES = 5;

export interface KernelRun {
  readonly nanoseconds: number;
  readonly checksum: number;
}

/**
 * The random number generator xoshiro128**. It is implemented here so that the measurement does not include a package.
 */
export class Generator {
  private s0 = 0x9e37_79b9 | 0;
  private s1 = 0x243f_6a88 | 0;
  private s2 = 0xb7e1_5162 | 0;
  private s3 = 0x85eb_ca6b | 0;

  /** Returns the next 32 bits as a signed integer. */
  next(): number {
    const by5 = Math.imul(this.s1, 5);
    const result = Math.imul((by5 << 7) | (by5 >>> 25), 9);
    const t = this.s1 << 9;
    this.s2 ^= this.s0;
    this.s3 ^= this.s1;
    this.s1 ^= this.s2;
    this.s0 ^= this.s3;
    this.s2 ^= t;
    this.s3 = (this.s3 << 11) | (this.s3 >>> 21);
    return result;
  }

  delay(): number {
    return 1 + (this.next() & 0xf_ffff);
  }

  target(): number {
    return ((this.next() & 0xffff) * NODES) >> 16;
  }
}

/** The five nodes, and the generator of the events that they send. */
export class Nodes {
  readonly generator = new Generator();
  private readonly states = Int32Array.from({ length: NODES }, (_, index) => index + 1);
  private nowUs = 0;

  mutate(target: number, value: number, nowUs: number): void {
    this.nowUs = nowUs;
    this.states[target] = (Math.imul((this.states[target] as number) ^ value, 0x9e37_79b1) + nowUs) | 0;
  }

  checksum(): number {
    let checksum = this.nowUs | 0;
    for (const state of this.states) checksum = Math.imul(checksum ^ state, 0x85eb_ca6b);
    return checksum >>> 0;
  }
}

/** Runs the job on sim/event-queue.ts. */
export function runEventQueue(outstanding: number, events: number): KernelRun {
  const queue = new EventQueue();
  const nodes = new Nodes();
  const { generator } = nodes;
  for (let i = 0; i < outstanding; i++) {
    queue.push(generator.delay(), i % NODES, 0, generator.next(), 0, undefined);
  }
  const start = performance.now();
  handle(queue, nodes, generator, events);
  return { nanoseconds: (performance.now() - start) * 1e6, checksum: nodes.checksum() };
}

/** The measured loop. It is a separate function, like the event loop of the simulator (World#run). */
function handle(queue: EventQueue, nodes: Nodes, generator: Generator, events: number): void {
  for (let i = 0; i < events; i++) {
    queue.pop();
    const nowUs = queue.timeUs;
    const delay = generator.delay();
    const target = generator.target();
    const value = generator.next();
    nodes.mutate(queue.target, queue.a, nowUs);
    queue.push(nowUs + delay, target, 0, value, 0, undefined);
  }
}
