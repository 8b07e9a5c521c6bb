/**
 * The messages in flight, and what a script does with one of them: lose it, delay it, or deliver it now.
 *
 * A stream keeps its order. If a message of a stream is lost, no later message of its direction arrives. If it is
 * delayed, the later ones wait for it. If it is delivered now, the earlier ones are, too. rules.ts decides about
 * messages that are not sent yet.
 */

import { AWAITS_NOTHING, DATA, type Direction } from "./connection.ts";
import type { Datagrams } from "./datagrams.ts";
import { ARRIVAL_EVENT, DATAGRAM_EVENT } from "./event-kinds.ts";
import type { Kernel } from "./kernel.ts";
import { createRule } from "./rules.ts";
import type { Tcp } from "./tcp.ts";
import type { SimTime } from "./time.ts";

/** A message that was sent and has neither arrived nor been lost. */
export interface InFlight<M> {
  /** The node that sent it. */
  readonly from: number;
  /** The node that it goes to. */
  readonly to: number;
  /** The id of the connection; 0 for a datagram. */
  readonly conn: number;
  /** The message. */
  readonly message: M;
  /** The time at which the message arrives; undefined while it is held. */
  readonly dueUs: number | undefined;
}

/** What happens to a message in flight. */
export type InFlightVerdict =
  | { readonly kind: "drop" }
  | { readonly kind: "delay"; readonly byUs: number }
  | { readonly kind: "deliver" };

/** The place of a message in flight: in a direction of a stream, or in the event queue. */
type Place<M> =
  | { readonly direction: Direction<M>; readonly index: number }
  | { readonly sequence: number; readonly port: number; readonly cause: number }
  | undefined;

/** A message in flight with its place; the place is undefined for a datagram that a clog or a rule holds. */
export interface Located<M> extends InFlight<M> {
  readonly place: Place<M>;
}

/** Returns the messages in flight: those of streams by connection, then datagrams by time, then held datagrams. */
export function messagesInFlight<M>({ queue }: Kernel, tcp: Tcp<M>, datagrams: Datagrams<M>): Located<M>[] {
  const found: Located<M>[] = [];
  tcp.each(({ id, forward, backward }) => {
    for (const direction of [forward, backward]) {
      const { from, length, to } = direction;
      for (let index = 0; index < length; index++) {
        const { kind, message, dueUs } = direction.at(index);
        if (kind !== DATA) continue;
        const due = index < direction.scheduled ? dueUs : undefined;
        found.push({ from, to, conn: id, message: message as M, dueUs: due, place: { direction, index } });
      }
    }
  });
  const flying: (Located<M> & { readonly dueUs: number; readonly sequence: number })[] = [];
  queue.visit((dueUs, to, kind, from, port, message, sequence, cause) => {
    if (kind !== DATAGRAM_EVENT || datagrams.revoked.has(sequence)) return;
    flying.push({ from, to, conn: 0, message: message as M, dueUs, sequence, place: { sequence, port, cause } });
  });
  flying.sort((a, b) => a.dueUs - b.dueUs || a.from - b.from || a.to - b.to || a.sequence - b.sequence);
  for (const { sequence: _sequence, ...rest } of flying) found.push(rest);
  datagrams.eachHeld(({ from, to }, message) => {
    found.push({ from, to, conn: 0, message, dueUs: undefined, place: undefined });
  });
  return found;
}

/** Applies a verdict to a message in flight. Returns false if it is impossible, because a fault holds the message. */
export function decideInFlight<M>(
  kernel: Kernel,
  tcp: Tcp<M>,
  datagrams: Datagrams<M>,
  { from, message, place, to, ...rest }: Located<M>,
  verdict: InFlightVerdict,
): boolean {
  if (place === undefined) return false;
  if (verdict.kind === "drop") kernel.trace?.record("drop", from, to, rest.conn, message);
  if ("direction" in place) return decideOnStream(kernel, tcp, place.direction, place.index, verdict);
  const dueUs = (rest.dueUs as SimTime) + (verdict.kind === "delay" ? verdict.byUs : 0);
  datagrams.revoke(place.sequence, from, to);
  if (verdict.kind === "drop") return true;
  datagrams.relaunch(verdict.kind === "deliver" ? kernel.nowUs : dueUs, from, to, place.port, message, place.cause);
  return true;
}

function decideOnStream<M>(
  { nowUs, queue }: Kernel,
  tcp: Tcp<M>,
  direction: Direction<M>,
  index: number,
  verdict: InFlightVerdict,
): boolean {
  const isFlying = index < direction.scheduled;
  if (verdict.kind === "deliver" && (direction.link.blocked || direction.awaits !== AWAITS_NOTHING)) return false;
  if (!isFlying && verdict.kind === "delay") {
    direction.at(index).extraUs += verdict.byUs;
    return true;
  }
  const before = direction.scheduled;
  direction.recall();
  if (verdict.kind === "drop") {
    direction.scheduled = index;
    direction.clearUnscheduled();
    direction.scheduled = Math.min(before, index);
    direction.droppedBy ??= createRule(() => false, { kind: "drop" }, 0);
    tcp.timers.watch(direction);
  } else direction.scheduled = Math.max(before, verdict.kind === "deliver" ? index + 1 : 0);
  for (let position = 0; position < direction.scheduled; position++) {
    const parcel = direction.at(position);
    if (verdict.kind === "deliver" && position <= index) {
      parcel.dueUs = nowUs;
      parcel.heldBy = 0;
    } else if (verdict.kind === "delay" && position === index) parcel.dueUs += verdict.byUs;
    parcel.dueUs = Math.max(parcel.dueUs, direction.lastDueUs);
    direction.lastDueUs = parcel.dueUs;
    queue.pushCausedBy(parcel.cause, parcel.dueUs, direction.to, ARRIVAL_EVENT, direction.generation, 0, direction);
  }
  tcp.advance(direction);
  tcp.timers.recheck(direction);
  return true;
}
