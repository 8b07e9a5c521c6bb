/** docs/findings/: each report has evidence from real servers, and its generated parts are current. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bugOfScenario, releasesWith } from "../../fuzz/about-bugs.ts";
import { PUBLISHED_RELEASES } from "../../protocol/releases.ts";
import { type FindingFacts, verdictText, withBlocks } from "../../reports/finding-report.ts";
import { findingsPage } from "../../reports/findings-page.ts";
import type { JudgmentSummary } from "../../reports/judgment-summary.ts";
import { FINDINGS, factsOf, failsIn, recordedAffected, reportFiles, reportNames } from "./finding-reports.ts";

const SECTIONS = [
  "What happens",
  "Steps on a real ensemble",
  "Cause",
  "Could this be intended?",
  "Suggested fix",
  "Evidence",
  "Related tickets and pull requests",
  "Repeat it",
];
/** Each block comes once, in this order. */
const BLOCKS = ["facts", "fix", "evidence", "commands"];
const RELEASE = PUBLISHED_RELEASES.at(-1) as string;

it("the generated parts are up to date (to update them: npm run reports)", () => {
  for (const [path, text] of reportFiles()) expect(readFileSync(path, "utf8"), path).toBe(text);
});

it("docs/findings.md shows the recorded judgments (to update it: npm run findings -- --render)", () => {
  const summaries = JSON.parse(readFileSync(join(FINDINGS, "judged.json"), "utf8")) as JudgmentSummary[];
  expect(readFileSync(join(FINDINGS, "..", "findings.md"), "utf8")).toBe(findingsPage(summaries));
});

describe.each(reportNames())("%s", (name) => {
  const page = readFileSync(join(FINDINGS, `${name}.md`), "utf8");

  it("has a title, all sections and all generated blocks", () => {
    expect(page).toMatch(/^# .{20,120}\n/);
    expect([...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(SECTIONS);
    expect([...page.matchAll(/^<!-- generated: (\w+) -->$/gm)].map(([, block]) => block)).toEqual(BLOCKS);
  });

  it("names the classes and methods that are the cause", () => {
    const cause = /## Cause\n([\s\S]*?)\n## /.exec(page)?.[1] ?? "";
    expect(cause).toMatch(/`[A-Z][\w.]+#\w+/);
  });

  it("has evidence from servers of the newest release", () => {
    const { confirmedTry, ensemble } = factsOf(name);
    expect((confirmedTry ?? ensemble)?.release).toBe(RELEASE);
  });

  it("lists releases in which the scenario fails", () => {
    const affected = recordedAffected()[name] ?? [];
    expect(affected).toContain(RELEASE);
    const first = PUBLISHED_RELEASES.indexOf(affected[0] as string);
    const asked = PUBLISHED_RELEASES.slice(Math.max(0, first - 1), first + 1).concat(RELEASE);
    expect(asked.filter((release) => failsIn(name, release))).toEqual(asked.filter((one) => affected.includes(one)));
    const bug = bugOfScenario(name);
    expect(affected.filter((release) => bug === undefined || !releasesWith(bug).includes(release))).toEqual([]);
  });
});

describe("the generated parts", () => {
  const facts: FindingFacts = { ...factsOf("open-trunc-keeps-one-txn-too-many"), tries: null, judgment: null };
  const side = { runs: 100, failing: { stuck: 2 } };
  const judgment: JudgmentSummary = {
    ...{ behavior: "b", tickets: [], about: "", difference: null, release: RELEASE, scenarioCount: 5 },
    changed: [{ scenario: "one", before: ["x"], after: [], verdict: "fixes", known: [] }],
    stays: ["two", "three"],
    campaigns: { seed: "1", without: side, with: { runs: 100, failing: {} }, gone: [], stays: [], broken: [] },
  };

  it.each([
    [{ confirmed: 10, tries: 10, inOrder: 10 }, "confirmed: 10 of 10 tries (`zabsim confirm`)"],
    [{ confirmed: 9, tries: 10, inOrder: 8 }, "confirmed: 9 of 10 tries, 8 of them in the order of the simulated run"],
    [{ confirmed: 1, tries: 10, inOrder: 10 }, "confirmed in some tries: 1 of 10 tries"],
    [
      { confirmed: 2, tries: 2, inOrder: 2 },
      "confirmed so far: 2 of 2 tries (`zabsim confirm`; a verdict needs 10 tries)",
    ],
    [null, "confirmed in one try (`zabsim confirm`)"],
  ])("say how many tries are confirmed: %j", (tries, text) => {
    expect(verdictText({ ...facts, tries })).toContain(text);
  });

  it("say that nothing confirms a finding", () => {
    expect(verdictText({ ...facts, confirmedTry: null, ensemble: null })).toBe("not confirmed");
  });

  it("list what the fix changes, also in a campaign", () => {
    const text = withBlocks("<!-- generated: fix -->\n<!-- end -->", { ...facts, judgment });
    expect(text).toContain("- fixes: one\n");
    expect(text).toContain("- breaks: none\n");
    expect(text).toContain("- still fail, because of other bugs: 2 of 5 scenarios\n");
    expect(text).toContain("- 100 plans of a campaign: 20.0 of 1,000 fail without it, 0.0 with it; it breaks none\n");
  });

  it("replace the text between their comments, and refuse an unknown name", () => {
    const page = "a\n<!-- generated: commands -->\nold\n<!-- end -->\nz\n";
    expect(withBlocks(page, facts)).toMatch(
      /^a\n<!-- generated: commands -->\n```console\n\$ npx [\s\S]*\n<!-- end -->\nz\n$/,
    );
    expect(() => withBlocks("<!-- generated: other -->\n<!-- end -->", facts)).toThrow("unknown block other");
  });
});
