/**
 * Converts a campaign to JUnit XML. There is one test case for each invariant, one for liveness and one for
 * determinism. A test case fails if it has findings that make the campaign fail. If the campaign was interrupted, an
 * additional test case has an error.
 */
import { create } from "xmlbuilder";
import { type CampaignReport, type FindingCommands, interruptionText, type ReportedFinding } from "./campaign.ts";
import { countedFindings, isCounted, isNewFinding } from "./verdict.ts";

/** The problem of a test case. It becomes the element `failure` or `error`. */
interface Problem {
  readonly element: "failure" | "error";
  readonly type: string;
  readonly message: string;
}

interface TestCase {
  readonly name: string;
  readonly file?: string | undefined;
  readonly problem?: Problem | undefined;
  readonly output?: string | undefined;
}

export function campaignJunit(
  report: CampaignReport,
  invariants: readonly string[],
  commandsFor: (finding: ReportedFinding) => FindingCommands,
): string {
  const cases = [
    ...invariants.map((invariant) => invariantCase(report, invariant, commandsFor)),
    determinismCase(report),
    ...(report.interrupted ? [completionCase(report)] : []),
  ];
  return junitXml(Number(report.seconds.toFixed(3)), cases);
}

function invariantCase(
  report: CampaignReport,
  invariant: string,
  commandsFor: (finding: ReportedFinding) => FindingCommands,
): TestCase {
  const findings = report.findings.filter((finding) => finding.invariant === invariant);
  const counted = countedFindings({ ...report, findings });
  const others = findings.filter((finding) => !isCounted(finding, report.strict));
  // A JUnit test case can have only one failure, so this failure lists all findings that make the campaign fail.
  const message = counted.map((one) => failureText(one, commandsFor(one))).join("\n\n");
  return {
    name: invariant,
    file: counted[0]?.file,
    problem: counted.length === 0 ? undefined : { element: "failure", type: "violation", message },
    output: others.length === 0 ? undefined : others.map(knownText).join("\n"),
  };
}

function determinismCase({ nondeterminism }: CampaignReport): TestCase {
  const message = nondeterminism.map(differenceText).join("\n\n");
  const problem = { element: "failure", type: "nondeterminism", message } as const;
  return { name: "determinism", problem: nondeterminism.length === 0 ? undefined : problem };
}

function completionCase(report: CampaignReport): TestCase {
  return {
    name: "completion",
    problem: { element: "error", type: "interrupted", message: interruptionText(report) },
  };
}

/** Returns a JUnit file with one suite. Leaves out characters that XML does not allow. */
function junitXml(seconds: number, cases: readonly TestCase[]): string {
  const count = (element: Problem["element"]): number =>
    cases.filter(({ problem }) => problem?.element === element).length;
  const counts = { tests: cases.length, failures: count("failure"), errors: count("error"), skipped: 0 };
  const suites = create("testsuites", { encoding: "UTF-8", invalidCharReplacement: "" }).att(counts);
  const suite = suites.ele("testsuite", { name: "zabsim fuzz", time: seconds, ...counts });
  for (const { file, name, output, problem } of cases) {
    const test = suite.ele("testcase", { classname: "zabsim.fuzz", name, ...(file !== undefined && { file }) });
    if (problem !== undefined) test.ele(problem.element, { message: problem.message, type: problem.type });
    if (output !== undefined) test.ele("system-out").cdata(output);
  }
  return suites.end({ pretty: true });
}

function failureText(finding: ReportedFinding, commands: FindingCommands): string {
  const known = isNewFinding(finding) ? "" : `${knownText(finding)}\n\n`;
  return `${known}${finding.signature}\n\n${finding.why}\n\n${commands.join("\n")}`;
}

function knownText({ configuration, known, signature }: ReportedFinding): string {
  if (configuration !== undefined) return `configuration: ${signature}: needs ${configuration}`;
  return `known bug: ${signature}: ${known.join(", ")}`;
}

function differenceText({ first, second, seed }: CampaignReport["nondeterminism"][number]): string {
  return `seed ${seed} gave two different runs; the first difference:\n  run 1: ${first}\n  run 2: ${second}`;
}
