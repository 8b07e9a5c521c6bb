import { expect, it } from "vitest";
import { bugPaths, scenarioName, shippedPaths } from "../../cli/scenario-files.ts";
import { groupOf, SCENARIO_GROUPS } from "../../cli/scenario-groups.ts";

const groupsOf = (paths: readonly string[]): Set<string> => new Set(paths.map((path) => groupOf(scenarioName(path))));

it("puts bugs and other scenarios in different groups, and uses every group", () => {
  const bugs = groupsOf(bugPaths());
  const others = groupsOf(shippedPaths());
  expect([...bugs].filter((title) => others.has(title))).toEqual([]);
  expect(bugs.size + others.size).toBe(SCENARIO_GROUPS.length);
});
