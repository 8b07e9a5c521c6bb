/**
 * The data of each type of packet (QuorumPacket.data). The type alone does not decide: PING and REVALIDATE carry other
 * data in each direction.
 */
import { encodeTxn, readTxn, type Txn } from "../formats/index.ts";
import { Damage, JuteWriter, RecordReader } from "../jute/index.ts";
import {
  ACKEPOCH,
  COMMITANDACTIVATE,
  FOLLOWERINFO,
  INFORM,
  INFORMANDACTIVATE,
  LEADERINFO,
  NEWLEADER,
  OBSERVERINFO,
  PING,
  PROPOSAL,
  REQUEST,
  REVALIDATE,
} from "../protocol/packets.ts";
import type { MalformedPayload, PayloadDamage } from "./malformed.ts";
import type { QuorumPacket } from "./quorum-packet.ts";
import type { QuorumSender } from "./quorum-stream.ts";
import type { WireRules } from "./wire-rules.ts";

/** A session and its timeout. */
export interface SessionTimeout {
  readonly session: bigint;
  readonly timeoutMs: number;
}

/** The data of a packet. `rest` are bytes that the receiver ignores. */
export type Payload =
  /**
   * Data that the receiver ignores: of ACK, COMMIT, SYNC, UPTODATE, DIFF, TRUNC and SNAP, of a PING from the leader,
   * and of unknown types. Normally null.
   */
  | { readonly kind: "ignored"; readonly data: Uint8Array | null }
  | ({ readonly kind: "learner-info" } & LearnerInfoPayload)
  /** FOLLOWERINFO or OBSERVERINFO without data: the leader chooses a server id below 0. */
  | { readonly kind: "no-learner-info" }
  /** LEADERINFO: the protocol version of the leader, which is 0x10000. */
  | { readonly kind: "protocol-version"; readonly protocolVersion: number; readonly rest: Uint8Array }
  /** ACKEPOCH: the currentEpoch of the learner; -1 if the leader must not count the learner. */
  | { readonly kind: "current-epoch"; readonly currentEpoch: number; readonly rest: Uint8Array }
  /**
   * NEWLEADER: the text of the leader's last seen configuration, in UTF-8 (QuorumVerifier#toString). Null in 3.4. A
   * learner ignores a text of less than two bytes, and one that it cannot parse.
   */
  | { readonly kind: "config"; readonly text: Uint8Array | null }
  /** PROPOSAL and INFORM. */
  | { readonly kind: "txn"; readonly txn: Txn }
  /** COMMITANDACTIVATE: the designated leader. */
  | { readonly kind: "designated-leader"; readonly designatedLeader: bigint; readonly rest: Uint8Array }
  /** INFORMANDACTIVATE: the designated leader and the transaction. */
  | { readonly kind: "activated-txn"; readonly designatedLeader: bigint; readonly txn: Txn }
  /** PING from a learner: the sessions that were active since the last PING. */
  | { readonly kind: "sessions"; readonly sessions: readonly SessionTimeout[] }
  /** REVALIDATE from a learner: is this session valid? */
  | ({ readonly kind: "session-question"; readonly rest: Uint8Array } & SessionTimeout)
  /** REVALIDATE from the leader: the answer. */
  | { readonly kind: "session-answer"; readonly session: bigint; readonly isValid: boolean; readonly rest: Uint8Array }
  | ({ readonly kind: "request" } & RequestPayload);

/**
 * The data of FOLLOWERINFO and OBSERVERINFO. A field is undefined if the data is too short for it: the leader then
 * takes server id 0, protocol version 1 and no configuration.
 */
export interface LearnerInfoPayload {
  readonly serverId: bigint | undefined;
  /** 0x10000 since Zab 1.0 (ZooKeeper 3.4). */
  readonly protocolVersion: number | undefined;
  /** The version of the learner's configuration. From 3.5.0 on. */
  readonly configVersion: bigint | undefined;
  readonly rest: Uint8Array;
}

/** The data of REQUEST: a request of a client that the learner forwards. */
export interface RequestPayload {
  readonly session: bigint;
  readonly cxid: number;
  /** The code of the operation (ZooDefs.OpCode). */
  readonly opType: number;
  /** The record of the request. */
  readonly request: Uint8Array;
}

/** The protocol version of Zab 1.0 needs 4 bytes after the 8 of the sid, and the configuration version 8 more. */
const VERSION_END = 12;
const CONFIG_VERSION_END = 20;
const SESSION_BYTES = 12;

/** Reads the data of a packet as a server of a release does. Never throws. */
export function decodePayload(
  packet: QuorumPacket,
  sender: QuorumSender,
  rules: WireRules,
): Payload | MalformedPayload {
  try {
    return readPayload(packet, sender, rules);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return { kind: "malformed", reason: error.reason as PayloadDamage };
  }
}

