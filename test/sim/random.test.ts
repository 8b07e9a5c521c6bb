import fc from "fast-check";
import { expect, test } from "vitest";
import { Random, RandomStreams } from "../../sim/random.ts";

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.u32());

test("draws from one stream do not change any other stream", () => {
  const names = fc.uniqueArray(fc.tuple(fc.constantFrom("link", "node", "disk"), fc.nat(9)), {
    minLength: 2,
    maxLength: 6,
    selector: (name) => name.join("/"),
  });
  fc.assert(
    fc.property(fc.nat(), names, fc.nat(20), (seed, streamNames, extra) => {
      const quiet = new RandomStreams(seed);
      const busy = new RandomStreams(seed);
      const [first, ...others] = streamNames as [[string, number], ...[string, number][]];
      draws(busy.stream(...first), extra + 1);
      for (const name of others) expect(draws(busy.stream(...name), 5)).toEqual(draws(quiet.stream(...name), 5));
    }),
    { seed: 1, numRuns: 50 },
  );
});

test("seed and name determine the sequence of a stream, in any order of creation", () => {
  const sequence = draws(new RandomStreams(7n).stream("link", 1, 2), 8);
  const reordered = new RandomStreams(7);
  draws(reordered.stream("link", 2, 1), 3);
  expect(draws(reordered.stream("link", 1, 2), 8)).toEqual(sequence);
  expect(draws(new RandomStreams(8).stream("link", 1, 2), 8)).not.toEqual(sequence);
  expect(draws(new RandomStreams(7).stream("link", 12), 8)).not.toEqual(sequence);
});

test("the generated values never change, because they would change the run of every stored seed", () => {
  expect(draws(new RandomStreams(1).stream("link", 1, 2), 3)).toMatchInlineSnapshot(`
    [
      4261702417,
      2088597110,
      2796824000,
    ]
  `);
});

test("a draw with a certain result uses no random value", () => {
  const random = new Random("x");
  const untouched = new Random("x");
  expect([random.chance(0), random.chance(-1), random.chance(1), random.chance(2)]).toEqual([false, false, true, true]);
  expect(random.u32()).toBe(untouched.u32());
});

test("draws stay in their range and reach both ends, and an empty range is an error", () => {
  const random = new Random("ranges");
  const seen = new Set(Array.from({ length: 300 }, () => random.int(3, 6)));
  expect([...seen].sort()).toEqual([3, 4, 5, 6]);
  const exponential = Array.from({ length: 2000 }, () => random.exponential(10));
  const mean = exponential.reduce((sum, value) => sum + value, 0) / exponential.length;
  expect(mean).toBeGreaterThan(9);
  expect(mean).toBeLessThan(11);
  expect(["a", "b"]).toContain(random.pick(["a", "b"]));
  expect(() => random.below(0)).toThrow(RangeError);
  expect(() => random.int(2, 1)).toThrow(RangeError);
  expect(() => random.pick([])).toThrow(RangeError);
});

test("u01 returns fractions in [0, 1) that spread over the interval", () => {
  const random = new Random("fractions");
  const drawn = Array.from({ length: 1000 }, () => random.u01());
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...drawn)).toBeLessThan(1);
  expect(new Set(drawn.map((value) => Math.floor(value * 10))).size).toBe(10);
});

test("a stream that is requested again continues its sequence", () => {
  const expected = draws(new RandomStreams(1).stream("node", 1), 4);
  const streams = new RandomStreams(1);
  expect([...draws(streams.stream("node", 1), 2), ...draws(streams.stream("node", 1), 2)]).toEqual(expected);
});

test("reseed makes every stream continue as in a world with the other seed", () => {
  const streams = new RandomStreams(1);
  const link = streams.stream("link", 1, 2);
  link.u32();
  streams.reseed(2);
  const others = new RandomStreams(2);
  expect(link.u32()).toBe(others.stream("link", 1, 2).u32());
  expect(streams.stream("node", 1).u32()).toBe(others.stream("node", 1).u32());
});
