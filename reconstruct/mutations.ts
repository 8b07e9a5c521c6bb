/**
 * Changes of a candidate scenario: a fault that would explain a difference between its run and the logs, or another
 * choice of what the logs do not show. Each change is drawn from a seeded stream.
 */
import { serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import type { Random } from "../sim/random.ts";
import { changeConfigurationFiles } from "./configuration-mutations.ts";
import type { Located } from "./distance.ts";
import { msOf, msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { changeReconfiguration, partitionServers } from "./reconfiguration-mutations.ts";
import { anchored, holdOf, matchOf, READY_MS } from "./repairs.ts";
import { SPEED_NAMES, scenariosWithOtherSpeed } from "./speeds.ts";
import type { RunMoment, Trial } from "./trial.ts";

/** What a change may read. */
export interface MutationContext {
  readonly trial: Trial;
  /** The moments of the run of the trial. */
  readonly moments: readonly RunMoment[];
  readonly random: Random;
  readonly evidence: Evidence;
  /** The difference that the change is to explain. Undefined if the run shows all that the logs show. */
  readonly focus: Located | undefined;
}

type CrashStep = Extract<Step, { readonly crash: unknown }>;
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

// ---- helpers

function withSteps({ trial: { scenario } }: MutationContext, steps: readonly Step[]): Scenario {
  return { ...scenario, steps };
}

function withStep(context: MutationContext, step: Step): Scenario {
  return withSteps(context, [...context.trial.scenario.steps, step]);
}

function replaceStep(context: MutationContext, index: number, step: Step): Scenario {
  return withSteps(
    context,
    context.trial.scenario.steps.map((one, i) => (i === index ? step : one)),
  );
}

function pickOne<T>(random: Random, items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : random.pick(items);
}

const LOOK_BACK_MS = [1, 3, 10, 30, 120, 500];

function tickMs({ trial: { scenario } }: MutationContext): number {
  return scenario.settings.tickTimeMs ?? 2000;
}

/** The time of the difference, or any time of the run. */
function focusMs({ evidence, focus, random }: MutationContext): number {
  return focus?.atMs ?? random.u01() * evidence.endMs;
}

/** Returns a moment shortly before the difference. */
function momentNear(
  context: MutationContext,
  accepts: (moment: RunMoment) => boolean,
  atMs = focusMs(context),
): RunMoment | undefined {
  const back = context.random.pick(LOOK_BACK_MS);
  const near = context.moments.filter((one) => one.atMs >= atMs - back && one.atMs <= atMs + 0.6 && accepts(one));
  return pickOne(context.random, near);
}

const isMessage = ({ to }: RunMoment): boolean => to !== undefined;
const concerns =
  (server: number | undefined) =>
  (one: RunMoment): boolean =>
    server === undefined || one.server === server || one.to === server;

/** A duration: short, long, or without an end. */
function durationOf(context: MutationContext): { for?: string } {
  const { random } = context;
  if (random.chance(0.35)) return {};
  return { for: msText(random.pick([2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]) * (0.5 + random.u01())) };
}

function before(moment: RunMoment): string {
  return msText(Math.max(0, moment.atMs - READY_MS));
}

// ---- messages

/**
 * A read that timed out shows when the last packet arrived: one limit earlier. Holds one of the messages that would
 * have come next.
 */
function holdBeforeTimeout(context: MutationContext): Scenario | undefined {
  const { random, trial } = context;
  const timeouts = trial.comparison.missing.filter(({ text }) => TIMEOUT.test(text));
  const focus = pickOne(random, timeouts.slice(0, 3));
  if (focus === undefined) return undefined;
  const { initLimit = 10, syncLimit = 5 } = trial.scenario.settings;
  const fromMs = focus.atMs - random.pick([initLimit, syncLimit]) * tickMs(context);
  const next = context.moments.filter(
    (one) =>
      isMessage(one) &&
      one.moment.message !== "NOTIFICATION" &&
      one.atMs >= fromMs - 3 &&
      one.atMs <= fromMs + tickMs(context) &&
      (one.to === focus.server || random.chance(0.2)),
  );
  const first = next[Math.min(next.length - 1, random.below(4))];
  if (first === undefined) return undefined;
  return withStep(context, holdOf(first));
}

const TIMEOUT = /Read timed out|leader-shutdown|learner-closed|handler-failed/;

/** Holds, delays, drops or resets one message. */
function interfereNearFocus(context: MutationContext): Scenario | undefined {
  const { focus, random } = context;
  const close = random.chance(0.7) ? concerns(focus?.server) : () => true;
  const message = momentNear(context, (one) => isMessage(one) && close(one));
  if (message === undefined) return undefined;
  const match = matchOf(message);
  const from = before(message);
  const kind = random.below(10);
  if (kind < 4) return withStep(context, { from, hold: { match, count: 1 }, ...durationOf(context) });
  if (kind < 8) return withStep(context, { from, delay: { match, by: msText(delayOf(context)), count: 1 } });
  if (kind < 9) return withStep(context, { from, drop: { match, count: 1 } });
  return withStep(context, { from, reset: { match, count: 1 } });
}

/** A delay: that of an event which the run shows earlier than the logs, or any. */
function delayOf({ random, trial: { comparison } }: MutationContext): number {
  const late = comparison.missing.flatMap(({ atMs, server, text }) =>
    comparison.extra
      .filter((one) => one.text === text && one.server === server && one.atMs < atMs)
      .map((one) => atMs - one.atMs),
  );
  const known = pickOne(random, late);
  if (known !== undefined && random.chance(0.7)) return known;
  return random.pick([1, 3, 10, 30, 100, 300, 1000, 3000]) * (0.5 + random.u01());
}

function disconnectNearFocus(context: MutationContext): Scenario | undefined {
  const { focus, random, trial } = context;
  if (focus === undefined) return undefined;
  const ids = serverIdsOf(trial.scenario.servers).filter((sid) => sid !== focus.server);
  const other = pickOne(random, ids);
  if (other === undefined) return undefined;
  const disconnect = { server: focus.server as never, from: other as never };
  if (random.chance(0.5)) return withStep(context, { from: msText(focus.atMs - random.u01() * 2), disconnect });
  const anchor = momentNear(context, concerns(focus.server));
  if (anchor === undefined) return undefined;
  return withStep(context, { from: before(anchor), when: anchor.moment, disconnect });
}

function isolateServer(context: MutationContext): Scenario | undefined {
  const { focus, random, trial } = context;
  const { initLimit = 10, syncLimit = 5 } = trial.scenario.settings;
  const server =
    random.chance(0.6) && focus !== undefined ? focus.server : random.pick(serverIdsOf(trial.scenario.servers));
  const back = random.pick([0, syncLimit, initLimit]) * tickMs(context) + random.u01() * random.pick([1, 20, 200]);
  const from = msText(focusMs(context) - back);
  const others = serverIdsOf(trial.scenario.servers).filter((sid) => sid !== server);
  const kind = random.below(3);
  if (kind === 0) return withStep(context, { from, isolate: server as never, ...durationOf(context) });
  const to = [random.pick(others)] as never[];
  const cutOneWay = kind === 1 ? { from: [server] as never[], to } : { from: to, to: [server] as never[] };
  return withStep(context, { from, cutOneWay, ...durationOf(context) });
}

function partitionNearFocus(context: MutationContext): Scenario | undefined {
  const { random, trial } = context;
  const { initLimit = 10, syncLimit = 5 } = trial.scenario.settings;
  const back = random.pick([0, 0, syncLimit, initLimit]) * tickMs(context) + random.u01() * random.pick([1, 20, 200]);
  return partitionServers(trial.scenario, random, Math.max(0, focusMs(context) - back), durationOf(context));
}

// ---- processes

/** Moves a crash: to another time, or to a moment of the run. */
function moveCrash(context: MutationContext): Scenario | undefined {
  const { random, trial } = context;
  const { steps } = trial.scenario;
  const crashes = steps.flatMap((step, index) => ("crash" in step ? [{ step, index }] : []));
  const chosen = pickOne(random, crashes);
  if (chosen === undefined) return undefined;
  const { index, step } = chosen;
  const atMs = msOf(step.from ?? "0ms");
  if (random.chance(0.3)) {
    const moved = atMs + (random.u01() - 0.5) * random.pick([0.5, 2, 10, 100, 1000]);
    const { when: _when, ...timed } = step;
    return replaceStep(context, index, { ...timed, from: msText(moved) } as Step);
  }
  const { server } = step.crash;
  const near = context.moments.filter(
    (one) => Math.abs(one.atMs - atMs) < 6 && (one.server === server || one.to === server),
  );
  const anchor = pickOne(random, near);
  return anchor && replaceStep(context, index, anchored(step, anchor));
}

/** Changes the fate of unsynced writes in a crash. */
function changeUnsynced(context: MutationContext): Scenario | undefined {
  const { random, trial } = context;
  const { steps } = trial.scenario;
  const crashes = steps.flatMap((step, index) => ("crash" in step ? [{ step, index }] : []));
  const chosen = pickOne(random, crashes);
  if (chosen === undefined) return undefined;
  const unsynced = random.pick(["lost", "lost", "kept", 1, 2] as const);
  return replaceStep(context, chosen.index, {
    ...chosen.step,
    crash: { ...chosen.step.crash, unsynced },
  });
}

function pauseServer(context: MutationContext): Scenario | undefined {
  const { focus, random, trial } = context;
  const { syncLimit = 5 } = trial.scenario.settings;
  const server =
    random.chance(0.7) && focus !== undefined ? focus.server : random.pick(serverIdsOf(trial.scenario.servers));
  const back = random.pick([0, syncLimit]) * tickMs(context) + random.u01() * random.pick([1, 20, 200, 1000]);
  const lasts = random.pick([10, 100, 500, 1000, 3000]) * (0.5 + random.u01());
  return withStep(context, {
    from: msText(focusMs(context) - back),
    pause: server as never,
    for: msText(lasts),
  });
}

function stallThread(context: MutationContext): Scenario | undefined {
  const { random, trial } = context;
  const server = random.pick(serverIdsOf(trial.scenario.servers));
  const thread = random.pick(["apply", "handlers", "learner", "requests", "leader"] as const);
  const from = msText(focusMs(context) - random.u01() * random.pick([1, 10, 100, 1000]));
  return withStep(context, { from, stall: { server: server as never, thread }, ...durationOf(context) } as Step);
}

// ---- disks

function slowDisk(context: MutationContext): Scenario | undefined {
  const { focus, random, trial } = context;
  const server =
    random.chance(0.6) && focus !== undefined ? focus.server : random.pick(serverIdsOf(trial.scenario.servers));
  const from = msText(focusMs(context) - random.u01() * random.pick([1, 10, 100, 1000]));
  const sync = msText(random.pick([0.01, 1, 5, 20, 50, 100, 300, 1000, 5000]));
  const disk = random.chance(0.15) ? { server, stall: true } : { server, sync };
  return withStep(context, { from, disk, ...durationOf(context) } as unknown as Step);
}

function failDisk(context: MutationContext): Scenario | undefined {
  const { focus, random, trial } = context;
  const server =
    random.chance(0.7) && focus !== undefined ? focus.server : random.pick(serverIdsOf(trial.scenario.servers));
  const from = msText(focusMs(context) - random.u01() * random.pick([1, 10, 100]));
  const disk = random.chance(0.7)
    ? { server, fail: random.pick(["sync-log", "truncate-log", "accepted-epoch", "current-epoch", "snapshot"]) }
    : { server, corrupt: random.pick(["snapshot", "log", "accepted-epoch", "current-epoch"]) };
  return withStep(context, { from, disk } as unknown as Step);
}

/** Changes what the first disks have, where the logs leave a choice. */
function changeDisk(context: MutationContext): Scenario | undefined {
  const { random, trial } = context;
  const { servers } = trial.scenario;
  const sid = random.pick(serverIdsOf(trial.scenario.servers));
  const spec = servers[sid as never];
  if (spec === undefined || spec.empty) return undefined;
  const last = /(\d+:\d+)$/.exec(spec.history)?.[1];
  // Without a snapshot, a log that starts later would lack transactions.
  const { logFrom: _logFrom, ...whole } = spec;
  const changed = [
    { ...spec, acceptedEpoch: Number(spec.acceptedEpoch) + 1 || 0 },
    { ...whole, snapshots: ["0:0"] },
    ...(last === undefined
      ? []
      : [
          { ...spec, snapshots: [last] },
          { ...spec, snapshots: [last], logFrom: last },
        ]),
  ];
  return { ...trial.scenario, servers: { ...servers, [sid]: random.pick(changed) } };
}

// ---- writes, times, speeds

function changeWrites(context: MutationContext): Scenario | undefined {
  const { random, trial } = context;
  const { steps } = trial.scenario;
  const writes = steps.flatMap((step, index) => ("write" in step ? [{ step, index }] : []));
  const chosen = pickOne(random, writes);
  const kind = random.below(4);
  if (chosen === undefined || kind === 0) {
    const at = random.chance(0.6) ? ("leader" as const) : (random.pick(serverIdsOf(trial.scenario.servers)) as never);
    const atMs = random.chance(0.5) ? focusMs(context) - random.u01() * 20 : random.u01() * context.evidence.endMs;
    return withStep(context, { from: msText(atMs), write: { at, count: 1, every: "1ms" } });
  }
  const { index, step } = chosen;
  if (kind === 1) {
    const count = Math.max(1, step.write.count + random.pick([-1, 1]));
    return replaceStep(context, index, { ...step, write: { ...step.write, count } });
  }
  if (kind === 2 && step.write.count > 1) {
    const count = 1 + random.below(step.write.count - 1);
    const rest = { ...step, write: { ...step.write, count: step.write.count - count } };
    const moved = { ...rest, from: msText(msOf(step.from ?? "0ms") + random.u01() * random.pick([1, 10, 100, 1000])) };
    return withSteps(context, [
      ...steps.map((one, i) => (i === index ? { ...step, write: { ...step.write, count } } : one)),
      moved,
    ]);
  }
  const anchor = pickOne(random, context.moments);
  if (anchor === undefined) return undefined;
  return replaceStep(context, index, { from: msText(anchor.atMs + random.u01()), write: step.write });
}

function moveStep(context: MutationContext): Scenario | undefined {
  const { random, trial } = context;
  const { steps } = trial.scenario;
  if (steps.length === 0) return undefined;
  const index = random.below(steps.length);
  const step = steps[index] as Step;
  const by = (random.u01() - 0.5) * random.pick([0.4, 2, 10, 60, 400, 2000]);
  if (step.for !== undefined && random.chance(0.4)) {
    return replaceStep(context, index, { ...step, for: msText(Math.max(0.1, msOf(step.for) + by)) });
  }
  return replaceStep(context, index, { ...step, from: msText(Math.max(0, msOf(step.from ?? "0ms") + by)) });
}

function removeStep(context: MutationContext): Scenario | undefined {
  const { evidence, random, trial } = context;
  const { steps } = trial.scenario;
  const free = steps.flatMap((step, index) =>
    "start" in step || ("crash" in step && isCertain(step, steps, evidence)) ? [] : [index],
  );
  const index = pickOne(random, free);
  if (index === undefined) return undefined;
  return withSteps(
    context,
    steps.filter((_, i) => i !== index),
  );
}

/**
 * Returns whether a server starts after a crash, or refuses connections. Without that, a server that logs nothing more
 * may as well run.
 */
function isCertain({ crash, from = "0ms" }: CrashStep, steps: readonly Step[], { refused }: Evidence): boolean {
  const { server } = crash;
  return (
    steps.some((step) => "start" in step && step.start === server) ||
    refused.some(({ atMs, peer }) => peer === Number(server) && atMs > msOf(from))
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
