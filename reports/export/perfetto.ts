/**
 * The export in the Trace Event Format, which Perfetto (ui.perfetto.dev) and chrome://tracing read. Each server is a
 * process with three tracks: its roles, the moments at which it acts, and its records. Flows connect the send of a
 * message with its delivery. One microsecond of the trace is one virtual microsecond.
 */
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { describeRole } from "../describe.ts";
import { eventJson } from "./event-json.ts";
import { eventText, hostName } from "./event-text.ts";
import { type RunEvent, runEvents } from "./run-events.ts";
import { type EventFilter, selector } from "./selection.ts";

/** The tracks of a server. The number is the `tid` of the format. */
const ROLES = 1;
const ACTIONS = 2;
const RECORDS = 3;
const TRACKS = [
  [ROLES, "role"],
  [ACTIONS, "messages, timers, disk"],
  [RECORDS, "records"],
] as const;

interface TraceEntry {
  readonly [name: string]: unknown;
}

export function* perfettoTrace(run: ScenarioRun, filter: EventFilter): Generator<string> {
  yield '{"displayTimeUnit":"ms","traceEvents":[\n';
  let separator = "";
  for (const entry of entries(run, filter)) {
    yield `${separator}${JSON.stringify(entry)}`;
    separator = ",\n";
  }
  const { scenario, seed } = run;
  yield `\n],"metadata":${JSON.stringify({ scenario: scenario.name, seed: String(seed), digest: run.digest })}}\n`;
}

function* entries(run: ScenarioRun, filter: EventFilter): Generator<TraceEntry> {
  const events = runEvents(run);
  const isSelected = selector(filter, () => true);
  for (const host of [-1, ...Object.keys(run.scenario.servers).map(Number)]) yield* names(host);
  const roles = new Roles();
  for (const event of events) {
    if (!isSelected(event)) continue;
    yield* roles.next(event);
    yield event.source === "trace" ? action(event) : instant(event);
    yield* flow(event, events, isSelected);
  }
  yield* roles.end(run.endUs);
}

function* names(server: number): Generator<TraceEntry> {
  const place = { ph: "M", cat: "__metadata", pid: pidOf(server), tid: 0, ts: 0 };
  yield { ...place, name: "process_name", args: { name: hostName(server) } };
  yield { ...place, name: "process_sort_index", args: { sort_index: pidOf(server) } };
  const tracks = server < 0 ? [[0, "steps"] as const] : TRACKS;
  for (const [tid, name] of tracks) yield { ...place, tid, name: "thread_name", args: { name } };
}

/** Returns the process of a server. The scenario is process 1, because readers ignore process 0. */
function pidOf(server: number): number {
  return server + 2;
}

/** The time that a server spends in each role, as one slice for each role. */
class Roles {
  private readonly open = new Map<number, { readonly name: string; readonly sinceUs: number }>();

  /** Ends the slice of a server if the event changes its role, and returns this slice. */
  *next({ atUs, fact, server, source }: RunEvent): Generator<TraceEntry> {
    if (source !== "record" || !("phase" in fact || fact.event === "crashed")) return;
    yield* this.close(server, atUs);
    if ("phase" in fact) this.open.set(server, { name: describeRole(fact), sinceUs: atUs });
  }

  /** Ends the slices of all servers. */
  *end(atUs: number): Generator<TraceEntry> {
    for (const server of [...this.open.keys()]) yield* this.close(server, atUs);
  }

  private *close(server: number, atUs: number): Generator<TraceEntry> {
    const role = this.open.get(server);
    if (role === undefined) return;
    this.open.delete(server);
    const { name, sinceUs } = role;
    const place = { pid: pidOf(server), tid: ROLES, ts: sinceUs };
    yield { ph: "X", cat: "role", name, ...place, dur: atUs - sinceUs, args: {} };
  }
}

/** Returns an entry of the trace as a slice of one microsecond. A flow needs a slice at each end. */
function action(event: RunEvent): TraceEntry {
  const place = { pid: pidOf(event.server), tid: ACTIONS, ts: event.atUs };
  return { ph: "X", cat: event.kind, name: eventText(event), ...place, dur: 1, args: eventJson(event) };
}

/** Returns a record or a violation as an instant. A violation appears across all servers. */
function instant(event: RunEvent): TraceEntry {
  const place = { pid: pidOf(event.server), tid: event.server < 0 ? 0 : RECORDS, ts: event.atUs };
  const scope = event.source === "violation" ? "g" : "t";
  return { ph: "I", cat: event.kind, name: eventText(event), ...place, s: scope, args: eventJson(event) };
}

function* flow(
  { atUs, cause, id, kind, server }: RunEvent,
  events: readonly RunEvent[],
  isSelected: (event: RunEvent) => boolean,
): Generator<TraceEntry> {
  const place = { cat: "message", name: "message", pid: pidOf(server), tid: ACTIONS, ts: atUs, args: {} };
  if (kind === "send") yield { ph: "s", id: flowId(id), ...place };
  const sent = kind === "deliver" && cause !== undefined ? events[cause] : undefined;
  if (sent?.kind === "send" && isSelected(sent)) yield { ph: "f", bp: "e", id: flowId(sent.id), ...place };
}

function flowId(send: number): string {
  return `0x${send.toString(16)}`;
}
