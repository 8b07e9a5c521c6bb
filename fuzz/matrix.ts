/**
 * Known bugs against releases: in which the scenario of a bug shows it, and in which it should.
 */
import { behaviorOf, RELEASES } from "../protocol/releases.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { MatrixBug } from "./known-bugs.ts";

/** What has been released, oldest first by line; `newest` is what comes next. */
export const MATRIX_RELEASES: readonly string[] = RELEASES.filter((release) => release !== "patched");

export interface MatrixCell {
  readonly bug: MatrixBug;
  readonly release: string;
  /** What the table of affected releases says. */
  readonly expected: boolean;
  /** The scenario violates, in this release, what it violates in its own. */
  readonly reproduced: boolean;
}

export function matrixCell(bug: MatrixBug, scenario: Scenario, release: string): MatrixCell {
  const { violates } = scenario.expect;
  const seed = BigInt(scenario.seed ?? 1);
  const { violations } = runScenario({ ...scenario, zookeeper: release }, { seed, digest: false });
  const reproduced = violates.length > 0 && violations.some(({ id }) => id === violates[0]);
  return { bug, release, expected: bug.affected.includes(release), reproduced };
}

/** Whether a release has the bug itself, not only one that shows in the same way. */
export function hasBug({ bug, release }: MatrixCell): boolean {
  return bug.isIn(behaviorOf(release));
}

/**
 * In each line of releases from that of `release` on, the first later one from which on all of its line are free of what the
 * cells tell of: a newer line may have been mended after an older one. The first of these is the one to go to.
 */
export function freeFrom(cells: readonly MatrixCell[], release: string): string[] {
  const from = MATRIX_RELEASES.indexOf(release);
  const isFree = (one: string): boolean =>
    cells.every((cell) => cell.release !== one || !(cell.reproduced || hasBug(cell)));
  const later = MATRIX_RELEASES.slice(from + 1);
  return [...new Set(later.map(lineOf))].flatMap((line) => {
    const releases = later.filter((one) => lineOf(one) === line);
    const lastAffected = releases.findLastIndex((one) => !isFree(one));
    return releases.slice(lastAffected + 1, lastAffected + 2);
  });
}

/** Whether nothing of its line is older. */
export function beginsLine(release: string): boolean {
  return MATRIX_RELEASES.find((one) => lineOf(one) === lineOf(release)) === release;
}

/** 3.6 of 3.6.2. */
function lineOf(release: string): string {
  return /^\d+\.\d+/.exec(release)?.[0] ?? release;
}
