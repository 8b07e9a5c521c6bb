/**
 * A campaign as JUnit XML: one test case per invariant, and one for liveness. A test case fails if it has new findings.
 */
import junit, { type Builder } from "junit-report-builder";
import type { CampaignReport, ReportedFinding } from "./campaign.ts";

/** With a bundler, the import of this CommonJS module is the module itself, without a `default`. */
const builder = "default" in junit ? junit.default : (junit as never as Builder);

export function campaignJunit(
  report: CampaignReport,
  invariants: readonly string[],
  replay: (file: string) => string,
): string {
  const suites = builder.newBuilder();
  const suite = suites
    .testSuite()
    .name("zabsim fuzz")
    .time(Number(report.seconds.toFixed(3)));
  for (const invariant of invariants) {
    const findings = report.findings.filter((finding) => finding.invariant === invariant);
    const test = suite.testCase().className("zabsim.fuzz").name(invariant);
    for (const { file, signature, why } of findings.filter(({ known }) => known.length === 0)) {
      test.file(file).failure(`${signature}\n\n${why}\n\nreplay: ${replay(file)}`, "violation");
    }
    const known = findings.filter((finding) => finding.known.length > 0);
    if (known.length > 0) test.standardOutput(known.map(knownText).join("\n"));
  }
  return suites.build();
}

function knownText({ known, signature }: ReportedFinding): string {
  return `known bug: ${signature}: ${known.join(", ")}`;
}
