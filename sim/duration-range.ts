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
  const dots = text.indexOf("..");
  const minUs = parseDuration(dots < 0 ? text : text.slice(0, dots));
  const maxUs = dots < 0 ? minUs : parseDuration(text.slice(dots + "..".length));
  return minUs === undefined || maxUs === undefined || maxUs < minUs ? undefined : { minUs, maxUs };
}

/** Writes milliseconds in the notation of scenario files. */
export function durationText(ms: number): string {
  return ms >= 1000 ? `${Math.round(ms) / 1000}s` : `${ms}ms`;
}
