/**
 * `zabsim matrix --from A --to B` prints what an upgrade from one release to another changes, and runs a campaign of
 * rolling upgrades between the two releases.
 */
import { saveIn } from "../campaign/output-files.ts";
import { runRollingUpgrades, upgradeReport } from "../campaign/upgrade-report.ts";
import { type RollingUpgradeReport, rollingUpgradeText, upgradeText } from "../reports/upgrade.ts";
import { CampaignProgress } from "./campaign-progress.ts";
import { EXIT_FINDING, EXIT_LIVENESS, EXIT_NONDETERMINISM, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { paintFor } from "./options.ts";
import { hint, textWidth, write } from "./output.ts";

export interface UpgradeOptions {
  readonly from: string;
  readonly to: string;
  readonly seed: bigint;
  /** Time limit of the campaign in microseconds. If it is 0, no campaign runs. */
  readonly timeUs: number;
  /** The folder for the scenario files of failures that no known bug explains. */
  readonly out: string;
  readonly json: boolean;
}

export async function upgrade(options: UpgradeOptions): Promise<number> {
  const { from, json, out, seed, timeUs, to } = options;
  const report = upgradeReport(from, to);
  const paint = paintFor(process.stdout);
  const width = textWidth();
  // The comparison needs no runs. It is printed first so that a user can read it while the campaign runs.
  if (!json) await write(`${upgradeText(report, paint, width)}\n`);
  if (timeUs === 0) {
    if (json) await write(`${JSON.stringify({ ...report, rollingUpgrade: null })}\n`);
    return EXIT_OK;
  }
  let progress: CampaignProgress | undefined;
  const save = (name: string, yaml: string): string => saveIn(out, name, yaml);
  let interruptedExit: number | undefined;
  let rolling: RollingUpgradeReport;
  try {
    rolling = await interruptible(async (interruption) => {
      const campaign = { from, to, seed, timeUs };
      const result = await runRollingUpgrades(campaign, save, interruption.signal, (runner, settings) => {
        hint(`matrix: rolling upgrades from ${from} to ${to} for ${timeUs / 1e6} s`);
        progress = new CampaignProgress(runner, settings);
      });
      interruptedExit = interruption.exitCode;
      return result;
    });
  } finally {
    progress?.end();
  }
  if (json) await write(`${JSON.stringify({ ...report, rollingUpgrade: rolling })}\n`);
  else await write(`\n${rollingUpgradeText(report, rolling, paint, width)}\n`);
  return interruptedExit ?? exitCodeOf(rolling);
}

function exitCodeOf({ newFindings, nondeterministic }: RollingUpgradeReport): number {
  if (nondeterministic.length > 0) return EXIT_NONDETERMINISM;
  if (newFindings.some(({ invariant }) => invariant !== "liveness")) return EXIT_FINDING;
  return newFindings.length > 0 ? EXIT_LIVENESS : EXIT_OK;
}