function readPayload({ data, type }: QuorumPacket, sender: QuorumSender, rules: WireRules): Payload {
  if (type === NEWLEADER && sender === "leader") return { kind: "config", text: data };
  const read = READERS[sender].get(type);
  if (read === undefined) return { kind: "ignored", data };
  if (data !== null) return read(new RecordReader(data), rules);
  if (type === FOLLOWERINFO || type === OBSERVERINFO) return { kind: "no-learner-info" };
  throw new Damage<PayloadDamage>("no-data");
}

type Read = (record: RecordReader, rules: WireRules) => Payload;

const LEARNER_READERS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [FOLLOWERINFO, readLearnerInfo],
  [OBSERVERINFO, readLearnerInfo],
  [ACKEPOCH, (record) => ({ kind: "current-epoch", currentEpoch: record.int(), rest: record.take() })],
  [PING, readSessions],
  [
    REVALIDATE,
    (record) => ({ kind: "session-question", session: record.long(), timeoutMs: record.int(), rest: record.take() }),
  ],
  [
    REQUEST,
    (record) => ({
      kind: "request",
      session: record.long(),
      cxid: record.int(),
      opType: record.int(),
      request: record.take(),
    }),
  ],
]);

const readTxnPayload: Read = (record, rules) => ({
  kind: "txn",
  txn: readTxn(record.take(), rules.txn, rules.readsTxnDigest),
});

const LEADER_READERS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [LEADERINFO, (record) => ({ kind: "protocol-version", protocolVersion: record.int(), rest: record.take() })],
  [PROPOSAL, readTxnPayload],
  [INFORM, readTxnPayload],
  [
    COMMITANDACTIVATE,
    (record) => ({ kind: "designated-leader", designatedLeader: record.long(), rest: record.take() }),
  ],
  [
    INFORMANDACTIVATE,
    (record, rules) => ({
      kind: "activated-txn",
      designatedLeader: record.long(),
      txn: readTxn(record.take(), rules.txn, rules.readsTxnDigest),
    }),
  ],
  [
    REVALIDATE,
    (record) => ({ kind: "session-answer", session: record.long(), isValid: record.bool(), rest: record.take() }),
  ],
]);

const READERS: Readonly<Record<QuorumSender, ReadonlyMap<number, Read>>> = {
  learner: LEARNER_READERS,
  leader: LEADER_READERS,
};

/** LearnerHandler#run. Up to 3.4, data of any length but 8 bytes is a record of 12 bytes. */
function readLearnerInfo(record: RecordReader, { learnerInfoIsRecord }: WireRules): Payload {
  const length = record.remaining;
  const isWhole = learnerInfoIsRecord && length !== 8;
  return {
    kind: "learner-info",
    serverId: isWhole || length >= 8 ? record.long() : undefined,
    protocolVersion: isWhole || length >= VERSION_END ? record.int() : undefined,
    configVersion: !learnerInfoIsRecord && length >= CONFIG_VERSION_END ? record.long() : undefined,
    rest: record.take(),
  };
}

function readSessions(record: RecordReader): Payload {
  const sessions: SessionTimeout[] = [];
  while (record.remaining > 0) sessions.push({ session: record.long(), timeoutMs: record.int() });
  return { kind: "sessions", sessions };
}

/** Returns the data of a packet with this payload. */
export function encodePayload(payload: Payload): Uint8Array | null {
  switch (payload.kind) {
    case "ignored":
      return payload.data;
    case "no-learner-info":
      return null;
    case "config":
      return payload.text;
    case "learner-info":
      return encodeLearnerInfo(payload);
    case "protocol-version":
      return new JuteWriter().int(payload.protocolVersion).raw(payload.rest).bytes();
    case "current-epoch":
      return new JuteWriter().int(payload.currentEpoch).raw(payload.rest).bytes();
    case "txn":
      return encodeTxn(payload.txn);
    case "designated-leader":
      return new JuteWriter().long(payload.designatedLeader).raw(payload.rest).bytes();
    case "activated-txn":
      return new JuteWriter().long(payload.designatedLeader).raw(encodeTxn(payload.txn)).bytes();
    case "sessions":
      return encodeSessions(payload.sessions);
    case "session-question":
      return new JuteWriter().long(payload.session).int(payload.timeoutMs).raw(payload.rest).bytes();
    case "session-answer":
      return new JuteWriter().long(payload.session).bool(payload.isValid).raw(payload.rest).bytes();
    case "request":
      return new JuteWriter().long(payload.session).int(payload.cxid).int(payload.opType).raw(payload.request).bytes();
  }
}

function encodeLearnerInfo({ configVersion, protocolVersion, rest, serverId }: LearnerInfoPayload): Uint8Array {
  const writer = new JuteWriter();
  if (serverId !== undefined) writer.long(serverId);
  if (protocolVersion !== undefined) writer.int(protocolVersion);
  if (configVersion !== undefined) writer.long(configVersion);
  return writer.raw(rest).bytes();
}

function encodeSessions(sessions: readonly SessionTimeout[]): Uint8Array {
  const writer = new JuteWriter(SESSION_BYTES * sessions.length);
  for (const { session, timeoutMs } of sessions) writer.long(session).int(timeoutMs);
  return writer.bytes();
}
