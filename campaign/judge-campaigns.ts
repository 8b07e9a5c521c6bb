/**
 * Two campaigns with the same seeds, without and with a named behavior. Each shrunk finding then runs on the other
 * side, which shows whether the behavior is the cause that it appears or vanishes.
 */
import { failsWith } from "../fuzz/judged-scenarios.ts";
import { bugsOfRelease, KNOWN_BUGS, labelOf } from "../fuzz/known-bugs.ts";
import { fileNameFor } from "../fuzz/shrink/failure.ts";
import type { CampaignSide, JudgedCampaigns, JudgedFinding } from "../reports/judge.ts";
import { loadScenario } from "../scenarios/load.ts";
import type { CampaignRunner, CampaignSettings, FoundFile } from "./campaign.ts";
import { runTemporaryCampaign } from "./temporary-campaign.ts";

export interface CampaignsToJudge {
  readonly release: string;
  /** One of NAMED_BEHAVIORS. */
  readonly behavior: string;
  readonly seed: bigint;
  /** Number of plans of each campaign. */
  readonly plans: bigint;
  /**
   * Time limit of the first campaign in microseconds. If it ends this campaign early, the second campaign runs the same
   * plans, however long that takes.
   */
  readonly timeUs: number;
}

/**
 * Runs both campaigns. For each finding that the behavior causes, calls `save`, which saves its scenario file and
 * returns the path. Calls `started` at the start of each campaign. Returns undefined if the first campaign was
 * interrupted, or ran no plan in its time.
 */
export async function judgeCampaigns(
  { behavior, plans, release, seed, timeUs }: CampaignsToJudge,
  save: (name: string, yaml: string) => string,
  signal: AbortSignal,
  started: (which: "without" | "with", runner: CampaignRunner, settings: CampaignSettings) => void,
): Promise<JudgedCampaigns | undefined> {
  const first = { zookeeper: release, firstSeed: seed, lastSeed: seed + plans - 1n, timeUs };
  const without = await runTemporaryCampaign(first, watcherOf("without", started), signal);
  if (without.totals.runs === 0 || signal.aborted) return undefined;
  const lastSeed = seed + BigInt(without.totals.runs) - 1n;
  const second = { ...first, behaviors: [behavior], lastSeed, timeUs: undefined };
  const changed = await runTemporaryCampaign(second, watcherOf("with", started), signal);

  const isGone = (finding: FoundFile): boolean => !failsAgain(finding, [behavior]);
  const bugs = bugsOfRelease(release).map(({ id }) => id);
  const isExplained = ({ known }: FoundFile): boolean => known.length > 0 && known.every((bug) => bugs.includes(bug));
  const isBroken = (finding: FoundFile): boolean => !isExplained(finding) && !failsAgain(finding, []);
  const gone = without.findings.filter(isGone);
  return {
    seed: String(seed),
    without: sideOf(without),
    with: sideOf(changed),
    gone: gone.map(judgedFinding),
    stays: without.findings.filter((finding) => !gone.includes(finding)).map(judgedFinding),
    broken: changed.findings.filter(isBroken).map((finding) => ({
      ...judgedFinding(finding),
      file: save(`${fileNameFor(finding.signature, finding.seed)}.yaml`, finding.yaml),
    })),
    nondeterministic: [...without.nondeterminism, ...changed.nondeterminism].map((one) => String(one.seed)),
  };
}

function watcherOf(which: "without" | "with", started: Parameters<typeof judgeCampaigns>[3]) {
  return {
    found: () => false,
    started: (runner: CampaignRunner, settings: CampaignSettings) => started(which, runner, settings),
  };
}

function judgedFinding({ known, seed, signature, why }: FoundFile): JudgedFinding {
  return { signature, seed, known: KNOWN_BUGS.filter(({ id }) => known.includes(id)).map(labelOf), why };
}

/** Returns whether the minimal scenario of a finding fails in any way with these behaviors. */
function failsAgain({ seed, yaml }: FoundFile, behaviors: readonly string[]): boolean {
  return failsWith(loadScenario(yaml, `finding of seed ${seed}`), behaviors);
}

function sideOf({ counts, totals }: CampaignRunner): CampaignSide {
  const failing = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { runs: totals.runs, failing };
}
