/** The writes of clients: no log shows them, but the zxids in the logs show how many there were, and about when. */
import type { EstablishedEpoch } from "../explain/ensemble.ts";
import type { Zxid64 } from "../logs/index.ts";
import type { Step } from "../scenarios/scenario.ts";
import { msOf, msText } from "./durations.ts";
import type { Evidence, ZxidFact } from "./evidence.ts";
import { endOf } from "./process-times.ts";
import { type LoggedReconfiguration, reconfigStep, reconfigurationsIn } from "./reconfigurations.ts";

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
  const atMs = change.seenMs - REQUEST_MS;
  const distances = steps.map((step) => ("write" in step ? distanceMs(step, atMs) : Number.POSITIVE_INFINITY));
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

function distanceMs({ from = "0ms" }: Step, atMs: number): number {
  return Math.abs(msOf(from) - atMs);
}

const counterOf = ({ zxid }: ZxidFact): number => Number(zxid & 0xffff_ffffn);

/** The writes of one epoch: between two known counters, all in the middle; exact times, just before. */
function writesOf({ endMs, epoch, leader, timeMs }: EstablishedEpoch, evidence: Evidence): Step[] {
  const reconfigurations = reconfigurationsIn(evidence).flatMap(({ version, ...one }) =>
    version === undefined ? [] : [{ ...one, version }],
  );
  const seen = reconfigurations.map(
    ({ isExact, seenMs: atMs, version: zxid }): ZxidFact => ({ server: 0, atMs, zxid, isExact, event: "notification" }),
  );
  const facts = [...evidence.zxids, ...seen]
    .filter(({ zxid }) => Number(zxid >> 32n) === epoch)
    .map((fact) => beforeTimeout(atLatest(fact, evidence), evidence))
    .sort((a, b) => a.atMs - b.atMs);
  const firstMs = (timeMs ?? evidence.startMs) - evidence.startMs;
  const lastMs = leaderEndMs(leader, firstMs, endMs === undefined ? undefined : endMs - evidence.startMs, evidence);
  const steps: Step[] = [];
  let [known, knownMs] = [0, firstMs];
  for (const fact of facts) {
    const counter = counterOf(fact);
    const count = counter - known;
    const untilMs = Math.min(fact.atMs, lastMs);
    if (count > 0) {
      const atMs = fact.isExact
        ? untilMs - (fact.server === leader ? 0.1 : 1) - (count - 1)
        : (knownMs + Math.max(knownMs, untilMs)) / 2;
      const at = Math.max(atMs, firstMs + 0.5);
      steps.push(...requestsOf(at, fact.zxid, count, Math.max(untilMs - at, 0)));
      known = counter;
    }
    knownMs = Math.max(knownMs, untilMs);
  }
  return steps.map((step) => afterEstablished(step, leader, firstMs));

  /** The requests with the last `count` zxids up to `last`: writes, and reconfigurations between them. */
  function requestsOf(atMs: number, last: Zxid64, count: number, leftMs: number): Step[] {
    const every = count > 1 ? Math.min(1, leftMs / count) : 1;
    const first = last - BigInt(count) + 1n;
    const changes = reconfigurations
      .filter(({ version }) => version >= first && version <= last)
      .sort((a, b) => (a.version < b.version ? -1 : 1));
    const requests: Step[] = [];
    let next = first;
    const write = (end: Zxid64): void => {
      const writes = Number(end - next);
      if (writes > 0) requests.push(writeStep(atMs + Number(next - first) * every, writes, every));
    };
    for (const change of changes) {
      write(change.version);
      requests.push(reconfigStep(atMs + Number(change.version - first) * every, change, evidence));
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
    ?.some(({ atMs, text }) => Math.abs(atMs - fact.atMs) <= 1 && text.includes("Read timed out"));
  if (timedOut !== true) return fact;
  const settings = servers.find(({ server }) => server === fact.server)?.processes[0]?.run.settings;
  return { ...fact, atMs: Math.max(0, fact.atMs - (settings?.syncLimit ?? 5) * (settings?.tickTimeMs ?? 2000)) };
}

/**
 * Returns the end of a leader's time: it stops leading, or its process ends, which may be long after its last line.
 */
function leaderEndMs(leader: number, atMs: number, stoppedMs: number | undefined, evidence: Evidence): number {
  const server = evidence.servers.find((one) => one.server === leader);
  const index = server?.processes.findLastIndex(({ startMs }) => startMs <= atMs) ?? -1;
  const process = server?.processes[index];
  if (server === undefined || process === undefined) return Math.min(stoppedMs ?? evidence.endMs, evidence.endMs);
  const killedMs = endOf(server, index, evidence) ?? evidence.endMs;
  const hasStopped = stoppedMs !== undefined && stoppedMs < process.lastMs;
  return Math.min(hasStopped ? stoppedMs : killedMs, evidence.endMs);
}

function writeStep(atMs: number, count: number, everyMs: number): Step {
  return { from: msText(atMs), write: { at: "leader", count, every: msText(everyMs) } };
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
  const afterMs = msOf(step.from ?? "0ms") - establishedMs;
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
export function timeOf({ after = "0ms", from = "0ms", when }: Step): number {
  const readyMs = msOf(from);
  return readyMs + (when?.event === "established" ? readyBefore(readyMs) + msOf(after) : 0);
}
