/**
 * The messages of the election (FastLeaderElection.Notification, #buildMsg), with every field as it is on the wire.
 * protocol/election/notification-wire.ts reads them as values of the core.
 */
import { Damage, JuteWriter, RecordReader } from "../jute/index.ts";
import type { WireRules } from "./wire-rules.ts";

/** The value that a server without a vote writes as its leader, zxid and epoch (Long.MIN_VALUE). */
export const NO_VOTE = -0x8000_0000_0000_0000n;

/** The fields that a notification has, by the release that sends it. */
export type NotificationFormat =
  /** 28 bytes, from before 3.4. The peerEpoch is the epoch of the zxid. */
  | "without-epoch"
  /** 36 bytes, up to 3.4.5; or the 40 bytes of 3.4.6 and later, of whose version 3.5.0 and later take no notice. */
  | "without-version"
  /** 40 bytes of 3.4.6 and later as 3.4 reads them, or at least 44 bytes with version 1 or less. */
  | "without-config"
  /** At least 44 bytes with version 2 or more (3.5.0 and later). */
  | "with-config";

/** A notification. */
export interface WireNotification {
  readonly format: NotificationFormat;
  /** The state of the sender: LOOKING, FOLLOWING, LEADING or OBSERVING (protocol/packets.ts). */
  readonly state: number;
  /** The proposed leader. */
  readonly leader: bigint;
  /** The last zxid of the proposed leader. */
  readonly zxid: bigint;
  /** The round of the sender (logicalclock). */
  readonly electionEpoch: bigint;
  /** The currentEpoch of the proposed leader. */
  readonly peerEpoch: bigint;
  /** The version of the format; 0 if the sender does not say it or the reader takes no notice of it. */
  readonly version: number;
  /** The text of the sender's configuration, in UTF-8 (QuorumVerifier#toString); empty without one. */
  readonly config: Uint8Array;
  /** Bytes at the end that the reader ignores. */
  readonly rest: Uint8Array;
}

/** The reasons why a server ignores a message on the election port and keeps the connection. */
export type DropReason =
  /** The message has less than 28 bytes. */
  | "short"
  /** A field is cut off (ZOOKEEPER-3769). See WireRules.skipsCutNotification. */
  | "cut-field"
  /** The length of the configuration is below 0 or above the length of the message (ZOOKEEPER-3769). */
  | "bad-config-length"
  /** The state is none of the four. */
  | "unknown-state";

/** A message on the election port that the receiver ignores. */
export interface DroppedNotification {
  readonly kind: "dropped";
  readonly reason: DropReason;
  readonly bytes: Uint8Array;
}

const BYTES_WITHOUT_EPOCH = 28;
const BYTES_OF_34 = 40;
const LAST_STATE = 3;
const NOTHING = new Uint8Array(0);

/** Reads a message (FastLeaderElection.Messenger.WorkerReceiver#run). Never throws. */
export function decodeNotification(bytes: Uint8Array, rules: WireRules): WireNotification | DroppedNotification {
  if (bytes.length < BYTES_WITHOUT_EPOCH) return { kind: "dropped", reason: "short", bytes };
  try {
    const notification = readNotification(bytes, rules);
    const isKnown = notification.state >= 0 && notification.state <= LAST_STATE;
    return isKnown ? notification : { kind: "dropped", reason: "unknown-state", bytes };
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    const reason = error.reason === "bad-config-length" ? "bad-config-length" : "cut-field";
    return { kind: "dropped", reason, bytes };
  }
}

function readNotification(bytes: Uint8Array, rules: WireRules): WireNotification {
  const record = new RecordReader(bytes);
  const vote = { state: record.int(), leader: record.long(), zxid: record.long(), electionEpoch: record.long() };
  if (bytes.length === BYTES_WITHOUT_EPOCH) {
    const peerEpoch = vote.zxid >> 32n;
    return { format: "without-epoch", ...vote, peerEpoch, version: 0, config: NOTHING, rest: NOTHING };
  }
  const withEpoch = { ...vote, peerEpoch: record.long() };
  if (rules.notificationHasConfig ? bytes.length === BYTES_OF_34 : record.remaining < 4) {
    return { format: "without-version", ...withEpoch, version: 0, config: NOTHING, rest: record.take() };
  }
  const version = record.int();
  if (version <= 1 || !rules.notificationHasConfig) {
    return { format: "without-config", ...withEpoch, version, config: NOTHING, rest: record.take() };
  }
  const length = record.int();
  if (length < 0 || length > bytes.length) throw new Damage<DropReason>("bad-config-length");
  const config = record.take(length);
  return { format: "with-config", ...withEpoch, version, config, rest: record.take() };
}

/** Returns the bytes of a notification (FastLeaderElection#buildMsg). */
export function encodeNotification(notification: WireNotification): Uint8Array {
  const { config, electionEpoch, format, leader, peerEpoch, rest, state, version, zxid } = notification;
  const writer = new JuteWriter(BYTES_OF_34 + 4 + config.length + rest.length);
  writer.int(state).long(leader).long(zxid).long(electionEpoch);
  if (format !== "without-epoch") writer.long(peerEpoch);
  if (format === "without-config" || format === "with-config") writer.int(version);
  if (format === "with-config") writer.buffer(config);
  return writer.raw(rest).bytes();
}
