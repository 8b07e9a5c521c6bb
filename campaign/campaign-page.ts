/** Reads from the journal of a campaign what its HTML page shows, and runs the scenarios of the findings for it. */
import { readFileSync } from "node:fs";
import { aboutBug } from "../fuzz/about-bugs.ts";
import type { CampaignTotals } from "../fuzz/block.ts";
import { RECOVERY_LIMITS_US, type RecoveryCounts } from "../fuzz/recovery.ts";
import type { CampaignReport, FindingCommands, ReportedFinding } from "../reports/campaign.ts";
import type { CampaignPage, FindingCard } from "../reports/html/campaign-page.ts";
import { loadScenario } from "../scenarios/load.ts";
import { failingRun } from "./investigate.ts";
import type { Journal } from "./journal.ts";
import type { BlockLine } from "./journal-lines.ts";
import { withOutputError } from "./output-files.ts";

export function campaignPageOf(
  journal: Journal,
  report: CampaignReport,
  { coverage, recovery }: CampaignTotals,
  commandsFor: (finding: ReportedFinding) => FindingCommands,
): CampaignPage {
  const { lines } = journal.read();
  const blocks = lines.flatMap(({ line }) => ("block" in line ? [line] : []));
  const [release] = lines.flatMap(({ line }) => ("campaign" in line ? [line.campaign.zookeeper ?? "newest"] : []));
  return {
    report,
    release: release ?? "newest",
    reached: coverage.toJSON(),
    findings: report.findings.map((finding) => cardOf(finding, commandsFor(finding))),
    growth: growthOf(blocks),
    recovery: recoveryOf(recovery),
  };
}

function cardOf(finding: ReportedFinding, commands: FindingCommands): FindingCard {
  const yaml = withOutputError(finding.file, "cannot be read", () => readFileSync(finding.file, "utf8"));
  const run = failingRun(loadScenario(yaml, finding.file));
  return { finding: { ...finding, known: finding.known.map(aboutBug) }, commands, yaml, run };
}

/** Returns the number of features after each block, in the order in which the blocks ended. */
function growthOf(blocks: readonly BlockLine[]): CampaignPage["growth"] {
  const features = new Set<string>();
  let runs = 0;
  return blocks.map((block) => {
    for (const feature of block.fresh) features.add(feature);
    runs += block.runs;
    return { x: runs, y: features.size };
  });
}

function recoveryOf(counts: RecoveryCounts): CampaignPage["recovery"] {
  const limits = RECOVERY_LIMITS_US.map((us) => String(us / 1_000_000));
  const labels = [...limits, `> ${limits.at(-1)}`];
  return labels.map((label, i) => [label, counts[i] ?? 0]);
}
