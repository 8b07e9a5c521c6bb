import { expect, test } from "vitest";
import { continuationViolates, momentsOf } from "../../../view/session/odds.ts";
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
