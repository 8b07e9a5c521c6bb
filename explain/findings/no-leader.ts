/** Explains times without a leader: which servers did not hear each other, and which limit ran out. */
import { majorityOf } from "../commit-status.ts";
import { type Ensemble, endOf } from "../ensemble.ts";
import {
  bugIn,
  capital,
  type Finding,
  type FindingOf,
  listOf,
  MAX_EVIDENCE,
  serversText,
  spanText,
} from "../finding.ts";
import type { Election, Evidence, LeaderSync, RolePeriod, ServerHistory } from "../history.ts";

/** A shorter time without a leader is a normal election. */
const MIN_GAP_MS = 10_000;

/** A time without a leader, by the reference clock. */
interface Gap {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Whether the logs end without a leader. */
  readonly isOpen: boolean;
}

export const noLeader: FindingOf = (ensemble) =>
  gapsIn(ensemble)
    .map((gap) => factsOf(ensemble, gap))
    .filter(isAwaited)
    .map(findingOf);

/** Returns the times in which no server was an established leader. */
function gapsIn(ensemble: Ensemble): Gap[] {
  const { aligned, epochs, histories } = ensemble;
  const times = histories.flatMap(({ firstMs, lastMs, server }) => [aligned(server, firstMs), aligned(server, lastMs)]);
  const known = times.filter((time) => time !== undefined);
  if (known.length === 0) return [];
  const [first, last] = [Math.min(...known), Math.max(...known)];
  const gaps: Gap[] = [];
  let until = first;
  const led = [...epochs.map(({ endMs, timeMs }) => ({ timeMs, endMs })), ...servedTimes(ensemble)];
  for (const { endMs, timeMs } of led.sort((a, b) => (a.timeMs ?? 0) - (b.timeMs ?? 0))) {
    if (timeMs === undefined) continue;
    if (timeMs - until >= MIN_GAP_MS) gaps.push({ fromMs: until, untilMs: timeMs, isOpen: false });
    until = Math.max(until, endMs ?? last);
  }
  if (last - until >= MIN_GAP_MS) gaps.push({ fromMs: until, untilMs: last, isOpen: true });
  return gaps;
}

/** Returns the times in which learners served, which need a leader. The leader's own log may not be given. */
function servedTimes(ensemble: Ensemble) {
  const { aligned, histories } = ensemble;
  return histories.flatMap(({ periods, server }) =>
    periods.flatMap((period) => {
      const { process, role, servingMs, sync } = period;
      // 3.4 does not log when a learner serves.
      const from = servingMs ?? (process.release?.startsWith("3.4.") ? sync?.at.timeMs : undefined);
      if (role === "LEADING" || from === undefined) return [];
      return [{ timeMs: aligned(server, from), endMs: endOf(period, ensemble) }];
    }),
  );
}

/** Everything that happened in a gap. */
interface GapFacts {
  readonly ensemble: Ensemble;
  readonly gap: Gap;
  /** Leaders that did not establish an epoch. */
  readonly attempts: readonly RolePeriod[];
  readonly elections: readonly Election[];
}

interface Cause {
  readonly title: string;
  readonly cause: string;
  readonly evidence: readonly Evidence[];
  readonly advice: readonly string[];
  readonly bugId?: string;
  readonly servers: readonly number[];
}

/** Returns whether a server looked for a leader early enough. Stopped and starting processes wait for none. */
function isAwaited({ attempts, elections, ensemble: { aligned }, gap: { fromMs, untilMs } }: GapFacts): boolean {
  const starts = [...elections, ...attempts].map(({ at }) => Math.max(fromMs, aligned(at.server, at.timeMs) ?? fromMs));
  return untilMs - Math.min(...starts) >= MIN_GAP_MS;
}

function findingOf(facts: GapFacts): Finding {
  const { gap } = facts;
  const { advice, bugId, cause, evidence, servers, title } =
    CAUSES.map((of) => of(facts)).find((one) => one !== undefined) ?? unknown(facts);
  const release = facts.elections[0]?.process.release ?? facts.attempts[0]?.process.release;
  const bug = bugId === undefined ? undefined : bugIn(bugId, release);
  const span = `${spanText(gap.untilMs - gap.fromMs)}${gap.isOpen ? ", until the logs end" : ""}`;
  return {
    ...{ rule: "no-leader", severity: "problem", certainty: "proven", servers, timeMs: gap.fromMs },
    title: `no server led for ${span}: ${title}`,
    cause,
    evidence: evidence.slice(0, MAX_EVIDENCE),
    advice,
    ...(bug !== undefined && { bug }),
  };
}

