import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { EXIT_BAD_INPUT, EXIT_OK } from "../../cli/exit-codes.ts";
import { zabsim } from "./zabsim.ts";

const vectors = (name: string): string[] => {
  const bytes = readFileSync(new URL(`../conformance/vectors/${name}`, import.meta.url));
  return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").trimEnd().split("\n");
};

interface Answer {
  readonly id: string;
  readonly needSnap: boolean;
  readonly packets: readonly { type: string; zxid: string }[];
  readonly startForwardingFrom: string;
  readonly rule: string;
  readonly why: string;
  readonly error?: string;
}

describe("zabsim decide --stdin", () => {
  for (const name of ["sync-vectors.jsonl.gz", "forward-vectors.jsonl.gz", "learnerhandlertest-vectors.jsonl"]) {
    it(`answers every line of ${name} as the recorded Java code did`, () => {
      const lines = vectors(name);
      const { code, stdout, stderr } = zabsim(["decide", "--stdin"], `${lines.join("\n")}\n`);
      expect(stderr).toBe("");
      expect(code).toBe(EXIT_OK);
      const answers = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Answer);
      expect(answers).toHaveLength(lines.length);
      const differing = lines.filter((line, i) => {
        const { id, expect: recorded } = JSON.parse(line);
        const { needSnap, packets, startForwardingFrom } = recorded;
        const { id: gotId, rule, why, ...got } = answers[i] as Answer;
        expect(rule).not.toBe("");
        expect(why).not.toBe("");
        return gotId !== id || JSON.stringify(got) !== JSON.stringify({ needSnap, packets, startForwardingFrom });
      });
      expect(differing).toEqual([]);
    });
  }

  it("answers an invalid line in its place, answers the other lines, and exits with 2", () => {
    const good = vectors("learnerhandlertest-vectors.jsonl")[0] as string;
    const noPeer = JSON.stringify({ ...JSON.parse(good), id: "no-peer", peerLastZxid: undefined });
    const badZxid = JSON.stringify({ ...JSON.parse(good), id: "bad", peerLastZxid: "0xzz" });
    const input = [good, "{", noPeer, "[]", badZxid, "", good].join("\n");
    const { code, stdout, stderr } = zabsim(["decide", "--stdin"], input);
    const answers = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Answer);
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stderr).toBe("");
    expect(answers.map((answer) => answer.id)).toEqual([
      "testEmptyCommittedLog.1",
      null,
      "no-peer",
      null,
      "bad",
      "testEmptyCommittedLog.1",
    ]);
    expect(answers.map((answer) => answer.error !== undefined)).toEqual([false, true, true, true, true, false]);
    expect(answers[2]?.error).toContain("peerLastZxid: missing");
    expect(answers[4]?.error).toContain('peerLastZxid: "0xzz" (accepted: a zxid');
  });

  it("sorts outstanding proposals by zxid without duplicates, and log files by name, as ZooKeeper does", () => {
    const leader = {
      lastProcessedZxid: "1:8",
      committedLog: ["1:7", "1:8"],
      txnLogFiles: [
        ["1:4", "1:5", "1:6", "1:7"],
        ["1:1", "1:2", "1:3"],
      ],
      outstandingProposals: ["1:11", "1:9", "1:11", "1:10"],
    };
    const line = JSON.stringify({ id: "unsorted", peerLastZxid: "1:2", learnerType: "PARTICIPANT", leader });
    const answer = JSON.parse(zabsim(["decide", "--stdin"], `${line}\n`).stdout) as Answer;
    const proposed = answer.packets.filter(({ type }) => type === "PROPOSAL").map(({ zxid }) => Number(zxid) % 16);
    expect([answer.rule, ...proposed]).toEqual(["txn-log-diff", 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

describe("zabsim decide", () => {
  it("prints the decision and the reason", () => {
    const { code, stdout } = zabsim(["decide", "--peer", "1:7", "--committed-log", "1:1..1:5"]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toContain("peer zxid 1:7 is above maxCommittedLog 1:5 → TRUNC to 1:5");
    expect(stdout).toContain("TRUNC     1:5  0x100000005");
  });

  it("prints one JSON document with --json", () => {
    const { code, stdout } = zabsim(["decide", "--json", "--peer", "1:3", "--last", "1:5", "--no-txn-log-sync"]);
    expect(code).toBe(EXIT_OK);
    expect(JSON.parse(stdout)).toEqual({
      needSnap: true,
      packets: [],
      startForwardingFrom: "0x100000005",
      rule: "txn-log-off",
      why: expect.stringMatching(/^peer zxid 1:3 .* → SNAP$/),
    });
  });

  it.each([
    [["--committed-log", "1:1"], "--peer is missing"],
    [["--peer", "1:1"], "--last is missing"],
    [["--peer", "one", "--last", "1:1"], "--peer one: not a zxid (accepted:"],
    [["--peer", "1:1", "--committed-log", "1:5..1:1"], "--committed-log 1:5..1:1: not a range"],
    [["--peer", "1:1", "--txn-log", "1:1..1:2..1:3"], "--txn-log 1:1..1:2..1:3: not a range"],
    [["--peer", "1:1", "--last", "1:1", "--force-snap", "--zookeeper", "3.4.14"], "3.4.14 has no forceSnapshotSync"],
    [["--peer"], "--peer"],
    [["--pear", "1:1"], "--pear"],
  ])("rejects %j with one message", (args, message) => {
    const { code, stdout, stderr } = zabsim(["decide", ...args]);
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
  });
});
