/**
 * Prints the sync-decision table. It has one row for each handshake, followed by a sentence about the rule that
 * decided. The table fits into a given width of at least 80 columns. Colors only repeat information that the text also
 * contains.
 */
import type { ChalkInstance } from "chalk";
import { formatZxid, NO_EPOCH, type ServerId } from "../protocol/zxid.ts";
import { explainDecision } from "./describe.ts";
import { formatSpan, formatZxidRange, PAGE_WIDTH, visibleLength, wrap } from "./format.ts";
import type { Handshake, HandshakeFailure } from "./handshakes.ts";
import type { ServerReleases } from "./server-releases.ts";
import { tableLines } from "./table-layout.ts";

/** The columns, each with its explanation in the legend. A column with an empty explanation is not in the legend. */
const COLUMNS = {
  learner: "",
  epochs: "learner's acceptedEpoch / new epoch / learner's currentEpoch",
  committedLog: "",
  last: "the leader's lastProcessedZxid",
  peer: "the learner's last zxid",
  decision: "",
  sent: "committed proposals + those that the leader has not applied yet",
  time: "from DISCOVERY until the learner serves",
} as const;
type Column = keyof typeof COLUMNS;
const ALL_COLUMNS = Object.keys(COLUMNS) as readonly Column[];
/**
 * The columns of a narrow table, which is printed if a full row would be too wide. It has no columns for the leader's
 * zxids. Instead, the reason beneath each row contains these zxids.
 */
const NARROW_COLUMNS = ALL_COLUMNS.filter((column) => column !== "committedLog" && column !== "last");

/** The indentation of the whole table. */
const INDENT = "  ";

/** The layout of the table, and the releases that it names. */
export interface TableOptions {
  /** The maximum width of a line. Default: 80 columns. */
  readonly width?: number;
  /**
   * The releases of the servers. If the servers run different releases, the table names the release of each leader and
   * learner.
   */
  readonly releases?: ServerReleases | undefined;
}

/**
 * Returns the sync decisions of a run, with the leader, the learner, the result and the reason of each. `paint` colors
 * the table. For a table without color, pass `new Chalk({ level: 0 })`.
 */
export function decisionTable(
  all: readonly Handshake[],
  paint: ChalkInstance,
  { releases, width: pageWidth = PAGE_WIDTH }: TableOptions = {},
): string {
  if (all.length === 0) return `${INDENT}no learner started a handshake with a leader`;
  const width = pageWidth - INDENT.length;
  const releaseOf: ReleaseOf = (server, { startUs }) =>
    releases?.areMixed === true ? releases.at(server, startUs) : undefined;
  const handshakes = withoutRepetitions(all);
  const full = rows(handshakes, paint, ALL_COLUMNS, releaseOf);
  const isNarrow = full.some((line) => visibleLength(line) > width);
  const columns = isNarrow ? NARROW_COLUMNS : ALL_COLUMNS;
  const [head, ...lines] = isNarrow ? rows(handshakes, paint, columns, releaseOf) : full;
  const result = [head as string];
  let leader: string | undefined;
  for (const [i, handshake] of handshakes.entries()) {
    const title = leaderTitle(handshake, releaseOf(handshake.leader, handshake));
    if (title !== leader) result.push(...wrap(title, width).map((line) => paint.bold(line)));
    leader = title;
    result.push(lines[i] as string);
    const times = handshake.times === 1 ? "" : `; ${handshake.times} times in a row`;
    for (const line of wrap(reason(handshake, isNarrow) + times, width - 2)) result.push(`  ${paint.dim(line)}`);
  }
  result.push(...legend(columns, handshakes, width).map((line) => paint.dim(line)));
  return result.map((line) => `${INDENT}${line}`).join("\n");
}

/** Returns the release of a server during a handshake. Undefined if the table does not name releases. */
type ReleaseOf = (server: ServerId, handshake: Handshake) => string | undefined;

interface RepeatedHandshake extends Handshake {
  /** Number of consecutive handshakes that this row stands for. */
  readonly times: number;
}

/** Merges consecutive incomplete handshakes that have the same leader, learner, epochs and reason. */
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
function rows(
  handshakes: readonly Handshake[],
  paint: ChalkInstance,
  columns: readonly Column[],
  releaseOf: ReleaseOf,
): string[] {
  const titles = columns.map((column) => paint.dim(column));
  const cells = handshakes.map((handshake) => cellsOf(handshake, paint, releaseOf(handshake.learner, handshake)));
  return tableLines([titles, ...cells.map((cell) => columns.map((column) => cell[column]))], { gap: "  " });
}

function cellsOf(handshake: Handshake, paint: ChalkInstance, release: string | undefined): Record<Column, string> {
  const { activeUs, decision, epochAccepted, epochAcked, epochOffered, learner, observer, startUs } = handshake;
  const cells = {
    learner: `${learner} ${observer ? "observer" : "follower"}${release === undefined ? "" : ` ${release}`}`,
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

/** The verb phrase for each way in which a process can end during a handshake. It follows the name of the server. */
const PROCESS_ENDED: Readonly<Partial<Record<HandshakeFailure["reason"], string>>> = {
  crash: "crashed",
  restart: "was restarted",
  upgrade: "was upgraded",
};

function leaderTitle({ config, epochAccepted, leader, masterFollows }: Handshake, release: string | undefined): string {
  const runs = release === undefined ? "" : ` runs ${release}`;
  const role = masterFollows ? "follower" : "leader";
  const epoch = epochAccepted === undefined ? "" : `, epoch ${epochAccepted}`;
  return `${role} ${leader}${runs}${epoch}${config === undefined ? "" : `, ${config}`}`;
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
    const ended = PROCESS_ENDED[failure.reason];
    parts.push(ended === undefined ? `failed with ${failure.reason}` : `server ${failure.server} ${ended}`);
  }
  return parts.join("; ");
}

/**
 * Returns the legend, which explains the columns and those special values that occur in the table. Each line has as
 * many explanations as fit into `width`.
 */
function legend(columns: readonly Column[], handshakes: readonly Handshake[], width: number): string[] {
  const lines: string[] = [];
  const entries = [
    ...columns.filter((one) => COLUMNS[one] !== "").map((column) => `${column}: ${COLUMNS[column]}`),
    ...SPECIAL_VALUES.filter(({ isIn }) => handshakes.some(isIn)).map(({ meaning }) => meaning),
  ];
  for (const entry of entries) {
    const line = lines[lines.length - 1];
    if (line !== undefined && line.length + 2 + entry.length <= width) lines.splice(-1, 1, `${line}; ${entry}`);
    else lines.push(entry);
  }
  return lines;
}

const SPECIAL_VALUES: readonly { readonly isIn: (handshake: Handshake) => boolean; readonly meaning: string }[] = [
  {
    isIn: ({ epochAcked }) => epochAcked === NO_EPOCH,
    meaning: "currentEpoch -1: the learner had already accepted this epoch, so its ACKEPOCH does not count",
  },
  {
    isIn: ({ masterFollows }) => masterFollows === true,
    meaning: "follower N: a follower that observers follow instead of the leader",
  },
  {
    isIn: ({ activeUs, epochAccepted, epochAcked }) => [activeUs, epochAccepted, epochAcked].includes(undefined),
    meaning: "-: the handshake ended before this value was known",
  },
];
