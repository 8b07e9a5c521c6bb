/**
 * The time limits of reads. A read that times out shows when the last packet came: one limit earlier. A server reads
 * with initLimit until it serves, and then with syncLimit (Learner#syncWithLeader, LearnerHandler#run).
 */
import { DEFAULT_SETTINGS, type Settings } from "../protocol/settings.ts";

type Limits = { readonly [K in "initLimit" | "syncLimit" | "tickTimeMs"]?: Settings[K] | undefined };

/** The message of the exception of a read that times out. */
export const TIMED_OUT = /Read timed out/;

/** Returns tickTime in milliseconds. */
export function tickMs({ tickTimeMs = DEFAULT_SETTINGS.tickTimeMs }: Limits): number {
  return tickTimeMs;
}

/** Returns initLimit in milliseconds. */
export function initTimeoutMs(limits: Limits): number {
  return (limits.initLimit ?? DEFAULT_SETTINGS.initLimit) * tickMs(limits);
}

/** Returns syncLimit in milliseconds. */
export function syncTimeoutMs(limits: Limits): number {
  return (limits.syncLimit ?? DEFAULT_SETTINGS.syncLimit) * tickMs(limits);
}
