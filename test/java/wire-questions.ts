/**
 * Questions about the bytes between servers: what ZooKeeper's classes read in bytes of zabsim, also in damaged ones,
 * and which bytes they write.
 */
import fc from "fast-check";
import {
  decodeNotification,
  decodePayload,
  encodeHello,
  encodeNotification,
  encodePayload,
  encodeQuorumPacket,
  encodeSnapshotStream,
  encodeTxn,
  formatAddress,
  type QuorumPacket,
  type WireRules,
  wireRulesOf,
} from "../../wire/index.ts";
import { anyPacket, bytes, hello, int, long, message, notification, snapshot, text, txn } from "../wire/arbitraries.ts";
import { concat, electionEvents, quorumEvents } from "../wire/streams.ts";
import type { Kind } from "./kinds.ts";

type WireQuestion =
  | {
      readonly fn: "packets" | "snapshot" | "txn" | "learner-info" | "hello" | "notification";
      /** In hex. */
      readonly bytes: string;
    }
  | {
      readonly fn: "written-notification";
      readonly state: number;
      readonly leader: string;
      readonly zxid: string;
      readonly electionEpoch: string;
      readonly peerEpoch: string;
      /** The configuration in hex. */
      readonly bytes: string;
    }
  | {
      readonly fn: "written-learner-info";
      readonly sid: string;
      readonly protocolVersion: number;
      readonly configVersion: string;
    }
  | { readonly fn: "written-address"; readonly host: string; readonly port: number };

const FOLLOWERINFO = 11;
const PROPOSAL = 2;
const SNAP_PACKET = encodeQuorumPacket({ type: 15, zxid: 0n, data: null, authinfo: null });
/** Messages are drawn as each of these releases writes them, and every release reads them. */
const WRITERS = ["3.4.14", "3.5.10", "3.9.5"].map((release) => wireRulesOf(release));

