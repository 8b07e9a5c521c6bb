/** The hash of a message, which enters the digest of a run. */
import { expect, it } from "vitest";
import { hashMessage } from "../../cluster/message-hash.ts";
import type { Message } from "../../cluster/server.ts";
import {
  ACK,
  ACKEPOCH,
  asEpoch,
  asServerId,
  asZxid,
  COMMIT,
  History,
  LEADING,
  LOOKING,
  makeTxn,
  makeZxid,
  type Notification,
  PROPOSAL,
  packet,
  SNAP,
} from "../../protocol/index.ts";

const zxid = makeZxid(asEpoch(1), 2);
const notification: Notification = {
  state: LOOKING,
  leader: asServerId(1),
  zxid,
  electionEpoch: 1,
  peerEpoch: asEpoch(1),
  version: 2,
};
const history = History.empty().extend(makeTxn(zxid, "x"));

/** A list of messages. Each message differs in one field from the message before it. */
const MESSAGES: readonly (readonly [string, Message])[] = [
  ["ACK 1:2", packet(ACK, zxid, null)],
  ["COMMIT 1:2", packet(COMMIT, zxid, null)],
  ["COMMIT 1:3", packet(COMMIT, makeZxid(asEpoch(1), 3), null)],
  ["COMMIT 2:2", packet(COMMIT, makeZxid(asEpoch(2), 2), null)],
  ["ACKEPOCH with currentEpoch 1", packet(ACKEPOCH, zxid, asEpoch(1))],
  ["ACKEPOCH with currentEpoch 2", packet(ACKEPOCH, zxid, asEpoch(2))],
  ["PROPOSAL of x", packet(PROPOSAL, zxid, makeTxn(zxid, "x"))],
  ["PROPOSAL of y", packet(PROPOSAL, zxid, makeTxn(zxid, "y"))],
  ["SNAP of an empty history", packet(SNAP, zxid, { zxid, history: History.empty() })],
  ["SNAP of one transaction", packet(SNAP, zxid, { zxid, history })],
  ["notification for server 1", notification],
  ["notification for server 2", { ...notification, leader: asServerId(2) }],
  ["notification of a leader", { ...notification, state: LEADING }],
  ["notification of round 2", { ...notification, electionEpoch: 2 }],
  ["notification with zxid 0", { ...notification, zxid: asZxid(0) }],
  ["notification with peerEpoch 2", { ...notification, peerEpoch: asEpoch(2) }],
  ["hello of server 1", { hello: asServerId(1) }],
  ["hello of server 2", { hello: asServerId(2) }],
  ["bytes 1 2", Uint8Array.of(1, 2)],
  ["bytes 2 1", Uint8Array.of(2, 1)],
];

it.each(MESSAGES)("%s: a 32-bit integer, the same each time", (_name, message) => {
  const hash = hashMessage(message);
  expect(hash).toBe(hash | 0);
  expect(hashMessage(message)).toBe(hash);
});

it("messages that differ in one field have different hashes", () => {
  expect(new Set(MESSAGES.map(([, message]) => hashMessage(message))).size).toBe(MESSAGES.length);
});
