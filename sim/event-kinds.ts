/**
 * The kinds of events that a world dispatches, as small integers for a switch, and their names.
 *
 * The meaning of an event's `a`, `b` and `payload` belongs to the facility that pushes it: see node.ts (timer, drain),
 * streams.ts (arrival), datagrams.ts (datagram), disk.ts (disk), world.ts (script, user).
 */

export const SCRIPT_EVENT = 0;
export const TIMER_EVENT = 1;
export const ARRIVAL_EVENT = 2;
export const DATAGRAM_EVENT = 3;
export const DISK_EVENT = 4;
export const DRAIN_EVENT = 5;
/** A connection that the host of a paused node accepted. Exists only as a deferred event, never in the queue. */
export const ACCEPT_EVENT = 6;
/** The first kind that users define: see `World.schedule` and `World.onUserEvent`. */
export const USER_EVENT = 64;

const NAMES = ["script", "timer", "arrival", "datagram", "disk", "drain", "accept"];

export function eventKindName(kind: number): string {
  return NAMES[kind] ?? `user ${kind}`;
}
