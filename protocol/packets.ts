/**
 * The messages between servers: all QuorumPacket types of the quorum port (Leader, QuorumPacket), and the messages of
 * the election port (FastLeaderElection.Notification, QuorumCnxManager.InitialMessage).
 *
 * A packet is (type, zxid, data) as on the wire; the type of `data` depends on the packet type. `packet` makes all
 * packets, so that they share one object shape. Not modeled: authinfo, sessions, and the content of REVALIDATE and
 * SYNC.
 */
import type { QuorumVerifier } from "./quorum.ts";
import type { History, Txn } from "./storage/history.ts";
import type { Epoch, ServerId, Zxid } from "./zxid.ts";

/** Learner to leader: a write of a client (Leader.REQUEST). */
export const REQUEST = 1;
/** Leader to follower: a transaction to log and acknowledge; the zxid is that of the transaction. */
export const PROPOSAL = 2;
/**
 * Learner to leader: the learner has logged all transactions up to this zxid. Also acknowledges NEWLEADER and UPTODATE.
 */
export const ACK = 3;
/** Leader to follower: commit the proposal with this zxid. */
export const COMMIT = 4;
/** Leader to learner and back: the connection is alive. */
export const PING = 5;
/** Learner to leader and back: is this session still valid? The content is not modeled. */
export const REVALIDATE = 6;
/** Learner to leader and back: a client called sync(). The content is not modeled. */
export const SYNC = 7;
/** Leader to observer: a committed transaction. */
export const INFORM = 8;
/** Leader to follower: commit a reconfiguration; the data is the designated leader. */
export const COMMITANDACTIVATE = 9;
/** Leader to learner: the leader has sent its whole history. The zxid is the start of the new epoch. */
export const NEWLEADER = 10;
/** Follower to leader, the first packet: the epoch of the zxid is the follower's acceptedEpoch. */
export const FOLLOWERINFO = 11;
/** Leader to learner: serve clients. */
export const UPTODATE = 12;
/** Leader to learner: transactions up to this zxid follow. */
export const DIFF = 13;
/** Leader to learner: remove everything above this zxid from the log. */
export const TRUNC = 14;
/** Leader to learner: replace the database by the snapshot in the data. */
export const SNAP = 15;
/** Observer to leader, the first packet, with the same content as FOLLOWERINFO. */
export const OBSERVERINFO = 16;
/** Leader to learner: the epoch of the zxid is the new epoch. */
export const LEADERINFO = 17;
/** Learner to leader: the last zxid in the log; the data is the currentEpoch. */
export const ACKEPOCH = 18;
/** Leader to observer: a committed reconfiguration. */
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

/** The packets with which a leader starts to synchronize a learner. */
export type SyncOperation = "DIFF" | "TRUNC" | "SNAP";

/** The packets of sync decisions by their type. */
export const SYNC_OPERATIONS: ReadonlyMap<number, SyncOperation> = new Map([
  [DIFF, "DIFF"],
  [TRUNC, "TRUNC"],
  [SNAP, "SNAP"],
]);

/**
 * The protocol version of Zab 1.0, which every release from 3.4 on announces. Earlier learners do not know LEADERINFO
 * and ACKEPOCH.
 */
export const PROTOCOL_VERSION = 0x10000;

/** The data of FOLLOWERINFO and OBSERVERINFO (LearnerInfo). */
export interface LearnerInfo {
  /** The learner's id (myid). */
  readonly serverId: ServerId;
  /** The learner's protocol version: 0x10000 since Zab 1.0 (ZooKeeper 3.4). */
  readonly protocolVersion: number;
  /** The version of the learner's quorum configuration. */
  readonly configVersion: number;
}

/** A database at one moment: the file snapshot.<zxid>, or the stream after a SNAP packet. */
export interface Snapshot {
  /** The lastProcessedZxid of the tree when the server started the snapshot. The name of the file contains it. */
  readonly zxid: Zxid;
  /** The transactions in the tree. */
  readonly history: History;
  /** The content of /zookeeper/config. Undefined if a scenario describes the snapshot, or in 3.4. */
  readonly config?: QuorumVerifier;
}

/**
 * The data of a SNAP packet that stands for a part of the stream: the leader is still sending the snapshot. In Java,
 * the stream consists of one SNAP packet and the bytes of the snapshot, which arrive one after the other.
 */
export interface SnapshotPart {
  /** Always true: more of the snapshot follows. */
  readonly incomplete: true;
}

/** A part of a snapshot. */
export const SNAPSHOT_PART: SnapshotPart = { incomplete: true };

/** A client's write that a learner forwards (REQUEST). */
export interface WriteRequest {
  /** The value that the client writes. It only makes reports readable. */
  readonly value: string | number;
  /** The size in bytes; 0 or absent if it is the setting txnBytes. */
  readonly bytes?: number;
}

/** The data of INFORMANDACTIVATE: a committed reconfiguration, and the leader that the current leader designates. */
export interface ActivatedTxn extends Txn {
  /** The designated leader. */
  readonly designated: ServerId;
}

interface PacketOf<Type extends number, Data> {
  readonly type: Type;
  readonly zxid: Zxid;
  readonly data: Data;
}

