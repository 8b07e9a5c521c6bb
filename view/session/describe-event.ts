/** Describes the events of a recording in words. */

import type { Message } from "../../cluster/server.ts";
import { timerName } from "../../cluster/server-view.ts";
import { DISK_OP_NAMES, formatZxid, type Zxid } from "../../protocol/index.ts";
import { describeRecord } from "../../reports/describe.ts";
import { messageName } from "../../scenarios/message-match.ts";
import { eventKindName, type TraceEvent, type TraceKind } from "../../sim/index.ts";
import type { Recording } from "./recording.ts";

/** Returns a message as text: its type and, if it has one, its zxid. */
export function messageText(message: Message): string {
  const name = messageName(message);
  return "zxid" in message && name !== "NOTIFICATION" ? `${name} ${zxidText(message.zxid)}` : name;
}

/** Returns a zxid as text; `-` stands for no zxid. */
export function zxidText(zxid: Zxid | number): string {
  return zxid < 0 ? "-" : formatZxid(zxid as Zxid);
}

type Describe = (event: TraceEvent) => string | undefined;

/** The kinds of trace events that can be the title of an event of the simulator. A `send` is a consequence. */
const TITLES: Readonly<Partial<Record<TraceKind, Describe>>> = {
  deliver: ({ node, payload, peer }) => `${messageText(payload as Message)} from ${peer} arrives at ${node}`,
  timer: ({ detail, node }) => `timer of ${node}: ${timerName(detail)}`,
  disk: ({ detail, node, payload }) => `disk of ${node}: ${diskText(detail, payload)}`,
  connected: ({ node, peer }) => `${node} is connected to ${peer}`,
  accept: ({ node, peer }) => `${node} accepts a connection from ${peer}`,
  refuse: ({ node, peer }) => `the connection between ${node} and ${peer} is refused`,
  reset: ({ node, peer }) => `the connection between ${node} and ${peer} is reset`,
  close: ({ node, peer }) => `${node} learns that ${peer} has closed the connection, or closes it`,
  crash: ({ node }) => `${node} crashes`,
  stop: ({ node }) => `${node} exits`,
  start: ({ node }) => `${node} starts`,
  pause: ({ node }) => `${node} is paused`,
  resume: ({ node }) => `${node} resumes`,
  cut: ({ node, peer }) => `the link from ${node} to ${peer} is cut`,
  heal: ({ node, peer }) => `the link from ${node} to ${peer} is healed`,
  drop: ({ node, payload, peer }) =>
    typeof payload === "object" ? `${messageText(payload as Message)} from ${node} to ${peer} is lost` : undefined,
};

function diskText(operation: number, payload: unknown): string {
  const { result } = (payload ?? {}) as { readonly result?: string };
  const name = DISK_OP_NAMES[operation] ?? "an operation";
  return `${name}: ${result === undefined || result === "ok" ? "done" : result}`;
}

/** Returns one line that says what happened in an event. */
export function eventTitle(recording: Recording, number: number): string {
  if (number === 0) return "the start of the run";
  for (const entry of recording.traceOf(number)) {
    const text = TITLES[entry.kind]?.(entry);
    if (text !== undefined) return text;
  }
  const script = recording.recordsOf(number).find(({ event }) => event === "script");
  if (script !== undefined) return describeRecord(script);
  const { kind, server } = recording.event(number);
  return server < 0 ? "the script of the scenario" : `${eventKindName(kind)} event of ${server}`;
}

/** Returns the consequences of an event: what its server observed, and the messages that it sent. */
export function eventDetails(recording: Recording, number: number): string[] {
  const observed = recording
    .recordsOf(number)
    .map((record) =>
      record.event === "script" ? describeRecord(record) : `${record.server} ${describeRecord(record)}`,
    );
  const sent = recording
    .traceOf(number)
    .filter(({ kind }) => kind === "send")
    .map(({ node, payload, peer }) => `${node} sends ${messageText(payload as Message)} to ${peer}`);
  const violated = recording
    .violationsOf(number)
    .map(({ id, server, text }) => `violates ${id}: server ${server} ${text}`);
  return [...violated, ...observed, ...sent];
}
