/**
 * The result of a campaign as data for reports.
 */
import { firstReleaseWithout } from "../fuzz/about-bugs.ts";
import { KNOWN_BUGS } from "../fuzz/known-bugs.ts";
import type { CampaignReport, KnownBugReport } from "../reports/campaign.ts";
import type { CampaignRunner, CampaignSettings, FoundFile } from "./campaign.ts";

/** The duration of this session of a campaign, and the number of runs in the earlier sessions that it continues. */
export interface SessionTime {
  readonly seconds: number;
  readonly resumedRuns: number;
}

/** Returns the summary of a campaign. `saved` contains the findings of earlier campaigns that still fail. */
export function summaryOf(
  { counts, findings, interrupted, nondeterminism, totals, uninvestigated }: CampaignRunner,
  { options, workers }: CampaignSettings,
  { resumedRuns, seconds }: SessionTime,
  strict = false,
  saved: readonly FoundFile[] = [],
): CampaignReport {
  const savedOnly = saved.filter(({ file }) => !findings.some((finding) => finding.file === file));
  const { coverage, events, faults, runs, virtualUs } = totals;
  const reported = [...findings, ...savedOnly];
  return {
    runs,
    events,
    virtualUs,
    seconds,
    runsPerS: (runs - resumedRuns) / seconds,
    workers,
    interrupted,
    uninvestigated,
    strict,
    nondeterminism,
    findings: reported.map((finding) => ({ ...finding, count: counts.get(finding.signature) ?? 1 })),
    knownBugs: knownBugs(reported, options.zookeeper),
    coverage: { size: coverage.size, neverReached: coverage.neverReached(options.zookeeper) },
    faults,
  };
}

/** Returns each known bug of the findings once, in the order of KNOWN_BUGS. */
function knownBugs(findings: readonly FoundFile[], release: string): KnownBugReport[] {
  const ids = new Set(findings.flatMap(({ known }) => known));
  return KNOWN_BUGS.filter(({ id }) => ids.has(id)).map((bug) => ({
    id: bug.id,
    firstReleaseWithout: firstReleaseWithout(bug, release) ?? null,
  }));
}
