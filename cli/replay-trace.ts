/** `zabsim replay TRACE` prints what a live server did, from the trace that `zabsim join --trace` has written. */
import { RECORD_EVENTS } from "../cluster/records.ts";
import type { TracedRun } from "../live/traced-run.ts";
import { decisionTable } from "../reports/decision-table.ts";
import { handshakesOf } from "../reports/handshakes.ts";
import { receivedSyncs, receivedSyncTable } from "../reports/learner-decisions.ts";
import { recordJson, violationJson } from "../reports/run-json.ts";
import { timeline, timelineLine } from "../reports/timeline.ts";
import { EXIT_FINDING, EXIT_NONDETERMINISM, EXIT_OK } from "./exit-codes.ts";
import { readLiveTrace } from "./live-trace.ts";
import { oneOf, paintFor } from "./options.ts";
import { textWidth, write } from "./output.ts";
import type { ReplayOptions } from "./replay.ts";
import { UsageError } from "./usage-error.ts";

const OF_SIMULATED_RUNS: Readonly<Partial<Record<keyof ReplayOptions, string>>> = {
  ...{ seed: "--seed", zookeeper: "--zookeeper", set: "--set", noise: "--noise", step: "--step" },
};

export async function replayTraceFile(path: string, options: ReplayOptions): Promise<number> {
  const refused = Object.entries(OF_SIMULATED_RUNS).find(([name]) => isGiven(options[name as keyof ReplayOptions]));
  if (refused !== undefined) {
    throw new UsageError(`${refused[1]} cannot be combined with a trace: it is for simulated runs`);
  }
  for (const kind of options.only ?? []) oneOf("--only", kind, RECORD_EVENTS, "no such kind of event");
  const run = readLiveTrace(path);
  const other = options.server?.find((sid) => sid !== run.server.myid);
  if (other !== undefined) {
    throw new UsageError(`--server ${other}: ${path} is a trace of another server (accepted: ${run.server.myid})`);
  }
  await write(options.json ? jsonOf(run, options) : textOf(run, options));
  if (run.difference !== undefined) return EXIT_NONDETERMINISM;
  return run.violations.length > 0 ? EXIT_FINDING : EXIT_OK;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

function shownOf({ records }: TracedRun, { from, messages, only, until }: ReplayOptions) {
  const shown = timeline(records, { fromUs: from, untilUs: until, only });
  return messages === true || only?.includes("received") ? shown : shown.filter(({ event }) => event !== "received");
}

function jsonOf(run: TracedRun, options: ReplayOptions): string {
  const { difference, violations } = run;
  const lines = [
    ...shownOf(run, options).map(recordJson),
    ...violations.map((one) => ({ event: "violation", ...violationJson(one) })),
    ...(difference === undefined ? [] : [{ event: "difference", ...difference }]),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function textOf(run: TracedRun, options: ReplayOptions): string {
  const { difference, records, server, violations } = run;
  const paint = paintFor(process.stdout);
  const width = textWidth();
  const led = handshakesOf(records);
  const followed = receivedSyncs(records);
  const none = led.length + followed.length === 0;
  return [
    ...shownOf(run, options).map((record) => timelineLine(record, { paint, width })),
    "",
    paint.bold(`Sync decisions of server ${server.myid} (${server.release})`),
    ...(none ? ["  the server neither led nor followed a leader"] : []),
    ...(led.length === 0 ? [] : [decisionTable(led, paint, { width })]),
    ...(followed.length === 0 ? [] : [receivedSyncTable(followed, paint, width)]),
    "",
    ...violations.map(({ id, server: sid, text }) => paint.red(`violation of ${id}: server ${sid} ${text}`)),
    ...(violations.length === 0 ? ["no invariant is violated"] : []),
    ...(difference === undefined
      ? ["a new core does the same with the recorded inputs"]
      : [
          paint.red(`a new core differs at line ${difference.line}:`),
          `  recorded: ${difference.recorded}`,
          `  replayed: ${difference.replayed}`,
        ]),
    "",
  ].join("\n");
}
