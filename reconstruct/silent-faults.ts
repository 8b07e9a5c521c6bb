/**
 * Faults that leave no line in any log: a damaged snapshot, writes that a crash loses, a write that is lost later.
 * They are tried when a run shows everything that decides, because logs do not tell whether they happened.
 */
import { asServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { msOf, msText } from "./durations.ts";
import type { RepairContext } from "./repair-context.ts";
import { anchored, READY_MS } from "./repairs.ts";
import { timeOf } from "./writes.ts";

/** Returns the scenarios with one more fault that the logs need not show, the most likely ones first. */
export function* silentFaults(context: RepairContext): Generator<Scenario> {
  yield* otherStartFiles(context);
  yield* otherFates(context);
  yield* damagedFiles(context);
  yield* otherCrashMoments(context);
  yield* slowWrites(context);
  yield* lastWrites(context);
}

function added({ trial: { scenario } }: RepairContext, ...steps: readonly unknown[]): Scenario {
  return { ...scenario, steps: [...scenario.steps, ...(steps as Step[])] };
}

function replaced({ trial: { scenario } }: RepairContext, index: number, step: Step): Scenario {
  return { ...scenario, steps: scenario.steps.map((one, i) => (i === index ? step : one)) };
}

/** Other snapshots and log files with the same last zxid on the first disk of each server. */
function* otherStartFiles({ trial: { scenario } }: RepairContext): Generator<Scenario> {
  for (const sid of serverIdsOf(scenario.servers)) {
    const spec = scenario.servers[sid];
    const last = /(\d+:\d+)$/.exec(spec?.history ?? "")?.[1];
    if (spec === undefined || spec.empty || last === undefined) continue;
    // Without a snapshot, a log that starts later would lack transactions.
    const { logFrom: _logFrom, ...whole } = spec;
    const others = [
      { ...spec, snapshots: [last], logFrom: last },
      { ...spec, snapshots: [last] },
      { ...whole, snapshots: ["0:0"] },
    ];
    for (const other of others) yield { ...scenario, servers: { ...scenario.servers, [sid]: other } };
  }
}

type Crash = Extract<Step, { readonly crash: unknown }>;

function crashesOf({ trial: { scenario } }: RepairContext): { readonly index: number; readonly step: Crash }[] {
  return scenario.steps.flatMap((step, index) => ("crash" in step ? [{ index, step }] : []));
}

/** Each crash with each fate of what is not synced. */
function* otherFates(context: RepairContext): Generator<Scenario> {
  for (const { index, step } of crashesOf(context)) {
    for (const unsynced of ["lost", "kept", 1, "torn", 2] as const) {
      if (unsynced !== step.crash.unsynced)
        yield replaced(context, index, { ...step, crash: { ...step.crash, unsynced } });
    }
  }
}

/** A snapshot or a log that is damaged when a process ends. */
function* damagedFiles(context: RepairContext): Generator<Scenario> {
  for (const { step } of crashesOf(context)) {
    for (const corrupt of ["snapshot", "log"] as const) {
      const from = msText(Math.max(0, msOf(step.from ?? "0ms") - READY_MS));
      yield added(context, { from, disk: { server: step.crash.server, corrupt } });
    }
  }
}

/** The time around a crash in which other moments are tried, and the number of these moments. */
const CRASH_WINDOW_MS = 4;
const MOMENTS_MAX = 16;

function* otherCrashMoments(context: RepairContext): Generator<Scenario> {
  for (const { index, step } of crashesOf(context)) {
    const { server } = step.crash;
    const atMs = msOf(step.from ?? "0ms");
    const near = context.moments
      .filter((one) => Math.abs(one.atMs - atMs) <= CRASH_WINDOW_MS && (one.server === server || one.to === server))
      .sort((a, b) => Math.abs(a.atMs - atMs) - Math.abs(b.atMs - atMs))
      .slice(0, MOMENTS_MAX);
    for (const moment of near) {
      for (const unsynced of ["lost", "kept"] as const) {
        yield replaced(context, index, anchored({ ...step, crash: { ...step.crash, unsynced } }, moment));
      }
    }
  }
}

/** The time before a write at which a server becomes slow, in milliseconds. */
const BEFORE_WRITE_MS = 0.3;

/** A server that logs or applies the last writes late. */
function* slowWrites(context: RepairContext): Generator<Scenario> {
  const { scenario } = context.trial;
  const times = scenario.steps.flatMap((step) => ("write" in step ? [timeOf(step)] : []));
  for (const ms of [...new Set(times)].sort((a, b) => b - a).slice(0, 6)) {
    const from = msText(Math.max(0, ms - BEFORE_WRITE_MS));
    for (const server of serverIdsOf(scenario.servers)) {
      yield added(context, { from, stall: { server, thread: "apply" } });
      yield added(context, { from, disk: { server, sync: "1s" } });
    }
  }
}

/** The time before the end of a leader at which a client writes once more, in milliseconds. */
const LAST_WRITE_MS = [1.5, 6, 25];

/** One more write shortly before a leader ends: some followers get it, and no later leader. */
function* lastWrites(context: RepairContext): Generator<Scenario> {
  const { ensemble, startMs } = context.evidence;
  const servers = serverIdsOf(context.trial.scenario.servers);
  for (const { endMs, leader } of ensemble.epochs) {
    if (endMs === undefined) continue;
    for (const ms of LAST_WRITE_MS) {
      const atMs = endMs - startMs - ms;
      const from = msText(Math.max(0, atMs - BEFORE_WRITE_MS));
      const write = { from: msText(Math.max(0, atMs)), write: { at: "leader", count: 1, every: "1ms" } };
      const holds = servers
        .filter((sid) => sid !== leader)
        .map((to) => ({ from, hold: { match: { type: "PROPOSAL", from: asServerId(leader), to }, count: 1 } }));
      yield added(context, write);
      for (const hold of holds) yield added(context, write, hold);
      if (holds.length > 1) yield added(context, write, ...holds);
      for (const hold of holds) yield added(context, write, ...holds.filter((one) => one !== hold));
    }
  }
}
