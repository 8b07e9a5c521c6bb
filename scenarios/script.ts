/**
 * Performs the steps of a scenario. Steps run one after another: each step waits for its trigger, and a delay counts
 * from the time at which the previous step was performed. A step with `from` is independent: it does not wait for other
 * steps, and no step waits for it.
 *
 *   at, after         armNext -> perform
 *   when              armNext -> awaiting -> happened -> perform
 *   from              start -> perform
 *   afterEvent        start -> eventHandled -> perform
 *   from with when    start -> awaiting -> happened -> perform
 *   for               perform -> undo
 *
 * The script performs a step with `when` at the instant of the event or message, while the server still handles the
 * input that caused the event. If the step crashes the server, the rest of the handling has no effect.
 */

import type { ProtocolRecord, ScriptedStep } from "../cluster/records.ts";
import type { Message, MessageWatcher } from "../cluster/server.ts";
import { asServerId, parseZxid, type ServerId, type Zxid } from "../protocol/index.ts";
import { durationUs } from "../sim/time.ts";
import type { ActionResult, CountedEffect, Effect } from "./action-result.ts";
import { verbOf } from "./actions.ts";
import { matcher } from "./message-match.ts";
import type { StepEnsemble } from "./network-actions.ts";
import type { Moment, Step } from "./scenario.ts";

/** The outcome of one step at the end of a run. */
export interface StepOutcome {
  /** The index of the step in the scenario, from 0. */
  readonly step: number;
  /** The time at which the step was performed; undefined if its trigger never happened. */
  readonly atUs: number | undefined;
  /** The effect of the step; undefined if the step always has an effect. */
  readonly effect: Effect | undefined;
  /** What differs from the expected result of the step; undefined if nothing does. */
  readonly problem: string | undefined;
}

/** Receives the index of each step that the script performs or undoes. */
export type StepSink = (step: number, moment: ScriptedStep["moment"]) => void;

interface RunningStep {
  readonly index: number;
  readonly step: Step;
  atUs: number | undefined;
  effect: CountedEffect | undefined;
  problem: string | undefined;
  /** The number of times that the step's moment must still happen. */
  remaining: number;
  /** Tests a message, if the step's moment is a message. */
  readonly matches: ((message: Message, from: ServerId, to: ServerId) => boolean) | undefined;
  /** The zxid of the transaction, if the step's moment is an event of one transaction. */
  readonly zxid: Zxid | undefined;
}

export class Script implements MessageWatcher {
  private readonly cluster: StepEnsemble;
  private readonly stepSink: StepSink;
  private readonly act: (step: Step) => ActionResult;
  private readonly all: RunningStep[];
  /** The steps that run one after another. */
  private readonly sequence: RunningStep[];
  /** The index in `sequence` of the next step. */
  private next = 0;
  /** For each step whose effect is active, the function that undoes the step. */
  private readonly undos = new Map<RunningStep, () => void>();
  /** Whether a `settle` step was performed. No further step runs after it. */
  private settled = false;
  /** The steps that wait for their moment. */
  private awaiting: readonly RunningStep[] = [];
  /** The steps that wait for an event of the simulator, the next one first. */
  private afterEvents: readonly RunningStep[] = [];
  /** Number of scheduled events that start or end a step. */
  private scheduled = 0;

  /** `act` performs the action of a step on `cluster`. */
  constructor(cluster: StepEnsemble, steps: readonly Step[], act: (step: Step) => ActionResult, stepSink: StepSink) {
    this.cluster = cluster;
    this.stepSink = stepSink;
    this.act = act;
    this.all = steps.map(runningStep);
    this.sequence = this.all.filter(({ step }) => !isIndependent(step));
    if (this.all.some(({ matches }) => matches !== undefined)) cluster.watchMessages(this);
  }

  /**
   * Whether all steps are done. Independent steps that wait for a moment do not count, because the moment may never
   * happen.
   */
  get done(): boolean {
    return this.next >= this.sequence.length && this.scheduled === 0;
  }

  get outcomes(): readonly StepOutcome[] {
    return this.all.map(({ index, atUs, effect, problem }) => ({
      step: index,
      atUs,
      effect: effect && { kind: effect.kind, count: effect.count() },
      problem,
    }));
  }

  /** Waits for the trigger of the first step, and for the triggers of all steps with `from`. */
  start(): void {
    for (const running of this.all) {
      const { from, when } = running.step;
      if (from === undefined) continue;
      this.schedule(durationUs(from), running, () => {
        if (when === undefined) this.perform(running);
        else if (!this.settled) this.awaiting = [...this.awaiting, running];
      });
    }
    this.awaitEvents(this.all.filter(({ step }) => step.afterEvent !== undefined));
    this.armNext();
  }

