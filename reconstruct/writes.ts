/** The writes of clients: no log shows them, but the zxids in the logs show how many there were, and about when. */
import type { EstablishedEpoch } from "../explain/ensemble.ts";
import type { Zxid64 } from "../logs/index.ts";
import { asServerId } from "../protocol/zxid.ts";
import type { Step, WriteAction } from "../scenarios/scenario.ts";
import { type CounterFact, counterFacts } from "./counter-facts.ts";
import { msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { endOfPeriod } from "./learner-connections.ts";
import { type LoggedReconfiguration, reconfigStep, reconfigurationsIn } from "./reconfigurations.ts";
import { readyMsOf } from "./scenario-steps.ts";
import { establishedMs, triggerAt } from "./write-triggers.ts";

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

/** The time after a fact from which on a write cannot belong to it. */
const SETTLED_MS = 2;

/** The writes of one epoch: between two known counters, all in the middle; exact times, just before. */
function writesOf(established: EstablishedEpoch, evidence: Evidence): Step[] {
  const { epoch, leader, period } = established;
  const reconfigurations = reconfigurationsIn(evidence).flatMap(({ version, ...one }) =>
    version === undefined ? [] : [{ ...one, version }],
  );
  const seen = reconfigurations.map(
    ({ isExact, seenMs: atMs, version: zxid }): CounterFact => ({ server: 0, atMs, zxid, isExact }),
  );
  const facts = [
    ...counterFacts(established, evidence),
    ...seen.filter(({ zxid }) => Number(zxid >> 32n) === epoch),
  ].sort((a, b) => a.atMs - b.atMs);
  const firstMs = establishedMs(established, evidence);
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
  return steps;

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
      requests.push({ ...triggerAt(atMs + Number(next - first) * every, established, evidence), write });
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

/** Returns whether no leader of an earlier epoch still leads when an epoch begins, as a paused one does. */
function isAloneAt({ epoch, timeMs = 0 }: EstablishedEpoch, { ensemble }: Evidence): boolean {
  return ensemble.epochs.every((one) => one.epoch >= epoch || one.endMs === undefined || one.endMs <= timeMs);
}
