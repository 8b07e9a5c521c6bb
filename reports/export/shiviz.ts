/**
 * The export for ShiViz. Its first line is the regular expression that splits the log, and its second line, which is
 * empty, is the expression that separates executions. ShiViz reads both from a file that the user opens.
 */
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { formatMoment } from "../format.ts";
import { eventText, hostName } from "./event-text.ts";
import { type RunEvent, runEvents } from "./run-events.ts";
import { type EventFilter, selector } from "./selection.ts";
import { vectorClocks } from "./vector-clocks.ts";

/** The regular expression for ShiViz, which adds `^` and `$` to it. */
export const SHIVIZ_EXPRESSION = String.raw`(?<time>[\d.]+) (?<host>\S+) (?<clock>\{[^}]*\}) (?<event>.*)`;

/** Kinds of event that a diagram omits by default, because a send, a delivery or a record shows the same. */
const HIDDEN: ReadonlySet<RunEvent["kind"]> = new Set(["timer", "connect", "connected", "accept", "logged", "synced"]);

export function* shivizLog(run: ScenarioRun, filter: EventFilter): Generator<string> {
  const events = runEvents(run);
  const isSelected = selector(filter, ({ kind }) => !HIDDEN.has(kind));
  const clocks = vectorClocks(events, isSelected);
  yield `${SHIVIZ_EXPRESSION}\n\n`;
  for (const event of events) {
    const clock = clocks.get(event.id);
    if (clock === undefined) continue;
    const times = [...clock].filter(([, count]) => count > 0).map(([host, count]) => [hostId(host), count]);
    const text = eventText(event).replaceAll("\n", " ");
    yield `${formatMoment(event.atUs)} ${hostId(event.server)} ${JSON.stringify(Object.fromEntries(times))} ${text}\n`;
  }
}

/** Returns the name of a host without a space. */
function hostId(server: number): string {
  return hostName(server).replace(" ", "-");
}