  /** Performs each step at the end of its event. It schedules nothing, so the run before the step stays the same. */
  private awaitEvents(steps: readonly RunningStep[]): void {
    if (steps.length === 0) return;
    const eventOf = ({ step }: RunningStep): number => step.afterEvent ?? 0;
    this.afterEvents = [...steps].sort((a, b) => eventOf(a) - eventOf(b) || a.index - b.index);
    const { world } = this.cluster;
    world.onEvent = () => {
      for (let next = this.afterEvents[0]; next !== undefined; next = this.afterEvents[0]) {
        if (eventOf(next) > world.eventsHandled) return;
        this.afterEvents = this.afterEvents.slice(1);
        this.perform(next);
      }
      world.onEvent = undefined;
    };
  }

  /** Handles a record. A step may wait for the event of the record. */
  recorded(record: ProtocolRecord): void {
    const { awaiting } = this;
    if (awaiting.length === 0) return;
    for (const running of awaiting) {
      const { event, server } = running.step.when as Moment;
      if (event !== record.event || (server !== undefined && server !== record.server)) continue;
      if (running.zxid !== undefined && !("zxid" in record && record.zxid === running.zxid)) continue;
      this.happened(running);
    }
  }

  sent(from: ServerId, to: ServerId, message: Message): void {
    this.messageSeen("sent", from, to, message);
  }

  delivered(from: ServerId, to: ServerId, message: Message): void {
    this.messageSeen("delivered", from, to, message);
  }

  private messageSeen(on: "sent" | "delivered", from: ServerId, to: ServerId, message: Message): void {
    if (this.awaiting.length === 0) return;
    for (const running of this.awaiting) {
      if ((running.step.when?.on ?? "delivered") !== on) continue;
      if (running.matches?.(message, from, to)) this.happened(running);
    }
  }

  /**
   * Counts one occurrence of a step's moment. At the last occurrence that the step waits for, performs or schedules the
   * step.
   */
  private happened(running: RunningStep): void {
    running.remaining--;
    if (running.remaining > 0) return;
    this.awaiting = this.awaiting.filter((one) => one !== running);
    const { after } = running.step;
    // A request to the leader is a message, so the leader reads it only after it has handled its current input.
    const isMessage = "reconfig" in running.step;
    if (after === undefined && !isMessage) this.perform(running);
    else this.schedule(this.cluster.world.nowUs + durationUs(after ?? "0us"), running, () => this.perform(running));
  }

  private armNext(): void {
    const running = this.sequence[this.next];
    if (running === undefined) return;
    const { at, after, when } = running.step;
    const { nowUs } = this.cluster.world;
    if (when !== undefined) this.awaiting = [...this.awaiting, running];
    else if (at !== undefined) this.schedule(Math.max(nowUs, durationUs(at)), running, () => this.perform(running));
    else this.schedule(nowUs + (after === undefined ? 0 : durationUs(after)), running, () => this.perform(running));
  }

  private schedule(timeUs: number, { index }: RunningStep, task: () => void): void {
    this.scheduled++;
    const run = (): void => {
      this.scheduled--;
      task();
    };
    this.cluster.world.at(timeUs, run, `step ${index}`);
  }

  private perform(running: RunningStep): void {
    if (this.settled) return;
    const { world } = this.cluster;
    const { index, step } = running;
    running.atUs = world.nowUs;
    this.stepSink(index, "start");
    if ("settle" in step) this.endAll();
    const { effect, problem, undo } = this.act(step);
    running.effect = effect;
    running.problem = problem;
    if (undo !== undefined) this.undos.set(running, undo);
    if (step.for !== undefined) this.schedule(world.nowUs + durationUs(step.for), running, () => this.undo(running));
    if (isIndependent(step)) return;
    this.next++;
    this.armNext();
  }

  private undo(running: RunningStep): void {
    const undo = this.undos.get(running);
    if (!this.undos.delete(running)) return;
    this.stepSink(running.index, "end");
    undo?.();
  }

  /** Undoes every step whose effect is active, and cancels every step that waits for its moment. */
  private endAll(): void {
    this.settled = true;
    this.awaiting = [];
    for (const undo of this.undos.values()) undo();
    this.undos.clear();
  }
}

/** Returns whether no other step waits for this step. */
function isIndependent({ afterEvent, from }: Step): boolean {
  return from !== undefined || afterEvent !== undefined;
}

function runningStep(step: Step, index: number): RunningStep {
  const { when } = step;
  const message = when?.message === undefined ? undefined : { ...when, type: when.message };
  return {
    index,
    step,
    atUs: undefined,
    effect: undefined,
    problem: undefined,
    remaining: when?.nth ?? 1,
    matches: message === undefined ? undefined : matcher(message),
    zxid: when?.zxid === undefined ? undefined : parseZxid(when.zxid),
  };
}

/** Returns the record of a step that the script performed or undid. */
export function scriptRecord(
  atUs: number,
  step: Step,
  index: number,
  moment: ScriptedStep["moment"],
): ProtocolRecord & { readonly event: "script" } {
  const verb = verbOf(step);
  const argument = step[verb as keyof Step];
  return { atUs, server: asServerId(-1), event: "script", step: index, moment, verb, argument, duration: step.for };
}
