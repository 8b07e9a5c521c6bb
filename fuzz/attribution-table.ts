/**
 * The evidence for the attribution of kept scenarios: for each scenario, its failure and the known bugs that explain
 * it.
 */
import { asServerId } from "../protocol/index.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { attributionEvidence, type BugEvidence } from "./attribution.ts";
import { expectingStuck, failureOf, STUCK_SOON, signatureOf } from "./shrink/failure.ts";

/** One kept scenario with its failure. */
export interface AttributionRow {
  readonly scenario: string;
  readonly failure: string;
  /** The bugs to which the failure is attributed. Empty if no known bug explains it. */
  readonly bugs: readonly BugEvidence[];
}

/**
 * Returns the row of a scenario that shows a bug. If the scenario violates no invariant and does not measure liveness,
 * its servers are settled after its last step, and the failure is that they are stuck.
 */
export function attributionRow(scenario: Scenario): AttributionRow {
  const { expect } = scenario;
  const measured = expect.violates.length > 0 || expect.stuck !== undefined ? scenario : settledAtEnd(scenario);
  const failure = failureOf(runScenario(measured, { seed: BigInt(scenario.seed ?? 1), digest: false }));
  if (failure === undefined) throw new Error(`${scenario.name}: the scenario does not fail`);
  return {
    scenario: scenario.name,
    failure: signatureOf(failure),
    bugs: attributionEvidence(measured, failure),
  };
}

/** Returns the scenario with a last step that settles all servers, and the expectation that they are stuck. */
export function settledAtEnd(scenario: Scenario): Scenario {
  const settle = Object.keys(scenario.servers).map((id) => asServerId(Number(id)));
  return expectingStuck({ ...scenario, steps: [...scenario.steps, { after: "1s", settle }] }, STUCK_SOON);
}
