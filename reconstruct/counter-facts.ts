/**
 * How far a leader had got at a time. A learner's zxid shows it for the time at which the learner was last connected,
 * not for the time of the line: a learner that was stopped or cut off has got nothing since.
 */
import type { EstablishedEpoch } from "../explain/ensemble.ts";
import type { Zxid64 } from "../logs/index.ts";
import { type Evidence, hasManyHandshakes, sinceStart, type ZxidFact } from "./evidence.ts";
import { type Connection, connectionsIn, endOfPeriod } from "./learner-connections.ts";
import { endOf } from "./process-times.ts";
import { type Silence, silencesIn } from "./silences.ts";
import { syncTimeoutMs, TIMED_OUT } from "./timeouts.ts";

/**
 * The counter that the leader of an epoch has reached at a time. If the fact is exact, the leader proposed this
 * transaction just before. Otherwise, it did so at any time before.
 */
export type CounterFact = Pick<ZxidFact, "atMs" | "isExact" | "server" | "zxid">;

/** The time before the end of a leader's process at which its last transaction is on its disk. */
const LOGGED_MS = 5;
/** A learner receives a proposal in this time, as long as nothing is slow. A later line shows an old proposal. */
const RECEIVED_MS = 5;
/** The time before the end of a leader at which it has committed what its learners have, if it has proposed more. */
const COMMITTED_MS = 20;
/** The difference of the ends of two processes that are killed together. */
const TOGETHER_MS = 20;
/** The time before a pause at which the last proposal arrives that the learner has after it. */
const ARRIVED_MS = 12;
/** The time after a pause in which a server looks for a leader. */
const AWAKE_MS = 200;

interface Context {
  readonly connections: readonly Connection[];
  readonly silences: readonly Silence[];
  readonly leaderEndMs: number;
  /** The highest zxid of the epoch. */
  readonly highest: Zxid64;
}

/** Returns what the logs show of an epoch. In logs with few handshakes, the times of the lines are close enough. */
export function counterFacts(epoch: EstablishedEpoch, evidence: Evidence): CounterFact[] {
  const own = evidence.zxids.filter(({ zxid }) => Number(zxid >> 32n) === epoch.epoch);
  return hasManyHandshakes(evidence)
    ? whileConnected(own, epoch, evidence)
    : own.map((fact) => beforeTimeout(atLatest(fact, evidence), evidence));
}

/** Dates the facts by the connections of the learners. */
function whileConnected(own: readonly ZxidFact[], epoch: EstablishedEpoch, evidence: Evidence): CounterFact[] {
  const context: Context = {
    connections: connectionsIn(epoch, evidence),
    silences: silencesIn(evidence),
    leaderEndMs: endOfPeriod(evidence, epoch.leader, epoch.period),
    highest: own.reduce((highest, { zxid }) => (zxid > highest ? zxid : highest), 0n),
  };
  const facts = own.flatMap((fact) =>
    fact.server === epoch.leader ? [ofLeader(fact, evidence)] : ofLearner(fact, context, evidence),
  );
  const all = [...facts, ...syncsBeforeWrites(epoch, evidence)];
  const sorted = all.sort((a, b) => a.atMs - b.atMs || Number(a.zxid - b.zxid));
  return withoutLower(withoutOldProposals(sorted, epoch.leader));
}

/** What a process starts with was there when the process before ended, which its last line does not show. */
function atLatest(fact: ZxidFact, evidence: Evidence): ZxidFact {
  const server = evidence.servers.find((one) => one.server === fact.server);
  if (server === undefined || fact.process === undefined) return fact;
  return { ...fact, atMs: Math.max(fact.atMs, endOf(server, fact.process, evidence) ?? fact.atMs) };
}

