/**
 * A block of a campaign: consecutive seeds. Each seed draws one plan, and the block runs each plan. Any worker can run
 * a block, and blocks can run in any order, because the runs of a block depend only on its seeds and on the options of
 * the campaign. The strategy `mutation` starts from plans of the same block that reached new coverage.
 */

import { ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { checkDeterminism } from "../sim/index.ts";
import { candidateBugs, failsUpTo, isCausedBy, isFixedByKnownBugs, staysStuck } from "./attribution.ts";
import { Coverage } from "./coverage.ts";
import type { FaultName } from "./fault-kinds.ts";
import type { Plan } from "./plan.ts";
import { planOfSeed } from "./plan-arbitrary.ts";
import { countRecovery, noRecoveries, type RecoveryCounts } from "./recovery.ts";
import { runPlan } from "./run-plan.ts";
import { type Failure, signatureOf } from "./shrink/failure.ts";
import type { StrategyName } from "./strategies.ts";

/** The options that all runs of a campaign share. */
export interface CampaignOptions {
  /** The release of the servers. */
  readonly zookeeper: string;
  /** The names of behaviors that the servers of drawn ensembles have in addition. Default: none. */
  readonly behaviors?: readonly string[];
  /** The search strategy. If undefined, each seed draws a strategy from the portfolio of all strategies. */
  readonly strategy: StrategyName | undefined;
  /** The kinds of faults to draw. If undefined, all kinds. */
  readonly faults: readonly FaultName[] | undefined;
  /** The scenario to which drawn faults and writes are added. If undefined, each seed also draws an ensemble. */
  readonly scenario: Scenario | undefined;
}

/** The `count` consecutive seeds that start at `first`. */
export interface Block {
  /** The first seed. */
  readonly first: bigint;
  /** Number of seeds. */
  readonly count: number;
  /**
   * For each signature, the known bugs that have caused failures with this signature so far. The search for candidates
   * tries these bugs first.
   */
  readonly usualBugs?: Readonly<Record<string, readonly string[]>>;
}

/** Number of seeds in one block of a campaign. */
export const BLOCK_SIZE = 64;

/**
 * Returns the first of the BLOCK_SIZE consecutive seeds that share a corpus with this seed. A corpus is a set of plans
 * that reached new coverage.
 */
export function corpusStart(seed: bigint): bigint {
  return seed - (seed % BigInt(BLOCK_SIZE));
}

/** Every 100th seed runs twice, to detect nondeterminism. */
const DETERMINISM_CHECK_INTERVAL = 100n;

/** Maximum number of failing plans with the same signature for which a block tries all known bugs as candidates. */
const CANDIDATE_SEARCHES_OF_SIGNATURE = 4;

/** A plan whose run failed. */
export interface FailedPlan {
  /** The seed that drew the plan. */
  readonly seed: bigint;
  /** The plan. */
  readonly scenario: Scenario;
  /** How the run failed. */
  readonly failure: Failure;
  /** The result of signatureOf(): a text that is equal for equal failures. */
  readonly signature: string;
  /** Whether the failure disappears when all known bugs are fixed. */
  readonly fixedByKnownBugs: boolean;
  /** The known bugs that may each be the only cause. */
  readonly candidates: readonly string[];
}

/** A seed whose plan gave two different runs. */
export interface Nondeterminism {
  /** The seed that drew the plan. */
  readonly seed: bigint;
  /** The plan. */
  readonly scenario: Scenario;
  /** The first event that differs, as it is in the first run. */
  readonly first: string;
  /** The same event, as it is in the second run. */
  readonly second: string;
}

/** The result of a block. */
export interface BlockResult {
  /** Number of runs: one for each seed of the block. */
  readonly runs: number;
  /** Number of events in all runs. */
  readonly events: number;
  /** Virtual time of all runs, in microseconds. */
  readonly virtualUs: number;
  /** The result of Coverage#toJSON(): the number of times that each feature was reached. */
  readonly coverage: Readonly<Record<string, number>>;
  /** For each kind of fault, and for writes: the number of injections, and the number of those with an effect. */
  readonly faults: Readonly<Record<string, readonly [number, number]>>;
  /** Number of runs by the time that the servers needed to serve again after all faults were undone. */
  readonly recovery: RecoveryCounts;
  /** The failing plans. */
  readonly failed: readonly FailedPlan[];
  /** The seeds whose plan gave two different runs when it was run twice. Only every 100th seed is checked. */
  readonly nondeterministic: readonly Nondeterminism[];
}

/**
 * Runs the seeds of a block and searches for known bugs that may explain each failing plan. First runs the earlier
 * seeds that share the corpus of the block, without counting them. The plan of a seed therefore does not depend on
 * where a block starts.
 */
export function runBlock(options: CampaignOptions, { first, count, usualBugs = {} }: Block): BlockResult {
  const coverage = new Coverage();
  const ofRun = new Coverage();
  let corpus = new Corpus();
  const faults: Record<string, [number, number]> = {};
  const recovery = noRecoveries();
  const failed: FailedPlan[] = [];
  const nondeterministic: Nondeterminism[] = [];
  const candidatesOf = candidateSearch(usualBugs);
  let events = 0;
  let virtualUs = 0;
  for (let seed = corpusStart(first); seed < first + BigInt(count); seed++) {
    if (seed === corpusStart(seed)) corpus = new Corpus();
    const plan = planOfSeed(seed, planOptions(options), options.strategy, corpus.plans);
    ofRun.clear();
    const outcome = runPlan(plan, ofRun);
    corpus.add(plan, ofRun);
    if (seed < first) continue;
    events += outcome.events;
    virtualUs += outcome.endUs;
    coverage.add(ofRun);
    for (const [kind, { struck, tookEffect }] of outcome.faults) {
      const [before, effectBefore] = faults[kind] ?? [0, 0];
      faults[kind] = [before + struck, effectBefore + tookEffect];
    }
    if (outcome.recoveryUs !== undefined) countRecovery(recovery, outcome.recoveryUs);
    const { scenario } = plan;
    const { failure } = outcome;
    if (failure !== undefined) {
      const signature = signatureOf(failure);
      const candidates = candidatesOf(scenario, failure, signature, outcome.endUs);
      const fixedByKnownBugs = candidates.length > 0 || isFixedByKnownBugs(scenario, failure);
      failed.push({ seed, scenario, failure, signature, fixedByKnownBugs, candidates });
    }
    const difference = seed % DETERMINISM_CHECK_INTERVAL === 0n ? differenceOf(scenario) : undefined;
    if (difference !== undefined) nondeterministic.push({ seed, scenario, ...difference });
  }
  return { runs: count, events, virtualUs, coverage: coverage.toJSON(), faults, recovery, failed, nondeterministic };
}

/** The plans of consecutive seeds that reached new coverage. */
class Corpus {
  readonly plans: Plan[] = [];
  private readonly coverage = new Coverage();

  add(plan: Plan, reached: Coverage): void {
    if (this.coverage.add(reached) > 0) this.plans.push(plan);
  }
}

/**
 * Returns a function that searches for the known bugs that may explain a failing plan. Failures with the same signature
 * usually have the same cause, so the function tries the usual bugs first. It tries all other bugs only for the first
 * few plans of a signature. Stuck plans have few signatures and many causes, so a campaign that investigated only a few
 * plans of each signature would miss most of these causes.
 */
function candidateSearch(before: Readonly<Record<string, readonly string[]>>) {
  const usual = new Map(Object.entries(before).map(([signature, bugs]) => [signature, new Set(bugs)]));
  const searches = new Map<string, number>();
  return (scenario: Scenario, failure: Failure, signature: string, endUs: number): readonly string[] => {
    const failsWith = failure.kind === "stuck" ? staysStuck(scenario, failure) : failsUpTo(scenario, failure, endUs);
    const bugs = usual.get(signature) ?? new Set();
    for (const bug of bugs) if (isCausedBy(bug, failsWith)) return [bug];
    const count = searches.get(signature) ?? 0;
    if (count >= CANDIDATE_SEARCHES_OF_SIGNATURE) return [];
    searches.set(signature, count + 1);
    const candidates = candidateBugs(scenario, failure, failsWith);
    if (candidates.length === 1) usual.set(signature, bugs.add(candidates[0] as string));
    return candidates;
  };
}

function planOptions({ behaviors, zookeeper, faults, scenario }: CampaignOptions) {
  return { zookeeper, ...(behaviors && { behaviors }), ...(faults && { faults }), ...(scenario && { scenario }) };
}

/**
 * Runs the scenario twice and returns the first event in which the two runs differ; undefined if they are identical.
 */
function differenceOf(scenario: Scenario): { first: string; second: string } | undefined {
  const make = (): ScenarioRunner => new ScenarioRunner(scenario, { seed: BigInt(scenario.seed ?? 1), records: false });
  const digests = [make(), make()].map((runner) => runner.run().digest);
  if (digests[0] === digests[1]) return undefined;
  const result = checkDeterminism(make);
  return result.same ? { first: digests[0] ?? "", second: digests[1] ?? "" } : result;
}

/** The totals of all blocks that have been added. */
export class CampaignTotals {
  /** Number of runs. */
  runs = 0;
  /** Number of events in all runs. */
  events = 0;
  /** Virtual time of all runs, in microseconds. */
  virtualUs = 0;
  /** The features that the runs reached. */
  readonly coverage = new Coverage();
  /** For each kind of fault, and for writes: the number of injections, and the number of those with an effect. */
  readonly faults = new Map<string, readonly [number, number]>();
  /** Number of runs by the time that the servers needed to serve again after all faults were undone. */
  readonly recovery = noRecoveries();

  /** Adds the result of a block. */
  add(result: BlockResult): void {
    this.runs += result.runs;
    this.events += result.events;
    this.virtualUs += result.virtualUs;
    this.coverage.add(Coverage.fromJSON(result.coverage));
    for (const [i, runs] of result.recovery.entries()) this.recovery[i] = (this.recovery[i] ?? 0) + runs;
    for (const [kind, [struck, tookEffect]] of Object.entries(result.faults)) {
      const [before, effectBefore] = this.faults.get(kind) ?? [0, 0];
      this.faults.set(kind, [before + struck, effectBefore + tookEffect]);
    }
  }
}
