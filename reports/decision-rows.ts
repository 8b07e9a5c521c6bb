/**
 * Lays out the sync-decision table: one row for each handshake, followed by a sentence about the rule that decided,
 * below a title for each leader. The table fits into a given width of at least 80 columns. Runs and logs use the
 * same table.
 */
import type { ChalkInstance } from "chalk";
import { visibleLength, wrap } from "./format.ts";
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
export type DecisionColumn = keyof typeof COLUMNS;
const ALL_COLUMNS = Object.keys(COLUMNS) as readonly DecisionColumn[];
/**
 * The columns of a narrow table, which is printed if a full row would be too wide. It has no columns for the leader's
 * zxids. Instead, the reason beneath each row contains these zxids.
 */
const NARROW_COLUMNS = ALL_COLUMNS.filter((column) => column !== "committedLog" && column !== "last");

/** The indentation of the whole table. */
const INDENT = "  ";

/** One row of the table. */
export interface DecisionRow {
  /** The leader, in bold above its rows. */
  readonly title: string;
  /** The text of each column. A column that is absent in all rows is omitted. */
  readonly cells: Readonly<Partial<Record<DecisionColumn, string>>>;
  /** The reason beneath the row. */
  readonly reason: string;
  /** The reason in a narrow table, which has no columns for the leader's zxids. */
  readonly narrowReason: string;
}

/** Returns the lines of the table. `notes` are explanations of special values, below the legend. */
export function decisionRows(
  rows: readonly DecisionRow[],
  paint: ChalkInstance,
  { notes = [], width: pageWidth }: { readonly width: number; readonly notes?: readonly string[] },
): string {
  const width = pageWidth - INDENT.length;
  const present = (column: DecisionColumn): boolean => rows.some(({ cells }) => cells[column] !== undefined);
  const all = ALL_COLUMNS.filter(present);
  const full = tableOf(rows, paint, all);
  const isNarrow = full.some((line) => visibleLength(line) > width);
  const columns = isNarrow ? NARROW_COLUMNS.filter(present) : all;
  const [head, ...lines] = isNarrow ? tableOf(rows, paint, columns) : full;
  const result = [head as string];
  let leader: string | undefined;
  for (const [i, { narrowReason, reason, title }] of rows.entries()) {
    if (title !== leader) result.push(...wrap(title, width).map((line) => paint.bold(line)));
    leader = title;
    result.push(lines[i] as string);
    for (const line of wrap(isNarrow ? narrowReason : reason, width - 2)) result.push(`  ${paint.dim(line)}`);
  }
  result.push(...legend(columns, notes, width).map((line) => paint.dim(line)));
  return result.map((line) => `${INDENT}${line}`).join("\n");
}

/** Returns the lines of the table: the titles, then one line per handshake. */
function tableOf(rows: readonly DecisionRow[], paint: ChalkInstance, columns: readonly DecisionColumn[]): string[] {
  const titles = columns.map((column) => paint.dim(column));
  return tableLines([titles, ...rows.map(({ cells }) => columns.map((column) => cells[column] ?? "-"))], { gap: "  " });
}

/**
 * Returns the legend, which explains the columns and those special values that occur in the table. Each line has as
 * many explanations as fit into `width`.
 */
function legend(columns: readonly DecisionColumn[], notes: readonly string[], width: number): string[] {
  const lines: string[] = [];
  const explained = columns.filter((one) => COLUMNS[one] !== "").map((column) => `${column}: ${COLUMNS[column]}`);
  for (const entry of [...explained, ...notes]) {
    const line = lines[lines.length - 1];
    if (line !== undefined && line.length + 2 + entry.length <= width) lines.splice(-1, 1, `${line}; ${entry}`);
    else lines.push(entry);
  }
  return lines;
}
