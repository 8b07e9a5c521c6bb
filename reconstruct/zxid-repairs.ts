/**
 * The faults that the zxids in a difference suggest: a transaction that was proposed and not committed yet, a leader
 * that has not logged what it has committed, and a log thread that goes on after its server has left its leader.
 */
import { asServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Moment, Scenario, Step } from "../scenarios/scenario.ts";
import type { Located } from "./distance.ts";
import { msOf, msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import type { RepairContext } from "./repair-context.ts";
import { withStepAt, withSteps } from "./scenario-steps.ts";
import { syncTimeoutMs, TIMED_OUT } from "./timeouts.ts";
import { timeOf } from "./write-triggers.ts";

interface Writes {
  readonly index: number;
  readonly atMs: number;
  readonly step: Extract<Step, { readonly write: unknown }>;
}

/** Returns the last writes before a time, the last one first. */
function writesBefore({ evidence, trial: { scenario } }: RepairContext, atMs: number, count: number): Writes[] {
  return scenario.steps
    .flatMap((step, index): Writes[] => ("write" in step ? [{ index, step, atMs: timeOf(step, evidence) }] : []))
    .filter((one) => one.atMs <= atMs)
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, count);
}

/** The time before a write at which a fault is ready. */
const BEFORE_WRITE_MS = 0.3;
/** The times after a difference at which a server is fast again. The last one is after the end of all logs. */
const FAST_AGAIN_MS = [3, 100_000];

/**
 * A leader has not committed, or not applied, what the run has committed: some voters log it late, or the leader
 * applies it late.
 */
