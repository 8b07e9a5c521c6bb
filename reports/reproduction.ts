/** The verdict on a run that met its expectations: the scenario holds, or it reproduces a bug. */
import type { Scenario } from "../scenarios/scenario.ts";

/** The names of the shipped scenarios that show bugs. */
const BUG_NAME = /^(zookeeper-\d+|open)-/;

/**
 * Returns whether a scenario shows a bug: it expects that an invariant is violated, that servers stay stuck, or, if its
 * name says that it shows a bug, that a server fails. A scenario that alters packets shows no bug: it sends the wrong
 * packets on purpose.
 */
export function isReproduction({ expect, name, steps }: Scenario): boolean {
  if (steps.some((step) => "alter" in step && step.alter !== undefined)) return false;
  if (expect.violates.length > 0 || expect.stuck !== undefined) return true;
  return BUG_NAME.test(name) && (expect.failures ?? []).length > 0;
}
