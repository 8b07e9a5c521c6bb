/**
 * The usual faults, tried systematically: each of them at each moment shortly before a difference. The moments are
 * those of the run at the server that differs and at its leader.
 */
import { asServerId } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import type { Located } from "./distance.ts";
import { msText } from "./durations.ts";
import { anchored, delayOf, holdOf, matchOf, momentsOfCrash, READY_MS, readyAt } from "./moment-steps.ts";
import { DECISIVE } from "./observation.ts";
import { breakOf, gapOf, type RepairContext } from "./repair-context.ts";
import { crashesIn, readyMsOf, withStepAt, withSteps } from "./scenario-steps.ts";
import type { RunMoment } from "./trial.ts";

/** The time before a difference from which on moments are tried, in milliseconds. */
const WINDOW_MS = 15;
/** The time after it: the logs have a resolution of a millisecond. */
const AFTER_MS = 1.2;
/** The largest number of moments that are tried for one difference. */
const MOMENTS_MAX = 40;
/** The delays that are tried if the logs do not show how late a message is, in milliseconds. */
const DELAYS_MS = [5, 50];
/** The number of differences that are looked at, the first ones first. */
const DIFFERENCES_MAX = 3;
/** The time around the presumed end of a process in which other ends are tried. */
const CRASH_WINDOW_MS = 25;

/** Returns the scenarios with one more fault that could explain the first differences, the most likely ones first. */
export function* usualFaults(context: RepairContext): Generator<Scenario> {
  const { scenario } = context.trial;
  yield* withoutOneFault(context);
  for (const difference of firstDifferences(context)) {
    const moments = momentsBefore(difference, context);
    const gapMs = gapOf(difference, context);
    for (const moment of moments.filter(({ to }) => to !== undefined)) {
      yield withSteps(scenario, holdOf(moment));
      const broken = breakOf(moment, context);
      if (broken !== undefined) yield withSteps(scenario, holdOf(moment), broken);
      for (const ms of gapMs === undefined ? DELAYS_MS : [gapMs]) yield withSteps(scenario, delayOf(moment, ms));
      yield withSteps(scenario, { from: readyAt(moment), drop: { match: matchOf(moment), count: 1 } });
    }
    yield* movedHolds(difference, moments, context);
    yield* movedCrashes(difference, context);
    yield* slowServers(difference, moments, gapMs, context);
    for (const moment of moments) yield* brokenConnections(moment, context);
  }
}

/** Leaves out each step that the logs do not show, and the steps that were added together. */
function* withoutOneFault({ trial: { scenario } }: RepairContext): Generator<Scenario> {
  const isFree = (step: Step): boolean => !("start" in step || "crash" in step || "write" in step);
  const free = scenario.steps.filter(isFree);
  for (const left of free) yield { ...scenario, steps: scenario.steps.filter((step) => step !== left) };
  for (const from of new Set(free.map((step) => step.from))) {
    const steps = scenario.steps.filter((step) => !isFree(step) || step.from !== from);
    if (steps.length < scenario.steps.length - 1) yield { ...scenario, steps };
  }
}

/** The first differences at different times: decisive ones if there are any. */
function firstDifferences({ trial: { comparison } }: RepairContext): Located[] {
  const all = [...comparison.missing, ...comparison.extra].sort((a, b) => a.atMs - b.atMs);
  const decisive = all.filter(({ weight }) => weight >= DECISIVE);
  const found: Located[] = [];
  for (const one of decisive.length > 0 ? decisive : all) {
    if (found.every(({ atMs, server }) => server !== one.server || Math.abs(atMs - one.atMs) > 1)) found.push(one);
    if (found.length === DIFFERENCES_MAX) break;
  }
  return found;
}

/** The moments of a server and the messages to it and from it shortly before a difference, the last ones first. */
function momentsBefore({ atMs, server }: Located, { moments }: RepairContext): RunMoment[] {
  return moments
    .filter((one) => one.atMs >= atMs - WINDOW_MS && one.atMs <= atMs + AFTER_MS)
    .filter((one) => one.server === server || one.to === server)
    .filter(isHandshake)
    .slice(-MOMENTS_MAX)
    .reverse();
}

