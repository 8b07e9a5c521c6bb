/**
 * The smallest scenario that still fails in the same way, and that needs no seed if it can be helped.
 */
import { type ShrinkProgress, shrinkStepwise } from "../../sim/index.ts";
import { durationUs } from "../cluster.ts";
import type { Scenario } from "../scenario.ts";
import { type Failure, runFor } from "./failure.ts";
import { PASSES } from "./simpler.ts";

export interface ShrinkScenarioOptions {
  readonly maxRuns: number;
  /** Asked after each run; true ends the shrinking. */
  readonly stop?: (progress: ShrinkProgress<Scenario>) => boolean;
}

export interface ShrunkScenario {
  readonly scenario: Scenario;
  readonly runs: number;
  /** Nothing simpler was found any more. */
  readonly complete: boolean;
  /** It fails with other seeds, too. */
  readonly needsNoSeed: boolean;
}

const OTHER_SEEDS = [1n, 2n, 3n, 4n] as const;

/** Undefined if the scenario does not fail so. Yields after each run. */
export function* shrinkScenario(
  start: Scenario,
  failure: Failure,
  { maxRuns, stop }: ShrinkScenarioOptions,
): Generator<ShrinkProgress<Scenario>, ShrunkScenario | undefined> {
  const seed = BigInt(start.seed ?? 1);
  const first = runFor(start, failure, seed);
  if (first === undefined) return undefined;
  const { about: _about, ...rest } = start;
  const trimmed = trim({ ...rest, about: "", expect: { violates: [] } }, failure, first.endUs);
  const fails = (candidate: Scenario): boolean => runFor(candidate, failure, seed) !== undefined;
  const shrunk = yield* shrinkStepwise(fails(trimmed) ? trimmed : start, {
    passes: PASSES,
    fails,
    maxRuns,
    ...(stop === undefined ? {} : { stop }),
  });
  const last = runFor(shrunk.value, failure, seed);
  const { seed: _seed, ...seedless } = trim(
    shrunk.value,
    failure,
    last?.endUs ?? durationUs(shrunk.value.until ?? "120s"),
  );
  const needsNoSeed = OTHER_SEEDS.every((other) => runFor(seedless, failure, other) !== undefined);
  const scenario = expecting({ ...seedless, ...(needsNoSeed ? {} : { seed: String(seed) }) }, failure);
  return { scenario, runs: shrunk.runs, complete: shrunk.complete, needsNoSeed };
}

/** A violation needs neither what comes after it nor a settling. */
function trim(scenario: Scenario, failure: Failure, endUs: number): Scenario {
  if (failure.kind === "stuck") return { ...scenario, expect: { ...scenario.expect, stuck: STUCK } };
  const steps = scenario.steps.filter(
    (step) => !("settle" in step) || durationUs(step.from ?? step.at ?? "0us") < endUs,
  );
  // Rounded up, and a little more: another seed may take longer.
  return { ...scenario, steps, until: `${Math.ceil(endUs / 1_000_000) + 1}s` };
}

/** As long as plans are given to come back to life. */
const STUCK = "120s";

function expecting(scenario: Scenario, failure: Failure): Scenario {
  if (failure.kind === "stuck") return { ...scenario, expect: { violates: [], stuck: STUCK } };
  return { ...scenario, expect: { violates: [failure.id] } };
}
