/**
 * `zabsim replay`: one run, told event by event, then its report.
 */

import { RECORD_EVENTS } from "../cluster/records.ts";
import type { ServerId } from "../protocol/index.ts";
import { recordJson } from "../reports/run-json.ts";
import { runReport } from "../reports/run-report.ts";
import { timeline, timelineLine } from "../reports/timeline.ts";
import { whyText } from "../reports/why.ts";
import { ScenarioRunner } from "../scenarios/run.ts";
import { Trace } from "../sim/index.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { paintFor } from "./options.ts";
import { write } from "./output.ts";
import { seedFor } from "./run.ts";
import { nameFor, readScenario, scenarioPaths } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface ReplayOptions {
  readonly json?: boolean;
  readonly seed?: bigint;
  readonly zookeeper?: string;
  readonly set: readonly string[];
  readonly from?: number;
  readonly until?: number;
  readonly server?: readonly ServerId[];
  readonly only?: readonly string[];
  readonly messages?: boolean;
  readonly noise?: boolean;
}

export async function replay(name: string, options: ReplayOptions): Promise<number> {
  const set = options.zookeeper === undefined ? options.set : [...options.set, `zookeeper=${options.zookeeper}`];
  const path = scenarioPaths([name])[0] as string;
  const file = readScenario(path, set);
  for (const sid of options.server ?? []) {
    if (file.scenario.servers[sid] === undefined) {
      const ids = Object.keys(file.scenario.servers).join(", ");
      throw new UsageError(`--server ${sid}: no such server in ${file.scenario.name} (accepted: ${ids})`);
    }
  }
  for (const kind of options.only ?? []) {
    if (!RECORD_EVENTS.includes(kind as never)) {
      throw new UsageError(`--only ${kind}: no such kind of event (accepted: ${RECORD_EVENTS.join(", ")})`);
    }
  }
  const seed = seedFor(file.scenario, options.seed);
  const messages = options.messages === true || options.only?.includes("received") === true;
  const result = new ScenarioRunner(file.scenario, {
    seed,
    trace: new Trace(),
    messages,
    noise: options.noise === true,
  }).run();
  const shown = timeline(result.records, {
    fromUs: options.from,
    untilUs: options.until,
    servers: options.server,
    only: options.only,
  });
  const why = whyText(result);
  if (options.json) {
    for (const record of shown) await write(`${JSON.stringify(recordJson(record))}\n`);
    if (why !== "") await write(`${JSON.stringify({ event: "why", text: why })}\n`);
  } else {
    const paint = paintFor(process.stdout);
    for (const record of shown) await write(`${timelineLine(record, paint)}\n`);
    const command = `zabsim replay ${nameFor(path, file.scenario)} --seed ${seed}`;
    await write(`\n${runReport(result, paint, command)}\n`);
    if (why !== "") await write(`\n${why}\n`);
  }
  return result.ok ? EXIT_OK : EXIT_FINDING;
}
