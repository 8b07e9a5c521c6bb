/** The writes of clients: no log shows them, but the zxids in the logs show how many there were, and about when. */
import type { EstablishedEpoch } from "../explain/ensemble.ts";
import type { Zxid64 } from "../logs/index.ts";
import type { Step } from "../scenarios/scenario.ts";
import { reconfigStep, reconfigurationsIn } from "./configurations.ts";
import { msText } from "./durations.ts";
import type { Evidence, ZxidFact } from "./evidence.ts";

/** Returns the writes of all epochs. */
export function clientWrites(evidence: Evidence): Step[] {
  return evidence.ensemble.epochs.flatMap((epoch) => writesOf(epoch, evidence));
}

const counterOf = ({ zxid }: ZxidFact): number => Number(zxid & 0xffff_ffffn);

/** The writes of one epoch: between two known counters, all in the middle; exact times, just before. */
function writesOf({ endMs, epoch, leader, timeMs }: EstablishedEpoch, evidence: Evidence): Step[] {
  const reconfigurations = new Map(reconfigurationsIn(evidence).map((one) => [one.version, one]));
  const seen = [...reconfigurations.values()].map(
    ({ seenMs: atMs, version: zxid }): ZxidFact => ({ server: 0, atMs, zxid, isExact: false, event: "notification" }),
  );
  const facts = [...evidence.zxids, ...seen]
    .filter(({ zxid }) => Number(zxid >> 32n) === epoch)
    .sort((a, b) => a.atMs - b.atMs);
  const firstMs = (timeMs ?? evidence.startMs) - evidence.startMs;
  const lastMs = endMs === undefined ? evidence.endMs : Math.min(endMs - evidence.startMs, evidence.endMs);
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
  return steps;

  /** The requests with the last `count` zxids up to `last`: writes, and reconfigurations between them. */
  function requestsOf(atMs: number, last: Zxid64, count: number, leftMs: number): Step[] {
    const every = count > 1 ? Math.min(1, leftMs / count) : 1;
    const first = last - BigInt(count) + 1n;
    const changes = [...reconfigurations.values()].filter(({ version }) => version >= first && version <= last);
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

function writeStep(atMs: number, count: number, everyMs: number): Step {
  return { from: msText(atMs), write: { at: "leader", count, every: msText(everyMs) } };
}
