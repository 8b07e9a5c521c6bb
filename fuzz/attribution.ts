/**
 * Which failures are known: the scenario fails no more with a known bug mended (known-bugs.ts), and it still fails with all
 * others mended.
 */

import { type Behavior, PATCHED } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type RunOptions, ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { KNOWN_BUGS, type KnownBug } from "./known-bugs.ts";
import { expectingStuck, type Failure, runFor, STUCK, STUCK_SOON } from "./shrink/failure.ts";

type Change = NonNullable<RunOptions["change"]>;
/** Whether a scenario fails so where releases are changed. */
export type Fails = (change: Change) => boolean;

const SEEDS = [1n, 2n, 3n] as const;

/**
 * The bug without which the scenario would not fail so; several if they cannot be told apart, or if it would still fail with
 * any one of them mended; none if it is not known.
 *
 * Every mend moves what comes after its first effect, so a failure that needs much chance may disappear with any of them.
 * Of those left, the one that matters is that which changes nothing until the failure is near: the last to diverge.
 */
export function knownBugs(scenario: Scenario, failure: Failure): string[] {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  const failsWith = (change: Change): boolean[] =>
    seeds.map((seed) => runFor(scenario, failure, seed, { change }) !== undefined);
  // A changed behavior also moves what comes after it, so one seed without a failure proves little.
  const isStuckSoon: Fails = failure.kind === "stuck" ? staysStuck(scenario, failure) : () => false;
  const fails: Fails = (change) => isStuckSoon(change) || failsWith(change).includes(true);
  const suspects = suspectsOf(scenario, failure, fails);
  if (suspects.length === 0) return together(scenario, fails).map(({ id }) => id);
  const narrow = narrowed(suspects, (change) => !failsWith(change).includes(false));
  if (narrow.length === 1) return narrow.map(({ id }) => id);
  let latest = 0;
  let bugs: string[] = [];
  for (const bug of narrow) {
    const event = firstDifference(scenario, mended(bug));
    if (event > latest) bugs = [];
    if (event >= latest) bugs.push(bug.id);
    latest = Math.max(latest, event);
  }
  return bugs;
}

/** Those that a violation may be due to, at the cost of one run for each bug of its releases. */
export function suspectedBugs(scenario: Scenario, failure: Failure, fails: Fails): string[] {
  return narrowed(suspectsOf(scenario, failure, fails), fails).map(({ id }) => id);
}

/** Whether it is due to this one, and could be to it alone. */
export function isDueTo(id: string, fails: Fails): boolean {
  const bug = KNOWN_BUGS.find((one) => one.id === id) as KnownBug;
  return !fails(mended(bug)) && fails(alone(bug));
}

/** Runs go no further than to where it failed. */
export function failsUpTo(scenario: Scenario, failure: Failure, endUs: number): Fails {
  return failsWithSeed({ ...scenario, until: `${Math.ceil(endUs / 1000) + 1}ms` }, failure);
}

/** Runs go no further than to where the servers would be live with all bugs mended. */
function staysStuck(scenario: Scenario, failure: Failure): Fails {
  const soon = failsWithSeed(expectingStuck(scenario, STUCK_SOON), failure);
  const isLate = soon(() => PATCHED);
  return isLate ? failsWithSeed(expectingStuck(scenario, STUCK), failure) : soon;
}

function failsWithSeed(scenario: Scenario, failure: Failure): Fails {
  const seed = BigInt(scenario.seed ?? 1);
  return (change) => runFor(scenario, failure, seed, { change }) !== undefined;
}

/** Whether it does not fail so with all bugs mended: then no single one may suffice. */
export function isMendedByAll(scenario: Scenario, failure: Failure): boolean {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  return seeds.every((seed) => runFor(scenario, failure, seed, { change: () => PATCHED }) === undefined);
}

/**
 * The bugs of its releases whose mend suffices, without those that mend more than they need. None where it fails even with
 * all of them mended: that is due to something else.
 */
function suspectsOf(scenario: Scenario, failure: Failure, fails: Fails): KnownBug[] {
  if (fails(() => PATCHED)) return [];
  const releases = releasesOf(scenario);
  const asked = askedFor(fails);
  const mayMatter = ({ isIn, fixedBehavior }: KnownBug): boolean =>
    releases.some(isIn) && Object.keys(fixedBehavior).some((name) => asked.has(name));
  const suspects = KNOWN_BUGS.filter((bug) => mayMatter(bug) && !fails(mended(bug)));
  const ids = new Set(suspects.map(({ id }) => id));
  const own = suspects.filter(({ alsoFixes = [] }) => !alsoFixes.some((id) => ids.has(id)));
  const breaking = own.filter(({ onlyLiveness }) => failure.kind === "stuck" || !onlyLiveness);
  return breaking.length > 0 ? breaking : own;
}

/** The behaviors that matter at all up to the failure: what nobody asks for changes nothing. */
function askedFor(fails: Fails): ReadonlySet<string | symbol> {
  const asked = new Set<string | symbol>();
  fails(
    (behavior) =>
      new Proxy(behavior, {
        get(target, name, receiver) {
          asked.add(name);
          return Reflect.get(target, name, receiver);
        },
      }),
  );
  return asked;
}

/** A few whose mends suffice together, where those of one do not: none of them can be left out. Tickets rather than open ones. */
function together(scenario: Scenario, fails: Fails): readonly KnownBug[] {
  const releases = releasesOf(scenario);
  const all = KNOWN_BUGS.filter((bug) => releases.some(bug.isIn));
  if (fails(allMended(all))) return [];
  return all.reduceRight((bugs, bug) => {
    const others = bugs.filter((one) => one !== bug);
    return fails(allMended(others)) ? bugs : others;
  }, all);
}

function allMended(bugs: readonly KnownBug[]): Change {
  return (behavior) => bugs.reduce((before, bug) => mended(bug)(before), behavior);
}

/** Those of the suspects that make it fail so even where nothing else is wrong; all of them if none does. */
function narrowed(suspects: readonly KnownBug[], fails: Fails): readonly KnownBug[] {
  const sufficient = suspects.filter((bug) => fails(alone(bug)));
  return sufficient.length > 0 ? sufficient : suspects;
}

function mended({ isIn, fixedBehavior }: KnownBug): Change {
  return (behavior: Behavior) => (isIn(behavior) ? { ...behavior, ...fixedBehavior } : behavior);
}

/** All bugs but this one mended, as far as that leaves this one. */
function alone(bug: KnownBug): Change {
  return (behavior: Behavior) => {
    if (!bug.isIn(behavior)) return PATCHED;
    const { keptBehaviors = [], isIn } = bug;
    const leaves = (after: Behavior): boolean =>
      isIn(after) && keptBehaviors.every((name) => after[name] === behavior[name]);
    return KNOWN_BUGS.reduce((before, other) => {
      const after = mended(other)(before);
      return leaves(after) ? after : before;
    }, behavior);
  };
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

/** All that its servers run, upgrades included, each once. */
export function releasesOf({ servers, steps, zookeeper }: Scenario): Behavior[] {
  const names = new Set<string>();
  for (const server of Object.values(servers)) names.add(server.zookeeper ?? zookeeper);
  for (const step of steps) if ("upgrade" in step) names.add(step.upgrade.to);
  return [...new Set([...names].map(behaviorOf))];
}
