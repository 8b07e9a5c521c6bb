/**
 * Describes the steps of a scenario in words.
 */

import type { Effect, EffectKind } from "../scenarios/action-result.ts";
import type { Step } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { describeStep } from "./describe.ts";
import { countOf } from "./format.ts";

/**
 * The fields of a step that say when the step happens and how long it lasts. The only other field of a step is its
 * action.
 */
const TRIGGER_FIELDS: ReadonlySet<string> = new Set(["at", "from", "after", "afterEvent", "when", "for"]);

/** Returns the step with this index (from 0) in words, such as `crash server=1 for 2s`. */
export function stepText({ scenario }: ScenarioRun, index: number): string {
  const step = scenario.steps[index];
  return step === undefined ? "" : textOfStep(step);
}

/** Returns a step in words, such as `crash server=1 for 2s`. */
export function textOfStep(step: Step): string {
  const [action] = Object.entries(step).filter(([name]) => !TRIGGER_FIELDS.has(name));
  return action === undefined ? "" : describeStep({ verb: action[0], argument: action[1], duration: step.for });
}

/** Returns the effect of a step in words, such as `3 messages`. */
export function effectText({ count, kind }: Effect): string {
  if (count === 0) return `without effect: ${NO_EFFECT[kind]}`;
  return countOf(count, kind.replace("-", " ").replace(/s$/, ""));
}

const NO_EFFECT: Readonly<Record<EffectKind, string>> = {
  messages: "it lost, held or changed no message",
  writes: "no server accepted a write",
  connections: "it broke or refused no connection",
  accepts: "no connection arrived at the thread",
  servers: "no such server was running",
  "config-writes": "the server did not make this write",
  reconfigurations: "the leader refused the request, or no server led",
  threads: "the server does not lead, so it has no such thread",
  "disk-operations": "no disk operation stalled or failed",
  files: "the server has no such file",
};

/** Returns one sentence for each step that was executed and had no effect. */
export function stepsWithoutEffect(run: ScenarioRun): string[] {
  return run.steps.flatMap(({ effect, step }) =>
    isWithoutEffect(effect)
      ? [`step ${step + 1} (${stepText(run, step)}) had no effect: ${NO_EFFECT[effect.kind]}`]
      : [],
  );
}

function isWithoutEffect(effect: Effect | undefined): effect is Effect {
  return effect?.count === 0;
}
