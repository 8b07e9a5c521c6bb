/**
 * The thread work of one server in the simulator: each piece takes a duration that is drawn from the range of its kind
 * of work (ThreadSpec). A stalled thread finishes no work until it resumes. A crash loses the unfinished pieces,
 * because the server's program and its timers end.
 */
import {
  type ThreadWork,
  WORK_APPLY_COMMITS,
  WORK_QUEUE_NEWLEADER,
  WORK_RESUME_LEARNER,
  WORK_SEND_SNAPSHOT,
} from "../protocol/index.ts";
import type { DurationRange } from "../sim/duration-range.ts";
import type { Node } from "../sim/index.ts";

/**
 * For each kind of work, the range from which the duration of a piece is drawn. `electionWakeUp` is the range of the
 * delay with which the election thread wakes up, and `load` that of loading the database at the start of a server. A
 * piece takes at least minUs and less than maxUs.
 */
export type ThreadDurations = Readonly<Record<ThreadWork | "electionWakeUp" | "load", DurationRange>>;

/** The name of a thread whose work a fault can stall. */
export type WorkingThread = "apply" | "handlers" | "learner";

/** The threads whose work a fault can stall, each with the kinds of work that it does. */
export const WORKING_THREADS: Readonly<Record<WorkingThread, readonly ThreadWork[]>> = {
  /** The commit processor, which applies committed transactions. */
  apply: [WORK_APPLY_COMMITS],
  /** The LearnerHandlers of a leader, from the sync decision to NEWLEADER. */
  handlers: [WORK_SEND_SNAPSHOT, WORK_QUEUE_NEWLEADER],
  /** The main thread of a learner, while it hands proposals to the log thread. */
  learner: [WORK_RESUME_LEARNER],
};

/** The members of a node that thread work uses. */
type WorkNode = Pick<Node<unknown>, "clockUs" | "random" | "setTimer">;

/**
 * The number of the first timer of thread work in a node. The digest of a run contains the numbers of timers, so they
 * stay the same when the core gets a timer.
 */
export const FIRST_WORK_TIMER = 9;

/** The number of kinds of thread work. They are numbered from 0. */
const KINDS = 4;

/** An unfinished piece of work. */
interface Piece {
  readonly key: number;
  doneUs: number;
}

export class ThreadWorkTimers {
  private readonly node: WorkNode;
  private readonly durations: ThreadDurations;
  /** The unfinished pieces of each kind of work. Few pieces of one kind run at the same time. */
  private readonly pieces: Record<ThreadWork, Piece[]> = { 0: [], 1: [], 2: [], 3: [] };
  /** The number of faults that stall the thread of each kind of work. */
  private readonly stalls: Record<ThreadWork, number> = { 0: 0, 1: 0, 2: 0, 3: 0 };

  constructor(node: WorkNode, durations: ThreadDurations) {
    this.node = node;
    this.durations = durations;
  }

  /** Starts a piece of work, or restarts the piece with this key. */
  start(work: ThreadWork, key: number): void {
    const delayUs = this.draw(this.durations[work]);
    const doneUs = this.node.clockUs + delayUs;
    const pieces = this.pieces[work];
    if (pieces.length === 0) {
      this.pieces[work] = [{ key, doneUs }];
      this.node.setTimer(FIRST_WORK_TIMER + work, delayUs);
      return;
    }
    const running = pieces.find((piece) => piece.key === key);
    if (running === undefined) pieces.push({ key, doneUs });
    else running.doneUs = doneUs;
    this.setTimer(work);
  }

  /** Draws the delay with which the election thread wakes up, in microseconds. */
  drawElectionWakeUp(): number {
    return this.draw(this.durations.electionWakeUp);
  }

  /** Draws how long it takes to load the database at the start of the server, in microseconds. */
  drawLoad(): number {
    const { load } = this.durations;
    return load.maxUs === 0 ? 0 : this.draw(load);
  }

  /** Returns the kind of work to which this timer belongs; undefined if the timer does not belong to thread work. */
  workOf(timer: number): ThreadWork | undefined {
    const work = timer - FIRST_WORK_TIMER;
    return work >= 0 && work < KINDS ? (work as ThreadWork) : undefined;
  }

  /**
   * Handles the timer of this kind of work when it fires. Returns the pieces that are done, in the order of their
   * starts.
   */
  finish(work: ThreadWork): readonly Piece[] {
    if (this.stalls[work] > 0) return NONE;
    const pieces = this.pieces[work];
    const nowUs = this.node.clockUs;
    const [first] = pieces;
    if (pieces.length === 1 && first !== undefined && first.doneUs <= nowUs) {
      this.pieces[work] = [];
      return pieces;
    }
    this.pieces[work] = pieces.filter(({ doneUs }) => doneUs > nowUs);
    this.setTimer(work);
    return pieces.filter(({ doneUs }) => doneUs <= nowUs);
  }

  /** Stalls a thread. Its work is finished only after `resume`. */
  stall(thread: WorkingThread): void {
    for (const work of WORKING_THREADS[thread]) this.stalls[work]++;
  }

  /** Ends one stall of a thread. If it was the last one, work whose time is over is finished immediately. */
  resume(thread: WorkingThread): void {
    for (const work of WORKING_THREADS[thread]) {
      this.stalls[work] = Math.max(0, this.stalls[work] - 1);
      this.setTimer(work);
    }
  }

  /** Ends all stalls. */
  resumeAll(): void {
    for (const thread of Object.keys(WORKING_THREADS) as WorkingThread[]) {
      while (WORKING_THREADS[thread].some((work) => this.stalls[work] > 0)) this.resume(thread);
    }
  }

  private draw({ minUs, maxUs }: DurationRange): number {
    return minUs + this.node.random.below(Math.max(1, maxUs - minUs));
  }

  /** Sets the timer of this kind of work to the time when its first piece is done. */
  private setTimer(work: ThreadWork): void {
    const pieces = this.pieces[work];
    if (pieces.length === 0) return;
    let firstUs = Number.POSITIVE_INFINITY;
    for (const { doneUs } of pieces) firstUs = Math.min(firstUs, doneUs);
    this.node.setTimer(FIRST_WORK_TIMER + work, Math.max(0, firstUs - this.node.clockUs));
  }
}

const NONE: readonly Piece[] = [];
