/**
 * The known bugs that explain the failure of a run of one scenario.
 */
import { behaviorOf } from "../protocol/releases.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { bugOfScenario } from "./about-bugs.ts";
import { attributedBugs } from "./attribution.ts";
import { failureOf } from "./shrink/failure.ts";

/** The seed of a run for which neither the scenario nor the user gives a seed. */
const DEFAULT_SEED = 1n;

/**
 * Returns the ids of the known bugs that explain the failure of the run. If the scenario is one of scenarios/bugs/, the
 * run met its expectations, and the release has the bug, returns the id of that bug. Every other failure is attributed,
 * which takes additional runs. Returns an empty list if the run did not fail, or if no known bug explains the failure.
 */
export function bugsOfRun(run: ScenarioRun): string[] {
  const { ok, scenario, seed } = run;
  const own = bugOfScenario(scenario.name);
  if (ok && own?.isIn(behaviorOf(scenario.zookeeper))) return [own.id];
  const failure = failureOf(run);
  if (failure === undefined) return [];
  // If the scenario has no seed, attribution runs it with several seeds, as in a campaign.
  const isSeedless = scenario.seed === undefined && BigInt(seed) === DEFAULT_SEED;
  return attributedBugs(isSeedless ? scenario : { ...scenario, seed: String(seed) }, failure);
}
