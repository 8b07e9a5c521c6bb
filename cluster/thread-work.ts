/**
 * The thread work of one server in the simulator: each piece takes a duration that is drawn from the range of its kind
 * of work (ThreadSpec). A crash loses the unfinished pieces, because the server's program and its timers end.
 */
import { type ThreadWork, TIMER_COUNT } from "../protocol/index.ts";
import type { DurationRange } from "../sim/duration-range.ts";
import type { Node } from "../sim/index.ts";

/** The range of durations of a piece, by kind of work. A piece takes at least minUs and less than maxUs. */
export type ThreadDurations = Readonly<Record<ThreadWork, DurationRange>>;

/** The members of a node that thread work uses. */
type WorkNode = Pick<Node<unknown>, "clockUs" | "random" | "setTimer">;

interface Piece {
  readonly key: number;
  readonly doneUs: number;
}

export class ThreadWorkTimers {
  private readonly node: WorkNode;
  private readonly durations: ThreadDurations;
  /** The unfinished pieces of each kind of work, in the order in which they started. */
  private readonly pieces: Record<ThreadWork, readonly Piece[]> = { 0: [], 1: [], 2: [] };

  constructor(node: WorkNode, durations: ThreadDurations) {
    this.node = node;
    this.durations = durations;
  }

  /** Starts a piece of work, or restarts the piece with this key. */
  start(work: ThreadWork, key: number): void {
    const { minUs, maxUs } = this.durations[work];
    const doneUs = this.node.clockUs + minUs + this.node.random.below(Math.max(1, maxUs - minUs));
    this.pieces[work] = [...this.pieces[work].filter((piece) => piece.key !== key), { key, doneUs }];
    this.setTimer(work);
  }

  /** Returns the kind of work to which this timer belongs; undefined if the timer does not belong to thread work. */
  workOf(timer: number): ThreadWork | undefined {
    const work = timer - TIMER_COUNT;
    return work in this.pieces ? (work as ThreadWork) : undefined;
  }

  /** Handles the timer of this kind of work when it fires. Returns the keys of the pieces that are done. */
  finish(work: ThreadWork): number[] {
    const nowUs = this.node.clockUs;
    const done = this.pieces[work].filter(({ doneUs }) => doneUs <= nowUs);
    this.pieces[work] = this.pieces[work].filter(({ doneUs }) => doneUs > nowUs);
    if (this.pieces[work].length > 0) this.setTimer(work);
    return done.map(({ key }) => key);
  }

  /** Sets the timer of this kind of work to the time when its first piece is done. */
  private setTimer(work: ThreadWork): void {
    const firstUs = Math.min(...this.pieces[work].map(({ doneUs }) => doneUs));
    this.node.setTimer(TIMER_COUNT + work, Math.max(0, firstUs - this.node.clockUs));
  }
}
