/** Merging rows of the bug matrix into docs/matrix.md (scripts/matrix.mjs). */
import { expect, it } from "vitest";
import { type MatrixEntry, matrixPage } from "../../reports/matrix.ts";
import { mergeMatrixPages } from "./matrix-page.ts";

const CAMPAIGNS = { repeat: 3n, seed: 1n, timeUs: 60_000_000, workers: 2 };
const entry = (bug: string, release: string, fields: Partial<MatrixEntry> = {}): MatrixEntry => {
  return { bug, release, expected: true, reproduced: true, why: undefined, ...fields };
};
const row = (bug: string, fields: Partial<MatrixEntry> = {}): MatrixEntry[] => [
  entry(bug, "3.6.2", fields),
  entry(bug, "newest", { expected: false, why: `The reason of ${bug}.`, ...fields }),
];
const page = (...rows: MatrixEntry[][]): string => matrixPage(rows.flat(), CAMPAIGNS);

it("replaces the named rows with their explanations, and adds new ones at the end", () => {
  const found = { campaigns: 3, met: 3, median: { runs: 7, seconds: 2 } };
  const before = page(row("ZOOKEEPER-3911"), row("open-b"));
  const newer = page(row("open-b", { ...found, expected: true }), row("open-c"));
  const expected = page(row("ZOOKEEPER-3911"), row("open-b", { ...found, expected: true }), row("open-c"));
  expect(mergeMatrixPages(before, newer)).toBe(expected);
  expect(mergeMatrixPages(before, before)).toBe(before);
});

it("refuses a page with other campaigns", () => {
  const other = matrixPage(row("open-b"), { ...CAMPAIGNS, timeUs: 40_000_000 });
  expect(() => mergeMatrixPages(other, page(row("open-b")))).toThrow("other releases or campaigns");
});
