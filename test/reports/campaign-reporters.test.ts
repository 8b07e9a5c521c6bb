/** JUnit XML against its schema, GitHub annotations as the runner reads them, the summary table. */
import { readFileSync } from "node:fs";
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { validateXML } from "xmllint-wasm";
import { type CampaignReport, campaignReport, findingText, type ReportedFinding } from "../../reports/campaign.ts";
import { githubAnnotation } from "../../reports/github.ts";
import { campaignJunit } from "../../reports/junit.ts";

const finding: ReportedFinding = {
  signature: "agreement (following, leading)",
  invariant: "agreement",
  seed: "17",
  known: [],
  steps: 3,
  servers: 3,
  shrinkRuns: 120,
  shrunkAll: true,
  needsNoSeed: true,
  why: "agreement: server 2 delivers 2:1 <w5> & so on,\n100 % of the time",
  file: "out/a:b,c.yaml",
  count: 4,
};
const known: ReportedFinding = {
  ...finding,
  invariant: "initial-history-agreement",
  signature: "initial-history-agreement (leading)",
  known: ["open-one"],
};
const report: CampaignReport = {
  runs: 12_345,
  events: 9_999_999,
  virtualUs: 7_200_000_000,
  seconds: 12.3456,
  runsPerS: 1000,
  workers: 2,
  interrupted: false,
  findings: [finding, known],
  coverage: { size: 99, neverReached: ["rule forced-snap"] },
  faults: new Map([
    ["partition", [10, 7]],
    ["crash", [3, 0]],
    ["write", [500, 400]],
  ]),
};
const replay = (file: string): string => `zabsim replay ${file}`;

describe("JUnit", () => {
  const schema = { fileName: "junit.xsd", contents: readFileSync(new URL("junit.xsd", import.meta.url), "utf8") };
  const validate = (contents: string) => validateXML({ xml: { fileName: "junit.xml", contents }, schema });
  const xml = campaignJunit(
    report,
    ["primary-uniqueness", "agreement", "initial-history-agreement", "liveness"],
    replay,
  );

  it("is valid, with and without findings", async () => {
    for (const contents of [xml, campaignJunit({ ...report, findings: [] }, ["primary-uniqueness"], replay)]) {
      const { errors, valid } = await validate(contents);
      expect(errors).toEqual([]);
      expect(valid).toBe(true);
    }
  });

  it("the schema would notice", async () => {
    expect((await validate(xml.replace("<testcase ", "<test-case "))).valid).toBe(false);
    expect((await validate(xml.replace('name="primary-uniqueness"', ""))).valid).toBe(false);
  });

  it("is red for what is new, and tells what is known", () => {
    expect(xml).toContain('tests="4" failures="1"');
    expect(xml).toContain("zabsim replay out/a:b,c.yaml");
    expect(xml).toContain("known: initial-history-agreement (leading): open-one");
  });
});

describe("GitHub", () => {
  /** What the runner makes of a line: it splits at the first `::` and undoes the escapes. */
  function parse(line: string) {
    const [, command, properties = "", data = ""] = /^::(\w+) (.*?)::(.*)$/.exec(line) ?? [];
    const plain = (text: string): string =>
      text
        .replaceAll("%0D", "\r")
        .replaceAll("%0A", "\n")
        .replaceAll("%3A", ":")
        .replaceAll("%2C", ",")
        .replaceAll("%25", "%");
    const entries = properties.split(",").map((pair) => pair.split("=").map(plain));
    return { command, ...Object.fromEntries(entries), message: plain(data) };
  }

  it("one line, which the runner reads back whole", () => {
    const line = githubAnnotation(finding, replay(finding.file));
    expect(line).not.toContain("\n");
    expect(parse(line)).toEqual({
      command: "error",
      file: "out/a:b,c.yaml",
      line: "1",
      title: "zabsim: agreement (following, leading)",
      message: `${finding.why}\n\nreplay: zabsim replay out/a:b,c.yaml`,
    });
  });

  it("a known bug is a notice", () => {
    expect(parse(githubAnnotation(known, ""))).toMatchObject({ command: "notice", message: "known: open-one" });
  });
});

describe("the summary", () => {
  const plain = new Chalk({ level: 0 });

  it("has runs, events, virtual time, rate, findings, coverage and faults, in 80 columns", () => {
    const text = campaignReport(report, plain);
    for (const part of ["12 345", "9 999 999", "2.0 h", "1 000 runs/s", "1 new, 1 known", "99 (role", "forced-snap"]) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/crash +3 +0/);
    expect(text).toMatch(/partition +10 +7/);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("counts the seeds of a failure once, whatever they are due to", () => {
    const findings = [finding, { ...finding, seed: "18", known: ["open-one"] }, known];
    const lines = campaignReport({ ...report, findings }, plain).split("\n");
    const from = lines.indexOf("findings");
    expect(lines.slice(from + 1, from + 6).map((line) => line.trim().replace(/ +/g, " "))).toEqual([
      `${finding.signature} 4 seeds`,
      "seed 17, 3 steps: new",
      "seed 18, 3 steps: open-one",
      "initial-history-agreement (leading) 4 seeds",
      "seed 17, 3 steps: open-one",
    ]);
  });

  it("tells a finding with its file, its size and the command", () => {
    const text = findingText(finding, replay("x.yaml"), plain);
    expect(text).toContain("3 steps, 3 servers; 120 runs of shrinking");
    expect(text).toContain("replay: zabsim replay x.yaml");
    expect(findingText(known, "", plain)).toBe("known initial-history-agreement (leading), seed 17: open-one");
  });
});
