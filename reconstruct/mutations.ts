/**
 * Changes of a candidate scenario: a fault that would explain a difference between its run and the logs, or another
 * choice of what the logs do not show. Each change is drawn from a seeded stream.
 */
import { serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { changeConfigurationFiles } from "./configuration-mutations.ts";
import { msOf, msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import {
  disconnectNearFocus,
  holdBeforeTimeout,
  interfereNearFocus,
  isolateServer,
  partitionNearFocus,
} from "./message-mutations.ts";
import { focusMs, type MutationContext, pickOne } from "./mutation-context.ts";
import { changeReconfiguration } from "./reconfiguration-mutations.ts";
import { type CrashStep, readyMsOf, withStepAt, withSteps } from "./scenario-steps.ts";
import {
  changeDisk,
  changeUnsynced,
  failDisk,
  moveCrash,
  pauseServer,
  slowDisk,
  stallThread,
} from "./server-mutations.ts";
import { SPEED_NAMES, scenariosWithOtherSpeed } from "./speeds.ts";

type Mutation = (context: MutationContext) => Scenario | undefined;

/** The changes with their weights. */
const MUTATIONS: readonly (readonly [number, Mutation])[] = [
  [6, holdBeforeTimeout],
  [5, interfereNearFocus],
  [5, moveCrash],
  [4, moveStep],
  [3, changeConfiguration],
  [3, changeUnsynced],
  [3, changeWrites],
  [3, slowDisk],
  [2, changeSpeed],
  [2, disconnectNearFocus],
  [2, pauseServer],
  [2, isolateServer],
  [2, partitionNearFocus],
  [2, removeStep],
  [1, stallThread],
  [1, failDisk],
  [1, changeSeed],
  [1, changeDisk],
];
const TOTAL = MUTATIONS.reduce((sum, [weight]) => sum + weight, 0);

/** Returns a changed scenario. Returns undefined if the drawn change does not apply. */
export function mutate(context: MutationContext): Scenario | undefined {
  let drawn = context.random.u01() * TOTAL;
  for (const [weight, mutation] of MUTATIONS) {
    drawn -= weight;
    if (drawn < 0) return mutation(context);
  }
  return undefined;
}

function changeWrites(context: MutationContext): Scenario | undefined {
  const { random } = context;
  const { scenario } = context.trial;
  const writes = scenario.steps.flatMap((step, index) => ("write" in step ? [{ step, index }] : []));
  const chosen = pickOne(random, writes);
  const kind = random.below(4);
  if (chosen === undefined || kind === 0) {
    const at = random.chance(0.6) ? ("leader" as const) : random.pick(serverIdsOf(scenario.servers));
    const atMs = random.chance(0.5) ? focusMs(context) - random.u01() * 20 : random.u01() * context.evidence.endMs;
    return withSteps(scenario, { from: msText(atMs), write: { at, count: 1, every: "1ms" } });
  }
  const { index, step } = chosen;
  const counting = (count: number): Step => ({ ...step, write: { ...step.write, count } });
  if (kind === 1) {
    return withStepAt(scenario, index, counting(Math.max(1, step.write.count + random.pick([-1, 1]))));
  }
  if (kind === 2 && step.write.count > 1) {
    const count = 1 + random.below(step.write.count - 1);
    const from = msText(readyMsOf(step) + random.u01() * random.pick([1, 10, 100, 1000]));
    const moved = { ...counting(step.write.count - count), from };
    return withSteps(withStepAt(scenario, index, counting(count)), moved);
  }
  const anchor = pickOne(random, context.moments);
  return anchor && withStepAt(scenario, index, { from: msText(anchor.atMs + random.u01()), write: step.write });
}

function moveStep({ random, trial: { scenario } }: MutationContext): Scenario | undefined {
  const { steps } = scenario;
  if (steps.length === 0) return undefined;
  const index = random.below(steps.length);
  const step = steps[index] as Step;
  const by = (random.u01() - 0.5) * random.pick([0.4, 2, 10, 60, 400, 2000]);
  if (step.for !== undefined && random.chance(0.4)) {
    return withStepAt(scenario, index, { ...step, for: msText(Math.max(0.1, msOf(step.for) + by)) });
  }
  return withStepAt(scenario, index, { ...step, from: msText(readyMsOf(step) + by) });
}

function removeStep({ evidence, random, trial: { scenario } }: MutationContext): Scenario | undefined {
  const { steps } = scenario;
  const free = steps.flatMap((step, index) =>
    "start" in step || ("crash" in step && isCertain(step, steps, evidence)) ? [] : [index],
  );
  const index = pickOne(random, free);
  return index === undefined ? undefined : { ...scenario, steps: steps.filter((_, i) => i !== index) };
}

/**
 * Returns whether a server starts after a crash, or refuses connections. Without that, a server that logs nothing more
 * may as well run.
 */
function isCertain(crash: CrashStep, steps: readonly Step[], { refused }: Evidence): boolean {
  const { server } = crash.crash;
  return (
    steps.some((step) => "start" in step && step.start === server) ||
    refused.some(({ atMs, peer }) => peer === Number(server) && atMs > readyMsOf(crash))
  );
}

/** Changes a reconfiguration, or the files if the scenario has none. */
function changeConfiguration({ evidence, random, trial }: MutationContext): Scenario | undefined {
  return changeReconfiguration(trial.scenario, random) ?? changeConfigurationFiles(trial, evidence, random);
}

function changeSpeed({ random, trial: { scenario } }: MutationContext): Scenario {
  return random.pick(scenariosWithOtherSpeed(scenario, random.pick(SPEED_NAMES)));
}

function changeSeed({ random, trial: { scenario } }: MutationContext): Scenario {
  return { ...scenario, seed: String(1 + random.below(1_000_000)) };
}
