/**
 * The state of a simulated TCP connection: two directions, each an ordered queue of parcels. A parcel is a message of a
 * program, or a packet that opens or ends the connection.
 *
 * The event queue does not hold parcels. It holds tokens: each token says that the next parcel of a direction is due.
 * The first `scheduled` parcels of a direction have a token in the queue. When a fault stalls a direction, the
 * direction increases its `generation`, and a token of an older generation has no effect. When the fault ends, the
 * direction issues new tokens. The order of the parcels therefore never changes. tcp.ts implements the behavior of
 * connections.
 */

import type { Link } from "./link.ts";
import type { NetworkRule } from "./rules.ts";

export const SYN = 0;
export const SYN_ACK = 1;
export const REFUSAL = 2;
export const DATA = 3;
export const CLOSE = 4;
export const RESET = 5;

/** The reasons, other than a blocked link, for which the first parcel of a direction waits. */
export const AWAITS_NOTHING = 0;
export const AWAITS_HOST = 1;
export const AWAITS_RETURN_PATH = 2;

const INITIAL_RING = 4;

export class Parcel<M> {
  readonly kind: number;
  readonly message: M | undefined;
  /**
   * The event that sent the parcel. The trace names it as the cause of the arrival, even if the parcel waited for the
   * end of a cut.
   */
  readonly cause: number;
  /** A delay in addition to the link's latency. It applies once, even if the parcel is scheduled again. */
  extraUs: number;
  dueUs = 0;
  /** The id of the rule that holds this parcel and all later ones; 0 if there is none. */
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
  /** Whether the receiving end exists. Data for a missing end is dropped. */
  receiverOpen = false;
  /** Whether a close or a reset was sent. If so, no more parcels follow. */
  ended = false;
  /** Whether the sending host lost power. If it did, parcels without a token are never sent. */
  senderLost = false;
  /** The rule that dropped a message, so that no later message of this direction arrives. */
  droppedBy: NetworkRule<M> | undefined = undefined;
  /** Whether the retransmission timeout of this direction runs (tcp-timers.ts). */
  isStalled = false;
  /** The number of stalls so far. By it, the timeout of an earlier stall is recognized and ignored. */
  stall = 0;
  /** Whether the receiving end probes its peer when it has heard nothing for long (SO_KEEPALIVE). */
  keepsAlive = false;
  /** The time at which the receiving end last heard from its peer. It has a meaning only with keep-alive. */
  heardUs = 0;
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

  /** Whether the last parcel is a message or a close, which its host sends again until it is acknowledged. */
  get endsWithData(): boolean {
    if (this.length === 0) return false;
    const { kind } = this.at(this.length - 1);
    return kind === DATA || kind === CLOSE;
  }

  /** Makes all tokens of this direction void. The parcels stay. Returns the number of parcels that had a token. */
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

  /** Drops the parcels that have no token. */
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
  /** The direction from the caller to the called node. */
  readonly forward: Direction<M>;
  readonly backward: Direction<M>;
  /** Whether the program that opened the connection has been notified that the connection is open. */
  established = false;
  /**
   * Whether the caller's host has received the answer to its request for a connection. If the caller's process is
   * paused, it may handle the answer later.
   */
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

  /** Returns the direction on which this node sends; undefined if the node is at neither end. */
  outgoing(node: number): Direction<M> | undefined {
    if (this.forward.from === node) return this.forward;
    return this.backward.from === node ? this.backward : undefined;
  }
}
