/** Drawn faults of processes, threads and disks. */
import { serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { anchored } from "./moment-steps.ts";
import { durationOf, focusMs, type MutationContext, pickOne, pickServer } from "./mutation-context.ts";
import { crashesIn, readyMsOf, withStepAt, withSteps } from "./scenario-steps.ts";
import { diskVariants } from "./start-disks.ts";
import { syncTimeoutMs } from "./timeouts.ts";

/** Moves a crash: to another time, or to a moment of the run. */
export function moveCrash({ moments, random, trial: { scenario } }: MutationContext): Scenario | undefined {
  const chosen = pickOne(random, crashesIn(scenario));
  if (chosen === undefined) return undefined;
  const { index, step } = chosen;
  const atMs = readyMsOf(step);
  if (random.chance(0.3)) {
    const moved = atMs + (random.u01() - 0.5) * random.pick([0.5, 2, 10, 100, 1000]);
    const { when: _when, ...timed } = step;
    return withStepAt(scenario, index, { ...timed, from: msText(moved) } as Step);
  }
  const { server } = step.crash;
  const near = moments.filter((one) => Math.abs(one.atMs - atMs) < 6 && (one.server === server || one.to === server));
  const anchor = pickOne(random, near);
  return anchor && withStepAt(scenario, index, anchored(step, anchor));
}

/** Changes the fate of unsynced writes in a crash. */
export function changeUnsynced({ random, trial: { scenario } }: MutationContext): Scenario | undefined {
  const chosen = pickOne(random, crashesIn(scenario));
  if (chosen === undefined) return undefined;
  const { index, step } = chosen;
  const unsynced = random.pick(["lost", "lost", "kept", 1, 2] as const);
  return withStepAt(scenario, index, { ...step, crash: { ...step.crash, unsynced } });
}

export function pauseServer(context: MutationContext): Scenario {
  const {
    random,
    trial: { scenario },
  } = context;
  const pause = pickServer(context, 0.7);
  const back = random.pick([0, syncTimeoutMs(scenario.settings)]) + random.u01() * random.pick([1, 20, 200, 1000]);
  const lasts = random.pick([10, 100, 500, 1000, 3000]) * (0.5 + random.u01());
  return withSteps(scenario, { from: msText(focusMs(context) - back), pause, for: msText(lasts) });
}

export function stallThread(context: MutationContext): Scenario {
  const {
    random,
    trial: { scenario },
  } = context;
  const server = random.pick(serverIdsOf(scenario.servers));
  const thread = random.pick(["apply", "handlers", "learner", "requests", "leader"] as const);
  const from = msText(focusMs(context) - random.u01() * random.pick([1, 10, 100, 1000]));
  return withSteps(scenario, { from, stall: { server, thread }, ...durationOf(context) });
}

export function slowDisk(context: MutationContext): Scenario {
  const {
    random,
    trial: { scenario },
  } = context;
  const server = pickServer(context, 0.6);
  const from = msText(focusMs(context) - random.u01() * random.pick([1, 10, 100, 1000]));
  const sync = msText(random.pick([0.01, 1, 5, 20, 50, 100, 300, 1000, 5000]));
  const disk = random.chance(0.15) ? { server, stall: true } : { server, sync };
  return withSteps(scenario, { from, disk, ...durationOf(context) } as Step);
}

export function failDisk(context: MutationContext): Scenario {
  const {
    random,
    trial: { scenario },
  } = context;
  const server = pickServer(context, 0.7);
  const from = msText(focusMs(context) - random.u01() * random.pick([1, 10, 100]));
  const disk = random.chance(0.7)
    ? { server, fail: random.pick(["sync-log", "truncate-log", "accepted-epoch", "current-epoch", "snapshot"]) }
    : { server, corrupt: random.pick(["snapshot", "log", "accepted-epoch", "current-epoch"]) };
  return withSteps(scenario, { from, disk } as Step);
}

/** Changes what the first disks have, where the logs leave a choice. */
export function changeDisk({ random, trial: { scenario } }: MutationContext): Scenario | undefined {
  const { servers } = scenario;
  const sid = random.pick(serverIdsOf(servers));
  const spec = servers[sid];
  if (spec === undefined || spec.empty) return undefined;
  const epoch = { ...spec, acceptedEpoch: Number(spec.acceptedEpoch) + 1 || 0 };
  return { ...scenario, servers: { ...servers, [sid]: random.pick([epoch, ...diskVariants(spec)]) } };
}
