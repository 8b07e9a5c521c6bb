/** Runs one plan and returns the part of the result that a campaign needs. */

import { CLIENT_INVARIANTS, type Violation } from "../invariants/index.ts";
import { ScenarioRunner } from "../scenarios/run.ts";
import type { Coverage } from "./coverage.ts";
import type { Plan } from "./plan.ts";
import { type Failure, failureOf } from "./shrink/failure.ts";

/** The result of running a plan. */
export interface PlanOutcome {
  /** How the run failed; undefined if it did not fail. */
  readonly failure: Failure | undefined;
  /** Number of handled events. */
  readonly events: number;
  /** The virtual time at the end of the run, in microseconds. */
  readonly endUs: number;
  /** For each kind of fault, and for writes: the number of injections, and the number of those with an effect. */
  readonly faults: ReadonlyMap<string, FaultCount>;
  /**
   * The virtual time from the end of all faults until all settled servers served, in microseconds. Undefined if the run
   * did not measure it or the servers did not serve again.
   */
  readonly recoveryUs: number | undefined;
}

/** How often a kind of fault was injected. */
export interface FaultCount {
  /** Number of injections. */
  struck: number;
  /** Number of injections with an effect. */
  tookEffect: number;
}

const NOT_FAULTS: ReadonlySet<string> = new Set(["settle", "script", "join"]);

/**
 * Runs the plan up to its first violation that has an effect on servers, or to its end. `coverage`, if given, counts
 * the features that the run reaches.
 */
export function runPlan({ scenario, kinds }: Plan, coverage: Coverage | undefined): PlanOutcome {
  const seed = BigInt(scenario.seed ?? 1);
  const records = coverage === undefined;
  const stopAt = ({ id }: Violation): boolean => !CLIENT_INVARIANTS.has(id);
  const run = new ScenarioRunner(scenario, { seed, digest: false, stopAt, records, coverage }).run();
  const faults = new Map<string, FaultCount>();
  for (const { step, atUs, effect } of run.steps) {
    const kind = kinds[step] as string;
    if (atUs === undefined || NOT_FAULTS.has(kind)) continue;
    const count = faults.get(kind) ?? { struck: 0, tookEffect: 0 };
    faults.set(kind, count);
    count.struck++;
    if (effect?.count === 0) continue;
    count.tookEffect++;
    if (kind !== "write") coverage?.faultTookEffect(kind);
  }
  const { events, endUs, liveness } = run;
  const recoveryUs = liveness?.liveUs === undefined ? undefined : liveness.liveUs - liveness.settledUs;
  return { failure: failureOf(run), events, endUs, faults, recoveryUs };
}
