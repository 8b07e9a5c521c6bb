import { describe, expect, test } from "vitest";
import { ByteQueue, JuteWriter } from "../../jute/index.ts";
import {
  ACKEPOCH,
  FOLLOWERINFO,
  INFORMANDACTIVATE,
  LEADERINFO,
  OBSERVERINFO,
  PING,
  PROPOSAL,
  REQUEST,
  REVALIDATE,
} from "../../protocol/packets.ts";
import {
  decodeNotification,
  decodePayload,
  ELECTION_MESSAGE_BYTES_MAX,
  encodeHello,
  HELLO_VERSION_1,
  HELLO_VERSION_2,
  makeHello,
  QuorumStreamDecoder,
  wireRulesOf,
} from "../../wire/index.ts";
import { electionEvents, quorumEvents } from "./streams.ts";
import { noTotals, WireFuzzer } from "./wire-fuzz.ts";

const RULES = wireRulesOf("3.9.5");
const OLD_RULES = wireRulesOf("3.4.14");
const packet = (type = 3): JuteWriter => new JuteWriter().int(type).long(1n);
const snap = (): JuteWriter => packet(15).int(-1).int(-1);

test.each<[string, JuteWriter, string, number]>([
  ["a cut type", new JuteWriter().byte(0).byte(0), "short", 0],
  ["a cut zxid", new JuteWriter().int(3).int(0), "short", 0],
  ["data below null", packet().int(-2), "unreasonable-length", 16],
  ["data of one byte more than the limit", packet().int(RULES.maxBytes + 1), "unreasonable-length", 16],
  ["data that does not arrive", packet().int(RULES.maxBytes).long(0n), "short", 16],
  ["no authinfo", packet().int(-1), "short", 16],
  ["authinfo that does not arrive", packet().int(-1).int(0x7fff_ffff), "short", 20],
  ["a scheme below null", packet().int(-1).int(1).int(-5), "unreasonable-length", 24],
  ["a snapshot without a count of sessions", snap(), "short", 20],
  ["sessions that do not arrive", snap().int(0x7fff_ffff), "short", 24],
  ["a null list of ACLs", snap().int(0).int(1).long(1n).int(-1), "null-acl-list", 40],
  ["an ACL with a null scheme", snap().int(0).int(1).long(1n).int(1).int(31).int(-1).int(-1), "null-acl", 52],
  ["a znode with a null path", snap().int(0).int(0).int(-1).int(-1).raw(new Uint8Array(68)), "null-path", 104],
  [
    "a znode before its parent",
    snap().int(0).int(0).text("/a/b").int(-1).raw(new Uint8Array(68)),
    "parent-missing",
    108,
  ],
  ["another signature", snap().int(0).int(0).text("/").text("BenWasNot"), "bad-signature", 46],
])("%s is malformed", (_name, writer, reason, offset) => {
  expect(quorumEvents([writer.bytes()], "leader", RULES).at(-1)).toEqual({ kind: "malformed", reason, offset });
});

test("after a malformed packet, the decoder ignores all bytes", () => {
  const decoder = new QuorumStreamDecoder("leader", RULES);
  expect(decoder.push(packet().int(-2).bytes())).toHaveLength(1);
  expect(decoder.push(packet().int(-1).int(-1).bytes())).toEqual([]);
  expect(decoder.end()).toBeUndefined();
});

test("authinfo of more bytes than the largest buffer is malformed before it is complete", () => {
  const decoder = new QuorumStreamDecoder("learner", RULES);
  expect(decoder.push(packet(REQUEST).int(-1).int(0x7fff_ffff).bytes())).toEqual([]);
  const ids = new Uint8Array(65_536);
  const events = Array.from({ length: 1 + Math.ceil(RULES.maxBytes / ids.length) }, () => decoder.push(ids)).flat();
  expect(events).toMatchObject([{ kind: "malformed", reason: "authinfo-too-long" }]);
});

test.each<[string, number, "leader" | "learner", Uint8Array | null, string]>([
  ["ACKEPOCH without data", ACKEPOCH, "learner", null, "no-data"],
  ["ACKEPOCH of 3 bytes", ACKEPOCH, "learner", new Uint8Array(3), "short"],
  ["PING of a learner without data", PING, "learner", null, "no-data"],
  ["PING with half a session", PING, "learner", new Uint8Array(18), "short"],
  ["REVALIDATE of 8 bytes", REVALIDATE, "leader", new Uint8Array(8), "short"],
  ["REQUEST of 15 bytes", REQUEST, "learner", new Uint8Array(15), "short"],
  ["LEADERINFO without data", LEADERINFO, "leader", null, "no-data"],
  ["PROPOSAL of 31 bytes", PROPOSAL, "leader", new Uint8Array(31), "short"],
  ["PROPOSAL of an unknown type", PROPOSAL, "leader", new Uint8Array(32).fill(99, 31), "unsupported-type"],
  ["INFORMANDACTIVATE of 7 bytes", INFORMANDACTIVATE, "leader", new Uint8Array(7), "short"],
])("%s cannot be read", (_name, type, sender, data, reason) => {
  expect(decodePayload({ type, zxid: 0n, data, authinfo: null }, sender, RULES)).toEqual({ kind: "malformed", reason });
});