function factsOf(ensemble: Ensemble, gap: Gap): GapFacts {
  const { aligned, histories } = ensemble;
  const within = (server: number, from: number | undefined, until: number | undefined): boolean => {
    const start = aligned(server, from);
    const end = aligned(server, until) ?? gap.untilMs;
    return start !== undefined && start < gap.untilMs && end > gap.fromMs;
  };
  return {
    ...{ ensemble, gap },
    attempts: histories.flatMap(({ periods, server }) =>
      periods.filter(
        (one) =>
          one.role === "LEADING" && one.established === undefined && within(server, one.at.timeMs, one.end?.timeMs),
      ),
    ),
    elections: histories.flatMap(({ elections, server }) =>
      elections.filter((one) => within(server, one.at.timeMs, one.endMs)),
    ),
  };
}

const TIMEOUTS: readonly (readonly [text: RegExp, what: string])[] = [
  [/waiting for epoch from quorum/i, "FOLLOWERINFO of a quorum"],
  [/epoch to be acked/i, "ACKEPOCH of a quorum"],
  [/NEWLEADER to be acked|Waiting for a quorum of followers/i, "the ACK of NEWLEADER of a quorum"],
];

/** Returns what a leader waited for until its time ran out, and the lines that show it. */
function timeoutOf({ problems }: RolePeriod): { readonly what: string; readonly lines: Evidence[] } | undefined {
  for (const [text, what] of TIMEOUTS) {
    const lines = problems.filter(({ at, exception }) => text.test(at.text) || exception.some((one) => text.test(one)));
    const advice = problems.filter(({ event }) => event === "init-limit-too-short");
    if (lines.length > 0) return { what, lines: [...lines, ...advice].map(({ at }) => at) };
  }
  return undefined;
}

/** A leader was elected, but did not get a quorum within initLimit. */
function limitTooShort({ attempts, ensemble }: GapFacts): Cause | undefined {
  const failed = attempts.filter((one) => timeoutOf(one) !== undefined);
  const first = failed[0];
  if (first === undefined) return undefined;
  const { lines, what } = timeoutOf(first) as { what: string; lines: Evidence[] };
  const { initLimit, tickTimeMs } = first.process.settings;
  const limit = initLimit === undefined || tickTimeMs === undefined ? undefined : initLimit * tickTimeMs;
  const registered = [...first.registered.keys()];
  const missing = ensemble.members.filter((sid) => sid !== first.server && !registered.includes(sid));
  const enough = registered.length + 1 >= majorityOf(ensemble);
  const slow = enough ? slowestSync(failed, ensemble) : undefined;
  const times = failed.length === 1 ? "" : `, and ${failed.length - 1} more attempts failed in the same way`;
  const limitText =
    limit === undefined
      ? "initLimit × tickTime"
      : `initLimit × tickTime = ${initLimit} × ${tickTimeMs} ms = ${spanText(limit)}`;
  const connected =
    registered.length === 0
      ? "No server connected to it."
      : `${serversText(registered).replace("s", "S")} connected to it.`;
  const absent = missing.length === 0 ? "" : ` ${serversText(missing).replace("s", "S")} did not.`;
  return {
    servers: [...new Set(failed.map(({ server }) => server))],
    title: enough
      ? "initLimit was too short for the synchronization"
      : "too few servers connected to the elected leader",
    cause:
      `Leader ${first.server} waited for ${what} until ${limitText} ran out${times}. ${connected}${absent}` +
      (slow === undefined ? "" : ` ${slow.text}`),
    evidence: [first.at, ...lines, ...first.registered.values(), ...(slow?.evidence ?? [])],
    advice: enough ? raiseInitLimit(slow, first, largestInitLimit(ensemble)) : [connectAdvice(missing)],
    ...(!enough && { bugId: "ZOOKEEPER-3188" }),
  };
}

/** The synchronization that took longest, and the time that it needed or used up. */
interface SlowSync {
  readonly text: string;
  readonly evidence: readonly Evidence[];
  readonly neededMs: number;
  /** Whether it was completed, so that the needed time is known. */
  readonly isComplete: boolean;
}

function slowestSync(failed: readonly RolePeriod[], { handshakes }: Ensemble): SlowSync | undefined {
  const syncs = failed.flatMap(({ end, syncs }) =>
    syncs.flatMap((sync): { sync: LeaderSync; ms: number }[] => {
      const [from, until] = [sync.at.timeMs, end?.timeMs];
      return from === undefined || until === undefined ? [] : [{ sync, ms: until - from }];
    }),
  );
  const longest = syncs.sort((a, b) => b.ms - a.ms)[0];
  if (longest === undefined) return undefined;
  const { ms, sync } = longest;
  const before = Math.max(0, (sync.at.timeMs ?? 0) - (sync.period.at.timeMs ?? 0));
  const complete = handshakes.find(
    (one) =>
      one.learner === sync.learner &&
      one.operation === sync.operation &&
      one.servingMs !== undefined &&
      (one.timeMs ?? 0) > (sync.at.timeMs ?? 0),
  );
  const took =
    complete?.servingMs === undefined || complete.timeMs === undefined
      ? undefined
      : complete.servingMs - complete.timeMs;
  const packet = sync.operation ?? "synchronization";
  const neededMs = before + Math.max(ms, took ?? 0);
  const later = took === undefined ? "" : ` A later ${packet} to the same server took ${spanText(took)}.`;
  return {
    text: `The ${packet} to server ${sync.learner} was not acknowledged after ${spanText(ms)}.${later}`,
    evidence: [sync.lines.at(-1) ?? sync.at],
    neededMs,
    isComplete: took !== undefined,
  };
}

