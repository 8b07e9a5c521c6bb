/**
 * Changes fields of a message in flight, so that a scenario can imitate a server of an old release or a faulty server.
 */

import type { Message } from "../cluster/server.ts";
import {
  type ElectionMessage,
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

/** Among the election messages, only a notification has a zxid. */
function alterElectionMessage(message: ElectionMessage, { zxid }: AlteredFields): ElectionMessage {
  if (zxid === undefined || message instanceof Uint8Array || isHello(message)) return message;
  return { ...message, zxid: parseZxid(zxid) ?? message.zxid };
}

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
