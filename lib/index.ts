/**
 * `zabsim`: load a scenario, run it, and print reports on the run. `zabsim/protocol` is the core alone, `zabsim/sim`
 * the simulator alone.
 *
 *     import { loadScenario, runScenario } from "zabsim";
 *     const scenario = loadScenario("upgrade.yaml");
 *     const { ok, violations } = runScenario(scenario, { seed: 1 });
 */

export { Cluster, type ClusterOptions } from "../cluster/cluster.ts";
export type { ServerSpec } from "../cluster/cluster-spec.ts";
export { NoteRecorder, type ProtocolRecord } from "../cluster/records.ts";
export { INVARIANTS, Invariants, type Violation } from "../invariants/index.ts";
export * as protocol from "../protocol/index.ts";
export { decisionTable } from "../reports/decision-table.ts";
export { type Handshake, handshakesOf } from "../reports/handshakes.ts";
export { runJson } from "../reports/run-json.ts";
export { runReport } from "../reports/run-report.ts";
export { timeline, timelineLine } from "../reports/timeline.ts";
export { type LoadOptions, type Problem, ScenarioError } from "../scenarios/load.ts";
export { type RunOptions, runScenario, ScenarioRunner } from "../scenarios/run.ts";
export type { Scenario, Step } from "../scenarios/scenario.ts";
export type { ScenarioRun } from "../scenarios/scenario-run.ts";
export * as sim from "../sim/index.ts";
export { loadScenario } from "./load-scenario.ts";
