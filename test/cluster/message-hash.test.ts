/** The hash of a message, which is part of the digest of a run. */
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
  COMMITANDACTIVATE,
  DIFF,
  FOLLOWERINFO,
  History,
  INFORM,
  INFORMANDACTIVATE,
  LEADERINFO,
  LEADING,
  LOOKING,
  makeTxn,
  makeZxid,
  NEWLEADER,
  type Notification,
  OBSERVERINFO,
  PACKET_NAMES,
  type PacketType,
  PING,
  PROPOSAL,
  PROTOCOL_VERSION,
  packet,
  type QuorumPacket,
  REQUEST,
  REVALIDATE,
  SNAP,
  SYNC,
  TRUNC,
  type Txn,
  UPTODATE,
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
  const names = new Map(MESSAGES.map(([name, message]) => [hashMessage(message), name]));
  expect([...names.values()]).toEqual(MESSAGES.map(([name]) => name));
});

const learnerInfo = { serverId: asServerId(3), protocolVersion: PROTOCOL_VERSION, configVersion: 1 };
const txn = makeTxn(zxid, "x");

/** One packet of each type, with a value in every field of its data. */
const PACKETS: Readonly<Record<PacketType, QuorumPacket>> = {
  [REQUEST]: packet(REQUEST, zxid, { value: "x" }),
  [PROPOSAL]: packet(PROPOSAL, zxid, txn),
  [ACK]: packet(ACK, zxid, null),
  [COMMIT]: packet(COMMIT, zxid, null),
  [PING]: packet(PING, zxid, null),
  [REVALIDATE]: packet(REVALIDATE, zxid, null),
  [SYNC]: packet(SYNC, zxid, null),
  [INFORM]: packet(INFORM, zxid, txn),
  [COMMITANDACTIVATE]: packet(COMMITANDACTIVATE, zxid, asServerId(3)),
  [NEWLEADER]: packet(NEWLEADER, zxid, null),
  [FOLLOWERINFO]: packet(FOLLOWERINFO, zxid, learnerInfo),
  [UPTODATE]: packet(UPTODATE, zxid, null),
  [DIFF]: packet(DIFF, zxid, null),
  [TRUNC]: packet(TRUNC, zxid, null),
  [SNAP]: packet(SNAP, zxid, { zxid, history }),
  [OBSERVERINFO]: packet(OBSERVERINFO, zxid, learnerInfo),
  [LEADERINFO]: packet(LEADERINFO, zxid, PROTOCOL_VERSION),
  [ACKEPOCH]: packet(ACKEPOCH, zxid, asEpoch(1)),
  [INFORMANDACTIVATE]: packet(INFORMANDACTIVATE, zxid, txn),
};

/** Returns copies of a value. In each copy, one field differs, at any depth. */
function changesOf(value: unknown): unknown[] {
  if (typeof value === "number") return value < 2 ** 32 ? [value + 1] : [value + 1, value + 2 ** 32];
  if (typeof value === "string") return [`${value}x`, value.toUpperCase()];
  if (value instanceof History) return [value.extend(makeTxn(makeZxid(asEpoch(1), 3), "y")), History.empty()];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, field]) =>
    // The hash of a transaction follows from its other fields.
    name === "hash" ? [] : changesOf(field).map((changed) => withHash({ ...value, [name]: changed })),
  );
}

function withHash(value: object): object {
  if (!("hash" in value) || !("value" in value)) return value;
  const { bytes, zxid: id, value: content } = value as Txn;
  return makeTxn(id, content, bytes);
}

it.each([
  ...Object.values(PACKETS).map((one) => [PACKET_NAMES[one.type], one] as const),
  ["notification", notification] as const,
  ["hello", { hello: asServerId(1) }] as const,
])("%s: a change of any field gives another hash", (_name, message) => {
  const changes = changesOf(message) as Message[];
  expect(changes.length).toBeGreaterThan(0);
  for (const changed of changes) expect(hashMessage(changed), JSON.stringify(changed)).not.toBe(hashMessage(message));
});

it("FOLLOWERINFO without and with a LearnerInfo have different hashes", () => {
  expect(hashMessage(packet(FOLLOWERINFO, zxid, null))).not.toBe(hashMessage(PACKETS[FOLLOWERINFO]));
});
