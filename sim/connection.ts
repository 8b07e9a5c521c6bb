/**
 * The state of a simulated TCP connection: two directions, each an ordered queue of parcels.
 *
 * The event queue does not carry the parcels but tokens, "the next parcel of this direction is due"; the first
 * `scheduled` parcels have a token under way. Whatever stalls a direction voids its tokens by a new generation, and
 * whatever releases it issues new ones, so order within a direction holds by construction. Behavior: streams.ts.
 */

import type { Link } from "./link.ts";
import type { NetworkRule } from "./rules.ts";

export const SYN = 0;
export const SYN_ACK = 1;
export const REFUSAL = 2;
export const DATA = 3;
export const CLOSE = 4;
export const RESET = 5;

/** What the parcel at the head of a direction waits for, when it is not the link. */
export const AWAITS_NOTHING = 0;
export const AWAITS_HOST = 1;
export const AWAITS_RETURN_PATH = 2;

const INITIAL_RING = 4;

export class Parcel<M> {
  readonly kind: number;
  readonly message: M | undefined;
  /** The event that sent it; kept, so that a parcel released by a heal still leads back to its sender. */
  readonly cause: number;
  /** Delay on top of the link's latency, taken once. */
  extraUs: number;
  dueUs = 0;
  /** The rule that holds it and everything behind it; 0: none. */
  heldBy: number;

  constructor(kind: number, message: M | undefined, cause: number, extraUs: number, heldBy: number) {
    this.kind = kind;
    this.message = message;
    this.cause = cause;
    this.extraUs = extraUs;
    this.heldBy = heldBy;
  }
}

export class Direction<M> {
  readonly connection: Connection<M>;
  readonly from: number;
  readonly to: number;
  readonly link: Link;
  length = 0;
  scheduled = 0;
  generation = 0;
  lastDueUs = 0;
  awaits = AWAITS_NOTHING;
  /** Whether the receiving end exists. Data for an end that does not is dropped. */
  receiverOpen = false;
  /** A closing or a reset was sent: nothing more follows. */
  ended = false;
  /** The sending host lost power: what is not under way yet never will be. */
  senderLost = false;
  /** The rule that dropped a message: nothing sent from there on arrives. */
  droppedBy: NetworkRule<M> | undefined = undefined;
  private reversed: Direction<M> | undefined = undefined;
  private ring: (Parcel<M> | undefined)[] = new Array(INITIAL_RING).fill(undefined);
  private head = 0;

  constructor(connection: Connection<M>, from: number, to: number, link: Link) {
    this.connection = connection;
    this.from = from;
    this.to = to;
    this.link = link;
  }

  get reverse(): Direction<M> {
    return this.reversed as Direction<M>;
  }

  pairWith(other: Direction<M>): void {
    this.reversed = other;
  }

  push(parcel: Parcel<M>): void {
    if (this.length === this.ring.length) this.grow();
    this.ring[(this.head + this.length) & (this.ring.length - 1)] = parcel;
    this.length++;
  }

  shift(): Parcel<M> {
    const parcel = this.ring[this.head] as Parcel<M>;
    this.ring[this.head] = undefined;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.length--;
    return parcel;
  }

  at(index: number): Parcel<M> {
    return this.ring[(this.head + index) & (this.ring.length - 1)] as Parcel<M>;
  }

  /** Voids the tokens under way; the parcels stay. Returns how many had been under way. */
  recall(): number {
    const recalled = this.scheduled;
    this.generation++;
    this.scheduled = 0;
    this.lastDueUs = 0;
    return recalled;
  }

  clear(): void {
    this.recall();
    this.clearUnscheduled();
  }

  /** Forgets the parcels that have no token under way. */
  clearUnscheduled(): void {
    while (this.length > this.scheduled) {
      this.length--;
      this.ring[(this.head + this.length) & (this.ring.length - 1)] = undefined;
    }
    this.ended &&= this.endIsUnderWay();
  }

  private endIsUnderWay(): boolean {
    const last = this.length === 0 ? undefined : this.at(this.length - 1).kind;
    return last === CLOSE || last === RESET || last === REFUSAL;
  }

  private grow(): void {
    const wider: (Parcel<M> | undefined)[] = [];
    for (let index = 0; index < this.length; index++) wider.push(this.at(index));
    while (wider.length < this.length * 2) wider.push(undefined);
    this.ring = wider;
    this.head = 0;
  }
}

export class Connection<M> {
  readonly id: number;
  readonly port: number;
  /** From the caller to the node it called. */
  readonly forward: Direction<M>;
  readonly backward: Direction<M>;
  /** The caller has learned that it is connected. */
  established = false;
  /** The caller's host has the answer, though its paused process may not have seen it yet. */
  answered = false;

  constructor(id: number, port: number, there: Link, back: Link) {
    this.id = id;
    this.port = port;
    this.forward = new Direction<M>(this, there.from, there.to, there);
    this.backward = new Direction<M>(this, back.from, back.to, back);
    this.forward.pairWith(this.backward);
    this.backward.pairWith(this.forward);
    this.backward.receiverOpen = true;
  }

  /** The direction on which this node sends; undefined when it is at neither end. */
  outgoing(node: number): Direction<M> | undefined {
    if (this.forward.from === node) return this.forward;
    return this.backward.from === node ? this.backward : undefined;
  }
}
