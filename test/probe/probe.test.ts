/** Tests probes against a scripted leader. The Java tier has tests with real ones (test/java/incidents/probe.ts). */
import { afterEach, describe, expect, it } from "vitest";
import { rulesThatFit } from "../../probe/opinion.ts";
import { probe } from "../../probe/probe.ts";
import { ACKEPOCH, COMMIT, DIFF, OBSERVERINFO, PING, PROPOSAL, SNAP, TRUNC } from "../../protocol/packets.ts";
import { decodePayload, wireRulesOf } from "../../wire/index.ts";
import { SAMPLE_SNAPSHOT_BYTES, sampleSnapshot } from "../wire/wire-sample.ts";
import {
  answering,
  CONFIG,
  EPOCH,
  type FakeLeader,
  fakeLeader,
  LEADER_INFO,
  NEW_LEADER,
  packetOf,
  type Script,
  snapshotBytes,
} from "./fake-leader.ts";

const IDENTITY = { sid: -1000n, zxid: 0x4_0000_0002n, epoch: -1 };
const MAX = 0x4_0000_0004n;
let leader: FakeLeader | undefined;

afterEach(() => leader?.close());

async function probing(script: Script, changes: Partial<typeof IDENTITY> = {}, timeoutMs = 5000) {
  leader = await fakeLeader(script);
  return await probe({ host: "127.0.0.1", port: leader.port, timeoutMs }, { ...IDENTITY, ...changes });
}

const PROPOSALS = [3n, 4n].flatMap((counter) => {
  const zxid = (4n << 32n) + counter;
  return [packetOf(PROPOSAL, zxid, new Uint8Array(40)), packetOf(COMMIT, zxid)];
});

