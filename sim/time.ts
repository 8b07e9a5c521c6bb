/**
 * Virtual time: an integer number of microseconds since the start of a run.
 *
 * A plain number is cheap on the hot path, and 2^53 us are 285 years. There is no calendar and no time zone, and no
 * code of the simulator reads a real clock.
 */

/** A virtual time or duration: whole microseconds. */
export type SimTime = number;

/** One millisecond in microseconds. */
export const MS: SimTime = 1_000;
/** One second in microseconds. */
export const SECOND: SimTime = 1_000_000;

const UNIT_US: Readonly<Record<string, number>> = { us: 1, ms: MS, s: SECOND, m: 60 * SECOND, h: 3600 * SECOND };

/** Formats a time as seconds with six decimals and without a unit, so that columns line up: `0.004120`, `12.000000`. */
export function formatTime(timeUs: SimTime): string {
  if (!Number.isFinite(timeUs)) return String(timeUs);
  const sign = timeUs < 0 ? "-" : "";
  const wholeUs = Math.round(Math.abs(timeUs));
  const seconds = Math.floor(wholeUs / SECOND);
  return `${sign}${seconds}.${String(wholeUs - seconds * SECOND).padStart(6, "0")}`;
}

/** Parses `30us`, `200ms`, `1.5s`, `2m` or `1h`. Returns whole microseconds; undefined for any other text. */
export function parseDuration(text: string): SimTime | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|h)\s*$/.exec(text);
  if (match === null) return undefined;
  const durationUs = Math.round(Number(match[1]) * (UNIT_US[match[2] as string] as number));
  return Number.isSafeInteger(durationUs) ? durationUs : undefined;
}

/** Parses a duration that the scenario loader has checked. Returns microseconds. */
export function durationUs(text: string): number {
  return parseDuration(text) ?? 0;
}
