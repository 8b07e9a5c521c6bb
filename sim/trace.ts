/**
 * The trace of a run: each thing that happened, with its time, its node and its cause.
 *
 * `sequence` is the number of the world's event during whose handling the trace event was recorded; it is -1 if the
 * world handled no event. `cause` is the number of the event that scheduled that event of the world. The chain of
 * causes leads back through messages and timers to the start. A message that a cut delays keeps the event of its sender
 * as its cause. A trace never influences a run. With a limit, it keeps only the last events. With level "none" it
 * records nothing.
 */

import type { SimTime } from "./time.ts";

/** The part of a world that a trace reads. */
export interface TraceSource {
  readonly nowUs: SimTime;
  readonly queue: { readonly currentSequence: number; readonly cause: number };
}

/** Whether a trace records anything. */
export type TraceLevel = "none" | "full";

/** The kinds of event that a trace records. */
export const TRACE_KINDS = [
  "connect",
  "connected",
  "accept",
  "refuse",
  "send",
  "deliver",
  "close",
  "reset",
  "drop",
  "hold",
  "release",
  "timer",
  "disk",
  "crash",
  "stop",
  "start",
  "pause",
  "resume",
  "cut",
  "heal",
  "clog",
  "unclog",
  "note",
] as const;
/** What happened. */
export type TraceKind = (typeof TRACE_KINDS)[number];

/** One recorded event. */
export interface TraceEvent {
  /** The sequence of the world's event during which it happened; -1 outside of any event. */
  readonly sequence: number;
  /** The sequence of the event that scheduled the world's event; -1 if there is none. */
  readonly cause: number;
  /** The virtual time. */
  readonly timeUs: SimTime;
  /** What happened. */
  readonly kind: TraceKind;
  /** The node at which the event happened: the sender of a `send`, the receiver of a `deliver`. -1 if there is none. */
  readonly node: number;
  /** The other node; -1 if there is none. */
  readonly peer: number;
  /** The number of the connection, timer or disk operation; 0 for a datagram, -1 if there is none. */
  readonly detail: number;
  /** Further data of the event, such as the message, the note or a reason. */
  readonly payload: unknown;
}

/** The events of a run with their causes. Pass it to WorldOptions or RunOptions. It never changes the run. */
export class Trace {
  /** Whether the trace records anything. */
  readonly level: TraceLevel;
  /**
   * The largest number of events that the trace keeps. When the limit is reached, the trace drops the oldest events.
   */
  readonly limit: number;
  /** Number of events that the limit dropped. */
  dropped = 0;
  private source: TraceSource | undefined = undefined;
  private stored: TraceEvent[] = [];
  private oldest = 0;

  constructor(options: { level?: TraceLevel; limit?: number } = {}) {
    this.level = options.level ?? "full";
    this.limit = options.limit ?? Number.POSITIVE_INFINITY;
    if (!(this.limit >= 1)) throw new RangeError(`Trace: limit ${this.limit} must be at least 1`);
  }

  /** Connects the trace to its world. Called by the world. */
  attach(source: TraceSource): void {
    if (this.source !== undefined) throw new Error("Trace: already attached to another world");
    this.source = source;
  }

  /** Records an event with the current time and cause. The world calls it. */
  record(kind: TraceKind, node: number, peer: number, detail: number, payload: unknown): void {
    const source = this.source;
    if (source === undefined) return;
    const queue = source.queue;
    const sequence = queue.currentSequence;
    const cause = sequence === -1 ? -1 : queue.cause;
    const event = { sequence, cause, timeUs: source.nowUs, kind, node, peer, detail, payload };
    if (this.stored.length < this.limit) {
      this.stored.push(event);
      return;
    }
    this.stored[this.oldest] = event;
    this.oldest = (this.oldest + 1) % this.limit;
    this.dropped++;
  }

  /** Records an event of the kind `note` for the user of this package, with the current time and cause. */
  note(node: number, payload: unknown): void {
    this.record("note", node, -1, -1, payload);
  }

  /** Number of events that are kept. */
  get length(): number {
    return this.stored.length;
  }

  /** Returns the recorded events, oldest first. */
  events(): readonly TraceEvent[] {
    if (this.oldest === 0) return this.stored;
    return [...this.stored.slice(this.oldest), ...this.stored.slice(0, this.oldest)];
  }
}