/** A packet of the quorum port: its type, its zxid, and data whose type depends on the packet type (QuorumPacket). */
export type QuorumPacket =
  | PacketOf<typeof REQUEST, WriteRequest>
  | PacketOf<typeof PROPOSAL | typeof INFORM, Txn>
  | PacketOf<typeof COMMITANDACTIVATE, ServerId>
  | PacketOf<typeof INFORMANDACTIVATE, Txn | ActivatedTxn>
  // The data is the pending configuration of the leader; null stands for a configuration of version 0.
  | PacketOf<typeof NEWLEADER, QuorumVerifier | null>
  | PacketOf<typeof FOLLOWERINFO | typeof OBSERVERINFO, LearnerInfo | null>
  // The data is the leader's protocol version.
  | PacketOf<typeof LEADERINFO, number>
  // The data is the learner's currentEpoch, or -1 if the leader must not count the learner.
  | PacketOf<typeof ACKEPOCH, Epoch>
  | PacketOf<typeof SNAP, Snapshot | SnapshotPart>
  | PacketOf<
      | typeof ACK
      | typeof COMMIT
      | typeof PING
      | typeof REVALIDATE
      | typeof SYNC
      | typeof UPTODATE
      | typeof DIFF
      | typeof TRUNC,
      null
    >;

/** The code of a packet type, 1 to 19. */
export type PacketType = QuorumPacket["type"];

type DataOf<Type, P = QuorumPacket> = P extends PacketOf<infer T, infer Data> ? (Type extends T ? Data : never) : never;

/** Makes a packet. */
export function packet<Type extends PacketType>(type: Type, zxid: Zxid, data: DataOf<Type>): QuorumPacket {
  return { type, zxid, data } as QuorumPacket;
}

/**
 * Returns whether a receiver can read the data of a packet as its type requires. In Java, reading other data throws a
 * RuntimeException or an IOException, which ends the thread that reads and closes the connection.
 */
export function hasReadableData({ type, data }: QuorumPacket): boolean {
  switch (type) {
    case PROPOSAL:
    case INFORM:
    case INFORMANDACTIVATE:
      return isObject(data) && "zxid" in data && "value" in data;
    case REQUEST:
      return isObject(data) && "value" in data && !("zxid" in data);
    case COMMITANDACTIVATE:
    case LEADERINFO:
    case ACKEPOCH:
      return typeof data === "number";
    case SNAP:
      return startsStream(data);
    case FOLLOWERINFO:
    case OBSERVERINFO:
      // A learner from before Zab 1.0 sends no LearnerInfo.
      return data === null || (isObject(data) && "serverId" in data);
    default:
      return true;
  }
}

/** Returns whether bytes of a snapshot follow the packet in the stream. */
export function startsStream(data: unknown): data is Snapshot | SnapshotPart {
  return isObject(data) && ("history" in data || "incomplete" in data);
}

function isObject(data: unknown): data is object {
  return typeof data === "object" && data !== null;
}

// The states of a server, with their codes on the wire.

/** The server takes part in an election (QuorumPeer.ServerState). */
export const LOOKING = 0;
/** The server follows a leader (QuorumPeer.ServerState). */
export const FOLLOWING = 1;
/** The server leads, or waits for a quorum of followers (QuorumPeer.ServerState). */
export const LEADING = 2;
/** The server observes a leader and does not vote (QuorumPeer.ServerState). */
export const OBSERVING = 3;
/** The state of a server: LOOKING, FOLLOWING, LEADING or OBSERVING. */
export type ServerState = typeof LOOKING | typeof FOLLOWING | typeof LEADING | typeof OBSERVING;
/** The names of the server states, by code. */
export const SERVER_STATE_NAMES: readonly string[] = ["LOOKING", "FOLLOWING", "LEADING", "OBSERVING"];

/** A notification of the election: the sender's vote and state (FastLeaderElection.Notification). */
export interface Notification {
  /** The state of the sender. */
  readonly state: ServerState;
  /** The proposed leader. */
  readonly leader: ServerId;
  /** The last zxid of the proposed leader. */
  readonly zxid: Zxid;
  /** The sender's round (logicalclock). */
  readonly electionEpoch: number;
  /** The currentEpoch of the proposed leader. */
  readonly peerEpoch: Epoch;
  /** The version of the notification format (Notification.CURRENTVERSION, which is 2). */
  readonly version: number;
  /** The committed configuration of the sender; absent if its version is 0, because no server adopts that one. */
  readonly config?: QuorumVerifier;
}

/** The first message on an election connection (QuorumCnxManager.InitialMessage): the sender's id. */
export interface Hello {
  /** The id of the server that has connected. */
  readonly hello: ServerId;
  /** The election port of the sender, which stands for its address; absent in 3.4. */
  readonly electionPort?: number;
}

/** A message on the election port. A Uint8Array is a notification in wire format, which the receiver decodes. */
export type ElectionMessage = Notification | Hello | Uint8Array;

/** Returns whether a message is the first one of an election connection. */
export function isHello(message: ElectionMessage): message is Hello {
  return "hello" in message;
}
