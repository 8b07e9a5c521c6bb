/** A message between real servers as far as the steps of a scenario select messages: its type and its zxid. */
import type { Message } from "../cluster/server.ts";
import { asServerId, asZxid, type PacketType, packet, ZERO_ZXID, type Zxid } from "../protocol/index.ts";
import type { ReadMessage } from "../traffic/message-reader.ts";

/** The largest zxid that the core can hold. No step selects a larger one. */
const ZXID_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Returns the message without its data. Bytes that are no message have the type 0, which no step selects. */
export function coreMessage({ hello, notification, packet: wire }: ReadMessage): Message {
  if (wire !== undefined) return packet(wire.type as PacketType, zxidOf(wire.zxid), null as never);
  if (notification !== undefined) return { zxid: zxidOf(notification.zxid) } as Message;
  return hello === undefined
    ? packet(0 as PacketType, ZERO_ZXID, null as never)
    : { hello: asServerId(Number(hello.serverId)) };
}

function zxidOf(zxid: bigint): Zxid {
  return zxid >= -1n && zxid <= ZXID_MAX ? asZxid(Number(zxid)) : ZERO_ZXID;
}
