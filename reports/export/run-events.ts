/**
 * The events of a run in one list: the entries of its trace, the records of its servers, and its violations, each with
 * its number and its cause. Every export reads this list.
 *
 * The list is in the order in which the world handled its events. Within one event of the world, the entry that started
 * it comes first, then the records, then everything else that happened, such as the messages that a server sent.
 */
import type { ProtocolRecord } from "../../cluster/records.ts";
import type { Violation } from "../../invariants/violation.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import type { TraceEvent, TraceKind } from "../../sim/trace.ts";

interface CommonFields {
  /** The number of the event, from 0. It is the same in every export of the same run. */
  readonly id: number;
  /** The virtual time in microseconds. */
  readonly atUs: number;
  /** The server at which the event happened; -1 for a step of the scenario. */
  readonly server: number;
  /** The number of the event that caused this one. Undefined if the run has no earlier cause. */
  readonly cause: number | undefined;
}

type EventFact =
  | { readonly source: "trace"; readonly kind: TraceKind; readonly fact: TraceEvent }
  | { readonly source: "record"; readonly kind: ProtocolRecord["event"]; readonly fact: ProtocolRecord }
  | { readonly source: "violation"; readonly kind: "violation"; readonly fact: Violation };

/** One event of a run. `source` says which type of fact it is. */
export type RunEvent = CommonFields & EventFact;

type Fact = RunEvent["fact"];

/** Everything that happened while the world handled one event. */
interface Handling {
  readonly sequence: number;
  readonly atUs: number;
  readonly cause: number;
  readonly trace: TraceEvent[];
  readonly records: ProtocolRecord[];
}

/** The records and the trace of a run. */
export interface TracedFacts {
  readonly records: readonly ProtocolRecord[];
  readonly trace: { events(): readonly TraceEvent[] } | undefined;
}

/** Returns the events of a traced run. The run must have kept its records. */
export function runEvents(run: ScenarioRun): readonly RunEvent[] {
  return new EventList(run).events;
}

/** Returns the events of a traced run without their numbers and causes, and without violations. It is faster. */
export function runFacts(run: TracedFacts): readonly RunEvent[] {
  const events: RunEvent[] = [];
  for (const handling of handlingsOf(run)) for (const fact of factsOf(handling)) events.push(unnumbered(fact));
  return events;
}

/** `zabsim reconstruct` calls this for each event of thousands of runs, so it spreads no object. */
function unnumbered(fact: ProtocolRecord | TraceEvent): RunEvent {
  return "event" in fact
    ? { id: -1, cause: undefined, source: "record", kind: fact.event, fact, atUs: fact.atUs, server: fact.server }
    : { id: -1, cause: undefined, source: "trace", kind: fact.kind, fact, atUs: fact.timeUs, server: fact.node };
}

/** The kinds of trace entries that make a server act. It is the trigger of its handling if it is the first. */
const TRIGGERS: ReadonlySet<TraceKind> = new Set([
  "deliver",
  "connected",
  "accept",
  "refuse",
  "close",
  "reset",
  "timer",
  "disk",
  "start",
]);

/** What can happen to a message after it was sent. */
const MESSAGE_FATES: ReadonlySet<TraceKind> = new Set(["deliver", "drop", "hold", "release"]);

class EventList {
  readonly events: RunEvent[] = [];
  private readonly sends = new SendIndex();
  private readonly idOf = new Map<Fact, number>();
  /** The numbers of the events of each handling, by its sequence. */
  private readonly bySequence = new Map<number, number[]>();

  constructor(run: ScenarioRun) {
    const violations = [...run.violations];
    const handlings = handlingsOf(run);
    for (const [position, handling] of handlings.entries()) {
      this.addHandling(handling);
      const next = handlings[position + 1];
      while (violations[0] !== undefined && isAfter(violations[0], handling, next)) {
        this.addViolation(violations.shift() as Violation);
      }
    }
    for (const violation of violations) this.addViolation(violation);
  }

  private addHandling(handling: Handling): void {
    const ids: number[] = [];
    this.bySequence.set(handling.sequence, ids);
    for (const fact of factsOf(handling)) {
      const cause = this.causeOf(fact, handling, ids);
      ids.push(this.events.length);
      if ("event" in fact) this.add({ source: "record", kind: fact.event, fact }, fact.atUs, fact.server, cause);
      else this.add({ source: "trace", kind: fact.kind, fact }, fact.timeUs, fact.node, cause);
      if ("kind" in fact && fact.kind === "send") this.sends.add(fact);
    }
  }

  private addViolation(fact: Violation): void {
    const last = this.events.findLast(
      ({ atUs, server, source }) => source === "record" && server === fact.server && atUs <= fact.atUs,
    );
    this.add({ source: "violation", kind: "violation", fact }, fact.atUs, fact.server, last?.cause ?? last?.id);
  }

  private add(event: EventFact, atUs: number, server: number, cause: number | undefined): void {
    const id = this.events.length;
    this.idOf.set(event.fact, id);
    this.events.push({ id, atUs, server, cause, ...event });
  }

