/**
 * The export as JSON Lines: a line about the run, a line for each event, and a line about the result.
 * schema/events.schema.json describes the lines.
 */
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { runVerdict } from "../reproduction.ts";
import { eventJson } from "./event-json.ts";
import { runEvents } from "./run-events.ts";
import { type EventFilter, selector } from "./selection.ts";

/** The version of the format. It changes if a field gets another meaning or disappears. */
export const EVENTS_VERSION = 1;

export function* jsonLines(run: ScenarioRun, filter: EventFilter): Generator<string> {
  const { scenario, seed } = run;
  const servers = Object.entries(scenario.servers).map(([sid, { role }]) => ({ server: Number(sid), role }));
  yield line({ source: "run", version: EVENTS_VERSION, scenario: scenario.name, seed: String(seed), servers });
  const isSelected = selector(filter, () => true);
  for (const event of runEvents(run)) if (isSelected(event)) yield line(eventJson(event));
  const { digest, endUs, events, ok } = run;
  yield line({ source: "result", digest, events, virtualUs: endUs, ok, verdict: runVerdict(run) });
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
