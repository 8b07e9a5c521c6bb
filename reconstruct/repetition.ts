/**
 * Servers that repeat the same events until the logs end, such as a learner that can never join. The search needs only
 * the first repetitions: the others follow from them, and they make each run slow.
 */
import type { Evidence } from "./evidence.ts";
import type { Observation } from "./observation.ts";

/** The largest number of events of a server that are looked at as one repetition. */
const PERIOD_MAX = 24;
/** The number of repetitions from which on the logs are cut, and the number that is kept. */
const REPETITIONS_MIN = 6;
const REPETITIONS_KEPT = 3;

/** Returns the evidence until the third repetition. Returns the evidence itself if it does not end with repetitions. */
export function withoutRepetitions(evidence: Evidence): Evidence {
  const cuts = [...evidence.observations.values()].map(cutOf).filter((one) => one !== undefined);
  if (cuts.length === 0) return evidence;
  const endMs = Math.max(...cuts.map(({ atMs }) => atMs));
  // An event of another kind after the cut has to be explained, too.
  const isRest = [...evidence.observations.values()].every(
    (list) => cutOf(list) !== undefined || list.every(({ atMs }) => atMs <= endMs),
  );
  if (!isRest) return evidence;
  const observations = new Map(
    [...evidence.observations].map(([server, list]) => [server, list.filter(({ atMs }) => atMs <= endMs)]),
  );
  return { ...evidence, endMs, observations, disks: [] };
}

/** Returns the last event that is kept of a server that repeats its events until the end. */
function cutOf(list: readonly Observation[]): Observation | undefined {
  for (let period = 1; period <= PERIOD_MAX; period++) {
    let start = list.length - period;
    while (start > 0 && list[start - 1]?.text === list[start - 1 + period]?.text) start--;
    if (list.length - start >= REPETITIONS_MIN * period) return list[start + REPETITIONS_KEPT * period - 1];
  }
  return undefined;
}
