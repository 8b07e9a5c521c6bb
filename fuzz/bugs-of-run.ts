/**
 * The known bugs that explain the failure of a run of one scenario.
 */
import { behaviorOf } from "../protocol/releases.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { bugOfScenario } from "./about-bugs.ts";
import { attributedBugs } from "./attribution.ts";
import { failureOf } from "./shrink/failure.ts";

/**
 * Returns the ids of the bugs. The scenario of a bug names its bug, if the run met the expectations and the release has
 * the bug. Any other failure is attributed, which takes some runs. Empty if the run did not fail, or if the failure is
 * new.
 */
export function bugsOfRun(run: ScenarioRun): string[] {
  const { ok, scenario, seed } = run;
  const own = bugOfScenario(scenario.name);
  if (ok && own?.isIn(behaviorOf(scenario.zookeeper))) return [own.id];
  const failure = failureOf(run);
  return failure === undefined ? [] : attributedBugs({ ...scenario, seed: String(seed) }, failure);
}
