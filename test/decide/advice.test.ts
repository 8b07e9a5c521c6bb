/** Tests the advice to an operator for each rule that sends a SNAP. */
import { describe, expect, it } from "vitest";
import { adviceFor } from "../../decide/advice.ts";
import { DEFAULT_SYNC_SETTINGS } from "../../decide/zoo-cfg.ts";
import { SYNC_RULES, type SyncRule } from "../../protocol/index.ts";

const FACTS = {
  settings: DEFAULT_SYNC_SETTINGS,
  readsCommitLogCount: true,
  peerLastZxid: 0x500000005n,
  maxCommittedLog: 0x5000003e8n,
  txnLogSize: undefined,
};
const advise = (rule: SyncRule, facts: Partial<Parameters<typeof adviceFor>[1]> = {}) =>
  adviceFor([rule], { ...FACTS, ...facts });

describe("advice", () => {
  it("exists for every rule that sends a SNAP, and for no other", () => {
    for (const [rule, { why }] of Object.entries(SYNC_RULES)) {
      const sendsSnap = why({ peer: "", last: "", min: "", max: "", op: "" }).endsWith("→ SNAP");
      const reachable = rule !== "committed-log-no-match";
      expect([rule, advise(rule as SyncRule).length > 0]).toEqual([rule, sendsSnap && reachable]);
    }
  });

  it.each<[SyncRule, readonly (string | undefined)[]]>([
    ["forced-snap", ["forceSnapshotSync"]],
    ["txn-log-starts-later", ["autopurge.snapRetainCount", "commitLogCount"]],
    ["txn-log-too-large", ["snapshotSizeFactor", "commitLogCount"]],
    ["txn-log-off", ["snapshotSizeFactor", "commitLogCount"]],
    ["txn-log-cross-epoch", [undefined]],
    ["behind-committed-log", [undefined]],
  ])("of %s names the settings", (rule, settings) => {
    expect(advise(rule).map(({ setting }) => setting)).toEqual(settings);
  });

  it("gives commitLogCount a value if the learner's epoch is the leader's", () => {
    expect(advise("txn-log-off")[1]?.text).toContain("to more than 996, because this learner misses 995 transactions");
    expect(advise("txn-log-off", { peerLastZxid: 0x300000005n })[1]?.text).toContain("that clients write");
  });

  it("gives snapshotSizeFactor a value if the log has the sizes", () => {
    const text = (bytes: number) => advise("txn-log-too-large", { txnLogSize: { bytes, limitBytes: 330 } })[0]?.text;
    expect(text(660)).toContain("from 0.33 to 0.66 or more");
    expect(text(6600)).toContain("to 0 (now 0.33): these log files are 6.6 times as large");
  });

  it("does not name commitLogCount before 3.6.0, where it is a constant", () => {
    const settings = advise("txn-log-starts-later", { readsCommitLogCount: false }).map(({ setting }) => setting);
    expect(settings).toEqual(["autopurge.snapRetainCount"]);
  });

  it("for several rules is given once, with its rules, and what no setting changes comes last", () => {
    const all = adviceFor(["txn-log-gap", "txn-log-empty", "txn-log-starts-later"], FACTS);
    expect(all.map(({ rules, setting }) => [setting, rules.length])).toEqual([
      ["autopurge.snapRetainCount", 2],
      ["commitLogCount", 2],
      [undefined, 1],
    ]);
  });
});
