/** Tests the summary of a campaign, and the text of one finding. */
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { FAULT_NAMES } from "../../fuzz/fault-kinds.ts";
import { campaignReport, findingText } from "../../reports/campaign.ts";
import { commandsFor, knownFinding, newFinding, report } from "./campaign-fixture.ts";
import { tooWide } from "./records.ts";

const plain = new Chalk({ level: 0 });

describe("campaignReport", () => {
  it("has runs, events, virtual time, rate, findings, coverage and faults, in 80 columns", () => {
    const text = campaignReport(report, plain);
    const parts = ["12 345", "9 999 999", "2.0 h", "1 000 runs/s", "1 new, 1 known", "99 features", "forced-snap"];
    for (const part of parts) expect(text).toContain(part);
    expect(text).toMatch(/crash +3 +0/);
    expect(text).toMatch(/partition +10 +7/);
    expect(tooWide(text)).toEqual([]);
  });

  it("fits 80 columns with all kinds of faults and large numbers", () => {
    const faults = new Map(FAULT_NAMES.map((name) => [name, [1_234_567, 123_456] as const]));
    expect(tooWide(campaignReport({ ...report, faults }, plain))).toEqual([]);
  });

  it("counts the seeds of a signature once, although its findings have different causes", () => {
    const findings = [newFinding, { ...newFinding, seed: "18", known: ["open-one"] }, knownFinding];
    const lines = campaignReport({ ...report, findings }, plain).split("\n");
    const from = lines.indexOf("findings");
    expect(lines.slice(from + 1, from + 6).map((line) => line.trim().replace(/ +/g, " "))).toEqual([
      `${newFinding.signature} 4 seeds`,
      "seed 17, 3 steps: new",
      "seed 18, 3 steps: open-one",
      "initial-history-agreement (leading) 4 seeds",
      "seed 17, 3 steps: open-one",
    ]);
  });

  it("names the first newer release without each known bug", () => {
    const text = campaignReport(report, plain);
    expect(text).toContain("\nfirst newer release without each");
    expect(text).toContain("\n  open-one: none\n  zookeeper-1-fixed: 3.8.5\n");
  });

  it("leaves out findings and faults if there are none", () => {
    const coverage = { size: 0, neverReached: [] };
    const text = campaignReport(
      { ...report, findings: [], knownBugs: [], faults: new Map(), coverage, workers: 1 },
      plain,
    );
    expect(text).toContain("none new, 0 known");
    expect(text).toContain("1 worker");
    expect(text).not.toMatch(/^findings|fault |never reached|1 workers/m);
  });

  it("says that it was interrupted", () => {
    const text = campaignReport({ ...report, interrupted: true, uninvestigated: 2 }, plain);
    expect(text).toContain("12 345 (interrupted)");
    expect(text).toMatch(/verdict +interrupted; --resume continues the campaign and investigates 2 failing plans\n/);
  });
});

describe("findingText", () => {
  it("has the size, the file and the commands of a new finding", () => {
    const text = findingText(newFinding, commandsFor(newFinding), plain);
    expect(text).toContain("3 steps, 3 servers; shrunk in 120 runs\n");
    expect(text).toContain("\n  replay: npx zabsim replay out/a:b,c.yaml\n  repeat: npx zabsim fuzz --seeds 17..17\n");
  });

  it("says that a finding needs its seed, and that shrinking reached its limit", () => {
    const text = findingText({ ...newFinding, steps: 1, needsNoSeed: false, shrinkComplete: false }, [], plain);
    expect(text).toContain("1 step, 3 servers, needs its seed; shrunk in 120 runs (stopped at the limit)");
  });

  it("wraps what is known of a bug", () => {
    const about =
      "ZOOKEEPER-1: A follower does something that it must not do, more than once. Releases without it: 3.9.4.";
    const finding = { ...knownFinding, known: [about] };
    for (const inFull of [true, false]) {
      const text = findingText(finding, [], plain, inFull);
      expect(tooWide(text)).toEqual([]);
      expect(text.replace(/\s+/g, " ")).toContain(about);
    }
  });

  it("has one line for a known bug, unless the full text is requested", () => {
    const line = "known bug initial-history-agreement (leading), seed 17: open-one";
    expect(findingText(knownFinding, [], plain)).toBe(line);
    expect(findingText(knownFinding, [], plain, true)).toContain("  known bug: open-one\n");
  });
});
