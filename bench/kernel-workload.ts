/**
 * The job by which event kernels are compared: five nodes; pop an event, three draws, mutate the node, push one event.
 * The number of outstanding events stays the same. Delays are 1 .. 2^20 us, so ties are rare but happen.
 *
 * The same for sim/'s queue, for simjs, for fake timers, and in native/kernel.cpp; all end with the same checksum, except
 * where a library breaks ties otherwise.
 */
import { EventQueue } from "../sim/index.ts";

export const NODES = 5;

/** xoshiro128**, written out: what is measured is the kernel, not a package. */
export class Generator {
  private s0 = 0x9e37_79b9 | 0;
  private s1 = 0x243f_6a88 | 0;
  private s2 = 0xb7e1_5162 | 0;
  private s3 = 0x85eb_ca6b | 0;

  /** 32 bits, as a signed integer. */
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

/** What a node does with an event. */
export function mutate(nodes: Int32Array, target: number, value: number, nowUs: number): void {
  nodes[target] = (Math.imul((nodes[target] as number) ^ value, 0x9e37_79b1) + nowUs) | 0;
}

export function newNodes(): Int32Array {
  return Int32Array.from({ length: NODES }, (_, index) => index + 1);
}

export function checksumOf(nodes: Int32Array, nowUs: number): number {
  let checksum = nowUs | 0;
  for (const node of nodes) checksum = Math.imul(checksum ^ node, 0x85eb_ca6b);
  return checksum >>> 0;
}

export interface KernelRun {
  readonly nanoseconds: number;
  readonly checksum: number;
}

/** The job on sim/event-queue.ts. */
export function runEventQueue(outstanding: number, events: number): KernelRun {
  const queue = new EventQueue();
  const generator = new Generator();
  const nodes = newNodes();
  for (let i = 0; i < outstanding; i++) {
    queue.push(generator.delay(), i % NODES, 0, generator.next(), 0, undefined);
  }
  const start = performance.now();
  handle(queue, generator, nodes, events);
  const nanoseconds = (performance.now() - start) * 1e6;
  return { nanoseconds, checksum: checksumOf(nodes, queue.timeUs) };
}

function handle(queue: EventQueue, generator: Generator, nodes: Int32Array, events: number): void {
  for (let i = 0; i < events; i++) {
    queue.pop();
    const nowUs = queue.timeUs;
    const delay = generator.delay();
    const target = generator.target();
    const value = generator.next();
    mutate(nodes, queue.target, queue.a, nowUs);
    queue.push(nowUs + delay, target, 0, value, 0, undefined);
  }
}
