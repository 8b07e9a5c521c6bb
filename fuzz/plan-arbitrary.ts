/**
 * Plans as a fast-check arbitrary. A campaign draws a plan from a seed. A property test draws a plan from fast-check's
 * randomness. Both shrink plans in the same way.
 */
import fc, { type Random } from "fast-check";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { Scenario } from "../scenarios/scenario.ts";
import { RandomStreams } from "../sim/index.ts";
import { withLeaderStalls } from "./leader-stall-plans.ts";
import { withMixedSettings } from "./mixed-settings-plans.ts";
import { mutate } from "./mutate.ts";
import { withObserverMasters } from "./observer-master-plans.ts";
import { drawPlan, type Plan, type PlanOptions } from "./plan.ts";
import { Draw } from "./random-values.ts";
import { withQuietReconfigs, withReconfigs, withSequences } from "./reconfig-plans.ts";
import { simplerScenarios } from "./shrink/simpler.ts";
import { drawStrategy, STRATEGIES, type StrategyName } from "./strategies.ts";

/** A plan with the strategy that drew it. */
export interface DrawnPlan extends Plan {
  /** The search strategy. */
  readonly strategy: StrategyName;
}

/**
 * Draws the plan of a seed. `corpus` contains plans that reached new coverage; the strategy `mutation` starts from
 * them.
 */
export function planOfSeed(
  seed: bigint,
  options: PlanOptions,
  strategy?: StrategyName,
  corpus: readonly Plan[] = [],
): DrawnPlan {
  return draw(new Draw(sourceOf(seed, "plan")), seed, options, strategy, corpus);
}

function draw(
  draw: Draw,
  seed: bigint,
  options: PlanOptions,
  fixed: StrategyName | undefined,
  corpus: readonly Plan[],
): DrawnPlan {
  const strategy = fixed ?? drawStrategy(draw);
  if (strategy === "mutation" && corpus.length > 0) return { ...mutate(draw, seed, corpus), strategy };
  const character = STRATEGIES[strategy].draw(draw, options);
  const draws = { draw, added: new Draw(sourceOf(seed, "added-faults")) };
  const plan = drawPlan(draws, seed, options, character);
  return { ...withSeparateDraws(plan, seed, options), strategy };
}

/** Adds what is drawn from random streams of its own, after the rest of the plan. */
function withSeparateDraws(plan: Plan, seed: bigint, options: PlanOptions): Plan {
  const { faultCount, faults, scenario } = options;
  if (scenario !== undefined) return plan;
  const mayStall = faultCount === undefined && (faults === undefined || faults.includes("stalled-thread"));
  const stalled = mayStall ? withLeaderStalls(plan, seed) : plan;
  const changed = withChangedEnsemble(stalled, seed, options);
  // An observer with observerMasterPort never connects to the leader. If a pending configuration makes it a voter, and
  // the leader has no follower, the leader can wait for it forever (QuorumPeer#updateObserverMasterList).
  return changed === stalled ? withObserverMasters(stalled, seed) : changed;
}

/** The ways to change the ensemble of a plan, each with the name of its random stream. A plan gets at most one. */
const ENSEMBLE_CHANGES = [
  ["reconfigs", withReconfigs],
  ["quiet-reconfigs", withQuietReconfigs],
  ["mixed-settings", withMixedSettings],
  ["config-sequences", withSequences],
] as const;

function withChangedEnsemble(plan: Plan, seed: bigint, options: PlanOptions): Plan {
  for (const [stream, change] of ENSEMBLE_CHANGES) {
    const changed = change(plan, new Draw(sourceOf(seed, stream)), options);
    if (changed !== plan) return changed;
  }
  return plan;
}

/**
 * Draws a plan from a scenario: keeps its servers, network, disks and steps, and adds drawn faults and writes. The plan
 * expects that every invariant holds and that a settled quorum serves again.
 */
export function planOver(scenario: Scenario, seed: bigint): Scenario {
  const { scenario: plan } = planOfSeed(seed, { zookeeper: scenario.zookeeper, scenario }, "swarm");
  return { ...plan, name: scenario.name, about: scenario.about };
}

/**
 * Returns an arbitrary of drawn scenarios, for properties such as "no invariant is violated". The arbitrary also
 * shrinks counterexamples.
 */
export function planArbitrary(options: PlanOptions, strategy?: StrategyName): fc.Arbitrary<Scenario> {
  return new PlanArbitrary(options, strategy);
}

class PlanArbitrary extends fc.Arbitrary<Scenario> {
  private readonly options: PlanOptions;
  private readonly strategy: StrategyName | undefined;

  constructor(options: PlanOptions, strategy: StrategyName | undefined) {
    super();
    this.options = options;
    this.strategy = strategy;
  }

  override generate(source: Random): fc.Value<Scenario> {
    const seed = source.nextBigInt(0n, (1n << 64n) - 1n);
    return new fc.Value(draw(new Draw(source), seed, this.options, this.strategy, []).scenario, undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Scenario {
    return typeof value === "object" && value !== null && "steps" in value;
  }

  override shrink(scenario: Scenario): fc.Stream<fc.Value<Scenario>> {
    return fc.stream(simplerScenarios(scenario)).map((simpler) => new fc.Value<Scenario>(simpler, undefined));
  }
}

/** Returns a source of random values that depends on all 64 bits of the seed. */
function sourceOf(seed: bigint, stream: string): Random {
  const words = new RandomStreams(seed).stream(stream);
  return new fc.Random(
    xoroshiro128plusFromState([words.u32() | 0, words.u32() | 0, words.u32() | 0, words.u32() | 0 || 1]),
  );
}
