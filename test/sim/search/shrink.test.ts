/** Tests the shrinker with lists of numbers. */
import { describe, expect, it } from "vitest";
import { type Pass, shrink, shrinkStepwise, simplerItems, simplerWhole, withoutItems } from "../../../sim/index.ts";

type List = readonly number[];
const fewer: Pass<List> = withoutItems<List, number>(
  (list) => list,
  (_list, items) => items,
);
const smaller: Pass<List> = simplerItems<List, number>(
  (list) => list,
  (_list, items) => items,
  (item) => (item > 0 ? [0, item >> 1, item - 1] : []),
);
const passes = [fewer, smaller];
/** The failure to shrink: a list fails if it has a number of at least 7 before a number of at least 3. */
const fails = (list: List): boolean => list.some((one, i) => one >= 7 && list.slice(i + 1).some((other) => other >= 3));
const start = Array.from({ length: 200 }, (_, i) => (i * 37) % 101);

describe("shrink", () => {
  it("finds the smallest list of the smallest numbers", () => {
    const { complete, value } = shrink(start, { passes, fails, maxRuns: 100_000 });
    expect(value).toEqual([7, 3]);
    expect(complete).toBe(true);
  });

  it("needs fewer runs than there are items if few items matter", () => {
    expect(shrink(start, { passes: [fewer], fails, maxRuns: 100_000 }).runs).toBeLessThan(start.length);
  });

  it("stops at its budget with a smaller value that still fails", () => {
    const { complete, runs, value } = shrink(start, { passes, fails, maxRuns: 10 });
    expect(complete).toBe(false);
    expect(runs).toBe(10);
    expect(fails(value)).toBe(true);
    expect(value.length).toBeLessThan(start.length);
  });

  it("finds the same value if it is interrupted and continued", () => {
    for (let maxRuns = 1; maxRuns < 60; maxRuns += 7) {
      let value: List = start;
      let complete = false;
      while (!complete) ({ complete, value } = shrink(value, { passes, fails, maxRuns: maxRuns + 60 }));
      expect(value).toEqual([7, 3]);
    }
  });

  it("stops when `stop` returns true", () => {
    const { complete, kept } = shrink(start, { passes, fails, maxRuns: 1000, stop: (progress) => progress.kept === 2 });
    expect([complete, kept]).toEqual([false, 2]);
  });

  it("yields after each run", () => {
    const runs = [...shrinkStepwise(start, { passes, fails, maxRuns: 25 })].map((progress) => progress.runs);
    expect(runs).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  });

  it("simplifies a value that is not a list", () => {
    const halved = simplerWhole<number>((value) => (value > 0 ? [value >> 1, value - 1] : []));
    const shrunk = shrink(1000, { passes: [halved], fails: (value) => value >= 37, maxRuns: 1000 });
    expect([shrunk.value, shrunk.complete]).toEqual([37, true]);
  });
});
