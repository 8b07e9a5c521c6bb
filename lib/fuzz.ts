/**
 * `zabsim/fuzz`: what campaigns are made of, for tools and property tests of one's own: plans from seeds (fast-check
 * arbitraries), runs of them, coverage, shrinking, and the scenario file of what is left.
 */

export { knownBugs } from "../fuzz/attribution.ts";
export {
  type Block,
  type BlockResult,
  type CampaignOptions,
  CampaignTotals,
  type FailedPlan,
  runBlock,
} from "../fuzz/block.ts";
export { Coverage } from "../fuzz/coverage.ts";
export { FAULT_KINDS, FAULT_NAMES, type FaultName } from "../fuzz/fault-kinds.ts";
export type { Plan, PlanOptions } from "../fuzz/plan.ts";
export { type DrawnPlan, planArbitrary, planOfSeed } from "../fuzz/plan-arbitrary.ts";
export { type PlanOutcome, runPlan } from "../fuzz/run-plan.ts";
export { type Failure, failureOf, signatureOf } from "../fuzz/shrink/failure.ts";
export { type ShrunkScenario, shrinkScenario } from "../fuzz/shrink/shrink-scenario.ts";
export { STRATEGIES, STRATEGY_NAMES, type StrategyName } from "../fuzz/strategies.ts";
export { whyStuck } from "../reports/stuck.ts";
export { whyText } from "../reports/why.ts";
export { writeScenario } from "../scenarios/write-scenario.ts";
