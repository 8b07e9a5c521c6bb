import { expect, it } from "vitest";
import { tableLines } from "../../reports/table-layout.ts";

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

it("lays out 20,000 rows in a time that grows with the number of rows", { timeout: 20_000 }, () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => [`${i}`, "LOOKING"]);
  expect(tableLines(rows, { gap: "  " })).toHaveLength(20_000);
});
