/** Gives the evidence in the logs that a scenario's run would write, and nothing else of the scenario. */
import { ensembleOf } from "../../explain/ensemble.ts";
import { HistoryBuilder } from "../../explain/history-builder.ts";
import { LogReader } from "../../logs/index.ts";
import { type Evidence, EvidenceCollector, evidenceOf } from "../../reconstruct/evidence.ts";
import { zookeeperLogs } from "../../reports/zklog/zookeeper-logs.ts";
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

export function loggedRunOf(scenario: Scenario): LoggedRun {
  const run = new ScenarioRunner(scenario, { seed: BigInt(scenario.seed ?? 1), trace: new Trace() }).run();
  const violated = [...new Set(run.violations.map(({ id }) => id))];
  return { violated, evidence: evidenceIn(zookeeperLogs(run)) };
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
