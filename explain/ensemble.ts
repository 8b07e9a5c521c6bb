/**
 * Puts the histories of all servers together: handshakes with the decision of each, the epochs, and the clocks.
 */

import type { Zxid64 } from "../logs/index.ts";
import type { SyncOperation } from "../protocol/packets.ts";
import { type DecisionCheck, DecisionChecker, operationOf } from "./check-decision.ts";
import { type ClockOffset, clockOffsets } from "./clocks.ts";
import type { LeaderSync, LearnerSync, RolePeriod, ServerHistory } from "./history.ts";
import { type Join, joinSyncs, messagesOf, NO_VOTE } from "./joins.ts";
import { releaseOfSync, shareReleases } from "./releases.ts";

/** One synchronization of a learner. Times are by the reference clock. */
export interface ExplainedHandshake {
  /** Undefined if only the learner's log is given, and its votes do not show the leader. */
  readonly leader: number | undefined;
  readonly learner: number;
  readonly observer: boolean;
  /** The epoch of the leader. Undefined if no log shows it. */
  readonly epoch: number | undefined;
  readonly leaderRelease: string | undefined;
  readonly learnerRelease: string | undefined;
  /** The leader's facts. Undefined if the leader's log is not given. */
  readonly facts: LeaderSync["facts"] | undefined;
  /** The learner's last zxid: from the leader's log, or the learner's first vote. */
  readonly peerLastZxid: Zxid64 | undefined;
  readonly operation: SyncOperation | undefined;
  readonly zxid: Zxid64 | undefined;
  readonly check: DecisionCheck;
  /** The time of the decision, or of the packet at the learner. */
  readonly timeMs: number | undefined;
  /** The time at which the learner began to follow. */
  readonly startMs: number | undefined;
  /** The time at which the learner served. Undefined if it did not, or if no log shows it. */
  readonly servingMs: number | undefined;
  readonly leaderSide: LeaderSync | undefined;
  readonly learnerSide: LearnerSync | undefined;
}

/** A leader with the epoch that it established. Times are by the reference clock. */
export interface EstablishedEpoch {
  readonly epoch: number;
  readonly leader: number;
  readonly supporters: readonly number[];
  readonly timeMs: number | undefined;
  readonly endMs: number | undefined;
  readonly period: RolePeriod;
}

/** Everything that the logs of an ensemble say. */
export interface Ensemble {
  readonly histories: readonly ServerHistory[];
  readonly handshakes: readonly ExplainedHandshake[];
  readonly epochs: readonly EstablishedEpoch[];
  readonly clocks: readonly ClockOffset[];
  /** Converts a time of a server's clock into a time of the reference clock. */
  readonly aligned: (server: number, timeMs: number | undefined) => number | undefined;
  /** The servers that the logs mention, with or without a log, in ascending order. */
  readonly members: readonly number[];
}

/** Options of an explanation. */
export interface EnsembleOptions {
  /** The release by which every decision is checked. Default: the release in each log. */
  readonly release?: string | undefined;
}

/** Puts the histories of the servers together. */
export function ensembleOf(histories: readonly ServerHistory[], { release }: EnsembleOptions = {}): Ensemble {
  const sorted = [...histories].sort((a, b) => a.server - b.server);
  for (const { processes } of sorted) shareReleases(processes);
  const joins = joinSyncs(sorted);
  const clocks = clockOffsets(
    sorted.map(({ server }) => server),
    messagesOf(joins, sorted),
  );
  const offsets = new Map(clocks.map(({ offsetMs, server }) => [server, offsetMs]));
  const aligned: Ensemble["aligned"] = (server, timeMs) =>
    timeMs === undefined ? undefined : timeMs - (offsets.get(server) ?? 0);
  const checker = new DecisionChecker();
  const handshakes = joins
    .map((join) => handshakeOf(join, checker, aligned, release))
    .sort((a, b) => (a.timeMs ?? 0) - (b.timeMs ?? 0));
  return {
    ...{ histories: sorted, handshakes, clocks, aligned },
    epochs: epochsOf(sorted, aligned),
    members: membersOf(sorted),
  };
}

function handshakeOf(
  join: Join,
  checker: DecisionChecker,
  aligned: Ensemble["aligned"],
  release: string | undefined,
): ExplainedHandshake {
  const { leaderSide, learnerSide } = join;
  const learnerPeriod = learnerSide?.period;
  const leader = leaderSide?.leader ?? learnerPeriod?.leader;
  const learner = (leaderSide?.learner ?? learnerSide?.learner) as number;
  const used = leaderSide === undefined ? undefined : releaseOfSync(leaderSide, release);
  return {
    ...{ leader, learner, leaderSide, learnerSide },
    observer: learnerPeriod === undefined ? isRegisteredObserver(leaderSide) : learnerPeriod.role === "OBSERVING",
    epoch: leaderSide?.period.epoch ?? learnerSide?.epoch ?? learnerPeriod?.epoch,
    leaderRelease: leaderSide?.process.release ?? release,
    learnerRelease: learnerPeriod?.process.release,
    facts: leaderSide?.facts,
    peerLastZxid: leaderSide?.facts.peerLastZxid ?? votedZxid(learnerPeriod),
    operation: leaderSide === undefined ? learnerSide?.operation : operationOf(leaderSide, learnerSide?.operation),
    zxid: learnerSide?.zxid ?? leaderSide?.zxid,
    check: used === undefined ? checker.check(join, "newest") : checker.check(join, used),
    timeMs:
      leaderSide === undefined
        ? aligned(learner, learnerSide?.at.timeMs)
        : aligned(leaderSide.leader, leaderSide.at.timeMs),
    startMs: aligned(learner, learnerPeriod?.at.timeMs),
    servingMs: servingOf(join, aligned),
  };
}

