/**
 * `zabsim/vitest`: a campaign as a test. One call in a test file names the scenario, the faults, the number of seeds
 * and the invariants. A failing test prints the explanation, the minimal scenario, and the command that replays it.
 *
 *     import { campaign } from "zabsim/vitest";
 *     campaign("our upgrade survives power loss", { scenario: "upgrade.yaml", faults: ["power-loss"], seeds: 500 });
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { type Finding, investigate } from "../campaign/investigate.ts";
import { InvestigationPolicy, investigationRank } from "../campaign/investigation-policy.ts";
import { BLOCK_SIZE, type CampaignOptions, type FailedPlan, runBlock } from "../fuzz/block.ts";
import { FAULT_NAMES, type FaultName } from "../fuzz/fault-kinds.ts";
import { fileNameFor } from "../fuzz/shrink/failure.ts";
import { STRATEGY_NAMES, type StrategyName } from "../fuzz/strategies.ts";
import { findInvariant, INVARIANT_ALIASES, INVARIANT_IDS, type InvariantId } from "../invariants/index.ts";
import { RELEASES } from "../protocol/releases.ts";
import { loadScenario } from "../scenarios/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";

export interface CampaignTest {
  /** A scenario, or the path of a scenario file. Without one, each seed also draws the ensemble. */
  readonly scenario?: string | Scenario;
  /** The kinds of faults to draw. Default: all. */
  readonly faults?: readonly FaultName[];
  /** The number of seeds, starting at 1; or the first and the last seed. Default: 500. */
  readonly seeds?: number | readonly [number, number];
  /** The invariants whose violation fails the test. Default: all. */
  readonly invariants?: readonly (InvariantId | `I-${number}`)[];
  /** Whether servers that stay stuck after all faults have ended fail the test. Default: true. */
  readonly liveness?: boolean;
  /** The ZooKeeper release. Default: the release of the scenario, else the newest one. */
  readonly zookeeper?: string;
  /** The search strategy. Default: a portfolio of all. */
  readonly strategy?: StrategyName;
  /** Whether findings that are attributed to known bugs of ZooKeeper fail the test. Default: false. */
  readonly strict?: boolean;
  /** The folder for the minimal scenario. Default: zabsim-findings. */
  readonly out?: string;
  /** The time limit of the test in milliseconds. Default: one minute plus 20 ms for each seed. */
  readonly timeout?: number;
}

/** Maximum number of runs to shrink one finding. */
const SHRINK_RUNS = 4000;

/** Registers one test that runs a campaign. */
export function campaign(name: string, options: CampaignTest = {}): void {
  const [first, last] = seedsOf(options.seeds ?? 500);
  const timeout = options.timeout ?? 60_000 + 20 * Number(last - first);
  test(name, { timeout }, async () => {
    const finding = await firstFinding(options, first, last);
    if (finding !== undefined) throw new Error(messageOf(finding, options.out ?? "zabsim-findings"));
  });
}

/** Returns the first finding that makes the test fail. Lets the test runner work between two blocks of seeds. */
async function firstFinding(options: CampaignTest, first: bigint, last: bigint): Promise<Finding | undefined> {
  const campaignOptions = optionsOf(options);
  const policy = new InvestigationPolicy();
  for (let seed = first; seed <= last; seed += BigInt(BLOCK_SIZE)) {
    const count = Math.min(BLOCK_SIZE, Number(last - seed) + 1);
    const { failed } = runBlock(campaignOptions, { first: seed, count, usualBugs: policy.usualBugs });
    const plans = failed.filter((plan) => isAskedFor(plan, options));
    for (const plan of plans.toSorted((a, b) => investigationRank(a) - investigationRank(b))) {
      if (!policy.shouldInvestigate(plan)) continue;
      const finding = investigate(plan, SHRINK_RUNS);
      if (finding.known.length === 0 || options.strict === true) return finding;
      policy.report(finding);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return undefined;
}

function isAskedFor({ failure }: FailedPlan, { invariants, liveness = true }: CampaignTest): boolean {
  if (failure.kind === "stuck") return liveness;
  return invariants === undefined || invariants.some((name) => findInvariant(name) === failure.id);
}

function messageOf({ known, needsNoSeed, seed, signature, why, yaml }: Finding, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${fileNameFor(signature, seed)}.yaml`);
  writeFileSync(file, yaml);
  return [
    `${signature}, seed ${seed}${known.length === 0 ? "" : `, known bug: ${known.join(", ")}`}`,
    "",
    why,
    "",
    `minimal scenario${needsNoSeed ? "" : " (needs its seed)"}: ${file}`,
    "",
    yaml.trimEnd(),
    "",
    `replay: npx zabsim replay ${file}`,
  ].join("\n");
}

function optionsOf({ faults, invariants, scenario, strategy, zookeeper }: CampaignTest): CampaignOptions {
  for (const fault of faults ?? []) check("faults", fault, FAULT_NAMES);
  for (const id of invariants ?? []) check("invariants", id, [...INVARIANT_IDS, ...INVARIANT_ALIASES.keys()]);
  if (strategy !== undefined) check("strategy", strategy, STRATEGY_NAMES);
  if (zookeeper !== undefined) check("zookeeper", zookeeper, RELEASES);
  const loaded = typeof scenario === "string" ? readScenario(scenario) : scenario;
  const base = loaded && zookeeper !== undefined ? { ...loaded, zookeeper } : loaded;
  return { zookeeper: base?.zookeeper ?? zookeeper ?? "newest", strategy, faults, scenario: base };
}

function readScenario(path: string): Scenario {
  if (!existsSync(path))
    throw new Error(`campaign: scenario ${path}: no such file (accepted: the path of a scenario file, or a Scenario)`);
  return loadScenario(readFileSync(path, "utf8"), path);
}

function seedsOf(seeds: number | readonly [number, number]): readonly [bigint, bigint] {
  const [first, last] = typeof seeds === "number" ? [1, seeds] : seeds;
  if (Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && last >= first) {
    return [BigInt(first), BigInt(last)];
  }
  throw new Error(`campaign: seeds ${String(seeds)}: not a range of seeds (accepted: 500, or [1, 500])`);
}

function check(field: string, value: string, accepted: readonly string[]): void {
  if (accepted.includes(value)) return;
  throw new Error(`campaign: ${field} ${value}: unknown (accepted: ${accepted.join(", ")})`);
}
