import { describe, expect, test } from "vitest";
import { ACK, COMMIT, PACKET_NAMES } from "../../protocol/packets.ts";
import {
  decodePayload,
  encodePayload,
  encodeQuorumPacket,
  encodeSnapshotStream,
  type Payload,
  type QuorumPacket,
  type QuorumSender,
  QuorumStreamDecoder,
  wireRulesOf,
} from "../../wire/index.ts";
import {
  RAW_BYTES_MAX,
  SAMPLE_PACKETS,
  SAMPLE_SNAPSHOT_BYTES,
  type SamplePacket,
  sampleSnapshot,
} from "./wire-sample.ts";

const RULES = wireRulesOf("3.8.0");
const NOTHING = new Uint8Array(0);
const CONFIG = sampleSnapshot();

/** The text of NEWLEADER, which the sample cuts, is the one of /zookeeper/config. */
function configText(): Uint8Array {
  const config = [...CONFIG.nodes].find(({ path }) => path === "/zookeeper/config");
  return config?.data as Uint8Array;
}

/** The whole packet: as recorded, or completed with the data that the sample shows elsewhere. */
function bytesOf({ data, name, raw }: SamplePacket): Uint8Array {
  if (raw.length < RAW_BYTES_MAX) return raw;
  const whole = name === "NEWLEADER" ? configText() : (data as Uint8Array);
  const header = raw.subarray(0, 16);
  const view = new DataView(header.buffer, header.byteOffset);
  expect(view.getInt32(12)).toBe(whole.length);
  return Uint8Array.from([...header, ...whole, 0xff, 0xff, 0xff, 0xff]);
}

function decodeOne(bytes: Uint8Array, sender: QuorumSender): QuorumPacket {
  const [event, ...more] = new QuorumStreamDecoder(sender, RULES).push(bytes);
  expect(more).toEqual([]);
  if (event?.kind !== "packet") throw new Error(`no packet: ${event?.kind}`);
  return event.packet;
}

describe.each(SAMPLE_PACKETS.map((packet, i) => ({ packet, title: `${i} ${packet.name}` })))("$title", ({ packet }) => {
  const { data, name, raw, sender, zxid } = packet;
  const bytes = bytesOf(packet);

  test("begins as recorded", () => {
    expect(bytes.subarray(0, raw.length)).toEqual(raw);
  });

  test("has the type, the zxid and the data that the sample says", () => {
    const decoded = decodeOne(bytes, sender);
    expect(PACKET_NAMES[decoded.type]).toBe(name.replace(/\(.*/, ""));
    expect(decoded.zxid).toBe(zxid);
    expect(decoded.authinfo).toBeNull();
    if (data !== undefined) expect(decoded.data === null ? null : Uint8Array.from(decoded.data)).toEqual(data);
  });

  test("has the same bytes after decoding and encoding, also of its data", () => {
    const decoded = decodeOne(bytes, sender);
    const payload = decodePayload(decoded, sender, RULES);
    if (payload.kind === "malformed") throw new Error(payload.reason);
    expect(encodeQuorumPacket({ ...decoded, data: encodePayload(payload) })).toEqual(bytes);
  });
});

test("the sample has every type that an observer meets", () => {
  const names = new Set(SAMPLE_PACKETS.map(({ name }) => name));
  expect([...names].sort()).toEqual([
    "ACK(NL)",
    "ACK(UTD)",
    "ACKEPOCH",
    "COMMIT",
    "DIFF",
    "LEADERINFO",
    "NEWLEADER",
    "OBSERVERINFO",
    "PING",
    "PROPOSAL",
    "SNAP",
    "TRUNC",
    "UPTODATE",
  ]);
});

function payloadOf(name: string): Payload {
  const packet = SAMPLE_PACKETS.find((one) => one.name === name) as SamplePacket;
  return decodePayload(decodeOne(bytesOf(packet), packet.sender), packet.sender, RULES) as Payload;
}

test("payloads have their values", () => {
  expect(payloadOf("OBSERVERINFO")).toEqual({
    kind: "learner-info",
    serverId: 99n,
    protocolVersion: 0x10000,
    configVersion: 0n,
    rest: NOTHING,
  });
  expect(payloadOf("LEADERINFO")).toEqual({ kind: "protocol-version", protocolVersion: 0x10000, rest: NOTHING });
  expect(payloadOf("ACKEPOCH")).toEqual({ kind: "current-epoch", currentEpoch: 0, rest: NOTHING });
  expect(payloadOf("PING")).toEqual({ kind: "ignored", data: null });
  expect(payloadOf("PROPOSAL")).toMatchObject({
    kind: "txn",
    txn: { clientId: 0x1000034f8320000n, cxid: 1, zxid: 0x100000002n, type: 1, digest: { version: 2 }, rest: NOTHING },
  });
});

test("the snapshot has the size and the counts that the sample says", () => {
  const snap = SAMPLE_PACKETS.find(({ name }) => name === "SNAP") as SamplePacket;
  const stream = Buffer.concat([...encodeSnapshotStream(sampleSnapshot())]);
  expect(stream.length).toBe(SAMPLE_SNAPSHOT_BYTES);
  const events = new QuorumStreamDecoder("leader", RULES).push(Buffer.concat([snap.raw, stream]));
  expect(events.map(({ kind }) => kind)).toEqual(["packet", "snapshot-part", "snapshot"]);
  expect(events[1]).toMatchObject({ bytes: stream });
  expect(events[2]).toMatchObject({
    snapshot: { sessions: 1, aclLists: 2, nodes: 5, maxZxid: 0x100000002, dataBytes: 5 + configText().length },
  });
});

test("an ACK and a COMMIT in one chunk are two packets", () => {
  const packets = [ACK, COMMIT].map((type) => ({ type, zxid: 0x100000002n, data: null, authinfo: null }));
  const events = new QuorumStreamDecoder("leader", RULES).push(Buffer.concat(packets.map(encodeQuorumPacket)));
  expect(events).toEqual(packets.map((packet) => ({ kind: "packet", packet })));
});
