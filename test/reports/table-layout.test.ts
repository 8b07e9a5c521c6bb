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
