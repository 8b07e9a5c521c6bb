/**
 * A recording: one run of a scenario, with everything that a debugger shows about each of its events. A recording is
 * made once, forwards; every later step back is a look into it. What it stores shares structure, so that one event
 * costs what it changes.
 *
 * Only re-execution can continue a run in another way: a recording cannot be changed. branch.ts makes another one.
 */
import type { ProtocolRecord } from "../../cluster/records.ts";
import { ServerInspector, type ServerView } from "../../cluster/server-view.ts";
import type { Violation } from "../../invariants/index.ts";
import type { Behavior, ServerId } from "../../protocol/index.ts";
import { formatMoment } from "../../reports/format.ts";
import { EVENTS_MAX, ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { Digest, type SimTime, Trace, type TraceEvent } from "../../sim/index.ts";
import { MessageLog, type SentMessage } from "./message-log.ts";
import { messageText } from "./message-text.ts";
import { share } from "./share.ts";
import type { LineState, Timeline, TimelineEvent } from "./timeline.ts";

/** One event of the simulator. */
export interface RunEvent extends TimelineEvent {
  /** The kind of the event (sim/event-kinds.ts); -1 for the start. */
  readonly kind: number;
}

/** The options of a Recording. */
export interface RecordingOptions {
  readonly seed: bigint | number;
  /** Changes the behavior of every server, for example to apply a fix. */
  readonly change?: ((behavior: Behavior) => Behavior) | undefined;
  /** The run ends after this number of events. Default: EVENTS_MAX. */
  readonly maxEvents?: number;
}

/** The states of one server: a view for each event that changes it. */
interface Changes {
  readonly inspector: ServerInspector;
  readonly events: number[];
  readonly views: ServerView[];
}

export class Recording implements Timeline {
  readonly scenario: Scenario;
  readonly options: RecordingOptions;
  /** The ids of the servers, ascending. */
  readonly servers: readonly ServerId[];
  /** Number of recorded events. */
  length = 0;
  /** Whether the run is over. */
  ended = false;
  readonly usPerUnit = 1000;

  private readonly runner: ScenarioRunner;
  private readonly trace = new Trace();
  private readonly messageLog: MessageLog;
  private readonly changes = new Map<ServerId, Changes>();
  /** The number of the event with each sequence. */
  private readonly numbers: number[] = [];
  // One entry for each event, from event 0, the start.
  private readonly times: number[] = [];
  private readonly kinds: number[] = [];
  private readonly targets: number[] = [];
  private readonly causes: number[] = [];
  private readonly effects: number[][] = [];
  private readonly lanes: number[] = [];
  private readonly traceEnds: number[] = [];
  private readonly recordEnds: number[] = [];
  private readonly violationEnds: number[] = [];
  private finalRun: ScenarioRun | undefined = undefined;

  constructor(scenario: Scenario, options: RecordingOptions) {
    this.scenario = scenario;
    this.options = options;
    this.runner = new ScenarioRunner(scenario, { ...options, trace: this.trace });
    const { cluster } = this.runner;
    this.servers = cluster.ids;
    this.messageLog = new MessageLog(cluster.world);
    for (const sid of cluster.ids) {
      this.changes.set(sid, { inspector: new ServerInspector(cluster, sid), events: [], views: [] });
    }
    this.observe(-1, -1, 0, cluster.ids);
  }

  /** Records up to `events` further events. Returns false at the end of the run. */
  advance(events = Number.POSITIVE_INFINITY): boolean {
    const { queue } = this.runner.cluster.world;
    const maxEvents = this.options.maxEvents ?? EVENTS_MAX;
    for (let count = 0; count < events && !this.ended; count++) {
      if (this.length >= maxEvents || !this.runner.step()) {
        this.ended = true;
        break;
      }
      this.length++;
      this.numbers[queue.sequence] = this.length;
      this.observe(queue.kind, queue.target, this.numbers[queue.cause] ?? 0, this.changedBy(queue.target));
    }
    return !this.ended;
  }

  /** Records the whole run. */
  finish(): this {
    this.advance();
    return this;
  }

  /** Returns the servers whose state the last event may have changed. A step of the script can change any server. */
  private changedBy(target: number): readonly ServerId[] {
    const { records } = this.runner;
    let isScripted = target < 0;
    for (let i = this.recordEnds.at(-1) as number; i < records.length; i++) {
      isScripted ||= (records[i] as ProtocolRecord).event === "script";
    }
    return isScripted ? this.servers : [target as ServerId];
  }

  private observe(kind: number, target: number, cause: number, changed: readonly ServerId[]): void {
    const { cluster } = this.runner;
    const { nowUs, digest } = cluster.world;
    const trace = this.trace.events();
    this.times.push(nowUs);
    this.kinds.push(kind);
    this.targets.push(target);
    this.causes.push(cause);
    if (this.length > 0) {
      const effects = this.effects[cause];
      if (effects === undefined) this.effects[cause] = [this.length];
      else effects.push(this.length);
    }
    this.lanes.push(digest?.laneA ?? 0, digest?.laneB ?? 0);
    for (const sid of changed) this.observeServer(sid);
    this.messageLog.add(this.length, nowUs, trace, this.traceEnds.at(-1) ?? 0);
    this.traceEnds.push(trace.length);
    this.recordEnds.push(this.runner.records.length);
    this.violationEnds.push(this.runner.violations.length);
  }

  private observeServer(sid: ServerId): void {
    const { events, inspector, views } = this.changes.get(sid) as Changes;
    const before = views.at(-1);
    const view = share(before, inspector.inspect());
    if (view === before) return;
    events.push(this.length);
    views.push(view);
  }

  /** The result of the run so far. */
  get run(): ScenarioRun {
    if (!this.ended) return this.runner.result();
    this.finalRun ??= this.runner.result();
    return this.finalRun;
  }

  /** Returns an event. */
  event(number: number): RunEvent {
    return {
      number,
      timeUs: this.times[number] as number,
      kind: this.kinds[number] as number,
      server: this.targets[number] as number,
      cause: this.causes[number] as number,
    };
  }

  /** Returns the digest of the run up to an event, as 16 hexadecimal digits. */
  digestAt(number: number): string {
    const digest = new Digest();
    digest.laneA = this.lanes[2 * number] as number;
    digest.laneB = this.lanes[2 * number + 1] as number;
    return digest.hex();
  }

  /** Returns the state of a server after an event. */
  serverAt(sid: ServerId, number: number): ServerView {
    const { events, views } = this.changes.get(sid) as Changes;
    return views[lastAtMost(events, number)] as ServerView;
  }

  /** Returns every state of a server, each with the event that led to it. */
  *statesOf(sid: ServerId): Generator<{ readonly event: number; readonly view: ServerView }> {
    const { events, views } = this.changes.get(sid) as Changes;
    for (const [index, event] of events.entries()) yield { event, view: views[index] as ServerView };
  }

  *lineStatesOf(sid: ServerId): Generator<LineState> {
    for (const { event, view } of this.statesOf(sid)) {
      yield { event, process: view.process, state: view.peer?.state, phase: view.peer?.phase };
    }
  }

  /** Returns the number of the last event up to `number` that changed the state of a server. */
  lastChangeOf(sid: ServerId, number: number): number {
    const { events } = this.changes.get(sid) as Changes;
    return events[lastAtMost(events, number)] as number;
  }

  /** Returns the states of all servers after an event. */
  serversAt(number: number): readonly ServerView[] {
    return this.servers.map((sid) => this.serverAt(sid, number));
  }

  /** All messages so far, in the order in which they were sent. */
  get messages(): readonly SentMessage[] {
    return this.messageLog.all;
  }

  /** Returns the messages in flight after an event. */
  inFlightAt(number: number): readonly SentMessage[] {
    return this.messageLog.inFlightAt(number);
  }

  /** Returns the messages that were sent after one event and up to another. */
  messagesSentBetween(first: number, last: number): readonly SentMessage[] {
    return this.messageLog.sentBetween(first, last);
  }

  messageText({ message }: SentMessage): string {
    return messageText(message);
  }

  /** Returns the messages that arrived or were lost in an event. */
  messagesThatEndAt(number: number): readonly SentMessage[] {
    return this.inFlightAt(number - 1).filter(({ endEvent }) => endEvent === number);
  }

  /** Returns the trace of one event. */
  traceOf(number: number): readonly TraceEvent[] {
    return this.trace.events().slice(this.traceEnds[number - 1] ?? 0, this.traceEnds[number]);
  }

  /** The trace so far. */
  get allTrace(): readonly TraceEvent[] {
    return this.trace.events();
  }

  /** Returns the records of one event. */
  recordsOf(number: number): readonly ProtocolRecord[] {
    return this.runner.records.slice(this.recordEnds[number - 1] ?? 0, this.recordEnds[number]);
  }

  /** Returns the violations that one event caused. */
  violationsOf(number: number): readonly Violation[] {
    return this.runner.violations.slice(this.violationEnds[number - 1] ?? 0, this.violationEnds[number]);
  }

  /** All records so far. */
  get records(): readonly ProtocolRecord[] {
    return this.runner.records;
  }

  /** All violations so far. */
  get violations(): readonly Violation[] {
    return this.runner.violations;
  }

  *notableEvents(): Generator<{ readonly event: number; readonly server: number }> {
    let index = 0;
    for (let event = 0; event < this.recordEnds.length; event++) {
      for (; index < (this.recordEnds[event] as number); index++) {
        const record = this.runner.records[index] as ProtocolRecord;
        if (!QUIET.has(record.event)) yield { event, server: record.server };
      }
    }
  }

  /** Returns the event during which the record with this index was made. */
  eventOfRecord(index: number): number {
    return firstAbove(this.recordEnds, index);
  }

  /** Returns the event during which the violation with this index happened. */
  eventOfViolation(index: number): number {
    return firstAbove(this.violationEnds, index);
  }

  /** Returns the number of the event with this sequence (RunEvent, TraceEvent#sequence); 0 for the start. */
  eventOfSequence(sequence: number): number {
    return this.numbers[sequence] ?? 0;
  }

  /** Returns the last event at or before a virtual time. */
  eventAtTime(timeUs: SimTime): number {
    return Math.max(0, lastAtMost(this.times, timeUs));
  }

  timeText(timeUs: SimTime): string {
    return `${formatMoment(timeUs)} s`;
  }

  /** Returns the events that one event scheduled, ascending. */
  effectsOf(number: number): readonly number[] {
    return this.effects[number] ?? [];
  }
}

/** The records of frequent events that do not make an event worth showing. */
const QUIET: ReadonlySet<ProtocolRecord["event"]> = new Set([
  "notification-ignored",
  "voted",
  "election-link",
] as const);

/** Returns the index of the last item that is at most `value`; -1 if there is none. The items ascend. */
export function lastAtMost(items: readonly number[], value: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function firstAbove(ends: readonly number[], index: number): number {
  return lastAtMost(ends, index) + 1;
}
