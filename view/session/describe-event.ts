/** Describes the events of a recording in words. */

import type { ProtocolRecord } from "../../cluster/records.ts";
import type { Message } from "../../cluster/server.ts";
import { timerName } from "../../cluster/server-view.ts";
import { FIRST_WORK_TIMER } from "../../cluster/thread-work.ts";
import { DISK_OP_NAMES, type ServerId, TIMER_ELECTION, WORK_NAMES } from "../../protocol/index.ts";
import { describeRecord } from "../../reports/describe.ts";
import { eventKindName, type TraceEvent, type TraceKind } from "../../sim/index.ts";
import { changesInWords } from "./describe-change.ts";
import { stepInWords } from "./describe-step.ts";
import { messageText } from "./message-text.ts";
import type { Recording } from "./recording.ts";

type Describe = (event: TraceEvent, recording: Recording, number: number) => string | undefined;

/** The kinds of trace events that can be the title of an event of the simulator. A `send` is a consequence. */
const TITLES: Readonly<Partial<Record<TraceKind, Describe>>> = {
  deliver: ({ node, payload, peer }) => `${messageText(payload as Message)} from ${peer} arrives at ${node}`,
  timer: ({ detail, node }, recording, number) => timerText(recording, number, node, detail),
  disk: ({ detail, node, payload }) => `disk of ${node}: ${diskText(detail, payload)}`,
  connected: ({ node, peer }) => `${node} is connected to ${peer}`,
  accept: ({ node, peer }) => `${node} accepts a connection from ${peer}`,
  refuse: ({ node, peer }) => `the connection between ${node} and ${peer} is refused`,
  reset: ({ node, peer }) => `the connection between ${node} and ${peer} is reset`,
  // The payload is absent if the node itself closes its end.
  close: ({ node, payload, peer }) =>
    payload === undefined
      ? `${node} closes its connection to ${peer}`
      : `${node} learns that ${peer} has closed the connection`,
  crash: ({ node }) => `${node} crashes`,
  stop: ({ node }) => `${node} exits`,
  start: ({ node }) => `${node} starts`,
  pause: ({ node }) => `${node} is paused`,
  resume: ({ node }) => `${node} resumes`,
  cut: ({ node, peer }) => `the link from ${node} to ${peer} is cut`,
  heal: ({ node, peer }) => `the link from ${node} to ${peer} is healed`,
  drop: (event, recording, number) =>
    typeof event.payload === "object" ? lossText(recording, number, event) : undefined,
};

/** A drop at the receiver names the receiver first, and any other drop names the sender first. */
function lossText(recording: Recording, number: number, { detail: conn, node, payload, peer }: TraceEvent): string {
  const message = payload as Message;
  const arrives = recording
    .messagesThatEndAt(number)
    .some((sent) => sent.message === message && sent.from === peer && sent.to === node);
  const [from, to] = arrives ? [peer, node] : [node, peer];
  const reason = arrives && conn !== 0 ? `: ${to} has closed the connection` : "";
  return `${messageText(message)} from ${from} to ${to} is lost${reason}`;
}

function timerText(recording: Recording, number: number, node: number, timer: number): string {
  if (timer === TIMER_ELECTION) return `election of ${node}: ${electionText(recording, number)}`;
  const work = WORK_NAMES[timer - FIRST_WORK_TIMER];
  if (work === undefined) return `timer of ${node}: ${timerName(timer)}`;
  const [thread, ...what] = work.split(": ");
  return `${thread} of ${node}: ${what.join(": ")}`;
}

function electionText(recording: Recording, number: number): string {
  const records = recording.recordsOf(number);
  const waited = records.find((record) => record.event === "election-waited");
  if (waited !== undefined) {
    return waited.resends
      ? "no vote arrived in time; it sends its vote again"
      : "no vote arrived in time; it connects again";
  }
  if (records.some(({ event }) => event === "elected")) return "the wait for a better vote ends";
  return "it continues to wait for votes";
}

function diskText(operation: number, payload: unknown): string {
  const { result } = (payload ?? {}) as { readonly result?: string };
  const name = DISK_OP_NAMES[operation] ?? "an operation";
  return `${name}: ${result === undefined || result === "ok" ? "done" : result}`;
}

/** Returns one line that says what happened in an event. */
export function eventTitle(recording: Recording, number: number): string {
  if (number === 0) return "the start of the run";
  const trace = recording.traceOf(number);
  for (const [index, entry] of trace.entries()) {
    const text = TITLES[entry.kind]?.(entry, recording, number);
    if (text !== undefined) return [text, ...endsAfter(trace.slice(index + 1))].join("; then ");
  }
  const script = recording.recordsOf(number).find(({ event }) => event === "script");
  if (script !== undefined) return recordText(recording, script);
  const { kind, server } = recording.event(number);
  return server < 0 ? "a step of the scenario becomes ready" : `${eventKindName(kind)} event of ${server}`;
}

/** Returns the ends of processes in the rest of an event: a step of the script can end one after the event itself. */
function endsAfter(trace: readonly TraceEvent[]): string[] {
  return trace.flatMap(({ kind, node }) => {
    if (kind === "crash") return [`${node} crashes`];
    return kind === "stop" ? [`${node} exits`] : [];
  });
}

/** The kinds of trace events with which a step of the script begins, if it changes a process. */
const PROCESS_CHANGES: ReadonlySet<TraceKind> = new Set(["crash", "stop", "start", "pause", "resume"] as const);

/**
 * Returns the consequences of an event, in their order: what its server observed, and the messages that it sent. A step
 * of the script that is performed at the end of the event comes after them, with `then: `.
 */
export function eventDetails(recording: Recording, number: number): string[] {
  const records = recording.recordsOf(number);
  const { server } = recording.event(number);
  const step = server < 0 ? -1 : records.findIndex(({ event }) => event === "script");
  const [before, after] = step < 0 ? [records, []] : [records.slice(0, step), records.slice(step)];
  const trace = recording.traceOf(number);
  const change = step < 0 ? -1 : trace.findIndex(({ kind }, index) => index > 0 && PROCESS_CHANGES.has(kind));
  const [early, late] = change < 0 ? [trace, []] : [trace.slice(0, change), trace.slice(change)];
  const changed =
    number === 0 || server < 0
      ? []
      : changesInWords(
          recording.serverAt(server as ServerId, number - 1),
          recording.serverAt(server as ServerId, number),
        );
  const violated = recording
    .violationsOf(number)
    .map(({ id, server, text }) => `violates ${id}: server ${server} ${text}`);
  const texts = (some: readonly ProtocolRecord[]): string[] => some.map((record) => recordText(recording, record));
  const then = texts(after).map((text, index) => (index === 0 ? `then: ${text}` : text));
  return [...violated, ...texts(before), ...changed, ...sendTexts(early), ...then, ...sendTexts(late)];
}

function sendTexts(trace: readonly TraceEvent[]): string[] {
  return trace
    .filter(({ kind }) => kind === "send")
    .map(({ node, payload, peer }) => `${node} sends ${messageText(payload as Message)} to ${peer}`);
}

function recordText({ scenario }: Recording, record: ProtocolRecord): string {
  if (record.event === "script") return stepInWords(scenario, record);
  return `${record.server} ${describeRecord(record)}`.replace(" (before)", " (from before the run)");
}