/** By how much initLimit should exceed the time that was needed once. */
const MARGIN = 2;

/** Returns the largest initLimit of all servers, earlier starts included; 0 if no log contains one. */
function largestInitLimit({ histories }: Ensemble): number {
  const all = histories.flatMap(({ processes }) => processes.map(({ settings }) => settings.initLimit ?? 0));
  return Math.max(0, ...all);
}

function raiseInitLimit(slow: SlowSync | undefined, { process: { settings } }: RolePeriod, largest: number): string[] {
  const { initLimit, tickTimeMs } = settings;
  const now = initLimit === undefined ? "" : ` (now ${initLimit})`;
  if (slow === undefined || tickTimeMs === undefined) return [`Raise initLimit${now} on every server.`];
  const withMarginMs = slow.neededMs * MARGIN;
  const value = Math.ceil(withMarginMs / tickTimeMs);
  const measured = slow.isComplete
    ? `the elections and this synchronization needed ${spanText(slow.neededMs)}`
    : `${spanText(slow.neededMs)} were not enough for the elections and this synchronization, and no log shows how ` +
      "much is";
  return [
    `Raise initLimit${now} to ${value}${slow.isComplete ? "" : " or more"} ` +
      `on every server: ${measured}. With a margin ` +
      `of factor ${MARGIN}, that is ${spanText(withMarginMs)}, ` +
      `and ${spanText(withMarginMs)} / tickTime ${tickTimeMs} ms ` +
      `= ${value}${Number.isInteger(withMarginMs / tickTimeMs) ? "" : " (rounded up)"}.`,
    ...(largest > value
      ? [
          `The largest initLimit in these logs is ${largest}: set it on every server, unless there was a reason for ` +
            "a smaller one.",
        ]
      : []),
    "A smaller snapshot helps, too: remove data that no client needs.",
  ];
}

function connectAdvice(missing: readonly number[]): string {
  const who = missing.length === 0 ? "the other servers" : serversText(missing);
  return `Start ${who}, or repair the network: ${who} must reach the leader's quorum port, the first port of server.N.`;
}

/** Not enough servers were up. */
function tooFewUp({ elections, ensemble, gap }: GapFacts): Cause | undefined {
  const { aligned, histories, members } = ensemble;
  const up = histories.filter((history) => isUpIn(history, gap, aligned)).map(({ server }) => server);
  const withLog = histories.map(({ server }) => server);
  const unknown = members.filter((sid) => !withLog.includes(sid));
  const heard = new Set(elections.flatMap((one) => [...one.heard.keys()]));
  const perhaps = unknown.filter((sid) => heard.has(sid));
  if (up.length + perhaps.length >= majorityOf(ensemble)) return undefined;
  const down = members.filter((sid) => !up.includes(sid));
  const first = elections[0];
  return {
    servers: down,
    title: up.length === 0 ? "no server ran" : `only ${serversText(up)} of ${members.length} ran`,
    cause:
      `A leader needs ${majorityOf(ensemble)} of ${members.length} servers. ` +
      `${serversText(down).replace("s", "S")} wrote nothing in this time.`,
    evidence: [first?.at, ...(first === undefined ? [] : [...first.unreachable.values()].map(({ at }) => at))].filter(
      (line) => line !== undefined,
    ),
    advice: [`Start ${serversText(down)}. Their logs end before this time; see why under the findings about exits.`],
  };
}

/** Returns whether a server wrote lines in most of a gap. */
function isUpIn({ processes, server }: ServerHistory, { fromMs, untilMs }: Gap, aligned: Ensemble["aligned"]): boolean {
  return processes.some(({ at, lastMs }) => {
    const [start, end] = [aligned(server, at.timeMs), aligned(server, lastMs)];
    if (start === undefined || end === undefined) return false;
    return Math.min(end, untilMs) - Math.max(start, fromMs) > (untilMs - fromMs) / 2;
  });
}