test.each([FOLLOWERINFO, OBSERVERINFO])("the leader reads as many fields of LearnerInfo as there are (%i)", (type) => {
  const read = (length: number, rules = RULES): object =>
    decodePayload({ type, zxid: 0n, data: new Uint8Array(length).fill(1), authinfo: null }, "learner", rules);
  expect(read(7)).toMatchObject({ serverId: undefined, protocolVersion: undefined, configVersion: undefined });
  expect(read(8)).toMatchObject({ serverId: 0x0101010101010101n, protocolVersion: undefined });
  expect(read(19)).toMatchObject({ protocolVersion: 0x01010101, configVersion: undefined });
  expect(read(21)).toMatchObject({ configVersion: 0x0101010101010101n, rest: new Uint8Array([1]) });
  expect(read(8, OLD_RULES)).toMatchObject({ serverId: 0x0101010101010101n, protocolVersion: undefined });
  expect(read(11, OLD_RULES)).toEqual({ kind: "malformed", reason: "short" });
  expect(read(20, OLD_RULES)).toMatchObject({ protocolVersion: 0x01010101, configVersion: undefined });
});

describe("the first message of an election connection", () => {
  const address = (text: string, version = HELLO_VERSION_1): Uint8Array =>
    new JuteWriter().long(version).long(5n).text(text).bytes();
  const read = (bytes: Uint8Array, release = "3.9.5"): object | undefined =>
    electionEvents([bytes], true, wireRulesOf(release))[0];

  test.each([
    ["a port that is no number", address("127.0.0.1:x"), "bad-address"],
    ["no port", address("127.0.0.1"), "bad-address"],
    ["two ports", address("127.0.0.1:1:2"), "bad-address"],
    ["an IPv6 address without brackets", address("::1:3888"), "bad-address"],
    ["an open bracket", address("[::1:3888"), "bad-address"],
    ["a port of 65536", address("127.0.0.1:65536"), "port-out-of-range"],
    ["a port below 0", address("127.0.0.1:-1"), "port-out-of-range"],
    ["an empty address", address(""), "bad-address-length"],
    ["an address of 2049 bytes", address("a".repeat(2049)), "bad-address-length"],
    ["an unknown version", address("127.0.0.1:1", -3n), "unknown-version"],
    ["a cut address", address("127.0.0.1:3888").subarray(0, 30), "short"],
    ["seven bytes", new Uint8Array(7), "short"],
  ])("with %s is malformed", (_name, bytes, reason) => {
    expect(read(bytes)).toMatchObject({ kind: "malformed", reason });
  });

  test("has the addresses that the release reads", () => {
    const two = address("10.0.0.1:3888|[::1]:3889", HELLO_VERSION_2);
    expect(read(two)).toMatchObject({
      hello: {
        serverId: 5n,
        addresses: [
          { host: "10.0.0.1", port: 3888 },
          { host: "::1", port: 3889 },
        ],
      },
    });
    expect(read(two, "3.5.10")).toMatchObject({ reason: "unknown-version" });
    expect(read(two, "3.4.14")).toMatchObject({ hello: { version: HELLO_VERSION_2, serverId: 5n, addresses: [] } });
    const ipv6 = encodeHello(makeHello(HELLO_VERSION_1, 5n, [{ host: "::1", port: 3888 }]));
    expect(read(ipv6, "3.5.10")).toMatchObject({ hello: { addresses: [{ host: "::1", port: 3888 }] } });
    expect(read(ipv6, "3.5.5")).toMatchObject({ reason: "bad-address" });
  });

  test("can be a server id alone", () => {
    expect(read(new JuteWriter().long(3n).bytes())).toMatchObject({ hello: { version: undefined, serverId: 3n } });
  });
});

test.each([0, -1, ELECTION_MESSAGE_BYTES_MAX + 1])("a message of %i bytes closes an election connection", (length) => {
  const events = electionEvents([new JuteWriter().int(length).long(0n).bytes()], false, RULES);
  expect(events).toEqual([{ kind: "malformed", reason: "bad-message-length", offset: 4 }]);
});

test.each<[string, Uint8Array, string]>([
  ["27 bytes", new Uint8Array(27), "short"],
  ["29 bytes", new Uint8Array(29), "cut-field"],
  ["36 bytes", new Uint8Array(36), "cut-field"],
  ["a state of 4", new Uint8Array(28).fill(4, 3, 4), "unknown-state"],
  ["a cut length of the configuration", new Uint8Array(43).fill(2, 39, 40), "cut-field"],
  ["a configuration longer than the message", new Uint8Array(44).fill(2, 39, 40).fill(45, 43), "bad-config-length"],
  ["a cut configuration", new Uint8Array(44).fill(2, 39, 40).fill(1, 43), "cut-field"],
])("a notification with %s is dropped", (_name, bytes, reason) => {
  expect(decodeNotification(bytes, RULES)).toEqual({ kind: "dropped", reason, bytes });
});

test("3.4 reads a notification of 36 bytes, and the version in one of 40", () => {
  expect(decodeNotification(new Uint8Array(36), OLD_RULES)).toMatchObject({ format: "without-version", version: 0 });
  const of34 = new Uint8Array(40).fill(1, 39);
  expect(decodeNotification(of34, OLD_RULES)).toMatchObject({ format: "without-config", version: 1 });
  expect(decodeNotification(of34, RULES)).toMatchObject({ format: "without-version", version: 0 });
});

test("bytes that arrive one by one in buffers of 64 KiB do not keep these buffers", () => {
  const queue = new ByteQueue();
  const buffer = new Uint8Array(65_536);
  for (let i = 0; i < 2000; i++) queue.push(buffer.subarray(i, i + 1));
  const held = Object.values(queue)
    .flat()
    .filter((value) => value instanceof Uint8Array);
  expect(held.every((bytes) => bytes.buffer !== buffer.buffer)).toBe(true);
  expect(queue.available).toBe(2000);
  expect(queue.take(2000)).toEqual(new Uint8Array(2000));
});

test("20,000 mutated messages are decoded without an exception, and the same in other cuts", () => {
  const totals = noTotals();
  new WireFuzzer().run(1, 20_000, totals);
  expect(totals.packets).toBe(20_000);
  for (const number of Object.values(totals)) expect(number).toBeGreaterThan(100);
});
