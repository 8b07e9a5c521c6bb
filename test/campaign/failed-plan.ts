/** Makes failing plans and findings for the tests of campaign/. */
import type { Finding } from "../../campaign/investigate.ts";
import type { FailedPlan } from "../../fuzz/block.ts";
import { loadScenario } from "../../scenarios/load.ts";

export const SIGNATURE = "agreement (leading, following)";

/** Returns a plan that fails with SIGNATURE because of the known bug bug-a. */
export function failedPlan(changes: Partial<FailedPlan> = {}): FailedPlan {
  return {
    seed: 1n,
    scenario: loadScenario("servers: 3", "plan.yaml"),
    failure: { kind: "violation", id: "agreement", role: "leading", otherRole: "following" },
    signature: SIGNATURE,
    fixedByKnownBugs: true,
    candidates: ["bug-a"],
    ...changes,
  };
}

export function finding(changes: Partial<Finding> = {}): Finding {
  return {
    signature: SIGNATURE,
    invariant: "agreement",
    seed: "1",
    known: ["bug-a"],
    steps: 1,
    servers: 3,
    shrinkRuns: 10,
    shrinkComplete: true,
    needsNoSeed: false,
    why: "because",
    yaml: "servers: 3\n",
    ...changes,
  };
}
