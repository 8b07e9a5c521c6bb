/** What a drawn change may read, and what it draws again and again: a server, a moment, a duration. */
import { asServerId, type ServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Random } from "../sim/random.ts";
import type { Located } from "./distance.ts";
import { msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import type { RunMoment, Trial } from "./trial.ts";

/** What a change may read. */
export interface MutationContext {
  readonly trial: Trial;
  /** The moments of the run of the trial. */
  readonly moments: readonly RunMoment[];
  readonly random: Random;
  readonly evidence: Evidence;
  /** The difference that the change is to explain. Undefined if the run shows all that the logs show. */
  readonly focus: Located | undefined;
}

export function pickOne<T>(random: Random, items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : random.pick(items);
}

/** Returns the server of the difference with a probability of `share`, or any server. */
export function pickServer({ focus, random, trial }: MutationContext, share: number): ServerId {
  const isFocus = random.chance(share) && focus !== undefined;
  return isFocus ? asServerId(focus.server) : random.pick(serverIdsOf(trial.scenario.servers));
}

/** Returns the time of the difference, or any time of the run. */
export function focusMs({ evidence, focus, random }: MutationContext): number {
  return focus?.atMs ?? random.u01() * evidence.endMs;
}

const LOOK_BACK_MS = [1, 3, 10, 30, 120, 500];

/** Returns a moment shortly before the difference. */
export function momentNear(
  context: MutationContext,
  accepts: (moment: RunMoment) => boolean,
  atMs = focusMs(context),
): RunMoment | undefined {
  const back = context.random.pick(LOOK_BACK_MS);
  const near = context.moments.filter((one) => one.atMs >= atMs - back && one.atMs <= atMs + 0.6 && accepts(one));
  return pickOne(context.random, near);
}

/** Returns a duration: short, long, or without an end. */
export function durationOf({ random }: MutationContext): { for?: string } {
  if (random.chance(0.35)) return {};
  return { for: msText(random.pick([2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]) * (0.5 + random.u01())) };
}
