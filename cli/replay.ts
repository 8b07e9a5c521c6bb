/**
 * `zabsim replay` prints the events of one run and its report. If the run violated an invariant, an explanation
 * follows.
 */

import { existsSync, statSync } from "node:fs";
import { type ProtocolRecord, RECORD_EVENTS } from "../cluster/records.ts";
import { recordJson } from "../reports/run-json.ts";
import { runReport } from "../reports/run-report.ts";
import { timeline, timelineLine } from "../reports/timeline.ts";
import { whyText } from "../reports/why.ts";
import { loggedFailures } from "../reports/zookeeper-log.ts";
import { ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { Trace } from "../sim/index.ts";
import { type Conflict, refuseConflicts } from "./conflicts.ts";
import { checkEventFilters, type EventFilters } from "./event-filters.ts";
import { EXIT_FINDING, EXIT_LIVENESS, EXIT_OK } from "./exit-codes.ts";
import { isLiveTrace } from "./log-files.ts";
import { overridesOf, paintFor, type ScenarioOptions } from "./options.ts";
import { textWidth, write } from "./output.ts";
import { isOnlyStuck, noiseRefused, planFor, replayCommand, seedFor } from "./run.ts";
import { runReportOptions } from "./run-report-options.ts";
import { readScenario, scenarioPath } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface ReplayOptions extends ScenarioOptions, EventFilters {
  readonly json?: boolean;
  readonly messages?: boolean;
  readonly noise?: boolean;
  readonly step?: boolean;
}

const CONFLICTS: readonly Conflict[] = [
  [
    "--step",
    ["--json", "--from", "--until", "--server", "--only", "--messages"],
    "the debugger shows the whole run on the screen",
  ],
];

export async function replay(name: string, options: ReplayOptions): Promise<number> {
  if (isTraceFile(name)) return (await import("./replay-trace.ts")).replayTraceFile(name, options);
  refuseConflicts(options, CONFLICTS);
  const path = scenarioPath(name);
  const file = readScenario(path, overridesOf(options));
  checkFilters(file.scenario, options);
  const seed = seedFor(file.scenario, options.seed);
  const messages = options.messages === true || options.only?.includes("received") === true;
  if (options.noise && file.scenario.expect.violates.length > 0) throw noiseRefused(file.scenario);
  const scenario = await planFor(file.scenario, seed, options);
  if (options.step) return (await import("./step.ts")).step(scenario, seed);
  const result = new ScenarioRunner(scenario, { seed, trace: new Trace(), messages }).run();
  const shown = timeline(result.records, {
    fromUs: options.from,
    untilUs: options.until,
    servers: options.server,
    only: options.only,
  });
  const why = whyText(result);
  const logged = new Map<ProtocolRecord, readonly string[]>(
    loggedFailures(result.records).map(({ messages, record }) => [record, messages]),
  );
  if (options.json) {
    for (const record of shown) {
      const zookeeperLogs = logged.get(record);
      const fields = zookeeperLogs === undefined ? {} : { zookeeperLogs };
      await write(`${JSON.stringify({ ...recordJson(record), ...fields })}\n`);
    }
    if (why !== "") await write(`${JSON.stringify({ event: "why", text: why })}\n`);
  } else {
    const paint = paintFor(process.stdout);
    const layout = { paint, width: textWidth() };
    for (const record of shown) await write(`${timelineLine(record, layout, logged.get(record))}\n`);
    const command = replayCommand(file, { ...options, seed });
    await write(`\n${runReport(result, paint, command, runReportOptions(result, file, options))}\n`);
    if (why !== "") await write(`\n${why}\n`);
  }
  if (result.ok) return EXIT_OK;
  return isOnlyStuck(result) ? EXIT_LIVENESS : EXIT_FINDING;
}

/** Returns whether the name is that of a trace of `zabsim join`. */
function isTraceFile(name: string): boolean {
  return existsSync(name) && statSync(name).isFile() && isLiveTrace(name);
}

function checkFilters(scenario: Scenario, options: ReplayOptions): void {
  const { messages, only } = options;
  checkEventFilters(scenario, options, RECORD_EVENTS);
  if (messages && only !== undefined && !only.includes("received")) {
    throw new UsageError(
      "--messages cannot be combined with --only, unless --only contains the kind received, which --messages adds",
    );
  }
}
