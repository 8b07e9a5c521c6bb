/**
 * The steps of a scenario, carried out one after another: each waits for its trigger, counted from when the step before
 * it was done. A moment is caught where it happens: what a crash at a moment prevents is everything behind it, also the
 * rest of what the server was doing right then.
 */
import { isHello, PACKET_NAMES, parseZxid, type QuorumPacket, type ServerId } from "../protocol/index.ts";
import { createRule, type NetworkRule } from "../sim/index.ts";
import { alterMessage } from "./alter-message.ts";
import { type Cluster, durationUs } from "./cluster.ts";
import { applyDiskFault } from "./disk-fault.ts";
import type { ProtocolRecord, RecordSink } from "./protocol-trace.ts";
import type { Action, MessageMatch, Moment, Step } from "./scenario.ts";
import type { Message, MessageWatcher } from "./server.ts";

/** What a step did, once the run is over. */
export interface StepOutcome {
  readonly step: number;
  readonly text: string;
  /** When it was carried out; undefined if its trigger never came. */
  readonly atUs: number | undefined;
  /** How many messages, writes or records it affected; undefined for steps that always take effect. */
  readonly effect: number | undefined;
}

interface RunningStep {
  readonly step: Step;
  readonly text: string;
  atUs: number | undefined;
  effect: (() => number) | undefined;
}

export class Script implements MessageWatcher {
  private readonly cluster: Cluster;
  private readonly note: RecordSink;
  private readonly steps: RunningStep[];
  private next = 0;
  /** The moment waited for, and how many more times it must come. */
  private awaited: Moment | undefined;
  private remaining = 0;
  private holding: number[] = [];
  private written = 0;

  constructor(cluster: Cluster, note: RecordSink) {
    this.cluster = cluster;
    this.note = note;
    this.steps = cluster.scenario.steps.map((step) => ({
      step,
      text: describeStep(step),
      atUs: undefined,
      effect: undefined,
    }));
    if (this.steps.some(({ step }) => step.when?.message !== undefined)) cluster.watchMessages(this);
  }

  get done(): boolean {
    return this.next >= this.steps.length;
  }

  get outcomes(): readonly StepOutcome[] {
    return this.steps.map(({ text, atUs, effect }, step) => ({ step, text, atUs, effect: effect?.() }));
  }

  /** Waits for the first step's trigger. */
  start(): void {
    this.arm();
  }

  /** A protocol event happened. */
  recorded(record: ProtocolRecord): void {
    const moment = this.awaited;
    if (moment?.event === undefined || moment.event !== record.event) return;
    if (moment.server !== undefined && moment.server !== record.server) return;
    if (moment.zxid !== undefined && !("zxid" in record && record.zxid === parseZxid(moment.zxid))) return;
    this.happened();
  }

  sent(from: ServerId, to: ServerId, message: Message): void {
    if (this.awaited?.on === "sent") this.messageSeen(from, to, message);
  }

  delivered(from: ServerId, to: ServerId, message: Message): void {
    if (this.awaited?.on !== "sent") this.messageSeen(from, to, message);
  }

  private messageSeen(from: ServerId, to: ServerId, message: Message): void {
    const moment = this.awaited;
    if (moment?.message === undefined) return;
    const { message: type, ...rest } = moment;
    if (matcher({ ...rest, type })(message, from, to)) this.happened();
  }

  private happened(): void {
    this.remaining--;
    if (this.remaining > 0) return;
    this.awaited = undefined;
    const { after } = (this.steps[this.next] as RunningStep).step;
    if (after === undefined) this.perform();
    else this.later(durationUs(after));
  }

  private arm(): void {
    const running = this.steps[this.next];
    if (running === undefined) return;
    const { at, after, when } = running.step;
    const { nowUs } = this.cluster.world;
    if (when !== undefined) {
      this.awaited = when;
      this.remaining = when.nth ?? 1;
    } else if (at !== undefined) this.later(Math.max(0, durationUs(at) - nowUs));
    else this.later(after === undefined ? 0 : durationUs(after));
  }

  private later(delayUs: number): void {
    const { world } = this.cluster;
    world.at(world.nowUs + delayUs, () => this.perform(), `step ${this.next}`);
  }

  private perform(): void {
    const running = this.steps[this.next] as RunningStep;
    running.atUs = this.cluster.world.nowUs;
    this.note({ atUs: running.atUs, server: -1, event: "script", text: running.text });
    running.effect = this.act(running.step);
    this.next++;
    this.arm();
  }

