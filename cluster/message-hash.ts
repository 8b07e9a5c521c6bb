/** Hashes a message for the digest of a run. */
import { type ElectionMessage, isHello, type Notification, type QuorumPacket } from "../protocol/index.ts";
import type { Message } from "./server.ts";

/**
 * Returns a 32-bit hash of the message's type and main content. The hash covers neither versions nor the value of a
 * REQUEST.
 */
export function hashMessage(message: Message): number {
  const packet = message as QuorumPacket;
  if (packet.type !== undefined) {
    const { zxid, data } = packet;
    let hash = Math.imul(packet.type, 0x9e37_79b1) ^ (zxid | 0) ^ Math.imul(zxid / 0x1_0000_0000, 0x85eb_ca6b);
    if (typeof data === "number") hash ^= Math.imul(data, 0xc2b2_ae35);
    else if (data !== null && "hash" in data) hash ^= data.hash;
    else if (data !== null && "history" in data) hash ^= data.history.hash;
    else if (data !== null && "serverId" in data) hash ^= Math.imul(data.serverId + 1, 0x27d4_eb2f);
    return hash | 0;
  }
  const election = message as ElectionMessage;
  if (election instanceof Uint8Array) return election.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 7);
  if (isHello(election)) return Math.imul(election.hello + 1, 0x1656_67b1);
  return hashNotification(election);
}

function hashNotification(n: Notification): number {
  const vote = Math.imul(n.leader, 0x9e37_79b1) ^ Math.imul(n.zxid / 0x1_0000_0000, 0x85eb_ca6b) ^ (n.zxid | 0);
  return Math.imul(vote ^ (n.state << 28) ^ n.electionEpoch, 0xc2b2_ae35) ^ n.peerEpoch;
}
