import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EXIT_BAD_INPUT, EXIT_OK } from "../../cli/exit-codes.ts";
import { inputs } from "../inputs.ts";
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

const LINE =
  "Synchronizing with Learner sid: 3 maxCommittedLog=0x500000017 minCommittedLog=0x500000001 " +
  "lastProcessedZxid=0x500000017 peerLastZxid=0x300000005";

describe("zabsim decide", () => {
  it("prints the decision and the reason", () => {
    const { code, stdout } = zabsim(["decide", "--peer", "1:7", "--committed-log", "1:1..1:5"]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toContain("peer zxid 1:7 is above maxCommittedLog 1:5 → TRUNC to 1:5");
    expect(stdout).toContain("TRUNC     1:5  0x100000005");
  });

  it("prints one JSON document with --json, with the advice", () => {
    const args = ["--json", "--peer", "1:3", "--last", "1:5", "--committed-log", "empty", "--no-txn-log-sync"];
    const { code, stdout } = zabsim(["decide", ...args]);
    expect(code).toBe(EXIT_OK);
    expect(JSON.parse(stdout)).toEqual({
      needSnap: true,
      packets: [],
      startForwardingFrom: "0x100000005",
      rule: "txn-log-off",
      why: expect.stringMatching(/^peer zxid 1:3 .* → SNAP$/),
      advice: [
        { rules: ["txn-log-off"], setting: "snapshotSizeFactor", text: expect.stringContaining("0.33") },
        { rules: ["txn-log-off"], setting: "commitLogCount", text: expect.stringContaining("commitLogCount") },
      ],
    });
  });

  it("invents no fact: without the log on disk it prints every possible decision, and where to look", () => {
    const { code, stdout } = zabsim(["decide", "--peer", "0x300000005", "--last", "0x500000017"]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).not.toContain("there is no log on disk →");
    expect(stdout).toContain("DIFF   if committedLog contains 3:5");
    expect(stdout).toContain("SNAP   if committedLog starts above 3:5, and the leader has no log on disk");
    expect(stdout).toContain("the files log.* in the leader's dataLogDir");
    const { possible } = JSON.parse(zabsim(["decide", "--json", "--peer", "3:5", "--last", "5:23"]).stdout);
    expect(possible.map((one: { operation: string }) => one.operation)).toEqual(
      expect.arrayContaining(["DIFF", "TRUNC", "SNAP"]),
    );
  });

  it("accepts a range across epochs, of which it knows only the ends", () => {
    const args = ["--peer", "5:7", "--last", "5:23", "--committed-log", "0x400000001..0x500000017"];
    expect(zabsim(["decide", ...args]).stdout).toContain("DIFF   if committedLog contains 5:7");
    const below = [
      "--peer",
      "3:5",
      "--last",
      "5:23",
      "--committed-log",
      "0x400000001..0x500000017",
      "--txn-log",
      "empty",
    ];
    expect(zabsim(["decide", ...below]).stdout).toContain("peer zxid 3:5 is below minCommittedLog 4:1");
  });
});

describe("zabsim decide LOG-LINE", () => {
  it("explains a leader's log line", () => {
    const { code, stdout } = zabsim(["decide", `2026-11-25 18:14:07,464 [myid:3] - INFO [x] - ${LINE}`]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toContain("learner 3 (line 1), by the rules of the newest release (3.9.5)");
    expect(stdout).toContain("SNAP   if the log on disk starts above 3:5 (txn-log-starts-later)");
    expect(stdout).toContain("purge less often");
  });

  it("explains a whole log from stdin; its other lines narrow the answer down and give settings a value", () => {
    const log = [
      LINE,
      "INFO Txnlog size: 65552 exceeds sizeLimit: 646",
      "INFO Sending snapshot last zxid of peer is 0x3",
    ];
    const { stdout } = zabsim(["decide", "-"], log.join("\n"));
    expect(stdout).toContain("rule txn-log-too-large");
    expect(stdout).toContain("Set zookeeper.snapshotSizeFactor to 0 (now 0.33)");
    expect(stdout).toContain("the log shows that the leader sent SNAP");
    expect(JSON.parse(zabsim(["decide", "-", "--json"], log.join("\n")).stdout)).toMatchObject([
      { line: 1, sid: "3", release: "newest", logged: "SNAP", possible: [{ rule: "txn-log-too-large" }] },
    ]);
  });

  it("decides by the rules of the release whose wording it reads", () => {
    const old = LINE.replace("Learner", "Follower").replace("lastProcessedZxid=0x500000017 ", "");
    expect(zabsim(["decide", old]).stdout).toContain("by the rules of ZooKeeper 3.4.14\npeer zxid 3:5 is below");
  });

  it("reads the settings of zoo.cfg", () => {
    const cfg = join(mkdtempSync(join(tmpdir(), "zabsim-")), "zoo.cfg");
    writeFileSync(cfg, "tickTime=2000\nsnapshotSizeFactor=-1\nzookeeper.commitLogCount=900\n");
    const { code, stderr, stdout } = zabsim(["decide", LINE, "--zoo-cfg", cfg]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toContain("rule txn-log-off");
    expect(stderr).toContain(
      "line 3: zookeeper.commitLogCount has no effect in zoo.cfg, where the name is commitLogCount",
    );
  });
});

describe("zabsim decide rejects", () => {
  it.each([
    [["--committed-log", "1:1"], "--peer is missing"],
    [["--peer", "one", "--last", "1:1"], "--peer one: not a zxid (accepted:"],
    [["--peer", "1:1", "--committed-log", "1:5..1:1"], "--committed-log 1:5..1:1: not a range"],
    [["--peer", "1:1", "--txn-log", "1:1..1:2..1:3"], "--txn-log 1:1..1:2..1:3: not a range"],
    [["--peer", "1:1", "--last", "1:1", "--force-snap", "--zookeeper", "3.4.14"], "3.4.14 has no forceSnapshotSync"],
    [["--stdin", "--peer", "1:1"], "--peer: not accepted with --stdin"],
    [["--stdin", "--zoo-cfg", "x", "--force-snap"], "--zoo-cfg, --force-snap: not accepted with --stdin"],
    [[LINE, "--peer", "1:1", "--last", "1:1"], "--peer, --last: not accepted with a log line"],
    [
      ["--peer", "1:1", "--txn-log-fits", "--txn-log-too-large"],
      "--txn-log-fits: not accepted with --txn-log-too-large",
    ],
    [["LOOKING"], "no sync decision found"],
    [["--peer", "1:1", "--zoo-cfg", "/nowhere/zoo.cfg"], "--zoo-cfg /nowhere/zoo.cfg: ENOENT"],
    [["--peer"], "--peer"],
    [["--pear", "1:1"], "--pear"],
  ])("%j with one message", (args, message) => {
    const { code, stdout, stderr } = zabsim(["decide", ...args]);
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
  });
});

describe("zabsim decide --stdin with hostile lines", () => {
  it("answers each, whatever the others are", () => {
    const good = vectors("learnerhandlertest-vectors.jsonl")[0] as string;
    const deep = (count: number): string => "[".repeat(count) + "]".repeat(count);
    const lines = [deep(5000), `{"id":${deep(5000)}}`, `{"id":"x","leader":${deep(200_000)}}`, "\u0000", good];
    const { code, stderr, stdout } = zabsim(["decide", "--stdin"], lines.join("\n"));
    const answers = stdout.trimEnd().split("\n");
    expect([code, stderr, answers.length]).toEqual([EXIT_BAD_INPUT, "", lines.length]);
    expect(answers.map((line) => (JSON.parse(line) as Answer).error === undefined)).toEqual([
      ...[false, false, false, false, true],
    ]);
  });

  it("answers every mutated vector with one line, and never ends with a defect", () => {
    const source = vectors("forward-vectors.jsonl.gz");
    const mutated = fc.sample(mutations(source), { numRuns: inputs(2000, 20_000), seed: 4 });
    const { code, stderr, stdout } = zabsim(["decide", "--stdin"], `${mutated.join("\n")}\n`);
    expect([EXIT_OK, EXIT_BAD_INPUT]).toContain(code);
    expect(stderr).toBe("");
    expect(stdout.trimEnd().split("\n")).toHaveLength(mutated.filter((line) => line.trim() !== "").length);
  });
});

/** Generates variants of input lines in which pieces of text are replaced, removed or inserted. */
function mutations(lines: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "null",
      "-1",
      "1e999",
      '"0xffffffffffffffff"',
      "true",
      "\\u0000",
    ),
    fc.string({ maxLength: 4 }).map((text) => text.replaceAll(/[\r\n]/g, "")),
  );
  const cut = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(12), piece);
  return fc.tuple(fc.constantFrom(...lines), fc.array(cut, { minLength: 1, maxLength: 4 })).map(([line, cuts]) =>
    cuts.reduce((text, [where, removed, added]) => {
      const at = Math.floor(where * text.length);
      return text.slice(0, at) + added + text.slice(at + removed);
    }, line),
  );
}
