/**
 * Two campaigns with the same seeds, without and with a named behavior. Each shrunk finding then runs on the other
 * side, which shows whether the behavior is the cause that it appears or vanishes.
 */
import { failsAtAll } from "../fuzz/judged-scenarios.ts";
import { KNOWN_BUGS, labelOf } from "../fuzz/known-bugs.ts";
import { fileNameFor } from "../fuzz/shrink/failure.ts";
import { behaviorOf } from "../protocol/releases.ts";
import type { JudgedCampaigns, JudgedFinding } from "../reports/judge.ts";
import { loadScenario } from "../scenarios/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { CampaignRunner, FoundFile } from "./campaign.ts";
import { runTemporaryCampaign, type TemporaryWatcher } from "./temporary-campaign.ts";

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
 * returns the path. Calls `starting` before each campaign.
 */
export async function judgeCampaigns(
  { behavior, plans, release, seed, timeUs }: CampaignsToJudge,
  save: (name: string, yaml: string) => string,
  signal: AbortSignal,
  starting: (which: "without" | "with") => TemporaryWatcher["started"],
): Promise<JudgedCampaigns | undefined> {
  const run = (behaviors: readonly string[] | undefined, lastSeed: bigint, limitUs: number | undefined) => {
    const started = starting(behaviors === undefined ? "without" : "with");
    const campaign = {
      zookeeper: release,
      ...(behaviors && { behaviors }),
      firstSeed: seed,
      lastSeed,
      timeUs: limitUs,
    };
    return runTemporaryCampaign(campaign, { found: () => false, ...(started && { started }) }, signal);
  };
  const without = await run(undefined, seed + plans - 1n, timeUs);
  if (without.totals.runs === 0 || signal.aborted) return undefined;
  const both = await run([behavior], seed + BigInt(without.totals.runs) - 1n, undefined);
  const before = without.findings.map((finding) => ({
    ...facts(finding),
    failsOnOtherSide: fails(finding, [behavior]),
  }));
  const after = both.findings.map((finding) => ({ ...facts(finding), failsOnOtherSide: fails(finding, undefined) }));
  const labelsOfRelease = labelsOf(release);
  const isBroken = ({ failsOnOtherSide, known }: Judged): boolean =>
    !failsOnOtherSide && (known.length === 0 || known.some((bug) => !labelsOfRelease.includes(bug)));
  return {
    seed: String(seed),
    without: { runs: without.totals.runs, failing: failing(without) },
    with: { runs: both.totals.runs, failing: failing(both) },
    gone: before.filter(({ failsOnOtherSide }) => !failsOnOtherSide).map(withoutYaml),
    stays: before.filter(({ failsOnOtherSide }) => failsOnOtherSide).map(withoutYaml),
    broken: after.filter(isBroken).map((finding) => ({
      ...withoutYaml(finding),
      file: save(`${fileNameFor(finding.signature, finding.seed)}.yaml`, finding.yaml),
    })),
    interrupted: signal.aborted,
    nondeterministic: [...without.nondeterminism, ...both.nondeterminism].map(({ seed: one }) => String(one)),
  };
}

interface Judged extends JudgedFinding {
  readonly yaml: string;
  readonly failsOnOtherSide: boolean;
}

function facts({ known, seed, signature, why, yaml }: FoundFile): JudgedFinding & { readonly yaml: string } {
  const labels = KNOWN_BUGS.filter(({ id }) => known.includes(id)).map(labelOf);
  return { signature, seed, known: labels, why, yaml };
}

function withoutYaml({ failsOnOtherSide: _fails, yaml: _yaml, ...finding }: Judged): JudgedFinding {
  return finding;
}

/** Runs the minimal scenario of a finding with these behaviors. */
function fails({ seed, yaml }: FoundFile, behaviors: readonly string[] | undefined): boolean {
  const { behaviors: _behaviors, ...plain }: Scenario = loadScenario(yaml, `finding of seed ${seed}`);
  return failsAtAll(behaviors === undefined ? plain : { ...plain, behaviors });
}

/** The names of the known bugs that a release has. */
function labelsOf(release: string): string[] {
  return KNOWN_BUGS.filter(({ hasCause, isIn }) => (hasCause ?? isIn)(behaviorOf(release))).map(labelOf);
}

/** The number of failing plans by signature. */
function failing({ counts }: CampaignRunner): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
