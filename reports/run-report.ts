/**
 * A run in text: its verdict, its sync-decision table, what was violated or not as expected, and how to replay it.
 */
import type { ChalkInstance } from "chalk";
import type { ScenarioRun } from "../scenarios/run.ts";
import { decisionTable } from "./decision-table.ts";
import { formatMoment, formatSpan } from "./format.ts";
import { handshakesOf } from "./handshakes.ts";

export function runReport(run: ScenarioRun, paint: ChalkInstance, replay: string): string {
  const { scenario, seed, digest, endUs, events } = run;
  const verdict = run.ok ? paint.green("ok") : paint.red("FAILED");
  const lines = [
    `${paint.bold(scenario.name)}  ${verdict}  seed ${seed}, ${events} events, ${formatSpan(endUs)}, digest ${digest}`,
  ];
  if (scenario.about !== "") lines.push(...wrap(scenario.about, 78).map((line) => `  ${line}`));
  lines.push("", decisionTable(handshakesOf(run.records), paint));
  const idle = run.steps.filter((step) => step.effect === 0);
  const notes = [
    ...run.violations.map(
      ({ id, server, atUs, text }) => `violated ${id} at server ${server}, ${formatMoment(atUs)} s: ${text}`,
    ),
    ...run.unmet.map((sentence) => paint.red(`not as expected: ${sentence}`)),
    ...idle.map((step) => `step ${step.step + 1} (${step.text}) had no effect`),
  ];
  if (notes.length > 0) lines.push("", ...notes.map((note) => `  ${note}`));
  if (!run.ok) lines.push("", `  replay: ${replay}`);
  return lines.join("\n");
}

/** Breaks a text into lines of at most `width` characters, at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}
