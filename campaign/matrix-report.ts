/**
 * The bug matrix as data for reports: an entry for each bug and release, and advice for one release.
 */
import { KNOWN_BUGS, labelOf, MATRIX_BUGS, type MatrixBug } from "../fuzz/known-bugs.ts";
import { firstFreeReleases, isFirstOfLine, MATRIX_RELEASES, type MatrixCell, runMatrixCell } from "../fuzz/matrix.ts";
import { behaviorOf, profileOf } from "../protocol/releases.ts";
import type { Advice, MatrixEntry, ReleaseAdvice } from "../reports/matrix.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Discoveries, Discovery } from "./matrix-campaigns.ts";

/** Bugs, each with the scenario that reproduces it. */
export type BugScenarios = ReadonlyMap<MatrixBug, Scenario>;

/** Runs the scenario of each bug in each release. */
export function matrixCells(scenarios: BugScenarios): MatrixCell[] {
  return [...scenarios].flatMap(([bug, scenario]) =>
    MATRIX_RELEASES.map((release) => runMatrixCell(bug, scenario, release)),
  );
}

/**
 * Returns an entry for each bug and release. `campaigns` is the number of campaigns in each release. If no campaigns
 * ran, `discoveries` is undefined.
 */
export function matrixEntries(
  cells: readonly MatrixCell[],
  discoveries?: Discoveries,
  campaigns = 0,
): readonly MatrixEntry[] {
  return cells.map((cell) => ({
    ...entryOf(cell),
    ...(discoveries && summarize(discoveries.of(cell.release, cell.bug.id), campaigns)),
  }));
}

function entryOf({ bug, expected, release, reproduced }: MatrixCell): MatrixEntry {
  const why = bug.alsoIn?.releases.includes(release) ? bug.alsoIn.why : undefined;
  return { bug: labelOf(bug), release, expected, reproduced, why };
}

/**
 * Summarizes the campaigns in one release. A campaign that did not find the bug counts as slower than all campaigns
 * that did.
 */
function summarize(
  discoveries: readonly Discovery[],
  campaigns: number,
): Pick<MatrixEntry, "campaigns" | "median" | "met"> {
  const sorted = discoveries.toSorted((a, b) => a.seconds - b.seconds);
  const median = sorted[Math.floor((campaigns - 1) / 2)];
  return { campaigns, met: discoveries.length, ...(median && { median }) };
}

/** Returns the advice for a release: for each bug, its effect and the first later release without it. */
export function adviceFor(release: string, scenarios: BugScenarios): ReleaseAdvice {
  const cells = matrixCells(scenarios);
  const behavior = behaviorOf(release);
  const fixed = [...scenarios.keys()].filter(({ isIn }) => !isIn(behaviorOf("newest")));
  const others = KNOWN_BUGS.filter((bug) => !MATRIX_BUGS.includes(bug as MatrixBug) && bug.isIn(behavior));
  return {
    release,
    asked: [...scenarios.keys()].map(labelOf),
    bugs: [...scenarios].flatMap(([bug, scenario]) => adviceOn(bug, scenario, cells, release)),
    fixed: fixed.map(labelOf),
    firstFree: firstFreeReleases(
      cells.filter(({ bug }) => fixed.includes(bug)),
      release,
    )[0],
    others: others.length,
  };
}

/**
 * Returns the advice on one bug. Returns an empty list if the release does not have the bug, or if the scenario does
 * not reproduce the bug in this release.
 */
function adviceOn(bug: MatrixBug, scenario: Scenario, cells: readonly MatrixCell[], release: string): Advice[] {
  const cellsOfBug = cells.filter((cell) => cell.bug === bug);
  const column = cellsOfBug.find((cell) => cell.release === profileOf(release));
  if (column?.reproduced !== true || !bug.isIn(behaviorOf(release))) return [];
  const [firstFree, ...newerLines] = firstFreeReleases(cellsOfBug, release);
  return [
    {
      bug: labelOf(bug),
      scenario: bug.id,
      about: `${bug.cause} ${bug.effect}`,
      violates: scenario.expect.violates,
      firstFree,
      alsoFrom: newerLines.filter((one) => !isFirstOfLine(one)),
    },
  ];
}
