/**
 * Which failures are known: the scenario fails no more with a known bug mended (known-bugs.ts).
 */
import { type Behaviour, PATCHED } from "../../protocol/index.ts";
import { KNOWN_BUGS, type KnownBug } from "../known-bugs.ts";
import { releasesOf } from "../releases.ts";
import { type RunOptions, ScenarioRunner } from "../run.ts";
import type { Scenario } from "../scenario.ts";
import { type Failure, runFor } from "../shrink/failure.ts";

type Change = NonNullable<RunOptions["change"]>;

const SEEDS = [1n, 2n, 3n] as const;

/**
 * The bug without which the scenario would not fail so; several if they cannot be told apart; none if it is not known.
 *
 * Every mend moves what comes after its first effect, so a failure that needs much chance may disappear with any of them.
 * The one that matters is that which changes nothing until the failure is near: the last to diverge.
 */
export function knownBugs(scenario: Scenario, failure: Failure): string[] {
  let latest = 0;
  let bugs: string[] = [];
  for (const bug of suspectsOf(scenario, (change) => mends(scenario, failure, change))) {
    const event = firstDifference(scenario, mended(bug));
    if (event > latest) bugs = [];
    if (event >= latest) bugs.push(bug.id);
    latest = Math.max(latest, event);
  }
  return bugs;
}

/** At the cost of one run for each bug of its releases, up to where it fails: those that it may be due to. */
export function suspectedBugs(scenario: Scenario, failure: Failure): string[] {
  const seed = BigInt(scenario.seed ?? 1);
  const shorter = failure.kind === "stuck" ? stuckSooner(scenario) : upToFailure(scenario, failure, seed);
  const suspects = suspectsOf(scenario, (change) => runFor(shorter, failure, seed, { change }) === undefined);
  return suspects.map(({ id }) => id);
}

function upToFailure(scenario: Scenario, failure: Failure, seed: bigint): Scenario {
  const endUs = runFor(scenario, failure, seed)?.endUs ?? 0;
  return { ...scenario, until: `${Math.ceil(endUs / 1000) + 1}ms` };
}

/** Whoever comes back to life does so much sooner; those who are stuck may be busy all the time. */
function stuckSooner(scenario: Scenario): Scenario {
  const { live, stuck, ...rest } = scenario.expect;
  return { ...scenario, expect: { ...rest, ...(live && { live: SOON }), ...(stuck && { stuck: SOON }) } };
}

const SOON = "20s";

/** Whether it does not fail so with all bugs mended: then no single one may suffice. */
export function isMendedByAll(scenario: Scenario, failure: Failure): boolean {
  return mends(scenario, failure, () => PATCHED);
}

/** The bugs of its releases whose mend suffices, without those that mend more than they need. */
function suspectsOf(scenario: Scenario, suffices: (change: Change) => boolean): KnownBug[] {
  const releases = releasesOf(scenario);
  const suspects = KNOWN_BUGS.filter((bug) => releases.some(bug.isIn) && suffices(mended(bug)));
  const ids = new Set(suspects.map(({ id }) => id));
  return suspects.filter(({ beyond = [] }) => !beyond.some((id) => ids.has(id)));
}

function mended({ isIn, mend }: KnownBug): Change {
  return (behaviour: Behaviour) => (isIn(behaviour) ? { ...behaviour, ...mend } : behaviour);
}

/** The first event that goes otherwise with a change. */
function firstDifference(scenario: Scenario, change: Change): number {
  const seed = BigInt(scenario.seed ?? 1);
  const first = new ScenarioRunner(scenario, { seed, records: false });
  const second = new ScenarioRunner(scenario, { seed, change, records: false });
  let event = 0;
  while (first.step() && second.step() && first.digest() === second.digest()) event++;
  return event;
}

/** A changed behaviour also moves what comes after it, so one seed without a failure proves little. */
function mends(scenario: Scenario, failure: Failure, change: Change): boolean {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  return seeds.every((seed) => runFor(scenario, failure, seed, { change }) === undefined);
}
