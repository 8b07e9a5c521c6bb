/**
 * Checks that the seed determines a run: runs it twice, event by event, and compares the digests after each event.
 *
 * If the runs differ, the result names the first event after which the digests differ. The nondeterminism is in the
 * handling of that event, or in the creation of the message that it carried. The check misses a difference that changes
 * no digest.
 */

/** A run that checkDeterminism() can advance event by event. ScenarioRunner is one. */
export interface CheckedRun {
  /** Handles one event. Returns false at the end of the run. */
  step(): boolean;
  /** Returns the digest of all events so far. */
  digest(): string;
  /** Describes the last handled event. */
  describe(): string;
  /** Returns the virtual time in microseconds. */
  nowUs?(): number;
}

/** The result of checkDeterminism(): the runs are the same, or the first event that differs. */
export type DeterminismResult =
  | { readonly same: true; readonly events: number; readonly digest: string }
  | {
      readonly same: false;
      /** Index of the first differing event, from 0. */
      readonly event: number;
      /** The virtual time of that event. */
      readonly timeUs?: number;
      /** The text of the differing event in the first run. */
      readonly first: string;
      /** The text of the differing event in the second run. */
      readonly second: string;
    };

/** Creates two runs with `makeRun` and compares their digests after each event, for at most `maxEvents` events. */
export function checkDeterminism(makeRun: () => CheckedRun, maxEvents = Number.POSITIVE_INFINITY): DeterminismResult {
  const first = makeRun();
  const second = makeRun();
  let events = 0;
  if (first.digest() !== second.digest()) return difference(0, first, second, "before the first event");
  while (events < maxEvents) {
    const firstGoes = first.step();
    const secondGoes = second.step();
    if (firstGoes !== secondGoes) {
      const over = "over: no further event";
      return {
        same: false,
        event: events,
        first: firstGoes ? first.describe() : over,
        second: secondGoes ? second.describe() : over,
      };
    }
    if (!firstGoes) break;
    if (first.digest() !== second.digest()) return difference(events, first, second, "");
    events++;
  }
  return { same: true, events, digest: first.digest() };
}

function difference(event: number, first: CheckedRun, second: CheckedRun, when: string): DeterminismResult {
  const timeUs = first.nowUs?.();
  return {
    same: false,
    event,
    ...(timeUs === undefined ? {} : { timeUs }),
    first: when === "" ? first.describe() : `${when}: ${first.describe()}`,
    second: when === "" ? second.describe() : `${when}: ${second.describe()}`,
  };
}
