/**
 * Converts a campaign to JUnit XML. There is one test case for each invariant, one for liveness and one for
 * determinism. A test case fails if it has findings that make the campaign fail. If the campaign was interrupted, an
 * additional test case has an error.
 */
import junit, { type Builder } from "junit-report-builder";
import { type CampaignReport, type FindingCommands, interruptionText, type ReportedFinding } from "./campaign.ts";
import { countedFindings, isCounted, isNewFinding } from "./verdict.ts";

/**
 * In Node.js, the import of this CommonJS module is an object whose field `default` is the builder. In a bundle, the
 * import is the builder itself.
 */
const builder = "default" in junit ? junit.default : (junit as never as Builder);

export function campaignJunit(
  report: CampaignReport,
  invariants: readonly string[],
  commandsFor: (finding: ReportedFinding) => FindingCommands,
): string {
  const suites = builder.newBuilder();
  const suite = suites
    .testSuite()
    .name("zabsim fuzz")
    .time(Number(report.seconds.toFixed(3)));
  const testCase = (name: string) => suite.testCase().className("zabsim.fuzz").name(name);
  for (const invariant of invariants) {
    const test = testCase(invariant);
    const findings = report.findings.filter((finding) => finding.invariant === invariant);
    const counted = countedFindings({ ...report, findings });
    const [first] = counted;
    // A JUnit test case can have only one failure, so this failure lists all findings that make the campaign fail.
    if (first !== undefined) {
      test.file(first.file).failure(counted.map((one) => failureText(one, commandsFor(one))).join("\n\n"), "violation");
    }
    const others = findings.filter((finding) => !isCounted(finding, report.strict));
    if (others.length > 0) test.standardOutput(others.map(knownText).join("\n"));
  }
  const determinism = testCase("determinism");
  if (report.nondeterminism.length > 0) {
    determinism.failure(report.nondeterminism.map(differenceText).join("\n\n"), "nondeterminism");
  }
  if (report.interrupted) testCase("completion").error(interruptionText(report), "interrupted");
  return suites.build();
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
