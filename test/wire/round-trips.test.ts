import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeText } from "../../jute/index.ts";
import { SNAP } from "../../protocol/packets.ts";
import { PUBLISHED_RELEASES } from "../../protocol/releases.ts";
import {
  decodeNotification,
  decodePayload,
  encodeHello,
  encodeNotification,
  encodePayload,
  encodeQuorumPacket,
  encodeSnapshotStream,
  frameNotification,
  type QuorumPacket,
  type SnapshotSource,
  wireRulesOf,
} from "../../wire/index.ts";
import { inputs } from "../inputs.ts";
import { anyPacket, hello, message, notification, packetsOf, snapshot } from "./arbitraries.ts";
import { concat, cut, electionEvents, quorumEvents } from "./streams.ts";

/** One release for each set of rules. */
const RELEASES = ["3.4.10", "3.5.5", "3.5.7", "3.5.10", "3.6.0", "3.6.4", "3.9.5"];
const runs = (seed: number): { seed: number; numRuns: number } => ({ seed, numRuns: inputs(100, 3000) });

test("each set of rules has a release in these tests", () => {
  const rulesText = (release: string): string =>
    JSON.stringify(wireRulesOf(release), (key, value) => (key === "maxBytes" ? undefined : value));
  const tested = new Set(RELEASES.map(rulesText));
  for (const release of PUBLISHED_RELEASES) expect(tested).toContain(rulesText(release));
});

describe.each(RELEASES)("%s", (release) => {
  const rules = wireRulesOf(release);

  test("the payload of each packet is the same after encoding and decoding", () => {
    fc.assert(
      fc.property(message(rules), ({ packet, payload, sender }) => {
        expect(decodePayload(packet, sender, rules)).toEqual(payload);
        expect(encodePayload(payload)).toEqual(packet.data);
      }),
      runs(1),
    );
  });

  test("packets and snapshots are the same after encoding, any cuts and decoding", () => {
    const positions = fc.array(fc.nat({ max: 1500 }), { maxLength: 40 });
    fc.assert(
      fc.property(packetsOf(rules), snapshot, fc.array(anyPacket), positions, (before, drawn, after, cuts) => {
        const tail = after.filter(({ type }) => type !== SNAP);
        const stream = concat([...encodeSnapshotStream(drawn)]);
        const snap: QuorumPacket = { type: SNAP, zxid: 7n, data: null, authinfo: null };
        const bytes = concat([...[...before, snap].map(encodeQuorumPacket), stream, ...tail.map(encodeQuorumPacket)]);
        const expected = [
          ...[...before, snap].map((packet) => ({ kind: "packet", packet })),
          { kind: "snapshot-part", bytes: stream },
          { kind: "snapshot", snapshot: contentOf(drawn) },
          ...tail.map((packet) => ({ kind: "packet", packet })),
        ];
        expect(quorumEvents(cut(bytes, cuts), "leader", rules)).toEqual(expected);
      }),
      runs(2),
    );
  });

  test("the messages of an election connection are the same after encoding, any cuts and decoding", () => {
    const positions = fc.array(fc.nat({ max: 300 }), { maxLength: 20 });
    fc.assert(
      fc.property(hello(rules), fc.array(notification(rules), { maxLength: 4 }), positions, (first, all, cuts) => {
        const frames = all.map((one) => frameNotification(encodeNotification(one)));
        const bytes = concat([encodeHello(first), ...frames]);
        expect(electionEvents(cut(bytes, cuts), true, rules)).toEqual([
          { kind: "hello", hello: first },
          ...all.map((one) => ({ kind: "notification", notification: one })),
        ]);
      }),
      runs(3),
    );
  });

  test("each notification has the same bytes after decoding and encoding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), fc.integer({ min: 0, max: 3 }), (bytes, state) => {
        bytes.fill(0, 0, 3)[3] = state;
        const decoded = decodeNotification(bytes, rules);
        if ("format" in decoded) expect(encodeNotification(decoded)).toEqual(bytes);
      }),
      runs(4),
    );
  });
});

test("a learner can send the type SNAP, and no snapshot follows", () => {
  const packet: QuorumPacket = { type: SNAP, zxid: 0n, data: null, authinfo: null };
  const bytes = concat([packet, packet].map(encodeQuorumPacket));
  expect(quorumEvents([bytes], "learner", wireRulesOf("3.9.5")).map(({ kind }) => kind)).toEqual(["packet", "packet"]);
});

function contentOf({ aclLists, nodes, sessions }: SnapshotSource): object {
  const all = [...nodes];
  const zxids = all.flatMap(({ czxid, mzxid, pzxid }) => [czxid, mzxid, pzxid]);
  const config = all.find(({ path }) => path === "/zookeeper/config")?.data;
  return {
    sessions: sessions.length,
    aclLists: aclLists.length,
    nodes: all.length,
    dataBytes: all.reduce((sum, { data }) => sum + (data?.length ?? 0), 0),
    maxZxid: Math.max(...zxids.map(Number)),
    config: config == null || config.length === 0 ? undefined : decodeText(config),
  };
}
