/**
 * Attributes a failure to known bugs (known-bugs.ts). A known bug explains a failure if the scenario no longer fails
 * with this bug fixed, and still fails with all other known bugs fixed.
 */
import { type Behavior, NO_PULL_REQUESTS, PATCHED, type PullRequestBehavior, withNamed } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type RunOptions, ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { releasesOf } from "../scenarios/scenario-releases.ts";
import { causeOf, KNOWN_BUGS, type KnownBug } from "./known-bugs.ts";
import { expectingStuck, type Failure, runFor, STUCK, STUCK_SOON } from "./shrink/failure.ts";

/** A change of the behavior of every server. */
type Change = NonNullable<RunOptions["change"]>;
/** Returns whether a scenario still fails in the same way after a change. */
export type FailsWith = (change: Change) => boolean;

/** Runs of one scenario with changed behaviors. */
interface Trials {
  /** Returns whether the failure occurs with at least one seed. */
  readonly failsWith: FailsWith;
  /** Returns whether the failure occurs with every seed. */
  readonly alwaysFailsWith: FailsWith;
}

/** The evidence that a known bug explains a failure. */
export interface BugEvidence {
  readonly id: string;
  /** Whether the failure disappears if only this bug is fixed. */
  readonly vanishesIfFixed: boolean;
  /** Whether the failure remains if all known bugs except this one are fixed. */
  readonly remainsIfOthersFixed: boolean;
  /**
   * If the failure does not remain, the other bugs that it needs: it disappears if one of them is fixed, and remains if
   * all bugs except the two are fixed. Otherwise empty.
   */
  readonly needs: readonly string[];
}

const SEEDS = [1n, 2n, 3n] as const;

/**
 * Returns the ids of the known bugs that explain a failure. The result is empty if the failure is new, and one bug if
 * this bug is the only cause. The result is several bugs if they cannot be distinguished, or if the failure disappears
 * only when all of them are fixed.
 *
 * Fixing a bug changes everything after its first effect, so a failure that depends on many coincidences may disappear
 * with any fix. If there are several candidates, and none of them causes the failure alone, the runs with other seeds
 * show which fixes avoid it. Of these, the cause is the bug whose fix changes the run latest: compare the run with each
 * fix to the original run, and take the fix whose run stays equal for the most events.
 */
export function attributedBugs(scenario: Scenario, failure: Failure): string[] {
  return attribute(scenario, failure).bugs.map(({ id }) => id);
}

/** Returns the evidence for each bug that `attributedBugs` returns. */
export function attributionEvidence(scenario: Scenario, failure: Failure): BugEvidence[] {
  const { bugs, candidates, trials } = attribute(scenario, failure);
  const isSufficient = (...together: readonly KnownBug[]): boolean => trials.alwaysFailsWith(fixingAllBut(...together));
  return bugs.map((bug) => {
    const remainsIfOthersFixed = isSufficient(bug);
    const needs = remainsIfOthersFixed ? [] : candidates.filter((one) => one !== bug && isSufficient(bug, one));
    return {
      id: bug.id,
      vanishesIfFixed: !trials.failsWith(fixing(bug)),
      remainsIfOthersFixed,
      needs: needs.map(({ id }) => id),
    };
  });
}

/** A failure with the bugs that explain it, and the bugs whose fix alone avoids it. */
interface Attribution {
  readonly bugs: readonly KnownBug[];
  readonly candidates: readonly KnownBug[];
  readonly trials: Trials;
}

function attribute(scenario: Scenario, failure: Failure): Attribution {
  const trials = trialsOf(scenario, failure);
  const candidates = candidatesFor(scenario, failure, trials.failsWith);
  if (candidates.length === 0) return { bugs: jointCauses(scenario, trials.failsWith), candidates, trials };
  const sufficient = sufficientOf(candidates, trials.alwaysFailsWith);
  const likely = sufficient.length > 0 ? sufficient : withoutCoincidences(scenario, failure, candidates);
  return { bugs: withLatestEffect(scenario, likely), candidates, trials };
}

/** The seeds that tell a cause from a coincidence. */
const OTHER_SEEDS = Array.from({ length: 20 }, (_, i) => BigInt(i + 1));

/**
 * Returns the bugs whose fixes avoid the failure with the most seeds. The fix of another bug only changes the times in
 * the run of one seed, so the failure occurs with other seeds as before. For stuck servers, such runs would take long.
 */
function withoutCoincidences(scenario: Scenario, failure: Failure, bugs: readonly KnownBug[]): readonly KnownBug[] {
  if (bugs.length === 1 || failure.kind === "stuck") return bugs;
  const failuresWith = (change: Change): number =>
    OTHER_SEEDS.filter((seed) => runFor(scenario, failure, seed, { change }) !== undefined).length;
  const failures = bugs.map((bug) => failuresWith(fixing(bug)));
  const fewest = Math.min(...failures);
  return bugs.filter((_, index) => failures[index] === fewest);
}

/** Returns the bugs whose fix changes the run latest. */
function withLatestEffect(scenario: Scenario, bugs: readonly KnownBug[]): readonly KnownBug[] {
  if (bugs.length === 1) return bugs;
  const events = bugs.map((bug) => firstDifference(scenario, fixing(bug)));
  const latest = Math.max(...events);
  return bugs.filter((_, index) => events[index] === latest);
}

