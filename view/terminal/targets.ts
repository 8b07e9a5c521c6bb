/** Parses what a user of the terminal debugger types: a target to run to, and a change of the run. */
import { PROTOCOL_EVENTS, type ProtocolRecord } from "../../cluster/records.ts";
import { asServerId, PACKET_NAMES, type ServerId } from "../../protocol/index.ts";
import type { Action } from "../../scenarios/scenario.ts";
import { parseDuration } from "../../sim/time.ts";
import type { InFlightChange } from "../session/branch.ts";
import type { EventQuery } from "../session/find-event.ts";

/** A target to run to: an event by its number, a virtual time, or the next event with given properties. */
export type Target = { readonly event: number } | { readonly timeUs: number } | { readonly query: EventQuery };

const MESSAGES: ReadonlySet<string> = new Set([...PACKET_NAMES.slice(1), "NOTIFICATION", "HELLO"]);
const RECORDS: ReadonlySet<string> = new Set(PROTOCOL_EVENTS);

export const TARGET_HINT =
  "120 (event) · 0.32 or 320ms (time) · truncated · NEWLEADER · violation · decision · server 2; with a server: " +
  "truncated 2";

/** Parses a target. Returns undefined if the text is not a target. */
export function parseTarget(text: string): Target | undefined {
  const words = text.trim().split(/\s+/);
  const [word = "", server, more] = words;
  if (more !== undefined) return undefined;
  if (word === "server")
    return server !== undefined && isServer(server) ? { query: { server: Number(server) } } : undefined;
  if (server === undefined) {
    if (/^\d+$/.test(word)) return { event: Number(word) };
    const timeUs = parseDuration(/^[\d.]+$/.test(word) ? `${word}s` : word);
    if (timeUs !== undefined) return { timeUs };
  } else if (!isServer(server)) return undefined;
  const at = server === undefined ? {} : { server: Number(server) };
  if (word === "violation" || word === "decision") return { query: { what: word, ...at } };
  if (MESSAGES.has(word.toUpperCase())) return { query: { message: word.toUpperCase(), ...at } };
  return RECORDS.has(word) ? { query: { record: word as ProtocolRecord["event"], ...at } } : undefined;
}

/** A change of the run: an action, or what happens to the message in flight with an index in the list, from 0. */
export type WhatIf =
  | { readonly action: Action; readonly label: string }
  | { readonly message: number; readonly change: InFlightChange; readonly label: string };

export const WHAT_IF_HINT =
  "crash 3 · start 3 · restart 3 · pause 3 · resume 3 · isolate 3 · cut 1 2 · heal; with the number of a message in " +
  "flight: drop 1 · deliver 1 · delay 1 20ms";

/** Parses a change of the run. `servers` are the servers of the run, `messages` is the number of messages in flight. */
export function parseWhatIf(text: string, servers: readonly ServerId[], messages: number): WhatIf | undefined {
  const label = text.trim().replace(/\s+/g, " ");
  const [verb = "", first = "", second = "", more] = label.split(" ");
  if (more !== undefined) return undefined;
  if (verb === "heal" && first === "") return { action: { heal: "all" }, label };
  const index = Number(first) - 1;
  if (MESSAGE_VERBS.has(verb)) {
    const change = changeOf(verb, second);
    const exists = /^\d+$/.test(first) && index >= 0 && index < messages;
    return exists && change !== undefined ? { message: index, change, label } : undefined;
  }
  const [a, b] = [serverIn(first, servers), serverIn(second, servers)];
  if (a === undefined) return undefined;
  if (verb === "cut") {
    return b === undefined || a === b ? undefined : { action: { cutOneWay: { from: [a], to: [b] } }, label };
  }
  const action = second === "" ? SERVER_ACTIONS[verb]?.(a) : undefined;
  return action && { action, label };
}

const MESSAGE_VERBS: ReadonlySet<string> = new Set(["drop", "deliver", "delay"]);

const SERVER_ACTIONS: Readonly<Record<string, (server: ServerId) => Action>> = {
  crash: (server) => ({ crash: { server, unsynced: "lost", connectionsReset: true } }),
  start: (server) => ({ start: server }),
  restart: (server) => ({ restart: server }),
  pause: (server) => ({ pause: server }),
  resume: (server) => ({ resume: server }),
  isolate: (server) => ({ isolate: server }),
};

function changeOf(verb: string, duration: string): InFlightChange | undefined {
  if (verb === "delay") return (parseDuration(duration) ?? 0) > 0 ? { delay: duration } : undefined;
  if (duration !== "") return undefined;
  return verb === "drop" ? { drop: true } : { deliver: true };
}

function isServer(text: string): boolean {
  return /^\d{1,3}$/.test(text);
}

function serverIn(text: string, servers: readonly ServerId[]): ServerId | undefined {
  if (!isServer(text)) return undefined;
  const sid = asServerId(Number(text));
  return servers.includes(sid) ? sid : undefined;
}
