import { expect, test } from "vitest";
import { differenceAt, sameEvent } from "../../../view/page/counterpart.ts";
import { tourOf } from "../../../view/page/tour-steps.ts";
import { Recording } from "../../../view/session/recording.ts";
import { firstDifference } from "../../../view/session/session.ts";
import { litEvents, whyChains } from "../../../view/session/why-chain.ts";
import { chaosPlan, shipped } from "../scenarios.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";
const bug = new Recording(shipped(BUG), { seed: 1n }).finish();

test("the tour of a bug ends at its violation, with the explanation", () => {
  const steps = tourOf(bug);
  expect(steps).toHaveLength(5);
  expect(steps[4]).toMatchObject({ event: bug.eventOfViolation(0), panel: "why" });
  expect(steps[4]?.text).toContain("An invariant is violated: server 2 truncates 1:4, which is committed.");
});

test("the tour of a run in which every invariant holds ends with What if", () => {
  const steps = tourOf(new Recording(shipped("cold-start-of-three-epoch-1"), { seed: 1n }).finish());
  expect(steps.at(-1)?.panel).toBe("whatif");
});

test("any run has a tour", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const recording = new Recording(chaosPlan(seed), { seed: BigInt(seed) }).finish();
    for (const { event } of tourOf(recording)) expect(event).toBeLessThanOrEqual(recording.length);
  }
});

test("each sentence of an explanation with a time leads to an event of this time", () => {
  const [chain] = whyChains(bug);
  expect(chain?.title).toContain("trunc-keeps-committed");
  for (const { atUs, event } of chain?.sentences ?? []) {
    if (atUs !== undefined) expect(bug.event(event as number).timeUs).toBe(atUs);
  }
  expect(litEvents(bug)).toContain(bug.eventOfViolation(0));
});

test("an event of two releases is the same if it has the same title and as many such events before it", () => {
  const [a, b] = ["3.9.1", "3.9.4"].map((zookeeper) =>
    new Recording({ ...shipped(BUG), zookeeper }, { seed: 1n }).finish(),
  ) as [Recording, Recording];
  const differsAt = firstDifference(a, b) as number;
  const decision = a.eventOfRecord(a.records.findLastIndex(({ event }) => event === "sync-decided"));
  const same = sameEvent(a, b, decision, differsAt);
  expect(b.recordsOf(same).map(({ event }) => event)).toContain("sync-decided");
});

test("the difference of two runs names what only one of them does, or the rows of the servers that differ", () => {
  const [a, b] = ["3.9.1", "3.9.4"].map((zookeeper) =>
    new Recording({ ...shipped(BUG), zookeeper }, { seed: 1n }).finish(),
  ) as [Recording, Recording];
  const differsAt = firstDifference(a, b) as number;
  expect(differenceAt(a, b, differsAt, ["3.9.1", "3.9.4"]).join("\n")).toContain(
    "3.9.4: 1 logs 1:4 (from before the run); 1 delivers 1:4 (from before the run)",
  );
  expect(differenceAt(a, b, Math.max(a.length, b.length) + 1, ["3.9.1", "3.9.4"]).join("\n")).toBe("");
  const earlier = differsAt - 1;
  expect(differenceAt(a, b, earlier, ["3.9.1", "3.9.4"])).toEqual([]);
  const other = new Recording(shipped("cold-start-of-three-epoch-1"), { seed: 2n }).finish();
  const first = new Recording(shipped("cold-start-of-three-epoch-1"), { seed: 1n }).finish();
  expect(differenceAt(first, other, firstDifference(first, other) as number, ["1", "2"])).not.toEqual([]);
});
