/**
 * The causal cone of an event: every event that happened before it. An event happened before another if it is the
 * cause of the other, or if it precedes the other at the same server, or through a chain of both.
 */
import type { RunEvent } from "./run-events.ts";

/** A link between two selected events of a cone, through any number of events that are not selected. */
export interface ConeLink {
  readonly from: number;
  readonly to: number;
  /** The message that carried the link to another server. Undefined if the link stays at one server. */
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
  const parents = parentsOf(events, end);
  const before = reachable(parents, end.id);
  const selected = [...before]
    .sort((a, b) => a - b)
    .filter((id) => id === end.id || isSelected(events[id] as RunEvent));
  return {
    events: selected.map((id) => events[id] as RunEvent),
    links: new Links(events, parents, new Set(selected)).of(selected),
  };
}

type Parents = ReadonlyMap<number, readonly number[]>;

/** Returns the direct predecessors of each event: its cause, and the event before it at the same server. */
function parentsOf(events: readonly RunEvent[], end: RunEvent): Parents {
  const latest = new Map<number, number>();
  const parents = new Map<number, readonly number[]>();
  for (const { cause, id, server } of events.slice(0, end.id + 1)) {
    const previous = server < 0 ? undefined : latest.get(server);
    parents.set(
      id,
      [...new Set([cause, previous])].filter((one) => one !== undefined),
    );
    latest.set(server, id);
  }
  return parents;
}

function reachable(parents: Parents, from: number): Set<number> {
  const seen = new Set([from]);
  // A set can grow while it is iterated.
  for (const id of seen) for (const parent of parents.get(id) ?? []) seen.add(parent);
  return seen;
}

class Links {
  private readonly events: readonly RunEvent[];
  private readonly parents: Parents;
  private readonly selected: ReadonlySet<number>;
  /** For each selected event, the selected events before it. */
  private readonly before = new Map<number, ReadonlySet<number>>();

  constructor(events: readonly RunEvent[], parents: Parents, selected: ReadonlySet<number>) {
    this.events = events;
    this.parents = parents;
    this.selected = selected;
  }

  /** Returns the links to the given events, which must be in order. */
  of(selected: readonly number[]): ConeLink[] {
    return selected.flatMap((to) => {
      const nearest = this.nearest(to);
      const before = new Set(nearest.keys());
      for (const id of nearest.keys()) for (const earlier of this.before.get(id) ?? []) before.add(earlier);
      this.before.set(to, before);
      const isImplied = (id: number): boolean => [...nearest.keys()].some((one) => this.before.get(one)?.has(id));
      return [...nearest].filter(([from]) => !isImplied(from)).map(([from, message]) => ({ from, to, message }));
    });
  }

  /** Returns the nearest selected events before an event, each with the last message on the way from it. */
  private nearest(to: number): Map<number, RunEvent | undefined> {
    const receiver = this.events[to]?.server;
    const found = new Map<number, RunEvent | undefined>();
    const seen = new Set<number>();
    const queue: [id: number, message: RunEvent | undefined][] = [[to, undefined]];
    for (const [id, message] of queue) {
      for (const parent of this.parents.get(id) ?? []) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        const event = this.events[id] as RunEvent;
        const isArrival = event.kind === "deliver" && event.cause === parent && event.server === receiver;
        const carried = message ?? (isArrival ? event : undefined);
        if (this.selected.has(parent)) found.set(parent, carried);
        else queue.push([parent, carried]);
      }
    }
    return found;
  }
}
