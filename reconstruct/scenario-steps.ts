/** Changes of the steps and of the end of a scenario, and the times of steps. */
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { msOf, msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";

/** A step that kills a server. */
export type CrashStep = Extract<Step, { readonly crash: unknown }>;

/** A step with its index in the scenario. */
export interface StepAt<S extends Step> {
  readonly index: number;
  readonly step: S;
}

/** Returns the scenario with more steps. */
export function withSteps(scenario: Scenario, ...steps: readonly Step[]): Scenario {
  return { ...scenario, steps: [...scenario.steps, ...steps] };
}

/** Returns the scenario with another step in place of the one at an index. */
export function withStepAt(scenario: Scenario, index: number, step: Step): Scenario {
  return { ...scenario, steps: scenario.steps.map((one, i) => (i === index ? step : one)) };
}

/** Returns the crashes of a scenario. */
export function crashesIn({ steps }: Scenario): StepAt<CrashStep>[] {
  return steps.flatMap((step, index) => ("crash" in step ? [{ index, step }] : []));
}

/** Returns the time from which on a step is ready, in milliseconds. */
export function readyMsOf({ from = "0ms" }: Step): number {
  return msOf(from);
}

/** The time after the end of the logs in which servers complete what directories show and logs do not. */
const LAST_WRITES_MS = 100;

/** Returns the time at which the run ends. */
export function endOfRun({ disks, endMs }: Pick<Evidence, "disks" | "endMs">): string {
  return msText(endMs + 1 + (disks.some(({ copied }) => copied === "after") ? LAST_WRITES_MS : 0));
}

/** Returns the scenario up to the end of the logs. */
export function withEndOf(scenario: Scenario, evidence: Pick<Evidence, "disks" | "endMs">): Scenario {
  return { ...scenario, until: endOfRun(evidence) };
}
