/**
 * What the log of one server says: its processes, elections, roles and synchronizations, in the order of the log. Times
 * are in milliseconds since 1970 by the server's own clock; `clocks.ts` estimates how far the clocks differ.
 */

import type { RuleLine } from "../decide/sync-log.ts";
import type { LoggedSettings, SyncStarted, Zxid64 } from "../logs/index.ts";
import type { SyncOperation } from "../protocol/packets.ts";

/** A line of a log. */
export interface Evidence {
  readonly server: number;
  readonly file: string;
  readonly line: number;
  /** Undefined if the line has no time. */
  readonly timeMs: number | undefined;
  /** The message, followed by the exception if there is one. */
  readonly text: string;
}

/** A role of a server. */
export type Role = "LEADING" | "FOLLOWING" | "OBSERVING";

/** The number of times that something happened, the largest value, and the line with this value. */
export interface Slowness {
  count: number;
  maxMs: number;
  worst: Evidence;
}

/** One process of the server: from its start, or the start of the log, to its end. */
export interface ProcessRun {
  /** The line with which it starts. If the log does not contain the start, the first line that zabsim knows. */
  readonly at: Evidence;
  /** Whether the log contains the start. */
  readonly hasStart: boolean;
  /** The release, e.g. `3.9.5`. Undefined if the log does not contain it. */
  release: string | undefined;
  settings: LoggedSettings;
  /** The line of each setting. */
  settingLines: Readonly<Partial<Record<keyof LoggedSettings, Evidence>>>;
  /** Whether synchronization from the log on disk is on. Undefined if the log does not say so. */
  txnLogSync: boolean | undefined;
  forceSnapshotSync: boolean;
  /** The last zxid of the database that it loaded when it started (3.6.0 and newer). A TRUNC loads it again. */
  loadedZxid: Zxid64 | undefined;
  /** The epoch files that were missing when it started. Both are missing if version-2 was empty. */
  readonly missingEpochFiles: Evidence[];
  /** Transactions after which the digest of the tree was not that of the leader's tree (from 3.6.0 on). */
  readonly digestMismatches: { readonly zxid: Zxid64; readonly at: Evidence }[];
  /** The lines with which its log thread ended because of an error. What was in its queue is not on disk. */
  readonly logThreadEnds: Evidence[];
  /** Whether the election port was opened, so that the start succeeded. */
  isUp: boolean;
  /** Errors that end a process. */
  readonly fatal: Evidence[];
  exitCode: number | undefined;
  /** The server wrote nothing more after this time. */
  lastMs: number | undefined;
  /** The last line that zabsim knows. */
  lastAt: Evidence;
  /** Whether the server started again, so that this process has certainly ended. */
  hasEnded: boolean;
  slowFsync: Slowness | undefined;
  pauses: Slowness | undefined;
}

/** What a server heard from another one, or from itself, in one election. */
export interface HeardVotes {
  count: number;
  readonly first: Evidence;
  last: Evidence;
  state: string;
  leader: number;
  zxid: Zxid64;
  round: bigint;
  peerEpoch: bigint;
}

/** A server that could not be reached in an election. */
export interface Unreachable {
  count: number;
  readonly address: string;
  readonly at: Evidence;
}

/** One election: from LOOKING to a role. */
export interface Election {
  readonly at: Evidence;
  readonly process: ProcessRun;
  /** The last zxid in the server's memory, which is its first vote. */
  zxid: Zxid64 | undefined;
  /** The line that shows the zxid, or else the start of the election. */
  zxidAt: Evidence;
  readonly heard: Map<number, HeardVotes>;
  readonly unreachable: Map<number, Unreachable>;
  timeouts: number;
  longestTimeoutMs: number;
  endMs: number | undefined;
  result: Role | undefined;
  /** The server that was elected, as far as the votes show it. */
  leader: number | undefined;
}

