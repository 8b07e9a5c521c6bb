import fc from "fast-check";
import { expect, test } from "vitest";
import { Digest } from "../../sim/digest.ts";

function hexOf(mix: (digest: Digest) => void): string {
  const digest = new Digest();
  mix(digest);
  return digest.hex();
}

function ofNumbers(...values: number[]): string {
  return hexOf((digest) => {
    for (const value of values) digest.mix(value);
  });
}

test("equal numbers or texts give equal digests, and different ones give different digests", () => {
  const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true }));
  fc.assert(
    fc.property(number, number, (left, right) => {
      // The digest treats -0 and 0 as the same number.
      expect(ofNumbers(left) === ofNumbers(right)).toBe(left === right);
    }),
    { seed: 1, numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.string(), fc.string(), (left, right) => {
      const same = hexOf((digest) => digest.mixString(left)) === hexOf((digest) => digest.mixString(right));
      expect(same).toBe(left === right);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("the digest depends on bits beyond the 32nd, on fractions and on the order of mixing", () => {
  const digests = [[1], [1 + 2 ** 32], [1 + 2 ** 33], [1.5], [-1], [2 ** 32 - 1], [1, 2], [2, 1], [0, 1, 2], [1e300]];
  expect(new Set(digests.map((values) => ofNumbers(...values))).size).toBe(digests.length);
  expect(ofNumbers(Number.NaN)).toBe(ofNumbers(Number.NaN));
});

test("20000 small integers have no collision, and neighbors differ in about half of the bits", () => {
  const seen = new Set<string>();
  let differing = 0;
  for (let value = 0; value < 20_000; value++) {
    const hex = ofNumbers(value);
    seen.add(hex);
    let bits = BigInt(`0x${hex}`) ^ BigInt(`0x${ofNumbers(value + 1)}`);
    for (; bits > 0n; bits &= bits - 1n) differing++;
  }
  expect(seen.size).toBe(20_000);
  expect(differing / 20_000).toBeGreaterThan(30);
  expect(differing / 20_000).toBeLessThan(34);
});

test("a reset digest equals a new one, and has 16 digits", () => {
  const digest = new Digest();
  const empty = digest.hex();
  digest.mix(7);
  expect(digest.hex()).not.toBe(empty);
  digest.reset();
  expect(digest.hex()).toBe(empty);
  expect(empty).toMatch(/^[0-9a-f]{16}$/);
});
