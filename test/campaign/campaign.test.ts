/** Tests how a campaign resumes from a journal. test/cli/fuzz.test.ts runs whole campaigns. */
import { getEventListeners } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CampaignRunner, type CampaignSettings } from "../../campaign/campaign.ts";
import { CampaignMismatchError } from "../../campaign/campaign-identity.ts";
import { type BlockLine, Journal } from "../../campaign/journal.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { finding, SIGNATURE } from "./failed-plan.ts";
import { fakeWorkers } from "./fake-workers.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = temporaryFolder();
const SETTINGS: CampaignSettings = {
  version: "1",
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
  journal.append({ ...block, block: 1, fresh: [], nondeterministic: ["100"] });
  journal.append({ nondeterministic: { seed: "100", first: "a", second: "b" } });
  journal.append({ finding: finding(), file: "one.yaml" });

  it("continues with the totals, the coverage, the findings and the counts of the journal", () => {
    const resumed = runner({}, folder);
    resumed.resume();
    expect(resumed.totals).toMatchObject({ runs: 128, events: 2000, virtualUs: 10_000_000 });
    expect(resumed.totals.faults.get("crash")).toEqual([4, 2]);
    expect(resumed.totals.coverage.toJSON()).toEqual({ "rule in-sync": 1 });
    expect(resumed.findings).toEqual([{ ...finding(), file: join(folder, "one.yaml") }]);
    expect(resumed.nondeterminism).toEqual([{ seed: 100n, first: "a", second: "b" }]);
    expect(resumed.counts.get(SIGNATURE)).toBe(10);
  });

  it("writes the file of a finding again if it is missing", () => {
    rmSync(join(folder, "one.yaml"), { force: true });
    runner({}, folder).resume();
    const [schema, ...text] = readFileSync(join(folder, "one.yaml"), "utf8").split("\n");
    expect(schema).toMatch(/^# yaml-language-server: /);
    expect(text.join("\n")).toBe(finding().yaml);
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
    ["version", { version: "2" }],
  ])("must have the same %s", (name, changes) => {
    const resumed = runner(changes, folder);
    expect(() => resumed.resume()).toThrow(CampaignMismatchError);
    expect(() => resumed.resume()).toThrow(
      name === "version" ? "was run by zabsim 1, this is zabsim 2" : `the campaign in ${folder} has ${name} `,
    );
  });

  it("must have the same content of the scenario", () => {
    const withScenario = (text: string): CampaignRunner => {
      const options = { ...SETTINGS.options, scenario: loadScenario(text, "mine.yaml") };
      return runner({ options }, join(root, "scenario"));
    };
    withScenario("servers: 3\n").begin();
    expect(() => withScenario("# a comment\nservers: 3\n").resume()).not.toThrow();
    expect(() => withScenario("servers: 5\n").resume()).toThrow(
      /^--resume: the campaign in .* began with another content of scenario mine: /,
    );
  });
});

it("listens to the signal only while it runs", async () => {
  const journal = new Journal(join(root, "signal"));
  const watcher = { found() {}, nondeterministic() {} };
  const { signal } = new AbortController();
  const campaign = new CampaignRunner(SETTINGS, journal, watcher, () => fakeWorkers({ seed: 1 }));
  campaign.begin();
  const run = campaign.run(signal);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await run;
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
