/**
 * An upgrade from one release to another as data for reports: the known bugs that it removes, adds and keeps, and the
 * findings of a campaign of rolling upgrades.
 */
import { KNOWN_BUGS, type KnownBug, labelOf } from "../fuzz/known-bugs.ts";
import { fileNameFor } from "../fuzz/shrink/failure.ts";
import { BUGS_OF_EVERY_RELEASE, compareReleases, rollingUpgrade } from "../fuzz/upgrade.ts";
import { behaviorOf } from "../protocol/releases.ts";
import type { BugEntry, NewFinding, RollingUpgradeReport, UpgradeReport } from "../reports/upgrade.ts";
import { loadScenario } from "../scenarios/load.ts";
import { releasesOf } from "../scenarios/scenario-releases.ts";
import type { FoundFile } from "./campaign.ts";
import { runTemporaryCampaign, type TemporaryWatcher } from "./temporary-campaign.ts";

export function upgradeReport(from: string, to: string): UpgradeReport {
  const { better, coming, gone, openCount, staying } = compareReleases(from, to);
  return {
    from,
    to,
    gone: gone.map(bugEntry),
    coming: coming.map(bugEntry),
    staying: staying.map(bugEntry),
    openCount,
    better: better.map(({ adds, release, remaining, without }) => ({
      release,
      without: without.map(labelOf),
      adds: adds.map(labelOf),
      remaining: remaining.map(labelOf),
    })),
  };
}

function bugEntry(bug: KnownBug): BugEntry {
  const hasScenario = !bug.id.startsWith("ZOOKEEPER-");
  return { bug: labelOf(bug), about: `${bug.cause} ${bug.effect}`, scenario: hasScenario ? bug.id : undefined };
}

export interface RollingUpgradeCampaign {
  readonly from: string;
  readonly to: string;
  readonly seed: bigint;
  /** Time limit in microseconds. */
  readonly timeUs: number;
}

/**
 * Runs a campaign of rolling upgrades. For each finding that no known bug explains, calls `save`, which saves the
 * scenario file of the finding and returns the path of this file.
 */
export async function runRollingUpgrades(
  { from, seed, timeUs, to }: RollingUpgradeCampaign,
  save: (name: string, yaml: string) => string,
  signal: AbortSignal,
  started?: TemporaryWatcher["started"],
): Promise<RollingUpgradeReport> {
  const startedMs = performance.now();
  const newFindings: NewFinding[] = [];
  const knownIds = new Set<string>();
  const found = (finding: FoundFile): boolean => {
    for (const id of finding.known) knownIds.add(id);
    if (finding.known.length === 0) newFindings.push(newFinding(finding, save));
    return false;
  };
  const scenario = rollingUpgrade(from, to);
  const campaign = { zookeeper: from, scenario, firstSeed: seed, timeUs };
  const runner = await runTemporaryCampaign(campaign, started === undefined ? { found } : { found, started }, signal);
  const isOpen = (bug: KnownBug): boolean => BUGS_OF_EVERY_RELEASE.includes(bug);
  const known = KNOWN_BUGS.filter(({ id }) => knownIds.has(id));
  return {
    runs: runner.totals.runs,
    seconds: (performance.now() - startedMs) / 1000,
    seed: String(seed),
    interrupted: signal.aborted,
    known: known
      .filter((bug) => !isOpen(bug))
      .map((bug) => ({
        bug: labelOf(bug),
        releases: [from, to].filter((release) => bug.isIn(behaviorOf(release))),
      })),
    open: known.filter(isOpen).map(labelOf),
    newFindings,
    nondeterministic: runner.nondeterminism.map((difference) => String(difference.seed)),
  };
}

function newFinding(finding: FoundFile, save: (name: string, yaml: string) => string): NewFinding {
  const { invariant, seed, signature, why, yaml } = finding;
  const file = save(`${fileNameFor(signature, seed)}.yaml`, yaml);
  return { signature, invariant, seed, file, why, releases: releasesOf(loadScenario(yaml, file)) };
}
