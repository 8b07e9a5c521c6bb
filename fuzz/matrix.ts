/**
 * The matrix of known bugs and releases. For each bug, zabsim runs its scenario in every release and compares the
 * result with the releases that the bug's ticket names. campaign/matrix-campaigns.ts runs the campaigns of `zabsim
 * matrix`.
 */
import type { Violation } from "../invariants/index.ts";
import { behaviorOf, PROFILES, profileOf, RELEASES } from "../protocol/releases.ts";
import { type RunOptions, runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { MatrixBug } from "./known-bugs.ts";

/** The releases with a profile of their own, oldest first within each release line, and `newest` at the end. */
export const MATRIX_RELEASES: readonly string[] = Object.keys(PROFILES).filter((release) => release !== "patched");

/** All releases that a user can name, oldest first, with `newest` at the end. */
export const KNOWN_RELEASES: readonly string[] = RELEASES.filter((release) => release !== "patched");

export interface MatrixCell {
  readonly bug: MatrixBug;
  readonly release: string;
  /** Whether the release is listed in `affected` of the bug. */
  readonly expected: boolean;
  /** Whether the scenario, run in this release, fails in the way that it expects. */
  readonly reproduced: boolean;
}

/** Runs the scenario of the bug in the release, which is one of MATRIX_RELEASES. */
export function runMatrixCell(bug: MatrixBug, scenario: Scenario, release: string): MatrixCell {
  const reproduced = failsAsExpected({ ...scenario, zookeeper: release });
  return { bug, release, expected: bug.affected.includes(release), reproduced };
}

/**
 * Returns whether the run violates the first invariant in `expect.violates`. If there is none, returns whether the
 * servers are stuck and no invariant is violated. `change`, if given, changes the behavior of every server.
 */
export function failsAsExpected(scenario: Scenario, change?: RunOptions["change"]): boolean {
  const [expected] = scenario.expect.violates;
  const isOfBug = ({ id }: Violation): boolean => expected === undefined || id === expected;
  const seed = BigInt(scenario.seed ?? 1);
  const options = { seed, digest: false, records: false, stopAt: isOfBug, ...(change && { change }) };
  const { liveness, violations } = runScenario(scenario, options);
  return expected === undefined ? violations.length === 0 && liveness?.stuck === true : violations.some(isOfBug);
}

/**
 * For the release line of `release` and for each newer line, returns the first later release from which on no release
 * of that line has a bug of `cells`. The first entry is the nearest upgrade. Newer lines are listed as well, because a
 * higher version can be older and lack a fix: 3.9.1 is older than 3.8.6.
 */
export function firstFreeReleases(cells: readonly MatrixCell[], release: string): string[] {
  const isFree = (one: string): boolean =>
    cells.every(
      ({ bug, release: column, reproduced }) => column !== profileOf(one) || !(reproduced || bug.isIn(behaviorOf(one))),
    );
  const later = KNOWN_RELEASES.slice(KNOWN_RELEASES.indexOf(release) + 1);
  return [...new Set(later.map(lineOf))].flatMap((line) => {
    const releases = later.filter((one) => lineOf(one) === line);
    const lastAffected = releases.findLastIndex((one) => !isFree(one));
    return releases.slice(lastAffected + 1, lastAffected + 2);
  });
}

/** Whether `release` is the first release of its line. */
export function isFirstOfLine(release: string): boolean {
  return KNOWN_RELEASES.find((one) => lineOf(one) === lineOf(release)) === release;
}

/** Returns the release line: `3.6` for `3.6.2`. */
export function lineOf(release: string): string {
  return /^\d+\.\d+/.exec(release)?.[0] ?? release;
}
