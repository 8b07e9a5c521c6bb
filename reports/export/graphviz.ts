/**
 * The export as a Graphviz graph: the causal cone of a violation or of any other event. Each server has a column; an
 * edge between two columns is a message.
 */
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { formatMoment, wrap } from "../format.ts";
import { causalCone } from "./causal-cone.ts";
import { eventText, hostName } from "./event-text.ts";
import { messageFacts, messageText } from "./messages.ts";
import { type RunEvent, runEvents } from "./run-events.ts";
import { type EventFilter, selector } from "./selection.ts";

/** The records that the graph shows by default. The messages between them become edges. */
const SHOWN: ReadonlySet<RunEvent["kind"]> = new Set([
  "elected",
  "epoch-proposed",
  "epoch-accepted",
  "epoch-current",
  "sync-decided",
  "newleader-acked",
  "established",
  "active",
  "proposed",
  "committed",
  "delivered",
  "truncated",
  "snapshot-saved",
  "loaded",
  "failed",
  "started",
  "crashed",
  "config-committed",
  "script",
  "violation",
]);

const LABEL_COLUMNS = 28;

/**
 * Returns the event whose causal cone the graph shows: the event with the number `id`, or the first violation. Returns
 * undefined if the run has no such event.
 */
export function coneEnd(run: ScenarioRun, id: number | undefined): RunEvent | undefined {
  const events = runEvents(run);
  return id === undefined ? events.find(({ source }) => source === "violation") : events[id];
}

export function* causalGraph(run: ScenarioRun, filter: EventFilter, end: RunEvent): Generator<string> {
  const { events, links } = causalCone(
    runEvents(run),
    end,
    selector(filter, ({ kind }) => SHOWN.has(kind)),
  );
  yield "digraph {\n";
  yield `  graph [label=${quoted(run.scenario.name)}, newrank=true, fontname="sans-serif"];\n`;
  yield '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif", fontsize=10];\n';
  yield '  edge [fontname="sans-serif", fontsize=9, color=gray40];\n';
  for (const server of new Set(events.map((event) => event.server))) {
    yield `  subgraph ${quoted(`cluster ${hostName(server)}`)} {\n    label=${quoted(hostName(server))};\n`;
    for (const event of events) if (event.server === server) yield `    ${node(event, event.id === end.id)}\n`;
    yield "  }\n";
  }
  for (const { from, message, to } of links) {
    const facts = message?.source === "trace" ? messageFacts(message.fact.payload) : undefined;
    const label = facts === undefined ? "" : ` [label=${quoted(messageText(facts))}, color=blue3, fontcolor=blue3]`;
    yield `  e${from} -> e${to}${label};\n`;
  }
  yield "}\n";
}

function node(event: RunEvent, isEnd: boolean): string {
  const lines = [formatMoment(event.atUs), ...wrap(eventText(event), LABEL_COLUMNS)];
  const color = event.source === "violation" ? ", fillcolor=lightpink" : isEnd ? ", fillcolor=lightyellow" : "";
  return `e${event.id} [label=${quoted(lines.join("\n"))}, tooltip=${quoted(`event ${event.id}`)}${color}];`;
}

/** Returns a text as the value of a label, in which a backslash starts an escape sequence. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
