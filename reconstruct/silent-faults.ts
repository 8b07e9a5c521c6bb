/**
 * Faults that leave no line in any log: a damaged snapshot, writes that a crash loses, a write that is lost later.
 * They are tried when a run shows everything that decides, because logs do not tell whether they happened.
 */
import { asServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { anchored, momentsOfCrash, READY_MS } from "./moment-steps.ts";
import type { RepairContext } from "./repair-context.ts";
import { crashesIn, readyMsOf, withStepAt, withSteps } from "./scenario-steps.ts";
import { diskVariants } from "./start-disks.ts";
import { timeOf } from "./write-triggers.ts";

/** Returns the scenarios with one more fault that the logs need not show, the most likely ones first. */
export function* silentFaults(context: RepairContext): Generator<Scenario> {
  yield* otherStartFiles(context);
  yield* otherFates(context);
  yield* damagedFiles(context);
  yield* otherCrashMoments(context);
  yield* slowWrites(context);
  yield* lastWrites(context);
}

/** Other snapshots and log files with the same last zxid on the first disk of each server, the most unusual first. */
function* otherStartFiles({ trial: { scenario } }: RepairContext): Generator<Scenario> {
  for (const sid of serverIdsOf(scenario.servers)) {
    const spec = scenario.servers[sid];
    if (spec === undefined || spec.empty || spec.history === "") continue;
    for (const other of diskVariants(spec).reverse()) {
      yield { ...scenario, servers: { ...scenario.servers, [sid]: other } };
    }
  }
}

/** Each crash with each fate of what is not synced. */
function* otherFates({ trial: { scenario } }: RepairContext): Generator<Scenario> {
  for (const { index, step } of crashesIn(scenario)) {
    for (const unsynced of ["lost", "kept", 1, "torn", 2] as const) {
      if (unsynced === step.crash.unsynced) continue;
      yield withStepAt(scenario, index, { ...step, crash: { ...step.crash, unsynced } });
    }
  }
}

/** A snapshot or a log that is damaged when a process ends. */
function* damagedFiles({ trial: { scenario } }: RepairContext): Generator<Scenario> {
  for (const { step } of crashesIn(scenario)) {
    for (const corrupt of ["snapshot", "log"] as const) {
      const from = msText(readyMsOf(step) - READY_MS);
      yield withSteps(scenario, { from, disk: { server: step.crash.server, corrupt } });
    }
  }
}

/** The time around a crash in which other moments are tried, and the number of these moments. */
const CRASH_WINDOW_MS = 4;
const MOMENTS_MAX = 16;

function* otherCrashMoments({ moments, trial: { scenario } }: RepairContext): Generator<Scenario> {
  for (const { index, step } of crashesIn(scenario)) {
    for (const moment of momentsOfCrash(step, moments, CRASH_WINDOW_MS, MOMENTS_MAX)) {
      for (const unsynced of ["lost", "kept"] as const) {
        yield withStepAt(scenario, index, anchored({ ...step, crash: { ...step.crash, unsynced } }, moment));
      }
    }
  }
}

/** The time before a write at which a server becomes slow, in milliseconds. */
const BEFORE_WRITE_MS = 0.3;

/** A server that logs or applies the last writes late. */
function* slowWrites({ evidence, trial: { scenario } }: RepairContext): Generator<Scenario> {
  const times = scenario.steps.flatMap((step) => ("write" in step ? [timeOf(step, evidence)] : []));
  for (const ms of [...new Set(times)].sort((a, b) => b - a).slice(0, 6)) {
    const from = msText(ms - BEFORE_WRITE_MS);
    for (const server of serverIdsOf(scenario.servers)) {
      yield withSteps(scenario, { from, stall: { server, thread: "apply" } });
      yield withSteps(scenario, { from, disk: { server, sync: "1s" } });
    }
  }
}

/** The time before the end of a leader at which a client writes once more, in milliseconds. */
const LAST_WRITE_MS = [1.5, 6, 25];

/** One more write shortly before a leader ends: some followers get it, and no later leader. */
function* lastWrites({ evidence: { ensemble, startMs }, trial: { scenario } }: RepairContext): Generator<Scenario> {
  const servers = serverIdsOf(scenario.servers);
  for (const { endMs, leader } of ensemble.epochs) {
    if (endMs === undefined) continue;
    for (const ms of LAST_WRITE_MS) {
      const atMs = endMs - startMs - ms;
      const from = msText(atMs - BEFORE_WRITE_MS);
      const write: Step = { from: msText(atMs), write: { at: "leader", count: 1, every: "1ms" } };
      const holds = servers
        .filter((sid) => sid !== leader)
        .map((to): Step => ({ from, hold: { match: { type: "PROPOSAL", from: asServerId(leader), to }, count: 1 } }));
      yield withSteps(scenario, write);
      for (const hold of holds) yield withSteps(scenario, write, hold);
      if (holds.length > 1) yield withSteps(scenario, write, ...holds);
      for (const hold of holds) yield withSteps(scenario, write, ...holds.filter((one) => one !== hold));
    }
  }
}
