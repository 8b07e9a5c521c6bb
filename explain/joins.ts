/**
 * Joins the leader's and the learner's lines of each synchronization, and derives from them which leader each learner
 * follows, and the messages that bound the clocks.
 */
import type { Zxid64 } from "../logs/index.ts";
import type { Message } from "./clocks.ts";
import type { LeaderSync, LearnerSync, ServerHistory } from "./history.ts";

/** One synchronization: the leader's lines, the learner's lines, or both. */
export interface Join {
  readonly leaderSide: LeaderSync | undefined;
  readonly learnerSide: LearnerSync | undefined;
}

/** The largest error of a clock estimate with which two sides still belong together. */
const TOLERANCE_MS = 60_000;

/**
 * The zxid in the vote of a server that does not vote, such as an observer (FastLeaderElection#getInitLastLoggedZxid).
 */
export const NO_VOTE: Zxid64 = -(1n << 63n);

/** Joins the synchronizations of all servers. Sets `leader` and `epoch` of the learners' roles. */
export function joinSyncs(histories: readonly ServerHistory[]): Join[] {
  const leaderSides = histories.flatMap(({ periods }) => periods.flatMap(({ syncs }) => syncs));
  const joins: Join[] = [];
  for (const { periods, server } of histories) {
    const learnerSides = periods.flatMap(({ sync }) => (sync === undefined ? [] : [sync]));
    const own = leaderSides.filter(({ learner }) => learner === server);
    joins.push(...pair(own, learnerSides));
  }
  const known = new Set(histories.map(({ server }) => server));
  for (const sync of leaderSides)
    if (!known.has(sync.learner)) joins.push({ leaderSide: sync, learnerSide: undefined });
  // The second pass gives the epoch of a follower with an ObserverMaster to the observers that joined it.
  for (const { leaderSide, learnerSide } of [...joins, ...joins]) {
    if (leaderSide === undefined || learnerSide === undefined) continue;
    learnerSide.period.leader = leaderSide.leader;
    learnerSide.period.epoch ??= leaderSide.period.epoch;
  }
  return joins;
}

/**
 * Pairs the sides of one learner. First, it estimates the difference of the clocks from the pairs that are unique by
 * their content; then it pairs those that are close in time.
 */
function pair(leaderSides: readonly LeaderSync[], learnerSides: readonly LearnerSync[]): Join[] {
  const differences = differencesOf(leaderSides, learnerSides);
  const taken = new Set<LeaderSync>();
  const joins: Join[] = learnerSides.map((learnerSide) => {
    const leaderSide = bestMatch(learnerSide, leaderSides, taken, differences);
    if (leaderSide !== undefined) taken.add(leaderSide);
    return { leaderSide, learnerSide };
  });
  for (const leaderSide of leaderSides) if (!taken.has(leaderSide)) joins.push({ leaderSide, learnerSide: undefined });
  return joins;
}

function bestMatch(
  learnerSide: LearnerSync,
  leaderSides: readonly LeaderSync[],
  taken: ReadonlySet<LeaderSync>,
  differences: ReadonlyMap<number, number>,
): LeaderSync | undefined {
  let best: LeaderSync | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const leaderSide of leaderSides) {
    if (taken.has(leaderSide) || !fits(leaderSide, learnerSide)) continue;
    const distance = distanceOf(leaderSide, learnerSide, differences.get(leaderSide.leader) ?? 0);
    if (distance > TOLERANCE_MS) continue;
    const isElected = isElectedBy(leaderSide, learnerSide);
    const wasElected = best !== undefined && isElectedBy(best, learnerSide);
    if (isElected === wasElected ? distance < bestDistance : isElected) [best, bestDistance] = [leaderSide, distance];
  }
  return best;
}

/** Returns whether the learner's votes show that it has elected this leader. */
function isElectedBy({ leader }: LeaderSync, { period }: LearnerSync): boolean {
  return period.election?.leader === leader;
}

/** The time between the leader's decision and the packet at the learner, without the difference of the clocks. */
function distanceOf(leaderSide: LeaderSync, learnerSide: LearnerSync, difference: number): number {
  const [sent, received] = [leaderSide.at.timeMs, learnerSide.at.timeMs];
  return sent === undefined || received === undefined ? 0 : Math.abs(received - sent - difference);
}

