/** Reconstructs scenarios from logs and data directories: of recordings of real ensembles, and of simulated runs. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { diskRulesOf } from "../../doctor/disk-rules.ts";
import type { ServerDisk } from "../../doctor/histories.ts";
import { predictStart } from "../../doctor/predict-start.ts";
import { readDataDirectory } from "../../doctor/read-data-directory.ts";
import { asServerId } from "../../protocol/zxid.ts";
import { type FoundTrials, type ReconstructionAnswer, reconstructionOf } from "../../reconstruct/answer.ts";
import { withDirectories } from "../../reconstruct/disk-facts.ts";
import type { Evidence } from "../../reconstruct/evidence.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";
import { logOf, SERVERS } from "../explain/recording.ts";
import { diskTruth, type Moment, unpackDisks } from "../recordings/disks.ts";
import { copiedBefore, copiedRunOf } from "./simulated-disks.ts";
import { evidenceIn, scenarioAt, searched, skeleton } from "./simulated-logs.ts";

/** Searches for a number of runs. */
function answerAfter(runs: number, evidence: Evidence): ReconstructionAnswer {
  const { alternatives, best } = searched(evidence, (count) => count >= runs) as FoundTrials;
  return reconstructionOf({ best, alternatives }, evidence, { files: [], runs, scenario: "", seed: "1" });
}

describe("a scenario reconstructed from the logs and directories of a real ensemble", () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  async function evidenceOf(recording: string, moment: Moment): Promise<Evidence> {
    const { releases } = diskTruth(recording);
    const folder = unpackDisks(recording);
    folders.push(folder);
    const disks: ServerDisk[] = [];
    for (const server of SERVERS) {
      const directory = await readDataDirectory(
        join(folder, moment, String(server)),
        diskRulesOf(releases[server] ?? ""),
      );
      disks.push({ sid: asServerId(server), directory, start: predictStart(directory) });
    }
    const logs = SERVERS.map((server) => ({ server, lines: logOf(recording, server).split("\n") }));
    return withDirectories(evidenceIn(logs), disks);
  }

  it.each([
    ["3.9.4", 6],
    ["3.5.8", 4],
  ])("of %s matches: it shows every epoch and decision, and ends with the same disks", async (name, runs) => {
    const { decisions, disks, epochs, matched } = answerAfter(runs, await evidenceOf(name, "end"));
    expect(matched).toBe(true);
    expect([...epochs, ...decisions].filter(({ matched }) => !matched)).toEqual([]);
    expect(disks.map(({ copied, matched: isSame, run }) => ({ copied, isSame, log: run?.log }))).toEqual(
      disks.map(({ log }) => ({ copied: "after", isSame: true, log })),
    );
    // The last writes leave no line in any log.
    expect(disks.map(({ log }) => log.endsWith("7:1..7:11"))).toEqual([true, true, true]);
  });

  it("does not compare directories that were copied during the incident", async () => {
    const { disks } = answerAfter(1, await evidenceOf("3.9.4", "tail"));
    expect(disks.map(({ copied, matched, run }) => [copied, matched, run])).toEqual(
      SERVERS.map(() => ["between", null, null]),
    );
  });
});

describe("a scenario reconstructed from the logs and directories of a simulated run", () => {
  it.each([
    ["shipped/follower-behind-diff.yaml", 1],
    ["bugs/open-trunc-keeps-one-txn-too-many.yaml", 2],
    ["bugs/open-snapshot-survives-trunc.yaml", 40],
    ["bugs/zookeeper-2418-gap-between-log-and-committed-log.yaml", 60],
    ["bugs/zookeeper-2832-uncommitted-txn-survives-snap.yaml", 1],
  ] as const)("of %s ends with the same disks, and violates the same invariants", async (path, runs) => {
    const { evidence, violated } = await copiedRunOf(scenarioAt(path));
    const { decisions, disks, epochs, violates } = answerAfter(runs, evidence);
    expect([...epochs, ...decisions, ...disks].filter(({ matched }) => !matched)).toEqual([]);
    expect(violates).toEqual(expect.arrayContaining([...violated]));
  });

  it("is found with the directories where the logs alone do not show the first disks", async () => {
    const { logs } = await copiedRunOf(scenarioAt("bugs/zookeeper-2832-uncommitted-txn-survives-snap.yaml"));
    expect(answerAfter(20, logs).matched).toBe(false);
  });

  it("does not match if only the logs do", async () => {
    // The hole in the log of the observer leaves no line in any log.
    const { evidence, logs } = await copiedRunOf(
      scenarioAt("bugs/zookeeper-2418-gap-between-log-and-committed-log.yaml"),
    );
    expect(answerAfter(3, logs)).toMatchObject({ matched: true, violates: [] });
    const { disks, matched } = answerAfter(3, evidence);
    expect(matched).toBe(false);
    expect(disks[3]).toMatchObject({ log: "1:1..1:5, 2:1, 2:5..2:6", matched: false });
  });

  it("can be written and loaded", async () => {
    const { evidence } = await copiedRunOf(scenarioAt("bugs/open-trunc-keeps-one-txn-too-many.yaml"));
    const { best } = searched(evidence, (count) => count >= 10);
    expect(loadScenario(writeScenario(best?.scenario as never), "incident.yaml")).toEqual(best?.scenario);
  });

  it("starts with the directories if they were copied before the incident", async () => {
    const scenario = scenarioAt("bugs/open-trunc-keeps-one-txn-too-many.yaml");
    const evidence = await copiedBefore(scenario);
    expect(evidence.disks.map(({ copied }) => copied)).toEqual(["before", "before", "before"]);
    const { servers } = skeleton(evidence);
    for (const [sid, { history, snapshots }] of Object.entries(scenario.servers)) {
      expect(servers[Number(sid) as never]).toMatchObject({ history, snapshots });
    }
  });
});
