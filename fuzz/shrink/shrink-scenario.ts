/**
 * Shrinks a failing scenario: searches for the smallest scenario that still fails in the same way. If possible, the
 * result fails with every seed.
 */

import { ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario, Step } from "../../scenarios/scenario.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { durationText } from "../../sim/duration-range.ts";
import { type ShrinkProgress, shrinkStepwise } from "../../sim/index.ts";
import { durationUs } from "../../sim/time.ts";
import { expectingStuck, type Failure, runFor, STUCK, STUCK_SOON, STUCK_VERY_SOON } from "./failure.ts";
import { PASSES } from "./simpler.ts";

/** The limits of the search. */
export interface ShrinkScenarioOptions {
  /** Maximum number of runs. */
  readonly maxRuns: number;
  /**
   * Maximum number of events in all runs together. It limits the search if the servers of a scenario loop. Default: no
   * limit.
   */
  readonly maxEvents?: number;
  /** Called after each run. If it returns true, the shrinking ends. */
  readonly stop?: (progress: ShrinkProgress<Scenario>) => boolean;
}

/** The smallest scenario found that fails in the same way. */
export interface ShrunkScenario {
  /** The scenario. It expects its failure. */
  readonly scenario: Scenario;
  /** Number of runs that the search needed. */
  readonly runs: number;
  /** Whether the search ended because no simpler scenario fails in the same way. */
  readonly complete: boolean;
  /** Whether the scenario fails with every seed that was tried. */
  readonly needsNoSeed: boolean;
}

/**
 * If a run with stuck servers has more events than this, its servers are busy. If the servers only wait for two
 * minutes, the run has about a tenth of this number of events.
 */
const BUSY_EVENTS = 50_000;

const OTHER_SEEDS = [2n, 3n, 4n] as const;

/** Shrinks a scenario; yields after each run. Returns undefined if the scenario does not fail in this way. */
export function* shrinkScenario(
  start: Scenario,
  failure: Failure,
  { maxEvents = Number.POSITIVE_INFINITY, maxRuns, stop }: ShrinkScenarioOptions,
): Generator<ShrinkProgress<Scenario>, ShrunkScenario | undefined> {
  const seed = BigInt(start.seed ?? 1);
  const first = runFor(start, failure, seed);
  if (first === undefined) return undefined;
  const spent = { events: 0 };
  // The last round of passes yields many candidates that an earlier round has run.
  const known = new Map<string, boolean>();
  const fails = (candidate: Scenario): boolean => {
    const text = JSON.stringify(candidate);
    const isFailing = known.get(text) ?? runFor(candidate, failure, seed, {}, spent) !== undefined;
    known.set(text, isFailing);
    return isFailing;
  };
  let small = start;
  let runs = 0;
  let complete = false;
  // A run with stuck servers always lasts until its time limit. Shrink with a short limit first. If the scenario does
  // not fail within the short limit, shrink with a longer limit.
  for (const stuck of failure.kind === "stuck" ? timeLimits(first) : [STUCK]) {
    const trimmed = trims({ ...start, about: "" }, failure, first, stuck).find(fails);
    if (trimmed === undefined && stuck !== STUCK) continue;
    const shrunk = yield* shrinkStepwise(trimmed ?? start, {
      passes: PASSES,
      fails,
      maxRuns: maxRuns - runs,
      stop: (progress) => spent.events > maxEvents || stop?.(progress) === true,
    });
    runs += shrunk.runs;
    complete = shrunk.complete;
    const last = runFor(shrunk.value, failure, seed) ?? first;
    const trimmedAgain = trims(shrunk.value, failure, last, STUCK).find(fails);
    small = trimmedAgain ?? shrunk.value;
    if (trimmedAgain !== undefined) break;
  }
  const { seed: _seed, ...seedless } = small;
  const needsNoSeed = isSeedless(seedless, failure);
  const scenario = expecting(needsNoSeed ? seedless : { ...seedless, seed: String(seed) }, failure);
  return { scenario, runs, complete, needsNoSeed };
}

/**
 * Returns whether the scenario fails with the default seed and with other seeds. For runs with the other seeds, the
 * servers need to be stuck only for a shorter time.
 */
function isSeedless(seedless: Scenario, failure: Failure): boolean {
  if (runFor(seedless, failure, 1n) === undefined) return false;
  const shorter = failure.kind === "stuck" ? [expectingStuck(seedless, STUCK_SOON), seedless] : [seedless];
  return OTHER_SEEDS.every((seed) => shorter.some((one) => runFor(one, failure, seed) !== undefined));
}

/**
 * Returns the time limits for stuck servers, the shortest first. Busy servers repeat their failure often, so for them
 * the search first tries a very short limit.
 */
function timeLimits({ events }: ScenarioRun): readonly string[] {
  return events > BUSY_EVENTS ? [STUCK_VERY_SOON, STUCK_SOON, STUCK] : [STUCK_SOON, STUCK];
}

/**
 * Returns variants of the scenario that end at the failure, the simplest first. The first variant does not measure
 * liveness, because most violations occur without this measurement. If servers were settled before the violation, a
 * second variant measures liveness, because the write of the liveness probe may be part of the cause. This variant
 * expects the servers to be stuck up to the violation.
 */
function trims(scenario: Scenario, failure: Failure, { endUs, steps }: ScenarioRun, stuck: string): Scenario[] {
  if (failure.kind === "stuck") return [expectingStuck(scenario, stuck)];
  const untilMs = Math.ceil(endUs / 1000) + 1;
  const settledUs = steps.find(
    ({ step, atUs }) => "settle" in (scenario.steps[step] as Step) && atUs !== undefined,
  )?.atUs;
  const before = scenario.steps.filter(
    (step) => !("settle" in step) || durationUs(step.from ?? step.at ?? "0us") < endUs,
  );
  const trimmed = { ...scenario, steps: before, expect: { violates: [] }, until: `${untilMs}ms` };
  if (settledUs === undefined) return [trimmed];
  const probed = { violates: [], stuck: durationText(untilMs - settledUs / 1000) };
  return [trimmed, { ...trimmed, expect: probed }];
}

/**
 * Returns the scenario with an expectation for every invariant that it violates. A scenario with stuck servers can
 * violate CLIENT_INVARIANTS.
 */
function expecting(scenario: Scenario, failure: Failure): Scenario {
  const run = new ScenarioRunner(scenario, { seed: BigInt(scenario.seed ?? 1), digest: false, records: false }).run();
  const own = failure.kind === "stuck" ? [] : [failure.id];
  const ids = new Set([...own, ...run.violations.map(({ id }) => id)]);
  return { ...scenario, expect: { ...scenario.expect, violates: [...ids] } };
}
