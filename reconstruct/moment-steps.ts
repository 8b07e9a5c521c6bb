/** Faults at a moment of a run: a step becomes ready just before the moment, and waits for it. */
import type { Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { type CrashStep, readyMsOf } from "./scenario-steps.ts";
import type { RunMoment } from "./trial.ts";

/** The time before a moment at which a step that waits for it becomes ready. */
export const READY_MS = 0.02;

/** Returns the time at which a step that waits for a moment becomes ready. */
export function readyAt({ atMs }: RunMoment): string {
  return msText(atMs - READY_MS);
}

/** Returns what matches a message. */
export function matchOf({ moment: { from, message, to } }: RunMoment): { type: string; from: never; to: never } {
  return { type: message as string, from: from as never, to: to as never };
}

/** Holds a message when it is sent. */
export function holdOf(moment: RunMoment): Step {
  return { from: readyAt(moment), hold: { match: matchOf(moment), count: 1 } };
}

/** Delays a message when it is sent. */
export function delayOf(moment: RunMoment, ms: number): Step {
  return { from: readyAt(moment), delay: { match: matchOf(moment), by: msText(ms), count: 1 } };
}

/** Returns a crash at a moment. A message to the server is one that arrives there. */
export function anchored(step: CrashStep, moment: RunMoment): Step {
  const { from: _from, when: _when, ...action } = step;
  const arrives = moment.to === step.crash.server;
  const when = arrives ? { ...moment.moment, on: "delivered" as const } : moment.moment;
  return { from: readyAt(moment), when, ...action } as Step;
}

/** Returns other moments at which a crash can have happened: at most `count`, the nearest ones first. */
export function momentsOfCrash(
  step: CrashStep,
  moments: readonly RunMoment[],
  rangeMs: number,
  count: number,
): RunMoment[] {
  const crashMs = readyMsOf(step);
  const { server } = step.crash;
  const awayMs = ({ atMs }: RunMoment): number => Math.abs(atMs - crashMs);
  return moments
    .filter((one) => awayMs(one) <= rangeMs && (one.server === server || one.to === server))
    .sort((a, b) => awayMs(a) - awayMs(b))
    .slice(0, count);
}
