/** Lays out a table without lines between its columns. */
import Table from "cli-table3";

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

/**
 * Returns one line for each row, without trailing spaces. Cells can contain colors. By default, columns are
 * left-aligned.
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  { gap, aligns = [] }: { readonly gap: string; readonly aligns?: readonly Align[] },
): string[] {
  const table = new Table({
    chars: { ...Object.fromEntries(LINES.map((line) => [line, ""])), middle: gap },
    colAligns: [...aligns],
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}