/** Returns whether a learner registered at its leader as an observer. 3.4 does not log the role. */
function isRegisteredObserver(leaderSide: LeaderSync | undefined): boolean {
  return /:observer(?:;|$)/.test(leaderSide?.period.registered.get(leaderSide.learner)?.text ?? "");
}

/** Returns the last zxid in the first vote of a learner. Undefined if it does not vote. */
function votedZxid(period: RolePeriod | undefined): Zxid64 | undefined {
  const zxid = period?.election?.zxid;
  return zxid === NO_VOTE ? undefined : zxid;
}

/**
 * Returns the time at which the learner served. 3.4 does not log UPTODATE: there, the leader's line about the ACK of
 * NEWLEADER and its quorum are the closest.
 */
function servingOf({ leaderSide, learnerSide }: Join, aligned: Ensemble["aligned"]): number | undefined {
  const own = learnerSide?.upToDateMs ?? learnerSide?.period.servingMs;
  if (learnerSide !== undefined && own !== undefined) return aligned(learnerSide.learner, own);
  const acked = leaderSide?.ackedMs;
  const established = leaderSide?.period.established?.timeMs;
  if (leaderSide === undefined || acked === undefined || established === undefined) return undefined;
  return aligned(leaderSide.leader, Math.max(acked, established));
}

function epochsOf(histories: readonly ServerHistory[], aligned: Ensemble["aligned"]): EstablishedEpoch[] {
  const epochs = histories.flatMap(({ periods, server }) =>
    periods.flatMap((period): EstablishedEpoch[] => {
      const { epoch, established, supporters } = period;
      if (established === undefined || epoch === undefined) return [];
      const timeMs = aligned(server, established.timeMs);
      return [{ epoch, leader: server, supporters, timeMs, endMs: leaderEndOf(period, histories, aligned), period }];
    }),
  );
  return epochs.sort((a, b) => (a.timeMs ?? 0) - (b.timeMs ?? 0));
}

/**
 * Returns the time at which a period is over, by the reference clock: the end that its log shows, or that of the leader
 * that it follows. A log that ends early, for example because the server was killed, shows no end.
 */
export function endOf(period: RolePeriod, { aligned, epochs }: PeriodEnds): number | undefined {
  const { epoch, leader, role } = period;
  const own = ownEndOf(period, aligned);
  if (own !== undefined) return own;
  if (role === "LEADING") return epochs.find((one) => one.period === period)?.endMs;
  return epochs.find((one) => one.leader === leader && one.epoch === epoch)?.endMs;
}

/** Returns the end of a period that the server's own log shows, if only by the next start of the server. */
function ownEndOf({ end, process, server }: RolePeriod, aligned: Ensemble["aligned"]): number | undefined {
  return aligned(server, end?.timeMs ?? (process.hasEnded ? process.lastMs : undefined));
}

/**
 * Returns the time at which an established leader was over: the end that its own log shows, or the time from which the
 * leader and the learners without a known end were no quorum.
 */
function leaderEndOf(
  period: RolePeriod,
  histories: readonly ServerHistory[],
  aligned: Ensemble["aligned"],
): number | undefined {
  const own = ownEndOf(period, aligned);
  if (own !== undefined) return own;
  const { epoch, process, server } = period;
  const learners = histories
    .flatMap(({ periods }) => periods)
    .filter((one) => one.role !== "LEADING" && one.leader === server && one.epoch === epoch);
  const ends = learners.map((one) => ownEndOf(one, aligned));
  const ended = ends.filter((end) => end !== undefined);
  const isQuorum = ends.length - ended.length + 1 > membersOf(histories).length / 2;
  if (ended.length === 0 || isQuorum) return undefined;
  return Math.max(...ended, aligned(server, process.lastMs) ?? 0);
}

/** The part of an ensemble that says when periods end. */
export type PeriodEnds = Pick<Ensemble, "aligned" | "epochs">;

/** Returns every server that a log mentions as a voter, a learner or an address to connect to. */
function membersOf(histories: readonly ServerHistory[]): number[] {
  const members = new Set<number>();
  for (const { elections, periods, server } of histories) {
    members.add(server);
    for (const { heard, unreachable } of elections) {
      for (const sid of [...heard.keys(), ...unreachable.keys()]) members.add(sid);
    }
    for (const { registered, supporters } of periods) {
      for (const sid of [...registered.keys(), ...supporters]) members.add(sid);
    }
  }
  return [...members].filter((sid) => sid >= 0).sort((a, b) => a - b);
}
