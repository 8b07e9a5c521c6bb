/** Keeps the events of one server's log for a page. The memory is bounded: the oldest events are dropped. */
import type { LoggedEvent } from "../../logs/index.ts";

/** The number of events of a server that are kept at least. */
const KEPT = 20_000;

/** An event, and the file that contains its line. */
export interface ListedEvent {
  readonly logged: LoggedEvent;
  readonly file: string;
}

/** The events of one server, in the order of its log. */
export class EventList {
  readonly server: number;
  readonly events: ListedEvent[] = [];
  /** The number of events that were dropped. */
  dropped = 0;

  constructor(server: number) {
    this.server = server;
  }

  /** Adds the next event of the log. */
  add(logged: LoggedEvent, file: string): void {
    this.events.push({ logged, file });
    if (this.events.length < 2 * KEPT) return;
    this.events.splice(0, KEPT);
    this.dropped += KEPT;
  }
}
