/** Tests the text that `zabsim decide` prints. */
import { expect, it } from "vitest";
import type { DecisionAnswer } from "../../decide/decision-query.ts";
import type { PossibleDecision } from "../../decide/possible-decisions.ts";
import { type DecisionReport, decisionReportText } from "../../reports/decision-answer.ts";

const answer = {
  why: "The histories differ.",
  rule: "committed-log-diff",
  needSnap: false,
  packets: [{ type: "PROPOSAL", zxid: "0x100000007" }],
  startForwardingFrom: "0x200000000",
} as unknown as DecisionAnswer;

const linesOf = (report: Partial<DecisionReport>, width = 100): string[] =>
  decisionReportText({ answer: undefined, snapZxid: "0x100000009", possible: [], advice: [], ...report }, width).split(
    "\n",
  );

const possible: readonly PossibleDecision[] = [
  {
    operation: "SNAP",
    rule: "txn-log-empty",
    zxid: undefined,
    why: "No log → SNAP",
    conditions: [{ fact: "txnLog", text: "the leader has no log on disk" }],
  },
  {
    operation: "DIFF",
    rule: "txn-log-diff",
    zxid: undefined,
    why: "In the log → DIFF",
    conditions: [{ fact: "txnLog", text: "the log on disk contains 3:5" }],
  },
];

it("a certain answer has the reason, the rule, the packets and where forwarding starts; zxids have both forms", () => {
  expect(linesOf({ answer })).toEqual([
    "The histories differ.",
    "rule committed-log-diff",
    "packets",
    "  PROPOSAL  1:7  0x100000007",
    "forwarding starts after 2:0  0x200000000",
  ]);
});

it("a SNAP is the first packet, with the leader's lastProcessedZxid", () => {
  const lines = linesOf({ answer: { ...answer, needSnap: true } });
  expect(lines.slice(2, 5)).toEqual(["packets", "  SNAP      1:9  0x100000009", "  PROPOSAL  1:7  0x100000007"]);
});

it("an uncertain answer has every decision with its condition, and where the unknown fact is found", () => {
  const lines = linesOf({ possible });
  expect(lines.slice(0, 4)).toEqual([
    "The decision depends on the log on disk. The first line whose condition is true decides:",
    "",
    "  SNAP   if the leader has no log on disk (txn-log-empty)",
    "  DIFF   if the log on disk contains 3:5 (txn-log-diff)",
  ]);
  expect(lines.slice(5, 7).join(" ")).toContain("the files log.* in the leader's dataLogDir");
});

it("a decision that is the same in every case is stated first", () => {
  const [snap] = possible as [PossibleDecision];
  const [head] = linesOf({ possible: [snap, { ...snap, rule: "txn-log-starts-later" }] });
  expect(head).toMatch(/^SNAP in every case\. The rule depends on the log on disk\./);
});

it("one possible rule is explained without packets, and the log's own decision is repeated", () => {
  expect(linesOf({ possible: possible.slice(0, 1), logged: "SNAP" })).toEqual([
    "No log → SNAP",
    "rule txn-log-empty",
    "the log shows that the leader sent SNAP",
  ]);
});

it("advice names its rules if several decisions are possible", () => {
  const advice = [
    { rules: ["txn-log-empty"], setting: "autopurge.snapRetainCount", text: "Keep more log files." },
  ] as const;
  expect(linesOf({ possible, advice }).slice(-2)).toEqual([
    "How to get a DIFF instead of the SNAP:",
    "  - txn-log-empty: Keep more log files.",
  ]);
  expect(linesOf({ answer, advice }).at(-1)).toBe("  - Keep more log files.");
});

it("advice that no setting helps has no heading", () => {
  const advice = [{ rules: ["txn-log-gap"], setting: undefined, text: "No setting prevents this SNAP." }] as const;
  expect(linesOf({ answer, advice }).slice(-2)).toEqual(["", "No setting prevents this SNAP."]);
});

it("no line is wider than the page", () => {
  expect(Math.max(...linesOf({ possible }, 80).map((line) => line.length))).toBeLessThanOrEqual(80);
});
