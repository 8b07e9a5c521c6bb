/**
 * A run as text: its verdict, the sync-decision table, violations, the known bugs that explain them, expectations that
 * were not met, steps without effect, the state of the servers at the end, and the command that replays the run.
 */

import type { ChalkInstance } from "chalk";
import type { Violation } from "../invariants/index.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { decisionTable } from "./decision-table.ts";
import { finalStateLines } from "./final-state.ts";
import { countOf, formatMoment, formatSpan, hanging } from "./format.ts";
import { handshakesOf } from "./handshakes.ts";
import { stepsWithoutEffect } from "./steps.ts";

/**
 * Returns the report of a run as text: verdict, decision table, violations, final state. `replay` is the command that
 * replays the run. `bugs` has one line for each known bug that explains the failure.
 */
export function runReport(
  run: ScenarioRun,
  paint: ChalkInstance,
  replay: string,
  bugs: readonly string[] = [],
): string {
  const { scenario, seed, digest, endUs, events } = run;
  const verdict = run.ok ? paint.green("ok") : paint.red("FAILED");
  const size = `${countOf(events, "event")} in ${formatSpan(endUs)} of virtual time`;
  const measures = `seed ${seed}, ${size}, digest ${digest}`;
  const lines = [`${paint.bold(scenario.name)}  ${verdict}`, ...hanging(measures, "  ", "  ")];
  if (scenario.about !== "") lines.push(...hanging(scenario.about, "  ", "  "));
  lines.push("", decisionTable(handshakesOf(run.records), paint));
  const notes = [
    ...run.violations.map(violationText),
    ...bugs.map((bug) => `known bug: ${bug}`),
    ...run.unmet.map((sentence) => `not as expected: ${sentence}`),
    ...stepsWithoutEffect(run),
  ];
  if (notes.length > 0) lines.push("", ...notes.flatMap((note) => hanging(note, "  ", "    ", 78)));
  lines.push("", ...finalStateLines(run));
  if (!run.ok) lines.push("", `  replay: ${replay}`);
  return lines.join("\n");
}

function violationText({ id, server, atUs, text }: Violation): string {
  return `violated ${id} at ${formatMoment(atUs)} s: server ${server} ${text}`;
}
