/**
 * The result of a run: everything that a report, an expectation or a test reads.
 */
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";
import type { Violation } from "../invariants/index.ts";
import type { Epoch, History, ServerId, Zxid } from "../protocol/index.ts";
import type { Trace } from "../sim/index.ts";
import type { Scenario } from "./scenario.ts";
import type { StepOutcome } from "./script.ts";

/** The liveness of the settled servers. */
export interface LivenessOutcome {
  readonly servers: readonly ServerId[];
  readonly settledUs: number;
  /** The time at which all of them were live; undefined if they stayed stuck. */
  readonly liveUs: number | undefined;
  /** Number of failures of the settled servers, by reason. Counted only in a run with records or coverage. */
  readonly failures: ReadonlyMap<string, number>;
}

/** The state of a server at the end of a run. */
export interface FinalServer {
  readonly sid: ServerId;
  readonly running: boolean;
  readonly leading: boolean;
  /** Whether it serves in BROADCAST. */
  readonly active: boolean;
  readonly epoch: Epoch;
  readonly lastProcessedZxid: Zxid;
  readonly history: History | undefined;
}

export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly seed: bigint | number;
  /** Empty if the digest is off. */
  readonly digest: string;
  readonly endUs: number;
  readonly events: number;
  readonly records: readonly ProtocolRecord[];
  /** Undefined if the run was not traced. */
  readonly trace: Trace | undefined;
  readonly steps: readonly StepOutcome[];
  readonly servers: readonly FinalServer[];
  readonly violations: readonly Violation[];
  /** Undefined if liveness was not measured, or if the run ended too early to tell. */
  readonly liveness: LivenessOutcome | undefined;
  /** The differences from the expectations of the scenario, as sentences. */
  readonly unmet: readonly string[];
  /** Whether the run met all expectations, including expected violations. */
  readonly ok: boolean;
}

/** Returns the records of one event, in order. */
export function recordsOf<Event extends ProtocolRecord["event"]>(
  records: readonly ProtocolRecord[],
  event: Event,
): RecordOf<Event>[] {
  return records.filter((record): record is RecordOf<Event> => record.event === event);
}
