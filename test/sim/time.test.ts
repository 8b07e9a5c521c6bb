import { expect, test } from "vitest";
import { durationUs, formatTime, MS, parseDuration, SECOND } from "../../sim/time.ts";

test("times have six decimals, so that columns line up", () => {
  expect([0, 4_120, 1_234_567, 61 * SECOND, -5].map(formatTime)).toEqual([
    "0.000000",
    "0.004120",
    "1.234567",
    "61.000000",
    "-0.000005",
  ]);
});

test("parseDuration accepts us, ms, s, m and h, and returns undefined for any other text", () => {
  expect(["200ms", "1.5s", "2m", "30us", "1h", " 3 ms "].map(parseDuration)).toEqual([
    200 * MS,
    1_500_000,
    120 * SECOND,
    30,
    3600 * SECOND,
    3 * MS,
  ]);
  expect(["", "5", "ms", "-1s", "1.s", "1e3s", "2 days"].map(parseDuration)).toEqual(new Array(7).fill(undefined));
});

test("an infinite time is printed as a word", () => {
  expect([Number.POSITIVE_INFINITY, Number.NaN].map(formatTime)).toEqual(["Infinity", "NaN"]);
});

test("a duration that exceeds the safe integers is undefined", () => {
  expect(parseDuration("9999999999999h")).toBeUndefined();
});

test("durationUs parses a checked duration, and returns 0 for any other text", () => {
  expect(["1.5s", "soon"].map(durationUs)).toEqual([1_500_000, 0]);
});
