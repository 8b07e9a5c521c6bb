/**
 * Prints the report of a run as text. It contains the verdict, the sync-decision table, violations, the known bugs that
 * explain them, expectations that were not met, steps without effect, ZooKeeper's log messages and the final state of
 * the servers. The report of a failed run ends with the command that replays the run.
 */

import type { ChalkInstance } from "chalk";
import type { Violation } from "../invariants/index.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { decisionTable } from "./decision-table.ts";
import { finalStateLines } from "./final-state.ts";
import { countOf, formatMoment, formatSpan, hanging, PAGE_WIDTH } from "./format.ts";
import { handshakesOf } from "./handshakes.ts";
import { type RunVerdict, runVerdict } from "./reproduction.ts";
import { scaledSettings } from "./scaled-settings.ts";
import { ServerReleases } from "./server-releases.ts";
import { stepsWithoutEffect } from "./steps.ts";
import { configurationCauseSentences } from "./why/configuration-cause.ts";
import { newestText } from "./zklog/written-release.ts";
import { logLines } from "./zookeeper-log.ts";

/** The layout of a report, and the parts of its content that do not come from the run. */
export interface RunReportOptions {
  /** The maximum width of a line, in columns. Default: 80. */
  readonly width?: number;
  /** One line for each known bug that explains the failure. */
  readonly bugs?: readonly string[];
  /**
   * One line for each known bug that the scenario reproduces in another release, but that the release of this run does
   * not have.
   */
  readonly absentBugs?: readonly string[];
}

/** Returns the report of a run. `replay` is the command that replays the run. */
export function runReport(
  run: ScenarioRun,
  paint: ChalkInstance,
  replay: string,
  { width = PAGE_WIDTH, bugs = [], absentBugs = [] }: RunReportOptions = {},
): string {
  const { scenario, seed, digest, endUs, events } = run;
  const verdict = verdictText(runVerdict(run), paint);
  const size = `${countOf(events, "event")} in ${formatSpan(endUs)} of virtual time`;
  const measures = `seed ${seed}, ${size}, digest ${digest}`;
  const lines = [`${paint.bold(scenario.name)}  ${verdict}`, ...hanging(measures, "  ", "  ", width)];
  if (scenario.about !== "") lines.push(...hanging(scenario.about, "  ", "  ", width));
  lines.push("", decisionTable(handshakesOf(run.records), paint, { width, releases: new ServerReleases(run) }));
  const notes = [
    ...run.violations.map((one) => violationText(one, scenario.expect.violates)),
    ...configurationCauseSentences(run),
    ...bugs.map((bug) => `known bug: ${bug}`),
    ...notReproducedTexts(run, absentBugs),
    ...run.unmet.map((sentence) => `not as expected: ${sentence}`),
    ...stepsWithoutEffect(run),
    ...scaledSettings(scenario),
  ];
  if (notes.length > 0) lines.push("", ...notes.flatMap((note) => hanging(note, "  ", "    ", width - 2)));
  const logged = logLines(run.records, "  ", width);
  if (logged.length > 0) lines.push("", ...logged);
  lines.push("", ...finalStateLines(run));
  if (!run.ok) lines.push("", `  replay: ${replay}`);
  return lines.join("\n");
}

function verdictText(verdict: RunVerdict, paint: ChalkInstance): string {
  if (verdict === "failed") return paint.red("FAILED");
  return verdict === "not reproduced" ? paint.yellow(verdict) : paint.green(verdict);
}

function notReproducedTexts(run: ScenarioRun, absentBugs: readonly string[]): string[] {
  if (runVerdict(run) !== "not reproduced") return [];
  const releases = new ServerReleases(run).all.map((one) => (one === "newest" ? newestText() : one));
  const text = `not reproduced on ${releases.join(" and ")}`;
  return absentBugs.length === 0 ? [text] : absentBugs.map((bug) => `${text}, which is free of ${bug}`);
}

function violationText({ id, server, atUs, text }: Violation, expected: readonly string[]): string {
  const what = expected.includes(id) ? "expected violation of" : "violated";
  return `${what} ${id} at ${formatMoment(atUs)} s: server ${server} ${text}`;
}
