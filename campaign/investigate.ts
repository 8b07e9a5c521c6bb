/**
 * Turns a failing plan into a finding: shrinks it, attributes it to known bugs, explains it, and writes it as a
 * scenario file.
 */
import { attributedBugs } from "../fuzz/attribution.ts";
import type { FailedPlan } from "../fuzz/block.ts";
import { type SufficientLimits, sufficientLimits } from "../fuzz/configuration.ts";
import { type Failure, signatureOf } from "../fuzz/shrink/failure.ts";
import { shrinkScenario } from "../fuzz/shrink/shrink-scenario.ts";
import type { Violation } from "../invariants/index.ts";
import type { ReportedFinding } from "../reports/campaign.ts";
import { countOf } from "../reports/format.ts";
import { isStuck, whyStuck } from "../reports/stuck.ts";
import { LIVENESS } from "../reports/verdict.ts";
import { whyText } from "../reports/why.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { Trace } from "../sim/trace.ts";

export interface Finding extends Omit<ReportedFinding, "file" | "count"> {
  /** The text of the scenario file. */
  readonly yaml: string;
}

/**
 * Maximum number of events, in all runs together, for shrinking one plan. It allows a few seconds of work. A limit on
 * the number of runs would not bound the time, because a run with stuck servers can have many events.
 */
const SHRINK_EVENTS = { violation: 8_000_000, stuck: 1_000_000 } as const;

/** Investigates one failing plan. `maxRuns` bounds the number of runs for shrinking. */
export function investigate({ failure, scenario, seed, signature }: FailedPlan, maxRuns: number): Finding {
  const steps = shrinkScenario(scenario, failure, { maxRuns, maxEvents: SHRINK_EVENTS[failure.kind] });
  let step = steps.next();
  while (!step.done) step = steps.next();
  const shrunk = step.value;
  const small = shrunk?.scenario ?? scenario;
  return {
    ...findingOf(small, failure),
    seed: String(seed),
    shrinkRuns: shrunk?.runs ?? 0,
    shrinkComplete: shrunk?.complete ?? false,
    needsNoSeed: shrunk?.needsNoSeed ?? false,
    yaml: writeScenario(small, [`${signature}, found with seed ${seed}.`]),
  };
}

/**
 * Maximum number of events in the trace of a stuck run. Stuck servers can stay busy, so a complete trace could fill the
 * memory.
 */
const STUCK_TRACE_EVENTS = 100_000;

/**
 * Runs a scenario for a report. If servers are stuck, runs it again with a trace, which shows what the servers wait
 * for. `hasReport` returns whether a run gets a report; if it gets none, the scenario runs only once.
 */
export function runForReport(
  scenario: Scenario,
  seed: bigint,
  hasReport: (run: ScenarioRun) => boolean = () => true,
): ScenarioRun {
  const run = runScenario(scenario, { seed });
  if (!isStuck(run) || !hasReport(run)) return run;
  return runScenario(scenario, { seed, trace: new Trace({ limit: STUCK_TRACE_EVENTS }) });
}

/** Attributes the failure of a scenario to its configuration or to known bugs, and explains it. */
export function findingOf(
  scenario: Scenario,
  failure: Failure,
): Pick<Finding, "configuration" | "invariant" | "known" | "servers" | "signature" | "steps" | "why"> {
  const limits = failure.kind === "stuck" ? limitsNeededBy(scenario) : undefined;
  return {
    signature: signatureOf(failure),
    invariant: failure.kind === "stuck" ? LIVENESS : failure.id,
    known: limits === undefined ? attributedBugs(scenario, failure) : [],
    ...(limits !== undefined && { configuration: limitsText(limits) }),
    steps: scenario.steps.length,
    servers: Object.keys(scenario.servers).length,
    why: explanationOf(scenario),
  };
}

function limitsNeededBy(scenario: Scenario): SufficientLimits | undefined {
  return sufficientLimits(runScenario(scenario, { seed: BigInt(scenario.seed ?? 1), digest: false }));
}

function limitsText(limits: SufficientLimits): string {
  return Object.entries(limits)
    .map(([limit, value]) => `${limit} of at least ${countOf(value, limit === "juteMaxBuffer" ? "byte" : "tick")}`)
    .join(" and ");
}

/** Explains why a scenario fails, as text. */
export function explanationOf(scenario: Scenario): string {
  const run = failingRun(scenario);
  return run.violations.length === 0 ? whyStuck(run) : whyText(run);
}

/** Returns the traced run of a failing scenario. It ends with the last violation, or with the stuck servers. */
export function failingRun(scenario: Scenario): ScenarioRun {
  const seed = BigInt(scenario.seed ?? 1);
  const run = runForReport(scenario, seed);
  const last = run.violations.at(-1);
  if (last === undefined) return run;
  const stopAt = ({ atUs, id }: Violation): boolean => atUs === last.atUs && id === last.id;
  return runScenario(scenario, { seed, stopAt, trace: new Trace() });
}
