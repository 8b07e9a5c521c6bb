/**
 * Changes fields of a message in flight, so that a scenario can act as a server of an old release or a broken server.
 */

import type { Message } from "../cluster/server.ts";
import { type LearnerInfo, PACKET_NAMES, parseZxid, type QuorumPacket } from "../protocol/index.ts";
import type { AlteredFields } from "./scenario.ts";

export function alterMessage(message: Message, set: AlteredFields): Message {
  const { type, zxid, data } = message as QuorumPacket;
  if (type === undefined) {
    const changed = set.zxid === undefined ? {} : { zxid: parseZxid(set.zxid) };
    return { ...message, ...changed } as Message;
  }
  const newType = set.type === undefined ? type : PACKET_NAMES.indexOf(set.type);
  const newZxid = set.zxid === undefined ? zxid : (parseZxid(set.zxid) ?? zxid);
  return { type: newType, zxid: newZxid, data: alterData(data, set) } as QuorumPacket;
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
