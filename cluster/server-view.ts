/**
 * The state of one server of a cluster as plain data: its process, its core, its disk and its timers. Debuggers and
 * pages show it. Reading it changes nothing.
 */
import {
  type History,
  type PeerView,
  type ServerId,
  TIMER_CONNECT,
  TIMER_DIAL,
  TIMER_ELECTION,
  TIMER_EPOCH_ACK,
  TIMER_EPOCH_PROPOSAL,
  TIMER_HANDLERS,
  TIMER_NEWLEADER_ACK,
  TIMER_ROLE,
  TIMER_TICK,
  type Zxid,
} from "../protocol/index.ts";
import type { Cluster } from "./cluster.ts";
import { hostTimerName } from "./server.ts";
import { ServerDisk } from "./server-disk.ts";

/** The state of one server. */
export interface ServerView {
  /** The id of the server. */
  readonly sid: ServerId;
  /** Whether the process runs, is paused, or does not run. */
  readonly process: "running" | "paused" | "down";
  /** The core; undefined if the process does not run. */
  readonly peer: PeerView | undefined;
  /** The files. */
  readonly disk: DiskView;
  /** The pending timers and the thread work in progress. */
  readonly timers: readonly TimerView[];
}

/** The files of a server. */
export interface DiskView {
  /** The content of the file acceptedEpoch; undefined if there is none. */
  readonly acceptedEpoch: number | undefined;
  /** The content of the file currentEpoch; undefined if there is none. */
  readonly currentEpoch: number | undefined;
  /** The log files, oldest first. */
  readonly log: readonly LogFileView[];
  /** The zxids of the snapshots. */
  readonly snapshots: readonly Zxid[];
  /** The operations that the disk has not completed, in words. */
  readonly pending: readonly string[];
}

/** A log file. */
export interface LogFileView {
  /** The zxid in the name of the file. */
  readonly name: Zxid;
  /** The records. */
  readonly records: History;
  /** The number of records that are durable. A power loss can lose the records after them. */
  readonly durable: number;
}

/** A pending timer. */
export interface TimerView {
  /** What the timer is for, such as `tick`. */
  readonly name: string;
  /** The virtual time at which it fires, in microseconds. */
  readonly dueUs: number;
}

const CORE_TIMERS: Readonly<Record<number, string>> = {
  [TIMER_ELECTION]: "election: send the vote again, or end the wait",
  [TIMER_ROLE]: "learner: the leader is silent",
  [TIMER_TICK]: "half tick: PING",
  [TIMER_EPOCH_PROPOSAL]: "leader: no quorum for the epoch",
  [TIMER_EPOCH_ACK]: "leader: no quorum of ACKEPOCH",
  [TIMER_NEWLEADER_ACK]: "leader: no quorum of ACKs of NEWLEADER",
  [TIMER_HANDLERS]: "leader: a learner is silent",
  [TIMER_CONNECT]: "learner: connect again",
  [TIMER_DIAL]: "election: the connection takes too long",
};

/** Returns the name of a timer of a server's node. */
export function timerName(timer: number): string {
  return CORE_TIMERS[timer] ?? hostTimerName(timer);
}

/** Returns the state of a server. If `before` is given, log files that only grew share their records with it. */
export function inspectServer(cluster: Cluster, sid: ServerId, before?: ServerView): ServerView {
  const node = cluster.world.node(sid);
  const server = cluster.server(sid);
  const disk = new ServerDisk(node.disk);
  return {
    sid,
    process: server === undefined ? "down" : node.paused ? "paused" : "running",
    peer: server?.peer.inspect(),
    disk: {
      acceptedEpoch: disk.epochFile("accepted"),
      currentEpoch: disk.epochFile("current"),
      log: disk.logState().map((file) => logFileView(file, cluster.emptyHistory, before)),
      snapshots: disk.snapshotZxids(),
      pending: disk.pendingOperations(),
    },
    timers: node.pendingTimers().map(({ dueUs, timer }) => ({ name: timerName(timer), dueUs })),
  };
}

type LogState = ReturnType<ServerDisk["logState"]>[number];

function logFileView({ durable, name, records }: LogState, empty: History, before?: ServerView): LogFileView {
  const known = before?.disk.log.find((file) => file.name === name)?.records;
  const isPrefix = known !== undefined && known.length <= records.length && known.txn === lastOf(records, known.length);
  let history = isPrefix ? known : empty;
  for (let i = history.length; i < records.length; i++) history = history.extend(records[i] as LogState["records"][0]);
  return { name, records: history, durable };
}

function lastOf(records: LogState["records"], length: number): LogState["records"][0] | null {
  return length === 0 ? null : (records[length - 1] ?? null);
}
