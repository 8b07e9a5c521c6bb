/**
 * Converts the report of a campaign to plain data for --json.
 */
import type { CampaignReport, ReportedFinding } from "./campaign.ts";
import { verdictOf } from "./verdict.ts";

/** Returns a finding without the text of its scenario, because the file of the finding contains this text. */
export function findingJson({
  yaml: _yaml,
  ...finding
}: ReportedFinding & { readonly yaml?: string }): Record<string, unknown> {
  return finding;
}

/** Returns a report as plain data. `reached` maps each coverage feature to the number of times that it was reached. */
export function campaignJson(
  report: CampaignReport,
  reached: Readonly<Record<string, number>>,
): Record<string, unknown> {
  const { coverage, faults, findings, nondeterminism, runsPerS, seconds, virtualUs, ...rest } = report;
  return {
    ...rest,
    verdict: verdictOf(report),
    virtualS: Math.round(virtualUs / 1000) / 1000,
    seconds: Math.round(seconds * 1000) / 1000,
    runsPerS: Math.round(runsPerS * 10) / 10,
    findings: findings.map(findingJson),
    coverage: { ...coverage, reached },
    faults: Object.fromEntries([...faults].map(([kind, [struck, effect]]) => [kind, { struck, effect }])),
    nondeterministic: nondeterminism.map(({ seed }) => String(seed)),
  };
}
