/**
 * A campaign as JUnit XML: one test case for each way of failing that was looked for, red for each finding that is new.
 */
import junit, { type Builder } from "junit-report-builder";
import type { CampaignReport } from "./campaign.ts";

/** A CommonJS module: bundled, what it exports by default is the module itself. */
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
    const fresh = findings.filter(({ known }) => known.length === 0);
    const test = suite.testCase().className("zabsim.fuzz").name(invariant);
    for (const { file, signature, why } of fresh) {
      test.file(file).failure(`${signature}\n\n${why}\n\nreplay: ${replay(file)}`, "violation");
    }
    const known = findings.filter((finding) => finding.known.length > 0);
    if (known.length > 0)
      test.standardOutput(known.map((one) => `known: ${one.signature}: ${one.known.join(", ")}`).join("\n"));
  }
  return suites.build();
}
