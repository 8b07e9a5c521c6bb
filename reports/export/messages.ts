/** The content of a message between two servers as named values, for the exports of a trace. */
import {
  isHello,
  type Notification,
  PACKET_NAMES,
  type QuorumPacket,
  SERVER_STATE_NAMES,
} from "../../protocol/packets.ts";
import { formatZxid, type Zxid } from "../../protocol/zxid.ts";

/** A message: its name, its zxid if it has one, and the content that depends on its type. */
export interface MessageFacts {
  /** The name of the packet type, NOTIFICATION, HELLO, or BYTES for a message that is not decoded. */
  readonly message: string;
  readonly zxid?: Zxid;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

/** Returns the content of a trace event's payload. Returns undefined if the payload is not a message. */
export function messageFacts(payload: unknown): MessageFacts | undefined {
  if (typeof payload !== "object" || payload === null) return undefined;
  if (payload instanceof Uint8Array) return { message: "BYTES", fields: { length: payload.length } };
  if ("type" in payload) return packetFacts(payload as QuorumPacket);
  if (isHello(payload as Notification)) {
    return { message: "HELLO", fields: { server: (payload as { hello: number }).hello } };
  }
  return "electionEpoch" in payload ? notificationFacts(payload as Notification) : undefined;
}

function notificationFacts({ electionEpoch, leader, peerEpoch, state, zxid }: Notification): MessageFacts {
  const fields = { leader, round: electionEpoch, peerEpoch, state: SERVER_STATE_NAMES[state] ?? String(state) };
  return { message: "NOTIFICATION", zxid, fields };
}

function packetFacts(packet: QuorumPacket): MessageFacts {
  return { message: PACKET_NAMES[packet.type] || "UNKNOWN", zxid: packet.zxid, fields: dataFields(packet.data) };
}

/**
 * Returns the fields of a packet's data that identify the message. A script can replace the data of a packet by any
 * value, so this function reads the data field by field and does not trust the packet's type.
 */
function dataFields(data: unknown): MessageFacts["fields"] {
  if (typeof data === "number") return { data };
  if (typeof data !== "object" || data === null) return {};
  const fields: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(data)) {
    if (typeof value === "number" && /zxid$/i.test(name)) fields[`data${name}`] = formatZxid(value as Zxid);
    else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") fields[name] = value;
  }
  return fields;
}

/** Returns a message as text, such as `PROPOSAL 1:4`. Leaves out a zxid that names no transaction. */
export function messageText({ fields, message, zxid = 0 as Zxid }: MessageFacts): string {
  if (message === "NOTIFICATION") return `NOTIFICATION: votes for ${fields.leader}`;
  return zxid <= 0 ? message : `${message} ${formatZxid(zxid)}`;
}
