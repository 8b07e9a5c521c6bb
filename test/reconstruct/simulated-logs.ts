/**
 * Gives the evidence in the logs that a scenario's run would write, and nothing else of the scenario. Searches for a
 * scenario from such evidence.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ensembleOf } from "../../explain/ensemble.ts";
import { HistoryBuilder } from "../../explain/history-builder.ts";
import { LogReader } from "../../logs/index.ts";
import type { Evidence } from "../../reconstruct/evidence.ts";
import { EvidenceCollector } from "../../reconstruct/evidence-collector.ts";
import { evidenceOf } from "../../reconstruct/join-evidence.ts";
import { Search } from "../../reconstruct/search.ts";
import { skeletonOf } from "../../reconstruct/skeleton.ts";
import { START_OF_RUN_MS } from "../../reports/zklog/line-pattern.ts";
import { zookeeperLines, zookeeperLogs } from "../../reports/zklog/zookeeper-logs.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { Trace } from "../../sim/index.ts";

export interface LoggedRun {
  readonly evidence: Evidence;
  /** The invariants that the run violates. */
  readonly violated: readonly string[];
}

/** The lines of a server's log. */
export interface ServerLines {
  readonly server: number;
  readonly lines: readonly string[];
}

/** Loads a scenario file, given by its path below scenarios/. */
export function scenarioAt(path: string): Scenario {
  return loadScenario(readFileSync(fileURLToPath(new URL(`../../scenarios/${path}`, import.meta.url)), "utf8"), path);
}

/** Returns what the logs of a kept bug show. */
export function loggedBug(name: string): LoggedRun {
  return loggedRunOf(scenarioAt(`bugs/${name}.yaml`));
}

export function skeleton(evidence: Evidence): Scenario {
  return skeletonOf(evidence, "incident");
}

/** Searches until `isOver` returns true after a number of runs. */
export function searched(evidence: Evidence, isOver: (runs: number) => boolean): Search {
  const search = new Search(evidence, 1n);
  for (const _best of search.from(skeleton(evidence))) if (isOver(search.runs)) break;
  return search;
}

export function loggedRunOf(scenario: Scenario): LoggedRun {
  const run = new ScenarioRunner(scenario, { seed: BigInt(scenario.seed ?? 1), trace: new Trace() }).run();
  const violated = [...new Set(run.violations.map(({ id }) => id))];
  return { violated, evidence: evidenceIn(zookeeperLogs(run)) };
}

/** Returns what the logs show if the clock of one server is ahead. */
export function evidenceWithClock(scenario: Scenario, ahead: number, aheadMs: number): Evidence {
  const run = new ScenarioRunner(scenario, { seed: 1n, trace: new Trace() }).run();
  const linesOf = (server: number): string[] =>
    zookeeperLines(run, START_OF_RUN_MS + (server === ahead ? aheadMs : 0)).flatMap((one) =>
      one.server === server ? [one.line] : [],
    );
  return evidenceIn(Object.keys(scenario.servers).map((sid) => ({ server: Number(sid), lines: linesOf(Number(sid)) })));
}

export function evidenceIn(logs: readonly ServerLines[]): Evidence {
  const collectors = new Map<number, EvidenceCollector>();
  const histories = logs.map(({ lines, server }) => {
    const builder = new HistoryBuilder(server);
    const collector = new EvidenceCollector(server);
    collectors.set(server, collector);
    const reader = new LogReader((event) => {
      builder.add(event, "");
      collector.add(event);
    });
    for (const line of lines) reader.read(line);
    for (const ms of reader.end().lastMs.values()) builder.endOfFile(ms);
    return builder.history;
  });
  return evidenceOf(ensembleOf(histories), collectors);
}
