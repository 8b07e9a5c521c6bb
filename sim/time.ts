/**
 * Virtual time: an integer number of microseconds since the start of a run.
 *
 * A plain number, so that it costs nothing on the hot path: 2^53 us are 285 years. There is no calendar and no time
 * zone, and nothing here reads a real clock.
 */

export type SimTime = number;

export const MS: SimTime = 1_000;
export const SECOND: SimTime = 1_000_000;

const UNIT_US: Readonly<Record<string, number>> = { us: 1, ms: MS, s: SECOND, m: 60 * SECOND, h: 3600 * SECOND };

/** Seconds with six decimals and no unit, so that a column of them lines up: `0.004120`, `12.000000`. */
export function formatTime(timeUs: SimTime): string {
  if (!Number.isFinite(timeUs)) return String(timeUs);
  const sign = timeUs < 0 ? "-" : "";
  const wholeUs = Math.round(Math.abs(timeUs));
  const seconds = Math.floor(wholeUs / SECOND);
  return `${sign}${seconds}.${String(wholeUs - seconds * SECOND).padStart(6, "0")}`;
}

/** `200ms`, `1.5s`, `2m`, `30us`, `1h` in microseconds (rounded to whole ones); undefined when it is none of these. */
export function parseDuration(text: string): SimTime | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|h)\s*$/.exec(text);
  if (match === null) return undefined;
  const durationUs = Math.round(Number(match[1]) * (UNIT_US[match[2] ?? ""] ?? Number.NaN));
  return Number.isSafeInteger(durationUs) ? durationUs : undefined;
}

/** A duration that a loaded scenario is known to hold. */
export function durationUs(text: string): number {
  return parseDuration(text) ?? 0;
}
