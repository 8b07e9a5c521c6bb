/** The runs that the tests of the exports read. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ExportFormat, exportRun } from "../../../reports/export/formats.ts";
import { coneEnd } from "../../../reports/export/graphviz.ts";
import type { EventFilter } from "../../../reports/export/selection.ts";
import { loadScenario } from "../../../scenarios/load.ts";
import { runScenario } from "../../../scenarios/run.ts";
import type { ScenarioRun } from "../../../scenarios/scenario-run.ts";
import { Trace } from "../../../sim/index.ts";

/**
 * Scenarios with messages that are held, lost, delayed by a cut and replaced, with paused servers, and with violations.
 */
export const SCENARIOS = [
  "bugs/zookeeper-4643-current-epoch-before-diff-is-logged",
  "bugs/open-acked-proposal-truncated-committed-lost",
  "bugs/open-election-better-vote-never-repeated",
  "shipped/follower-ahead-trunc",
  "shipped/deposed-leader-without-writes-snap",
  "shipped/paused-leader-deposed-diff",
  "shipped/connection-closed-or-reset-last-proposal-arrives-or-not",
  "shipped/three-servers-wrong-packet-at-each-step-refused",
] as const;

const runs = new Map<string, ScenarioRun>();

/** Runs a scenario of this package, such as `shipped/follower-ahead-trunc`. */
export function tracedRun(name: string): ScenarioRun {
  let run = runs.get(name);
  if (run === undefined) {
    const path = fileURLToPath(new URL(`../../../scenarios/${name}.yaml`, import.meta.url));
    const scenario = loadScenario(readFileSync(path, "utf8"), path);
    run = runScenario(scenario, { seed: BigInt(scenario.seed ?? 1), trace: new Trace() });
    runs.set(name, run);
  }
  return run;
}

/** Returns the export of a run as one text. */
export function exported(run: ScenarioRun, format: ExportFormat, filter: EventFilter = {}, event?: number): string {
  const end = format === "dot" ? coneEnd(run, event) : undefined;
  return [...exportRun(run, format, filter, end)].join("");
}
