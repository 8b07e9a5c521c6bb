/** The pairs of a scenario and a release that `npm run verdicts` asks. */
import { KNOWN_BUGS, type KnownBug, MATRIX_BUGS, OPEN_BUGS } from "../../fuzz/known-bugs.ts";
import { MATRIX_RELEASES } from "../../fuzz/matrix.ts";
import { behaviorOf, PUBLISHED_RELEASES } from "../../protocol/releases.ts";
import type { VerdictRole } from "../../reports/verdicts.ts";

/** A scenario and a release. */
export interface VerdictPair {
  readonly scenario: string;
  readonly release: string;
  readonly role: VerdictRole;
}

/** The releases on which open bugs are asked. */
const OPEN_RELEASES = ["3.9.4", "3.9.5"];

/**
 * Returns the pairs: open bugs on the newest releases, bugs that a release has fixed on the newest affected release and
 * on the first later one in which the scenario does not fail, and the shipped scenarios on the newest release.
 * `scenarios`: the names of all scenarios of bugs.
 */
export function verdictPairs(scenarios: readonly string[], shipped: readonly string[]): VerdictPair[] {
  const open = scenarios.filter((name) => OPEN_BUGS.some((bug) => bug.id === name || isOpenScenario(bug, name)));
  const fixed = MATRIX_BUGS.filter(({ id }) => scenarios.includes(id) && !open.includes(id));
  return [
    ...fixed.flatMap(({ affected, alsoIn, id }) => fixedPairs(id, affected, alsoIn?.releases ?? [])),
    ...open.flatMap((scenario) => OPEN_RELEASES.map((release) => pairOf(scenario, release))),
    ...shipped.map((scenario) => pairOf(scenario, OPEN_RELEASES.at(-1) as string)),
  ];
}

function fixedPairs(scenario: string, affected: readonly string[], alsoIn: readonly string[]): VerdictPair[] {
  const releases = MATRIX_RELEASES.filter((release) => PUBLISHED_RELEASES.includes(release));
  const last = releases.findLastIndex((release) => affected.includes(release));
  const free = releases.slice(last + 1).find((release) => !alsoIn.includes(release));
  return [releases[last], free].flatMap((release) => (release === undefined ? [] : [pairOf(scenario, release)]));
}

/** Returns the pair of a scenario and a release. */
export function pairOf(scenario: string, release: string): VerdictPair {
  const bugs = KNOWN_BUGS.filter((bug) => isShownBy(bug, scenario));
  const isAffected = bugs.some((bug) => bug.isIn(behaviorOf(release)));
  const role = bugs.length === 0 ? "conformance" : isAffected ? "affected" : "free";
  return { scenario, release, role };
}

/** Scenarios of tickets that only show the cause of an open bug fail only in older releases. */
function isOpenScenario(bug: Pick<KnownBug, "alsoShownBy" | "id">, scenario: string): boolean {
  return isShownBy(bug, scenario) && !scenario.startsWith("zookeeper-");
}

function isShownBy({ alsoShownBy = [], id }: Pick<KnownBug, "alsoShownBy" | "id">, scenario: string): boolean {
  return id === scenario || alsoShownBy.includes(scenario);
}
