/**
 * The wire format of notifications, as FastLeaderElection.Messenger reads them from servers of all releases. The oldest
 * form has 28 bytes. The form of 40 bytes also contains the peer epoch. Longer forms also contain the version and, from
 * version 2 on, a configuration text. The reader ignores a text that it cannot parse, but not the rest of the message.
 */
import type { Notification, ServerState } from "../packets.ts";
import { asEpoch, asServerId, asZxid, epochOf } from "../zxid.ts";
import { readConfig, writeConfig } from "./config-wire.ts";

/** The length of a notification without its configuration text. */
const HEADER_BYTES = 44;

/** Reads a notification. Returns undefined for bytes that WorkerReceiver ignores. */
export function decodeNotification(bytes: Uint8Array): Notification | undefined {
  const length = bytes.byteLength;
  if (length < 28) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const state = view.getInt32(0);
  if (state < 0 || state > 3) return undefined;
  const zxid = asZxid(Number(view.getBigInt64(12)));
  const notification = {
    state: state as ServerState,
    leader: asServerId(Number(view.getBigInt64(4))),
    zxid,
    electionEpoch: Number(view.getBigInt64(20)),
    peerEpoch: epochOf(zxid),
    version: 0,
  };
  if (length === 28) return notification;
  // Java's reader drops the whole message if a field is cut off.
  if (length < 36) return undefined;
  notification.peerEpoch = asEpoch(Number(view.getBigInt64(28)));
  if (length === 40) return notification;
  if (length < 40) return undefined;
  notification.version = view.getInt32(36);
  if (notification.version <= 1) return notification;
  if (length < HEADER_BYTES) return undefined;
  const configLength = view.getInt32(40);
  if (configLength < 0 || HEADER_BYTES + configLength > length) return undefined;
  const text = bytes.subarray(HEADER_BYTES, HEADER_BYTES + configLength);
  const config = configLength === 0 ? undefined : readConfig(String.fromCharCode(...text));
  return config === undefined ? notification : { ...notification, config };
}

/**
 * Writes a notification with its configuration, or with another text instead of it (FastLeaderElection#buildMsg). The
 * text must be ASCII.
 */
export function encodeNotification(notification: Notification, text = configTextOf(notification)): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + text.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, notification.state);
  view.setBigInt64(4, BigInt(notification.leader));
  view.setBigInt64(12, BigInt(notification.zxid));
  view.setBigInt64(20, BigInt(notification.electionEpoch));
  view.setBigInt64(28, BigInt(notification.peerEpoch));
  view.setInt32(36, notification.version);
  view.setInt32(40, text.length);
  for (let i = 0; i < text.length; i++) view.setUint8(HEADER_BYTES + i, text.charCodeAt(i));
  return bytes;
}

function configTextOf({ config }: Notification): string {
  return config === undefined ? "" : writeConfig(config);
}
