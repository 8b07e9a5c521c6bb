/** Tests whether a message is one of the messages that a step or a moment of a scenario names. */

import type { Message } from "../cluster/server.ts";
import { isHello, PACKET_NAMES, parseZxid, type QuorumPacket } from "../protocol/index.ts";
import type { MessageMatch } from "./scenario.ts";

/**
 * Returns a function that tests whether a message matches. If `match` lacks a field, every message passes the test of
 * this field.
 */
export function matcher(match: MessageMatch): (message: Message, from: number, to: number) => boolean {
  const { type, from, to } = match;
  const zxid = match.zxid === undefined ? undefined : parseZxid(match.zxid);
  return (message, sender, receiver) => {
    if (from !== undefined && from !== sender) return false;
    if (to !== undefined && to !== receiver) return false;
    if (type !== undefined && type !== messageName(message)) return false;
    return zxid === undefined || ("zxid" in message && message.zxid === zxid);
  };
}

/** Returns the type of a message in the notation of scenario files. */
export function messageName(message: Message): string {
  const { type } = message as QuorumPacket;
  if (type !== undefined) return PACKET_NAMES[type] ?? "";
  return message instanceof Uint8Array || !isHello(message as never) ? "NOTIFICATION" : "HELLO";
}
