/** The seeds of a campaign, and how it resumes from a journal. test/cli/fuzz.test.ts runs whole campaigns. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CampaignMismatchError, CampaignRunner, type CampaignSettings } from "../../campaign/campaign.ts";
import { type BlockLine, Journal } from "../../campaign/journal.ts";
import { finding, SIGNATURE } from "./failed-plan.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = temporaryFolder();
const SETTINGS: CampaignSettings = {
  options: { zookeeper: "newest", strategy: undefined, faults: undefined, scenario: undefined },
  firstSeed: 1n,
  lastSeed: 640n,
  timeMs: undefined,
  workers: 1,
  shard: [1, 1],
  shrinkRuns: 10,
};

function runner(changes: Partial<CampaignSettings> = {}, folder = join(root, "seeds")): CampaignRunner {
  return new CampaignRunner({ ...SETTINGS, ...changes }, new Journal(folder), { found() {}, nondeterministic() {} });
}

describe("the number of seeds", () => {
  it.each<[string, Partial<CampaignSettings>, number | undefined]>([
    ["of one seed is 1", { lastSeed: 1n }, 1],
    ["of ten blocks is all of them", {}, 640],
    ["includes the part of a block at the end", { lastSeed: 650n }, 650],
    ["does not depend on the first seed", { firstSeed: 1001n, lastSeed: 1650n }, 650],
    ["of the first shard of three is that of every third block", { lastSeed: 650n, shard: [1, 3] }, 4 * 64],
    ["of a shard may include the part at the end", { lastSeed: 650n, shard: [2, 3] }, 3 * 64 + 10],
    ["of a shard without a block is 0", { lastSeed: 10n, shard: [2, 2] }, 0],
    ["is not known if only the time limits the campaign", { lastSeed: undefined }, undefined],
  ])("%s", (_, changes, count) => {
    expect(runner(changes).seedCount).toBe(count);
  });

  it("of all shards together is that of the campaign", () => {
    const counts = [1, 2, 3, 4].map((shard) => runner({ lastSeed: 1000n, shard: [shard, 4] }).seedCount ?? 0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
  });
});

describe("a resumed campaign", () => {
  const folder = join(root, "resumed");
  const block: BlockLine = {
    block: 3,
    runs: 64,
    events: 1000,
    virtualUs: 5_000_000,
    fresh: ["rule in-sync"],
    faults: { crash: [2, 1] },
    failed: { [SIGNATURE]: 5 },
  };
  const journal = new Journal(folder);
  runner({}, folder).begin();
  journal.append(block);
  journal.append({ ...block, block: 1, fresh: [] });
  journal.append({ finding: finding(), file: "one.yaml" });

  it("continues with the totals, the coverage, the findings and the counts of the journal", () => {
    const resumed = runner({}, folder);
    resumed.resume();
    expect(resumed.totals).toMatchObject({ runs: 128, events: 2000, virtualUs: 10_000_000 });
    expect(resumed.totals.faults.get("crash")).toEqual([4, 2]);
    expect(resumed.totals.coverage.toJSON()).toEqual({ "rule in-sync": 1 });
    expect(resumed.findings).toEqual([{ ...finding(), file: "one.yaml" }]);
    expect(resumed.counts.get(SIGNATURE)).toBe(10);
  });

  it("may have another time limit and another number of workers", () => {
    expect(() => runner({ timeMs: 5, workers: 7, shrinkRuns: 1 }, folder).resume()).not.toThrow();
  });

  it.each<[string, Partial<CampaignSettings>]>([
    ["firstSeed", { firstSeed: 2n }],
    ["lastSeed", { lastSeed: undefined }],
    ["shard", { shard: [1, 2] }],
    ["zookeeper", { options: { ...SETTINGS.options, zookeeper: "3.5.8" } }],
    ["faults", { options: { ...SETTINGS.options, faults: ["crash"] } }],
    ["strategy", { options: { ...SETTINGS.options, strategy: "swarm" } }],
  ])("must have the same %s", (name, changes) => {
    const resumed = runner(changes, folder);
    expect(() => resumed.resume()).toThrow(CampaignMismatchError);
    expect(() => resumed.resume()).toThrow(`the campaign in ${folder} has ${name} `);
  });
});
