/**
 * `zabsim judge BEHAVIOR` prints what an open pull request of ZooKeeper, or a fix, changes: which kept scenarios it
 * fixes and breaks, and what a campaign finds with it and without it.
 */
import { judgeCampaigns } from "../campaign/judge-campaigns.ts";
import { saveIn } from "../campaign/output-files.ts";
import { JUDGED_BEHAVIORS, type JudgedBehavior, judgedBehaviorNamed } from "../fuzz/judged-behaviors.ts";
import { type JudgedScenario, ScenarioJudge } from "../fuzz/judged-scenarios.ts";
import { breaks, type JudgedCampaigns, type JudgeReport, judgeJson, judgeText } from "../reports/judge.ts";
import { type ListEntry, listingText } from "../reports/listing.ts";
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
  /** Prints the behaviors, and judges none. */
  readonly list?: boolean;
  readonly json?: boolean;
}

const DEFAULTS = { seed: 1n, plans: 2000n, timeUs: 60_000_000, out: "zabsim-judge" } as const;

export async function judge(name: string | undefined, options: JudgeOptions): Promise<number> {
  checkCombination(name, options);
  if (name === undefined) return listBehaviors(options);
  const { about, difference, name: behavior, release: ownRelease, tickets } = behaviorNamed(name);
  const release = options.zookeeper ?? ownRelease;
  const paths = scenarioPaths(options.scenarios ?? []);
  return interruptible(async (interruption) => {
    const { signal } = interruption;
    const scenarios = await judgeScenarios(paths, release, behavior, signal);
    const campaigns = await runCampaigns(release, behavior, options, signal);
    const report: JudgeReport = {
      ...{ behavior, tickets, about, difference, release },
      scenarios,
      scenarioCount: paths.length,
      campaigns,
      interrupted: signal.aborted,
    };
    if (options.json) await write(`${JSON.stringify(judgeJson(report))}\n`);
    else await write(`${judgeText(report, paintFor(process.stdout), textWidth())}\n`);
    return interruption.exitCode ?? exitCodeOf(report);
  });
}

function exitCodeOf(report: JudgeReport): number {
  if ((report.campaigns?.nondeterministic.length ?? 0) > 0) return EXIT_NONDETERMINISM;
  return breaks(report) ? EXIT_FINDING : EXIT_OK;
}

function checkCombination(name: string | undefined, options: JudgeOptions): void {
  const { json: _json, list, ...others } = options;
  const given = Object.entries(others).find(([, value]) => value !== undefined);
  if (list && name !== undefined) throw new UsageError(`--list cannot be combined with ${name}`);
  if (list && given !== undefined) throw new UsageError(`--list cannot be combined with --${given[0]}`);
  if (!list && name === undefined)
    throw new UsageError("judge: missing behavior (accepted: one of `zabsim judge --list`)");
  const { out, plans, seed, time } = options;
  const ignored = Object.entries({ plans, seed, out }).find(([, value]) => value !== undefined);
  if (time === 0 && ignored !== undefined) {
    throw new UsageError(`--${ignored[0]} cannot be combined with --time 0s, which runs no campaign`);
  }
}

/** Prints the behaviors that can be judged: pull requests with their tickets, then fixes with their scenarios. */
async function listBehaviors({ json }: JudgeOptions): Promise<number> {
  if (json) {
    await write(`${JSON.stringify(JUDGED_BEHAVIORS)}\n`);
    return EXIT_OK;
  }
  const isPull = ({ tickets }: JudgedBehavior): boolean => tickets.length > 0;
  const groups = [
    ["open pull requests", JUDGED_BEHAVIORS.filter(isPull)],
    ["fixes", JUDGED_BEHAVIORS.filter((one) => !isPull(one))],
  ] as const;
  const texts = groups.map(([title, behaviors]) =>
    listingText(title, behaviors.map(listEntry), paintFor(process.stdout), textWidth()),
  );
  await write(`${texts.join("\n\n")}\n`);
  return EXIT_OK;
}

function listEntry({ about, name, shownBy, tickets }: JudgedBehavior): ListEntry {
  return { name, about: tickets.length > 0 ? `${tickets.join(", ")}. ${about}` : `fixes ${shownBy.join(", ")}` };
}

function behaviorNamed(name: string): JudgedBehavior {
  const behavior = judgedBehaviorNamed(name);
  if (behavior !== undefined) return behavior;
  const names = JUDGED_BEHAVIORS.map((one) => one.name);
  const accepted = "a name, a ticket or a scenario from `zabsim judge --list`";
  throw new UsageError(`${name}: unknown behavior${didYouMean(name, names)} (accepted: ${accepted})`);
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
  const scenarioJudge = new ScenarioJudge(release);
  for (const [i, path] of paths.entries()) {
    if (signal.aborted) break;
    if (progress.isDue) progress.write(`judge: scenario ${i + 1} of ${paths.length}`);
    rows.push(scenarioJudge.judge(readScenario(path, []).scenario, behavior));
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
