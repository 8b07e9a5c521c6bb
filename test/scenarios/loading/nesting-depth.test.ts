/** The first position at which a YAML text is nested too deeply. */
import { describe, expect, it } from "vitest";
import { offsetBelowDepth } from "../../../scenarios/loading/nesting-depth.ts";

const indented = (levels: number): string => Array.from({ length: levels }, (_, i) => `${" ".repeat(i)}a:\n`).join("");

describe("a text is too deep for a limit of 10 because of", () => {
  it.each<[string, string, number]>([
    ["brackets", "[".repeat(11), 10],
    ["braces", "{a: ".repeat(11), 40],
    ["brackets on lines of their own", "[\n".repeat(11), 20],
    ["lists in lists", "- ".repeat(11), 20],
    ["complex keys", "? ".repeat(11), 20],
    ["mappings in mappings", indented(11), 73],
    ["lists after a text of several lines", `a: |\n [\n  [\nb:\n ${"- ".repeat(10)}`, 34],
  ])("%s", (_, text, offset) => {
    expect(offsetBelowDepth(text, 10)).toBe(offset);
  });
});

describe("a text is not too deep for a limit of 10 because of", () => {
  it.each([
    ["ten brackets", "[".repeat(10)],
    ["a long list", `[${"1, ".repeat(20)}]`],
    ["many lists", "- [[1]]\n".repeat(20)],
    ["brackets in quotes", `"${"[".repeat(20)}"`],
    ["brackets in a comment", `a: 1 # ${"[".repeat(20)}`],
    ["brackets in a text of several lines", `a: |\n${" [\n".repeat(20)}`],
    ["the depth of earlier fields", `${indented(7)}${indented(7)}`],
    ["a list of mappings", "a:\n  - b: 1\n    c: 2\n".repeat(20)],
  ])("%s", (_, text) => {
    expect(offsetBelowDepth(text, 10)).toBeUndefined();
  });
});

it("deep texts take no stack", () => {
  expect(offsetBelowDepth("[".repeat(500_000), 400_000)).toBe(400_000);
});
