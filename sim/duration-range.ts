/** Durations as scenario files write them, `200ms`, and ranges of them, `0.2ms..1ms`, from which the world draws. */
import { parseDuration } from "./time.ts";

export interface DurationRange {
  readonly minUs: number;
  readonly maxUs: number;
}

/** A day. Times of this size stay exact, and nothing in the protocol waits longer. */
export const DURATION_MAX_US = 86_400_000_000;

/** The range, one duration being a range of its own; undefined for anything else, and for one that runs backwards. */
export function parseDurationRange(text: string): DurationRange | undefined {
  const [min, max, more] = text.split("..").map((end) => parseDuration(end.trim()));
  if (min === undefined || more !== undefined) return undefined;
  const maxUs = text.includes("..") ? max : min;
  return maxUs === undefined || maxUs < min ? undefined : { minUs: min, maxUs };
}

/** Milliseconds as scenario files write them. */
export function durationText(ms: number): string {
  return ms >= 1000 ? `${Math.round(ms) / 1000}s` : `${ms}ms`;
}
