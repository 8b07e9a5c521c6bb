/**
 * The messages between ZooKeeper servers, as bytes: packets and snapshots of the quorum port, and the messages of the
 * election port, of the releases 3.4 to 3.9. Pure functions of bytes: decoders take bytes in any cuts, hold at most one
 * message, and return malformed input as values.
 */
export {
  type Acl,
  encodeTxn,
  type SnapshotSource,
  type Txn as WireTxn,
  type TxnDigest,
  type Znode,
} from "../formats/index.ts";
export {
  ELECTION_MESSAGE_BYTES_MAX,
  type ElectionEvent,
  ElectionStreamDecoder,
  frameNotification,
} from "./election-stream.ts";
export {
  ANONYMOUS_OBSERVER_ID,
  type ElectionAddress,
  encodeHello,
  formatAddress,
  HELLO_ADDRESS_BYTES_MAX,
  HELLO_VERSION_1,
  HELLO_VERSION_2,
  makeHello,
  type WireHello,
} from "./hello.ts";
export type { MalformedPayload, MalformedStream, PayloadDamage, StreamDamage } from "./malformed.ts";
export {
  type DroppedNotification,
  type DropReason,
  decodeNotification,
  encodeNotification,
  NO_VOTE,
  type NotificationFormat,
  type WireNotification,
} from "./notification.ts";
export {
  decodePayload,
  encodePayload,
  type LearnerInfoPayload,
  type Payload,
  type RequestPayload,
  type SessionTimeout,
} from "./payload.ts";
export { type AuthId, encodeQuorumPacket, type QuorumPacket } from "./quorum-packet.ts";
export { type QuorumEvent, type QuorumSender, QuorumStreamDecoder } from "./quorum-stream.ts";
export { encodeSnapshotStream } from "./snapshot-stream.ts";
export { type HelloReader, type JuteLimits, type WireRules, wireRulesOf } from "./wire-rules.ts";
