/** Describes messages in words. */
import type { Message } from "../../cluster/server.ts";
import { formatZxid, type Zxid } from "../../protocol/index.ts";
import { messageName } from "../../scenarios/message-match.ts";

/** Returns a message as text: its type and, if it has one, its zxid. */
export function messageText(message: Message): string {
  const name = messageName(message);
  return "zxid" in message && name !== "NOTIFICATION" ? `${name} ${zxidText(message.zxid)}` : name;
}

/** Returns a zxid as text; `-` stands for no zxid. */
export function zxidText(zxid: Zxid | number): string {
  return zxid < 0 ? "-" : formatZxid(zxid as Zxid);
}
