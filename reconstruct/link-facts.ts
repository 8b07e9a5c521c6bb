/**
 * What logs show of the links between servers. A vote that a server sends shows whether it arrives at another one, and
 * when; a read that times out shows when the last packet arrived.
 */
import { type Evidence, sinceStart, type VoteFact } from "./evidence.ts";
import { initTimeoutMs, syncTimeoutMs, TIMED_OUT, tickMs } from "./timeouts.ts";

/** A cut link. It is cut from a time in [loMs, hiMs] on. */
export interface CutLink {
  readonly servers: readonly [number, number];
  readonly loMs: number;
  readonly hiMs: number;
  /** The time at which the servers hear each other again. Undefined if no log shows it. */
  readonly endMs: number | undefined;
}

/** What a log shows of a link: that a message passes, or that none passes in a range of time. */
export interface LinkFact {
  readonly servers: readonly [number, number];
  readonly atMs: number;
  readonly isUp: boolean;
}

/** A vote that needs longer than this has waited for the link. */
const SLOW_VOTE_MS = 100;

/** Returns what the logs show of the links, in no order. */
export function linkFacts(evidence: Evidence): LinkFact[] {
  return [...voteFacts(evidence), ...timeoutFacts(evidence), ...handshakeFacts(evidence), ...zxidFacts(evidence)];
}

/** A vote gets lost while a connection opens, so a link that returns within this time was not cut. */
const OPENING_MS = 10;

/** Returns the links that were cut, in the order of time. */
export function cutsIn(facts: readonly LinkFact[]): CutLink[] {
  const byLink = new Map<string, LinkFact[]>();
  for (const fact of facts) {
    const key = fact.servers.join();
    const list = byLink.get(key);
    if (list === undefined) byLink.set(key, [fact]);
    else list.push(fact);
  }
  return [...byLink.values()]
    .flatMap(cutsOf)
    .filter(({ endMs, hiMs }) => endMs === undefined || endMs - hiMs > OPENING_MS)
    .sort((a, b) => a.hiMs - b.hiMs);
}

/** Puts the facts about one link together: each run of facts without a message is one cut. */
function cutsOf(facts: readonly LinkFact[]): CutLink[] {
  const sorted = [...facts].sort((a, b) => a.atMs - b.atMs);
  const cuts: CutLink[] = [];
  let [lastUpMs, open] = [0, undefined as LinkFact | undefined];
  const close = (endMs: number | undefined): void => {
    if (open === undefined) return;
    const { atMs: hiMs, servers } = open;
    cuts.push({ servers, loMs: Math.min(lastUpMs, hiMs), hiMs, endMs });
    open = undefined;
  };
  for (const fact of sorted) {
    if (fact.isUp) {
      close(fact.atMs);
      lastUpMs = fact.atMs;
    } else open ??= fact;
  }
  close(undefined);
  return cuts;
}

function pairOf(one: number, other: number): readonly [number, number] {
  return one < other ? [one, other] : [other, one];
}

/** The time by which a receiver can log a vote before its sender does. */
const EARLY_MS = 1;

/** Returns the greatest error of the time of a server on the common clock, in milliseconds. */
function clockErrorMs(server: number, { ensemble }: Evidence): number {
  const clock = ensemble.clocks.find((one) => one.server === server);
  const { maxMs, minMs, offsetMs = 0 } = clock ?? {};
  // Clocks that may be equal are those of one machine, or kept together.
  return offsetMs === 0 || maxMs === undefined || minMs === undefined ? 0 : Math.abs(maxMs - minMs) / 2;
}

/** The times at which a server logs the votes of another one, by vote. */
type Arrivals = ReadonlyMap<string, readonly number[]>;

function voteFacts(evidence: Evidence): LinkFact[] {
  const { servers, votes } = evidence;
  const bySender = new Map<string, VoteFact[]>();
  for (const vote of votes) {
    const key = `${vote.sid} ${vote.server}`;
    const list = bySender.get(key);
    if (list === undefined) bySender.set(key, [vote]);
    else list.push(vote);
  }
  return servers.flatMap(({ server: sid }) => {
    const sent = bySender.get(`${sid} ${sid}`) ?? [];
    return servers.flatMap(({ processes, server }) => {
      const heard = bySender.get(`${sid} ${server}`) ?? [];
      if (server === sid || heard.length === 0) return [];
      const arrivals = arrivalsOf(heard);
      const firstMs = Math.min(...heard.map(({ atMs }) => atMs));
      const runsAt = (atMs: number): boolean =>
        processes.some((one) => one.startMs <= atMs && one.lastMs >= atMs + SLOW_VOTE_MS);
      const errorMs = clockErrorMs(sid, evidence) + clockErrorMs(server, evidence);
      const earlyMs = EARLY_MS + Math.min(errorMs, SLOW_VOTE_MS);
      return sent.flatMap((vote) => {
        const arrivedMs = arrivals.get(vote.vote)?.find((ms) => ms >= vote.atMs - earlyMs);
        return factsOf(vote, arrivedMs, pairOf(sid, server), runsAt(vote.atMs), firstMs);
      });
    });
  });
}

