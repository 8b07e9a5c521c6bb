/** Tests the sync-decision table: its columns, its width, and how it shows handshakes that repeat. */
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { asEpoch, NO_EPOCH } from "../../protocol/zxid.ts";
import { decisionTable } from "../../reports/decision-table.ts";
import { type Handshake, handshakesOf } from "../../reports/handshakes.ts";
import { ServerReleases } from "../../reports/server-releases.ts";
import { runOf, sid, tooWide, zxid } from "./records.ts";

const plain = new Chalk({ level: 0 });

const decided: Handshake = {
  leader: sid(2),
  learner: sid(3),
  observer: false,
  epochOffered: asEpoch(1),
  epochAccepted: asEpoch(2),
  epochAcked: asEpoch(1),
  decision: {
    learner: sid(3),
    observer: false,
    decision: "DIFF",
    zxid: zxid("1:5"),
    rule: "committed-log-diff",
    peerLastZxid: zxid("1:3"),
    lastProcessedZxid: zxid("1:5"),
    minCommittedLog: zxid("1:1"),
    maxCommittedLog: zxid("1:5"),
    startForwardingFrom: zxid("1:5"),
    proposals: 2,
    firstZxid: zxid("1:4"),
    lastZxid: zxid("1:5"),
    forwarded: 1,
  },
  newLeaderAcked: true,
  startUs: 100_000,
  activeUs: 113_200,
  failure: undefined,
};
const failed: Handshake = {
  ...decided,
  epochAcked: undefined,
  decision: undefined,
  activeUs: undefined,
  failure: { server: sid(3), reason: "connection-closed" },
};
const linesOf = (...handshakes: Handshake[]): string[] => decisionTable(handshakes, plain).split("\n");

describe("decisionTable", () => {
  it("has the epochs, the zxids, the decision, the proposals and the time of each handshake", () => {
    const [head, leader, row, reason] = linesOf(decided);
    expect(head?.trim().split(/ +/)).toEqual([
      "learner",
      "epochs",
      "committedLog",
      "last",
      "peer",
      "decision",
      "sent",
      "time",
    ]);
    expect(leader).toBe("  leader 2, epoch 2");
    expect(row?.trim().split(/ {2,}/)).toEqual([
      "3 follower",
      "1/2/1",
      "1:1..1:5",
      "1:5",
      "1:3",
      "DIFF 1:5",
      "2+1",
      "13.2 ms",
    ]);
    expect(reason).toContain("peer zxid 1:3 is in committedLog 1:1..1:5 → DIFF");
  });

  it("explains its columns below the rows", () => {
    const text = linesOf(decided).join(" ").replace(/\s+/g, " ");
    expect(text).toContain("last: the leader's lastProcessedZxid; peer: the learner's last zxid");
  });

  it("says why a handshake ended before its decision", () => {
    const text = decisionTable([{ ...failed, observer: true }], plain);
    expect(text).toContain("3 observer");
    expect(text).toContain("no sync decision; failed with connection-closed");
    const crash = { server: sid(2), reason: "crash" } as const;
    expect(decisionTable([{ ...failed, failure: crash }], plain)).toContain("server 2 crashed");
  });

  it("prints one row for handshakes that fail in the same way", () => {
    const lines = linesOf(failed, failed, failed, decided);
    expect(lines.filter((line) => line.includes("3 follower"))).toHaveLength(2);
    expect(lines.join("\n")).toContain("failed with connection-closed; 3 times in a row");
  });

  it("prints a leader once for consecutive handshakes, and without an epoch before it has proposed one", () => {
    const lines = linesOf(decided, { ...decided, learner: sid(1) }, { ...failed, epochAccepted: undefined });
    expect(lines.filter((line) => line.includes("leader 2,"))).toHaveLength(1);
    expect(lines).toContain("  leader 2");
  });

  it("moves the leader's zxids into the reason if a row is too wide", () => {
    const { decision } = decided;
    if (decision === undefined) throw new Error("the fixture has a decision");
    const max = zxid("2097151:4294967295");
    const long = { ...decision, minCommittedLog: zxid("2097151:1"), maxCommittedLog: max, lastProcessedZxid: max };
    const text = decisionTable([{ ...decided, decision: { ...long, peerLastZxid: max, zxid: max } }], plain);
    expect(tooWide(text)).toEqual([]);
    expect(text.split("\n")[0]).not.toContain("committedLog");
    expect(text.replace(/\s+/g, " ")).toContain("; committedLog 2097151:1..2097151:4294967295, lastProcessedZxid");
    expect(text).not.toContain("last: the leader");
  });

  it.each([
    ["crash", "server 2 crashed"],
    ["restart", "server 2 was restarted"],
    ["upgrade", "server 2 was upgraded"],
  ] as const)("says how a process ended during the handshake: %s", (reason, text) => {
    expect(decisionTable([{ ...failed, failure: { server: sid(2), reason } }], plain)).toContain(text);
  });

  it("explains special values only if they are in the table", () => {
    const usual = linesOf(decided).join("\n");
    expect(usual).not.toContain("-: the handshake ended before this value was known");
    expect(usual).not.toContain("currentEpoch -1");
    expect(linesOf(failed).join("\n")).toContain("-: the handshake ended before this value was known");
    expect(linesOf({ ...decided, epochAcked: NO_EPOCH }).join("\n")).toContain("currentEpoch -1: the learner had");
  });

  it.each([80, 100, 120, 200])("fits %i columns, and uses them", (width) => {
    const max = zxid("2097151:4294967295");
    const decision = { ...decided.decision, maxCommittedLog: max, peerLastZxid: max } as Handshake["decision"];
    const lines = decisionTable([{ ...decided, decision }, failed], plain, { width }).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines[0]?.includes("committedLog")).toBe(width > 80);
  });

  it("names the release of each leader and learner if releases are mixed", () => {
    const text = `
zookeeper: 3.6.2
servers: 3
steps:
  - { when: { event: active, server: 1 }, after: 1s, upgrade: { server: 1, to: 3.9.4 } }
`;
    const run = runOf(text);
    const table = decisionTable(handshakesOf(run.records), plain, { releases: new ServerReleases(run) });
    expect(table).toContain("leader 3 runs 3.6.2, epoch 1");
    expect(table).toContain("1 follower 3.6.2 ");
    expect(table).toContain("1 follower 3.9.4 ");
    const same = runOf("servers: 3\n");
    const plainTable = decisionTable(handshakesOf(same.records), plain, { releases: new ServerReleases(same) });
    expect(plainTable).toContain("  leader 3, epoch 1\n");
  });

  it("says so if there was no handshake", () => {
    expect(decisionTable([], plain)).toBe("  no learner started a handshake with a leader");
  });
});
