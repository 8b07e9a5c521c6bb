/**
 * The entry point of a campaign's worker threads. Each exported function runs one kind of task. Tasks and results are
 * plain data.
 */
import { type Block, type BlockResult, type CampaignOptions, type FailedPlan, runBlock } from "../fuzz/block.ts";
import { type Finding, investigate as investigatePlan } from "./investigate.ts";

export interface InvestigateTask {
  readonly failed: FailedPlan;
  readonly maxRuns: number;
}

export function block(task: { options: CampaignOptions; block: Block }): BlockResult {
  return runBlock(task.options, task.block);
}

export function investigate({ failed, maxRuns }: InvestigateTask): Finding {
  return investigatePlan(failed, maxRuns);
}
