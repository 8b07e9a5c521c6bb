/**
 * `zabsim judge BEHAVIOR` prints what an open pull request of ZooKeeper, or a fix, changes: which kept scenarios it
 * fixes and breaks, and what a campaign finds with it and without it.
 */
import { judgeCampaigns } from "../campaign/judge-campaigns.ts";
import { saveIn } from "../campaign/output-files.ts";
import { type JudgedScenario, judgeScenario } from "../fuzz/judged-scenarios.ts";
import { OPEN_BUGS } from "../fuzz/known-bugs.ts";
import { NAMED_BEHAVIORS, PULL_REQUESTS, type PullRequest } from "../protocol/named-behaviors.ts";
import { PUBLISHED_RELEASES } from "../protocol/releases.ts";
import { breaks, type JudgedCampaigns, type JudgeReport, judgeText } from "../reports/judge.ts";
import { didYouMean } from "../scenarios/loading/did-you-mean.ts";
import { CampaignProgress } from "./campaign-progress.ts";
import { EXIT_FINDING, EXIT_NONDETERMINISM, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { paintFor } from "./options.ts";
import { hint, pause, textWidth, write } from "./output.ts";
import { ProgressLine } from "./progress-line.ts";
import { readScenario, scenarioPaths } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface JudgeOptions {
  readonly zookeeper?: string;
  /** The names or paths of the scenarios to run. Default: all that ship with zabsim. */
  readonly scenarios?: readonly string[];
  readonly seed?: bigint;
  /** Number of plans of each campaign. */
  readonly plans?: bigint;
  /** Time limit of the first campaign in microseconds. If it is 0, no campaigns run. */
  readonly time?: number;
  readonly out?: string;
  readonly json?: boolean;
}

const DEFAULTS = { seed: 1n, plans: 2000n, timeUs: 60_000_000, out: "zabsim-judge" } as const;

export async function judge(name: string, options: JudgeOptions): Promise<number> {
  checkCombination(options);
  const behavior = behaviorNamed(name);
  const pull: PullRequest | undefined = PULL_REQUESTS[behavior];
  const release = options.zookeeper ?? pull?.release ?? (PUBLISHED_RELEASES.at(-1) as string);
  const paths = scenarioPaths(options.scenarios ?? []);
  return interruptible(async (interruption) => {
    const { signal } = interruption;
    const scenarios = await judgeScenarios(paths, release, behavior, signal);
    const campaigns = await runCampaigns(release, behavior, options, signal);
    const report: JudgeReport = {
      behavior,
      tickets: pull?.tickets ?? [],
      about: pull?.about ?? aboutFix(behavior),
      difference: pull?.difference,
      release,
      scenarios,
      scenarioCount: paths.length,
      campaigns,
      interrupted: signal.aborted,
    };
    if (options.json) await write(`${JSON.stringify({ ...report, breaks: breaks(report) })}\n`);
    else await write(`${judgeText(report, paintFor(process.stdout), textWidth())}\n`);
    return interruption.exitCode ?? exitCodeOf(report);
  });
}

function exitCodeOf(report: JudgeReport): number {
  if ((report.campaigns?.nondeterministic.length ?? 0) > 0) return EXIT_NONDETERMINISM;
  return breaks(report) ? EXIT_FINDING : EXIT_OK;
}

function checkCombination({ out, plans, seed, time }: JudgeOptions): void {
  const ignored = Object.entries({ plans, seed, out }).find(([, value]) => value !== undefined);
  if (time === 0 && ignored !== undefined) {
    throw new UsageError(`--${ignored[0]} cannot be combined with --time 0s, which runs no campaign`);
  }
}

/** Returns the behavior with this name, this number of a pull request or ticket, or this name of a bug's scenario. */
function behaviorNamed(name: string): string {
  const number = /^(?:pull-|zookeeper-|#)?(\d+)$/i.exec(name)?.[1];
  const pull = Object.entries(PULL_REQUESTS).find(
    ([id, { tickets }]) => id === `pull-${number}` || tickets.includes(`ZOOKEEPER-${number}`),
  );
  const fix = OPEN_BUGS.find(({ id }) => id === name)?.fix;
  const behavior = pull?.[0] ?? fix ?? NAMED_BEHAVIORS.find((one) => one.toLowerCase() === name.toLowerCase());
  if (behavior !== undefined) return behavior;
  const accepted = `${Object.keys(PULL_REQUESTS).join(", ")}, or a fix from \`zabsim list fixes\``;
  throw new UsageError(`${name}: unknown behavior${didYouMean(name, NAMED_BEHAVIORS)} (accepted: ${accepted})`);
}

function aboutFix(behavior: string): string {
  const bug = OPEN_BUGS.find(({ fix }) => fix === behavior);
  return `zabsim's fix of ${bug?.id}: ${bug?.cause} ${bug?.effect}`;
}

/** Runs scenarios without and with the behavior. After Ctrl-C, skips the rest. */
async function judgeScenarios(
  paths: readonly string[],
  release: string,
  behavior: string,
  signal: AbortSignal,
): Promise<JudgedScenario[]> {
  const rows: JudgedScenario[] = [];
  const progress = new ProgressLine();
  for (const [i, path] of paths.entries()) {
    if (signal.aborted) break;
    if (progress.isDue) progress.write(`judge: scenario ${i + 1} of ${paths.length}`);
    rows.push(judgeScenario(readScenario(path, []).scenario, release, behavior));
    await pause();
  }
  progress.end();
  return rows;
}

async function runCampaigns(
  release: string,
  behavior: string,
  { out = DEFAULTS.out, plans = DEFAULTS.plans, seed = DEFAULTS.seed, time = DEFAULTS.timeUs }: JudgeOptions,
  signal: AbortSignal,
): Promise<JudgedCampaigns | undefined> {
  if (time === 0 || signal.aborted) return undefined;
  const campaigns = { release, behavior, seed, plans, timeUs: time };
  const save = (name: string, yaml: string): string => saveIn(out, name, yaml);
  let progress: CampaignProgress | undefined;
  try {
    const result = await judgeCampaigns(campaigns, save, signal, (which, runner, settings) => {
      progress?.end();
      hint(`judge: campaign ${which} ${behavior} on ${release}`);
      progress = new CampaignProgress(runner, settings);
    });
    if (result === undefined && !signal.aborted) hint("judge: no plan ran within --time, so no campaigns are compared");
    return result;
  } finally {
    progress?.end();
  }
}
