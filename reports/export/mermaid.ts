/**
 * The export as a Mermaid sequence diagram. A message is drawn where it arrives, or where it is lost. By default, the
 * diagram shows the handshake: packets except PING, without the election.
 */
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { formatMoment } from "../format.ts";
import { eventText } from "./event-text.ts";
import { messageFacts, messageText } from "./messages.ts";
import { type RunEvent, runEvents } from "./run-events.ts";
import { type EventFilter, selector } from "./selection.ts";

type TraceRunEvent = Extract<RunEvent, { source: "trace" }>;

/** The arrows by the kind of trace entry: a message that arrives, that is lost, and that is held. */
const ARROWS: Readonly<Partial<Record<RunEvent["kind"], string>>> = { deliver: "->>", drop: "-x", hold: "--x" };

/** The records that the diagram shows by default. */
const NOTES: ReadonlySet<RunEvent["kind"]> = new Set([
  "looking",
  "leading",
  "following",
  "observing",
  "epoch-accepted",
  "epoch-current",
  "sync-decided",
  "established",
  "active",
  "committed",
  "truncated",
  "snapshot-saved",
  "failed",
  "crashed",
  "started",
  "script",
  "violation",
]);

const HIDDEN_MESSAGES: ReadonlySet<string> = new Set(["PING", "NOTIFICATION", "HELLO", "BYTES"]);

export function* mermaidDiagram(run: ScenarioRun, filter: EventFilter): Generator<string> {
  const events = runEvents(run);
  const isSelected = selector(filter, isHandshakeEvent);
  yield "sequenceDiagram\n";
  for (const sid of Object.keys(run.scenario.servers)) yield `  participant ${alias(Number(sid))} as server ${sid}\n`;
  for (const event of events) if (isSelected(event)) yield* lineOf(event, events, run);
}

/** Returns whether an event belongs to the handshake: an important record, or what happened to a packet except PING. */
export function isHandshakeEvent(event: RunEvent): boolean {
  if (event.source !== "trace") return NOTES.has(event.kind);
  const facts = ARROWS[event.kind] === undefined ? undefined : messageFacts(event.fact.payload);
  return facts !== undefined && !HIDDEN_MESSAGES.has(facts.message);
}

function* lineOf(event: RunEvent, events: readonly RunEvent[], run: ScenarioRun): Generator<string> {
  if (event.source === "trace" && ARROWS[event.kind] !== undefined) {
    const arrow = messageArrow(event, events);
    if (arrow !== undefined) yield arrow;
    return;
  }
  // A send has no line of its own: the arrow is drawn where the message arrives.
  if (event.kind === "send") return;
  const text = `${formatMoment(event.atUs)} ${eventText(event)}`;
  yield `  Note over ${event.server < 0 ? everyServer(run) : alias(event.server)}: ${escaped(text)}\n`;
}

/** Returns the arrow of a message. Returns undefined for an entry that is not about a single message. */
function messageArrow({ atUs, cause, fact, kind }: TraceRunEvent, events: readonly RunEvent[]): string | undefined {
  const facts = messageFacts(fact.payload);
  if (facts === undefined) return undefined;
  const sent = cause === undefined ? undefined : events[cause];
  const isFromPeer = sent?.kind === "send" ? sent.server === fact.peer : kind === "deliver";
  const [from, to] = isFromPeer ? [fact.peer, fact.node] : [fact.node, fact.peer];
  const since = sent?.kind === "send" && sent.atUs !== atUs ? `sent ${formatMoment(sent.atUs)}, ` : "";
  const fate = kind === "drop" ? "lost " : kind === "hold" ? "held " : "";
  const text = `${messageText(facts)} (${since}${fate}${formatMoment(atUs)})`;
  return `  ${alias(from)}${ARROWS[kind]}${alias(to)}: ${escaped(text)}\n`;
}

function alias(server: number): string {
  return `s${server}`;
}

/** Returns the participants that a note about the whole scenario spans. */
function everyServer({ scenario }: ScenarioRun): string {
  const sids = Object.keys(scenario.servers).map(Number);
  const [first, last] = [sids[0] as number, sids.at(-1) as number];
  return first === last ? alias(first) : `${alias(first)},${alias(last)}`;
}

/**
 * Escapes the characters that end a text or that start markup in Mermaid, as character codes. The code of `%` prevents
 * comments and directives.
 */
function escaped(text: string): string {
  return text.replace(/[\p{Cc}#;<>&%{}\\"]/gu, (found) => `#${found.codePointAt(0)};`);
}
