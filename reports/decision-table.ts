/**
 * The sync-decision table: one row a handshake, and beneath it the rule that decided, in words. Fits 80 columns and needs
 * no color.
 */
import type { ChalkInstance } from "chalk";
import Table from "cli-table3";
import { formatSpan, formatZxid, formatZxidRange, visibleLength, wrap } from "./format.ts";
import type { Handshake } from "./handshakes.ts";

const HEAD = ["learner", "epochs", "committedLog", "last", "peer", "decision", "sent", "time"] as const;
type Column = (typeof HEAD)[number];
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

const WIDTH = 78;

export function decisionTable(all: readonly Handshake[], paint: ChalkInstance): string {
  if (all.length === 0) return "  no learner reached a leader";
  const { handshakes, times } = withoutRepetitions(all);
  // Where zxids are long, what the leader holds moves from its columns into the words beneath.
  const full = rows(handshakes, paint, HEAD);
  const narrow = full.some((line) => visibleLength(line) > WIDTH);
  const [head, ...lines] = narrow
    ? rows(
        handshakes,
        paint,
        HEAD.filter((title) => title !== "committedLog" && title !== "last"),
      )
    : full;
  const result = [head as string];
  let leader: string | undefined;
  for (const [i, one] of handshakes.entries()) {
    const title = `leader ${one.leader}${one.epochAccepted === undefined ? "" : `, epoch ${one.epochAccepted}`}`;
    if (title !== leader) result.push(paint.bold(title));
    leader = title;
    result.push(lines[i] as string);
    const again = times[i] === 1 ? "" : `; ${times[i]} times in a row`;
    for (const line of wrap(reason(one, narrow) + again, WIDTH - 2)) result.push(`  ${paint.dim(line)}`);
  }
  return result.map((line) => `  ${line}`).join("\n");
}

/** A learner that fails in the same way over and over takes one row. */
function withoutRepetitions(all: readonly Handshake[]): { handshakes: Handshake[]; times: number[] } {
  const handshakes: Handshake[] = [];
  const times: number[] = [];
  let before = "";
  for (const one of all) {
    const { leader, learner, epochOffered, epochAccepted, epochAcked } = one;
    const same = [leader, learner, epochOffered, epochAccepted, epochAcked, reason(one, true)].join();
    if (same === before && one.activeUs === undefined) times[times.length - 1] = (times.at(-1) ?? 0) + 1;
    else {
      handshakes.push(one);
      times.push(1);
    }
    before = same;
  }
  return { handshakes, times };
}

/** The table's lines, the titles first. */
function rows(handshakes: readonly Handshake[], paint: ChalkInstance, titles: readonly Column[]): string[] {
  const table = new Table({
    chars: NO_LINES,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    head: titles.map((title) => paint.dim(title)),
  });
  for (const one of handshakes) {
    const cells = row(one, paint);
    table.push(titles.map((title) => cells[title]));
  }
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

function row(one: Handshake, paint: ChalkInstance): Record<Column, string> {
  const { decision } = one;
  const cells = {
    learner: `${one.learner} ${one.observer ? "observer" : "follower"}`,
    epochs: [one.epochOffered, one.epochAccepted ?? "-", one.epochAcked ?? "-"].join("/"),
    committedLog: "-",
    last: "-",
    peer: "-",
    decision: paint.bold("none"),
    sent: "-",
    time: one.activeUs === undefined ? "-" : formatSpan(one.activeUs - one.startUs),
  };
  if (decision === undefined) return cells;
  return {
    ...cells,
    committedLog: formatZxidRange(decision.minCommittedLog, decision.maxCommittedLog),
    last: formatZxid(decision.lastProcessedZxid),
    peer: formatZxid(decision.peerLastZxid),
    decision: paint.bold(`${decision.decision} ${formatZxid(decision.zxid)}`),
    // Proposals, each with its COMMIT, and those merely forwarded.
    sent: decision.forwarded === 0 ? String(decision.proposals) : `${decision.proposals}+${decision.forwarded}`,
  };
}

function reason({ decision, failure }: Handshake, withLog: boolean): string {
  const parts = [decision?.why ?? "no decision"];
  if (decision !== undefined && withLog) {
    const { lastProcessedZxid, maxCommittedLog, minCommittedLog } = decision;
    parts.push(
      `committedLog ${formatZxidRange(minCommittedLog, maxCommittedLog)}, last ${formatZxid(lastProcessedZxid)}`,
    );
  }
  if (decision?.firstZxid !== undefined) {
    parts.push(`sent ${formatZxidRange(decision.firstZxid, decision.lastZxid ?? decision.firstZxid)}`);
  }
  if (failure !== undefined) parts.push(`ended: ${failure}`);
  return parts.join("; ");
}
