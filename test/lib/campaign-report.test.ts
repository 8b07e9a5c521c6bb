import { expect, it } from "vitest";
import { CampaignTotals } from "../../fuzz/block.ts";
import { type CampaignCounts, greenText, nondeterminismMessage } from "../../lib/campaign-report.ts";
import { loadScenario } from "../../lib/index.ts";

const options = { zookeeper: "3.6.2", strategy: undefined, faults: ["crash"], scenario: undefined } as const;

function counts(rest: Partial<CampaignCounts>): CampaignCounts {
  const totals = new CampaignTotals();
  const coverage = { "fault write": 3, "rule txn-log-gap": 1 };
  const faults = { write: [4, 3] as const };
  totals.add({
    runs: 64,
    events: 1,
    virtualUs: 7.2e9,
    coverage,
    faults,
    recovery: [],
    failed: [],
    nondeterministic: [],
  });
  return { seeds: 64, totals, knownBugs: new Set(), knownFailures: 0, ignoredFailures: 0, ...rest };
}

it("a green campaign prints runs, time, coverage, and what it could have reached", () => {
  const text = greenText("x", options, counts({}));
  expect(text).toContain("zabsim campaign: x: no finding\n  runs      64 of generated ensembles, ZooKeeper 3.6.2\n");
  expect(text).toContain("  time      2.0 h of virtual time, 1 event\n");
  expect(text).toContain("  coverage  2 features (");
  expect(text).toMatch(/unreached sync rules .*; faults crash$/s);
  expect(text).not.toMatch(/partition|txn-log-gap|known|ignored/);
});

it("a green campaign prints failures that do not count, and why", () => {
  const scenario = loadScenario("servers: 3", "our-upgrade.yaml");
  const knownBugs = new Set(["zookeeper-4643", "zookeeper-3911"]);
  const text = greenText("x", { ...options, scenario }, counts({ knownBugs, knownFailures: 12, ignoredFailures: 1 }));
  expect(text).toContain("64 of our-upgrade, ZooKeeper 3.6.2");
  expect(text.replace(/\s+/g, " ")).toContain(
    "known bugs explain 12 failing seeds: zookeeper-3911, zookeeper-4643; with strict: true, they make the test fail " +
      "ignored 1 seed failed in ways that the options of the test ignore",
  );
});

it("a nondeterministic seed is a failure with both runs", () => {
  const scenario = loadScenario("servers: 3", "x.yaml");
  expect(nondeterminismMessage({ seed: 7n, scenario, first: "event a", second: "event b" })).toBe(
    "nondeterminism: seed 7 gave two different runs\n  run 1: event a\n  run 2: event b",
  );
});
