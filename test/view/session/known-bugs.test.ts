import { expect, test } from "vitest";
import { hasFailed, knownBugsOf } from "../../../view/session/known-bugs.ts";
import { Recording } from "../../../view/session/recording.ts";
import { shipped } from "../scenarios.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";

test.each([
  ["as expected", shipped(BUG)],
  // Without the name and the expectation of the bug, only attribution finds it.
  ["that the scenario does not expect", { ...shipped(BUG), name: "mine", expect: { violates: [] } }],
])("a failure %s has the id, the ticket and the cause of its known bug", (_name, scenario) => {
  const recording = new Recording(scenario, { seed: 1n }).finish();
  expect(hasFailed(recording)).toBe(true);
  expect(knownBugsOf(recording)).toMatchObject([
    {
      id: BUG,
      ticket: "ZOOKEEPER-4643",
      cause: "A follower writes currentEpoch before the transactions of a DIFF are on disk.",
    },
  ]);
});

test("a run that holds has no known bug", () => {
  const recording = new Recording(shipped("follower-ahead-trunc"), { seed: 1n }).finish();
  expect(hasFailed(recording)).toBe(false);
  expect(knownBugsOf(recording)).toEqual([]);
});
