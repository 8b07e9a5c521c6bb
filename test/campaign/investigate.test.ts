/** Tests how a failing plan becomes a finding. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { explanationOf, investigate } from "../../campaign/investigate.ts";
import { failureOf, runFor, signatureOf } from "../../fuzz/shrink/failure.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import { failedPlan } from "./failed-plan.ts";

const BUG = "open-snapshot-survives-trunc";
const text = readFileSync(new URL(`../../scenarios/bugs/${BUG}.yaml`, import.meta.url), "utf8");
const scenario = loadScenario(text, `${BUG}.yaml`);
const failure = failureOf(runScenario(scenario, { seed: 1n }));
if (failure === undefined) throw new Error(`${BUG} does not fail`);

describe("the finding of a failing plan", () => {
  const plan = failedPlan({ scenario: { ...scenario, seed: "1" }, failure, signature: signatureOf(failure) });
  const found = investigate(plan, 30);
  const small = loadScenario(found.yaml, "small.yaml");

  it("names the failure, its seed and the known bug that explains it", () => {
    expect(found).toMatchObject({
      signature: signatureOf(failure),
      invariant: failure.kind === "violation" ? failure.id : "liveness",
      seed: "1",
      known: [BUG],
    });
  });

  it("has a scenario file that fails in the same way, with the steps and servers that it counts", () => {
    expect(runFor(small, failure, BigInt(small.seed ?? 1))).toBeDefined();
    expect(small.steps).toHaveLength(found.steps);
    expect(Object.keys(small.servers)).toHaveLength(found.servers);
    expect(found.yaml).toContain(`${found.signature}, found with seed 1.`);
  });

  it("respects the limit of runs", () => {
    expect(found.shrinkRuns).toBeGreaterThan(0);
    expect(found.shrinkRuns).toBeLessThanOrEqual(30 + 1);
  });

  it("explains the scenario of its file", () => {
    expect(found.why).toBe(explanationOf(small));
    expect(found.why).not.toBe("");
  });
});

it("a plan that no longer fails is kept as it is", () => {
  const plan = failedPlan();
  const found = investigate(plan, 10);
  expect(found).toMatchObject({ shrinkRuns: 0, shrinkComplete: false, needsNoSeed: false, servers: 3, steps: 0 });
  expect(loadScenario(found.yaml, "kept.yaml").servers).toEqual(plan.scenario.servers);
});
