/**
 * A debugging session: a position in a recording, the moves of a debugger, and the branches of the run. It depends on
 * neither Node nor a browser, so the page and the terminal debugger share it.
 */
import type { Action } from "../../scenarios/scenario.ts";
import { branchAt, branchFile, branchWithoutStep, type InFlightChange, inFlightAction } from "./branch.ts";
import { Cursor } from "./cursor.ts";
import { type EventQuery, findAll, findEvent, matchesQuery } from "./find-event.ts";
import type { SentMessage } from "./message-log.ts";
import type { Recording } from "./recording.ts";

export class Session extends Cursor {
  /** The recording. A branch has one of its own. */
  readonly recording: Recording;
  /** The session of the run from which this one branched off; undefined for the original. */
  readonly parent: Session | undefined;
  /** Records the run to its end, unless `isPartial` is true: the caller then records it bit by bit. */
  constructor(recording: Recording, at = 0, parent?: Session, isPartial = false) {
    super(isPartial ? recording : recording.finish(), at);
    this.recording = recording;
    this.parent = parent;
  }

  override matches(number: number, query: EventQuery): boolean {
    return matchesQuery(this.recording, number, query);
  }

  override find(query: EventQuery, direction: 1 | -1 = 1): boolean {
    const found = findEvent(this.recording, this.at, direction, query);
    return found !== undefined && this.goTo(found);
  }

  override findAll(query: EventQuery): readonly number[] {
    return findAll(this.recording, query);
  }

  /** Whether `change` and `changeMessage` have an effect here: not at the start, and not after a settle step. */
  get canChange(): boolean {
    const { records } = this.recording;
    const settled = records.findIndex((record) => record.event === "script" && record.verb === "settle");
    return this.at > 0 && (settled < 0 || this.recording.eventOfRecord(settled) > this.at);
  }

  /** Returns a session of the branch in which an action happens after the current event. */
  change(action: Action): Session {
    return new Session(branchAt(this.recording, this.at, action), this.at, this);
  }

  /** Returns a session of the branch in which a message in flight is dropped, delayed or delivered now. */
  changeMessage(message: SentMessage, change: InFlightChange): Session {
    return this.change(inFlightAction(this.recording, this.at, message, change));
  }

  /** The indexes of the steps that the current event performs. A settle step ends all faults, so it does not count. */
  get stepsHere(): readonly number[] {
    return this.recording
      .recordsOf(this.at)
      .flatMap((record) =>
        record.event === "script" && record.moment === "start" && record.verb !== "settle" ? [record.step] : [],
      );
  }

  /**
   * Returns a session of the branch without a step that the current event performs. The branch has other events from
   * its start, because its script is another one, so the session starts at the same time.
   */
  skipStep(index: number): Session {
    const { timeUs } = this.recording.event(this.at);
    const branch = new Session(branchWithoutStep(this.recording, index), 0, this);
    branch.goToTime(timeUs);
    return branch;
  }

  /** Returns the run as a scenario file, which `zabsim run` reproduces with the same digest. */
  save(): string {
    return branchFile(this.recording, this.parent !== undefined);
  }

  /** Returns the number of the first event that differs from the parent's run; undefined if there is none. */
  get firstDifference(): number | undefined {
    return this.parent && firstDifference(this.parent.recording, this.recording);
  }
}

/** Returns the number of the first event after which the digests of two runs differ; undefined if they are equal. */
export function firstDifference(a: Recording, b: Recording): number | undefined {
  let [low, high] = [0, Math.min(a.length, b.length) + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const isEqual = middle <= a.length && middle <= b.length && a.digestAt(middle) === b.digestAt(middle);
    if (isEqual) low = middle + 1;
    else high = middle;
  }
  return low > a.length && low > b.length ? undefined : low;
}
