/**
 * What a diagram shows: numbered events of servers, and the messages between them. A recording of a simulated run is a
 * timeline, and so is what the logs of real servers show.
 */
import type { ServerView } from "../../cluster/server-view.ts";
import type { Phase, ServerId, ServerState } from "../../protocol/index.ts";
import type { SimTime, TraceKind } from "../../sim/index.ts";

/** How a message ended. `lost`: the network dropped it. `reset`: its connection ended before it arrived. */
export type Fate = "delivered" | "lost" | "reset";

/** One event. */
export interface TimelineEvent {
  /** The number of the event, from 1. 0 stands for the start. */
  readonly number: number;
  /** The time since the start, in microseconds. */
  readonly timeUs: SimTime;
  /** The server at which the event happens; -1 if there is none. */
  readonly server: number;
  /** The number of the event that led to this one; 0 if it is the start. */
  readonly cause: number;
}

/** A message. */
export interface TimelineMessage {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  /** The type of the message, such as `ACKEPOCH` or `NOTIFICATION`. */
  readonly type: string;
  readonly sentEvent: number;
  /** The event at which the message arrived or was lost; undefined while it is in flight. */
  readonly endEvent: number | undefined;
  readonly fate: Fate | undefined;
  /** The event from which on a fault held the message; undefined if none did. */
  readonly heldEvent: number | undefined;
  /** The events at which a datagram arrived again. */
  readonly repeats: readonly number[];
}

/** What the line of a server shows from an event on. */
export interface LineState {
  readonly event: number;
  readonly process: ServerView["process"];
  /** Undefined if the process does not run. */
  readonly state: ServerState | undefined;
  readonly phase: Phase | undefined;
}

/** The parts of a trace event that a diagram needs. */
export interface TimelineSign {
  readonly kind: TraceKind;
  readonly node: number;
}

/** The events of an ensemble, from 0 (the start) to `length`. */
export interface Timeline {
  /** The ids of the servers, ascending. */
  readonly servers: readonly ServerId[];
  readonly length: number;
  /** All messages, in the order in which they were sent. */
  readonly messages: readonly TimelineMessage[];
  /** What a diagram marks with a `!`. */
  readonly violations: readonly { readonly server: number }[];
  /** The length of a unit of the axis of time, in microseconds. */
  readonly usPerUnit: number;

  event(number: number): TimelineEvent;
  /** Returns the last event at or before a time. */
  eventAtTime(timeUs: SimTime): number;
  /** Returns a time as text. */
  timeText(timeUs: SimTime): string;
  /** Returns the events to which one event led, ascending. */
  effectsOf(number: number): readonly number[];
  eventOfViolation(index: number): number;

  /** Returns the messages in flight after an event. */
  inFlightAt(number: number): readonly TimelineMessage[];
  /** Returns the messages that were sent after one event and up to another. */
  messagesSentBetween(first: number, last: number): readonly TimelineMessage[];
  /** Returns the type of a message with its zxid or its vote. */
  messageText(message: TimelineMessage): string;

  /** Returns the signs of one event. */
  traceOf(number: number): readonly TimelineSign[];
  /** Returns what servers observed in one event. */
  recordsOf(number: number): readonly { readonly event: string; readonly server: number }[];
  violationsOf(number: number): readonly { readonly server: number }[];
  /** Yields the events that are worth showing without a message, each with its server (-1 if there is none). */
  notableEvents(): Iterable<{ readonly event: number; readonly server: number }>;

  /** Yields what the line of a server shows, at least where that changes. */
  lineStatesOf(sid: ServerId): Iterable<LineState>;
  /** Returns the number of the last event up to `number` that changed the state of a server. */
  lastChangeOf(sid: ServerId, number: number): number;
}
