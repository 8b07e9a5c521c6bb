/** The known bugs that explain a run. */
import { describe, expect, it } from "vitest";
import { readScenario, scenarioPaths } from "../../cli/scenario-files.ts";
import { attributedBugs } from "../../fuzz/attribution.ts";
import { bugsOfRun } from "../../fuzz/bugs-of-run.ts";
import { failureOf } from "../../fuzz/shrink/failure.ts";
import { loadScenario } from "../../scenarios/load.ts";
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

  it("explains the first of the expected violations, as the campaign that wrote the file did", () => {
    const text = `
zookeeper: 3.8.4
servers: 3
network: { latency: 1ms }
disk: { sync: 30ms, write: 1ms }
threads: { queueNewLeader: 0ms, serializeSnapshot: 0ms, electionWakeUp: 0ms }
steps:
  - { when: sync-decided, write: 45 }
until: 411ms
expect: { violates: [ memory-equals-disk, no-bad-commit ] }
`;
    const scenario = loadScenario(text, "finding.yaml");
    const run = runScenario(scenario, { seed: 1n });
    expect(run.violations[0]?.id).toBe("no-bad-commit");
    const finding = { kind: "violation", id: "memory-equals-disk", role: "looking", otherRole: undefined } as const;
    expect(failureOf(run)).toEqual(finding);
    expect(bugsOfRun(run)).toEqual(attributedBugs(scenario, finding));
    const unexpected = { ...run, scenario: { ...scenario, expect: { violates: ["memory-equals-disk"] as const } } };
    expect(failureOf(unexpected)).toMatchObject({ id: "no-bad-commit" });
  });

  it("is empty for a violation that a script provokes", () => {
    expect(bugsOf("three-servers-wrong-first-packet-refused")).toEqual([]);
  });
});