describe("a probe", () => {
  it("reports a DIFF with its packets, sends acceptedEpoch 0, and does not acknowledge NEWLEADER", async () => {
    const answer = await probing(answering(packetOf(DIFF, MAX), ...PROPOSALS, NEW_LEADER));
    expect(answer).toEqual({
      ...{ proposedEpoch: EPOCH, protocolVersion: 0x10000, operation: "DIFF", zxid: MAX, snapshot: undefined },
      ...{ packets: { PROPOSAL: 2, COMMIT: 2 }, firstZxid: 0x4_0000_0003n, lastZxid: MAX },
      ...{ newLeaderZxid: EPOCH << 32n, config: CONFIG },
    });
    await leader?.left;
    const [info, ack, ...rest] = leader?.received ?? [];
    expect(rest).toEqual([]);
    expect([info?.type, info?.zxid, ack?.type, ack?.zxid]).toEqual([OBSERVERINFO, 0n, ACKEPOCH, IDENTITY.zxid]);
    const rules = wireRulesOf("newest");
    if (info === undefined || ack === undefined) throw new Error("a packet is missing");
    expect(decodePayload(info, "learner", rules)).toMatchObject({ serverId: -1000n, configVersion: 0n });
    expect(decodePayload(ack, "learner", rules)).toMatchObject({ currentEpoch: -1 });
  });

  it("reports a TRUNC, and the size and the last zxid of a SNAP in pieces", async () => {
    expect(await probing(answering(packetOf(TRUNC, MAX), NEW_LEADER))).toMatchObject({ operation: "TRUNC", zxid: MAX });
    const snapshot = snapshotBytes(sampleSnapshot());
    const pieces = Array.from({ length: Math.ceil(snapshot.length / 7) }, (_, i) =>
      snapshot.subarray(7 * i, 7 * i + 7),
    );
    const answer = await probing(answering(packetOf(SNAP, EPOCH << 32n), ...pieces, packetOf(PING, 1n), NEW_LEADER));
    expect(answer).toMatchObject({ operation: "SNAP", zxid: EPOCH << 32n, packets: { PING: 1 } });
    expect(answer.snapshot?.bytes).toBe(SAMPLE_SNAPSHOT_BYTES);
    expect(answer.snapshot?.nodes).toBeGreaterThan(3);
  });

  it("sends --epoch up to the proposed one, and none above it", async () => {
    await probing(answering(packetOf(DIFF, MAX), NEW_LEADER), { epoch: 5 });
    await expect(probing(answering(), { epoch: 6 })).rejects.toThrow(/--epoch 6: above epoch 5.*was not sent/);
    await leader?.left;
    expect(leader?.received.map(({ type }) => type)).toEqual([OBSERVERINFO]);
  });

  it.each<[string, Script, RegExp]>([
    [
      "a leader without a quorum",
      () => [],
      /nothing for 0\.2 s while the probe waited for LEADERINFO; a leader that waits for its quorum/,
    ],
    ["silence after LEADERINFO", answering(), /waited for DIFF, TRUNC or SNAP/],
    ["a server that is no leader", () => "close", /closed the connection before LEADERINFO: it is no leader/],
    ["a throttled sync", (count) => (count === 1 ? [LEADER_INFO] : "close"), /closed the connection before DIFF/],
    ["TLS", () => [Uint8Array.of(0x15, 3, 3, 0, 2, 2, 80)], /speaks TLS/],
    ["HTTP", () => [Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")], /not those of a leader's quorum port/],
    ["another packet", () => [packetOf(DIFF, MAX)], /the first packet is DIFF, not LEADERINFO/],
    ["a bad decision", answering(NEW_LEADER), /sent NEWLEADER in place of DIFF/],
    ["a cut snapshot", answering(packetOf(SNAP, 1n), Uint8Array.of(0, 0)), /waited for the rest of the snapshot/],
  ])("gives one clear error for %s", async (_, script, message) => {
    await expect(probing(script, {}, 200)).rejects.toThrow(message);
  });

  it("gives one clear error for a refused connection", async () => {
    const { close, port } = await fakeLeader(() => []);
    close();
    const refused = probe({ host: "127.0.0.1", port, timeoutMs: 1000 }, IDENTITY);
    await expect(refused).rejects.toThrow(`127.0.0.1:${port}: connection refused: only a leader listens`);
  });

  it("leaves immediately if it is interrupted", async () => {
    leader = await fakeLeader(() => []);
    const abort = new AbortController();
    const target = { host: "127.0.0.1", port: leader.port, timeoutMs: 60_000 };
    const result = probe(target, IDENTITY, abort.signal);
    setTimeout(() => abort.abort(new Error("interrupted")), 50);
    await expect(result).rejects.toThrow("interrupted");
    await leader.left;
  });
});

describe("the core's opinion", () => {
  const base = { proposedEpoch: 5n, protocolVersion: 0x10000, snapshot: undefined, packets: {} };
  const rest = { firstZxid: undefined, lastZxid: undefined, newLeaderZxid: 5n << 32n, config: undefined };
  const rulesOf = (operation: "DIFF" | "TRUNC" | "SNAP", zxid: bigint, peer: bigint, packets = {}) =>
    rulesThatFit({ ...base, ...rest, operation, zxid, packets }, peer, "3.9.5").map(({ rule }) => rule);

  it("names the rules that fit", () => {
    expect(rulesOf("DIFF", MAX, MAX)).toContain("in-sync");
    expect(rulesOf("DIFF", MAX, 0x4_0000_0002n, { PROPOSAL: 2, COMMIT: 2 })).toContain("committed-log-diff");
    expect(rulesOf("DIFF", MAX, 0x4_0000_0002n, { PROPOSAL: 2, COMMIT: 2 })).not.toContain("in-sync");
    expect(rulesOf("TRUNC", MAX, 0x4_0000_0009n)).toContain("ahead-of-committed-log");
    expect(rulesOf("SNAP", 5n << 32n, 0n)).not.toEqual([]);
  });

  it("names none if the core never decides so", () => {
    // A leader sends no TRUNC to a learner whose last zxid is the start of an epoch.
    expect(rulesOf("TRUNC", MAX, 0x5_0000_0000n)).toEqual([]);
  });
});
