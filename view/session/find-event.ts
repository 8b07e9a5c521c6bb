/** Finds the next or the previous event of a recording that has given properties. */
import type { ProtocolRecord } from "../../cluster/records.ts";
import type { Message } from "../../cluster/server.ts";
import { messageName } from "../../scenarios/message-match.ts";
import { eventDetails, eventTitle } from "./describe-event.ts";
import type { SentMessage } from "./message-log.ts";
import { messageText, zxidText } from "./message-text.ts";
import type { Recording } from "./recording.ts";
import { whyTextsAt } from "./why-chain.ts";

/** The properties of an event. An absent property matches every event. */
export interface EventQuery {
  /** The server that handles the event. */
  readonly server?: number;
  /** A record of this kind is made during the event, such as `sync-decided`. */
  readonly record?: ProtocolRecord["event"];
  /** A message of this type arrives or is sent, such as `NEWLEADER`. */
  readonly message?: string;
  /** `violation`: an invariant is violated. `decision`: a leader decides how to synchronize a learner. */
  readonly what?: "violation" | "decision";
  /** A message that matches this pattern arrives, or is lost. */
  readonly pattern?: MessagePattern;
  /** Together with `pattern`: after the message, no message that matches this pattern arrives. */
  readonly without?: MessagePattern;
  /** The title, the details, or what an explanation says about the event contain this text, in any case. */
  readonly text?: string;
}

/** A selection of messages. An absent field matches every message. */
export interface MessagePattern {
  readonly type: string;
  /** The zxid as text, such as `1:4`. */
  readonly zxid?: string;
  readonly from?: number;
  readonly to?: number;
}

/** Returns whether an event has the properties of a query. */
export function matchesQuery(recording: Recording, number: number, query: EventQuery): boolean {
  const { message, record, server, text, what } = query;
  if (server !== undefined && recording.event(number).server !== server) return false;
  if (what === "violation" && recording.violationsOf(number).length === 0) return false;
  const kind = what === "decision" ? "sync-decided" : record;
  if (kind !== undefined && !recording.recordsOf(number).some(({ event }) => event === kind)) return false;
  if (message !== undefined && !messagesOf(recording, number).some((one) => messageName(one) === message)) return false;
  if (query.pattern !== undefined && !endsMessage(recording, number, query.pattern, query.without)) return false;
  return text === undefined || textOf(recording, number).includes(text.toLowerCase());
}

function endsMessage(
  recording: Recording,
  number: number,
  pattern: MessagePattern,
  without: MessagePattern | undefined,
): boolean {
  if (!recording.messagesThatEndAt(number).some((sent) => matchesPattern(sent, pattern))) return false;
  if (without === undefined) return true;
  return !recording.messages.some(
    (sent) => (sent.endEvent ?? 0) > number && sent.fate === "delivered" && matchesPattern(sent, without),
  );
}

function matchesPattern({ from, message, to, type }: SentMessage, pattern: MessagePattern): boolean {
  if (type !== pattern.type || (pattern.from ?? from) !== from || (pattern.to ?? to) !== to) return false;
  return pattern.zxid === undefined || ("zxid" in message && zxidText(message.zxid) === pattern.zxid);
}

function messagesOf(recording: Recording, number: number): Message[] {
  return recording
    .traceOf(number)
    .filter(({ kind }) => kind === "send" || kind === "deliver")
    .map(({ payload }) => payload as Message);
}

function textOf(recording: Recording, number: number): string {
  const messages = messagesOf(recording, number).map(messageText);
  const texts = [eventTitle(recording, number), ...eventDetails(recording, number), ...whyTextsAt(recording, number)];
  return [...texts, ...messages].join("\n").toLowerCase();
}

/** Returns the nearest matching event after `from` (direction 1) or before it (-1); undefined if there is none. */
export function findEvent(
  recording: Recording,
  from: number,
  direction: 1 | -1,
  query: EventQuery,
): number | undefined {
  for (let number = from + direction; number >= 1 && number <= recording.length; number += direction) {
    if (matchesQuery(recording, number, query)) return number;
  }
  return undefined;
}

/** Returns every matching event, ascending. */
export function findAll(recording: Recording, query: EventQuery): readonly number[] {
  const found: number[] = [];
  for (let number = 1; number <= recording.length; number++) {
    if (matchesQuery(recording, number, query)) found.push(number);
  }
  return found;
}

/** Returns the index of the hit after `at`, or before it; continues at the other end. The hits are not empty. */
export function nextHit(hits: readonly number[], at: number, direction: 1 | -1): number {
  if (direction === 1)
    return Math.max(
      0,
      hits.findIndex((hit) => hit > at),
    );
  const before = hits.findLastIndex((hit) => hit < at);
  return before < 0 ? hits.length - 1 : before;
}
