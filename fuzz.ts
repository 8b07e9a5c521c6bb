/**
 * `zabsim/fuzz`: what campaigns are made of, for tools and property tests of one's own: plans from seeds (fast-check
 * arbitraries), runs of them, coverage, shrinking, and the scenario file of what is left.
 */
export { whyStuck } from "./reports/stuck.ts";
export { whyText } from "./reports/why.ts";
export {
  type Block,
  type BlockResult,
  type CampaignOptions,
  CampaignTotals,
  type FailedPlan,
  runBlock,
} from "./scenarios/fuzz/campaign.ts";
export { Coverage } from "./scenarios/fuzz/coverage.ts";
export { FAULT_KINDS, FAULT_NAMES, type FaultName } from "./scenarios/fuzz/fault-kinds.ts";
export { knownBugs } from "./scenarios/fuzz/known.ts";
export type { Plan, PlanOptions } from "./scenarios/fuzz/plan.ts";
export { type DrawnPlan, planArbitrary, planOfSeed } from "./scenarios/fuzz/plan-arbitrary.ts";
export { type PlanOutcome, runPlan } from "./scenarios/fuzz/run-plan.ts";
export { STRATEGIES, STRATEGY_NAMES, type StrategyName } from "./scenarios/fuzz/strategies.ts";
export { type Failure, failureOf, signatureOf } from "./scenarios/shrink/failure.ts";
export { type ShrunkScenario, shrinkScenario } from "./scenarios/shrink/shrink-scenario.ts";
export { writeScenario } from "./scenarios/write-scenario.ts";
