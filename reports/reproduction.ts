/**
 * Determines whether a run that met its expectations shows correct behavior or reproduces a bug.
 */
import type { Scenario } from "../scenarios/scenario.ts";

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
