/**
 * The kinds of events that a world dispatches, as small integers for a switch, and their names.
 *
 * The module that pushes an event defines the meaning of the event's `a`, `b` and `payload`: node.ts for timer and
 * drain, tcp.ts for arrival, tcp-timers.ts for retransmission and keep-alive, datagrams.ts for datagram, disk.ts for
 * disk, and world.ts for script and user.
 */

export const SCRIPT_EVENT = 0;
export const TIMER_EVENT = 1;
export const ARRIVAL_EVENT = 2;
export const DATAGRAM_EVENT = 3;
export const DISK_EVENT = 4;
export const DRAIN_EVENT = 5;
/**
 * The host of a paused node accepted a connection. This event exists only as a deferred event of a node, never in the
 * queue.
 */
export const ACCEPT_EVENT = 6;
/** The retransmission timeout of one direction of a connection has expired. */
export const RETRANSMISSION_EVENT = 7;
/** A connection with keep-alive may have been silent for too long. */
export const KEEP_ALIVE_EVENT = 8;
/** The first kind that users define: see `World.schedule` and `World.onUserEvent`. */
export const USER_EVENT = 64;

const NAMES = ["script", "timer", "arrival", "datagram", "disk", "drain", "accept", "retransmission", "keep-alive"];

/**
 * Returns the name of a kind of event, such as `timer`, or `user 64` for a kind that the user of this package defines.
 */
export function eventKindName(kind: number): string {
  return NAMES[kind] ?? `user ${kind}`;
}
