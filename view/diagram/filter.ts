/** Which events and messages the diagram shows. */
import type { Timeline, TimelineMessage } from "../session/timeline.ts";
import { groupOf, type MessageGroup } from "./groups.ts";

/** What the diagram shows. */
export interface DiagramFilter {
  /** The servers whose lines are shown. */
  readonly servers: ReadonlySet<number>;
  /** The groups of messages that are shown. */
  readonly groups: ReadonlySet<MessageGroup>;
  /** If defined, only messages of this type are shown, whatever their group. */
  readonly type?: string | undefined;
  /** Whether events without a shown message, such as timers and disk operations, are shown. */
  readonly showsQuietEvents: boolean;
}

/** Returns whether a filter shows a message. */
export function showsMessage(filter: DiagramFilter, { from, to, type }: TimelineMessage): boolean {
  if (!filter.servers.has(from) || !filter.servers.has(to)) return false;
  return filter.type === undefined ? filter.groups.has(groupOf(type)) : filter.type === type;
}

/** Returns the numbers of the events that a filter shows, ascending. Event 0, the start, is always shown. */
export function shownEvents(recording: Timeline, filter: DiagramFilter): Int32Array {
  const shown = new Uint8Array(recording.length + 1);
  shown[0] = 1;
  shown[recording.length] = 1;
  for (const sent of recording.messages) {
    if (!showsMessage(filter, sent)) continue;
    shown[sent.sentEvent] = 1;
    if (sent.endEvent !== undefined) shown[sent.endEvent] = 1;
  }
  for (const { event, server } of recording.notableEvents()) {
    if (server < 0 || filter.servers.has(server)) shown[event] = 1;
  }
  for (let index = 0; index < recording.violations.length; index++) shown[recording.eventOfViolation(index)] = 1;
  if (filter.showsQuietEvents) {
    for (let number = 0; number <= recording.length; number++) {
      const { server } = recording.event(number);
      if (server < 0 || filter.servers.has(server)) shown[number] = 1;
    }
  }
  return Int32Array.from(numbersOf(shown));
}

function numbersOf(shown: Uint8Array): number[] {
  const numbers: number[] = [];
  for (let number = 0; number < shown.length; number++) if (shown[number] === 1) numbers.push(number);
  return numbers;
}