function arrivalsOf(heard: readonly VoteFact[]): Arrivals {
  const arrivals = new Map<string, number[]>();
  for (const { atMs, vote } of heard) {
    const list = arrivals.get(vote);
    if (list === undefined) arrivals.set(vote, [atMs]);
    else list.push(atMs);
  }
  return arrivals;
}

/**
 * `arrivedMs`: the time at which the receiver logs the vote. `runs`: whether the receiver runs when the vote is sent.
 * `firstMs`: the time of the first vote of the sender that it logs.
 */
function factsOf(
  { atMs }: VoteFact,
  arrivedMs: number | undefined,
  servers: LinkFact["servers"],
  runs: boolean,
  firstMs: number,
): LinkFact[] {
  const arrived = arrivedMs === undefined ? [] : [{ servers, atMs: arrivedMs, isUp: true }];
  if (arrivedMs !== undefined && arrivedMs <= atMs + SLOW_VOTE_MS) return arrived;
  // A server logs only votes of voters, so it must have logged one of this server before.
  const isKnown = arrivedMs !== undefined || firstMs < atMs;
  return runs && isKnown ? [{ servers, atMs, isUp: false }, ...arrived] : arrived;
}

/**
 * A server whose read times out has got the last packet one limit earlier. A leader pings twice in a tick. Its thread
 * for a learner reads with a limit, too (LearnerHandler#run).
 */
function timeoutFacts(evidence: Evidence): LinkFact[] {
  return evidence.servers.flatMap(({ history, server }) =>
    history.periods.flatMap(({ leader, problems, process, servingMs }): LinkFact[] => {
      const { settings } = process;
      const limitMs = servingMs === undefined ? initTimeoutMs(settings) : syncTimeoutMs(settings);
      return problems.flatMap(({ at, event, exception, learner }): LinkFact[] => {
        const other = event === "handler-failed" ? learner : LEARNER_FAILED.test(event) ? leader : undefined;
        const isTimeout = exception.some((line) => TIMED_OUT.test(line));
        if (!isTimeout || at.timeMs === undefined || other === undefined || other === server) return [];
        const loMs = sinceStart(evidence, server, at.timeMs) - limitMs;
        const link = pairOf(server, other);
        return [
          { servers: link, atMs: loMs, isUp: true },
          { servers: link, atMs: loMs + tickMs(settings) / 2, isUp: false },
        ];
      });
    }),
  );
}

const LEARNER_FAILED = /^(follow|observe)-failed$/;

/** The lines of a leader and a learner that follow a packet of the other one. */
function handshakeFacts(evidence: Evidence): LinkFact[] {
  return evidence.servers.flatMap(({ history, server }) =>
    history.periods.flatMap(({ leader, registered, sync }): LinkFact[] => {
      const times: [number, number | undefined][] = [...registered].map(([sid, at]) => [sid, at.timeMs]);
      if (leader !== undefined && sync !== undefined) {
        times.push([leader, sync.at.timeMs], [leader, sync.newLeaderMs], [leader, sync.upToDateMs]);
      }
      return times.flatMap(([sid, timeMs]) =>
        timeMs === undefined || sid === server
          ? []
          : [{ servers: pairOf(sid, server), atMs: sinceStart(evidence, server, timeMs), isUp: true }],
      );
    }),
  );
}

/** A follower that lacks a transaction later than another server has it has not got the proposal. */
function zxidFacts(evidence: Evidence): LinkFact[] {
  const { ensemble, servers, zxids } = evidence;
  return servers.flatMap(({ history, server }) =>
    history.periods.flatMap(({ end, epoch, leader, servingMs }): LinkFact[] => {
      if (leader === undefined || leader === server || servingMs === undefined || end?.timeMs === undefined) return [];
      const [fromMs, toMs] = [servingMs, end.timeMs].map((ms) => sinceStart(evidence, server, ms)) as [number, number];
      if (!ensemble.epochs.some((one) => one.epoch === epoch && one.leader === leader)) return [];
      const last = zxids.find((one) => one.server === server && one.atMs >= toMs);
      const missed = zxids.find(
        ({ atMs, server: by, zxid }) =>
          by !== server && atMs > fromMs && atMs < toMs && Number(zxid >> 32n) === epoch && zxid > (last?.zxid ?? zxid),
      );
      return missed === undefined ? [] : [{ servers: pairOf(server, leader), atMs: missed.atMs, isUp: false }];
    }),
  );
}
