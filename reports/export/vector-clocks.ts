/**
 * The vector clocks of the events of a run. One event happened before another if the run links them: through the order
 * of the events at one server, through a cause, or through a chain of both.
 */
import type { RunEvent } from "./run-events.ts";

/** For each server (-1: the scenario), the number of its selected events that an event knows about, itself included. */
export type VectorClock = ReadonlyMap<number, number>;

/**
 * Returns the clocks of the selected events, by the number of the event. An event that is not selected counts at no
 * server, but it still passes on what its causes know.
 */
export function vectorClocks(
  events: readonly RunEvent[],
  isSelected: (event: RunEvent) => boolean,
): ReadonlyMap<number, VectorClock> {
  const known: VectorClock[] = [];
  const latest = new Map<number, VectorClock>();
  const clocks = new Map<number, VectorClock>();
  for (const event of events) {
    const { cause, id, server } = event;
    const clock = new Map(latest.get(server));
    for (const [host, count] of (cause === undefined ? undefined : known[cause]) ?? []) {
      clock.set(host, Math.max(count, clock.get(host) ?? 0));
    }
    if (isSelected(event)) {
      clock.set(server, (clock.get(server) ?? 0) + 1);
      clocks.set(id, clock);
    }
    known[id] = clock;
    latest.set(server, clock);
  }
  return clocks;
}
