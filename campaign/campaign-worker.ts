/**
 * What a worker thread of a campaign does: run blocks of seeds, and make a failing plan into a finding.
 */

import { knownBugs } from "../fuzz/attribution.ts";
import { type Block, type BlockResult, type CampaignOptions, type FailedPlan, runBlock } from "../fuzz/block.ts";
import { shrinkScenario } from "../fuzz/shrink/shrink-scenario.ts";
import type { Violation } from "../invariants/index.ts";
import type { ReportedFinding } from "../reports/campaign.ts";
import { whyStuck } from "../reports/stuck.ts";
import { whyText } from "../reports/why.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { Trace } from "../sim/trace.ts";

export interface Finding extends Omit<ReportedFinding, "file" | "count"> {
  /** The scenario file. */
  readonly yaml: string;
}

/** A few seconds; who is stuck may need many for nothing. */
const SHRINK_EVENTS = { violation: 8_000_000, stuck: 1_000_000 } as const;

export interface InvestigateTask {
  readonly failed: FailedPlan;
  readonly maxRuns: number;
}

export function block(task: { options: CampaignOptions; block: Block }): BlockResult {
  return runBlock(task.options, task.block);
}

export function investigate({ failed, maxRuns }: InvestigateTask): Finding {
  const { failure, scenario, seed, signature } = failed;
  const steps = shrinkScenario(scenario, failure, { maxRuns, maxEvents: SHRINK_EVENTS[failure.kind] });
  let step = steps.next();
  while (!step.done) step = steps.next();
  const shrunk = step.value;
  const small = shrunk?.scenario ?? scenario;
  const known = knownBugs(small, failure);
  return {
    signature,
    invariant: failure.kind === "stuck" ? "liveness" : failure.id,
    seed: String(seed),
    known,
    steps: small.steps.length,
    servers: Object.keys(small.servers).length,
    shrinkRuns: shrunk?.runs ?? 0,
    shrunkAll: shrunk?.complete ?? false,
    needsNoSeed: shrunk?.needsNoSeed ?? false,
    why: whyOf(small),
    yaml: writeScenario(small, [`${signature}, found with seed ${seed}.`]),
  };
}

/** Why a scenario fails, in text. What is traced is what leads to a violation: servers that are stuck may do much in vain. */
export function whyOf(scenario: Scenario): string {
  const seed = BigInt(scenario.seed ?? 1);
  const run = runScenario(scenario, { seed });
  const last = run.violations.at(-1);
  if (last === undefined) return whyStuck(run);
  const stopAt = ({ atUs, id }: Violation): boolean => atUs === last.atUs && id === last.id;
  return whyText(runScenario(scenario, { seed, stopAt, trace: new Trace() }));
}
