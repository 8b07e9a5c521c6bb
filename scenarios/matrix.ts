/**
 * Known bugs against releases: in which the scenario of a bug shows it, and in which it should.
 */
import type { KnownBug } from "./known-bugs.ts";
import { behaviourOf, RELEASES } from "./releases.ts";
import { runScenario } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** What has been released, oldest first by line; `newest` is what comes next. */
export const MATRIX_RELEASES: readonly string[] = RELEASES.filter((release) => release !== "patched");

export interface MatrixCell {
  readonly bug: KnownBug;
  readonly release: string;
  /** What the table of affected releases says; undefined for a bug that no ticket is about. */
  readonly expected: boolean | undefined;
  /** The scenario violates, in this release, what it violates in its own. */
  readonly reproduced: boolean;
}

export function matrixCell(bug: KnownBug, scenario: Scenario, release: string): MatrixCell {
  const { violates } = scenario.expect;
  const seed = BigInt(scenario.seed ?? 1);
  const { violations } = runScenario({ ...scenario, zookeeper: release }, { seed, digest: false });
  const reproduced = violates.length > 0 && violations.some(({ id }) => id === violates[0]);
  return { bug, release, expected: bug.affected?.includes(release), reproduced };
}

/** The first of the later releases, of its own line or a newer one, in which the scenario shows nothing. */
export function firstFree(cells: readonly MatrixCell[], release: string): string | undefined {
  const from = MATRIX_RELEASES.indexOf(release);
  const later = cells.filter((cell) => MATRIX_RELEASES.indexOf(cell.release) > from);
  // An older line may have been mended after a newer one had been released.
  return later.find((cell) => !cell.reproduced && !cell.bug.isIn(behaviourOf(cell.release)))?.release;
}
