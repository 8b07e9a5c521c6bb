/** The notation of field paths. */
import { describe, expect, it, test } from "vitest";
import { formatPath, parsePath, startsWith } from "../../../scenarios/loading/field-path.ts";

describe("paths", () => {
  it.each([
    ["servers", ["servers"]],
    ["servers.3.history", ["servers", "3", "history"]],
    ["steps[2].crash.server", ["steps", 2, "crash", "server"]],
  ])("%s is parsed and written back", (text, path) => {
    expect(parsePath(text)).toEqual(path);
    expect(formatPath(path)).toBe(text);
  });

  it.each(["", ".a", "a.", "a[x]", "a[", "a b", "[0]"])("%j is not a path", (text) => {
    expect(parsePath(text)).toBeUndefined();
  });

  it("the empty path is written as file, and unusual names in quotes", () => {
    expect(formatPath([])).toBe("file");
    expect(formatPath(["quorum", "groups", "a b"])).toBe('quorum.groups["a b"]');
  });
});

test("startsWith compares segments", () => {
  expect(startsWith(["steps", 2, "crash"], ["steps", 2])).toBe(true);
  expect(startsWith(["steps", 2], ["steps", 2, "crash"])).toBe(false);
  expect(startsWith(["steps", 2], ["steps", 1])).toBe(false);
});
