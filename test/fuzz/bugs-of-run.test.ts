/** The known bugs that explain a run. */
import { describe, expect, it } from "vitest";
import { readScenario, scenarioPaths } from "../../cli/scenario-files.ts";
import { bugsOfRun } from "../../fuzz/bugs-of-run.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";

function bugsOf(name: string, change: (scenario: Scenario) => Partial<Scenario> = () => ({})): string[] {
  const { scenario } = readScenario(scenarioPaths([name])[0] as string, []);
  return bugsOfRun(runScenario({ ...scenario, ...change(scenario) }, { seed: 1n }));
}

describe("bugsOfRun", () => {
  it("names the bug of a scenario that reproduces it", () => {
    expect(bugsOf(BUG)).toEqual([BUG]);
    expect(bugsOf("open-trunc-keeps-one-txn-too-many")).toEqual(["open-snapshot-survives-trunc"]);
    expect(bugsOf("open-crash-before-current-epoch-cannot-start")).toEqual([
      "open-crash-before-current-epoch-cannot-start",
    ]);
  });

  it("attributes the violation of a user's scenario, expected or not", () => {
    expect(bugsOf(BUG, () => ({ name: "mine" }))).toEqual([BUG]);
    expect(bugsOf(BUG, () => ({ name: "mine", expect: { violates: [] } }))).toEqual([BUG]);
  });

  it("is empty in a release without the bug, and for a run that does not fail", () => {
    expect(bugsOf(BUG, () => ({ zookeeper: "3.9.4" }))).toEqual([]);
    expect(bugsOf("follower-ahead-trunc")).toEqual([]);
  });

  it("is empty for a violation that a script provokes", () => {
    expect(bugsOf("three-servers-wrong-first-packet-refused")).toEqual([]);
  });
});