function isHandshake({ moment: { message } }: RunMoment): boolean {
  return message !== "NOTIFICATION" && message !== "PING";
}

/** Each held or delayed message near the difference: another message of the same connection instead. */
function* movedHolds(
  { atMs }: Located,
  moments: readonly RunMoment[],
  { moments: all, trial: { scenario } }: RepairContext,
): Generator<Scenario> {
  for (const [index, step] of scenario.steps.entries()) {
    const held = "hold" in step ? step.hold : "delay" in step ? step.delay : undefined;
    const heldMs = readyMsOf(step);
    if (held === undefined || heldMs > atMs + WINDOW_MS) continue;
    const { from, to } = held.match;
    const isSame = (one: RunMoment): boolean =>
      (one.server === from && one.to === to) || (one.server === to && one.to === from);
    const near = all.filter((one) => Math.abs(one.atMs - heldMs) <= WINDOW_MS && isHandshake(one));
    for (const moment of new Set([...moments.filter(isSame), ...near.filter(isSame)])) {
      if (moment.to === undefined) continue;
      const moved = {
        ...step,
        from: readyAt(moment),
        [("hold" in step ? "hold" : "delay") as string]: { ...held, match: matchOf(moment) },
      };
      yield withStepAt(scenario, index, moved as Step);
    }
  }
}

/** Each crash near the difference at each moment of its server, with each fate of unsynced writes. */
function* movedCrashes({ atMs }: Located, { moments, trial: { scenario } }: RepairContext): Generator<Scenario> {
  const handshake = moments.filter(isHandshake);
  for (const { index, step } of crashesIn(scenario)) {
    if (readyMsOf(step) > atMs + CRASH_WINDOW_MS) continue;
    const near = momentsOfCrash(step, handshake, CRASH_WINDOW_MS, MOMENTS_MAX);
    for (const unsynced of ["lost", "kept", 1] as const) {
      const fated = { ...step, crash: { ...step.crash, unsynced } };
      yield withStepAt(scenario, index, fated);
      for (const moment of near) yield withStepAt(scenario, index, anchored(fated, moment));
    }
  }
}

/** A slow disk, a stalled thread or a paused process, from a moment on: until the logs show the event, or for good. */
function* slowServers(
  { server, atMs }: Located,
  moments: readonly RunMoment[],
  gapMs: number | undefined,
  { trial: { scenario } }: RepairContext,
): Generator<Scenario> {
  const others = [...new Set(moments.flatMap((one) => [one.server, one.to ?? one.server]))];
  const servers = [server, ...others.filter((sid) => sid !== server)];
  const times = [...new Set(moments.map((one) => Math.round(one.atMs * 2) / 2))].slice(0, MOMENTS_MAX / 3);
  for (const sid of servers) {
    const own = asServerId(sid);
    for (const time of times) {
      const from = msText(time - READY_MS * 2);
      const lasts = gapMs === undefined ? {} : { for: msText(atMs - time + gapMs) };
      yield withSteps(scenario, { from, disk: { server: own, stall: true }, ...lasts } as Step);
      for (const thread of ["apply", "handlers", "learner", "leader"] as const) {
        yield withSteps(scenario, { from, stall: { server: own, thread }, ...lasts });
      }
      if (gapMs !== undefined) yield withSteps(scenario, { from, pause: own, for: msText(gapMs) });
    }
  }
}

function* brokenConnections(moment: RunMoment, { trial: { scenario } }: RepairContext): Generator<Scenario> {
  const { server, to } = moment;
  if (to === undefined) return;
  const from = readyAt(moment);
  const disconnect = { server: asServerId(server), from: asServerId(to) };
  yield withSteps(scenario, { from, when: { ...moment.moment, on: "delivered" }, disconnect });
  yield withSteps(scenario, { from, reset: { match: matchOf(moment), count: 1 } });
}
