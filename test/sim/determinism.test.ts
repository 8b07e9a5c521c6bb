import { expect, test } from "vitest";
import { type CheckedRun, checkDeterminism } from "../../sim/determinism.ts";
import { type Probe, testBed } from "./probe.ts";

/**
 * Runs 2 nodes that answer each other. The function `leak` makes each message, possibly from a nondeterministic source.
 */
function run(leak: (count: number) => string): CheckedRun {
  const { world, probes } = testBed(2);
  for (const node of world.nodes) {
    let count = 0;
    (probes[node.id] as Probe).react = (line) => {
      if (line.startsWith("closed")) return;
      if (++count < 50) node.datagram(3 - node.id, 1, leak(count));
    };
  }
  world.node(1).datagram(2, 1, "start");
  return {
    step: () => world.step(),
    digest: () => world.digestHex(),
    describe: () => world.describe(),
    nowUs: () => world.nowUs,
  };
}

test("two runs of deterministic nodes agree event by event", () => {
  const result = checkDeterminism(() => run((count) => `m${count}`));
  expect(result).toMatchObject({ same: true, events: 99 });
});

test("the check finds the event in which a program uses Math.random", () => {
  const result = checkDeterminism(() => run((count) => (count === 10 ? `m${Math.random()}` : `m${count}`)));
  if (result.same) throw new Error("the canary was not caught");
  // Node 2 sends its 10th message while handling event 18; event 19 delivers it, with a different payload in each run.
  expect([result.event, result.timeUs]).toEqual([19, 2000]);
  expect(result.first).toMatch(/^event 20 at 0\.002000: datagram 1 at node 1 from node 2, payload [0-9a-f]{8}/);
  expect(result.second).not.toBe(result.first);
});

test("the check finds state that the first run leaves for the second", () => {
  let shared = 0;
  const result = checkDeterminism(() => run(() => `m${shared++}`));
  expect(result.same).toBe(false);
});

test("if the first run ends first, the report describes the event that only the second run has", () => {
  let runs = 0;
  const makeRun = () => {
    const length = ++runs === 1 ? 3 : 5;
    let steps = 0;
    return {
      step: () => ++steps <= length,
      digest: () => String(steps),
      describe: () => `step ${steps}`,
    };
  };
  expect(checkDeterminism(makeRun)).toEqual({
    same: false,
    event: 3,
    first: "over: no further event",
    second: "step 4",
  });
});

test("the check ends after the given number of events", () => {
  expect(checkDeterminism(() => run((count) => `m${count}`), 10)).toMatchObject({ same: true, events: 10 });
});

/** A run of `length` steps in which the digest depends only on the number of the step. */
function countingRun(length: number, digestOf: (step: number) => string): CheckedRun {
  let steps = 0;
  return {
    step: () => ++steps <= length,
    digest: () => digestOf(steps),
    describe: () => `step ${steps}`,
  };
}

test("two runs that differ before their first event are reported as such", () => {
  let runs = 0;
  const makeRun = () => {
    const run = ++runs;
    return countingRun(3, () => `run ${run}`);
  };
  expect(checkDeterminism(makeRun)).toEqual({
    same: false,
    event: 0,
    first: "before the first event: step 0",
    second: "before the first event: step 0",
  });
});

test("if the second run ends first, the report describes the event that only the first run has", () => {
  let runs = 0;
  const makeRun = () => countingRun(++runs === 1 ? 5 : 3, String);
  expect(checkDeterminism(makeRun)).toEqual({
    same: false,
    event: 3,
    first: "step 4",
    second: "over: no further event",
  });
});
