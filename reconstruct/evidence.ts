/** The facts in the logs from which the first scenario is built, server by server, with the times of the run. */
import type { Ensemble } from "../explain/ensemble.ts";
import type { ProcessRun, ServerHistory } from "../explain/history.ts";
import type { LogEventName, Zxid64 } from "../logs/index.ts";
import type { FileFacts } from "./config-file-facts.ts";
import type { DiskFacts } from "./disk-state.ts";
import type { Observations } from "./observation.ts";

/** A process of a server. Times are in milliseconds since the start of the run. */
export interface ProcessEvidence {
  readonly run: ProcessRun;
  /** The time of its first line. */
  readonly startMs: number;
  /** The time at which it first looks for a leader. Undefined if it never does. */
  readonly lookingMs: number | undefined;
  /** The time at which it votes first. Undefined if no log shows it. */
  readonly votedMs: number | undefined;
  /** The time of its last line. */
  readonly lastMs: number;
  /** The zxid and the epoch with which it starts. Undefined if its log does not contain them. */
  readonly zxid: Zxid64 | undefined;
  readonly epoch: number | undefined;
  /** Whether the process itself logs that it exits. */
  readonly exits: boolean;
}

/** A zxid that a server has at a time. */
export interface ZxidFact {
  readonly server: number;
  readonly atMs: number;
  readonly zxid: Zxid64;
  /** Whether the server got the transaction at this time. Otherwise, it had it at the latest then. */
  readonly isExact: boolean;
  readonly event: LogEventName;
  /**
   * The number of the process, from 0, at whose end the server had it, because the next process starts with it. `atMs`
   * is then the time of the last line of this process.
   */
  readonly process?: number;
}

/** A connection of the election that breaks: `server` sees that the one to `peer` is broken. */
export interface BrokenLink {
  readonly server: number;
  readonly peer: number;
  readonly atMs: number;
}

/** A vote that a LOOKING server sends. The log of `server` shows it, which is the sender or a receiver. */
export interface VoteFact {
  readonly server: number;
  readonly sid: number;
  readonly atMs: number;
  /** The values of the vote. */
  readonly vote: string;
}

/** The version of a server's newest configuration at a time, in milliseconds since the start of the run. */
export interface ConfigVersionFact {
  readonly server: number;
  readonly atMs: number;
  readonly version: bigint;
}

/** A learner that its leader does not find in its configuration. */
export interface Outsider {
  readonly server: number;
  readonly atMs: number;
}

/** A request to change the configuration, which the leader logs. */
export interface ReconfigRequest {
  readonly server: number;
  readonly atMs: number;
}

/** What the logs show of configurations. */
export interface ConfigurationFacts {
  readonly files: readonly FileFacts[];
  readonly requests: readonly ReconfigRequest[];
  /** Whether clients can change the configuration, as leaders log from 3.5.9 and 3.6.2 on. Undefined if none does. */
  readonly isEnabled: boolean | undefined;
  /** The times at which a leader that serves begins to work with another configuration. */
  readonly activatedMs: readonly number[];
  readonly versions: readonly ConfigVersionFact[];
  readonly outsiders: readonly Outsider[];
}

/** What the log of one server shows. */
export interface ServerEvidence {
  readonly server: number;
  readonly isObserver: boolean;
  readonly history: ServerHistory;
  readonly processes: readonly ProcessEvidence[];
  /** The release of its first process. */
  readonly release: string;
}

/** What all logs show. */
export interface Evidence {
  readonly ensemble: Ensemble;
  /** The time of the start of the run, in milliseconds since 1970 by the reference clock. */
  readonly startMs: number;
  /** The duration of the logs, in milliseconds. */
  readonly endMs: number;
  readonly servers: readonly ServerEvidence[];
  /** The servers that the logs mention and whose logs are not given. */
  readonly silent: readonly number[];
  readonly zxids: readonly ZxidFact[];
  readonly broken: readonly BrokenLink[];
  readonly configurations: ConfigurationFacts;
  readonly votes: readonly VoteFact[];
  /** The connections of the election that were refused: `server` could not connect to `peer`. */
  readonly refused: readonly BrokenLink[];
  readonly observations: Observations;
  /** What the data directories of servers show. Empty if there are none, or if a part of the logs is left out. */
  readonly disks: readonly DiskFacts[];
}

/** Converts a time of a server's log. An unknown time is infinite. */
export function sinceStart({ ensemble, startMs }: Evidence, server: number, timeMs: number | undefined): number {
  return (ensemble.aligned(server, timeMs) ?? Number.POSITIVE_INFINITY) - startMs;
}

/** The number of handshakes from which on their times are fitted first. */
const MANY = 8;

/**
 * Returns whether the logs contain many handshakes, as those of real servers do. Few handshakes show a fault where a
 * time differs.
 */
export function hasManyHandshakes({ ensemble }: Evidence): boolean {
  return ensemble.handshakes.length >= MANY;
}
