import { describe, expect, it } from "vitest";
import { decideSync } from "../../../protocol/leader/sync-decision.ts";
import { explainSync, rulesOf, SYNC_RULES } from "../../../protocol/leader/sync-rules.ts";
import { formatZxid, type Zxid } from "../../../protocol/zxid.ts";
import { z } from "../../conformance/bare-peer.ts";
import { syncFacts } from "./sync-facts.ts";

const ZXIDS = { peer: "1:3", last: "1:9", min: "1:5", max: "1:8", op: "1:2" };

describe("the text of each rule", () => {
  it.each(Object.entries(SYNC_RULES))("%s", (_rule, { case: number, summary, why }) => {
    expect(number).toBeGreaterThanOrEqual(1);
    expect(number).toBeLessThanOrEqual(6);
    expect(summary).toMatch(/^\S.*[^.]$/);
    expect(why(ZXIDS)).toMatch(/ → (SNAP|DIFF|TRUNC|empty DIFF)/);
  });
});

it("a rule belongs to the old sync source, to the new ones, or to both", () => {
  expect(rulesOf("committed-log")).toContain("behind-committed-log");
  expect(rulesOf("committed-log")).not.toContain("txn-log-diff");
  expect(rulesOf("txn-log")).not.toContain("behind-committed-log");
  expect(new Set([...rulesOf("committed-log"), ...rulesOf("txn-log")]).size).toBe(Object.keys(SYNC_RULES).length);
});

describe("explainSync", () => {
  it.each([
    ["1:4", "peer zxid 1:4 equals the leader's lastProcessedZxid → empty DIFF"],
    ["1:9", "peer zxid 1:9 is above maxCommittedLog 1:4 → TRUNC to 1:4"],
    ["1:3", "peer zxid 1:3 is within committedLog 1:2..1:4 but not in it → TRUNC to 1:2, then later transactions"],
    ["1:1", "peer zxid 1:1 is below minCommittedLog 1:2, and there is no log on disk → SNAP"],
  ])("peer %s", (peer, text) => {
    const one = syncFacts(peer);
    expect(explainSync(one, decideSync(one), (zxid: Zxid) => formatZxid(zxid))).toBe(text);
  });

  it("a decision that queues the transactions to apply and the outstanding proposals", () => {
    const more = {
      lastProposed: z("1:6"),
      toBeApplied: [{ zxid: z("1:5") }],
      outstandingProposals: [{ zxid: z("1:6") }],
    };
    expect(decideSync(syncFacts("1:4", more)).packets.map(({ zxid }) => formatZxid(zxid))).toEqual([
      ...["1:4", "1:5", "1:5", "1:6"],
    ]);
    expect(decideSync(syncFacts("1:4", { ...more, observer: true })).packets).toHaveLength(3);
  });

  it("an empty committedLog of a leader of 3.4 means SNAP, except for a peer in sync", () => {
    const old = { source: "committed-log", committedLog: [] } as const;
    expect(decideSync(syncFacts("1:3", old)).rule).toBe("committed-log-empty");
    expect(decideSync(syncFacts("1:4", old)).rule).toBe("in-sync");
  });

  it.each([
    ["1:9", "ahead-of-committed-log"],
    ["1:2", "committed-log-diff"],
    ["1:3", "committed-log-trunc"],
    ["1:1", "behind-committed-log"],
  ])("a leader of 3.4 decides by committedLog: peer %s, rule %s", (peer, rule) => {
    expect(decideSync(syncFacts(peer, { source: "committed-log" })).rule).toBe(rule);
  });
});
