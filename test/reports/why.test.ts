/**
 * Checks the explanations of all known bugs. Each of the two facts must lead to a root cause, in a few lines of at most
 * 80 columns.
 */

import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { bugPaths, readScenario, scenarioPaths } from "../../cli/scenario-files.ts";
import { planOver } from "../../fuzz/plan-arbitrary.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import type { Fact } from "../../reports/why/moment.ts";
import { explain, whyText } from "../../reports/why.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { Trace } from "../../sim/index.ts";
import { tooWide } from "./records.ts";

function traced(scenario: Scenario, seed = 1, noise = false): ScenarioRun {
  const plan = noise ? planOver(scenario, BigInt(seed)) : scenario;
  return runScenario(plan, { seed, trace: new Trace() });
}

function scenarioNamed(name: string): Scenario {
  return readScenario(scenarioPaths([name])[0] as string, []).scenario;
}

const bugs = bugPaths()
  .map((path) => ({ name: basename(path, ".yaml"), scenario: readScenario(path, []).scenario }))
  .filter(({ scenario }) => scenario.expect.violates.length > 0);

function endsWithRootCause({ causes }: Fact): boolean {
  return causes[causes.length - 1]?.isRoot === true;
}

describe.each(bugs)("$name", ({ scenario }) => {
  const run = traced(scenario);

  it("has two facts, each with a chain to a write, a step, a sync decision or an election", () => {
    for (const violation of run.violations) {
      const explanation = explain(run, violation);
      expect(explanation?.facts.map(endsWithRootCause)).toEqual([true, true]);
    }
  });

  it("is explained in at most 40 lines of 80 columns", () => {
    const text = whyText(run);
    expect(tooWide(text)).toEqual([]);
    expect(text.split("\n").length).toBeLessThanOrEqual(40);
  });

  it("runs the same without a trace", () => {
    const plain = runScenario(scenario, { seed: 1 });
    expect(plain.digest).toBe(run.digest);
    expect(plain.records.some((record) => "sequence" in record)).toBe(false);
    expect(run.records.every(({ sequence }) => sequence !== undefined)).toBe(true);
  });
});

describe("whyText", () => {
  it("names the configuration change as the root of a violation that follows from disjoint quorums", () => {
    const text = whyText(traced(scenarioNamed("expansion-new-servers-elect-before-the-roll"))).replace(/\s+/g, " ");
    expect(text).toContain(
      "1. two configurations allow disjoint quorums: servers 1 and 2 are a quorum in the configuration of",
    );
    expect(text).toContain("leader 2 (voters 1, 2 and 3), and servers 3, 4 and 5 are a quorum in the configuration of");
    expect(text).toContain("<- step 3: start server=5 config={voters=[1 2 3");
  });

  it("explains an acknowledged proposal that was truncated, committed and lost", async () => {
    const text = whyText(traced(scenarioNamed("open-acked-proposal-truncated-committed-lost")));
    await expect(`${text}
`).toMatchFileSnapshot("acked-proposal-truncated.golden.txt");
  });

  it("explains a transaction that survives a TRUNC", () => {
    const text = whyText(traced(scenarioNamed("open-snapshot-survives-trunc"))).replace(/\s+/g, " ");
    expect(text).toContain("<- 1:6 survives the TRUNC: the database of server 3 still");
  });

  it("names a snapshot of the start state that survives a TRUNC", () => {
    const scenario = loadScenario(
      `
servers:
  1: { history: "1:1..1:7, 2:3..2:5" }
  2: { history: "1:1..1:7, 2:3..2:10", snapshots: [0:0, 2:7], down: true }
  3: { history: "1:1..1:7, 2:3..2:5" }
committed: 2:5
steps: [{ when: established, start: 2 }]
until: 3s
expect: { violates: follower-is-prefix }
`,
      "snapshot.yaml",
    );
    const text = whyText(traced(scenario)).replace(/\s+/g, " ");
    expect(text).toContain("server 2 had snapshot 2:7 on its disk before the run; a TRUNC keeps snapshots");
    expect(text).not.toContain("has no record");
  });

  it("names the step whose crash lost unsynced transactions, by its number in the scenario", () => {
    const scenario = scenarioNamed("open-tail-read-back-after-kill-never-synced");
    const text = whyText(traced(scenario));
    expect(text.replace(/\s+/g, " ")).toContain("server 3 crashes and loses 2:1 (w1), which was not synced");
    const [, number] = /<- step (\d+): crash .*server=3/.exec(text) ?? [];
    expect(scenario.steps[Number(number) - 1]).toMatchObject({ crash: { server: 3 } });
  });

  it("traces a COMMIT through the ACKs of its quorum to the client's write", () => {
    const text = whyText(traced(scenarioNamed("open-hole-in-log-after-snap-committed-truncated")));
    expect(text).toMatch(
      /commits 3:2 after ACKs from server 1 .*server 1 syncs 3:2 to disk.*server 2 sends PROPOSAL 3:2 to server 1/s,
    );
    expect(text).toMatch(/a client writes w3 at server 2 \(step \d+\)/);
  });

  it("says that the script changed a message", () => {
    const text = whyText(traced(scenarioNamed("three-servers-wrong-first-packet-refused")));
    expect(text).toMatch(/server 1 sends FOLLOWERINFO 1:0 to server 3; the script .*changes it to ACK$/ms);
  });

  it("is empty if the run violated nothing", () => {
    expect(whyText(traced(scenarioNamed("follower-ahead-trunc")))).toBe("");
  });

  it("explains every violation that noise finds", () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const runs = ["open-snapshot-survives-trunc", "open-hole-in-log-after-snap-passed-on"].flatMap((name) =>
      seeds.map((seed) => traced(scenarioNamed(name), seed, true)),
    );
    const texts = runs.flatMap((run) => run.violations.map((violation) => whyText(run, violation)));
    expect(texts.length).toBeGreaterThan(10);
    for (const text of texts) {
      expect(tooWide(text)).toEqual([]);
      expect(text).not.toMatch(/undefined|NaN|none|0:0/);
    }
  });
});