const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const fromAny = <T>(arbitrary: (rules: WireRules) => fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof(...WRITERS.map(arbitrary));

/** Cuts bytes, or writes a number over them, half of the time. */
function damaged(whole: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const word = fc.oneof(fc.constantFrom(-1, -2, 0, 1, 2, 28, 0x7fff_ffff), fc.integer());
  const damage = fc.option(fc.tuple(fc.nat({ max: 999 }), fc.option(word)), { freq: 1 });
  return fc.tuple(whole, damage).map(([original, drawn]) => {
    if (drawn === null || original.length < 4) return original;
    const [place, value] = drawn;
    const at = Math.floor((place / 1000) * (original.length - 3));
    if (value === null) return original.slice(0, at);
    const result = Uint8Array.from(original);
    new DataView(result.buffer).setInt32(at, value);
    return result;
  });
}

/** Damage to a host would be a name to look up, so damaged addresses are chosen here. */
const badHello = fc
  .tuple(
    fc.constantFrom(-65_536n, -65_535n, -65_534n, -1n),
    long,
    fc.constantFrom(
      ...["127.0.0.1", "127.0.0.1:x", "127.0.0.1:1:2", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:3888:"],
      ...["[::1]:3888", "[::1]", "[::1:3888", "[::1]x3888", "::1:3888", "", "|", "127.0.0.1:1|", "|127.0.0.1:1"],
      ...["127.0.0.1:1|[::1]:2", "127.0.0.1:99999999999", "127.0.0.1:+1", "127.0.0.1:"],
    ),
    fc.option(fc.constantFrom(-1, 0, 1, 2048, 2049)),
  )
  .map(([version, serverId, address, length]) => {
    const addressText = new TextEncoder().encode(address);
    const whole = encodeHello({ version, serverId, addressText, addresses: [] });
    if (length !== null) new DataView(whole.buffer, whole.byteOffset).setInt32(16, length);
    return whole;
  });

const asked = <Fn extends "packets" | "snapshot" | "txn" | "learner-info" | "hello" | "notification">(
  fn: Fn,
  drawn: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<WireQuestion> => drawn.map((one) => ({ fn, bytes: hex(one) }));

const packet = fc.oneof(
  fromAny((rules) => message(rules).map((drawn) => drawn.packet)),
  anyPacket,
);
const decimal = long.map(String);
/** Java writes all eight groups of an IPv6 address. */
const LONG_LOOPBACK = "0:0:0:0:0:0:0:1";
const LITERALS = ["127.0.0.1", "10.1.2.3", LONG_LOOPBACK, "fe80:0:0:0:1:2:3:4"];

const questions: fc.Arbitrary<WireQuestion> = fc.oneof(
  asked("packets", damaged(fc.array(packet, { maxLength: 4 }).map((all) => concat(all.map(encodeQuorumPacket))))),
  asked("snapshot", damaged(snapshot.map((one) => concat([...encodeSnapshotStream(one)])))),
  asked("txn", damaged(fromAny((rules) => txn(rules).map(encodeTxn)))),
  asked("learner-info", fc.oneof(learnerInfo(), bytes)),
  asked("hello", fc.oneof(...WRITERS.map((rules) => hello(rules).map(encodeHello)), badHello)),
  asked("notification", damaged(fromAny((rules) => notification(rules).map(encodeNotification)))),
  fc.record({
    fn: fc.constant("written-notification" as const),
    state: fc.integer({ min: 0, max: 3 }),
    ...{ leader: decimal, zxid: decimal, electionEpoch: decimal, peerEpoch: decimal },
    bytes: text.map((config) => hex(new TextEncoder().encode(config))),
  }),
  fc.record({
    fn: fc.constant("written-learner-info" as const),
    sid: decimal,
    protocolVersion: int,
    configVersion: decimal,
  }),
  fc.record({
    fn: fc.constant("written-address" as const),
    host: fc.constantFrom(...LITERALS),
    port: fc.integer({ min: 0, max: 0xffff }),
  }),
);

/** A learner of version 0x10000, so that the leader waits for its ACKEPOCH, which does not come. */
function learnerInfo(): fc.Arbitrary<Uint8Array> {
  return fc
    .record({ serverId: long, configVersion: fc.option(fc.constantFrom(-1n, 0n, 1n, 7n), { nil: undefined }) })
    .map(({ configVersion, serverId }) =>
      encodePayload({
        kind: "learner-info",
        ...{ serverId, protocolVersion: 0x10000, configVersion, rest: new Uint8Array(0) },
      }),
    ) as fc.Arbitrary<Uint8Array>;
}

export const wireQuestions: Kind<WireQuestion> = {
  name: "wire",
  questions,
  answer: (question, release) => {
    const rules = wireRulesOf(release);
    switch (question.fn) {
      case "packets":
        return packetsAnswer(bytesOf(question.bytes), rules);
      case "snapshot":
        return snapshotAnswer(bytesOf(question.bytes), rules);
      case "txn":
        return txnAnswer(bytesOf(question.bytes), rules);
      case "learner-info":
        return learnerInfoAnswer(bytesOf(question.bytes), rules);
      case "hello":
        return helloAnswer(bytesOf(question.bytes), rules);
      case "notification":
        return notificationAnswer(bytesOf(question.bytes), rules);
      case "written-notification":
        return writtenNotification(question, rules);
      case "written-learner-info":
        return writtenLearnerInfo(question, rules);
      case "written-address":
        return formatAddress(question);
    }
  },
  agrees: (question, release, java, zabsim) => {
    // 3.4 has no class that reads the first message, and releases before 3.5.7 none that writes an address.
    if (java === null && (question.fn === "hello" || question.fn === "written-address")) return true;
    if (question.fn === "snapshot") return snapshotAgrees(java, zabsim, wireRulesOf(release));
    return comparable(java) === comparable(zabsim);
  },
};

/**
 * Java leaves out properties that are null. Bytes that are no UTF-8 become one or more U+FFFD: how many, is up to the
 * reader.
 */
function comparable(answer: unknown): string {
  const json = JSON.stringify(answer, (key, value: unknown) =>
    value === null && /^[a-z]/.test(key) ? undefined : value,
  );
  if (!json.includes("\ufffd")) return json;
  return json.replace(/\ufffd+/g, "\ufffd").replace(/,"written":"[^"]*"/, "");
}

function packetsAnswer(asked: Uint8Array, rules: WireRules): object {
  const events = quorumEvents([asked], "learner", rules);
  const packets = events.flatMap((event) => (event.kind === "packet" ? [event.packet] : []));
  const last = events.at(-1);
  return {
    packets: packets.map(({ authinfo, data, type, zxid }) => ({
      type,
      zxid: String(zxid),
      data: data === null ? null : hex(data),
      authinfo: authinfo?.map(({ id, scheme }) => [scheme, id]) ?? null,
    })),
    end: last?.kind === "malformed" ? last.reason : "end",
    written: hex(concat(packets.map(encodeQuorumPacket))),
  };
}

function snapshotAnswer(asked: Uint8Array, rules: WireRules): object {
  const events = quorumEvents([SNAP_PACKET, asked], "leader", rules);
  const snapshot = events.find(({ kind }) => kind === "snapshot");
  const last = events.at(-1);
  if (snapshot?.kind !== "snapshot") return { end: last?.kind === "malformed" ? last.reason : "no end" };
  return { end: "end", snapshot: snapshot.snapshot };
}

/**
 * A server may write the sessions and znodes in another order, leaves out unused ACL lists, and keeps one of two znodes
 * with the same path, so only the count of sessions and the bytes of an undamaged snapshot are compared.
 */
function snapshotAgrees(java: unknown, zabsim: unknown, rules: WireRules): boolean {
  const real = java as { readonly end: string; readonly written?: string };
  const ours = zabsim as { readonly end: string; readonly snapshot?: { readonly sessions: number } };
  if (real.written === undefined) return real.end === ours.end || isRuntimeException(real.end, ours.end);
  const again = snapshotAnswer(bytesOf(real.written), rules) as typeof ours;
  return (
    ours.end === "end" && again.snapshot !== undefined && again.snapshot.sessions <= (ours.snapshot?.sessions ?? 0)
  );
}

/** The reasons that Java meets with a RuntimeException. */
function isRuntimeException(java: string, zabsim: string): boolean {
  return java.endsWith("Exception") && ["null-path", "null-acl-list", "null-acl", "bad-signature"].includes(zabsim);
}

function txnAnswer(asked: Uint8Array, rules: WireRules): object {
  const payload = decodePayload({ type: PROPOSAL, zxid: 0n, data: asked, authinfo: null }, "leader", rules);
  if (payload.kind === "malformed") return { end: payload.reason };
  if (payload.kind !== "txn") throw new Error(payload.kind);
  const { body, clientId, cxid, digest, timeMs, type, zxid } = payload.txn;
  return {
    end: "end",
    ...{ clientId: String(clientId), cxid, zxid: String(zxid), time: String(timeMs), type, body: hex(body) },
    digest: digest === null ? null : [digest.version, String(digest.treeDigest)],
  };
}

/** The leader under test has a configuration of version 0. */
function learnerInfoAnswer(data: Uint8Array, rules: WireRules): object {
  const info: QuorumPacket = { type: FOLLOWERINFO, zxid: 0n, data, authinfo: null };
  const payload = decodePayload(info, "learner", rules);
  if (payload.kind !== "learner-info") return { sid: "0", version: 1, answers: false };
  const { configVersion = 0n, protocolVersion = 1, serverId = 0n } = payload;
  return { sid: String(serverId), version: protocolVersion, answers: configVersion <= 0n };
}

function helloAnswer(asked: Uint8Array, rules: WireRules): object {
  const [event] = electionEvents([asked], true, rules);
  if (event?.kind === "malformed") return { end: event.reason };
  if (event?.kind !== "hello") throw new Error(String(event?.kind));
  const { addresses, serverId } = event.hello;
  return {
    sid: String(serverId),
    addresses: addresses.map(({ host, port }) => `${host === "::1" ? LONG_LOOPBACK : host} ${port}`),
  };
}

function notificationAnswer(asked: Uint8Array, rules: WireRules): object | null {
  const read = decodeNotification(asked, rules);
  if ("kind" in read) {
    // The exception ends the thread.
    const isFatal = read.reason === "cut-field" && !rules.skipsCutNotification;
    return isFatal ? { end: "BufferUnderflowException" } : null;
  }
  const { electionEpoch, leader, peerEpoch, state, version, zxid } = read;
  const longs = { leader, zxid, electionEpoch, peerEpoch };
  const texts = Object.fromEntries(Object.entries(longs).map(([name, value]) => [name, String(value)]));
  return { state, ...texts, version };
}

function writtenNotification(
  { bytes: config, electionEpoch, leader, peerEpoch, state, zxid }: WireQuestion & { fn: "written-notification" },
  { notificationHasConfig }: WireRules,
): string {
  const vote = { state, leader: BigInt(leader), zxid: BigInt(zxid), electionEpoch: BigInt(electionEpoch) };
  const rest = new Uint8Array(0);
  const format = notificationHasConfig ? "with-config" : "without-config";
  const version = notificationHasConfig ? 2 : 1;
  const text = notificationHasConfig ? bytesOf(config) : rest;
  return hex(encodeNotification({ format, ...vote, peerEpoch: BigInt(peerEpoch), version, config: text, rest }));
}

function writtenLearnerInfo(
  { configVersion, protocolVersion, sid }: WireQuestion & { fn: "written-learner-info" },
  { learnerInfoIsRecord }: WireRules,
): string {
  const data = encodePayload({
    kind: "learner-info",
    serverId: BigInt(sid),
    protocolVersion,
    configVersion: learnerInfoIsRecord ? undefined : BigInt(configVersion),
    rest: new Uint8Array(0),
  });
  return hex(data as Uint8Array);
}
