/**
 * Attributes a failure to known bugs (known-bugs.ts). A known bug explains a failure if the scenario no longer fails
 * with this bug fixed, and still fails with all other known bugs fixed.
 */
import { type Behavior, PATCHED } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type RunOptions, ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { releasesOf } from "../scenarios/scenario-releases.ts";
import { KNOWN_BUGS, type KnownBug } from "./known-bugs.ts";
import { expectingStuck, type Failure, runFor, STUCK, STUCK_SOON } from "./shrink/failure.ts";

/** A change of the behavior of every server. */
type Change = NonNullable<RunOptions["change"]>;
/** Returns whether a scenario still fails in the same way after a change. */
export type FailsWith = (change: Change) => boolean;

const SEEDS = [1n, 2n, 3n] as const;

/**
 * Returns the ids of the known bugs that explain a failure. The result is empty if the failure is new, and one bug if
 * this bug is the only cause. The result is several bugs if they cannot be distinguished, or if the failure disappears
 * only when all of them are fixed.
 *
 * Fixing a bug changes everything after its first effect, so a failure that depends on many coincidences may disappear
 * with any fix. If there are several candidates, the cause is the bug whose fix changes the run latest: compare the run
 * with each fix to the original run, and take the fix whose run stays equal for the most events.
 */
export function attributedBugs(scenario: Scenario, failure: Failure): string[] {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  const failsBySeed = (change: Change): boolean[] =>
    seeds.map((seed) => runFor(scenario, failure, seed, { change }) !== undefined);
  // A fix also changes later random values, so a single seed that no longer fails proves little.
  const isStuckSoon: FailsWith = failure.kind === "stuck" ? staysStuck(scenario, failure) : () => false;
  const failsWith: FailsWith = (change) => isStuckSoon(change) || failsBySeed(change).includes(true);
  const candidates = candidatesFor(scenario, failure, failsWith);
  if (candidates.length === 0) return jointCauses(scenario, failsWith).map(({ id }) => id);
  const sufficient = preferSufficient(candidates, (change) => !failsBySeed(change).includes(false));
  if (sufficient.length === 1) return sufficient.map(({ id }) => id);
  let latest = 0;
  let bugs: string[] = [];
  for (const bug of sufficient) {
    const event = firstDifference(scenario, fixing(bug));
    if (event > latest) bugs = [];
    if (event >= latest) bugs.push(bug.id);
    latest = Math.max(latest, event);
  }
  return bugs;
}

/**
 * Returns the known bugs that may explain a violation. Runs the scenario about once for each bug that the scenario's
 * releases have.
 */
export function candidateBugs(scenario: Scenario, failure: Failure, failsWith: FailsWith): string[] {
  return preferSufficient(candidatesFor(scenario, failure, failsWith), failsWith).map(({ id }) => id);
}

/** Returns whether this bug alone explains the failure. */
export function isCausedBy(id: string, failsWith: FailsWith): boolean {
  const bug = KNOWN_BUGS.find((one) => one.id === id) as KnownBug;
  return !failsWith(fixing(bug)) && failsWith(fixingAllBut(bug));
}

/** Returns a function that runs a scenario up to the time of its failure and returns whether it still fails. */
export function failsUpTo(scenario: Scenario, failure: Failure, endUs: number): FailsWith {
  return failsWithSeed({ ...scenario, until: `${Math.ceil(endUs / 1000) + 1}ms` }, failure);
}

/**
 * Returns a function that runs a scenario with a change and returns whether the servers are still stuck. If the servers
 * become live within the short time limit when all bugs are fixed, the function uses this limit. Otherwise it uses the
 * full limit.
 */
function staysStuck(scenario: Scenario, failure: Failure): FailsWith {
  const soon = failsWithSeed(expectingStuck(scenario, STUCK_SOON), failure);
  const needsMoreTime = soon(() => PATCHED);
  return needsMoreTime ? failsWithSeed(expectingStuck(scenario, STUCK), failure) : soon;
}

function failsWithSeed(scenario: Scenario, failure: Failure): FailsWith {
  const seed = BigInt(scenario.seed ?? 1);
  return (change) => runFor(scenario, failure, seed, { change }) !== undefined;
}

/** Returns whether the failure disappears when all known bugs are fixed. A single fix may not be enough. */
export function isFixedByKnownBugs(scenario: Scenario, failure: Failure): boolean {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  return seeds.every((seed) => runFor(scenario, failure, seed, { change: () => PATCHED }) === undefined);
}

