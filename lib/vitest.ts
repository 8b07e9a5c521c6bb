/**
 * `zabsim/vitest`: a campaign as a test. One line of somebody's own test file says which scenario, which faults, how many
 * seeds and which invariants; a red test prints why, the minimal scenario, and the command that replays it.
 *
 *     import { campaign } from "zabsim/vitest";
 *     campaign("our upgrade survives power loss", { scenario: "upgrade.yaml", faults: ["power-loss"], seeds: 500 });
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { type Finding, investigate } from "../campaign/campaign-worker.ts";
import { BLOCK_SIZE, type CampaignOptions, type FailedPlan, runBlock } from "../fuzz/block.ts";
import { FAULT_NAMES, type FaultName } from "../fuzz/fault-kinds.ts";
import { fileNameFor } from "../fuzz/shrink/failure.ts";
import { STRATEGY_NAMES, type StrategyName } from "../fuzz/strategies.ts";
import { findInvariant, INVARIANT_ALIASES, INVARIANT_IDS, type InvariantId } from "../invariants/index.ts";
import { RELEASES } from "../protocol/releases.ts";
import { loadScenario } from "../scenarios/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";

export interface CampaignTest {
  /** The path of a scenario file, or a scenario. Default: ensembles are drawn, too. */
  readonly scenario?: string | Scenario;
  /** Default: all. */
  readonly faults?: readonly FaultName[];
  /** So many from 1 on, or from the first to the last. Default: 500. */
  readonly seeds?: number | readonly [number, number];
  /** What makes the test red; what else is violated does not. Default: all. */
  readonly invariants?: readonly (InvariantId | `I-${number}`)[];
  /** Whether servers that are stuck after healing make it red. Default: true. */
  readonly liveness?: boolean;
  /** Default: the scenario's, or the newest. */
  readonly zookeeper?: string;
  readonly strategy?: StrategyName;
  /** Whether bugs of ZooKeeper that zabsim keeps a scenario of make it red. Default: false. */
  readonly strict?: boolean;
  /** Where the minimal scenario goes. Default: zabsim-findings. */
  readonly out?: string;
  /** Milliseconds. Default: a minute, and 20 ms a seed. */
  readonly timeout?: number;
}

/** How many failing plans are looked into: the others of the same kind are known when one is. */
const INVESTIGATED = 8;
const SHRINK_RUNS = 4000;

/** Registers one test. */
export function campaign(name: string, options: CampaignTest = {}): void {
  const [first, last] = seedsOf(options.seeds ?? 500);
  const timeout = options.timeout ?? 60_000 + 20 * Number(last - first);
  test(name, { timeout }, async () => {
    const finding = await firstFinding(options, first, last);
    if (finding !== undefined) throw new Error(messageOf(finding, options.out ?? "zabsim-findings"));
  });
}

async function firstFinding(options: CampaignTest, first: bigint, last: bigint): Promise<Finding | undefined> {
  const settings = settingsOf(options);
  const known = new Set<string>();
  let investigated = 0;
  for (let seed = first; seed <= last; seed += BigInt(BLOCK_SIZE)) {
    const left = Number(last - seed) + 1;
    const { failed } = runBlock(settings, { first: seed, count: Math.min(BLOCK_SIZE, left) });
    for (const plan of failed) {
      if (!isAskedFor(plan, options) || (plan.mended && known.has(plan.signature))) continue;
      if (investigated++ >= INVESTIGATED && plan.mended) continue;
      const finding = investigate({ failed: plan, maxRuns: SHRINK_RUNS });
      if (finding.known.length === 0 || options.strict === true) return finding;
      known.add(plan.signature);
    }
    // The runner has other things to do, too.
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
    `${signature}, seed ${seed}${known.length === 0 ? "" : `, known: ${known.join(", ")}`}`,
    "",
    why,
    "",
    `the minimal scenario${needsNoSeed ? "" : ", which needs its seed"}: ${file}`,
    "",
    yaml.trimEnd(),
    "",
    `replay: npx zabsim replay ${file}`,
  ].join("\n");
}

function settingsOf({ faults, invariants, scenario, strategy, zookeeper }: CampaignTest): CampaignOptions {
  for (const fault of faults ?? []) check("faults", fault, FAULT_NAMES);
  for (const id of invariants ?? []) check("invariants", id, [...INVARIANT_IDS, ...INVARIANT_ALIASES.keys()]);
  if (strategy !== undefined) check("strategy", strategy, STRATEGY_NAMES);
  if (zookeeper !== undefined) check("zookeeper", zookeeper, RELEASES);
  const loaded = typeof scenario === "string" ? readScenario(scenario) : scenario;
  const base = loaded && zookeeper !== undefined ? { ...loaded, zookeeper } : loaded;
  return { zookeeper: base?.zookeeper ?? zookeeper ?? "newest", strategy, faults, scenario: base };
}

function readScenario(path: string): Scenario {
  if (!existsSync(path)) throw new Error(`campaign: scenario ${path}: no such file (accepted: a path, or a Scenario)`);
  return loadScenario(readFileSync(path, "utf8"), path);
}

function seedsOf(seeds: number | readonly [number, number]): readonly [bigint, bigint] {
  const [first, last] = typeof seeds === "number" ? [1, seeds] : seeds;
  if (Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && last >= first) {
    return [BigInt(first), BigInt(last)];
  }
  throw new Error(`campaign: seeds ${String(seeds)}: no range of seeds (accepted: 500, or [1, 500])`);
}

function check(field: string, value: string, accepted: readonly string[]): void {
  if (accepted.includes(value)) return;
  throw new Error(`campaign: ${field} ${value}: unknown (accepted: ${accepted.join(", ")})`);
}
