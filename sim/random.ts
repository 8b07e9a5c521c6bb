/**
 * Seeded randomness in named streams.
 *
 * A stream is derived from (seed, name) alone. An additional draw from one stream therefore changes no other stream,
 * and two worlds with the same seed have equal streams. The generator is seedrandom's alea: fast, and good enough for
 * faults and latencies, but not for secrets. Streams are created at their first use.
 */

import alea from "seedrandom/lib/alea.js";
import { ln } from "./exact-math.ts";

/** One stream of seeded random numbers. */
export class Random {
  private next: () => number;

  constructor(seed: string) {
    this.next = alea(seed);
  }

  /** Makes this stream continue as a new stream with another seed. */
  reseed(seed: string): void {
    this.next = alea(seed);
  }

  /** Returns a number, uniform in [0, 1) with 32 bits. */
  u01(): number {
    return this.next();
  }

  /** Returns an integer, uniform in 0 .. 2^32 - 1. */
  u32(): number {
    return Math.floor(this.next() * 0x1_0000_0000);
  }

  /** Returns an integer, uniform in 0 .. bound - 1. */
  below(bound: number): number {
    if (!(bound >= 1)) throw new RangeError(`below(${bound}): the bound must be at least 1`);
    return Math.floor(this.next() * bound);
  }

  /** Returns an integer, uniform in min .. maxInclusive. */
  int(min: number, maxInclusive: number): number {
    if (!(maxInclusive >= min)) throw new RangeError(`int(${min}, ${maxInclusive}): the range is empty`);
    return min + Math.floor(this.next() * (maxInclusive - min + 1));
  }

  /** Returns true with this probability. Draws nothing if the result is certain (p <= 0 or p >= 1). */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    if (probability >= 1) return true;
    return this.next() < probability;
  }

  /** Returns a number with an exponential distribution and this mean. */
  exponential(mean: number): number {
    return -ln(1 - this.next()) * mean;
  }

  /** Returns one of the items, each with the same probability. Throws a RangeError for an empty list. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("pick: the array is empty");
    return items[this.below(items.length)] as T;
  }
}

/** The random streams of one seed, by name. */
export class RandomStreams {
  /** The seed, as text. */
  seed: string;
  private readonly streams = new Map<string, Random>();

  constructor(seed: bigint | number | string) {
    this.seed = String(seed);
  }

  /**
   * Makes every stream, and every stream that is created later, continue with another seed. A debugger uses it to see
   * how often something follows from a moment of a run.
   */
  reseed(seed: bigint | number | string): void {
    this.seed = String(seed);
    for (const [key, random] of this.streams) random.reseed(`${this.seed}:${key}`);
  }

  /** Returns the stream with this name. A name is a list, for example ("link", 1, 2). */
  stream(...name: (string | number)[]): Random {
    const key = name.join("/");
    let random = this.streams.get(key);
    if (random === undefined) {
      random = new Random(`${this.seed}:${key}`);
      this.streams.set(key, random);
    }
    return random;
  }
}
