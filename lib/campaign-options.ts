/** The options of a campaign test, and the checks of their values. */
import type { CampaignOptions } from "../fuzz/block.ts";
import { FAULT_NAMES, type FaultName } from "../fuzz/fault-kinds.ts";
import { STRATEGY_NAMES, type StrategyName } from "../fuzz/strategies.ts";
import { INVARIANT_ALIASES, INVARIANT_IDS, type InvariantId } from "../invariants/index.ts";
import { RELEASES } from "../protocol/releases.ts";
import { didYouMean } from "../scenarios/loading/did-you-mean.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { loadScenario } from "./load-scenario.ts";

/** The options of `campaign()`. Every option has a default. */
export interface CampaignTest {
  /**
   * The scenario to which faults are added: the path of a scenario file, the name of a shipped scenario, or a loaded
   * Scenario. Default: no scenario, so that each seed also draws the servers.
   */
  readonly scenario?: string | Scenario;
  /** The kinds of faults to draw. `zabsim list faults` prints them. Default: all. */
  readonly faults?: readonly FaultName[];
  /** The number of seeds, starting at seed 1, or a list with the first and the last seed. Default: 500. */
  readonly seeds?: number | readonly [number, number];
  /** The invariants whose violation fails the test. `zabsim list invariants` prints them. Default: all. */
  readonly invariants?: readonly (InvariantId | `I-${number}`)[];
  /** Whether the test fails if servers stay stuck after all faults have ended. Default: true. */
  readonly liveness?: boolean;
  /** The ZooKeeper release. Default: the release of the scenario, or the newest release if there is no scenario. */
  readonly zookeeper?: string;
  /**
   * The strategy for drawing plans from seeds. Default: for each seed, one strategy from the portfolio of all
   * strategies.
   */
  readonly strategy?: StrategyName;
  /** Whether the test fails because of findings that are attributed to known bugs of ZooKeeper. Default: false. */
  readonly strict?: boolean;
  /** The folder to which a failing test writes the minimal scenario. Default: zabsim-findings. */
  readonly out?: string;
  /** The time limit of the test in milliseconds. Default: one minute plus 20 ms for each seed. */
  readonly timeout?: number;
}

/** Returns what is wrong with a value. Returns undefined if the value is accepted. */
type Check = (value: unknown) => string | undefined;

const isBoolean: Check = (value) => (typeof value === "boolean" ? undefined : "not a boolean (accepted: true, false)");

const isNameOf =
  (accepted: readonly string[]): Check =>
  (value) =>
    accepted.includes(value as string)
      ? undefined
      : `unknown${didYouMean(String(value), accepted)} (accepted: ${accepted.join(", ")})`;

const isText =
  (accepted: string): Check =>
  (value) =>
    typeof value === "string" && value !== "" ? undefined : `not a text (accepted: ${accepted})`;

const CHECKS: Readonly<Record<keyof CampaignTest, Check>> = {
  scenario: (value) =>
    typeof value === "object" && value !== null
      ? undefined
      : isText("a path, the name of a shipped scenario, or a Scenario")(value),
  faults: isNameOf(FAULT_NAMES),
  seeds: (value) => (seedRange(value) === undefined ? "not a range of seeds (accepted: 500, or [1, 500])" : undefined),
  invariants: isNameOf([...INVARIANT_IDS, ...INVARIANT_ALIASES.keys()]),
  liveness: isBoolean,
  zookeeper: isNameOf(RELEASES),
  strategy: isNameOf(STRATEGY_NAMES),
  strict: isBoolean,
  out: isText("the path of a folder"),
  timeout: (value) =>
    typeof value === "number" && value > 0 ? undefined : "not a time limit (accepted: milliseconds, e.g. 60000)",
};
const OPTIONS = Object.keys(CHECKS) as (keyof CampaignTest)[];
/** Options whose value is a list. The check of such an option is applied to each item. */
const LISTS: readonly string[] = ["faults", "invariants"];

/**
 * Throws an Error for the first option that is unknown or has a value that is not accepted. An undefined value is
 * accepted.
 */
export function checkOptions(options: CampaignTest): void {
  for (const [option, value] of Object.entries(options)) {
    const check = CHECKS[option as keyof CampaignTest] as Check | undefined;
    if (check === undefined) {
      const accepted = `(accepted: ${OPTIONS.join(", ")})`;
      throw new Error(`campaign: ${option}: unknown option${didYouMean(option, OPTIONS)} ${accepted}`);
    }
    if (value !== undefined) checkValue(option, value, check);
  }
}

function checkValue(option: string, value: unknown, check: Check): void {
  if (LISTS.includes(option) && !Array.isArray(value)) {
    throw new Error(`campaign: ${option} ${String(value)}: not a list (accepted: e.g. [${JSON.stringify(value)}])`);
  }
  for (const item of LISTS.includes(option) ? (value as readonly unknown[]) : [value]) {
    const problem = check(item);
    if (problem !== undefined) throw new Error(`campaign: ${option} ${String(item)}: ${problem}`);
  }
}

/** Returns the first and the last seed. */
export function seedsOf({ seeds = 500 }: CampaignTest): readonly [bigint, bigint] {
  return seedRange(seeds) as readonly [bigint, bigint];
}

function seedRange(seeds: unknown): readonly [bigint, bigint] | undefined {
  const [first, last, ...more] = Array.isArray(seeds) ? seeds : [1, seeds];
  const isRange = Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && last >= first;
  return isRange && more.length === 0 ? [BigInt(first), BigInt(last)] : undefined;
}

/** Returns the options for the runs of a campaign. Throws an Error if the scenario cannot be loaded. */
export function campaignOptionsOf({ faults, scenario, strategy, zookeeper }: CampaignTest): CampaignOptions {
  const loaded = typeof scenario === "string" ? loadScenario(scenario) : scenario;
  const base = loaded && zookeeper !== undefined ? { ...loaded, zookeeper } : loaded;
  return { zookeeper: base?.zookeeper ?? zookeeper ?? "newest", strategy, faults, scenario: base };
}
