/**
 * The faults that a difference suggests. Each entry of the table looks at one difference and returns steps that would
 * explain it, each with the alternatives that logs cannot tell apart.
 */
import { asServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { keepWrites, stallToEnd } from "./disk-repairs.ts";
import type { Located } from "./distance.ts";
import { msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { delayOf, holdOf } from "./moment-steps.ts";
import { breakOf, disconnectOf, gapOf, leadersAt, type RepairContext } from "./repair-context.ts";
import { withStepAt, withSteps } from "./scenario-steps.ts";
import { initTimeoutMs, syncTimeoutMs, TIMED_OUT } from "./timeouts.ts";
import type { RunMoment } from "./trial.ts";
import { timeOf } from "./write-triggers.ts";
import {
  cutBeforeGivingUp,
  delayCommit,
  endFaults,
  holdProposalBeforeTimeout,
  isolateStarted,
  shiftWrites,
  stallDiskOfLeader,
  syncAfterLeaving,
} from "./zxid-repairs.ts";

/** Returns the scenarios that could explain one difference. */
type Repair = (difference: Located, context: RepairContext) => Scenario[];

/** The repairs, by the event that only one side has. */
const REPAIRS: readonly (readonly ["logs" | "run", RegExp, Repair])[] = [
  ["logs", /^(follow|observe)-failed .*connection broken/, breakConnection],
  ["logs", /^handler-failed|^learner-closed/, breakConnectionOfLeader],
  ["logs", TIMED_OUT, isolateBeforeTimeout],
  ["logs", TIMED_OUT, holdProposalBeforeTimeout],
  ["logs", /^(fatal-thread|jvm-exit|trunc-failed|(follow|observe|handler)-failed +IOException)/, failWrite],
  ["logs", /^fatal-thread/, failQueuedWrites],
  ["logs", /^snapshot-invalid/, damageSnapshot],
  ["logs", /^(election-started|database-loaded|sync-started) /, loseWrites],
  ["run", /^(log-file-created|zxid-unexpected|election-started|database-loaded) /, loseWrites],
  ["run", /^disk log /, stallToEnd],
  ["run", /^disk log /, loseWrites],
  ["logs", /^disk log /, keepWrites],
  ["logs", /^ack-not-sent/, syncAfterLeaving],
  ["logs", /^zxid-unexpected/, stallDiskOfLeader],
  ["logs", /^leader-given-up/, cutBeforeGivingUp],
  ["logs", /^(sync-started|sync-snapshot|zxid-unexpected|log-file-created|got-(diff|snap)) /, shiftWrites],
  ["run", /^(sync-started|got-diff|got-snap|log-file-created) /, delayCommit],
  ["run", /^(following|leading)/, isolateStarted],
  ["logs", /^/, endFaults],
  ["run", /^sync-log-too-large/, shrinkLogFiles],
  [
    "run",
    /^(learner-registered|sync-started|leading|following|newleader-received|uptodate-received|got-)/,
    delayMessage,
  ],
  ["run", /^(uptodate-received|newleader-received|got-|established)/, holdMessage],
];

/** The number of differences to which each repair is applied: independent faults may overlap in time. */
const DIFFERENCES_MAX = 2;

/** Returns the scenarios that the differences suggest, those of the first one first. */
export function directRepairs(context: RepairContext): Scenario[] {
  const { extra, missing } = context.trial.comparison;
  const found = REPAIRS.flatMap(([where, pattern, repair]) =>
    (where === "logs" ? missing : extra)
      .filter(({ text }) => pattern.test(text))
      .slice(0, DIFFERENCES_MAX)
      .map((one) => ({ atMs: one.atMs, scenarios: repair(one, context) })),
  );
  return found.sort((a, b) => a.atMs - b.atMs).flatMap(({ scenarios }) => scenarios);
}

/** The times before a difference at which a fault is tried, in milliseconds. */
const BEFORE_MS = [0.1, 0.6, 1.5];

function breakConnection({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const leaders = leadersAt(context, atMs).filter((sid) => sid !== server);
  return leaders.flatMap((from) =>
    BEFORE_MS.map((ms) => withSteps(context.trial.scenario, disconnectOf(server, from, atMs - ms))),
  );
}

function breakConnectionOfLeader({ atMs, server }: Located, context: RepairContext): Scenario[] {
  return serverIdsOf(context.trial.scenario.servers)
    .filter((sid) => sid !== server)
    .map((sid) => withSteps(context.trial.scenario, disconnectOf(sid, server, atMs - 0.6)));
}

/** The times from the end of an isolation until the server has a role again, in milliseconds. */
const ROLE_AFTER_MS = [1, 205, 300, 1000];

/** A read that timed out shows when the last packet came: one limit earlier. From then on, nothing came. */
function isolateBeforeTimeout({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const { scenario } = context.trial;
  return [syncTimeoutMs(scenario.settings), initTimeoutMs(scenario.settings)].flatMap((limitMs) => {
    const fromMs = Math.max(0, atMs - limitMs);
    return leadersAt(context, fromMs + 1).flatMap((leader): Scenario[] => {
      if (leader === server) return [];
      const [one, other] = [asServerId(leader), asServerId(server)];
      const cuts = [
        { step: { cutOneWay: { from: [one], to: [other] } }, ends: [atMs + 20] },
        { step: { isolate: one }, ends: [atMs + 20, ...endsOfIsolation(leader, atMs, context)] },
        { step: { isolate: other }, ends: [atMs + 20, ...endsOfIsolation(server, atMs, context)] },
      ];
      return [0.2, -1.2].flatMap((ms) =>
        cuts.flatMap(({ ends, step }) =>
          ends.flatMap((endMs) => {
            const startMs = Math.max(0, fromMs + ms);
            const isolated = withSteps(scenario, { from: msText(startMs), ...step, for: msText(endMs - fromMs) });
            const moved = withWritesAfter(isolated, startMs, context.evidence);
            return moved === undefined ? [isolated] : [isolated, moved];
          }),
        ),
      );
    });
  });
}

/** The time around the start of an isolation in which writes may as well come just after it, in milliseconds. */
const NEAR_MS = 1.5;

/** Returns the scenario with the writes near a time just after it. Undefined if there are none. */
function withWritesAfter(scenario: Scenario, startMs: number, evidence: Evidence): Scenario | undefined {
  const isNear = (step: Step): boolean => "write" in step && Math.abs(timeOf(step, evidence) - startMs) <= NEAR_MS;
  if (!scenario.steps.some(isNear)) return undefined;
  const from = msText(startMs + 0.2);
  const steps = scenario.steps.map((step) => (isNear(step) && "write" in step ? { from, write: step.write } : step));
  return { ...scenario, steps };
}

/** Returns the times at which a server can have been reachable again: shortly before its next role. */
function endsOfIsolation(server: number, atMs: number, { evidence }: RepairContext): number[] {
  const list = evidence.observations.get(server) ?? [];
  const next = list.find((one) => one.atMs > atMs && /^(following|leading|observing)/.test(one.text));
  return next === undefined ? [] : ROLE_AFTER_MS.map((ms) => next.atMs - ms).filter((ms) => ms > atMs + 20);
}

const WRITES = ["sync-log", "snapshot", "accepted-epoch", "current-epoch", "truncate-log"] as const;

function failWrite({ atMs, server }: Located, context: RepairContext): Scenario[] {
  return WRITES.flatMap((fail) =>
    [0.5, 3, 60].map((ms) =>
      withSteps(context.trial.scenario, {
        from: msText(atMs - ms),
        disk: { server: asServerId(server), fail },
      } as Step),
    ),
  );
}

/** The durations of a sync during which writes wait for the next one, in milliseconds. */
const QUEUED_MS = [20, 50, 100, 200];

/** A sync fails while later writes wait for the next one: the last writes of clients came during this sync. */
function failQueuedWrites({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const { evidence } = context;
  const { scenario } = context.trial;
  const last = scenario.steps.findLastIndex((step) => "write" in step && timeOf(step, evidence) < atMs);
  const own = asServerId(server);
  return QUEUED_MS.map((syncMs) => {
    const startMs = Math.max(0, atMs - syncMs);
    const steps = scenario.steps.map((step, index): Step => {
      if (index !== last || !("write" in step)) return step;
      const every = msText(Math.min(5, (syncMs * 0.6) / step.write.count));
      return { from: msText(startMs - 2), write: { ...step.write, every } };
    });
    const from = msText(startMs - 4);
    const faults = [
      { from, disk: { server: own, sync: msText(syncMs) } },
      { from, disk: { server: own, fail: "sync-log" } },
      { from: msText(atMs + 0.5), disk: { server: own, sync: "2ms" } },
    ] as Step[];
    return withSteps({ ...scenario, steps }, ...faults);
  });
}

function damageSnapshot({ atMs, server }: Located, context: RepairContext): Scenario[] {
  return [1, 0].map((ms) =>
    withSteps(context.trial.scenario, {
      from: msText(atMs - ms),
      disk: { server: asServerId(server), corrupt: "snapshot" },
    } as Step),
  );
}

/** A server lacks transactions that it has in the run: it did not get them, or it did not write them. */
function loseWrites({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const writes = context.trial.scenario.steps.flatMap((step) =>
    "write" in step ? [timeOf(step, context.evidence)] : [],
  );
  const before = writes.filter((ms) => ms <= atMs).slice(-2);
  const own = asServerId(server);
  return before.flatMap((ms) => {
    const from = msText(ms - 0.3);
    const crashed = crashWithLoss(context, server, atMs);
    const faults: Step[] = [
      { from, disk: { server: own, sync: "1s" } } as Step,
      { from, stall: { server: own, thread: "apply" } } as Step,
      ...leadersAt(context, ms).flatMap((leader): Step[] =>
        leader === server
          ? []
          : (["hold", "drop"] as const).map(
              (verb) =>
                ({ from, [verb]: { match: { type: "PROPOSAL", from: leader, to: own }, count: 1 } }) as unknown as Step,
            ),
      ),
    ];
    const broken = breakOf({ atMs: ms, server, to: server }, context);
    return faults.flatMap((step) => [
      withSteps(context.trial.scenario, step),
      ...(broken !== undefined && ("hold" in step || "drop" in step)
        ? [withSteps(context.trial.scenario, step, broken)]
        : []),
      ...(crashed === undefined ? [] : [withSteps(crashed, step)]),
    ]);
  });
}

/** The last crash of a server before a time loses what is not synced. */
function crashWithLoss(
  { evidence, trial: { scenario } }: RepairContext,
  server: number,
  atMs: number,
): Scenario | undefined {
  const index = scenario.steps.findLastIndex(
    (step) => "crash" in step && step.crash.server === server && timeOf(step, evidence) <= atMs,
  );
  const step = scenario.steps[index];
  if (step === undefined || !("crash" in step)) return undefined;
  const lost: Step = { ...step, crash: { ...step.crash, unsynced: "lost" } };
  return withStepAt(scenario, index, lost);
}

/** The size of the log on disk decides, and no log shows how large the files are. */
function shrinkLogFiles(_difference: Located, { trial: { scenario } }: RepairContext): Scenario[] {
  return [{ preAllocSizeBytes: 0 }, { snapshotSizeFactor: 100 }, { preAllocSizeBytes: 0, snapshotSizeFactor: 100 }].map(
    (changed) => ({ ...scenario, settings: { ...scenario.settings, ...changed } }),
  );
}

/** The messages that a server gets or sends shortly before a time, the last one first. */
function messagesBefore({ atMs, server }: Located, { moments }: RepairContext): RunMoment[] {
  return moments
    .filter((one) => one.to !== undefined && one.atMs <= atMs + 1 && one.atMs >= atMs - 12)
    .filter((one) => (one.server === server || one.to === server) && one.moment.message !== "NOTIFICATION")
    .slice(-4)
    .reverse();
}

/** An event is earlier in the run than in the logs: a message took longer. */
function delayMessage(difference: Located, context: RepairContext): Scenario[] {
  const gapMs = gapOf(difference, context);
  if (gapMs === undefined) return [];
  return messagesBefore(difference, context).map((one) => withSteps(context.trial.scenario, delayOf(one, gapMs)));
}

/** An event happens only in the run: a message did not arrive. */
function holdMessage(difference: Located, context: RepairContext): Scenario[] {
  return messagesBefore(difference, context)
    .filter(({ to }) => to === difference.server)
    .map((one) => withSteps(context.trial.scenario, holdOf(one)));
}
