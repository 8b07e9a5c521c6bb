/**
 * The first consequence of a changed step: what differs between two runs after the step itself. A step has an event of
 * its own, so the numbers of later events differ, and the runs are compared by what happens, and when.
 */
import { eventDetails, eventTitle } from "./describe-event.ts";
import type { Recording } from "./recording.ts";

/** What happens in one event of a run. */
export interface Happening {
  readonly event: number;
  readonly text: string;
}

/** The number of events after the step that are compared. */
export const COMPARED_EVENTS = 5000;

/** The first happenings in which two runs differ; one is undefined if its run has ended. */
export type Consequence = readonly [Happening | undefined, Happening | undefined];

/**
 * Returns the first happenings after the event `differsAt` in which two runs differ. Ignores the events in which only
 * one run performs a step of its script. Undefined if the next COMPARED_EVENTS events do not differ otherwise.
 */
export function firstConsequence(a: Recording, b: Recording, differsAt: number): Consequence | undefined {
  const [runA, runB] = [happenings(a, differsAt), happenings(b, differsAt)];
  let [nextA, nextB] = [runA.next(), runB.next()];
  while (!(nextA.done && nextB.done)) {
    const [inA, inB] = [nextA.value || undefined, nextB.value || undefined];
    if (inA !== undefined && inA.key === inB?.key) [nextA, nextB] = [runA.next(), runB.next()];
    else if (inA?.isStep) nextA = runA.next();
    else if (inB?.isStep) nextB = runB.next();
    else return [inA, inB];
  }
  return undefined;
}

interface Keyed extends Happening {
  /** Equal for the same happening in two runs. */
  readonly key: string;
  /** Whether the event performs a step of the script. */
  readonly isStep: boolean;
}

function* happenings(recording: Recording, from: number): Generator<Keyed, undefined> {
  const last = Math.min(recording.length, from + COMPARED_EVENTS);
  for (let event = Math.max(1, from); event <= last; event++) {
    const { server, timeUs } = recording.event(event);
    const isStep = recording.recordsOf(event).some((record) => record.event === "script");
    // An event of the script itself only makes a step ready, and an event without a trace has no effect.
    const hasTitle = server >= 0 && recording.traceOf(event).length > 0;
    const title = hasTitle ? [eventTitle(recording, event)] : [];
    for (const text of [...title, ...eventDetails(recording, event)]) {
      yield { event, text, isStep, key: `${timeUs} ${text}` };
    }
  }
}