export function delayCommit({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const { scenario } = context.trial;
  const voters = serverIdsOf(scenario.servers).filter((sid) => scenario.servers[sid]?.role !== "observer");
  const active = voters.filter((sid) => isUpAt(scenario, sid, atMs, context.evidence));
  const majority = Math.floor(voters.length / 2) + 1;
  const slow = Math.max(1, active.length - majority + 1);
  return writesBefore(context, atMs, 3).flatMap((write) => {
    const fromMs = Math.max(0, write.atMs - BEFORE_WRITE_MS);
    const leader = leaderAt(context, atMs);
    return FAST_AGAIN_MS.flatMap((ms) => {
      const lasts = { from: msText(fromMs), for: msText(Math.max(1, atMs - fromMs + ms)) };
      const stalled = (sid: number): Step => ({
        ...lasts,
        when: logsNext(sid, leader),
        disk: { server: asServerId(sid), stall: true },
      });
      return [
        withSteps(context.trial.scenario, { ...lasts, stall: { server: asServerId(server), thread: "apply" } }),
        ...combinations(active, slow).map((some) => withSteps(context.trial.scenario, ...some.map(stalled))),
      ];
    });
  });
}

/** Returns the leader at a time, or the last one before. */
function leaderAt({ evidence: { ensemble, startMs } }: RepairContext, atMs: number): number | undefined {
  return ensemble.epochs.findLast(({ timeMs }) => (timeMs ?? startMs) - startMs <= atMs)?.leader;
}

/** The moment at which a server gets the next transaction to log. */
function logsNext(sid: number, leader: number | undefined): Moment {
  return sid === leader
    ? { event: "proposed", server: asServerId(sid), nth: 1 }
    : { message: "PROPOSAL", to: asServerId(sid), on: "delivered", nth: 1 };
}

function isUpAt({ servers, steps }: Scenario, sid: number, atMs: number, evidence: Evidence): boolean {
  let isUp = servers[asServerId(sid)]?.down !== true;
  const own = steps.filter((step) => timeOf(step, evidence) < atMs);
  for (const step of own.sort((a, b) => timeOf(a, evidence) - timeOf(b, evidence))) {
    if ("start" in step && Number(step.start) === sid) isUp = true;
    if ("crash" in step && Number(step.crash.server) === sid) isUp = false;
  }
  return isUp;
}

function combinations<T>(items: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return items.flatMap((item, index) => combinations(items.slice(index + 1), count - 1).map((rest) => [item, ...rest]));
}

/**
 * A learner gets a transaction whose predecessors it lacks: the log of its leader lacks them. The followers have
 * acknowledged them, and the disk of the leader has stalled.
 */
export function stallDiskOfLeader({ atMs }: Located, context: RepairContext): Scenario[] {
  const leader = leaderAt(context, atMs);
  if (leader === undefined) return [];
  return writesBefore(context, atMs, 4).flatMap(({ atMs: writeMs, step: { write } }) => {
    const starts = [...Array(Math.min(write.count, 6)).keys()].map((nth) => writeMs + nth * msOf(write.every));
    return starts.map((ms): Scenario => {
      const fromMs = Math.max(0, ms - BEFORE_WRITE_MS);
      const disk = { server: asServerId(leader), stall: true };
      return withSteps(context.trial.scenario, { from: msText(fromMs), disk, for: msText(atMs - fromMs + 5) });
    });
  });
}

/** The times by which writes are moved, in milliseconds. */
const SHIFTS_MS = [-1, -0.5, 0.5, 1, -2, 2, -4, 4, -8, 8];

/** A transaction is early or late: the client wrote at another time. */
export function shiftWrites({ atMs }: Located, context: RepairContext): Scenario[] {
  const { scenario } = context.trial;
  return writesBefore(context, atMs + 2, 2).flatMap(({ atMs: writeMs, index, step }) =>
    SHIFTS_MS.map((ms) => withStepAt(scenario, index, { from: msText(writeMs + ms), write: step.write })),
  );
}

/**
 * A read that timed out shows when the last packet came: one syncLimit earlier. The next proposal did not arrive, so a
 * client wrote at this time.
 */
export function holdProposalBeforeTimeout({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const { scenario } = context.trial;
  const lastMs = atMs - syncTimeoutMs(scenario.settings);
  const leader = leaderAt(context, lastMs);
  if (lastMs < 0 || leader === undefined || leader === server) return [];
  const match = { type: "PROPOSAL", from: asServerId(leader), to: asServerId(server) };
  return writesBefore(context, atMs, 3).flatMap(({ index, step }) =>
    [0.5, 1, 2].map((ms) => {
      const { count } = step.write;
      const moved: Step = { from: msText(lastMs - ms), write: { ...step.write, count: 1 } };
      const hold: Step = { from: msText(lastMs - ms - BEFORE_WRITE_MS), hold: { match, count: 1 } };
      const rest = count === 1 ? [] : [{ ...step, write: { ...step.write, count: count - 1 } } as Step];
      const steps = scenario.steps.flatMap((one, i) => (i === index ? rest : [one]));
      return withSteps({ ...scenario, steps }, moved, hold);
    }),
  );
}

/** Returns the times at which followers got the last packet of a leader, of those whose reads timed out later. */
function lastPacketTimes({ evidence, trial: { scenario } }: RepairContext, leftMs: number): number[] {
  return [...evidence.observations.values()].flatMap((list) =>
    list.flatMap(({ atMs, text }) => {
      const lastMs = atMs - syncTimeoutMs(scenario.settings);
      return TIMED_OUT.test(text) && lastMs < leftMs && atMs > leftMs ? [lastMs] : [];
    }),
  );
}

/** The presumed times from the start of a sync until its server leaves its leader, in milliseconds. */
const SYNCING_MS = [40, 15, 5, 100];

/**
 * The log thread of a follower that has left its leader could not send these ACKs: each group of them shows the end of
 * a sync. The transactions were proposed shortly before, and the last ones during the sync of the first ones.
 */
export function syncAfterLeaving({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const list = context.evidence.observations.get(server) ?? [];
  const leftMs = list.findLast((one) => one.atMs <= atMs && one.text.startsWith("follow-failed"))?.atMs;
  if (leftMs === undefined) return [];
  const end = list.find((one) => one.atMs > leftMs && one.text.startsWith("follow-failed"))?.atMs;
  const acks = list.filter((one) => one.text === "ack-not-sent" && one.atMs >= leftMs && one.atMs < (end ?? Infinity));
  const groups = [...new Set(acks.map((one) => one.atMs))];
  const [firstMs = leftMs, secondMs] = groups;
  const first = acks.filter((one) => one.atMs === firstMs).length;
  const rest = acks.length - first;
  const startsMs = [
    ...(secondMs === undefined || 2 * firstMs - secondMs > leftMs ? [] : [2 * firstMs - secondMs]),
    ...lastPacketTimes(context, leftMs),
    ...SYNCING_MS.map((ms) => leftMs - ms),
  ];
  const own = asServerId(server);
  return startsMs.flatMap((startMs) => {
    const next = secondMs === undefined ? 2 : Math.max(0.1, secondMs - firstMs);
    const disk = (ms: number, syncMs: number): Step => ({
      from: msText(ms),
      disk: { server: own, sync: msText(syncMs) },
    });
    const slow = [disk(startMs - 1.5, firstMs - startMs), disk((leftMs + firstMs) / 2, next)];
    return writeVariants(context, leftMs, startMs - 1, first, (startMs + leftMs) / 2, rest).flatMap((scenario) => [
      withSteps(scenario, ...slow),
      withSteps(scenario, ...slow, ...heldFromOthers(context, server, leftMs, startMs - 1.5)),
    ]);
  });
}

/** The last writes before a time in two groups: moved, with transactions that no server had later, or both. */
function writeVariants(
  context: RepairContext,
  untilMs: number,
  firstMs: number,
  first: number,
  secondMs: number,
  second: number,
): Scenario[] {
  const { scenario } = context.trial;
  const [last] = writesBefore(context, untilMs, 1);
  const write = (atMs: number, count: number): Step => ({
    from: msText(atMs),
    write: { at: "leader", count, every: "0.01ms" },
  });
  const groups = [write(firstMs, first), ...(second > 0 ? [write(secondMs, second)] : [])];
  if (last === undefined) return [withSteps(scenario, ...groups)];
  const { count } = last.step.write;
  const kept = count - Math.min(count, first);
  const steps = scenario.steps.flatMap((step, index): Step[] => {
    if (index !== last.index) return [step];
    return kept === 0 ? [] : [{ ...last.step, write: { ...last.step.write, count: kept } }];
  });
  return [withSteps({ ...scenario, steps }, ...groups), withSteps(scenario, ...groups)];
}

/** Holds the next proposal to the other followers. */
function heldFromOthers(context: RepairContext, server: number, leftMs: number, fromMs: number): Step[] {
  const leader = leaderAt(context, leftMs);
  if (leader === undefined) return [];
  return serverIdsOf(context.trial.scenario.servers)
    .filter((sid) => sid !== server && sid !== leader)
    .map((to) => ({
      from: msText(fromMs),
      hold: { match: { type: "PROPOSAL", from: asServerId(leader), to }, count: 1 },
    }));
}

/** The time that an election takes at least after the last vote (FastLeaderElection#finalizeWait), in milliseconds. */
const FINALIZE_MS = 205;

/** A learner could not connect to its leader, although the leader accepted others: their connection was cut. */
export function cutBeforeGivingUp({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const list = context.evidence.observations.get(server) ?? [];
  const role = list.findLast((one) => one.atMs <= atMs && /^(following|observing)/.test(one.text));
  const next = list.find((one) => one.atMs > atMs && /^(following|observing|leading)/.test(one.text));
  if (role === undefined) return [];
  const ends = [atMs + 20, ...(next === undefined ? [] : [next.atMs - FINALIZE_MS, next.atMs - 1]), Infinity];
  const own = asServerId(server);
  return serverIdsOf(context.trial.scenario.servers)
    .filter((sid) => sid !== own)
    .flatMap((sid) =>
      ends.map((endMs) => {
        const from = msText(role.atMs - 1);
        const lasts = endMs === Infinity ? { from } : { from, for: msText(Math.max(1, endMs - role.atMs + 1)) };
        return withSteps(
          context.trial.scenario,
          { ...lasts, cutOneWay: { from: [own], to: [sid] } },
          { ...lasts, cutOneWay: { from: [sid], to: [own] } },
        );
      }),
    );
}

/** A server that starts and finds no leader, although there is one, is cut off. */
export function isolateStarted({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const own = asServerId(server);
  const starts = context.trial.scenario.steps.flatMap((step) =>
    "start" in step && Number(step.start) === server ? [timeOf(step, context.evidence)] : [],
  );
  const startMs = starts.findLast((ms) => ms <= atMs) ?? 0;
  return [startMs, Math.max(0, atMs - 1)].map((ms) =>
    withSteps(context.trial.scenario, { from: msText(ms), isolate: own }),
  );
}

/** The times before a missing event at which a fault ends that has prevented it, in milliseconds. */
const ENDS_BEFORE_MS = [0.5, 5, 50];

/** A fault that the scenario has is over before an event that only the logs show. */
export function endFaults({ atMs }: Located, { evidence, trial: { scenario } }: RepairContext): Scenario[] {
  const keys = new Set(scenario.steps.flatMap((step) => faultKey(step, atMs, evidence) ?? []));
  return [...keys].flatMap((key) =>
    ENDS_BEFORE_MS.map((ms) => ({
      ...scenario,
      steps: scenario.steps.map((step): Step => {
        if (faultKey(step, atMs, evidence) !== key) return step;
        return { ...step, for: msText(Math.max(0.1, atMs - ms - timeOf(step, evidence))) };
      }),
    })),
  );
}

const LASTING = ["disk", "stall", "hold", "delay", "isolate", "cutOneWay", "partition", "pause"];

/** Faults with the same start and end belong together. Returns undefined if a step is no fault that may last. */
function faultKey(step: Step, atMs: number, evidence: Evidence): string | undefined {
  const startMs = timeOf(step, evidence);
  const lasts = startMs < atMs && (step.for === undefined || startMs + msOf(step.for) > atMs - 1);
  return lasts && LASTING.some((verb) => verb in step) ? `${step.from} ${step.for}` : undefined;
}
