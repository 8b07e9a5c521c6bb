/**
 * Converts the options of `zabsim fuzz` to the settings of a campaign, refuses options that exclude each other, and
 * builds the command that repeats a finding on another machine.
 */
import type { CampaignSettings } from "../campaign/campaign.ts";
import { DEFAULT_WORKERS } from "../campaign/campaign-workers.ts";
import { MAX_SEED } from "../campaign/seed-blocks.ts";
import { FAULT_NAMES, type FaultName } from "../fuzz/fault-kinds.ts";
import { FAULTS_OF_STRATEGY, STRATEGY_NAMES, type StrategyName } from "../fuzz/strategies.ts";
import { shellPath, shellQuote } from "../reports/shell.ts";
import { type Conflict, refuseConflicts } from "./conflicts.ts";
import { oneOf, overridesOf, type ScenarioOptions } from "./options.ts";
import { readScenario, scenarioPath } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

export interface FuzzOptions extends ScenarioOptions {
  readonly json?: boolean;
  readonly runs?: bigint;
  /** Time limit in microseconds of wall-clock time. */
  readonly time?: number;
  readonly seeds?: readonly [bigint, bigint];
  readonly workers?: number;
  readonly faults?: readonly string[];
  readonly strategy?: string;
  readonly shard?: readonly [number, number];
  readonly out: string;
  /** Data directories from which the servers start. */
  readonly from?: readonly string[];
  readonly reporter?: readonly string[];
  readonly resume?: boolean;
  readonly strict?: boolean;
}

export const REPORTERS = ["text", "json", "junit", "github", "html"] as const;
export type Reporter = (typeof REPORTERS)[number];

const PORTFOLIO = "portfolio";
const DEFAULT_TIME_MS = 60_000;
const MAX_WORKERS = 256;
/** Maximum number of runs for shrinking one finding. */
const SHRINK_RUNS = 4000;

const CONFLICTS: readonly Conflict[] = [["--seeds", ["--runs", "--seed"], "--seeds already says which seeds to run"]];

export function settingsOf(name: string | undefined, options: FuzzOptions): CampaignSettings {
  refuseConflicts(options, CONFLICTS);
  if (name === undefined && options.set !== undefined) {
    throw new UsageError(
      "--set changes a field of a scenario, and no scenario is given (accepted: fuzz SCENARIO --set …)",
    );
  }
  if (options.time === 0) throw new UsageError("--time 0: runs nothing (accepted: a duration above 0, such as 60s)");
  const scenario = name === undefined ? undefined : readScenario(scenarioPath(name), overridesOf(options)).scenario;
  const [firstSeed, lastSeed] = seedsOf(options);
  const { time } = options;
  return {
    version: VERSION,
    options: {
      zookeeper: scenario?.zookeeper ?? options.zookeeper ?? "newest",
      ...searchOf(options),
      scenario,
    },
    firstSeed,
    lastSeed,
    timeMs: time === undefined ? (lastSeed === undefined ? DEFAULT_TIME_MS : undefined) : time / 1000,
    workers: workersOf(options),
    shard: options.shard ?? [1, 1],
    shrinkRuns: SHRINK_RUNS,
  };
}

/**
 * Returns the first and the last seed. The last seed is undefined if the campaign has a time limit but no limit of
 * seeds.
 */
function seedsOf({ runs, seed = 1n, seeds }: FuzzOptions): readonly [bigint, bigint | undefined] {
  if (seeds !== undefined) return seeds;
  if (runs === undefined) return [seed, undefined];
  const last = seed + runs - 1n;
  if (last <= MAX_SEED) return [seed, last];
  throw new UsageError(
    `--runs ${runs}: more runs than seeds from --seed ${seed} on (accepted: at most ${MAX_SEED - seed + 1n})`,
  );
}

function searchOf(options: FuzzOptions): { strategy: StrategyName | undefined; faults: FaultName[] | undefined } {
  const named = options.strategy && oneOf("--strategy", options.strategy, [PORTFOLIO, ...STRATEGY_NAMES] as const);
  const strategy = named === PORTFOLIO ? undefined : (named as StrategyName | undefined);
  const given = options.faults?.map((fault): FaultName => oneOf("--faults", fault, FAULT_NAMES));
  const drawn = strategy && FAULTS_OF_STRATEGY[strategy];
  const unused = drawn && given?.find((fault) => !drawn.includes(fault));
  if (unused !== undefined) {
    throw new UsageError(
      `--faults ${unused}: --strategy ${strategy} never draws this fault (accepted: ${drawn?.join(", ")})`,
    );
  }
  // --resume compares these settings, so they must not depend on the order in which the user names the faults.
  return { strategy, faults: given && FAULT_NAMES.filter((name) => given.includes(name)) };
}

function workersOf({ workers = DEFAULT_WORKERS }: FuzzOptions): number {
  if (workers <= MAX_WORKERS) return workers;
  throw new UsageError(`--workers ${workers}: too many threads (accepted: 1 to ${MAX_WORKERS})`);
}

/** Reporters that write to stdout and cannot be combined with JSON, which must be the only output there. */
const TEXT_REPORTERS: readonly Reporter[] = ["text", "github"];

/** Returns the reporters that the options select. The option --json selects the reporter `json`. */
export function reportersOf({ json = false, reporter }: FuzzOptions): readonly Reporter[] {
  const named = [...new Set(reporter?.map((one) => oneOf("--reporter", one, REPORTERS)))];
  const other = named.find((one) => TEXT_REPORTERS.includes(one));
  if (other !== undefined && (json || named.includes("json"))) {
    const option = json ? "--json" : "--reporter json";
    throw new UsageError(`${option} cannot be combined with --reporter ${other}: both write to stdout`);
  }
  if (json) return [...new Set<Reporter>(["json", ...named])];
  return reporter === undefined ? ["text"] : named;
}

/**
 * Returns the command that repeats a finding on any machine. It runs only the seed of the finding, with all options
 * that affect the plan.
 */
export function repeatCommand(name: string | undefined, options: FuzzOptions, seed: string, isKnown: boolean): string {
  const { faults, strategy, set = [], zookeeper } = options;
  const words = [
    ...(name === undefined ? [] : [shellPath(name)]),
    ...(zookeeper === undefined ? [] : ["--zookeeper", zookeeper]),
    ...set.flatMap((one) => ["--set", shellQuote(one)]),
    ...(faults === undefined ? [] : ["--faults", faults.join(",")]),
    ...(strategy === undefined ? [] : ["--strategy", strategy]),
    "--seeds",
    `${seed}..${seed}`,
    ...(isKnown ? ["--strict"] : []),
  ];
  return `npx zabsim fuzz ${words.join(" ")}`;
}
