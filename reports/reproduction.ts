/**
 * The verdict on one run. It distinguishes correct behavior from an expected bug, and an unexpected failure from a bug
 * that is expected but does not occur.
 */
import type { Scenario } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { isStuck } from "./stuck.ts";

/** Matches the names of the scenarios that ship with zabsim and reproduce bugs. */
const BUG_NAME = /^(zookeeper-\d+|open)-/;

/**
 * Returns whether a scenario reproduces a bug. Such a scenario expects a violated invariant or stuck servers. If it has
 * the name of a bug scenario, it may expect a failing server instead. A scenario that alters packets never reproduces a
 * bug, because it sends wrong packets on purpose.
 */
export function isReproduction({ expect, name, steps }: Scenario): boolean {
  if (steps.some((step) => "alter" in step && step.alter !== undefined)) return false;
  if (expect.violates.length > 0 || expect.stuck !== undefined) return true;
  return BUG_NAME.test(name) && (expect.failures ?? []).length > 0;
}

/**
 * `not reproduced` means that the scenario expects a violation, stuck servers or the failure of a bug, and that the run
 * shows none of them. It counts as a failure, like `failed`, because the run did not meet its expectations.
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
