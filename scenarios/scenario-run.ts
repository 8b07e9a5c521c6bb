/** The result of a run: all data that reports, expectations and tests read. */
import type { MissingQuorum } from "../cluster/missing-quorum.ts";
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";
import type { Violation } from "../invariants/index.ts";
import type { Epoch, History, QuorumVerifier, ServerId, Zxid } from "../protocol/index.ts";
import type { Trace } from "../sim/index.ts";
import type { SplitQuorums } from "./find-split-quorums.ts";
import type { Scenario } from "./scenario.ts";
import type { StepOutcome } from "./script.ts";
import type { ShortLimit } from "./short-limit.ts";
import type { SmallBuffers } from "./small-buffers.ts";

/** The liveness of the settled servers. */
export interface LivenessOutcome {
  /** The servers that the `settle` step named. */
  readonly servers: readonly ServerId[];
  /** The virtual time of the `settle` step, at which fault injection stopped, in microseconds. */
  readonly settledUs: number;
  /** The time at which all settled servers were live; undefined if they stayed stuck. */
  readonly liveUs: number | undefined;
  /**
   * Number of failures of the settled servers, by reason. The run counts failures only if it keeps records or counts
   * coverage.
   */
  readonly failures: ReadonlyMap<string, number>;
  /**
   * The configuration because of which the servers may fail to serve: it is in force at one of them and has no quorum
   * among them. Undefined if they are live or must serve.
   */
  readonly missingQuorum: MissingQuorum | undefined;
  /** Whether the servers must serve and are not live. */
  readonly stuck: boolean;
}

/** The state of a server at the end of a run. */
export interface FinalServer {
  /** The id of the server. */
  readonly sid: ServerId;
  /** Whether the process of the server runs. */
  readonly running: boolean;
  /** Whether the server is LEADING. */
  readonly leading: boolean;
  /** Whether the server serves in BROADCAST. */
  readonly active: boolean;
  /** The server's currentEpoch. */
  readonly epoch: Epoch;
  /** The zxid of the last transaction that the server has applied, or N:0 if it is a new leader of epoch N. */
  readonly lastProcessedZxid: Zxid;
  /** The transactions in the server's tree; undefined if its process does not run. */
  readonly history: History | undefined;
  /** The server's committed configuration as text; undefined if its process does not run. */
  readonly config: string | undefined;
  /**
   * The configurations in force at the server: the committed one, and the pending one if it is newer. Empty if its
   * process does not run.
   */
  readonly inForce: readonly QuorumVerifier[];
}

/** The result of a run. */
export interface ScenarioRun {
  /** The scenario that ran. */
  readonly scenario: Scenario;
  /** The seed of the run. */
  readonly seed: bigint | number;
  /** The digest of the run; empty if the digest is switched off. */
  readonly digest: string;
  /** The virtual time at the end, in microseconds. */
  readonly endUs: number;
  /** Number of handled events. */
  readonly events: number;
  /** Whether the run ended early because it reached its limit of events. */
  readonly isTooLarge: boolean;
  /** The records of the servers' events, in order; empty if the run keeps no records. */
  readonly records: readonly ProtocolRecord[];
  /** The trace; undefined if the run was not traced. */
  readonly trace: Trace | undefined;
  /** The outcome of each step. */
  readonly steps: readonly StepOutcome[];
  /** The state of each server at the end. */
  readonly servers: readonly FinalServer[];
  /** The violated invariants, in the order in which they were violated. */
  readonly violations: readonly Violation[];
  /**
   * The liveness of the settled servers. Undefined if the run did not measure liveness, or ended before the servers
   * were live or stuck.
   */
  readonly liveness: LivenessOutcome | undefined;
  /** The time limits that are too short for work of known duration; empty if the run keeps no records. */
  readonly shortLimits: readonly ShortLimit[];
  /**
   * Two leaders whose configurations allow disjoint quorums; undefined if there are none, or if the run keeps no
   * records.
   */
  readonly splitQuorums: SplitQuorums | undefined;
  /**
   * The servers that cannot read a transaction because of its size and jute.maxbuffer; undefined if there are none, or
   * if the run keeps no records.
   */
  readonly smallBuffers: SmallBuffers | undefined;
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
