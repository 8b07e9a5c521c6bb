/** Hashes a message for the digest of a run. */
import {
  asZxid,
  DEFAULT_PORTS,
  type ElectionMessage,
  type Hello,
  isHello,
  makeTxn,
  type Notification,
  type QuorumPacket,
} from "../protocol/index.ts";
import type { Message } from "./server.ts";

/** Returns a 32-bit hash of every field of the message. */
export function hashMessage(message: Message): number {
  const packet = message as QuorumPacket;
  if (packet.type !== undefined) {
    const { data, type, zxid } = packet;
    return hashData(mixNumber(mix(PACKET, type), zxid), data);
  }
  const election = message as ElectionMessage;
  if (election instanceof Uint8Array) return election.reduce(mix, BYTES);
  return isHello(election) ? hashHello(election) : hashNotification(election);
}

/** The hashes of messages without fields, by the kind of the message. */
const PACKET = 0x85eb_ca6b;
const BYTES = 0xc2b2_ae35;
const HELLO = 0x27d4_eb2f;
const NOTIFICATION = 0x1656_67b1;

/** A default port does not change the hash. */
function hashHello({ electionPort = DEFAULT_PORTS.election, hello }: Hello): number {
  const hash = mix(HELLO, hello);
  return electionPort === DEFAULT_PORTS.election ? hash : mix(hash, electionPort);
}

function hashData(hash: number, data: QuorumPacket["data"]): number {
  if (data === null) return hash;
  if (typeof data === "number") return mixNumber(hash, data);
  if ("hash" in data) return withSize(mix(hash, data.hash), data.bytes);
  if ("history" in data) return mix(mixNumber(hash, data.zxid), data.history.hash);
  if ("incomplete" in data) return mix(hash, 1);
  if ("voters" in data) return mixNumber(hash, data.version);
  if ("serverId" in data) return mix(mix(mixNumber(hash, data.configVersion), data.serverId), data.protocolVersion);
  return withSize(mix(hash, makeTxn(NO_ZXID, data.value).hash), data.bytes ?? 0);
}

/** Mixes the size of a transaction into a hash, unless the size is the setting txnBytes. */
function withSize(hash: number, bytes: number): number {
  return bytes === 0 ? hash : mix(hash, bytes);
}

const NO_ZXID = asZxid(0);

function hashNotification({ config, electionEpoch, leader, peerEpoch, state, version, zxid }: Notification): number {
  const vote = mix(mixNumber(mix(mix(NOTIFICATION, state), leader), zxid), peerEpoch);
  const hash = mix(mixNumber(vote, electionEpoch), version);
  return config === undefined ? hash : mixNumber(hash, config.version);
}

/** Mixes a 32-bit integer into a hash. */
function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}

/** Mixes an integer of up to 53 bits into a hash. */
function mixNumber(hash: number, value: number): number {
  return mix(mix(hash, value | 0), value / 0x1_0000_0000);
}
