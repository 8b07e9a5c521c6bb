/**
 * The steps of a scenario. They are carried out one after another, each waiting for its trigger from when the step before
 * it was done; those with `from` wait for nobody, and nobody for them. A moment is caught where it happens: what a crash at a moment prevents is everything behind it, also the
 * rest of what the server was doing right then.
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { ProtocolRecord } from "../cluster/records.ts";
import type { Message, MessageWatcher } from "../cluster/server.ts";
import { parseZxid, type ServerId } from "../protocol/index.ts";
import { durationUs } from "../sim/time.ts";
import { type ActionContext, act } from "./actions.ts";
import { matcher } from "./message-match.ts";
import type { Moment, Step } from "./scenario.ts";

/** What a step did, once the run is over. */
export interface StepOutcome {
  readonly step: number;
  readonly text: string;
  /** When it was carried out; undefined if its trigger never came. */
  readonly atUs: number | undefined;
  /** How many messages, writes or records it affected; undefined for steps that always take effect. */
  readonly effect: number | undefined;
}

/** Takes what the script does, in words that are made only if somebody keeps them. */
type NoteSink = (text: () => string) => void;

interface RunningStep {
  readonly index: number;
  readonly step: Step;
  atUs: number | undefined;
  effect: (() => number) | undefined;
  /** How many more times its moment must come. */
  remaining: number;
  /** For moments that are messages. */
  readonly matches: ((message: Message, from: ServerId, to: ServerId) => boolean) | undefined;
  readonly zxid: number | undefined;
}

export class Script implements MessageWatcher {
  private readonly cluster: Cluster;
  private readonly note: NoteSink;
  private readonly context: ActionContext;
  private readonly all: RunningStep[];
  /** Those that wait for one another. */
  private readonly steps: RunningStep[];
  private next = 0;
  /** What was done and can be undone. */
  private readonly undos = new Map<RunningStep, () => void>();
  /** From then on everybody is left alone. */
  private settled = false;
  /** Steps whose moment is waited for. */
  private awaiting: RunningStep[] = [];
  /** How many steps that wait for nobody, and ends of those that last, are still to come. */
  private upcoming = 0;

  constructor(
    cluster: Cluster,
    steps: readonly Step[],
    note: NoteSink,
    settled: (servers: readonly ServerId[]) => void = () => {},
  ) {
    this.cluster = cluster;
    this.note = note;
    this.context = { cluster, holding: [], written: 0, settled };
    this.all = steps.map(runningStep);
    this.steps = this.all.filter(({ step }) => step.from === undefined);
    if (this.all.some(({ matches }) => matches !== undefined)) cluster.watchMessages(this);
  }

  /** No step is to come any more, except for moments that may never come. */
  get done(): boolean {
    return this.next >= this.steps.length && this.upcoming === 0;
  }

  get outcomes(): readonly StepOutcome[] {
    return this.all.map(({ index, step, atUs, effect }) => ({
      step: index,
      // Thousands of runs are made for each whose steps are told.
      get text() {
        return describeStep(step);
      },
      atUs,
      effect: effect?.(),
    }));
  }

  /** Waits for the first step's trigger, and for all that wait for nobody. */
  start(): void {
    for (const running of this.all) {
      const { from, when } = running.step;
      if (from === undefined) continue;
      this.at(durationUs(from), running, () => {
        if (when === undefined) this.perform(running);
        else if (!this.settled) this.awaiting.push(running);
      });
    }
    this.arm();
  }

  /** A protocol event happened. */
  recorded(record: ProtocolRecord): void {
    const { awaiting } = this;
    if (awaiting.length === 0) return;
    for (const running of [...awaiting]) {
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
    for (const running of [...this.awaiting]) {
      if ((running.step.when?.on ?? "delivered") !== on) continue;
      if (running.matches?.(message, from, to)) this.happened(running);
    }
  }

  private happened(running: RunningStep): void {
    running.remaining--;
    if (running.remaining > 0) return;
    this.awaiting = this.awaiting.filter((one) => one !== running);
    const { after } = running.step;
    if (after === undefined) this.perform(running);
    else this.at(this.cluster.world.nowUs + durationUs(after), running, () => this.perform(running));
  }

  private arm(): void {
    const running = this.steps[this.next];
    if (running === undefined) return;
    const { at, after, when } = running.step;
    const { nowUs } = this.cluster.world;
    if (when !== undefined) this.awaiting.push(running);
    else if (at !== undefined) this.at(Math.max(nowUs, durationUs(at)), running, () => this.perform(running));
    else this.at(nowUs + (after === undefined ? 0 : durationUs(after)), running, () => this.perform(running));
  }

  private at(timeUs: number, { index }: RunningStep, what: () => void): void {
    this.upcoming++;
    const now = (): void => {
      this.upcoming--;
      what();
    };
    this.cluster.world.at(timeUs, now, `step ${index}`);
  }

  private undo(running: RunningStep): void {
    const undo = this.undos.get(running);
    if (!this.undos.delete(running)) return;
    this.note(() => `end of: ${describeStep(running.step)}`);
    undo?.();
  }

  /** What lasts is over, and what waits does not come any more. */
  private endAll(): void {
    this.settled = true;
    this.awaiting = [];
    for (const undo of this.undos.values()) undo();
    this.undos.clear();
  }

  private perform(running: RunningStep): void {
    if (this.settled) return;
    const { world } = this.cluster;
    running.atUs = world.nowUs;
    this.note(() => describeStep(running.step));
    if ("settle" in running.step) this.endAll();
    const { effect, undo } = act(running.step, this.context);
    running.effect = effect;
    const { for: lasts, from } = running.step;
    if (undo !== undefined) this.undos.set(running, undo);
    if (lasts !== undefined) this.at(world.nowUs + durationUs(lasts), running, () => this.undo(running));
    if (from !== undefined) return;
    this.next++;
    this.arm();
  }
}

function runningStep(step: Step, index: number): RunningStep {
  const { when } = step;
  const message = when?.message === undefined ? undefined : { ...when, type: when.message };
  return {
    index,
    step,
    atUs: undefined,
    effect: undefined,
    remaining: when?.nth ?? 1,
    matches: message === undefined ? undefined : matcher(message),
    zxid: when?.zxid === undefined ? undefined : parseZxid(when.zxid),
  };
}

/** A step in a few words, for timelines and for telling that it never happened. */
export function describeStep(step: Step): string {
  const { at, from, after, when, for: lasts, ...action } = step;
  const [verb, details] = Object.entries(action)[0] as [string, unknown];
  return `${verb} ${describe(details)}${lasts === undefined ? "" : ` for ${lasts}`}`.trim();
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(describe).join(" ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${name}=${describe(field)}`)
    .join(" ");
}
