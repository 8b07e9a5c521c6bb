/** Durations in the notation of scenario files (`200ms`) and ranges of durations to draw from (`0.2ms..1ms`). */
import { parseDuration } from "./time.ts";

export interface DurationRange {
  readonly minUs: number;
  readonly maxUs: number;
}

/** One day: the longest duration that a scenario accepts. */
export const DURATION_MAX_US = 86_400_000_000;

/** Parses a duration or a range of durations. Returns undefined for any other text, or if the start exceeds the end. */
export function parseDurationRange(text: string): DurationRange | undefined {
  const [min, max, more] = text.split("..").map((end) => parseDuration(end.trim()));
  if (min === undefined || more !== undefined) return undefined;
  const maxUs = text.includes("..") ? max : min;
  return maxUs === undefined || maxUs < min ? undefined : { minUs: min, maxUs };
}

/** Writes milliseconds in the notation of scenario files. */
export function durationText(ms: number): string {
  return ms >= 1000 ? `${Math.round(ms) / 1000}s` : `${ms}ms`;
}