/**
 * Returns the bugs of the scenario's releases whose fix avoids the failure, except each bug whose fix also fixes
 * another candidate. For a violation, leaves out bugs with `onlyLiveness` if there are others. If the scenario fails
 * even with all bugs fixed, the cause is something else, and the result is empty.
 */
function candidatesFor(scenario: Scenario, failure: Failure, failsWith: FailsWith): KnownBug[] {
  if (failsWith(() => PATCHED)) return [];
  const releases = behaviorsOf(scenario);
  const read = behaviorsRead(failsWith);
  const violator = failure.kind === "violation" ? failure.role : undefined;
  const mayMatter = ({ isIn, fixedBehavior, role = violator }: KnownBug): boolean =>
    role === violator && releases.some(isIn) && Object.keys(fixedBehavior).some((name) => read.has(name));
  const candidates = KNOWN_BUGS.filter((bug) => mayMatter(bug) && !failsWith(fixing(bug)));
  const ids = new Set(candidates.map(({ id }) => id));
  const own = candidates.filter(({ alsoFixes = [] }) => !alsoFixes.some((id) => ids.has(id)));
  const breaking = own.filter(({ onlyLiveness }) => failure.kind === "stuck" || !onlyLiveness);
  return breaking.length > 0 ? breaking : own;
}

/**
 * Returns the names of the behaviors that the core reads before the failure. The other behaviors cannot influence the
 * failure.
 */
function behaviorsRead(failsWith: FailsWith): ReadonlySet<string | symbol> {
  const read = new Set<string | symbol>();
  failsWith(
    (behavior) =>
      new Proxy(behavior, {
        get(target, name, receiver) {
          read.add(name);
          return Reflect.get(target, name, receiver);
        },
      }),
  );
  return read;
}

/** Returns a minimal set of bugs whose fixes together avoid the failure. Prefers bugs with a ticket to open ones. */
function jointCauses(scenario: Scenario, failsWith: FailsWith): readonly KnownBug[] {
  const releases = behaviorsOf(scenario);
  const all = KNOWN_BUGS.filter((bug) => releases.some(bug.isIn));
  if (failsWith(fixingAll(all))) return [];
  return all.reduceRight((bugs, bug) => {
    const others = bugs.filter((one) => one !== bug);
    return failsWith(fixingAll(others)) ? bugs : others;
  }, all);
}

function fixingAll(bugs: readonly KnownBug[]): Change {
  return (behavior) => bugs.reduce((before, bug) => fixing(bug)(before), behavior);
}

/**
 * Returns the candidates that cause the failure even if all other bugs are fixed. If there is no such candidate,
 * returns all candidates.
 */
function preferSufficient(candidates: readonly KnownBug[], failsWith: FailsWith): readonly KnownBug[] {
  const sufficient = candidates.filter((bug) => failsWith(fixingAllBut(bug)));
  return sufficient.length > 0 ? sufficient : candidates;
}

function fixing({ isIn, fixedBehavior }: KnownBug): Change {
  return (behavior: Behavior) => (isIn(behavior) ? { ...behavior, ...fixedBehavior } : behavior);
}

/**
 * Returns a change that fixes all bugs except this one. It leaves out each fix that would also fix this bug or change
 * one of its `keptBehaviors`.
 */
function fixingAllBut(bug: KnownBug): Change {
  return (behavior: Behavior) => {
    if (!bug.isIn(behavior)) return PATCHED;
    const { keptBehaviors = [], isIn } = bug;
    const keepsBug = (after: Behavior): boolean =>
      isIn(after) && keptBehaviors.every((name) => after[name] === behavior[name]);
    return KNOWN_BUGS.reduce((before, other) => {
      const after = fixing(other)(before);
      return keepsBug(after) ? after : before;
    }, behavior);
  };
}

/**
 * Returns the number of events that are the same in the original run and in the run with the change, up to the first
 * difference.
 */
function firstDifference(scenario: Scenario, change: Change): number {
  const seed = BigInt(scenario.seed ?? 1);
  const first = new ScenarioRunner(scenario, { seed, records: false });
  const second = new ScenarioRunner(scenario, { seed, change, records: false });
  let event = 0;
  while (first.step() && second.step() && first.digest() === second.digest()) event++;
  return event;
}

/** Returns the behaviors of all releases that the servers of a scenario run, upgrades included. */
function behaviorsOf(scenario: Scenario): Behavior[] {
  return [...new Set(releasesOf(scenario).map(behaviorOf))];
}
