import fc from "fast-check";
import { expect, test } from "vitest";
import { DURATION_MAX_US, durationText, parseDurationRange } from "../../sim/duration-range.ts";
import { parseDuration } from "../../sim/time.ts";

test("a single duration is a range of one value", () => {
  expect(parseDurationRange("200ms")).toEqual({ minUs: 200_000, maxUs: 200_000 });
});

test("a range has two ends, with fractions and spaces", () => {
  expect(parseDurationRange("0.2ms..1ms")).toEqual({ minUs: 200, maxUs: 1000 });
  expect(parseDurationRange(" 1.5s .. 2m ")).toEqual({ minUs: 1_500_000, maxUs: 120_000_000 });
});

test("a range may have equal ends", () => {
  expect(parseDurationRange("1ms..1000us")).toEqual({ minUs: 1000, maxUs: 1000 });
});

for (const text of ["", "soon", "5", "1ms..", "..1ms", "1ms..later", "1ms..2ms..3ms", "2ms..1ms"]) {
  test(`"${text}" is not a range of durations`, () => {
    expect(parseDurationRange(text)).toBeUndefined();
  });
}

test("durationText writes milliseconds below one second, and seconds from then on", () => {
  expect([0, 0.5, 999, 1000, 1500, 61_234].map(durationText)).toEqual([
    "0ms",
    "0.5ms",
    "999ms",
    "1s",
    "1.5s",
    "61.234s",
  ]);
});

test("parseDuration reads back what durationText writes", () => {
  fc.assert(
    fc.property(fc.nat(DURATION_MAX_US / 1000), (ms) => {
      expect(parseDuration(durationText(ms))).toBe(ms * 1000);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("the longest duration is one day", () => {
  expect(parseDuration("24h")).toBe(DURATION_MAX_US);
});
