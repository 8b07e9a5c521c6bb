/**
 * `zabsim reconstruct` turns the logs and data directories of an incident into a scenario whose run shows the same
 * epochs, leaders, sync decisions, truncations and exits, and ends with the same disks.
 */
import { accessSync, constants } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { saveWhole, withOutputError } from "../campaign/output-files.ts";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { ensembleOf } from "../explain/ensemble.ts";
import type { LoggedEvent } from "../logs/index.ts";
import { type ReconstructionAnswer, reconstructionOf } from "../reconstruct/answer.ts";
import { withDirectories } from "../reconstruct/disk-facts.ts";
import type { Evidence } from "../reconstruct/evidence.ts";
import { EvidenceCollector } from "../reconstruct/evidence-collector.ts";
import { evidenceOf } from "../reconstruct/join-evidence.ts";
import { Search } from "../reconstruct/search.ts";
import { skeletonOf } from "../reconstruct/skeleton.ts";
import type { Trial } from "../reconstruct/trial.ts";
import { reconstructionText } from "../reports/reconstruction.ts";
import { shellPath } from "../reports/shell.ts";
import { printablePath } from "../scenarios/printable.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import type { DirectorySource } from "./ensemble-disks.ts";
import { readEnsembleLogs } from "./ensemble-logs.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { divideIncidentFiles, readIncidentDisks } from "./incident-files.ts";
import { paintFor } from "./options.ts";
import { counted, hint, textWidth, write } from "./output.ts";
import { Progress } from "./progress.ts";
import { NoLogsError, UsageError } from "./usage-error.ts";

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
  const { evidence, files } = await readIncident(paths, options.server ?? []);
  if (files.some((path) => resolve(path) === resolve(out))) {
    throw new UsageError(`--out ${out}: is one of the logs (accepted: a path of a scenario file)`);
  }
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
  if (best === undefined && progress.exitCode !== undefined) {
    hint("zabsim: interrupted before the first run; no scenario is written");
    return progress.exitCode;
  }
  if (best === undefined)
    throw new UsageError("the logs describe too many events to simulate them (accepted: logs of a shorter time)");
  saveWhole(out, scenarioText(best, files, evidence, out));
  const rest = { files, runs: search.runs, scenario: out, seed: String(seed) };
  const answer = reconstructionOf({ best, alternatives }, evidence, rest);
  await write(`${json ? JSON.stringify(answer) : reconstructionText(answer, paintFor(process.stdout), textWidth())}\n`);
  if (progress.exitCode === undefined) return exitCodeOf(answer);
  hint(`zabsim: interrupted after ${counted(search.runs, "run")}; ${printablePath(out)} is the best scenario so far`);
  return progress.exitCode;
}

function differencesIn({ extra, missing }: Trial["comparison"]): number {
  return extra.length + missing.length;
}

function exitCodeOf({ matched, violates }: ReconstructionAnswer): number {
  return matched && violates.length === 0 ? EXIT_OK : EXIT_FINDING;
}

/** What the user gives: the facts in it, and the paths of the logs. */
interface Incident {
  readonly evidence: Evidence;
  readonly files: readonly string[];
}

/** Reads the logs and the data directories. */
async function readIncident(paths: readonly string[], server: readonly string[]): Promise<Incident> {
  const { directories, logs, servers } = divideIncidentFiles(paths, server);
  const { evidence, files } = await readEvidence(logs, servers).catch((error: unknown) => {
    throw error instanceof NoLogsError && directories.length > 0 ? onlyDirectories(directories) : error;
  });
  if (directories.length === 0) return { evidence, files };
  return { evidence: withDirectories(evidence, await readIncidentDisks(directories, evidence)), files };
}

function onlyDirectories(directories: readonly DirectorySource[]): UsageError {
  const paths = directories.map(({ path }) => path);
  return new UsageError(
    `${paths.join(", ")}: data directories without logs (accepted: the logs of the servers, and their data ` +
      `directories; zabsim doctor ${paths.map(shellPath).join(" ")} --scenario FILE writes what the disks show)`,
  );
}

/** Reads the logs, and returns the facts in them and the paths of the files. */
async function readEvidence(paths: readonly string[], server: readonly string[]): Promise<Incident> {
  const collectors = new Map<number, EvidenceCollector>();
  const onEvent = (sid: number, event: LoggedEvent): void => {
    const collector = collectors.get(sid) ?? new EvidenceCollector(sid);
    collectors.set(sid, collector);
    collector.add(event);
  };
  const { files, histories, ids } = await readEnsembleLogs(paths, { server }, { keepsEvents: false, onEvent });
  if (ids !== undefined) {
    const accepted = "a log as in 3=zk.log, or a data directory as in 3=zk3-data";
    throw new UsageError(`--server ${ids.join()}: is no file of a server (accepted: ${accepted})`);
  }
  if (histories.every(({ firstMs }) => firstMs === undefined)) {
    throw new UsageError("no line of the logs has a time (accepted: logs with the date and the time in each line)");
  }
  return { evidence: evidenceOf(ensembleOf(histories), collectors), files: files.map(({ path }) => path) };
}

function scenarioText(
  { scenario, violated }: Trial,
  files: readonly string[],
  { disks }: Evidence,
  out: string,
): string {
  const [sources, end] =
    disks.length === 0 ? ["logs", ""] : ["logs and data directories", ", and the same disks at its end"];
  const found: Scenario = {
    ...scenario,
    about:
      `Reconstructed from ${sources}: a run that shows the same elections, epochs, sync decisions and ends of ` +
      `processes${end}.`,
    expect: { violates: violated as Scenario["expect"]["violates"] },
  };
  const paths = [...files, ...disks.map(({ path }) => path)].map((path) => `  ${printablePath(path)}`);
  return withSchemaLine(writeScenario(found, [`Reconstructed by zabsim from these ${sources}:`, ...paths]), out);
}
