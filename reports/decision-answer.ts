/**
 * The answer to one sync decision in text, as `zabsim decide` prints it: reason, rule, packets, and where forwarding
 * starts.
 */
import type { DecisionAnswer } from "../decide/decision-query.ts";

/** Returns the text. `lastProcessedZxid` is that of the leader, in hex. A SNAP carries it. */
export function decisionAnswerText(answer: DecisionAnswer, lastProcessedZxid: string): string {
  const snap = answer.needSnap ? [{ type: "SNAP", zxid: lastProcessedZxid }] : [];
  return [
    answer.why,
    `rule ${answer.rule}`,
    "packets",
    ...[...snap, ...answer.packets].map(({ type, zxid }) => `  ${type.padEnd(9)} ${bothForms(zxid)}`),
    `forwarding starts after ${bothForms(answer.startForwardingFrom)}`,
  ].join("\n");
}

/** Returns both notations of a zxid: `1:7  0x100000007`. */
function bothForms(hex: string): string {
  const bits = BigInt(hex);
  return `${bits >> 32n}:${bits & 0xffff_ffffn}  ${hex}`;
}
