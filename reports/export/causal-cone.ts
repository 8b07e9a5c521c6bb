/**
 * The causal cone of an event: every event that happened before it, by the vector clocks of vector-clocks.ts. An event
 * happened before another if it is the cause of the other, or if it precedes the other at the same server, or through a
 * chain of both.
 */
import type { RunEvent } from "./run-events.ts";
import { type VectorClock, vectorClocks } from "./vector-clocks.ts";

/** A link between two selected events of a cone, through any number of events that are not selected. */
export interface ConeLink {
  readonly from: number;
  readonly to: number;
  /** The last message that brought the link to the server of `to`. Undefined if no message did. */
  readonly message: RunEvent | undefined;
}

export interface Cone {
  /** The selected events, in order. The last one is the event whose cone this is. */
  readonly events: readonly RunEvent[];
  /** The links without those that a chain of other links implies. */
  readonly links: readonly ConeLink[];
}

/** Returns the causal cone of an event. The cone contains the event itself and the selected events before it. */
export function causalCone(events: readonly RunEvent[], end: RunEvent, isSelected: (event: RunEvent) => boolean): Cone {
  const past = events.slice(0, end.id + 1);
  const isShown = (event: RunEvent): boolean => event.id === end.id || isSelected(event);
  const clocks = vectorClocks(past, isShown);
  const known = clocks.get(end.id);
  const inCone = past.filter((event) => {
    const own = clocks.get(event.id)?.get(event.server);
    return own !== undefined && own <= (known?.get(event.server) ?? 0);
  });
  const ids = new Set(inCone.map(({ id }) => id));
  return { events: inCone, links: linksOf(past, clocks).filter(({ to }) => ids.has(to)) };
}

/** The latest selected event that an event knows of at a server, and the message that brought the knowledge. */
interface Known {
  readonly id: number;
  readonly message: RunEvent | undefined;
}

/** For each server, what an event knows of it. Knowledge that other entries imply is left out. */
type Frontier = ReadonlyMap<number, Known>;

/** Returns the links between the events that have a clock. */
function linksOf(events: readonly RunEvent[], clocks: ReadonlyMap<number, VectorClock>): ConeLink[] {
  const frontiers: Frontier[] = [];
  const latest = new Map<number, number>();
  const links: ConeLink[] = [];
  for (const event of events) {
    const { cause, id, kind, server } = event;
    const previous = latest.get(server);
    const arrival = kind === "deliver" ? event : undefined;
    const own = previous === undefined ? NOTHING : (frontiers[previous] as Frontier);
    const other = cause === undefined || cause === previous ? NOTHING : (frontiers[cause] as Frontier);
    const frontier = merged(own, other, arrival, (a, b) => isBefore(events, clocks, a, b));
    if (clocks.has(id)) {
      for (const { id: from, message } of frontier.values()) {
        links.push({ from, to: id, message: message?.server === server ? message : undefined });
      }
      frontiers[id] = new Map([[server, { id, message: undefined }]]);
    } else frontiers[id] = frontier;
    latest.set(server, id);
  }
  return links;
}

const NOTHING: Frontier = new Map();

/** Joins the knowledge of two events. `arrival` is the message that brought the knowledge `other`. */
function merged(
  own: Frontier,
  other: Frontier,
  arrival: RunEvent | undefined,
  isBefore: (a: number, b: number) => boolean,
): Frontier {
  if (other.size === 0) return own;
  const all = new Map(own);
  for (const [server, { id, message }] of other) {
    const known = all.get(server)?.id ?? -1;
    // Of several messages with the same knowledge, the last one names the link, because the receiver acted after it.
    if (id > known || (id === known && arrival !== undefined)) all.set(server, { id, message: arrival ?? message });
  }
  for (const [server, { id }] of all) {
    if ([...all.values()].some((one) => one.id !== id && isBefore(id, one.id))) all.delete(server);
  }
  return all;
}

function isBefore(
  events: readonly RunEvent[],
  clocks: ReadonlyMap<number, VectorClock>,
  a: number,
  b: number,
): boolean {
  const { server } = events[a] as RunEvent;
  return (clocks.get(b)?.get(server) ?? 0) >= (clocks.get(a)?.get(server) as number);
}
