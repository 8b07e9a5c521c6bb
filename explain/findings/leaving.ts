/** Explains why a learner leaves its leader again and again. */
import type { Ensemble } from "../ensemble.ts";
import { type BugReference, bugIn, type Finding, type FindingOf, MAX_EVIDENCE, spanText } from "../finding.ts";
import type { Evidence, Problem, ProcessRun, RolePeriod, ServerHistory } from "../history.ts";

/** The number of times that a learner must leave before it is a finding. */
const MIN_LEAVES = 3;
/** A learner that leaves within this time of the end of its leader follows the leader, and is not the cause. */
const WITH_LEADER_MS = 3000;

/** One time that a learner left. */
interface Leave {
  readonly period: RolePeriod;
  readonly reason: Reason;
  readonly evidence: readonly Evidence[];
}

interface Reason {
  readonly key: string;
  readonly title: string;
  readonly cause: (learner: ServerHistory, run: ProcessRun) => string;
  readonly advice: (run: ProcessRun) => readonly string[];
  readonly bug?: string;
}

const limitText = (run: ProcessRun, name: "initLimit" | "syncLimit"): string => {
  const { tickTimeMs } = run.settings;
  const limit = run.settings[name];
  if (tickTimeMs === undefined || limit === undefined) return `${name} × tickTime`;
  return `${name} × tickTime = ${limit} × ${tickTimeMs} ms = ${spanText(limit * tickTimeMs)}`;
};

const NETWORK_ADVICE = ({ settings: { syncLimit } }: ProcessRun): readonly string[] => [
  "Look for long pauses of the JVM (GC logs), slow fsync on the log disk, and packet loss between the two servers. " +
    `Raise syncLimit${syncLimit === undefined ? "" : ` (now ${syncLimit})`} only if the pauses cannot be avoided.`,
];

const REASONS = {
  silentLeader: {
    key: "silent leader",
    title: "it heard nothing from its leader in time",
    cause: (learner, run) =>
      `A read from the leader timed out: while a follower serves, ${limitText(run, "syncLimit")} may pass without a ` +
      `packet.${slowText(learner)}`,
    advice: NETWORK_ADVICE,
  },
  silentLearner: {
    key: "silent learner",
    title: "its leader heard nothing from it in time",
    cause: (learner, run) =>
      `The leader closed the connection, because ${limitText(run, "syncLimit")} passed without a packet or an ACK of ` +
      `this server.${slowText(learner)}`,
    advice: NETWORK_ADVICE,
  },
  ahead: {
    key: "ahead",
    title: "it is ahead of its leader",
    cause: () =>
      "The leader refuses a follower whose epoch and zxid are above its own: the follower has transactions that the " +
      "leader lacks. A server that is ahead must take part in the election; it cannot join a leader that is already " +
      "elected.",
    advice: () => ["Restart the leader, so that an election with the other server takes place."],
    bug: "open-voter-ahead-of-leader-never-joins",
  },
  unreachable: {
    key: "unreachable",
    title: "it could not connect to its leader",
    cause: (_, run) =>
      "Each attempt to connect to the leader's quorum port failed, and the time for it ran out " +
      `(${limitText(run, "initLimit")}).`,
    advice: () => ["Check the address and the quorum port (the first port of server.N) of the leader, and firewalls."],
  },
  connection: {
    key: "connection",
    title: "the connection to its leader broke",
    cause: (learner) => `The leader's log does not say why, or it is not given.${slowText(learner)}`,
    advice: NETWORK_ADVICE,
  },
} as const satisfies Readonly<Record<string, Reason>>;

function slowText({ processes }: ServerHistory): string {
  const worst = (name: "slowFsync" | "pauses"): number => Math.max(0, ...processes.map((run) => run[name]?.maxMs ?? 0));
  const [fsync, pause] = [worst("slowFsync"), worst("pauses")];
  return [
    ...(fsync === 0 ? [] : [` Its log disk was slow: up to ${spanText(fsync)} for one fsync.`]),
    ...(pause === 0 ? [] : [` Its JVM paused for up to ${spanText(pause)}.`]),
  ].join("");
}

