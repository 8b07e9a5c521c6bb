/** The sequences of faults around a reconfiguration: each reaches bugs that need several faults at one time. */
import { describe, expect, it } from "vitest";
import { CHANGE_SEQUENCES, type FaultName } from "../../fuzz/fault-kinds.ts";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { runPlan } from "../../fuzz/run-plan.ts";
import { failureOf } from "../../fuzz/shrink/failure.ts";
import type { Fix } from "../../protocol/index.ts";
import { runScenario } from "../../scenarios/run.ts";

const PATCHED = "patched";

/** Whether the plan of a seed fails if the servers have all fixes except one. */
function failsWithout(fix: Fix, kind: FaultName, seed: bigint): boolean {
  const { scenario } = planOfSeed(seed, { zookeeper: PATCHED, faults: [kind] });
  const run = runScenario(scenario, { seed, digest: false, change: (behavior) => ({ ...behavior, [fix]: false }) });
  return failureOf(run) !== undefined;
}

describe.each<[FaultName, Fix, bigint]>([
  ["config-outage", "pendingVotersShareRound", 89n],
  ["config-outage", "pendingVotersTakeOldVotes", 23n],
  ["config-pair", "futureObserversAreNotSynced", 66n],
  ["config-pair", "activatesQueuedConfig", 25n],
  ["config-ports", "pendingAddressIsDialed", 9n],
  ["config-restarts", "startKeepsNextConfig", 5n],
  ["config-dns", "comparesResolvedAddresses", 7n],
])("%s", (kind, fix, seed) => {
  it(`reaches the bug that ${fix} fixes, with seed ${seed}`, () => {
    expect(runPlan(planOfSeed(seed, { zookeeper: PATCHED, faults: [kind] }), undefined).failure).toBeUndefined();
    expect(failsWithout(fix, kind, seed)).toBe(true);
  });
});

it("a twentieth of the plans have sequences, and these plans have no other faults", () => {
  const plans = Array.from({ length: 1000 }, (_, i) => planOfSeed(BigInt(i + 1), { zookeeper: "3.9.5" }));
  const isSequence = (kind: string): boolean => CHANGE_SEQUENCES.some((name) => name === kind);
  const withSequences = plans.filter(({ kinds }) => kinds.some(isSequence));
  expect(withSequences.length).toBeGreaterThan(30);
  expect(withSequences.length).toBeLessThan(70);
  const others = withSequences.flatMap(({ kinds }) => kinds).filter((kind) => !isSequence(kind));
  expect([...new Set(others)].sort()).toEqual(["join", "settle", "write"]);
});
