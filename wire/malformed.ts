/** Bytes that are no message. Decoders return them as values and never throw. */
import type { SnapshotBodyDamage } from "../formats/index.ts";

/** The reasons why the bytes of a connection are no messages. ZooKeeper closes the connection then. */
export type StreamDamage =
  | SnapshotBodyDamage
  /**
   * The authinfo of a packet is longer than the largest buffer. ZooKeeper has no such limit: without one, a packet of
   * any size would have to be kept in memory.
   */
  | "authinfo-too-long"
  /** "BenWasHere" does not follow the znodes of a snapshot (Learner#syncWithLeader). */
  | "bad-signature"
  /** The first message of an election connection is negative, but no known version (InitialMessage#parse). */
  | "unknown-version"
  /** The length of the address is outside 1 to 2048 (QuorumCnxManager.maxBuffer); up to 3.4, 0 is accepted, too. */
  | "bad-address-length"
  /** The address is not `host:port`, or its port is no number (InitialMessage#parse). */
  | "bad-address"
  /**
   * The port is outside 0 to 65535. InetSocketAddress throws an IllegalArgumentException, which is not caught where
   * other addresses are refused.
   */
  | "port-out-of-range"
  /** The length of a message on the election port is outside 1 to 524288 (QuorumCnxManager.PACKETMAXSIZE). */
  | "bad-message-length";

/** The place where the bytes of a connection are no messages. Nothing after it can be read. */
export interface MalformedStream {
  readonly kind: "malformed";
  readonly reason: StreamDamage;
  /** The position in the bytes of the connection at which the decoder stopped. */
  readonly offset: number;
}

/** The reasons why the data of a packet cannot be read. ZooKeeper closes the connection then. */
export type PayloadDamage =
  /** The data ends inside a field (EOFException, BufferUnderflowException). */
  | "short"
  /** The packet has no data (NullPointerException). */
  | "no-data"
  /** A length in a transaction is below -1 or above the limit. */
  | "unreasonable-length"
  /** The release does not know the type of the transaction (SerializeUtils#deserializeTxn). */
  | "unsupported-type";

/** Data of a packet that its receiver cannot read. */
export interface MalformedPayload {
  readonly kind: "malformed";
  readonly reason: PayloadDamage;
}
