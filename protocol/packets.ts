/**
 * The messages between servers: all QuorumPacket types of the quorum port (Leader, QuorumPacket), and the messages of
 * the election port (FastLeaderElection.Notification, QuorumCnxManager.InitialMessage).
 *
 * A packet is (type, zxid, data) as on the wire; the type of `data` depends on the packet type. `packet` makes all
 * packets, so that they share one object shape. Not modeled: authinfo, sessions, and the content of REVALIDATE and
 * SYNC.
 */
import type { History, Txn } from "./storage/history.ts";
import type { Epoch, ServerId, Zxid } from "./zxid.ts";

export const REQUEST = 1;
export const PROPOSAL = 2;
export const ACK = 3;
export const COMMIT = 4;
export const PING = 5;
export const REVALIDATE = 6;
export const SYNC = 7;
export const INFORM = 8;
export const COMMITANDACTIVATE = 9;
export const NEWLEADER = 10;
export const FOLLOWERINFO = 11;
export const UPTODATE = 12;
export const DIFF = 13;
export const TRUNC = 14;
export const SNAP = 15;
export const OBSERVERINFO = 16;
export const LEADERINFO = 17;
export const ACKEPOCH = 18;
export const INFORMANDACTIVATE = 19;

/** The names of the packet types, indexed by their code (LearnerHandler#packetToString). */
export const PACKET_NAMES: readonly string[] = [
  "",
  "REQUEST",
  "PROPOSAL",
  "ACK",
  "COMMIT",
  "PING",
  "REVALIDATE",
  "SYNC",
  "INFORM",
  "COMMITANDACTIVATE",
  "NEWLEADER",
  "FOLLOWERINFO",
  "UPTODATE",
  "DIFF",
  "TRUNC",
  "SNAP",
  "OBSERVERINFO",
  "LEADERINFO",
  "ACKEPOCH",
  "INFORMANDACTIVATE",
];

/**
 * The protocol version of Zab 1.0, which every release from 3.4 on announces. Earlier learners do not know LEADERINFO
 * and ACKEPOCH.
 */
export const PROTOCOL_VERSION = 0x10000;

/** The data of FOLLOWERINFO and OBSERVERINFO (LearnerInfo). */
export interface LearnerInfo {
  readonly serverId: ServerId;
  readonly protocolVersion: number;
  readonly configVersion: number;
}

/** A database at one moment: the file snapshot.<zxid>, or the stream after a SNAP packet. */
export interface Snapshot {
  /** DataTree#lastProcessedZxid when the snapshot was taken; the file is named after it. */
  readonly zxid: Zxid;
  readonly history: History;
}

/** A client's write that a learner forwards (REQUEST). */
export interface WriteRequest {
  readonly value: string | number;
}

interface PacketOf<Type extends number, Data> {
  readonly type: Type;
  readonly zxid: Zxid;
  readonly data: Data;
}

export type QuorumPacket =
  | PacketOf<typeof REQUEST, WriteRequest>
  | PacketOf<typeof PROPOSAL | typeof INFORM, Txn>
  | PacketOf<typeof COMMITANDACTIVATE, ServerId>
  | PacketOf<typeof INFORMANDACTIVATE, Txn>
  | PacketOf<typeof FOLLOWERINFO | typeof OBSERVERINFO, LearnerInfo | null>
  // The data is the leader's protocol version.
  | PacketOf<typeof LEADERINFO, number>
  // The data is the learner's currentEpoch, or -1 if the leader must not count the learner.
  | PacketOf<typeof ACKEPOCH, Epoch>
  | PacketOf<typeof SNAP, Snapshot>
  | PacketOf<
      | typeof ACK
      | typeof COMMIT
      | typeof PING
      | typeof REVALIDATE
      | typeof SYNC
      | typeof NEWLEADER
      | typeof UPTODATE
      | typeof DIFF
      | typeof TRUNC,
      null
    >;

export type PacketType = QuorumPacket["type"];

type DataOf<Type, P = QuorumPacket> = P extends PacketOf<infer T, infer Data> ? (Type extends T ? Data : never) : never;

/** Makes a packet. */
export function packet<Type extends PacketType>(type: Type, zxid: Zxid, data: DataOf<Type>): QuorumPacket {
  return { type, zxid, data } as QuorumPacket;
}

/** QuorumPeer.ServerState, with its codes on the wire. */
export const LOOKING = 0;
export const FOLLOWING = 1;
export const LEADING = 2;
export const OBSERVING = 3;
export type ServerState = typeof LOOKING | typeof FOLLOWING | typeof LEADING | typeof OBSERVING;
export const SERVER_STATE_NAMES: readonly string[] = ["LOOKING", "FOLLOWING", "LEADING", "OBSERVING"];

/** FastLeaderElection.Notification: the sender's vote and state. */
export interface Notification {
  readonly state: ServerState;
  readonly leader: ServerId;
  readonly zxid: Zxid;
  /** The sender's round (logicalclock). */
  readonly electionEpoch: number;
  readonly peerEpoch: Epoch;
  /** The version of the notification format (Notification.CURRENTVERSION, which is 2). */
  readonly version: number;
}

/** The first message on an election connection (QuorumCnxManager.InitialMessage): the sender's id. */
export interface Hello {
  readonly hello: ServerId;
}

/** A message on the election port. Bytes are a notification in wire format, which the receiver decodes. */
export type ElectionMessage = Notification | Hello | Uint8Array;

export function isHello(message: ElectionMessage): message is Hello {
  return "hello" in message;
}