  /** Carries out an action; returns how to ask for its effect later, if it may have none. */
  private act(action: Action): (() => number) | undefined {
    const { cluster } = this;
    const { network } = cluster.world;
    const soon = (what: () => void): undefined => cluster.world.at(cluster.world.nowUs, what, "action") as undefined;
    if ("write" in action) return this.write(action.write);
    if ("start" in action) return soon(() => cluster.startServer(action.start));
    if ("restart" in action) {
      return soon(() => {
        cluster.crash({ server: action.restart, unsynced: "kept", connectionsReset: true });
        cluster.startServer(action.restart);
      });
    }
    if ("crash" in action) {
      const lost = cluster.crash(action.crash);
      return () => (lost === undefined ? 0 : 1);
    }
    if ("pause" in action) return this.node(action.pause).pause() as undefined;
    if ("resume" in action) return this.node(action.resume).resume() as undefined;
    if ("wipe" in action) return cluster.wipe(action.wipe) as undefined;
    if ("cutOneWay" in action) {
      const { from, to } = action.cutOneWay;
      const cuts = from.flatMap((a) => to.filter((b) => b !== a).map((b) => network.cut(a, b)));
      return () => cuts.reduce((sum, cut) => sum + cut.held + cut.lost, 0);
    }
    if ("partition" in action) {
      const named = new Set(action.partition.flat());
      const others = cluster.ids.filter((sid) => !named.has(sid));
      const groups = others.length > 0 ? [...action.partition, others] : action.partition;
      const cuts = network.partition(groups);
      return () => cuts.reduce((sum, cut) => sum + cut.held + cut.lost, 0);
    }
    if ("heal" in action) return this.heal(action.heal);
    if ("release" in action) {
      for (const rule of this.holding) {
        network.removeRule(rule);
        network.releaseRule(rule);
      }
      this.holding = [];
      return undefined;
    }
    if ("disk" in action) return applyDiskFault(this.node(action.disk.server).disk, action.disk);
    return this.interfere(action);
  }

  private interfere(
    action: Extract<
      Action,
      { drop: unknown } | { delay: unknown } | { hold: unknown } | { reset: unknown } | { alter: unknown }
    >,
  ): () => number {
    const { network } = this.cluster.world;
    let rule: NetworkRule<Message>;
    if ("drop" in action) rule = createRule(matcher(action.drop.match), { kind: "drop" }, action.drop.count);
    else if ("delay" in action) {
      const { match, by, count } = action.delay;
      rule = createRule(matcher(match), { kind: "delay", byUs: durationUs(by) }, count);
    } else if ("hold" in action) rule = createRule(matcher(action.hold.match), { kind: "hold" }, action.hold.count);
    else if ("reset" in action) rule = createRule(matcher(action.reset.match), { kind: "reset" }, action.reset.count);
    else {
      const { match, set, count } = action.alter;
      rule = createRule(matcher(match), { kind: "replace", make: (message) => alterMessage(message, set) }, count);
    }
    const id = network.addRule(rule);
    if ("hold" in action) this.holding.push(id);
    return () => rule.hits;
  }

  private heal(what: "all" | readonly ServerId[]): undefined {
    const { ids, world } = this.cluster;
    if (what === "all") return world.network.healAll() as undefined;
    for (const a of what) {
      for (const b of ids) {
        if (a === b) continue;
        world.network.heal(a, b);
        world.network.heal(b, a);
      }
    }
    return undefined;
  }

  private write({ at, count, every }: { at: ServerId | "leader"; count: number; every: string }): () => number {
    let accepted = 0;
    const { world } = this.cluster;
    const everyUs = durationUs(every);
    for (let i = 0; i < count; i++) {
      const value = `w${++this.written}`;
      const one = (): void => {
        const server = at === "leader" ? this.cluster.leader : this.cluster.server(at);
        if (server?.write(value)) accepted++;
      };
      world.at(world.nowUs + i * everyUs, one, value);
    }
    return () => accepted;
  }

  private node(sid: ServerId) {
    return this.cluster.world.node(sid);
  }
}

/** Whether a message is the one meant. */
export function matcher(match: MessageMatch): (message: Message, from: ServerId, to: ServerId) => boolean {
  const { type, from, to } = match;
  const zxid = match.zxid === undefined ? undefined : parseZxid(match.zxid);
  return (message, sender, receiver) => {
    if (from !== undefined && from !== sender) return false;
    if (to !== undefined && to !== receiver) return false;
    if (type !== undefined && type !== messageName(message)) return false;
    return zxid === undefined || ("zxid" in message && message.zxid === zxid);
  };
}

/** A message's type as scenario files write it. */
export function messageName(message: Message): string {
  const { type } = message as QuorumPacket;
  if (type !== undefined) return PACKET_NAMES[type] ?? "";
  return message instanceof Uint8Array || !isHello(message as never) ? "NOTIFICATION" : "HELLO";
}

/** A step in a few words, for timelines and for telling that it never happened. */
export function describeStep(step: Step): string {
  const { at, after, when, ...action } = step;
  const [verb, details] = Object.entries(action)[0] as [string, unknown];
  return `${verb} ${describe(details)}`.trim();
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(describe).join(" ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${name}=${describe(field)}`)
    .join(" ");
}
