/**
 * The sync-decision table: one row a handshake, and beneath it the rule that decided, in words. Fits 80 columns and needs
 * no colour.
 */
import type { ChalkInstance } from "chalk";
import Table from "cli-table3";
import { formatSpan, formatZxid, formatZxidRange } from "./format.ts";
import type { Handshake } from "./handshakes.ts";

const HEAD = ["learner", "epochs", "committedLog", "last", "peer", "decision", "sent", "time"];
const LEFT_RULE = { left: "", "left-mid": "", right: "", "right-mid": "" };
const NO_LINES = {
  ...LEFT_RULE,
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  mid: "",
  "mid-mid": "",
  middle: "  ",
};

export function decisionTable(handshakes: readonly Handshake[], paint: ChalkInstance): string {
  if (handshakes.length === 0) return "  no learner reached a leader";
  const table = new Table({
    chars: NO_LINES,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    head: HEAD.map((title) => paint.dim(title)),
  });
  let leader: string | undefined;
  for (const one of handshakes) {
    const title = `leader ${one.leader}${one.epochAccepted === undefined ? "" : `, epoch ${one.epochAccepted}`}`;
    if (title !== leader) table.push([{ colSpan: HEAD.length, content: paint.bold(title) }]);
    leader = title;
    table.push(row(one, paint));
    table.push([{ colSpan: HEAD.length, content: `  ${paint.dim(reason(one))}` }]);
  }
  return table
    .toString()
    .split("\n")
    .map((line) => `  ${line.trimEnd()}`)
    .join("\n");
}

function row(one: Handshake, paint: ChalkInstance): string[] {
  const { decision } = one;
  const role = one.observer ? "observer" : "follower";
  const epochs = [one.epochOffered, one.epochAccepted ?? "-", one.epochAcked ?? "-"].join("/");
  const time = one.activeUs === undefined ? "-" : formatSpan(one.activeUs - one.startUs);
  if (decision === undefined) return [`${one.learner} ${role}`, epochs, "-", "-", "-", paint.bold("none"), "-", time];
  const { minCommittedLog, maxCommittedLog, lastProcessedZxid, peerLastZxid } = decision;
  return [
    `${one.learner} ${role}`,
    epochs,
    formatZxidRange(minCommittedLog, maxCommittedLog),
    formatZxid(lastProcessedZxid),
    formatZxid(peerLastZxid),
    paint.bold(`${decision.decision} ${formatZxid(decision.zxid)}`),
    sent(one),
    time,
  ];
}

/** How many proposals (each with its COMMIT) were sent, plus those merely forwarded. */
function sent({ decision }: Handshake): string {
  if (decision === undefined) return "-";
  const { proposals, forwarded } = decision;
  return forwarded === 0 ? String(proposals) : `${proposals}+${forwarded}`;
}

function reason(one: Handshake): string {
  const { decision, failure } = one;
  const why = decision?.why ?? "no decision";
  const range =
    decision?.firstZxid === undefined
      ? ""
      : `; sent ${formatZxidRange(decision.firstZxid, decision.lastZxid ?? decision.firstZxid)}`;
  return `${why}${range}${failure === undefined ? "" : `; ended: ${failure}`}`;
}
