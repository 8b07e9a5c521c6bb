/**
 * Checks, for all combinations of findings and options, that the exit code and all output formats of a campaign agree.
 */
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import {
  type CampaignReport,
  campaignReport,
  findingText,
  interruptionText,
  type ReportedFinding,
} from "../../reports/campaign.ts";
import { campaignJson } from "../../reports/campaign-json.ts";
import { githubAnnotation, githubInterruption, githubNondeterminism } from "../../reports/github.ts";
import { campaignJunit } from "../../reports/junit.ts";
import { countedFindings, isCounted, LIVENESS, type Verdict, verdictOf } from "../../reports/verdict.ts";
import { commandsFor, newFinding, report } from "./campaign-fixture.ts";

const plain = new Chalk({ level: 0 });
const stuck: ReportedFinding = { ...newFinding, invariant: LIVENESS, signature: "stuck (timeout)" };
const known = (finding: ReportedFinding): ReportedFinding => ({ ...finding, known: ["open-one"] });
const unfit: ReportedFinding = { ...stuck, configuration: "initLimit of at least 21 ticks" };
const FINDINGS: readonly (readonly ReportedFinding[])[] = [
  [],
  [newFinding],
  [known(newFinding)],
  [stuck],
  [known(stuck)],
  [known(newFinding), stuck],
  [newFinding, known(stuck)],
  [unfit],
  [unfit, newFinding],
];
const DIFFERENCES = [[], [{ seed: 5n, first: "a", second: "b" }]];
const TRUTHS = [false, true];

const reports: CampaignReport[] = FINDINGS.flatMap((findings) =>
  DIFFERENCES.flatMap((nondeterminism) =>
    TRUTHS.flatMap((strict) =>
      TRUTHS.map((interrupted) => ({ ...report, findings, nondeterminism, strict, interrupted })),
    ),
  ),
);

/** Returns all GitHub annotations of a campaign. */
function annotations(one: CampaignReport): string[] {
  return [
    ...one.findings.map((finding) => githubAnnotation(finding, commandsFor(finding), one.strict)),
    ...one.nondeterminism.map(githubNondeterminism),
    ...(one.interrupted ? [githubInterruption(interruptionText(one))] : []),
  ];
}

describe("the outputs of a campaign agree", () => {
  it("in each of the combinations", () => {
    expect(reports).toHaveLength(72);
    const verdicts = new Set<Verdict>();
    for (const one of reports) {
      const verdict = verdictOf(one);
      verdicts.add(verdict);
      const isGreen = verdict === "ok";
      const invariants = ["agreement", LIVENESS];
      const [, failures, errors] =
        /failures="(\d+)" errors="(\d+)"/.exec(campaignJunit(one, invariants, commandsFor)) ?? [];
      const levels = annotations(one).map((line) => /^::(\w+) /.exec(line)?.[1]);
      const text = campaignReport(one, plain);
      const message = JSON.stringify({ ...one, nondeterminism: one.nondeterminism.length, faults: 0 });
      expect(campaignJson(one, {}).verdict, message).toBe(verdict);
      expect(Number(failures) + Number(errors) === 0, message).toBe(isGreen);
      expect(levels.includes("error"), message).toBe(!isGreen);
      expect(/^ {2}verdict +ok/m.test(text), message).toBe(isGreen);
      expect(/^ {2}verdict +(failed|interrupted)/m.test(text), message).toBe(!isGreen);
      // GitHub gets one error for each finding that counts, for each nondeterministic seed, and for an interruption.
      expect(levels.filter((level) => level === "error").length).toBe(
        countedFindings(one).length + one.nondeterminism.length + Number(one.interrupted),
      );
      for (const finding of one.findings) {
        const inFull = isCounted(finding, one.strict);
        expect(findingText(finding, [], plain, inFull).includes(finding.why)).toBe(inFull);
      }
    }
    expect([...verdicts].sort()).toEqual(["interrupted", "nondeterministic", "ok", "stuck", "violated"]);
  });

  it("on the cause of the exit code", () => {
    const verdict = (changes: Partial<CampaignReport>): Verdict => verdictOf({ ...report, findings: [], ...changes });
    expect(verdict({ findings: [stuck] })).toBe("stuck");
    expect(verdict({ findings: [stuck, newFinding] })).toBe("violated");
    expect(verdict({ findings: [known(newFinding)] })).toBe("ok");
    expect(verdict({ findings: [known(newFinding)], strict: true })).toBe("violated");
    expect(verdict({ findings: [newFinding], nondeterminism: DIFFERENCES[1] ?? [] })).toBe("nondeterministic");
    expect(verdict({ findings: [newFinding], interrupted: true })).toBe("interrupted");
  });
});
