/**
 * Draws values for generators from fast-check's source of randomness. The same source gives the same values.
 */
import type { Random as Source } from "fast-check";
import { durationText } from "../sim/duration-range.ts";
import { exp, ln } from "../sim/exact-math.ts";

export class Draw {
  private readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }

  /** Draws an integer from `min` to `max`, both included, each with the same probability. */
  int(min: number, max: number): number {
    return min >= max ? min : this.source.nextInt(min, max);
  }

  /** Returns true with this probability. */
  chance(probability: number): boolean {
    return this.source.nextInt(0, 999_999) < probability * 1_000_000;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.int(0, items.length - 1)] as Item;
  }

  /** Draws a key with a probability proportional to its weight. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const keys = Object.keys(weights) as Key[];
    let rest = this.int(0, keys.reduce((sum, key) => sum + weights[key], 0) - 1);
    for (const key of keys) {
      rest -= weights[key];
      if (rest < 0) return key;
    }
    return keys[0] as Key;
  }

  /** Draws `count` of the items, in random order. */
  some<Item>(items: readonly Item[], count: number): Item[] {
    const rest = [...items];
    const chosen: Item[] = [];
    while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(this.int(0, rest.length - 1), 1));
    return chosen;
  }

  /** Splits the items into two sides. With two items or more, neither side is empty. */
  split<Item>(items: readonly Item[]): [Item[], Item[]] {
    const shuffled = this.some(items, items.length);
    const cut = this.int(1, Math.max(1, items.length - 1));
    return [shuffled.slice(0, cut), shuffled.slice(cut)];
  }

  /** Draws a duration in milliseconds, uniformly on a logarithmic scale. */
  spanMs(min: number, max: number): number {
    const low = ln(min);
    return Math.round(exp(low + ((ln(max) - low) * this.int(0, 1000)) / 1000));
  }

  duration(minMs: number, maxMs: number): string {
    return durationText(this.spanMs(minMs, maxMs));
  }
}
