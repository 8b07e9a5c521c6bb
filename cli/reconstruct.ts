/**
 * `zabsim reconstruct` turns the logs of an incident into a scenario whose run shows the same epochs, leaders, sync
 * decisions, truncations and exits.
 */
import { accessSync, constants } from "node:fs";
import { basename, dirname } from "node:path";
import { saveWhole, withOutputError } from "../campaign/output-files.ts";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { ensembleOf } from "../explain/ensemble.ts";
import type { LoggedEvent } from "../logs/index.ts";
import { type ReconstructionAnswer, reconstructionOf } from "../reconstruct/answer.ts";
import type { Evidence } from "../reconstruct/evidence.ts";
import { EvidenceCollector } from "../reconstruct/evidence-collector.ts";
import { evidenceOf } from "../reconstruct/join-evidence.ts";
import { Search } from "../reconstruct/search.ts";
import { skeletonOf } from "../reconstruct/skeleton.ts";
import type { Trial } from "../reconstruct/trial.ts";
import { reconstructionText } from "../reports/reconstruction.ts";
import { printablePath } from "../scenarios/printable.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { readEnsembleLogs } from "./ensemble-logs.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { paintFor } from "./options.ts";
import { counted, textWidth, write } from "./output.ts";
import { Progress } from "./progress.ts";
import { UsageError } from "./usage-error.ts";

export interface ReconstructOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly server?: readonly string[];
  readonly seed?: bigint;
  readonly runs?: bigint;
  /** Time limit in microseconds of wall-clock time. */
  readonly time?: number;
}

const DEFAULT_OUT = "incident.yaml";
const DEFAULT_TIME_US = 60_000_000;

export async function reconstruct(paths: readonly string[], options: ReconstructOptions): Promise<number> {
  const { json, out = DEFAULT_OUT, runs: maxRuns, seed = 1n, time = DEFAULT_TIME_US } = options;
  if (time === 0) throw new UsageError("--time 0: runs nothing (accepted: a duration above 0, such as 30s)");
  const { evidence, files } = await readEvidence(paths, options.server ?? []);
  // The search takes a minute, so a folder that is not writable is reported before.
  withOutputError(out, "cannot be written", () => accessSync(dirname(out), constants.W_OK));
  const first = skeletonOf(evidence, basename(out).replace(/\.ya?ml$/, ""));
  const progress = new Progress();
  const search = new Search(evidence, seed);
  const endMs = performance.now() + time / 1000;
  const isOver = (): boolean =>
    progress.interrupted || performance.now() > endMs || (maxRuns !== undefined && search.runs >= Number(maxRuns));
  for (const { comparison } of search.from(first)) {
    await progress.step(
      () => `${counted(search.runs, "run")}, ${counted(differencesIn(comparison), "difference")} from the logs`,
    );
    if (isOver()) break;
  }
  progress.done();
  const { alternatives, best } = search;
  if (best === undefined)
    throw new UsageError("the logs describe too many events to simulate them (accepted: logs of a shorter time)");
  saveWhole(out, scenarioText(best, files, out));
  const rest = { files, runs: search.runs, scenario: out, seed: String(seed) };
  const answer = reconstructionOf({ best, alternatives }, evidence, rest);
  await write(`${json ? JSON.stringify(answer) : reconstructionText(answer, paintFor(process.stdout), textWidth())}\n`);
  return progress.exitCode ?? exitCodeOf(answer);
}

function differencesIn({ extra, missing }: Trial["comparison"]): number {
  return extra.length + missing.length;
}

function exitCodeOf({ matched, violates }: ReconstructionAnswer): number {
  return matched && violates.length === 0 ? EXIT_OK : EXIT_FINDING;
}

/** Reads the logs, and returns the facts in them and the paths of the files. */
async function readEvidence(
  paths: readonly string[],
  server: readonly string[],
): Promise<{ readonly evidence: Evidence; readonly files: readonly string[] }> {
  const collectors = new Map<number, EvidenceCollector>();
  const onEvent = (sid: number, event: LoggedEvent): void => {
    const collector = collectors.get(sid) ?? new EvidenceCollector(sid);
    collectors.set(sid, collector);
    collector.add(event);
  };
  const { files, histories, ids } = await readEnsembleLogs(paths, { server }, { keepsEvents: false, onEvent });
  if (ids !== undefined) {
    throw new UsageError(`--server ${ids.join()}: not a file of a server (accepted: N=FILE, as in 3=zk.log)`);
  }
  if (histories.every(({ firstMs }) => firstMs === undefined)) {
    throw new UsageError("no line of the logs has a time (accepted: logs with the date and the time in each line)");
  }
  return { evidence: evidenceOf(ensembleOf(histories), collectors), files: files.map(({ path }) => path) };
}

function scenarioText({ scenario, violated }: Trial, files: readonly string[], out: string): string {
  const found: Scenario = {
    ...scenario,
    about:
      "Reconstructed from logs: a run that shows the same elections, epochs, sync decisions and ends of processes.",
    expect: { violates: violated as Scenario["expect"]["violates"] },
  };
  const comment = ["Reconstructed by zabsim from these logs:", ...files.map((path) => `  ${printablePath(path)}`)];
  return withSchemaLine(writeScenario(found, comment), out);
}
