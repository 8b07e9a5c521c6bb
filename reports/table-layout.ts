/** Lays out a table without lines between its columns. */
import Table from "cli-table3";
import { hanging, visibleLength } from "./format.ts";

type Align = "left" | "right";

const LINES = [
  "top",
  "top-mid",
  "top-left",
  "top-right",
  "bottom",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left",
  "left-mid",
  "mid",
  "mid-mid",
  "right",
  "right-mid",
];

/** The layout takes a time that grows with the square of the number of rows, so a long table is laid out in parts. */
const PART_ROWS = 200;

/**
 * Returns one line for each row, without trailing spaces. Cells can contain colors. By default, columns are
 * left-aligned.
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  { gap, aligns = [] }: { readonly gap: string; readonly aligns?: readonly Align[] },
): string[] {
  const colWidths = rows.length > PART_ROWS ? widthsOf(rows) : [];
  const lines: string[] = [];
  for (let at = 0; at < rows.length || at === 0; at += PART_ROWS) {
    const table = new Table({
      chars: { ...Object.fromEntries(LINES.map((line) => [line, ""])), middle: gap },
      colAligns: [...aligns],
      colWidths,
      style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    });
    for (const row of rows.slice(at, at + PART_ROWS)) table.push([...row]);
    for (const line of table.toString().split("\n")) lines.push(line.trimEnd());
  }
  return lines;
}

/** Returns the width of each column. */
function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      for (const line of cell.split("\n")) widths[column] = Math.max(widths[column] ?? 0, visibleLength(line));
    }
  }
  return widths;
}

/** Returns the lines of a table, cut at `width`, with the rest of the last column below it. */
export function wrappedTable(rows: readonly (readonly string[])[], width: number): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns - 1 }, (_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows.flatMap((row) => {
    const first = `  ${widths.map((size, i) => (row[i] ?? "").padEnd(size)).join("  ")}  `;
    const text = row[columns - 1] ?? "";
    return text === "" ? [first.trimEnd()] : hanging(text, first, " ".repeat(first.length), width);
  });
}
