import { expect, test } from "vitest";
import { firstConsequence } from "../../../view/session/consequence.ts";
import { Recording } from "../../../view/session/recording.ts";
import { Session } from "../../../view/session/session.ts";
import { shipped } from "../scenarios.ts";

/** Returns the texts of the first consequence of a run without the step with this index. */
function withoutStep(recording: Recording, index: number): readonly (string | undefined)[] | undefined {
  const session = new Session(recording);
  while (!session.stepsHere.includes(index)) session.next();
  const branch = session.skipStep(index);
  const differsAt = branch.firstDifference as number;
  return firstConsequence(recording, branch.recording, differsAt)?.map((one) => one?.text);
}

test("the consequence of a step that is left out is what happens after it, not the step", () => {
  const recording = new Recording(shipped("zookeeper-4643-current-epoch-before-diff-is-logged"), { seed: 1n });
  // Step 1 holds LEADERINFO to server 2.
  expect(withoutStep(recording, 0)).toEqual([
    "LEADERINFO 2:0 from 3 arrives at 1",
    "LEADERINFO 2:0 from 3 arrives at 2",
  ]);
});

test("equal runs have no consequence", () => {
  const [a, b] = [1n, 1n].map((seed) => new Recording(shipped("follower-ahead-trunc"), { seed }).finish());
  expect(firstConsequence(a as Recording, b as Recording, 1)).toBeUndefined();
});
