/** Values drawn from a source of randomness. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Draw } from "../../fuzz/random-values.ts";
import { parseDuration } from "../../sim/time.ts";

/** Checks a property of a Draw for many sources. */
function forEachDraw(check: (draw: Draw) => void): void {
  const draws = fc.noShrink(fc.infiniteStream(fc.nat(0x7fff_ffff))).map((stream) => {
    const nextInt = (min: number, max: number): number => min + ((stream.next().value as number) % (max - min + 1));
    return new Draw({ nextInt } as unknown as ConstructorParameters<typeof Draw>[0]);
  });
  fc.assert(fc.property(draws, check), { numRuns: 300, seed: 1 });
}

describe("a Draw", () => {
  it("draws integers between both ends, which are included", () => {
    const drawn = new Set<number>();
    forEachDraw((draw) => {
      drawn.add(draw.int(3, 5));
      expect(draw.int(4, 4)).toBe(4);
    });
    expect([...drawn].toSorted()).toEqual([3, 4, 5]);
  });

  it("is never lucky with probability 0, and always with probability 1", () => {
    forEachDraw((draw) => {
      expect(draw.chance(0)).toBe(false);
      expect(draw.chance(1)).toBe(true);
    });
  });

  it("never draws a key of weight 0, and draws every other key", () => {
    const drawn = new Set<string>();
    forEachDraw((draw) => void drawn.add(draw.weighted({ never: 0, rare: 1, often: 5 })));
    expect([...drawn].toSorted()).toEqual(["often", "rare"]);
  });

  it("draws some different items, at most all of them", () => {
    forEachDraw((draw) => {
      const some = draw.some([1, 2, 3, 4], 3);
      expect(new Set(some).size).toBe(3);
      expect(draw.some([1, 2], 5).toSorted()).toEqual([1, 2]);
    });
  });

  it("splits items into two sides that are not empty", () => {
    forEachDraw((draw) => {
      const [one, other] = draw.split([1, 2, 3]);
      expect(one.length).toBeGreaterThan(0);
      expect(other.length).toBeGreaterThan(0);
      expect([...one, ...other].toSorted()).toEqual([1, 2, 3]);
    });
  });

  it("draws durations within their limits", () => {
    forEachDraw((draw) => {
      const us = parseDuration(draw.duration(10, 5000)) ?? 0;
      expect(us).toBeGreaterThanOrEqual(10_000);
      expect(us).toBeLessThanOrEqual(5_000_000);
    });
  });
});