function trialsOf(scenario: Scenario, failure: Failure): Trials {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  const fails = (seed: bigint, change: Change): boolean => runFor(scenario, failure, seed, { change }) !== undefined;
  // A fix also changes later random values, so a single seed that no longer fails proves little.
  const isStuckSoon: FailsWith = failure.kind === "stuck" ? staysStuck(scenario, failure) : () => false;
  return {
    failsWith: (change) => isStuckSoon(change) || seeds.some((seed) => fails(seed, change)),
    alwaysFailsWith: (change) => seeds.every((seed) => fails(seed, change)),
  };
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
  const bug = knownBug(id);
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
export function staysStuck(scenario: Scenario, failure: Failure): FailsWith {
  const soon = failsWithSeed(expectingStuck(scenario, STUCK_SOON), failure);
  const needsMoreTime = soon(patched);
  return needsMoreTime ? failsWithSeed(expectingStuck(scenario, STUCK), failure) : soon;
}

function failsWithSeed(scenario: Scenario, failure: Failure): FailsWith {
  const seed = BigInt(scenario.seed ?? 1);
  return (change) => runFor(scenario, failure, seed, { change }) !== undefined;
}

/** Returns whether the failure disappears when all known bugs are fixed. A single fix may not be enough. */
export function isFixedByKnownBugs(scenario: Scenario, failure: Failure): boolean {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  return seeds.every((seed) => runFor(scenario, failure, seed, { change: patched }) === undefined);
}

/**
 * Returns the bugs of the scenario's releases whose fix avoids the failure, except each bug whose fix also fixes
 * another candidate. For a violation, leaves out bugs with `onlyLiveness` if there are others. If the scenario fails
 * even with all bugs fixed, the cause is something else, and the result is empty.
 */
function candidatesFor(scenario: Scenario, failure: Failure, failsWith: FailsWith): KnownBug[] {
  if (failsWith(patched)) return [];
  const releases = behaviorsOf(scenario);
  const read = behaviorsRead(failsWith);
  const violator = failure.kind === "violation" ? failure.role : undefined;
  const isAtViolator = (role: KnownBug["role"]): boolean =>
    role === undefined || violator === undefined || role === violator;
  const mayMatter = ({ fixedBehavior, role, ...bug }: KnownBug): boolean =>
    isAtViolator(role) && releases.some(causeOf(bug)) && Object.keys(fixedBehavior).some((name) => read.has(name));
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
  const all = KNOWN_BUGS.filter((bug) => releases.some(causeOf(bug)));
  if (failsWith(fixingAll(all))) return [];
  return all.reduceRight((bugs, bug) => {
    const others = bugs.filter((one) => one !== bug);
    return failsWith(fixingAll(others)) ? bugs : others;
  }, all);
}

const PULL_REQUEST_BEHAVIORS = Object.keys(NO_PULL_REQUESTS) as readonly (keyof PullRequestBehavior)[];

/** Returns the behavior of a server with all fixes. It keeps what only pull requests have. */
function patched(behavior: Behavior): Behavior {
  const kept = PULL_REQUEST_BEHAVIORS.filter((name) => behavior[name] !== NO_PULL_REQUESTS[name]);
  if (kept.length === 0) return PATCHED;
  return { ...PATCHED, ...Object.fromEntries(kept.map((name) => [name, behavior[name]])) };
}

function fixingAll(bugs: readonly KnownBug[]): Change {
  return (behavior) => bugs.reduce((before, bug) => fixing(bug)(before), behavior);
}

/**
 * Returns the candidates that cause the failure even if all other bugs are fixed. If there is no such candidate,
 * returns all candidates.
 */
function preferSufficient(candidates: readonly KnownBug[], failsWith: FailsWith): readonly KnownBug[] {
  const sufficient = sufficientOf(candidates, failsWith);
  return sufficient.length > 0 ? sufficient : candidates;
}

/** Returns the candidates that cause the failure even if all other bugs are fixed. */
function sufficientOf(candidates: readonly KnownBug[], failsWith: FailsWith): readonly KnownBug[] {
  return candidates.filter((bug) => failsWith(fixingAllBut(bug)));
}

function fixing(bug: KnownBug): Change {
  const hasCause = causeOf(bug);
  return (behavior: Behavior) => (hasCause(behavior) ? { ...behavior, ...bug.fixedBehavior } : behavior);
}

/**
 * Returns a change that fixes all bugs except these. It leaves out each fix that would also fix one of these bugs or
 * change one of their `keptBehaviors`.
 */
export function fixingAllBut(...bugs: readonly KnownBug[]): Change {
  return (behavior: Behavior) => {
    const present = bugs.filter((bug) => causeOf(bug)(behavior));
    if (present.length === 0) return patched(behavior);
    const keepsBugs = (after: Behavior): boolean =>
      present.every(
        ({ keptBehaviors = [], ...bug }) =>
          causeOf(bug)(after) && keptBehaviors.every((name) => after[name] === behavior[name]),
      );
    return KNOWN_BUGS.reduce((before, other) => {
      const after = fixing(other)(before);
      return keepsBugs(after) ? after : before;
    }, behavior);
  };
}

function knownBug(id: string): KnownBug {
  return KNOWN_BUGS.find((bug) => bug.id === id) as KnownBug;
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
  return [...new Set(releasesOf(scenario).map(behaviorOf))].map((one) => withNamed(one, scenario.behaviors));
}
