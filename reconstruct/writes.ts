/** The writes of clients: no log shows them, but the zxids in the logs show how many there were, and about when. */
import type { EstablishedEpoch } from "../explain/ensemble.ts";
import type { Zxid64 } from "../logs/index.ts";
import { asServerId } from "../protocol/zxid.ts";
import type { Moment, Step, Trigger, WriteAction } from "../scenarios/scenario.ts";
import { endOfPeriod } from "./connections.ts";
import { type CounterFact, counterFacts } from "./counter-facts.ts";
import { msOf, msText } from "./durations.ts";
import { type Evidence, hasManyHandshakes, sinceStart, type ZxidFact } from "./evidence.ts";
import { endOf } from "./process-times.ts";
import { type LoggedReconfiguration, reconfigStep, reconfigurationsIn } from "./reconfigurations.ts";
import { readyMsOf } from "./scenario-steps.ts";
import { syncTimeoutMs, TIMED_OUT } from "./timeouts.ts";

/** Returns the requests of all epochs. A reconfiguration of which no zxid is known takes the place of a write. */
export function clientWrites(evidence: Evidence): Step[] {
  const steps = evidence.ensemble.epochs.flatMap((epoch) => writesOf(epoch, evidence));
  return reconfigurationsIn(evidence)
    .filter(({ version }) => version === undefined)
    .reduce((all, change) => withReconfiguration(all, change, evidence), steps);
}

/** The time from a request to its commit, as long as nothing is slow. */
const REQUEST_MS = 2;

function withReconfiguration(steps: readonly Step[], change: LoggedReconfiguration, evidence: Evidence): Step[] {
  const atMs = change.requestMs ?? change.seenMs - REQUEST_MS;
  const distances = steps.map((step) =>
    "write" in step ? Math.abs(readyMsOf(step) - atMs) : Number.POSITIVE_INFINITY,
  );
  const nearest = distances.indexOf(Math.min(...distances));
  return [
    ...steps.flatMap((step, index): Step[] => {
      if (!("write" in step) || index !== nearest) return [step];
      const count = step.write.count - 1;
      return count === 0 ? [] : [{ ...step, write: { ...step.write, count } }];
    }),
    reconfigStep(atMs, change, evidence),
  ];
}

const counterOf = ({ zxid }: CounterFact): number => Number(zxid & 0xffff_ffffn);

/** The part of the time before a fact in which its writes are requested. The rest is for their commits. */
const BUSY_SHARE = 0.6;

/** The time after the start of an epoch in which a write waits for the leader. */
const FIRST_MS = 200;
/** The time after a fact from which on a write cannot belong to it. */
const SETTLED_MS = 2;

