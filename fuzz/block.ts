/**
 * A campaign: seed after seed a plan is drawn and run. It is cut into blocks of consecutive seeds, which can be run anywhere
 * in any order: what a block finds depends on its seeds alone. Plans that reach something new in a block are what
 * mutation starts from in the rest of it.
 */

import { ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { checkDeterminism } from "../sim/index.ts";
import { failsUpTo, isDueTo, isMendedByAll, suspectedBugs } from "./attribution.ts";
import { Coverage } from "./coverage.ts";
import type { FaultName } from "./fault-kinds.ts";
import type { Plan } from "./plan.ts";
import { planOfSeed } from "./plan-arbitrary.ts";
import { runPlan } from "./run-plan.ts";
import { type Failure, signatureOf } from "./shrink/failure.ts";
import type { StrategyName } from "./strategies.ts";

export interface CampaignOptions {
  readonly zookeeper: string;
  /** Undefined: the portfolio. */
  readonly strategy: StrategyName | undefined;
  /** Undefined: all. */
  readonly faults: readonly FaultName[] | undefined;
  /** Undefined: ensembles are drawn, too. */
  readonly scenario: Scenario | undefined;
}

/** Seeds from `first` on. */
export interface Block {
  readonly first: bigint;
  readonly count: number;
  /** By signature: the bugs that such failures were due to so far, which are suspected first. */
  readonly usual?: Readonly<Record<string, readonly string[]>>;
}

export const BLOCK_SIZE = 64;

/** One seed in so many is run twice. */
const RUN_TWICE_EVERY = 100n;

/** Of how many plans in a block that look alike it is asked which bugs they may be due to, other than the usual ones. */
const SUSPECTED_OF_SIGNATURE = 4;

export interface FailedPlan {
  readonly seed: bigint;
  readonly scenario: Scenario;
  readonly failure: Failure;
  readonly signature: string;
  /** It does not fail so with all known bugs mended. */
  readonly mended: boolean;
  /** The known bugs each of which it may be due to. */
  readonly suspects: readonly string[];
}

export interface Nondeterminism {
  readonly seed: bigint;
  readonly scenario: Scenario;
  /** The first event that differs, as it went in either run. */
  readonly first: string;
  readonly second: string;
}

export interface BlockResult {
  readonly runs: number;
  readonly events: number;
  readonly virtualUs: number;
  readonly coverage: Readonly<Record<string, number>>;
  /** By kind: how often it struck, and how often with an effect. */
  readonly faults: Readonly<Record<string, readonly [number, number]>>;
  readonly failed: readonly FailedPlan[];
  readonly nondeterministic: readonly Nondeterminism[];
}

export function runBlock(options: CampaignOptions, { first, count, usual = {} }: Block): BlockResult {
  const coverage = new Coverage();
  const ofRun = new Coverage();
  const corpus: Plan[] = [];
  const faults: Record<string, [number, number]> = {};
  const failed: FailedPlan[] = [];
  const nondeterministic: Nondeterminism[] = [];
  const suspectsOf = suspecting(usual);
  let events = 0;
  let virtualUs = 0;
  for (let seed = first; seed < first + BigInt(count); seed++) {
    const plan = planOfSeed(seed, planOptions(options), options.strategy, corpus);
    ofRun.clear();
    const outcome = runPlan(plan, ofRun);
    events += outcome.events;
    virtualUs += outcome.endUs;
    if (coverage.add(ofRun) > 0) corpus.push(plan);
    for (const [kind, { struck, tookEffect }] of outcome.faults) {
      const [before, effectBefore] = faults[kind] ?? [0, 0];
      faults[kind] = [before + struck, effectBefore + tookEffect];
    }
    const { scenario } = plan;
    const { failure } = outcome;
    if (failure !== undefined) {
      const signature = signatureOf(failure);
      const suspects = suspectsOf(scenario, failure, signature, outcome.endUs);
      const mended = suspects.length > 0 || isMendedByAll(scenario, failure);
      failed.push({ seed, scenario, failure, signature, mended, suspects });
    }
    const difference = seed % RUN_TWICE_EVERY === 0n ? differenceOf(scenario) : undefined;
    if (difference !== undefined) nondeterministic.push({ seed, scenario, ...difference });
  }
  return { runs: count, events, virtualUs, coverage: coverage.toJSON(), faults, failed, nondeterministic };
}

/**
 * One failure after the other that looks the same is most often due to the same bug, and asking for all others costs a run
 * for each. Who is stuck makes long runs: of those it is asked when they are small.
 */
function suspecting(before: Readonly<Record<string, readonly string[]>>) {
  const usual = new Map(Object.entries(before).map(([signature, bugs]) => [signature, new Set(bugs)]));
  const asked = new Map<string, number>();
  return (scenario: Scenario, failure: Failure, signature: string, endUs: number): readonly string[] => {
    if (failure.kind === "stuck") return [];
    const fails = failsUpTo(scenario, failure, endUs);
    const bugs = usual.get(signature) ?? new Set();
    for (const bug of bugs) if (isDueTo(bug, fails)) return [bug];
    const times = asked.get(signature) ?? 0;
    if (times >= SUSPECTED_OF_SIGNATURE) return [];
    asked.set(signature, times + 1);
    const suspects = suspectedBugs(scenario, failure, fails);
    if (suspects.length === 1) usual.set(signature, bugs.add(suspects[0] as string));
    return suspects;
  };
}

function planOptions({ zookeeper, faults, scenario }: CampaignOptions) {
  return { zookeeper, ...(faults && { faults }), ...(scenario && { scenario }) };
}

/** The first event in which two runs of the scenario differ; undefined if there is none. */
function differenceOf(scenario: Scenario): { first: string; second: string } | undefined {
  const make = (): ScenarioRunner => new ScenarioRunner(scenario, { seed: BigInt(scenario.seed ?? 1), records: false });
  const digests = [make(), make()].map((runner) => runner.run().digest);
  if (digests[0] === digests[1]) return undefined;
  const result = checkDeterminism(make);
  return result.same ? { first: digests[0] ?? "", second: digests[1] ?? "" } : result;
}

/** What blocks have found together. */
export class CampaignTotals {
  runs = 0;
  events = 0;
  virtualUs = 0;
  readonly coverage = new Coverage();
  readonly faults = new Map<string, readonly [number, number]>();

  add(result: BlockResult): void {
    this.runs += result.runs;
    this.events += result.events;
    this.virtualUs += result.virtualUs;
    this.coverage.add(Coverage.fromJSON(result.coverage));
    for (const [kind, [struck, tookEffect]] of Object.entries(result.faults)) {
      const [before, effectBefore] = this.faults.get(kind) ?? [0, 0];
      this.faults.set(kind, [before + struck, effectBefore + tookEffect]);
    }
  }
}
