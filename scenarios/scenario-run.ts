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
  /** The servers that were settled. */
  readonly servers: readonly ServerId[];
  /** When fault injection stopped, in microseconds. */
  readonly settledUs: number;
  /** The time at which all of them were live; undefined if they stayed stuck. */
  readonly liveUs: number | undefined;
  /** Number of failures of the settled servers, by reason. Counted only in a run with records or coverage. */
  readonly failures: ReadonlyMap<string, number>;
}

/** The state of a server at the end of a run. */
export interface FinalServer {
  /** The id of the server. */
  readonly sid: ServerId;
  /** Whether its process runs. */
  readonly running: boolean;
  /** Whether it is LEADING. */
  readonly leading: boolean;
  /** Whether it serves in BROADCAST. */
  readonly active: boolean;
  /** Its currentEpoch. */
  readonly epoch: Epoch;
  /** The last transaction in its tree. */
  readonly lastProcessedZxid: Zxid;
  /** The transactions in its tree; undefined if its process does not run. */
  readonly history: History | undefined;
}

/** The result of a run. */
export interface ScenarioRun {
  /** The scenario that ran. */
  readonly scenario: Scenario;
  /** The seed that it ran with. */
  readonly seed: bigint | number;
  /** Empty if the digest is off. */
  readonly digest: string;
  /** The virtual time at the end, in microseconds. */
  readonly endUs: number;
  /** Number of handled events. */
  readonly events: number;
  /** Whether the run was ended at its limit of events, before its end. */
  readonly isTooLarge: boolean;
  /** What the servers did, in order; empty if records are off. */
  readonly records: readonly ProtocolRecord[];
  /** Undefined if the run was not traced. */
  readonly trace: Trace | undefined;
  /** What became of each step. */
  readonly steps: readonly StepOutcome[];
  /** The state of each server at the end. */
  readonly servers: readonly FinalServer[];
  /** The violated invariants, in the order in which they were violated. */
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
