/** Tests the JSON output of a campaign. */
import { expect, it } from "vitest";
import type { CampaignReport } from "../../reports/campaign.ts";
import { campaignJson, findingJson } from "../../reports/campaign-json.ts";
import { finding } from "../campaign/failed-plan.ts";

const found = { ...finding(), file: "one.yaml", count: 3 };
const report: CampaignReport = {
  runs: 10,
  events: 100,
  virtualUs: 1_234_567,
  seconds: 2.00049,
  runsPerS: 4.999,
  workers: 2,
  interrupted: false,
  uninvestigated: 0,
  knownBugs: [{ id: "open-one", firstReleaseWithout: null }],
  strict: false,
  nondeterminism: [{ seed: 2n ** 63n, first: "a", second: "b" }],
  findings: [found],
  coverage: { size: 1, neverReached: ["fault pause"] },
  faults: new Map([["crash", [2, 1]]]),
};

it("a finding names its file and does not contain it", () => {
  expect(findingJson(found)).not.toHaveProperty("yaml");
  expect(findingJson(found)).toMatchObject({ file: "one.yaml", count: 3 });
});

it("a campaign is JSON: durations are rounded, and seeds are texts", () => {
  const json = campaignJson(report, { "fault crash": 1 });
  expect(JSON.parse(JSON.stringify(json))).toEqual({
    runs: 10,
    events: 100,
    virtualS: 1.235,
    seconds: 2,
    runsPerS: 5,
    workers: 2,
    interrupted: false,
    uninvestigated: 0,
    knownBugs: [{ id: "open-one", firstReleaseWithout: null }],
    strict: false,
    verdict: "nondeterministic",
    findings: [findingJson(found)],
    coverage: { size: 1, neverReached: ["fault pause"], reached: { "fault crash": 1 } },
    faults: { crash: { struck: 2, effect: 1 } },
    nondeterministic: ["9223372036854775808"],
  });
});
