import { describe, expect, test } from "vitest";
import {
  continuationViolates,
  errorPoints,
  inevitableFrom,
  momentsOf,
  type Odds,
  oddsSentence,
  refinement,
} from "../../../view/session/odds.ts";
import { Recording } from "../../../view/session/recording.ts";
import { shipped } from "../scenarios.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";

test("after a violation, every continuation has it", () => {
  const recording = new Recording(shipped(BUG), { seed: 1n }).finish();
  const event = recording.eventOfViolation(0);
  expect([1, 2, 3].map((seed) => continuationViolates(recording, event, seed))).toEqual([true, true, true]);
});

test("in a run in which every invariant holds, a continuation violates none", () => {
  const recording = new Recording(shipped("follower-ahead-trunc"), { seed: 1n }).finish();
  expect(continuationViolates(recording, 10, 1)).toBe(false);
});

test("the moments divide the run up to its violation", () => {
  const recording = new Recording(shipped(BUG), { seed: 1n }).finish();
  const all = Int32Array.from({ length: recording.length + 1 }, (_, i) => i);
  const end = recording.eventOfViolation(0);
  expect(momentsOf(recording, all, 3)).toEqual([1, Math.round((end + 1) / 2), end]);
  expect(momentsOf(recording, Int32Array.from([0, 5]), 3)).toEqual([5]);
});

describe("the refinement", () => {
  const shown = Int32Array.from({ length: 101 }, (_, event) => event);
  const odds = (event: number, violated: number): Odds => ({ event, runs: 24, violated });

  test("goes on until the event from which the violation is inevitable has a neighbor with smaller odds", () => {
    let points = [0, 25, 50, 75, 100].map((event) => odds(event, event < 37 ? 2 : 24));
    expect(inevitableFrom(points, shown)).toBeUndefined();
    for (let event = refinement(points, shown); event !== undefined; event = refinement(points, shown)) {
      points = [...points, odds(event, event < 37 ? 2 : 24)].sort((a, b) => a.event - b.event);
    }
    expect(inevitableFrom(points, shown)).toBe(37);
    expect(points.length).toBeLessThan(12);
  });

  test("ends if the odds are the same everywhere, and then nothing becomes inevitable", () => {
    const points = [0, 50, 100].map((event) => odds(event, 0));
    expect(refinement(points, shown)).toBeUndefined();
    expect(inevitableFrom(points, shown)).toBeUndefined();
  });
});

test("the error is smaller with more samples, and is not 0 at 100 %", () => {
  expect(errorPoints({ event: 0, runs: 24, violated: 12 })).toBe(19);
  expect(errorPoints({ event: 0, runs: 24, violated: 24 })).toBe(7);
});

describe("one sentence says what the odds are", () => {
  const shown = Int32Array.from([0, 1, 2, 3]);
  const odds = (...violated: number[]): Odds[] => violated.map((count, event) => ({ event, runs: 4, violated: count }));
  const sentence = (points: readonly Odds[], isExpected = true): string => oddsSentence(points, shown, isExpected);

  test.each([
    [odds(0, 1, 4, 4), "From event 2 on, the violation is inevitable: it follows every time."],
    [odds(0, 0, 0), "The violation follows in none of the continuations."],
    [odds(1, 1, 1), "From every moment on, the violation follows in 25 % of the continuations."],
    [odds(1), "From event 0 on, the violation follows in 25 % of the continuations."],
    [odds(0, 3, 2), "The odds of the violation rise most between event 0 (0 %) and event 1 (75 %)."],
  ])("case %#", (points, expected) => {
    expect(sentence(points)).toBe(expected);
  });

  test("about a run that violates nothing", () => {
    expect(sentence(odds(0), false)).toBe("A violation follows in none of the continuations.");
  });
});