/** Servers were up but did not hear each other. */
function notHeard({ elections, ensemble, gap }: GapFacts): Cause | undefined {
  const { members } = ensemble;
  const deaf = elections.flatMap((election) => {
    const self = election.at.server;
    const missing = members.filter((sid) => sid !== self && !election.heard.has(sid));
    return missing.length === 0 ? [] : [{ election, self, missing }];
  });
  const longest = deaf.sort((a, b) => lengthOf(b.election, gap, ensemble) - lengthOf(a.election, gap, ensemble));
  const main = longest[0];
  if (main === undefined) return undefined;
  const bySelf = new Map<number, number[]>();
  for (const { missing, self } of longest) if (!bySelf.has(self)) bySelf.set(self, missing);
  const pairs = [...bySelf].map(([self, missing]) => `server ${self} did not hear ${serversText(missing)}`);
  const lines = longest.flatMap(({ election, missing }) =>
    missing.flatMap((sid) => election.unreachable.get(sid) ?? []),
  );
  const wrong = wrongAddresses(longest, gap, ensemble);
  const others = lines.filter((line) => !wrong.some(({ at }) => at === line.at));
  const isTimeout = lines.some(({ at }) => /timed? ?out/i.test(at.text));
  const refused = others.some(({ at }) => /refused/i.test(at.text));
  return {
    servers: [...bySelf.keys()].sort((a, b) => a - b),
    title: pairs.length === 1 ? (pairs[0] as string) : "servers did not hear each other's votes",
    cause:
      `${capital(listOf(pairs))}. ${wrong.map(({ cause }) => cause).join("")}` +
      (refused
        ? `A refused connection${wrong.length > 0 ? " to another server" : ""} means that the other process did not ` +
          "run, or had no election port. "
        : "") +
      (isTimeout
        ? "A connection that times out means that packets to the other machine were dropped. While a server of an " +
          "old release waits for it, its votes to the others are late."
        : ""),
    evidence: [
      ...wrong.map(({ at }) => at),
      ...longest.slice(0, 3).map(({ election }) => election.zxidAt),
      ...others.map(({ at }) => at),
    ],
    advice: [
      ...wrong.map(({ advice }) => advice),
      "Check the election port (the second port of server.N) between these servers in both directions, and that " +
        "every zoo.cfg has the same list of servers.",
    ],
    ...(isTimeout && { bugId: "zookeeper-3756-unreachable-voter-holds-up-votes" }),
  };
}

/** A server that runs, but that another server cannot reach at the address that it uses. */
interface WrongAddress {
  readonly at: Evidence;
  readonly cause: string;
  readonly advice: string;
}

function wrongAddresses(
  deaf: readonly { readonly election: Election; readonly self: number; readonly missing: readonly number[] }[],
  gap: Gap,
  { aligned, histories }: Ensemble,
): WrongAddress[] {
  const up = histories.filter((history) => isUpIn(history, gap, aligned)).map(({ server }) => server);
  const found = new Map<string, WrongAddress>();
  for (const { election, missing, self } of deaf) {
    for (const sid of missing.filter((one) => up.includes(one))) {
      const failed = election.unreachable.get(sid);
      // A connection can fail once because the other server starts later.
      if (failed === undefined || failed.count < 2 || found.has(`${self}-${sid}`)) continue;
      const { address, at, count } = failed;
      // QuorumCnxManager#handleConnection
      const oneWay =
        sid < self
          ? ` Server ${sid} cannot help: of two servers, only the one with the higher id keeps the connection that ` +
            "it opens."
          : "";
      found.set(`${self}-${sid}`, {
        at,
        cause:
          `Server ${sid} ran, but server ${self} could not connect to it at ${address} (${count} times).` +
          `${oneWay} `,
        advice:
          `Correct the address of server ${sid} that server ${self} uses, ${address}: its line server.${sid} in ` +
          "zoo.cfg, the host name that it resolves, or a firewall between them.",
      });
    }
  }
  return [...found.values()];
}

function lengthOf({ at, endMs }: Election, { fromMs, untilMs }: Gap, { aligned }: Ensemble): number {
  const start = Math.max(fromMs, aligned(at.server, at.timeMs) ?? fromMs);
  return Math.min(untilMs, aligned(at.server, endMs) ?? untilMs) - start;
}

function unknown({ attempts, elections }: GapFacts): Cause {
  const lines = [
    ...attempts.flatMap(({ at, problems }) => [at, ...problems.map((one) => one.at)]),
    ...elections.map(({ at }) => at),
  ];
  return {
    servers: [...new Set([...attempts.map(({ server }) => server), ...elections.map(({ at }) => at.server)])],
    title: "the logs do not show why",
    cause:
      `${attempts.length} times, a server was elected and left before it had a quorum; ${elections.length} ` +
      "elections fall into this time. The lines below are all that the logs say.",
    evidence: lines,
    advice: ["Give the logs of all servers, also of those that were down."],
  };
}

const CAUSES: readonly ((facts: GapFacts) => Cause | undefined)[] = [limitTooShort, tooFewUp, notHeard];
