/** Prints the figures as a table. */
import Table from "cli-table3";
import type { FamilyResult, Row } from "./harness.ts";

/** The width of the column of explanations, in characters. */
const WHAT_WIDTH = 70;

export function tableOf(results: readonly FamilyResult[]): string {
  const table = new Table({
    head: ["figure", "median", "lowest .. highest", "unit", "target", "what"],
    colAligns: ["left", "right", "left", "left", "left", "left"],
    colWidths: [null, null, null, null, null, WHAT_WIDTH],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { rows } of results) for (const row of rows) table.push(cellsOf(row));
  return table.toString();
}

function cellsOf({ figure, value, unit, spread, target, what }: Row): string[] {
  const range = spread === null ? "" : spread.map(formatNumber).join(" .. ");
  return [figure, value === null ? "-" : formatNumber(value), range, unit, target ?? "", what];
}

/**
 * Formats a number below 100 with three significant digits. Formats any other number as a whole number with separators.
 */
function formatNumber(value: number): string {
  return value < 100 ? value.toPrecision(3) : Math.round(value).toLocaleString("en-US");
}