  private causeOf(fact: TraceEvent | ProtocolRecord, handling: Handling, ids: readonly number[]): number | undefined {
    if (handling.sequence < 0) return this.startOf(fact, ids);
    const sent = "kind" in fact && MESSAGE_FATES.has(fact.kind) ? this.sends.sendOf(fact) : undefined;
    if (sent !== undefined) return this.idOf.get(sent);
    const [trigger] = ids;
    if (trigger !== undefined) return trigger;
    const causes = this.bySequence.get(handling.cause) ?? [];
    return (
      ("kind" in fact ? this.actionOfPeer(fact, causes) : undefined) ?? (handling.cause < 0 ? undefined : causes[0])
    );
  }

  /** Returns the event at the other end of a connection, such as the `connect` that an `accept` answers. */
  private actionOfPeer({ detail, kind, node, peer }: TraceEvent, ids: readonly number[]): number | undefined {
    if (detail <= 0 || peer < 0 || kind === "timer" || kind === "disk") return undefined;
    return ids.find((id) => {
      const { fact, source } = this.events[id] as RunEvent;
      return source === "trace" && fact.node === peer && fact.peer === node && fact.detail === detail;
    });
  }

  /** Returns the start of the server's process, which causes everything that the server does before the first event. */
  private startOf(fact: TraceEvent | ProtocolRecord, ids: readonly number[]): number | undefined {
    if ("kind" in fact && fact.kind === "start") return undefined;
    return ids.find((id) => {
      const { kind, server } = this.events[id] as RunEvent;
      return kind === "start" && server === serverOf(fact);
    });
  }
}

/** Finds the send of a message by its payload, because the send and the delivery contain the same object. */
class SendIndex {
  private readonly byPayload = new Map<unknown, TraceEvent[]>();
  private readonly bySequence = new Map<number, TraceEvent[]>();

  add(send: TraceEvent): void {
    append(this.byPayload, send.payload, send);
    append(this.bySequence, send.sequence, send);
  }

  /**
   * Returns the send of a message that was delivered, dropped, held or released. If the script replaced the message,
   * its payload is another object; the send is then the first one on the same connection that the cause made.
   */
  sendOf(event: TraceEvent): TraceEvent | undefined {
    const { cause, detail, node, peer, payload } = event;
    const isOnConnection = (send: TraceEvent): boolean =>
      send.detail === detail &&
      ((send.node === peer && send.peer === node) || (send.node === node && send.peer === peer));
    const same = (this.byPayload.get(payload) ?? []).filter(isOnConnection);
    return (
      same.find(({ sequence }) => sequence === cause) ?? same.at(-1) ?? this.bySequence.get(cause)?.find(isOnConnection)
    );
  }
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Returns whether the first trace entry of a handling made the server act, and not a step of the scenario. */
function hasTrigger({ records: [record], trace: [first] }: Handling): boolean {
  return first !== undefined && TRIGGERS.has(first.kind) && record?.event !== "script";
}

/**
 * Returns the facts of a handling in order. The records follow the trigger, but the records of a process that starts
 * follow the trace entry of its start.
 */
function factsOf(handling: Handling): (TraceEvent | ProtocolRecord)[] {
  const { records, trace } = handling;
  let taken = hasTrigger(handling) ? 1 : 0;
  const facts: (TraceEvent | ProtocolRecord)[] = trace.slice(0, taken);
  for (const record of records) {
    if (record.event === "started") {
      const start = trace.findIndex(
        ({ kind, node }, index) => index >= taken && kind === "start" && node === record.server,
      );
      if (start >= 0) {
        facts.push(...trace.slice(taken, start + 1));
        taken = start + 1;
      }
    }
    facts.push(record);
  }
  return [...facts, ...trace.slice(taken)];
}

/**
 * Returns whether a violation happened in a handling: the handling is the last one with a record of the violating
 * server that is not later than the violation.
 */
function isAfter({ atUs, server }: Violation, handling: Handling, next: Handling | undefined): boolean {
  if (next === undefined || next.atUs > atUs) return true;
  return handling.atUs === atUs && handling.records.some((record) => record.server === server);
}

function serverOf(fact: TraceEvent | ProtocolRecord): number {
  return "event" in fact ? fact.server : fact.node;
}

/** Returns the handlings of a run in order. The world handles its events in the order of their times and sequences. */
function handlingsOf({ records, trace }: TracedFacts): Handling[] {
  const handlings = new Map<number, Handling>();
  const at = (sequence: number, atUs: number, cause: number): Handling => {
    let handling = handlings.get(sequence);
    if (handling === undefined) {
      handling = { sequence, atUs, cause, trace: [], records: [] };
      handlings.set(sequence, handling);
    }
    return handling;
  };
  for (const event of trace?.events() ?? []) at(event.sequence, event.timeUs, event.cause).trace.push(event);
  for (const record of records) at(record.sequence ?? -1, record.atUs, -1).records.push(record);
  return [...handlings.values()].sort((a, b) => a.atUs - b.atUs || a.sequence - b.sequence);
}
