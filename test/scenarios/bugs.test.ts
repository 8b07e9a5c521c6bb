/**
 * The scenarios that show bugs of ZooKeeper. Each file describes its bug and has a golden output, and its runs with ten
 * seeds show the bug.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { runForReport } from "../../campaign/investigate.ts";
import { goldenPath, goldenText } from "../../cli/run.ts";
import { bugPaths, readScenario } from "../../cli/scenario-files.ts";
import { runScenario } from "../../scenarios/run.ts";

const bugs = bugPaths().map((path) => ({
  name: basename(path, ".yaml"),
  path,
  text: readFileSync(path, "utf8"),
  scenario: readScenario(path, []).scenario,
}));

describe.each(bugs)("$name", ({ path, scenario, text }) => {
  it("is under 45 lines, describes what happens, and expects a violation or a failure", () => {
    expect(text.split("\n").length).toBeLessThan(45);
    expect(text).toMatch(/^# /);
    const { failures = [], stuck, violates } = scenario.expect;
    expect(violates.length + failures.length > 0 || stuck !== undefined).toBe(true);
  });

  it("shows the bug with seed 1, as in its golden file", () => {
    const run = runForReport(scenario, 1n);
    expect(run.unmet).toEqual([]);
    expect(goldenText(run)).toBe(readFileSync(goldenPath(path), "utf8"));
  });

  it("does not show the bug with the fixes of the patched release", () => {
    const patched = runScenario({ ...scenario, zookeeper: "patched" }, { seed: 1n, digest: false });
    expect(patched.violations).toEqual([]);
  });

  it("shows the bug with other seeds", () => {
    const seeds = [2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(seeds.flatMap((seed) => runScenario(scenario, { seed, digest: false }).unmet)).toEqual([]);
  });
});