/** A follower whose read has timed out got its last transaction at least one syncLimit earlier. */
function beforeTimeout(fact: ZxidFact, { observations, servers }: Evidence): ZxidFact {
  if (fact.event !== "election-started") return fact;
  const timedOut = observations
    .get(fact.server)
    ?.some(({ atMs, text }) => Math.abs(atMs - fact.atMs) <= 1 && TIMED_OUT.test(text));
  if (timedOut !== true) return fact;
  const settings = servers.find(({ server }) => server === fact.server)?.processes[0]?.run.settings;
  return { ...fact, atMs: Math.max(0, fact.atMs - syncTimeoutMs(settings ?? {})) };
}

/** A leader whose committedLog has no transaction of its epoch at a synchronization has committed none. */
function syncsBeforeWrites({ epoch, leader, period }: EstablishedEpoch, evidence: Evidence): CounterFact[] {
  return period.syncs.flatMap(({ at, facts }): CounterFact[] => {
    if (Number(facts.maxCommittedLog >> 32n) >= epoch || at.timeMs === undefined) return [];
    const atMs = sinceStart(evidence, leader, at.timeMs);
    return [{ server: leader, zxid: BigInt(epoch) << 32n, isExact: false, atMs }];
  });
}

/**
 * What a leader finds on its disk after a restart was there when its process ended, which its last line does not show.
 */
function ofLeader(fact: ZxidFact, evidence: Evidence): CounterFact {
  const { isExact, server, zxid } = fact;
  const endMs = isExact ? undefined : endAfterLastLine(fact, evidence);
  return { server, zxid, isExact, atMs: endMs === undefined ? fact.atMs : Math.max(fact.atMs, endMs - LOGGED_MS) };
}

function ofLearner(fact: ZxidFact, context: Context, evidence: Evidence): CounterFact[] {
  const { connections, highest, leaderEndMs, silences } = context;
  const { isExact, server, zxid } = fact;
  const last = connections.findLast(({ fromMs, learner }) => learner === server && fromMs <= fact.atMs);
  const endMs = isExact ? undefined : endAfterLastLine(fact, evidence);
  // If both are killed together, the leader may have written more after the learner had got its last proposal.
  const atMs = endMs === undefined || endMs >= leaderEndMs - TOGETHER_MS ? fact.atMs : Math.max(endMs, fact.atMs);
  const silence = silences.find(
    ({ fromMs, server: sid, toMs }) =>
      sid === server && (last?.fromMs ?? 0) < fromMs && fromMs <= atMs && atMs <= toMs + AWAKE_MS,
  );
  // What a paused learner has afterwards has arrived before its leader closed the connection: about when the pause
  // began.
  const latestMs = zxid < highest ? leaderEndMs - COMMITTED_MS : Number.POSITIVE_INFINITY;
  const atEnd = { server, zxid, isExact: false, atMs: Math.min(last?.toMs ?? atMs, latestMs) };
  if (silence !== undefined) return [{ server, zxid, isExact: true, atMs: silence.fromMs - ARRIVED_MS }, atEnd];
  return last === undefined || atMs <= last.toMs ? [{ server, zxid, isExact, atMs }] : [atEnd];
}

/** Returns the end of a process if the fact has the time of its last line. */
function endAfterLastLine({ atMs, server }: ZxidFact, evidence: Evidence): number | undefined {
  const found = evidence.servers.find((one) => one.server === server);
  const index = found?.processes.findIndex(({ lastMs }) => lastMs === atMs) ?? -1;
  return found === undefined || index < 0 ? undefined : endOf(found, index, evidence);
}

/** A learner that was paused logs a proposal long after the leader has sent it. */
function withoutOldProposals(facts: readonly CounterFact[], leader: number): CounterFact[] {
  return facts.filter(({ atMs, isExact, server, zxid }) => {
    if (server === leader || !isExact) return true;
    return !facts.some((one) => one.zxid >= zxid && one.atMs < atMs - RECEIVED_MS);
  });
}

/** Of several facts about one time, the highest counts. */
function withoutLower(facts: readonly CounterFact[]): CounterFact[] {
  return facts.filter((fact, index) => fact.isExact || facts[index + 1]?.atMs !== fact.atMs);
}