/** The writes of one epoch: between two known counters, all in the middle; exact times, just before. */
function writesOf(established: EstablishedEpoch, evidence: Evidence): Step[] {
  const { epoch, leader, period, timeMs } = established;
  const reconfigurations = reconfigurationsIn(evidence).flatMap(({ version, ...one }) =>
    version === undefined ? [] : [{ ...one, version }],
  );
  const seen = reconfigurations.map(
    ({ isExact, seenMs: atMs, version: zxid }): CounterFact => ({ server: 0, atMs, zxid, isExact }),
  );
  const isLong = hasManyHandshakes(evidence);
  const own = isLong
    ? counterFacts(established, evidence)
    : evidence.zxids
        .filter(({ zxid }) => Number(zxid >> 32n) === epoch)
        .map((fact) => beforeTimeout(atLatest(fact, evidence), evidence));
  const facts = [...own, ...seen.filter(({ zxid }) => Number(zxid >> 32n) === epoch)].sort((a, b) => a.atMs - b.atMs);
  const firstMs = (timeMs ?? evidence.startMs) - evidence.startMs;
  const lastMs = Math.min(endOfPeriod(evidence, leader, period), evidence.endMs);
  const at: WriteAction["at"] = isAloneAt(established, evidence) ? "leader" : asServerId(leader);
  const steps: Step[] = [];
  let [known, knownMs] = [0, firstMs];
  for (const fact of facts) {
    const counter = counterOf(fact);
    const count = counter - known;
    const untilMs = Math.min(fact.atMs, lastMs);
    if (count > 0) {
      const atMs = fact.isExact
        ? Math.max(
            untilMs - (fact.server === leader ? 0.1 : 1) - (count - 1),
            Math.min(knownMs + SETTLED_MS, untilMs - 1),
          )
        : (knownMs + Math.max(knownMs, untilMs)) / 2;
      const requestMs = Math.max(atMs, firstMs + 0.5);
      steps.push(...requestsOf(requestMs, fact.zxid, count, Math.max(untilMs - requestMs, 0)));
      known = counter;
    }
    knownMs = Math.max(knownMs, untilMs);
  }
  return isLong ? steps : steps.map((step) => afterEstablished(step, leader, firstMs));

  /** The leader of the run may be later than that of the logs, and the first write must not come before it leads. */
  function triggerAt(atMs: number): Trigger {
    const electionMs = sinceStart(evidence, leader, period.election?.at.timeMs);
    if (!isLong || atMs > firstMs + FIRST_MS || !Number.isFinite(electionMs)) return { from: msText(atMs) };
    const when: Moment = { event: "established", server: asServerId(leader), nth: 1 };
    return { from: msText(electionMs), when, after: msText(atMs - firstMs) };
  }

  /** The requests with the last `count` zxids up to `last`: writes, and reconfigurations between them. */
  function requestsOf(atMs: number, last: Zxid64, count: number, leftMs: number): Step[] {
    const every = count > 1 ? Math.min(1, (leftMs * BUSY_SHARE) / count) : 1;
    const first = last - BigInt(count) + 1n;
    const changes = reconfigurations
      .filter(({ version }) => version >= first && version <= last)
      .sort((a, b) => (a.version < b.version ? -1 : 1));
    const requests: Step[] = [];
    let next = first;
    const write = (end: Zxid64): void => {
      const writes = Number(end - next);
      if (writes === 0) return;
      const write = { at, count: writes, every: msText(every) };
      requests.push({ ...triggerAt(atMs + Number(next - first) * every), write });
    };
    for (const change of changes) {
      write(change.version);
      const changeMs = change.requestMs ?? atMs + Number(change.version - first) * every;
      requests.push(reconfigStep(changeMs, change, evidence));
      next = change.version + 1n;
    }
    write(last + 1n);
    return requests;
  }
}

/** A process can get transactions after its last line, until it ends. */
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

/** Returns whether no leader of an earlier epoch still leads when an epoch begins, as a paused one does. */
function isAloneAt({ epoch, timeMs = 0 }: EstablishedEpoch, { ensemble }: Evidence): boolean {
  return ensemble.epochs.every((one) => one.epoch >= epoch || one.endMs === undefined || one.endMs <= timeMs);
}

/**
 * The time before an epoch is established at which a write that waits for it is ready, in milliseconds: for writes that
 * are ready before LATE_MS, and for the others. Later elections vary more in time.
 */
const READY_BEFORE_MS = [20, 400] as const;
const LATE_MS = 600;
/** A write that comes so soon after the leader is established waits for it: the run may be a little slower. */
const SOON_MS = 5;

/** Lets a write wait for its leader if it follows the start of the leader's time immediately. */
function afterEstablished(step: Step, leader: number, establishedMs: number): Step {
  const afterMs = readyMsOf(step) - establishedMs;
  if (!("write" in step) || afterMs < 0 || afterMs > SOON_MS) return step;
  const readyMs = READY_BEFORE_MS.map((ms) => Math.max(0, establishedMs - ms)).findLast(
    (ms) => ms + readyBefore(ms) === establishedMs,
  );
  if (readyMs === undefined) return step;
  return {
    from: msText(readyMs),
    when: { event: "established", server: leader as never, nth: 1 },
    after: msText(afterMs),
    write: step.write,
  };
}

function readyBefore(readyMs: number): number {
  return READY_BEFORE_MS[readyMs < LATE_MS ? 0 : 1];
}

/** Returns the time of a step of a reconstructed scenario, in milliseconds. */
export function timeOf(step: Step): number {
  const { after = "0ms", when } = step;
  const readyMs = readyMsOf(step);
  return readyMs + (when?.event === "established" ? readyBefore(readyMs) + msOf(after) : 0);
}
