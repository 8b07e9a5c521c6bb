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
