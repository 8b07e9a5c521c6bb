/**
 * The record of a run: what happened, when, where, and because of what.
 *
 * `sequence` is the world event during whose handling something was recorded (-1: outside any, as in a set-up) and
 * `cause` the event during whose handling that one was scheduled; following causes leads back through messages and
 * timers. A message delayed by a cut keeps its sender's event as its cause. With level "none" a world behaves as if it
 * had no trace. A trace never influences a run. With a limit it is a ring that keeps the last events.
 */

import type { Kernel } from "./kernel.ts";
import type { SimTime } from "./time.ts";

export type TraceLevel = "none" | "full";

export type TraceKind =
  | "connect"
  | "connected"
  | "accept"
  | "refuse"
  | "send"
  | "deliver"
  | "close"
  | "reset"
  | "drop"
  | "hold"
  | "release"
  | "timer"
  | "disk"
  | "crash"
  | "stop"
  | "start"
  | "pause"
  | "resume"
  | "cut"
  | "heal"
  | "clog"
  | "unclog"
  | "note";

export interface TraceEvent {
  readonly sequence: number;
  readonly cause: number;
  readonly timeUs: SimTime;
  readonly kind: TraceKind;
  /** The node at which it happened: the sender of a send, the receiver of a deliver. -1: none. */
  readonly node: number;
  /** The other node, or -1. */
  readonly peer: number;
  /** The connection, timer or disk operation concerned; 0 for a datagram, -1 for none. */
  readonly detail: number;
  /** The message, note or reason. */
  readonly payload: unknown;
}

export class Trace {
  readonly level: TraceLevel;
  readonly limit: number;
  /** Events that a limit pushed out. */
  dropped = 0;
  private kernel: Kernel | undefined = undefined;
  private stored: TraceEvent[] = [];
  private oldest = 0;

  constructor(options: { level?: TraceLevel; limit?: number } = {}) {
    this.level = options.level ?? "full";
    this.limit = options.limit ?? Number.POSITIVE_INFINITY;
    if (!(this.limit >= 1)) throw new RangeError(`Trace: limit ${this.limit} must be at least 1`);
  }

  /** Called by the world this trace was given to. */
  attach(kernel: Kernel): void {
    if (this.kernel !== undefined) throw new Error("Trace: already attached to another world");
    this.kernel = kernel;
  }

  record(kind: TraceKind, node: number, peer: number, detail: number, payload: unknown): void {
    const kernel = this.kernel;
    if (kernel === undefined) return;
    const queue = kernel.queue;
    const sequence = queue.currentSequence;
    const cause = sequence === -1 ? -1 : queue.cause;
    const event = { sequence, cause, timeUs: kernel.nowUs, kind, node, peer, detail, payload };
    if (this.stored.length < this.limit) {
      this.stored.push(event);
      return;
    }
    this.stored[this.oldest] = event;
    this.oldest = (this.oldest + 1) % this.limit;
    this.dropped++;
  }

  /** An observation of the user's own, at the current time and with the current cause. */
  note(node: number, payload: unknown): void {
    this.record("note", node, -1, -1, payload);
  }

  get length(): number {
    return this.stored.length;
  }

  /** The recorded events, oldest first. */
  events(): readonly TraceEvent[] {
    if (this.oldest === 0) return this.stored;
    return [...this.stored.slice(this.oldest), ...this.stored.slice(0, this.oldest)];
  }
}
