/**
 * `zabsim/fuzz` exports the parts of a campaign, for tools and property tests: plans drawn from seeds (also as
 * fast-check arbitraries), runs of plans, coverage, attribution to known bugs, shrinking, and scenario files.
 *
 *     import { planOfSeed, runPlan } from "zabsim/fuzz";
 *     const plan = planOfSeed(707n, { zookeeper: "3.6.2" });
 *     console.log(runPlan(plan, undefined).failure);
 *
 * @module zabsim/fuzz
 */

import { type FaultName, FAULT_KINDS as KINDS } from "../fuzz/fault-kinds.ts";
import type { FaultKind } from "../fuzz/fault-parts.ts";
import { STRATEGIES as ALL_STRATEGIES, type Strategy, type StrategyName } from "../fuzz/strategies.ts";

export { attributedBugs } from "../fuzz/attribution.ts";
export {
  type Block,
  type BlockResult,
  type CampaignOptions,
  CampaignTotals,
  type FailedPlan,
  type Nondeterminism,
  runBlock,
} from "../fuzz/block.ts";
export { Coverage } from "../fuzz/coverage.ts";
export { FAULT_NAMES, type FaultName } from "../fuzz/fault-kinds.ts";
export type { FaultKind } from "../fuzz/fault-parts.ts";
export type { Plan, PlanOptions } from "../fuzz/plan.ts";
export { type DrawnPlan, planArbitrary, planOfSeed } from "../fuzz/plan-arbitrary.ts";
export type { RecoveryCounts } from "../fuzz/recovery.ts";
export { type FaultCount, type PlanOutcome, runPlan } from "../fuzz/run-plan.ts";
export { type Failure, failureOf, signatureOf } from "../fuzz/shrink/failure.ts";
export { type ShrinkScenarioOptions, type ShrunkScenario, shrinkScenario } from "../fuzz/shrink/shrink-scenario.ts";
export { STRATEGY_NAMES, type Strategy, type StrategyName } from "../fuzz/strategies.ts";
export { whyStuck } from "../reports/stuck.ts";
export { whyText } from "../reports/why.ts";
export type { StartConfig } from "../scenarios/run.ts";
export { writeScenario } from "../scenarios/write-scenario.ts";

/** The kinds of faults that campaigns draw, by name. */
export const FAULT_KINDS: Readonly<Record<FaultName, FaultKind>> = KINDS;
/** The search strategies, by name. */
export const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = ALL_STRATEGIES;
