/** Tests the result of a campaign as data for reports. */
import { expect, it } from "vitest";
import { CampaignRunner, type CampaignSettings } from "../../campaign/campaign.ts";
import { Journal } from "../../campaign/journal.ts";
import { summaryOf } from "../../campaign/summary.ts";
import { finding } from "./failed-plan.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const settings: CampaignSettings = {
  version: "1",
  options: { zookeeper: "newest", strategy: undefined, faults: undefined, scenario: undefined },
  firstSeed: 1n,
  lastSeed: 640n,
  timeMs: undefined,
  workers: 4,
  shard: [1, 1],
  shrinkRuns: 10,
};

it("the rate counts only the runs of this session, and each finding has the number of its failures", () => {
  const runner = new CampaignRunner(settings, new Journal(temporaryFolder()), { found() {}, nondeterministic() {} });
  runner.totals.add({
    runs: 640,
    events: 1000,
    virtualUs: 2_000_000,
    coverage: { "rule in-sync": 1 },
    faults: { crash: [2, 1] },
    recovery: [640],
    failed: [],
    nondeterministic: [],
  });
  runner.findings.push({ ...finding(), file: "a.yaml" }, { ...finding({ signature: "other" }), file: "b.yaml" });
  runner.counts.set(finding().signature, 7);
  const summary = summaryOf(runner, settings, { seconds: 10, resumedRuns: 140 });
  expect(summary).toMatchObject({ runs: 640, seconds: 10, runsPerS: 50, workers: 4, interrupted: false });
  expect(summary.findings.map(({ count, file }) => [file, count])).toEqual([
    ["a.yaml", 7],
    ["b.yaml", 1],
  ]);
  expect(summary.coverage.size).toBe(1);
  expect(summary.coverage.neverReached).not.toContain("rule in-sync");
  expect(summary.faults.get("crash")).toEqual([2, 1]);
});

it("each known bug has the first newer release without it", () => {
  const runner = new CampaignRunner(settings, new Journal(temporaryFolder()), { found() {}, nondeterministic() {} });
  const id = "zookeeper-4643-current-epoch-before-diff-is-logged";
  runner.findings.push({ ...finding(), known: ["open-snapshot-survives-trunc", id], file: "a.yaml" });
  runner.findings.push({ ...finding(), known: [id], file: "b.yaml" });
  const bugsIn = (zookeeper: string) =>
    summaryOf(runner, { ...settings, options: { ...settings.options, zookeeper } }, { seconds: 1, resumedRuns: 0 })
      .knownBugs;
  expect(bugsIn("3.6.2")).toEqual([
    { id, firstReleaseWithout: "3.8.5" },
    { id: "open-snapshot-survives-trunc", firstReleaseWithout: null },
  ]);
  expect(bugsIn("3.9.1")[0]).toEqual({ id, firstReleaseWithout: "3.9.2" });
});
