/**
 * The verdict on one run. It distinguishes correct behavior from the reproduction of a bug, and a failure from a bug
 * that the release does not have.
 */
import type { Scenario } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { isStuck } from "./stuck.ts";

/** Matches the names of those scenarios of zabsim that reproduce bugs. */
const BUG_NAME = /^(zookeeper-\d+|open)-/;

/**
 * Returns whether a scenario reproduces a bug. Such a scenario expects that an invariant is violated, that servers stay
 * stuck or, if its name is the name of a bug scenario, that a server fails. A scenario that alters packets never
 * reproduces a bug, because it sends wrong packets on purpose.
 */
export function isReproduction({ expect, name, steps }: Scenario): boolean {
  if (steps.some((step) => "alter" in step && step.alter !== undefined)) return false;
  if (expect.violates.length > 0 || expect.stuck !== undefined) return true;
  return BUG_NAME.test(name) && (expect.failures ?? []).length > 0;
}

/**
 * `not reproduced`: the scenario expects a violation, stuck servers or the failure of a bug, which did not occur. Like
 * `failed`, it counts as a failure, because the run did not meet its expectations.
 */
export type RunVerdict = "ok" | "reproduced" | "failed" | "not reproduced";

export function runVerdict(run: ScenarioRun): RunVerdict {
  if (!isReproduction(run.scenario)) return run.ok ? "ok" : "failed";
  if (run.ok) return "reproduced";
  return isNotReproduced(run) ? "not reproduced" : "failed";
}

function isNotReproduced(run: ScenarioRun): boolean {
  const { isTooLarge, liveness, records, scenario, violations } = run;
  if (isTooLarge || violations.length > 0 || isStuck(run)) return false;
  const { failures = [], stuck, violates } = scenario.expect;
  if (violates.length > 0) return true;
  if (stuck !== undefined) return liveness !== undefined;
  return failures.some(
    ({ reason, server }) =>
      !records.some((one) => one.event === "failed" && one.server === server && one.reason === reason),
  );
}
