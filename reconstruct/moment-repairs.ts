/**
 * Other moments that a difference suggests: of a message that did not arrive before a read timed out, and of a crash.
 * The search tries all of them before it draws other changes.
 */
import type { Scenario } from "../scenarios/scenario.ts";
import type { Located } from "./distance.ts";
import { anchored, holdOf, momentsOfCrash } from "./moment-steps.ts";
import type { RepairContext } from "./repair-context.ts";
import { crashesIn, readyMsOf, withStepAt, withSteps } from "./scenario-steps.ts";
import { initTimeoutMs, syncTimeoutMs, TIMED_OUT, tickMs } from "./timeouts.ts";
import type { RunMoment, Trial } from "./trial.ts";

/** The largest number of moments that are tried for one fault. */
const MOMENTS_MAX = 8;
/** The time around the presumed end of a process in which other moments are tried. */
const CRASH_RANGE_MS = 3;
/** The time after a crash from which on a difference does not come from it. */
const SETTLED_MS = 10_000;

/** Returns the scenarios that could explain the first differences, the most likely ones first. */
export function otherMoments({ moments, trial }: Pick<RepairContext, "moments" | "trial">): Scenario[] {
  const { scenario } = trial;
  const holds = trial.comparison.missing
    .filter(({ text }) => TIMED_OUT.test(text))
    .slice(0, 3)
    .flatMap((timeout) => messagesAfterLast(timeout, trial, moments))
    .map((message) => withSteps(scenario, holdOf(message)));
  return [...holds, ...crashRepairs(trial, moments)];
}

/**
 * A read that timed out shows when the last packet arrived: one limit earlier. Returns the messages to this server that
 * come next in the run.
 */
function messagesAfterLast({ atMs, server }: Located, { scenario }: Trial, moments: readonly RunMoment[]): RunMoment[] {
  const { settings } = scenario;
  return [initTimeoutMs(settings), syncTimeoutMs(settings)].flatMap((limitMs) => {
    const lastMs = atMs - limitMs;
    const next = moments.filter(
      (one) => one.to === server && one.moment.message !== "NOTIFICATION" && one.atMs >= lastMs - 3,
    );
    return next.filter((one) => one.atMs <= lastMs + tickMs(settings)).slice(0, 5);
  });
}

/** Other moments of each crash, and other fates of its unsynced writes. */
function crashRepairs({ comparison, scenario }: Trial, moments: readonly RunMoment[]): Scenario[] {
  const firstMs = Math.min(...[...comparison.missing, ...comparison.extra].map(({ atMs }) => atMs));
  return crashesIn(scenario).flatMap(({ index, step }): Scenario[] => {
    // A crash that is over long before the first difference is right.
    if (firstMs > readyMsOf(step) + SETTLED_MS) return [];
    const unsynced = step.crash.unsynced === "lost" ? "kept" : "lost";
    const other = { ...step, crash: { ...step.crash, unsynced } } as const;
    const near = momentsOfCrash(step, moments, CRASH_RANGE_MS, MOMENTS_MAX);
    return [
      withStepAt(scenario, index, other),
      ...near.flatMap((moment) => [step, other].map((one) => withStepAt(scenario, index, anchored(one, moment)))),
    ];
  });
}
