/**
 * Draws for generators, from fast-check's source of randomness: whoever replays the source gets the same values.
 */
import type { Random as Source } from "fast-check";
import { durationText } from "../sim/duration-range.ts";

export class Draw {
  private readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }

  /** Uniform, both ends included. */
  int(min: number, max: number): number {
    return min >= max ? min : this.source.nextInt(min, max);
  }

  chance(probability: number): boolean {
    return this.source.nextInt(0, 999_999) < probability * 1_000_000;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.int(0, items.length - 1)] as Item;
  }

  /** One of the keys, each as often as its weight says. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const keys = Object.keys(weights) as Key[];
    let rest = this.int(0, keys.reduce((sum, key) => sum + weights[key], 0) - 1);
    for (const key of keys) {
      rest -= weights[key];
      if (rest < 0) return key;
    }
    return keys[0] as Key;
  }

  /** This many of the items, in an order of their own. */
  some<Item>(items: readonly Item[], count: number): Item[] {
    const rest = [...items];
    const chosen: Item[] = [];
    while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(this.int(0, rest.length - 1), 1));
    return chosen;
  }

  /** Two sides, neither empty when there are two items or more. */
  split<Item>(items: readonly Item[]): [Item[], Item[]] {
    const shuffled = this.some(items, items.length);
    const cut = this.int(1, Math.max(1, items.length - 1));
    return [shuffled.slice(0, cut), shuffled.slice(cut)];
  }

  /** Milliseconds: short times come as often as long ones of the same number of digits. */
  spanMs(min: number, max: number): number {
    const low = Math.log(min);
    return Math.round(Math.exp(low + ((Math.log(max) - low) * this.int(0, 1000)) / 1000));
  }

  duration(minMs: number, maxMs: number): string {
    return durationText(this.spanMs(minMs, maxMs));
  }
}
