/** What a page shows: a simulated run, or what the logs of real servers show. */
import type { LineAnswer } from "../../explain/answer.ts";
import type { ServerId } from "../../protocol/index.ts";
import type { Band, Segment } from "../diagram/segments.ts";
import type { Cursor } from "../session/cursor.ts";
import type { ServerRow } from "../session/server-rows.ts";
import type { Timeline } from "../session/timeline.ts";
import type { NumberLine } from "./number-line.ts";
import type { TourStep } from "./tour-steps.ts";

/** A sync decision. */
export interface ShownDecision {
  /** Undefined if the page has no event for it. */
  readonly event: number | undefined;
  readonly leader: string;
  readonly learner: string;
  readonly observer: boolean;
  /** The packet with its zxid, such as `TRUNC 1:3`. */
  readonly packet: string;
  /** Undefined if the log of the leader is not given. */
  readonly line: NumberLine | undefined;
  readonly why: string;
  /** The committed transactions that a TRUNC removes; undefined if it removes none. */
  readonly loss: string | undefined;
  /** Further sentences, such as which setting would have changed the decision. */
  readonly notes: readonly string[];
}

/** The state of a server for its card. */
export interface ShownServer {
  /** The code of its state (LOOKING, FOLLOWING, LEADING, OBSERVING); undefined if it does not run, or is unknown. */
  readonly state: number | undefined;
  /** The first row is the role. */
  readonly rows: readonly ServerRow[];
}

export interface Subject {
  /** The name in the page, such as `3.9.1, seed 1`. */
  readonly label: string;
  readonly timeline: Timeline;
  readonly cursor: Cursor;
  readonly segments: ReadonlyMap<number, readonly Segment[]>;
  readonly bands: readonly Band[];
  /** The first event that differs from the first run; undefined if there is none, or if this is the first run. */
  readonly differsAt: number | undefined;

  /** Returns one line that says what happens in an event. */
  titleOf(event: number): string;
  /** Returns the consequences of an event. */
  detailsOf(event: number): readonly string[];
  /** Returns the lines of the logs that show an event. */
  linesOf(event: number): readonly LineAnswer[];
  serverAt(sid: ServerId, event: number): ShownServer;
  decisions(): readonly ShownDecision[];
  /** Returns the events that the explanation names, seen from an event. Undefined if there is no explanation. */
  litEvents(event: number): ReadonlySet<number> | undefined;
  tour(): readonly TourStep[];
}