/** What a leader's log says about the synchronization of one learner. */
export interface LeaderSync {
  readonly at: Evidence;
  readonly leader: number;
  readonly learner: number;
  readonly process: ProcessRun;
  readonly period: RolePeriod;
  readonly facts: SyncStarted;
  /** The lines of the decision, the first one included. */
  readonly lines: Evidence[];
  /** The packet according to the leader. Undefined if no line shows it. */
  operation: SyncOperation | undefined;
  /** The zxid of the packet. Undefined if no line shows it. */
  zxid: Zxid64 | undefined;
  /** The lines that show which rule decided. */
  readonly ruleLines: Set<RuleLine>;
  /** The size of the log on disk and its limit, if the log is too large. */
  txnLogSize: { readonly bytes: number; readonly limitBytes: number } | undefined;
  /** The time of the line "Received NEWLEADER-ACK" (3.4). */
  ackedMs: number | undefined;
  failed: Evidence | undefined;
  endMs: number | undefined;
}

/** What a learner's log says about its synchronization. */
export interface LearnerSync {
  readonly at: Evidence;
  readonly learner: number;
  readonly period: RolePeriod;
  readonly operation: SyncOperation;
  /** 3.4.10 does not log the zxid of a SNAP. */
  readonly zxid: Zxid64 | undefined;
  /** The lines of the synchronization, the first one included. */
  readonly lines: Evidence[];
  newLeaderMs: number | undefined;
  epoch: number | undefined;
  upToDateMs: number | undefined;
}

/** Why a role ended. */
export interface PeriodEnd {
  readonly timeMs: number | undefined;
  /** `process`: the process ended; `looking`: the server returned to LOOKING. */
  readonly kind: "process" | "looking";
}

/** One role of a server, from the end of an election to the next one. */
export interface RolePeriod {
  readonly server: number;
  readonly role: Role;
  readonly at: Evidence;
  readonly process: ProcessRun;
  readonly election: Election | undefined;
  leader: number | undefined;
  /** The epoch in which it leads, or of the leader that it follows. Undefined if it is unknown. */
  epoch: number | undefined;
  phases: { readonly phase: string; readonly at: Evidence }[];
  /** The line "Have quorum of supporters" of a leader. */
  established: Evidence | undefined;
  supporters: readonly number[];
  /** The time from which the server served clients. */
  servingMs: number | undefined;
  readonly syncs: LeaderSync[];
  sync: LearnerSync | undefined;
  /** The learners that connected to this leader, with the line that shows it. */
  readonly registered: Map<number, Evidence>;
  /** Errors and reasons for its end, in the order of the log. */
  readonly problems: Problem[];
  end: PeriodEnd | undefined;
}

/** Something that went wrong in a role. */
export interface Problem {
  readonly event: string;
  readonly at: Evidence;
  readonly exception: readonly string[];
  /** The learner, if the leader's thread for a learner failed. */
  readonly learner?: number;
  readonly zxid?: Zxid64;
  /** The name of the thread. Empty if it is unknown. */
  readonly thread: string;
}

/** A vote that a server received: the first time that it saw a vote with these values. */
export interface FirstVote {
  readonly at: Evidence;
  readonly sid: number;
  readonly round: bigint;
  readonly zxid: Zxid64;
}

/** What the log of one server says. */
export interface ServerHistory {
  readonly server: number;
  readonly processes: ProcessRun[];
  readonly elections: Election[];
  readonly periods: RolePeriod[];
  readonly firstVotes: FirstVote[];
  /** Events that no role contains, such as a snapshot or a new log file. */
  readonly disk: DiskEvent[];
  /** Lines about the ensemble's configuration, such as a vote of a server that is not a member. */
  readonly oddities: Problem[];
  firstMs: number | undefined;
  lastMs: number | undefined;
  /** The number of elections, roles and other entries that were dropped to bound the memory. */
  dropped: number;
}

/** A file that the server created or read. */
export interface DiskEvent {
  readonly kind: "snapshot-taken" | "log-created" | "zxid-not-higher";
  readonly zxid: Zxid64;
  readonly at: Evidence;
}
