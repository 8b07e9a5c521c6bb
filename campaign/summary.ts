/**
 * The result of a campaign as data for reports.
 */
import type { CampaignReport } from "../reports/campaign.ts";
import type { CampaignRunner, CampaignSettings } from "./campaign.ts";

/** The duration of this session of a campaign, and the number of runs of the earlier sessions that it resumed. */
export interface SessionTime {
  readonly seconds: number;
  readonly resumedRuns: number;
}

export function summaryOf(
  { counts, findings, interrupted, totals }: CampaignRunner,
  { options, workers }: CampaignSettings,
  { resumedRuns, seconds }: SessionTime,
): CampaignReport {
  const { coverage, events, faults, runs, virtualUs } = totals;
  return {
    runs,
    events,
    virtualUs,
    seconds,
    runsPerS: (runs - resumedRuns) / seconds,
    workers,
    interrupted,
    findings: findings.map((finding) => ({ ...finding, count: counts.get(finding.signature) ?? 1 })),
    coverage: { size: coverage.size, neverReached: coverage.neverReached(options.zookeeper) },
    faults,
  };
}
