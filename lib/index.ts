/**
 * `zabsim` loads scenarios, runs them, and prints reports on the runs. `zabsim/protocol` contains only the protocol
 * core, and `zabsim/sim` contains only the simulator.
 *
 *     import { loadScenario, runScenario } from "zabsim";
 *     const scenario = loadScenario("upgrade.yaml");
 *     const { ok, violations } = runScenario(scenario, { seed: 1 });
 *
 * @module zabsim
 */

import { type Invariant, type InvariantId, INVARIANTS as TABLE } from "../invariants/index.ts";

export { Cluster, type ClusterOptions, type LifeCycleWatcher } from "../cluster/cluster.ts";
export type {
  ClusterSpec,
  ConfigChange,
  CrashSpec,
  DiskSpec,
  EnsembleConfig,
  HierarchicalQuorum,
  LinkSpec,
  NetworkSpec,
  ServerOrLeader,
  ServerSpec,
  ThreadSpec,
} from "../cluster/cluster-spec.ts";
export { CONFIG_WRITES, ConfigFiles, type ConfigWrite } from "../cluster/config-files.ts";
export type { MissingQuorum } from "../cluster/missing-quorum.ts";
export {
  type ConfigInFile,
  type CountedQuorum,
  type CountedQuorums,
  type DecisionRecord,
  NoteRecorder,
  type PhaseName,
  type PlannedStop,
  PROTOCOL_EVENTS,
  type ProtocolEvent,
  type ProtocolRecord,
  type RecordFilter,
  type RecordSink,
  type ServerConfig,
  type ServerRole,
} from "../cluster/records.ts";
export type { Message, MessageCoverage, MessageWatcher, StallableThread } from "../cluster/server.ts";
export type { CorruptibleFile, DeletableFile } from "../cluster/server-disk.ts";
export type { WorkingThread } from "../cluster/thread-work.ts";
export type { ConfigRules } from "../invariants/ensemble.ts";
export { type Invariant, type InvariantId, Invariants, type Violation } from "../invariants/index.ts";
export type { InvariantsOptions } from "../invariants/invariants.ts";
export type { Configuration, QuorumTest } from "../invariants/quorum-test.ts";
export type { Facts, Role } from "../invariants/violation.ts";
export type { AcceptingThread } from "../protocol/accept-errors.ts";
export * as protocol from "../protocol/index.ts";
export { decisionTable, type TableOptions } from "../reports/decision-table.ts";
export { type Handshake, type HandshakeFailure, handshakesOf } from "../reports/handshakes.ts";
export { runJson } from "../reports/run-json.ts";
export { type RunReportOptions, runReport } from "../reports/run-report.ts";
export { ServerReleases } from "../reports/server-releases.ts";
export { type LineLayout, type TimelineFilter, timeline, timelineLine } from "../reports/timeline.ts";
export type { Effect } from "../scenarios/action-result.ts";
export type { LeaderConfig, SplitQuorums } from "../scenarios/find-split-quorums.ts";
export { type LoadOptions, type Problem, ScenarioError } from "../scenarios/load.ts";
export { type RunCoverage, type RunOptions, runScenario, ScenarioRunner } from "../scenarios/run.ts";
export type {
  AcceptError,
  Action,
  AlteredFields,
  Direction,
  DiskFault,
  Duration,
  EndOptions,
  Expectation,
  ExpectedDecision,
  InFlightAction,
  LinkCharacterSpec,
  MessageMatch,
  Moment,
  ReconfigAction,
  Scenario,
  Step,
  ThreadStall,
  Trigger,
  WriteAction,
} from "../scenarios/scenario.ts";
export type { FinalServer, LivenessOutcome, ScenarioRun } from "../scenarios/scenario-run.ts";
export type { StepOutcome } from "../scenarios/script.ts";
export type { AwaitedPacket, ShortLimit, TimedWork, WorkName } from "../scenarios/short-limit.ts";
export type { SmallBuffers } from "../scenarios/small-buffers.ts";
export * as sim from "../sim/index.ts";
export { loadScenario } from "./load-scenario.ts";

/** Every invariant by its id, with its statement, and with the paper, specification and tickets that it comes from. */
export const INVARIANTS: Readonly<Record<InvariantId, Omit<Invariant, "id">>> = TABLE;