export const leavesAgain: FindingOf = (ensemble) =>
  ensemble.histories.flatMap((history) => {
    const byReason = new Map<string, Leave[]>();
    for (const period of history.periods) {
      const leave = leaveOf(period, ensemble);
      if (leave === undefined) continue;
      byReason.set(leave.reason.key, [...(byReason.get(leave.reason.key) ?? []), leave]);
    }
    return [...byReason.values()]
      .filter((leaves) => leaves.length >= MIN_LEAVES)
      .map((leaves) => findingOf(ensemble, history, leaves));
  });

function findingOf({ aligned }: Ensemble, history: ServerHistory, leaves: readonly Leave[]): Finding {
  const { period, reason } = leaves[0] as Leave;
  const bug: BugReference | undefined =
    reason.bug === undefined ? undefined : bugIn(reason.bug, period.process.release);
  const slow = history.processes.flatMap(({ pauses, slowFsync }) => [slowFsync?.worst, pauses?.worst]);
  return {
    ...{ rule: "leaves-again", severity: "problem", certainty: "proven", servers: [history.server] },
    timeMs: aligned(history.server, period.at.timeMs),
    title: `server ${history.server} left its leader ${leaves.length} times: ${reason.title}`,
    cause: reason.cause(history, period.process),
    evidence: [
      ...leaves.slice(0, 5).flatMap(({ evidence }) => evidence),
      ...slow.filter((line) => line !== undefined),
    ].slice(0, MAX_EVIDENCE),
    advice: reason.advice(period.process),
    ...(bug !== undefined && { bug }),
  };
}

/** Returns why a learner returned to LOOKING. Undefined if its leader ended, or if it did not leave. */
function leaveOf(period: RolePeriod, ensemble: Ensemble): Leave | undefined {
  if (period.role === "LEADING" || period.end?.kind !== "looking" || leaderEnded(period, ensemble)) return undefined;
  const failed = period.problems.find(({ event }) => FAILURES.includes(event));
  const atLeader = leaderProblem(period, ensemble);
  const reason = reasonOf(period, failed, atLeader);
  return { period, reason, evidence: [failed?.at, atLeader?.at].filter((line) => line !== undefined) };
}

const FAILURES: readonly string[] = ["follow-failed", "observe-failed", "leader-given-up"];

function reasonOf({ problems }: RolePeriod, failed: Problem | undefined, atLeader: Problem | undefined): Reason {
  const text = failed?.exception.join(" ") ?? "";
  const leaderText = atLeader?.exception.join(" ") ?? "";
  if (leaderText.includes("Follower is ahead of the leader")) return REASONS.ahead;
  if (problems.some(({ event }) => event === "leader-given-up")) return REASONS.unreachable;
  if (/Read timed out|SocketTimeout/.test(text)) return REASONS.silentLeader;
  const isSilent = atLeader?.event === "transaction-timeout" || /Read timed out|SocketTimeout/.test(leaderText);
  return isSilent ? REASONS.silentLearner : REASONS.connection;
}

/** Returns whether the leader left its role at about the same time. */
function leaderEnded({ end, leader, server }: RolePeriod, { aligned, histories }: Ensemble): boolean {
  const time = aligned(server, end?.timeMs);
  if (leader === undefined || time === undefined) return false;
  const periods = histories.find((one) => one.server === leader)?.periods ?? [];
  return periods.some((one) => {
    const ended = one.role === "LEADING" ? aligned(leader, one.end?.timeMs) : undefined;
    return ended !== undefined && Math.abs(ended - time) <= WITH_LEADER_MS;
  });
}

/** Returns the line with which the leader's thread for this learner ended at about the same time. */
function leaderProblem({ at, end, leader, server }: RolePeriod, { aligned, histories }: Ensemble): Problem | undefined {
  const [from, until] = [aligned(server, at.timeMs), aligned(server, end?.timeMs)];
  if (leader === undefined || from === undefined || until === undefined) return undefined;
  const problems = histories.find((one) => one.server === leader)?.periods.flatMap((one) => one.problems) ?? [];
  return problems.find((one) => {
    const time = aligned(leader, one.at.timeMs);
    return one.learner === server && time !== undefined && time >= from && time <= until + WITH_LEADER_MS;
  });
}
