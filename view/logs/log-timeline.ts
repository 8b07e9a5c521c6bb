/**
 * What the logs of real servers show, as a timeline: the events of `explain/events/` with indexes, and the state of
 * each server after each event.
 */
import type { EnsembleEvent, EnsembleEvents } from "../../explain/events/ensemble-events.ts";
import type { Phase, ServerId, ServerState } from "../../protocol/index.ts";
import type { TraceKind } from "../../sim/index.ts";
import { lastAtMost } from "../session/recording.ts";
import type { LineState, Timeline, TimelineEvent, TimelineMessage, TimelineSign } from "../session/timeline.ts";

/** The state of a server, as far as its log shows it. */
export interface LogServerState {
  readonly isUp: boolean;
  /** Undefined before the first event that shows it. */
  readonly role: ServerState | undefined;
  readonly phase: Phase | undefined;
  readonly rows: ReadonlyMap<string, string>;
}

/** A message between two servers. */
interface LogMessage extends TimelineMessage {
  readonly text: string;
  readonly endEvent: number;
}

/** The states of one server, each with the event that led to it. */
interface States {
  readonly events: number[];
  readonly states: LogServerState[];
}

const SIGN_KINDS: Readonly<Record<NonNullable<EnsembleEvent["sign"]>, TraceKind | undefined>> = {
  start: "start",
  end: "crash",
  disk: "disk",
  decision: undefined,
};

const UNKNOWN: LogServerState = { isUp: true, role: undefined, phase: undefined, rows: new Map() };
/** The number of messages in a block. A block knows which earlier messages are in flight at its first message. */
const BLOCK = 256;
/** The number of units of the axis of time for each event. With it, most events of a burst can be distinguished. */
const UNITS_PER_EVENT = 4;

export class LogTimeline implements Timeline {
  readonly servers: readonly ServerId[];
  readonly length: number;
  readonly messages: readonly LogMessage[];
  readonly violations: readonly { readonly server: number; readonly event: number }[];
  readonly usPerUnit: number;
  private readonly events: readonly EnsembleEvent[];
  private readonly times: readonly number[];
  private readonly startMs: number;
  private readonly states = new Map<number, States>();
  /** For each event, the messages that it sends and those that arrive in it. */
  private readonly sent = new Map<number, LogMessage[]>();
  private readonly arrived = new Map<number, LogMessage[]>();
  /** For each event, the event before it and after it of the same server; 0 if there is none. */
  private readonly previous: number[] = [0];
  private readonly next: number[] = [0];
  private readonly sentEvents: readonly number[];
  private readonly blocks: (readonly LogMessage[])[] = [];

  /** `problems` are the events that a diagram marks. */
  constructor({ events, messages, servers }: EnsembleEvents, problems: readonly number[]) {
    this.servers = servers as readonly ServerId[];
    this.events = events;
    this.length = events.length;
    this.startMs = events[0]?.timeMs ?? 0;
    this.times = [0, ...events.map(({ timeMs }) => (timeMs - this.startMs) * 1000)];
    this.usPerUnit = Math.max(1000, (this.times.at(-1) as number) / Math.max(1, UNITS_PER_EVENT * this.length));
    this.violations = [...problems]
      .sort((a, b) => a - b)
      .map((event) => ({ event, server: events[event - 1]?.server ?? -1 }));
    this.messages = messages.map((message, id) => ({
      ...{ id, ...message, fate: "delivered", heldEvent: undefined, repeats: [] },
    }));
    this.sentEvents = this.messages.map(({ sentEvent }) => sentEvent);
    for (const message of this.messages) this.addMessage(message);
    this.connectEvents();
    this.followStates();
  }

  private addMessage(message: LogMessage): void {
    if (message.id % BLOCK === 0) {
      const before = [
        ...(this.blocks.at(-1) ?? []),
        ...this.messages.slice(Math.max(0, message.id - BLOCK), message.id),
      ];
      this.blocks.push(before.filter(({ endEvent }) => endEvent >= message.sentEvent));
    }
    listIn(this.sent, message.sentEvent).push(message);
    listIn(this.arrived, message.endEvent).push(message);
  }

  private connectEvents(): void {
    const last = new Map<number, number>();
    for (const [index, { server }] of this.events.entries()) {
      const before = last.get(server) ?? 0;
      this.previous.push(before);
      this.next.push(0);
      if (before > 0) this.next[before] = index + 1;
      last.set(server, index + 1);
    }
  }

  private followStates(): void {
    for (const sid of this.servers) this.states.set(sid, { events: [], states: [] });
    for (const [index, { changes }] of this.events.entries()) {
      for (const { isUp, phase, role, rows = {}, server } of changes) {
        const known = this.states.get(server);
        if (known === undefined) continue;
        const before = known.states.at(-1) ?? UNKNOWN;
        const after: LogServerState = {
          isUp: isUp ?? before.isUp,
          role: (role as ServerState | undefined) ?? before.role,
          phase: (phase as Phase | undefined) ?? before.phase,
          rows: changedRows(before.rows, rows),
        };
        const keys = ["isUp", "role", "phase", "rows"] as const;
        if (keys.every((key) => before[key] === after[key])) continue;
        known.events.push(index + 1);
        known.states.push(after);
      }
    }
  }

