/**
 * Odds: how often a violation follows from a moment of a run, if the rest of the run draws other random numbers. The
 * odds over the moments of a run show when a failure became inevitable.
 */
import { executeTo } from "./branch.ts";
import type { Recording } from "./recording.ts";

/** Of `runs` continuations from an event, the number in which an invariant is violated. */
export interface Odds {
  readonly event: number;
  readonly runs: number;
  readonly violated: number;
}

/**
 * Continues the run from an event with other random numbers. Returns whether the continuation violates an invariant
 * that the recorded run violates, or any invariant if the recorded run violates none.
 */
export function continuationViolates(recording: Recording, event: number, seed: number): boolean {
  const ids = new Set(recording.violations.map(({ id }) => id));
  const counts = ({ id }: { readonly id: (typeof recording.violations)[number]["id"] }): boolean =>
    ids.size === 0 || ids.has(id);
  const runner = executeTo(recording, event, { stopAt: counts, digest: false, records: false });
  runner.cluster.world.random.reseed(`continuation ${seed} of ${recording.options.seed}`);
  return runner.run().violations.some(counts);
}

/** Returns up to `count` events that divide the run, up to its first violation, into equal parts. */
export function momentsOf(recording: Recording, shown: Int32Array, count: number): readonly number[] {
  const end = recording.violations.length > 0 ? recording.eventOfViolation(0) : recording.length;
  const before = [...shown].filter((event) => event > 0 && event <= end);
  const size = Math.min(count, before.length);
  return Array.from(
    { length: size },
    (_, i) => before[Math.round((i * (before.length - 1)) / Math.max(1, size - 1))] as number,
  );
}

/** Returns the half-width of the 95 % confidence interval (Wilson) of odds, in percentage points. */
export function errorPoints({ runs, violated }: Odds): number {
  const z = 1.96;
  const p = violated / runs;
  const half = (z / (1 + (z * z) / runs)) * Math.sqrt((p * (1 - p)) / runs + (z * z) / (4 * runs * runs));
  return Math.round(100 * half);
}

/**
 * Returns the next event whose odds are worth computing: the middle of the two neighboring points between which the
 * odds jump most, or of the two points between which the violation becomes inevitable. Undefined if both pairs are next
 * to each other in `shown`. The points are sorted by event.
 */
export function refinement(points: readonly Odds[], shown: Int32Array): number | undefined {
  const jumps = points.map((odds, i) => (i === 0 ? -1 : Math.abs(rate(odds) - rate(points[i - 1] as Odds))));
  const steepest = jumps.indexOf(Math.max(...jumps));
  const certain = firstCertain(points);
  for (const index of [steepest, certain]) {
    const [from, to] = [points[index - 1], points[index]];
    if (from === undefined || to === undefined || rate(from) === rate(to)) continue;
    const between = [...shown].filter((event) => event > from.event && event < to.event);
    if (between.length > 0) return between[between.length >> 1];
  }
  return undefined;
}

/**
 * Returns the first event from which every continuation violates an invariant. Undefined if there is none, or if an
 * event between this point and the point before it has no odds yet.
 */
export function inevitableFrom(points: readonly Odds[], shown: Int32Array): number | undefined {
  const index = firstCertain(points);
  const [before, first] = [points[index - 1], points[index]];
  if (before === undefined || first === undefined) return undefined;
  return shown.some((event) => event > before.event && event < first.event) ? undefined : first.event;
}

/** Returns what the odds say, as one sentence. There is at least one point; the points are sorted by event. */
export function oddsSentence(points: readonly Odds[], shown: Int32Array, isExpected: boolean): string {
  const what = isExpected ? "the violation" : "a violation";
  const certain = inevitableFrom(points, shown);
  if (certain !== undefined) return `From event ${certain} on, ${what} is inevitable: it follows every time.`;
  const [first] = points as readonly [Odds];
  if (points.every(({ violated }) => violated === 0)) {
    return `${what} follows in none of the continuations.`.replace(/^./, (letter) => letter.toUpperCase());
  }
  if (points.every((odds) => rate(odds) === rate(first))) {
    const where = points.length === 1 ? `From event ${first.event} on` : "From every moment on";
    return `${where}, ${what} follows in ${percent(first)} of the continuations.`;
  }
  const jumps = points.slice(1).map((odds, i) => rate(odds) - rate(points[i] as Odds));
  const steepest = jumps.indexOf(Math.max(...jumps)) + 1;
  const [before, after] = [points[steepest - 1] as Odds, points[steepest] as Odds];
  return (
    `The odds of ${what} rise most between event ${before.event} (${percent(before)}) ` +
    `and event ${after.event} (${percent(after)}).`
  );
}

/** Returns odds in percent, such as `94 %`. */
export function percent(odds: Odds): string {
  return `${Math.round(100 * rate(odds))} %`;
}

/** Returns the index of the first point from which all points are 100 %; the number of points if there is none. */
function firstCertain(points: readonly Odds[]): number {
  return points.findLastIndex(({ runs, violated }) => violated < runs) + 1;
}

function rate({ runs, violated }: Odds): number {
  return violated / runs;
}
