/** The text of `zabsim decide`. */
import { expect, it } from "vitest";
import { decisionAnswerText } from "../../reports/decision-answer.ts";
import type { DecisionAnswer } from "../../scenarios/decide-query.ts";

const answer = {
  why: "The histories differ.",
  rule: "committed-log-diff",
  needSnap: false,
  packets: [{ type: "PROPOSAL", zxid: "0x100000007" }],
  startForwardingFrom: "0x200000000",
} as unknown as DecisionAnswer;

it("the answer has the reason, the rule, the packets and where forwarding starts, with zxids in both forms", () => {
  expect(decisionAnswerText(answer, "0x100000009").split("\n")).toEqual([
    "The histories differ.",
    "rule committed-log-diff",
    "packets",
    "  PROPOSAL  1:7  0x100000007",
    "forwarding starts after 2:0  0x200000000",
  ]);
});

it("a SNAP is the first packet, with the leader's lastProcessedZxid", () => {
  const lines = decisionAnswerText({ ...answer, needSnap: true }, "0x100000009").split("\n");
  expect(lines.slice(2, 5)).toEqual(["packets", "  SNAP      1:9  0x100000009", "  PROPOSAL  1:7  0x100000007"]);
});
