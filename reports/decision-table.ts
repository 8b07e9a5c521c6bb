/**
 * The sync-decision table: one row per handshake, followed by the rule that decided, in words. The table fits 80
 * columns and is complete without color.
 */
import type { ChalkInstance } from "chalk";
import { formatZxid } from "../protocol/zxid.ts";
import { explainDecision } from "./describe.ts";
import { formatSpan, formatZxidRange, visibleLength, wrap } from "./format.ts";
import type { Handshake } from "./handshakes.ts";
import { tableLines } from "./table-layout.ts";

/** The columns and their meanings. */
const COLUMNS = {
  learner: "",
  epochs: "learner's acceptedEpoch / new epoch / learner's currentEpoch",
  committedLog: "",
  last: "the leader's lastProcessedZxid",
  peer: "the learner's last zxid",
  decision: "",
  sent: "committed + forwarded proposals",
  time: "until the learner serves",
} as const;
type Column = keyof typeof COLUMNS;
const ALL_COLUMNS = Object.keys(COLUMNS) as readonly Column[];
/**
 * The columns of a narrow table, without the leader's zxids. The table is narrow if a full row would be too wide. In a
 * narrow table, the reason beneath each row names these zxids.
 */
const NARROW_COLUMNS = ALL_COLUMNS.filter((column) => column !== "committedLog" && column !== "last");

/** The maximum width of a line, without the indentation of the whole table. */
const WIDTH = 78;

/**
 * Returns the table of sync decisions: who synchronized whom, how, and why. `paint` colors it; new Chalk({ level: 0 })
 * does not.
 */
export function decisionTable(all: readonly Handshake[], paint: ChalkInstance): string {
  if (all.length === 0) return "  no learner started a handshake with a leader";
  const handshakes = withoutRepetitions(all);
  const full = rows(handshakes, paint, ALL_COLUMNS);
  const isNarrow = full.some((line) => visibleLength(line) > WIDTH);
  const columns = isNarrow ? NARROW_COLUMNS : ALL_COLUMNS;
  const [head, ...lines] = isNarrow ? rows(handshakes, paint, columns) : full;
  const result = [head as string];
  let leader: string | undefined;
  for (const [i, handshake] of handshakes.entries()) {
    const title = leaderTitle(handshake);
    if (title !== leader) result.push(paint.bold(title));
    leader = title;
    result.push(lines[i] as string);
    const times = handshake.times === 1 ? "" : `; ${handshake.times} times in a row`;
    for (const line of wrap(reason(handshake, isNarrow) + times, WIDTH - 2)) result.push(`  ${paint.dim(line)}`);
  }
  result.push(...legend(columns).map((line) => paint.dim(line)));
  return result.map((line) => `  ${line}`).join("\n");
}

interface RepeatedHandshake extends Handshake {
  /** How many times in a row the handshake happened in the same way. */
  readonly times: number;
}

/** Merges consecutive handshakes that fail in the same way. */
function withoutRepetitions(all: readonly Handshake[]): RepeatedHandshake[] {
  const result: RepeatedHandshake[] = [];
  let previous = "";
  for (const handshake of all) {
    const { leader, learner, epochOffered, epochAccepted, epochAcked } = handshake;
    const same = [leader, learner, epochOffered, epochAccepted, epochAcked, reason(handshake, true)].join();
    const isRepeated = same === previous && handshake.activeUs === undefined;
    if (isRepeated) result.push({ ...handshake, times: (result.pop()?.times ?? 0) + 1 });
    else result.push({ ...handshake, times: 1 });
    previous = same;
  }
  return result;
}

/** Returns the lines of the table: the titles, then one line per handshake. */
function rows(handshakes: readonly Handshake[], paint: ChalkInstance, columns: readonly Column[]): string[] {
  const titles = columns.map((column) => paint.dim(column));
  const cells = handshakes.map((handshake) => cellsOf(handshake, paint));
  return tableLines([titles, ...cells.map((cell) => columns.map((column) => cell[column]))], { gap: "  " });
}

function cellsOf(handshake: Handshake, paint: ChalkInstance): Record<Column, string> {
  const { activeUs, decision, epochAccepted, epochAcked, epochOffered, learner, observer, startUs } = handshake;
  const cells = {
    learner: `${learner} ${observer ? "observer" : "follower"}`,
    epochs: [epochOffered, epochAccepted ?? "-", epochAcked ?? "-"].join("/"),
    committedLog: "-",
    last: "-",
    peer: "-",
    decision: paint.bold("none"),
    sent: "-",
    time: activeUs === undefined ? "-" : formatSpan(activeUs - startUs),
  };
  if (decision === undefined) return cells;
  return {
    ...cells,
    committedLog: formatZxidRange(decision.minCommittedLog, decision.maxCommittedLog),
    last: formatZxid(decision.lastProcessedZxid),
    peer: formatZxid(decision.peerLastZxid),
    decision: paint.bold(`${decision.decision} ${formatZxid(decision.zxid)}`),
    sent: decision.forwarded === 0 ? String(decision.proposals) : `${decision.proposals}+${decision.forwarded}`,
  };
}

function leaderTitle({ epochAccepted, leader }: Handshake): string {
  return `leader ${leader}${epochAccepted === undefined ? "" : `, epoch ${epochAccepted}`}`;
}

function reason({ decision, failure }: Handshake, withLeaderZxids: boolean): string {
  const parts = [decision === undefined ? "no sync decision" : explainDecision(decision)];
  if (decision !== undefined && withLeaderZxids) {
    const { lastProcessedZxid, maxCommittedLog, minCommittedLog } = decision;
    const log = formatZxidRange(minCommittedLog, maxCommittedLog);
    parts.push(`committedLog ${log}, lastProcessedZxid ${formatZxid(lastProcessedZxid)}`);
  }
  if (decision?.firstZxid !== undefined) {
    parts.push(`sent ${formatZxidRange(decision.firstZxid, decision.lastZxid ?? decision.firstZxid)}`);
  }
  if (failure !== undefined) {
    parts.push(failure.reason === "crash" ? `server ${failure.server} crashed` : `failed with ${failure.reason}`);
  }
  return parts.join("; ");
}

/** Returns the meanings of the columns, with as many of them on each line as fit. */
function legend(columns: readonly Column[]): string[] {
  const lines: string[] = [];
  for (const column of columns.filter((one) => COLUMNS[one] !== "")) {
    const entry = `${column}: ${COLUMNS[column]}`;
    const line = lines[lines.length - 1];
    if (line !== undefined && line.length + 2 + entry.length <= WIDTH) lines.splice(-1, 1, `${line}; ${entry}`);
    else lines.push(entry);
  }
  return lines;
}
