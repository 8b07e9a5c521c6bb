/** `zabsim export` writes the events of one run in a format for other tools. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, saveWholePieces, withOutputError } from "../campaign/output-files.ts";
import { ServerDisk } from "../cluster/server-disk.ts";
import { writeDiskFiles, writeMyid } from "../confirm/disk-files.ts";
import { EXPORT_FORMATS, type ExportFormat, exportRun } from "../reports/export/formats.ts";
import { coneEnd } from "../reports/export/graphviz.ts";
import type { RunEvent } from "../reports/export/run-events.ts";
import { writtenRelease } from "../reports/zklog/written-release.ts";
import { zookeeperLogs } from "../reports/zklog/zookeeper-logs.ts";
import { printablePath } from "../scenarios/printable.ts";
import { ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { Trace } from "../sim/index.ts";
import { checkEventFilters, type EventFilters } from "./event-filters.ts";
import { EXIT_FINDING, EXIT_LIVENESS, EXIT_OK } from "./exit-codes.ts";
import { EXPORT_KINDS } from "./export-kinds.ts";
import { oneOf, overridesOf, type ScenarioOptions } from "./options.ts";
import { hint, write } from "./output.ts";
import { isOnlyStuck, noiseRefused, planFor, seedFor } from "./run.ts";
import { readScenario, scenarioPath } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface ExportOptions extends ScenarioOptions, EventFilters {
  readonly format?: string;
  readonly out?: string;
  readonly event?: number;
  readonly noise?: boolean;
  /** Whether to write the data directory of each server, too. */
  readonly disks?: boolean;
}

export async function exportScenario(name: string, options: ExportOptions): Promise<number> {
  const { scenario: given } = readScenario(scenarioPath(name), overridesOf(options));
  const format = oneOf("--format", options.format ?? "jsonl", EXPORT_FORMATS, "unknown format");
  checkEventFilters(given, options, EXPORT_KINDS);
  if (options.event !== undefined && format !== "dot") {
    throw new UsageError(`--event cannot be combined with --format ${format}: only dot draws the causes of one event`);
  }
  if (format === "zklog") checkLogOptions(options);
  if (options.disks) checkDisks(format, given, options);
  if (options.noise && given.expect.violates.length > 0) throw noiseRefused(given);
  const seed = seedFor(given, options.seed);
  const scenario = await planFor(given, seed, options);
  const runner = new ScenarioRunner(scenario, { seed, trace: new Trace() });
  const run = runner.run();
  const { from, only, server, until } = options;
  const filter = { fromUs: from, untilUs: until, servers: server, only };
  const end = endFor(run, format, options.event);
  if (options.out === undefined) {
    for (const piece of exportRun(run, format, filter, end)) await write(piece);
  } else if (format === "zklog") {
    saveLogs(run, options.out, server);
    if (options.disks) saveDisks(runner, scenario, options.out, server);
  } else {
    saveWholePieces(options.out, exportRun(run, format, filter, end));
    hint(printablePath(options.out));
  }
  if (run.ok) return EXIT_OK;
  return isOnlyStuck(run) ? EXIT_LIVENESS : EXIT_FINDING;
}

/** A log is complete: it has all messages of its server. */
function checkLogOptions({ from, only, until }: ExportOptions): void {
  const [name] = Object.entries({ from, until, only }).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) {
    throw new UsageError(`--${name} cannot be combined with --format zklog: a log contains all messages of its server`);
  }
}

/** Refuses to write into data directories that exist: they can be those of real servers. */
function checkDisks(format: ExportFormat, { servers }: Scenario, { out }: ExportOptions): void {
  if (format !== "zklog" || out === undefined) {
    throw new UsageError("--disks needs --format zklog and --out: it writes data directories next to the logs");
  }
  const path = Object.keys(servers)
    .map((sid) => join(out, `server-${sid}`))
    .find((one) => existsSync(one));
  if (path !== undefined) throw new UsageError(`${path}: exists already (accepted: --out with a folder without it)`);
}

/** Writes the disk of each server at the end of the run as a data directory. */
function saveDisks(
  { cluster }: ScenarioRunner,
  scenario: Scenario,
  folder: string,
  servers: ExportOptions["server"],
): void {
  for (const sid of cluster.ids) {
    if (servers?.every((one) => one !== sid) ?? false) continue;
    const path = join(folder, `server-${sid}`);
    const { zookeeper = scenario.zookeeper } = scenario.servers[sid] ?? {};
    const image = new ServerDisk(cluster.world.node(sid).disk).image();
    withOutputError(path, "cannot be written", () => {
      writeMyid(path, sid);
      writeDiskFiles(path, image, writtenRelease(zookeeper));
    });
    hint(printablePath(path));
  }
}

/** Writes the log of each server to a file of its own. */
function saveLogs(run: ScenarioRun, folder: string, servers: ExportOptions["server"]): void {
  makeFolder(folder);
  for (const { lines, server } of zookeeperLogs(run)) {
    if (servers?.every((one) => one !== server) ?? false) continue;
    const path = join(folder, `server-${server}.log`);
    saveWholePieces(
      path,
      lines.map((line) => `${line}\n`),
    );
    hint(printablePath(path));
  }
}

/** Returns the event whose causes dot draws. Returns undefined for the other formats. */
function endFor(run: ScenarioRun, format: ExportFormat, event: number | undefined): RunEvent | undefined {
  if (format !== "dot") return undefined;
  const end = coneEnd(run, event);
  if (end !== undefined) return end;
  throw new UsageError(
    event === undefined
      ? "--format dot: the run violates no invariant (accepted: --event and the id of an event from --format jsonl)"
      : `--event ${event}: the run has no such event (accepted: an id that --format jsonl prints)`,
  );
}
