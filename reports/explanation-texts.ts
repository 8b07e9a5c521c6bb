/** Parts of the answer of `zabsim explain` as text. The report and the page share them. */
import type { FindingAnswer, HandshakeAnswer, ServerAnswer } from "../explain/answer.ts";
import { formatSpan } from "./format.ts";

/** Returns how the clock of a server differs from that of the reference. Empty for the reference. */
export function clockText(
  { changes, maxMs, messages, minMs, offsetMs, reference }: ServerAnswer["clock"],
  server: number,
): string {
  if (server === reference) return "";
  if (changes)
    return `, its clock differs from that of server ${reference} by changing amounts (about ${msText(offsetMs)})`;
  if (messages === 0) return `, its clock cannot be compared with that of server ${reference}`;
  const limits = `between ${minMs === null ? "?" : msText(minMs)} and ${maxMs === null ? "?" : msText(maxMs)}`;
  if (offsetMs === 0) return `, its clock may equal that of server ${reference} (${limits})`;
  const direction = offsetMs > 0 ? "ahead of" : "after";
  return `, its clock is ${msText(Math.abs(offsetMs))} ${direction} that of server ${reference} (${limits})`;
}

function msText(ms: number): string {
  return `${ms < 0 ? "-" : ""}${formatSpan(Math.abs(ms) * 1000)}`;
}

/** Returns the range of the committedLog of a leader. */
export function committedLogText({ maxCommittedLog: max, minCommittedLog: min }: HandshakeAnswer): string {
  if (min === null || max === null) return "?";
  if (max === "0x0") return "empty";
  return min === max ? zxidText(min) : `${zxidText(min)}..${zxidText(max)}`;
}

/** Returns why the leader decided as it did, or what is missing to say it. */
export function reasonOf({ check, leaderLines, otherDecisions, rules, why }: HandshakeAnswer): string {
  if (leaderLines.length === 0) return "the leader's log is not given";
  if (check === "differs") return `zabsim decides ${otherDecisions.join(" or ") || "another zxid"}: see the findings`;
  if (why !== null) return why;
  return rules.length === 0 ? "the log does not show the decision" : `rule ${rules.join(" or ")}`;
}

/** Returns how bad a finding is, and how sure. */
export function findingLabel({ certainty, severity }: FindingAnswer): string {
  return severity === "note" ? severity : `${certainty} ${severity}`;
}

/** Returns what a known bug is, and which releases are free of it. */
export function bugText({ cause, fixedIn, name }: NonNullable<FindingAnswer["bug"]>): string {
  const free =
    fixedIn.length === 0 ? "no release is free of it" : `releases without it: ${fixedIn.join(", ")} and newer`;
  return `${name}. ${cause} ${free.charAt(0).toUpperCase()}${free.slice(1)}.`;
}

/** Returns a zxid as epoch and counter. */
export function zxidText(hex: string | null): string {
  if (hex === null) return "?";
  const bits = BigInt(hex);
  if (bits === 0xffff_ffff_ffff_ffffn) return "none";
  return `${bits >> 32n}:${bits & 0xffff_ffffn}`;
}