  event(number: number): TimelineEvent {
    const cause = this.arrived.get(number)?.[0]?.sentEvent ?? this.previous[number] ?? 0;
    const server = this.events[number - 1]?.server ?? -1;
    return { number, timeUs: this.times[number] ?? 0, server, cause };
  }

  /** Returns what an event is about. Undefined for event 0, the start. */
  entry(number: number): EnsembleEvent | undefined {
    return this.events[number - 1];
  }

  eventAtTime(timeUs: number): number {
    return Math.max(0, lastAtMost(this.times, timeUs));
  }

  /** Returns the time of day, without the zone, such as `18:19:43.440`. */
  timeText(timeUs: number): string {
    return this.dateText(timeUs).slice(11);
  }

  /** Returns the date and the time, such as `2026-11-25 18:19:43.440`. */
  dateText(timeUs: number): string {
    return new Date(this.startMs + timeUs / 1000).toISOString().replace("T", " ").replace("Z", "");
  }

  effectsOf(number: number): readonly number[] {
    const next = this.next[number] ?? 0;
    const ends = (this.sent.get(number) ?? []).map(({ endEvent }) => endEvent);
    return [...new Set([...ends, ...(next > 0 ? [next] : [])])].sort((a, b) => a - b);
  }

  eventOfViolation(index: number): number {
    return this.violations[index]?.event ?? 0;
  }

  inFlightAt(number: number): readonly LogMessage[] {
    const last = lastAtMost(this.sentEvents, number);
    if (last < 0) return [];
    const block = Math.floor(last / BLOCK);
    const recent = this.messages.slice(block * BLOCK, last + 1);
    return [...(this.blocks[block] ?? []), ...recent].filter(({ endEvent }) => endEvent > number);
  }

  messagesSentBetween(first: number, last: number): readonly LogMessage[] {
    return this.messages.slice(lastAtMost(this.sentEvents, first) + 1, lastAtMost(this.sentEvents, last) + 1);
  }

  /** Returns the messages that arrive in an event. */
  messagesThatEndAt(number: number): readonly LogMessage[] {
    return this.arrived.get(number) ?? [];
  }

  messageText(message: TimelineMessage): string {
    return this.messages[message.id]?.text ?? message.type;
  }

  traceOf(number: number): readonly TimelineSign[] {
    const { server, sign } = this.events[number - 1] ?? {};
    const kind = sign && SIGN_KINDS[sign];
    return kind === undefined || server === undefined ? [] : [{ kind, node: server }];
  }

  recordsOf(number: number): readonly { readonly event: string; readonly server: number }[] {
    const { server, sign } = this.events[number - 1] ?? {};
    return sign === "decision" && server !== undefined ? [{ event: "sync-decided", server }] : [];
  }

  violationsOf(number: number): readonly { readonly server: number }[] {
    return this.violations.filter(({ event }) => event === number);
  }

  *notableEvents(): Generator<{ readonly event: number; readonly server: number }> {
    for (const [index, { isQuiet, server }] of this.events.entries()) {
      if (isQuiet !== true) yield { event: index + 1, server };
    }
  }

  *lineStatesOf(sid: ServerId): Generator<LineState> {
    const { events, states } = this.states.get(sid) as States;
    for (const [index, { isUp, phase, role }] of states.entries()) {
      const event = events[index] as number;
      if (!isUp) yield { event, process: "down", state: undefined, phase: undefined };
      else if (role !== undefined) yield { event, process: "running", state: role, phase };
    }
  }

  lastChangeOf(sid: ServerId, number: number): number {
    const { events } = this.states.get(sid) as States;
    return events[lastAtMost(events, number)] ?? 0;
  }

  /** Returns the state of a server after an event. */
  stateAt(sid: ServerId, number: number): LogServerState {
    const { events, states } = this.states.get(sid) as States;
    return states[lastAtMost(events, number)] ?? UNKNOWN;
  }
}

function listIn<Item>(lists: Map<number, Item[]>, key: number): Item[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: Item[] = [];
  lists.set(key, list);
  return list;
}

function changedRows(
  before: ReadonlyMap<string, string>,
  changes: Readonly<Record<string, string | null>>,
): ReadonlyMap<string, string> {
  const entries = Object.entries(changes).filter(([name, value]) => (before.get(name) ?? null) !== value);
  if (entries.length === 0) return before;
  const rows = new Map(before);
  for (const [name, value] of entries) {
    if (value === null) rows.delete(name);
    else rows.set(name, value);
  }
  return rows;
}
