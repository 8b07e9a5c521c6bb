/** Tests the alignment of cells in columns. */
import { expect, it } from "vitest";
import { visibleLength } from "../../reports/format.ts";
import { tableLines } from "../../reports/table-layout.ts";

const ROWS = [
  ["name", "count"],
  ["a", "7"],
];

it("pads each column to its widest cell, and drops trailing spaces", () => {
  expect(tableLines(ROWS, { gap: "  " })).toEqual(["name  count", "a     7"]);
});

it("aligns columns to the right on request", () => {
  expect(tableLines(ROWS, { gap: " ", aligns: ["left", "right"] })).toEqual(["name count", "a        7"]);
});

it("does not count colors as width", () => {
  const [first, second] = tableLines(
    [
      ["\u001b[1mname\u001b[22m", "x"],
      ["four", "x"],
    ],
    { gap: " " },
  );
  expect(visibleLength(first ?? "")).toBe(second?.length);
});

it("lays out a long table as it lays out a short one", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => [
    `${i}`,
    "x".repeat(i % 7),
    i === 999 ? "\u001b[31mred\u001b[39m" : "-",
  ]);
  const lines = tableLines(rows, { gap: "  ", aligns: ["right"] });
  expect(lines).toHaveLength(1000);
  expect(lines[3]).toBe("  3  xxx     -");
  expect(lines[999]).toBe("999  xxxxx   \u001b[31mred\u001b[39m");
});

it("measures a cell of a long table as that of a short one", () => {
  const rows = Array.from({ length: 300 }, (_, i) => [i === 299 ? "全角 é" : "a", "b"]);
  expect(tableLines(rows, { gap: " " }).at(-1)).toBe(tableLines(rows.slice(-1), { gap: " " })[0]);
});
