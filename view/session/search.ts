/**
 * The language of the search: a text, or a pattern of messages such as `NEWLEADER to 1 without an ACK from 1`. The
 * pattern finds the arrival of the first message if the second message does not arrive later.
 */
import { PACKET_NAMES } from "../../protocol/index.ts";
import type { EventQuery, MessagePattern } from "./find-event.ts";

/** The types of messages. */
export const MESSAGE_TYPES: readonly string[] = [
  "HELLO",
  "NOTIFICATION",
  ...PACKET_NAMES.filter((name) => name !== ""),
];
const TYPES: ReadonlySet<string> = new Set(MESSAGE_TYPES);

/** Returns the query of a search text. */
export function parseSearch(text: string): EventQuery {
  const [first = "", second] = text.split(/\s+without\s+(?:an?\s+)?/i);
  const message = parsePattern(first);
  const without = second === undefined ? undefined : parsePattern(second);
  if (message === undefined || (second !== undefined && without === undefined)) return { text: text.trim() };
  return { pattern: message, ...(without === undefined ? {} : { without }) };
}

/** Parses `TYPE`, `TYPE from 1`, `TYPE to 2`, `TYPE 1:4 from 1 to 2`. Returns undefined for any other text. */
function parsePattern(text: string): MessagePattern | undefined {
  const found = /^(\w+)(?:\s+(\d+:\d+))?(?:\s+from\s+(\d+))?(?:\s+to\s+(\d+))?(?:\s+from\s+(\d+))?$/i.exec(text.trim());
  const [, type = "", zxid, from, to, fromAfter] = found ?? [];
  if (!TYPES.has(type.toUpperCase())) return undefined;
  const sender = from ?? fromAfter;
  return {
    type: type.toUpperCase(),
    ...(zxid === undefined ? {} : { zxid }),
    ...(sender === undefined ? {} : { from: Number(sender) }),
    ...(to === undefined ? {} : { to: Number(to) }),
  };
}
