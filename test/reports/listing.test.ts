/** Tests the layout of the lists that `zabsim list` prints. */
import { Chalk } from "chalk";
import { expect, it } from "vitest";
import { listingText } from "../../reports/listing.ts";

const PLAIN = new Chalk({ level: 0 });
const ABOUT = "word ".repeat(40).trim();

it("has two columns, and wraps the texts below each other", () => {
  const entries = [
    { name: "crash", about: "a server crashes" },
    { name: "partition", about: "two groups of servers do not reach each other" },
  ];
  expect(listingText("faults", entries, PLAIN, 44)).toBe(
    [
      "faults",
      "  crash      a server crashes",
      "  partition  two groups of servers do not",
      "             reach each other",
    ].join("\n"),
  );
});

it("has each name above its text if names are long", () => {
  const entries = [
    { name: "a-name-that-is-much-longer-than-a-column", about: "a text" },
    { name: "b", about: "" },
  ];
  expect(listingText("bugs", entries, PLAIN, 80)).toBe(
    ["bugs", "  a-name-that-is-much-longer-than-a-column", "      a text", "  b"].join("\n"),
  );
});

it.each([80, 100, 120, 200])("fits %i columns, uses them, and never breaks a word", (width) => {
  for (const name of ["short", "a-name-that-is-much-longer-than-a-column"]) {
    const lines = listingText("title", [{ name, about: ABOUT }], PLAIN, width).split("\n");
    const longest = Math.max(...lines.map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(width);
    expect(longest).toBeGreaterThan(width - "word ".length - 1);
    expect(lines.join(" ").match(/word/g)).toHaveLength(40);
  }
});

it("has only a title without entries", () => {
  expect(listingText("bugs", [], PLAIN, 80)).toBe("bugs");
});
