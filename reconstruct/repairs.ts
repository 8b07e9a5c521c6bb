/**
 * Changes that the difference between a run and the logs suggests directly. The search tries all of them before it
 * draws others.
 */
import type { Scenario, Step } from "../scenarios/scenario.ts";
import type { Located } from "./distance.ts";
import { msOf, msText } from "./durations.ts";
import type { RunMoment, Trial } from "./trial.ts";

/** The largest number of moments that are tried for one fault. */
const MOMENTS_MAX = 8;
/** The time before a moment at which a step that waits for it becomes ready. */
export const READY_MS = 0.02;
/** The time around the presumed end of a process in which other moments are tried. */
const CRASH_RANGE_MS = 3;

/** Returns the scenarios that could explain the first differences, the most likely ones first. */
export function repairsOf(trial: Trial, moments: readonly RunMoment[]): Scenario[] {
  const { scenario } = trial;
  const withStep = (step: Step): Scenario => ({ ...scenario, steps: [...scenario.steps, step] });
  const holds = trial.comparison.missing
    .filter(({ text }) => text.includes("Read timed out"))
    .slice(0, 3)
    .flatMap((timeout) => messagesAfterLast(timeout, trial, moments).map(holdOf).map(withStep));
  return [...holds, ...crashRepairs(trial, moments)];
}

/** Holds a message when it is sent. */
export function holdOf(moment: RunMoment): Step {
  return { from: msText(moment.atMs - READY_MS), hold: { match: matchOf(moment), count: 1 } };
}

/** Returns what matches a message. */
export function matchOf({ moment: { from, message, to } }: RunMoment): { type: string; from: never; to: never } {
  return { type: message as string, from: from as never, to: to as never };
}

/**
 * A read that timed out shows when the last packet arrived: one limit earlier. Returns the messages to this server that
 * come next in the run.
 */
function messagesAfterLast({ atMs, server }: Located, { scenario }: Trial, moments: readonly RunMoment[]): RunMoment[] {
  const { initLimit = 10, syncLimit = 5, tickTimeMs = 2000 } = scenario.settings;
  return [initLimit, syncLimit].flatMap((limit) => {
    const lastMs = atMs - limit * tickTimeMs;
    const next = moments.filter(
      (one) => one.to === server && one.moment.message !== "NOTIFICATION" && one.atMs >= lastMs - 3,
    );
    return next.filter((one) => one.atMs <= lastMs + tickTimeMs).slice(0, 5);
  });
}

/** Other moments of each crash, and other fates of its unsynced writes. */
function crashRepairs({ comparison, scenario }: Trial, moments: readonly RunMoment[]): Scenario[] {
  const firstMs = Math.min(...[...comparison.missing, ...comparison.extra].map(({ atMs }) => atMs));
  const replaced = (index: number, step: Step): Scenario => ({
    ...scenario,
    steps: scenario.steps.map((one, i) => (i === index ? step : one)),
  });
  return scenario.steps.flatMap((step, index): Scenario[] => {
    if (!("crash" in step)) return [];
    const { server, unsynced } = step.crash;
    const other = {
      ...step,
      crash: { ...step.crash, unsynced: unsynced === "lost" ? ("kept" as const) : ("lost" as const) },
    };
    const atMs = msOf(step.from ?? "0ms");
    // A crash that is over long before the first difference is right.
    if (firstMs > atMs + 10_000) return [];
    const near = moments
      .filter((one) => Math.abs(one.atMs - atMs) <= CRASH_RANGE_MS && (one.server === server || one.to === server))
      .sort((a, b) => Math.abs(a.atMs - atMs) - Math.abs(b.atMs - atMs))
      .slice(0, MOMENTS_MAX);
    return [
      replaced(index, other),
      ...near.flatMap((moment) => [step, other].map((one) => replaced(index, anchored(one, moment)))),
    ];
  });
}

/** Returns a crash at a moment. A message to the server is one that arrives there. */
export function anchored(step: Step & { readonly crash: { readonly server: unknown } }, moment: RunMoment): Step {
  const { from: _from, when: _when, ...action } = step;
  const arrives = moment.to === step.crash.server;
  const when = arrives ? { ...moment.moment, on: "delivered" as const } : moment.moment;
  return { from: msText(moment.atMs - READY_MS), when, ...action } as Step;
}
