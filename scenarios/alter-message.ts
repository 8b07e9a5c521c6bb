/**
 * Changes fields of a message in flight, so that a scenario can imitate a server of an old release or a faulty server.
 */

import type { Message } from "../cluster/server.ts";
import {
  type ElectionMessage,
  encodeNotification,
  isHello,
  type LearnerInfo,
  PACKET_NAMES,
  parseZxid,
  type QuorumPacket,
} from "../protocol/index.ts";
import type { AlteredFields } from "./scenario.ts";

export function alterMessage(message: Message, set: AlteredFields): Message {
  const { type, zxid, data } = message as QuorumPacket;
  if (type === undefined) return alterElectionMessage(message as ElectionMessage, set);
  const newType = set.type === undefined ? type : PACKET_NAMES.indexOf(set.type);
  const newZxid = set.zxid === undefined ? zxid : (parseZxid(set.zxid) ?? zxid);
  return { type: newType, zxid: newZxid, data: alterData(data, set) } as QuorumPacket;
}

/** Among the election messages, only a notification has these fields. */
function alterElectionMessage(message: ElectionMessage, set: AlteredFields): ElectionMessage {
  if (message instanceof Uint8Array || isHello(message)) return message;
  const { bytes, configLength, configText, zxid } = set;
  const altered = zxid === undefined ? message : { ...message, zxid: parseZxid(zxid) ?? message.zxid };
  if (bytes === undefined && configLength === undefined && configText === undefined) return altered;
  const encoded = encodeNotification(altered, configText);
  if (configLength !== undefined) new DataView(encoded.buffer).setInt32(CONFIG_LENGTH_OFFSET, configLength);
  if (bytes === undefined) return encoded;
  const resized = new Uint8Array(bytes);
  resized.set(encoded.subarray(0, bytes));
  return resized;
}

/** The offset of the length of the configuration text in a notification. */
const CONFIG_LENGTH_OFFSET = 40;

function alterData(data: QuorumPacket["data"], set: AlteredFields): unknown {
  if (typeof data === "number" && set.epoch !== undefined) return set.epoch;
  if (data === null || typeof data !== "object" || !("serverId" in data)) return data;
  const info: LearnerInfo = data;
  return {
    serverId: info.serverId,
    protocolVersion: set.protocolVersion ?? info.protocolVersion,
    configVersion: set.configVersion ?? info.configVersion,
  };
}
