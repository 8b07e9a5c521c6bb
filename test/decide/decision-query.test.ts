/** Tests how a question of `zabsim decide --stdin` is read, and what its answer contains. */
import { describe, expect, it } from "vitest";
import { answerDecision, DecisionQueryError, readDecisionQuery } from "../../decide/decision-query.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";

const LEADER = {
  lastProcessedZxid: "1:3",
  committedLog: ["1:2", "1:3"],
  txnLogFiles: [["1:2", "1:3"], ["1:1"], []],
};
const QUERY = { peerLastZxid: "1:2", leader: LEADER };

describe("a query", () => {
  it("is answered with packets, rule and reason", () => {
    const answer = answerDecision(readDecisionQuery(QUERY));
    expect(answer).toMatchObject({ needSnap: false, rule: "committed-log-diff", startForwardingFrom: "0x100000003" });
    expect(answer.packets.map(({ type, zxid }) => `${type} ${zxid}`)).toEqual([
      "DIFF 0x100000003",
      "PROPOSAL 0x100000003",
      "COMMIT 0x100000003",
    ]);
    expect(answer.why).not.toBe("");
  });

  it("gets ZooKeeper's defaults for absent fields", () => {
    expect(readDecisionQuery(QUERY)).toMatchObject({
      txnLogSyncEnabled: true,
      txnLogExceedsSizeLimit: false,
      forceSnapSync: false,
      toBeApplied: [],
      outstandingProposals: [],
      observer: false,
    });
    expect(readDecisionQuery({ ...QUERY, learnerType: "OBSERVER" }).observer).toBe(true);
  });

  it("gets its log files in the order of their names, without empty files", () => {
    const { txnLogFiles } = readDecisionQuery(QUERY);
    expect(txnLogFiles.map(({ name }) => formatZxid64(name))).toEqual(["1:1", "1:2"]);
  });

  it("gets its outstanding proposals in ascending order, each once, and lastProposed from them", () => {
    const leader = { ...LEADER, outstandingProposals: ["1:5", "1:4", "1:5"] };
    const { lastProposed, outstandingProposals } = readDecisionQuery({ ...QUERY, leader });
    expect(outstandingProposals.map(({ zxid }) => formatZxid64(zxid))).toEqual(["1:4", "1:5"]);
    expect(formatZxid64(lastProposed)).toBe("1:5");
  });
});

describe("an invalid query", () => {
  it.each<[string, unknown, string]>([
    ["no object", [], "the line: [] (accepted: an object)"],
    ["no leader", { peerLastZxid: "1:2" }, "leader: missing (accepted: an object)"],
    ["a zxid as a number", { ...QUERY, peerLastZxid: 5 }, "peerLastZxid: 5 (accepted: a zxid as"],
    [
      "an invalid zxid in a list",
      { ...QUERY, leader: { ...LEADER, committedLog: ["1:2", "x"] } },
      'leader.committedLog[1]: "x"',
    ],
    ["an unknown learner type", { ...QUERY, learnerType: "LEADER" }, "accepted: PARTICIPANT or OBSERVER"],
    [
      "a text for a flag",
      { ...QUERY, leader: { ...LEADER, forceSnapSync: "no" } },
      'leader.forceSnapSync: "no" (accepted: true or false)',
    ],
  ])("%s names the field, the value and what is accepted", (_, query, message) => {
    expect(() => readDecisionQuery(query)).toThrow(DecisionQueryError);
    expect(() => readDecisionQuery(query)).toThrow(message);
  });
});

it("formatZxid64 writes all 64 bits", () => {
  expect(formatZxid64(0xffff_ffff_ffff_fffen)).toBe("4294967295:4294967294");
  expect(formatZxid64(-1n)).toBe("none");
});
