/** Tests the JSON of `zabsim judge` with campaigns, and what docs/findings/judged.json keeps of it. */
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { findingsPage } from "../../reports/findings-page.ts";
import { type JudgeReport, judgeJson } from "../../reports/judge.ts";
import { mergeSummaries, summaryOf } from "../../reports/judgment-summary.ts";
import schema from "../../schema/judge.schema.json" with { type: "json" };

const finding = { signature: "stuck (silence)", seed: "7", known: ["ZOOKEEPER-5094"], why: "Server 1 waits." };
const report: JudgeReport = {
  ...{ behavior: "pull-1", tickets: ["ZOOKEEPER-1"], about: "It changes one thing.", difference: undefined },
  ...{ release: "3.9.5", scenarioCount: 3, interrupted: false },
  scenarios: [
    { scenario: "one", before: ["total-order"], after: [], verdict: "fixes", known: [] },
    { scenario: "two", before: ["agreement"], after: ["agreement"], verdict: "stays", known: [] },
    { scenario: "three", before: [], after: [], verdict: "none", known: [] },
  ],
  campaigns: {
    ...{ seed: "1", without: { runs: 200, failing: { "stuck (silence)": 3 } }, with: { runs: 200, failing: {} } },
    ...{ gone: [finding], stays: [], broken: [{ ...finding, known: [], file: "out/a.yaml" }], nondeterministic: ["9"] },
  },
};

describe("judgeJson", () => {
  const validate = new Ajv.default({ strict: false }).compile(schema);

  it.each([
    ["campaigns", report],
    ["no campaigns", { ...report, campaigns: undefined, difference: "It does less." }],
  ])("matches the published schema with %s", (_, one) => {
    const json: unknown = JSON.parse(JSON.stringify(judgeJson(one)));
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
    expect(json).toMatchObject({ version: 1, breaks: one.campaigns !== undefined });
  });

  it("is refused by the schema with an unknown field or verdict", () => {
    expect(validate({ ...judgeJson(report), extra: 1 })).toBe(false);
    const scenarios = [{ ...report.scenarios[0], verdict: "better" }];
    expect(validate({ ...judgeJson(report), scenarios })).toBe(false);
  });
});

describe("the page of judgments", () => {
  const summary = summaryOf(report);

  it("says how many scenarios and plans ran", () => {
    const page = findingsPage([summary, { ...summary, behavior: "someFix", tickets: [], campaigns: null }]);
    const url = "https://github.com/apache/zookeeper/pull/1";
    expect(page).toContain(`| [1](${url}) | ZOOKEEPER-1 | 3.9.5 | 3 | 1 | 0 | 0 | 0 | 0 | 1 | 200 | 15.0 -> 0.0 |\n`);
    expect(page).toContain("Campaigns of 200 plans from seed 1, failing plans of 1,000:\n");
    expect(page).toContain("Broken:\n\n- stuck (silence), seed 7: no known bug explains it\n");
    expect(page).toContain("| `someFix` | 3 | one |  |  |  |  | 1 | 0 |  |\n");
  });

  it("keeps older results of other behaviors, in the order of the names", () => {
    const newer = { ...summary, scenarioCount: 9 };
    const other = { ...summary, behavior: "aFix" };
    expect(mergeSummaries([summary, other], [newer], ["aFix", "pull-1"])).toEqual([other, newer]);
  });
});
