/** Gives what the logs and the data directories of a simulated run show. The directories are written and read again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerDisk } from "../../cluster/server-disk.ts";
import { startImage } from "../../cluster/start-disk.ts";
import { writeDiskFiles } from "../../confirm/disk-files.ts";
import { diskRulesOf } from "../../doctor/disk-rules.ts";
import type { ServerDisk as ReadDisk } from "../../doctor/histories.ts";
import { predictStart } from "../../doctor/predict-start.ts";
import { readDataDirectory } from "../../doctor/read-data-directory.ts";
import { type DiskImage, History, type ServerId, serverIdsOf } from "../../protocol/index.ts";
import { withDirectories } from "../../reconstruct/disk-facts.ts";
import type { Evidence } from "../../reconstruct/evidence.ts";
import { writtenRelease } from "../../reports/zklog/written-release.ts";
import { zookeeperLogs } from "../../reports/zklog/zookeeper-logs.ts";
import { ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { Trace } from "../../sim/index.ts";
import { evidenceIn, type LoggedRun } from "./simulated-logs.ts";

/** What a run shows. */
export interface CopiedRun extends LoggedRun {
  /** What the logs alone show. */
  readonly logs: Evidence;
}

/** Runs a scenario, and returns what its logs and the disks at its end show. */
export async function copiedRunOf(scenario: Scenario): Promise<CopiedRun> {
  const runner = new ScenarioRunner(scenario, { seed: BigInt(scenario.seed ?? 1), trace: new Trace() });
  const run = runner.run();
  const logs = evidenceIn(zookeeperLogs(run));
  const { world } = runner.cluster;
  const disks = await readDisks(scenario, (sid) => new ServerDisk(world.node(sid).disk).image());
  return { logs, evidence: withDirectories(logs, disks), violated: [...new Set(run.violations.map(({ id }) => id))] };
}

/** Runs a scenario, and returns what its logs and the disks at its start show. */
export async function copiedBefore(scenario: Scenario): Promise<Evidence> {
  const run = new ScenarioRunner(scenario, { seed: BigInt(scenario.seed ?? 1), trace: new Trace() }).run();
  const empty = History.empty();
  const disks = await readDisks(scenario, (sid) => startImage(scenario.servers[sid] as never, empty));
  return withDirectories(evidenceIn(zookeeperLogs(run)), disks);
}

/** Writes the disk of each server as a data directory, and reads it as zabsim doctor does. */
async function readDisks(scenario: Scenario, imageOf: (sid: ServerId) => DiskImage): Promise<ReadDisk[]> {
  const folder = mkdtempSync(join(tmpdir(), "zabsim-simulated-disks-"));
  try {
    const disks: ReadDisk[] = [];
    for (const sid of serverIdsOf(scenario.servers)) {
      const path = join(folder, `server-${sid}`);
      const release = writtenRelease(scenario.servers[sid]?.zookeeper ?? scenario.zookeeper);
      writeDiskFiles(path, imageOf(sid), release);
      const directory = await readDataDirectory(path, diskRulesOf(release));
      disks.push({ sid, directory, start: predictStart(directory) });
    }
    return disks;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
