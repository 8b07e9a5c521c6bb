/** A position in a timeline, and the moves of a debugger. */
import type { SimTime } from "../../sim/index.ts";
import type { EventQuery } from "./find-event.ts";
import type { Timeline } from "./timeline.ts";

export abstract class Cursor {
  readonly timeline: Timeline;
  /** The number of the current event. 0 is the start. */
  at: number;

  constructor(timeline: Timeline, at: number) {
    this.timeline = timeline;
    this.at = at;
  }

  /** Returns whether an event has the properties of a query. */
  abstract matches(number: number, query: EventQuery): boolean;

  /** Moves to an event, or to the nearest one that exists. Returns whether the position changed. */
  goTo(number: number): boolean {
    const before = this.at;
    this.at = Math.max(0, Math.min(Math.trunc(number), this.timeline.length));
    return this.at !== before;
  }

  /** Moves to the next event. */
  next(): boolean {
    return this.goTo(this.at + 1);
  }

  /** Moves to the previous event. */
  back(): boolean {
    return this.goTo(this.at - 1);
  }

  /** Moves to the last event at or before a time. */
  goToTime(timeUs: SimTime): boolean {
    return this.goTo(this.timeline.eventAtTime(timeUs));
  }

  /** Moves to the nearest matching event after the current one, or before it. Returns false if there is none. */
  find(query: EventQuery, direction: 1 | -1 = 1): boolean {
    const { length } = this.timeline;
    for (let number = this.at + direction; number >= 1 && number <= length; number += direction) {
      if (this.matches(number, query)) return this.goTo(number);
    }
    return false;
  }

  /** Returns every matching event, ascending. */
  findAll(query: EventQuery): readonly number[] {
    const found: number[] = [];
    for (let number = 1; number <= this.timeline.length; number++) if (this.matches(number, query)) found.push(number);
    return found;
  }

  /** Moves to the event that led to the current one. */
  goToCause(): boolean {
    return this.goTo(this.timeline.event(this.at).cause);
  }

  /** Moves to the first event to which the current one led. Returns false if there is none. */
  goToEffect(): boolean {
    const first = this.timeline.effectsOf(this.at)[0];
    return first !== undefined && this.goTo(first);
  }
}
