/** Tests the JSON output for runs and records. Zxids are written as `epoch:counter`. */
import { describe, expect, it } from "vitest";
import type { Violation } from "../../invariants/index.ts";
import { ACK } from "../../protocol/packets.ts";
import { asEpoch } from "../../protocol/zxid.ts";
import { recordJson, runJson, violationJson } from "../../reports/run-json.ts";
import { record, runOf, sid, zxid } from "./records.ts";

const roundTrip = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("runJson", () => {
  const run = runOf("servers: 3\nsteps:\n  - { at: 1s, write: 2 }\n  - { at: 1s, crash: 1 }\n");
  const json = runJson(run);

  it("has seed, digest, servers and handshakes", () => {
    expect(json).toMatchObject({ scenario: "test", seed: "1", digest: run.digest, ok: true });
    expect(json.servers).toMatchObject([
      { server: 1, running: false },
      { server: 2, lastProcessedZxid: "1:2" },
      { server: 3, leading: true, txns: 2 },
    ]);
    expect(json.handshakes).toMatchObject([
      { leader: 3, decision: { type: "DIFF", rule: "in-sync", peerLastZxid: "0:0", firstZxid: null }, failure: null },
      { leader: 3 },
    ]);
  });

  it("has each step in words, and its effect", () => {
    expect(json.steps).toEqual([
      { step: 0, text: "write at=leader count=2 every=1ms", atUs: 1_000_000, effect: 2, effectKind: "writes" },
      expect.objectContaining({ step: 1, effect: 1, effectKind: "servers" }),
    ]);
  });

  it("has the limits that are too short, and the settings that scale the model", () => {
    const slow = "servers: { 1: { down: true }, 2: {}, 3: {} }\ndisk: { snapshot: 40s }\nuntil: 50s\n";
    const { scaled, shortLimits } = runJson(runOf(`${slow}settings: { commitLogCount: 3 }\n`));
    expect(shortLimits).toMatchObject([{ limit: "initLimit", ticks: 10, neededTicks: 21, waiting: 2, working: 3 }]);
    expect(scaled).toEqual([expect.stringMatching(/^scaled: commitLogCount is 3; /)]);
    expect([json.shortLimits, json.scaled]).toEqual([[], []]);
  });

  it("survives JSON", () => {
    expect(roundTrip(json)).toEqual(roundTrip(roundTrip(json)));
  });
});

describe("violationJson", () => {
  const violation: Violation = {
    id: "agreement",
    server: sid(2),
    role: "following",
    atUs: 7,
    text: "delivers 1:2",
    facts: { epoch: asEpoch(3), here: zxid("1:2"), there: undefined, position: 4, holders: [sid(1)] },
    count: 1,
  };

  it("writes zxids as epoch:counter, and the end of a history as nothing", () => {
    expect(violationJson(violation)).toMatchObject({
      id: "agreement",
      facts: { epoch: 3, here: "1:2", there: "nothing", position: 4, holders: [1] },
    });
  });

  it("names a packet", () => {
    const facts = { packet: ACK, zxid: zxid("1:5"), detail: "not sent" } as const;
    expect(violationJson({ ...violation, facts })).toMatchObject({ facts: { packet: "ACK", zxid: "1:5" } });
  });
});

describe("recordJson", () => {
  const { records } = runOf("servers: 2\n");

  it("has the fields of the record and the record in words", () => {
    const acked = record({ event: "epoch-acked", learner: sid(1), currentEpoch: asEpoch(1), lastZxid: zxid("1:4") });
    expect(recordJson(acked)).toMatchObject({
      event: "epoch-acked",
      learner: 1,
      lastZxid: "1:4",
      text: "receives ACKEPOCH from 1: currentEpoch 1, last zxid 1:4",
    });
  });

  it("has the reason for a sync decision", () => {
    const decided = records.find(({ event }) => event === "sync-decided");
    expect(decided && recordJson(decided).why).toContain("→ empty DIFF");
  });

  it("names the packet of an anomaly, and writes lost transactions as zxids", () => {
    const anomaly = { event: "anomaly", anomaly: "bad-ack", from: sid(3), packet: ACK, detail: "" } as const;
    expect(recordJson(record({ ...anomaly, zxid: zxid("1:5") }))).toMatchObject({ packet: "ACK", zxid: "1:5" });
    const crashed = record({ event: "crashed", exitCode: undefined, lost: [zxid("1:4")] });
    expect(recordJson(crashed)).toMatchObject({ lost: ["1:4"] });
  });

  it("leaves the loaded history out", () => {
    const loaded = records.find(({ event }) => event === "loaded");
    expect(loaded && Object.keys(recordJson(loaded))).not.toContain("history");
  });
});
