/**
 * Selects the events that an export contains. A selection never changes the run, and the events keep their numbers and
 * their causes.
 */
import type { RunEvent } from "./run-events.ts";

/** An absent field selects every event, except for `only`: its default depends on the format. */
export interface EventFilter {
  /** The earliest virtual time, in microseconds. */
  readonly fromUs?: number | undefined;
  /** The latest virtual time, in microseconds. */
  readonly untilUs?: number | undefined;
  /** The servers whose events are selected. Steps of the scenario are selected in any case. */
  readonly servers?: readonly number[] | undefined;
  /** The kinds of event. */
  readonly only?: readonly string[] | undefined;
}

/** Returns a function that tests whether an event is selected. `isDefault` decides if the filter names no kinds. */
export function selector(
  { fromUs = 0, only, servers, untilUs = Number.POSITIVE_INFINITY }: EventFilter,
  isDefault: (event: RunEvent) => boolean,
): (event: RunEvent) => boolean {
  return (event) => {
    if (event.atUs < fromUs || event.atUs > untilUs) return false;
    if (servers !== undefined && event.server >= 0 && !servers.includes(event.server)) return false;
    return only === undefined ? isDefault(event) : only.includes(event.kind);
  };
}
