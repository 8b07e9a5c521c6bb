/**
 * The table of all messages that zabsim knows, and the index with which it recognizes them quickly: first by class,
 * then by the first character and the literal text before the first field.
 */
import type { LogEvents } from "./events.ts";
import { isLoggedBy, type LogEventName, type LogMessage } from "./message.ts";
import { ELECTION_MESSAGES } from "./messages/election.ts";
import { LEADER_MESSAGES } from "./messages/leader.ts";
import { LEARNER_MESSAGES } from "./messages/learner.ts";
import { SERVER_MESSAGES } from "./messages/server.ts";
import type { Fields } from "./template.ts";

/** All messages, by topic. If two templates match the same text, the first one counts. */
export const LOG_MESSAGES: readonly LogMessage[] = [
  ...SERVER_MESSAGES,
  ...ELECTION_MESSAGES,
  ...LEADER_MESSAGES,
  ...LEARNER_MESSAGES,
];

/** An event that a message reports, with the fields of the message. */
export type MatchedEvent = {
  readonly [E in LogEventName]: { readonly event: E; readonly fields: LogEvents[E]; readonly message: LogMessage };
}[LogEventName];

/** The messages of one class: by the first character, and those that start with a field. */
interface ClassIndex {
  readonly byFirst: ReadonlyMap<number, readonly LogMessage[]>;
  readonly others: readonly LogMessage[];
}

const NO_MESSAGES: readonly LogMessage[] = [];

function indexOf(messages: readonly LogMessage[]): ClassIndex {
  const byFirst = new Map<number, LogMessage[]>();
  const others: LogMessage[] = [];
  for (const message of messages) {
    const { prefix } = message.compiled;
    if (prefix === "") {
      others.push(message);
      continue;
    }
    const list = byFirst.get(prefix.charCodeAt(0)) ?? [];
    byFirst.set(prefix.charCodeAt(0), list);
    list.push(message);
  }
  return { byFirst, others };
}

const BY_CLASS: ReadonlyMap<string, ClassIndex> = new Map(
  [...new Set(LOG_MESSAGES.map(({ className }) => className))].map((name) => [
    name,
    indexOf(LOG_MESSAGES.filter(({ className }) => className === name)),
  ]),
);

/** Returns whether the table contains messages of a class. `className` has neither a package nor a nested class. */
export function isKnownClass(className: string): boolean {
  return BY_CLASS.has(className);
}

/** Returns the event that a message of a class reports. Returns undefined if the table does not contain the message. */
export function matchMessage(className: string, text: string): MatchedEvent | undefined {
  const index = BY_CLASS.get(className);
  if (index === undefined) return undefined;
  return (
    matchOf(index.byFirst.get(text.charCodeAt(0)) ?? NO_MESSAGES, text) ??
    (index.others.length === 0 ? undefined : matchOf(index.others, text))
  );
}

function matchOf(messages: readonly LogMessage[], text: string): MatchedEvent | undefined {
  for (const message of messages) {
    if (!text.startsWith(message.compiled.prefix)) continue;
    const fields = message.compiled.read(text);
    if (fields !== undefined) return matched(message, fields);
  }
  return undefined;
}

function matched(message: LogMessage, fields: Fields): MatchedEvent {
  return { event: message.event, fields, message } as unknown as MatchedEvent;
}

/**
 * The shortest literal text by which a message is recognized anywhere in a line. A message without fields must be
 * longer: words such as `FOLLOWING` end other lines, too.
 */
const DISTINCT_LENGTH = 8;
const DISTINCT_LENGTH_WITHOUT_FIELDS = 12;

const DISTINCT: readonly LogMessage[] = LOG_MESSAGES.filter(
  ({ compiled: { names, prefix } }) =>
    prefix.length >= (names.length === 0 ? DISTINCT_LENGTH_WITHOUT_FIELDS : DISTINCT_LENGTH),
);

const ANYWHERE = new RegExp(
  [...new Set(DISTINCT.map(({ compiled: { prefix } }) => prefix))]
    .sort((a, b) => b.length - a.length)
    .map((prefix) => prefix.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"))
    .join("|"),
);

/**
 * Finds a message in a line whose prefix has an unknown form, such as a line that was copied without its prefix.
 * Messages that are too short to be recognized are not found.
 */
export function findMessage(line: string): MatchedEvent | undefined {
  const found = ANYWHERE.exec(line);
  if (found === null) return undefined;
  return matchOf(DISTINCT, line.slice(found.index));
}

/** Finds the messages with which releases report events. It remembers those that each release logs. */
export class MessageChooser {
  private readonly known = new Map<string, readonly LogMessage[]>();

  /**
   * Returns the message with which a release reports an event. Returns undefined if the release does not log the event,
   * or if the fields that its message needs are missing. `className` chooses between the messages of two classes, and
   * `form`, a part of the template, between several messages of one release.
   */
  messageFor(
    event: LogEventName,
    fields: object,
    release: string,
    { className, form }: { readonly className?: string | undefined; readonly form?: string | undefined } = {},
  ): LogMessage | undefined {
    return this.messagesOf(event, release).find(
      (message) =>
        (className === undefined || message.className === className) &&
        (form === undefined || message.template.includes(form)) &&
        message.compiled.names.every((name) => (fields as Fields)[name] !== undefined),
    );
  }

  private messagesOf(event: LogEventName, release: string): readonly LogMessage[] {
    const key = `${event} ${release}`;
    let messages = this.known.get(key);
    if (messages === undefined) {
      messages = LOG_MESSAGES.filter((message) => message.event === event && isLoggedBy(message, release));
      this.known.set(key, messages);
    }
    return messages;
  }
}

/** A message that a release logs, ready to be written after a prefix. */
export interface WrittenMessage {
  readonly message: LogMessage;
  readonly text: string;
}

/**
 * Returns the message with which a release reports an event. Returns undefined if the release does not log the
 * event, or if the fields that its message needs are missing. `className` chooses between the messages of two classes.
 */
export function writeMessage<E extends LogEventName>(
  event: E,
  fields: LogEvents[E],
  release: string,
  className?: string,
): WrittenMessage | undefined {
  for (const message of LOG_MESSAGES) {
    if (message.event !== event || (className !== undefined && message.className !== className)) continue;
    if (!isLoggedBy(message, release)) continue;
    const text = message.compiled.write(fields as unknown as Fields);
    if (text !== undefined) return { message, text };
  }
  return undefined;
}