/** Returns whether both sides can belong to one synchronization, by their content. */
function fits(leaderSide: LeaderSync, learnerSide: LearnerSync): boolean {
  const vote = learnerSide.period.election?.zxid;
  return (
    (vote === undefined || vote === NO_VOTE || vote === leaderSide.facts.peerLastZxid) &&
    fitsPacket(leaderSide, learnerSide)
  );
}

/** Returns whether the leader can have sent the packet that the learner received. */
function fitsPacket({ facts, operation, zxid: sent }: LeaderSync, learnerSide: LearnerSync): boolean {
  const { operation: received, zxid } = learnerSide;
  // 3.6.0 to 3.8.6 log TRUNC in one case in which they send DIFF.
  if (operation !== undefined && operation !== received && operation !== "TRUNC") return false;
  if (zxid === undefined) return true;
  // The snapshot contains what the leader had processed when it wrote the packet, which may be more than it logged.
  if (received === "SNAP") return sent === undefined || zxid >= sent;
  if (sent !== undefined && operation === received) return zxid === sent;
  // 3.4 logs no zxid: a DIFF names the end of committedLog, or the learner's own zxid.
  if (received === "TRUNC") return zxid <= facts.peerLastZxid;
  return zxid === facts.maxCommittedLog || zxid === facts.peerLastZxid;
}

/** Returns the median difference between the clock of the learner and that of each leader. */
function differencesOf(leaderSides: readonly LeaderSync[], learnerSides: readonly LearnerSync[]): Map<number, number> {
  const result = new Map<number, number>();
  for (const leader of new Set(leaderSides.map((side) => side.leader))) {
    const mine = leaderSides.filter((side) => side.leader === leader);
    const differences: number[] = [];
    for (const learnerSide of learnerSides) {
      if (learnerSide.period.election?.leader !== undefined && learnerSide.period.election.leader !== leader) continue;
      const fitting = mine.filter((side) => fits(side, learnerSide));
      const [only] = fitting;
      if (fitting.length !== 1 || only?.at.timeMs === undefined || learnerSide.at.timeMs === undefined) continue;
      if (learnerSides.filter((other) => fits(only, other)).length !== 1) continue;
      differences.push(learnerSide.at.timeMs - only.at.timeMs);
    }
    differences.sort((a, b) => a - b);
    const median = differences[differences.length >> 1];
    if (median !== undefined) result.set(leader, median);
  }
  return result;
}

/** Returns the messages between servers whose sending and arrival are both logged. */
export function messagesOf(joins: readonly Join[], histories: readonly ServerHistory[]): Message[] {
  return [...joins.flatMap(syncMessages), ...voteMessages(histories)];
}

/** The DIFF, TRUNC or SNAP to the learner, and the learner's ACK of NEWLEADER if the leader logs it. */
function syncMessages({ leaderSide, learnerSide }: Join): Message[] {
  if (leaderSide === undefined || learnerSide === undefined) return [];
  const { ackedMs, at, leader, learner, period } = leaderSide;
  const messages: Message[] = [];
  const add = (from: number, sentMs: number | undefined, to: number, receivedMs: number | undefined): void => {
    if (sentMs !== undefined && receivedMs !== undefined) messages.push({ from, sentMs, to, receivedMs });
  };
  add(leader, at.timeMs, learner, learnerSide.at.timeMs);
  // The learner registers before the leader decides.
  add(learner, learnerSide.period.at.timeMs, leader, at.timeMs);
  add(learner, learnerSide.newLeaderMs ?? learnerSide.at.timeMs, leader, ackedMs);
  // The leader sends UPTODATE only after its quorum is complete.
  if (period.established !== undefined) add(leader, period.established.timeMs, learner, learnerSide.upToDateMs);
  return messages;
}

/** The first vote of an election: the sender logs "New election" before it sends it. */
function voteMessages(histories: readonly ServerHistory[]): Message[] {
  const messages: Message[] = [];
  for (const { firstVotes, server } of histories) {
    for (const { at, sid, zxid } of firstVotes) {
      if (sid === server || at.timeMs === undefined) continue;
      const received = at.timeMs;
      const elections = histories.find((one) => one.server === sid)?.elections ?? [];
      const sameZxid = elections.filter((one) => one.zxid === zxid && one.at.timeMs !== undefined);
      // Several elections with the same zxid cannot be distinguished across clocks that differ.
      const [only] = sameZxid;
      if (sameZxid.length !== 1 || only?.at.timeMs === undefined) continue;
      messages.push({ from: sid, sentMs: only.at.timeMs, to: server, receivedMs: received });
    }
  }
  return messages;
}
