/**
 * zabsim as a library: scenarios as data, runs of them, and the reports on runs. The protocol core alone is
 * `zabsim/protocol`, the simulator alone `zabsim/sim`.
 */
export * as protocol from "./protocol/index.ts";
export { decisionTable } from "./reports/decision-table.ts";
export { type Handshake, handshakesOf } from "./reports/handshakes.ts";
export { runJson } from "./reports/run-json.ts";
export { runReport } from "./reports/run-report.ts";
export { timeline, timelineLine } from "./reports/timeline.ts";
export { Cluster, type ClusterOptions } from "./scenarios/cluster.ts";
export { INVARIANTS, Invariants, type Violation } from "./scenarios/invariants/index.ts";
export { loadScenario, ScenarioError } from "./scenarios/load.ts";
export { NoteRecorder, type ProtocolRecord } from "./scenarios/protocol-trace.ts";
export { type RunOptions, runScenario, type ScenarioRun, ScenarioRunner } from "./scenarios/run.ts";
export type { Scenario, ServerSpec, Step } from "./scenarios/scenario.ts";
export * as sim from "./sim/index.ts";
