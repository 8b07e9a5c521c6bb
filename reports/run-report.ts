/**
 * A run in text: its verdict, its sync-decision table, what was violated or not as expected, and how to replay it.
 */
import type { ChalkInstance } from "chalk";
import type { ScenarioRun } from "../scenarios/run.ts";
import { decisionTable } from "./decision-table.ts";
import { formatMoment, formatSpan, wrap } from "./format.ts";
import { handshakesOf } from "./handshakes.ts";

export function runReport(run: ScenarioRun, paint: ChalkInstance, replay: string): string {
  const { scenario, seed, digest, endUs, events } = run;
  const verdict = run.ok ? paint.green("ok") : paint.red("FAILED");
  const lines = [
    `${paint.bold(scenario.name)}  ${verdict}`,
    `  seed ${seed}, ${events} events, ${formatSpan(endUs)}, digest ${digest}`,
  ];
  if (scenario.about !== "") lines.push(...wrap(scenario.about, 78).map((line) => `  ${line}`));
  lines.push("", decisionTable(handshakesOf(run.records), paint));
  const idle = run.steps.filter((step) => step.effect === 0);
  const notes = [
    ...run.violations.map(
      ({ id, server, atUs, text }) => `violated ${id} at server ${server}, ${formatMoment(atUs)} s: ${text}`,
    ),
    ...run.unmet.map((sentence) => `not as expected: ${sentence}`),
    ...idle.map((step) => `step ${step.step + 1} (${step.text}) had no effect`),
  ];
  if (notes.length > 0) lines.push("", ...notes.flatMap(hanging));
  if (!run.ok) lines.push("", `  replay: ${replay}`);
  return lines.join("\n");
}

/** A note over as many lines as it needs, those after the first set in. */
function hanging(note: string): string[] {
  return wrap(note, 74).map((line, i) => (i === 0 ? `  ${line}` : `    ${line}`));
}
