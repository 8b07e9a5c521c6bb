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
  type Txn,
  type Zxid,
} from "../protocol/index.ts";
import type { Disk } from "../sim/index.ts";
import type { Cluster } from "./cluster.ts";
import { hostTimerName } from "./server.ts";
import { ServerDisk, zxidInName } from "./server-disk.ts";

/** The state of one server. */
export interface ServerView {
  /** The id of the server. */
  readonly sid: ServerId;
  /** Whether the process runs, is paused, or does not run. */
  readonly process: "running" | "paused" | "down";
  /** The core; undefined if the process does not run. */
  readonly peer: PeerView | undefined;
  /** The files. The object changes only if a file changes. */
  readonly disk: DiskView;
  /** The operations that the disk has not completed, in words. */
  readonly pending: readonly string[];
  /** The pending timers and the thread work in progress. */
  readonly timers: readonly TimerView[];
}

/** The files of a server. It is a class so that structural sharing compares it by identity. */
export class DiskView {
  /** The content of the file acceptedEpoch; undefined if there is none. */
  readonly acceptedEpoch: number | undefined;
  /** The content of the file currentEpoch; undefined if there is none. */
  readonly currentEpoch: number | undefined;
  /** The log files, oldest first. */
  readonly log: readonly LogFileView[];
  /** The snapshots, oldest first. */
  readonly snapshots: readonly SnapshotView[];

  constructor(files: ServerDisk, log: readonly LogFileView[], snapshots: readonly SnapshotView[]) {
    this.acceptedEpoch = files.epochFile("accepted");
    this.currentEpoch = files.epochFile("current");
    this.log = log;
    this.snapshots = snapshots;
  }
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

/** A snapshot. */
export interface SnapshotView {
  /** The zxid in the name of the file. */
  readonly zxid: Zxid;
  /** The transactions in it; undefined if the file is damaged. */
  readonly history: History | undefined;
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

/** Reads the state of one server again and again. What did not change keeps its object, as far as that is cheap. */
export class ServerInspector {
  private readonly cluster: Cluster;
  private readonly sid: ServerId;
  /** The log files by their records: the array of a file stays the same as long as the file exists. */
  private readonly logFiles = new Map<readonly unknown[], KnownLogFile>();
  private revision = -1;
  private listRevision = -1;
  private disk: DiskView | undefined = undefined;

  constructor(cluster: Cluster, sid: ServerId) {
    this.cluster = cluster;
    this.sid = sid;
  }

  /** Returns the state of the server now. */
  inspect(): ServerView {
    const { cluster, sid } = this;
    const node = cluster.world.node(sid);
    const server = cluster.server(sid);
    return {
      sid,
      process: server === undefined ? "down" : node.paused ? "paused" : "running",
      peer: server?.peer.inspect(),
      disk: this.inspectDisk(node.disk),
      pending: new ServerDisk(node.disk).pendingOperations(),
      timers: node.pendingTimers().map(({ dueUs, timer }) => ({ name: timerName(timer), dueUs })),
    };
  }

  private inspectDisk(disk: Disk): DiskView {
    const before = this.disk;
    if (before !== undefined && this.revision === disk.revision) return before;
    const files = new ServerDisk(disk);
    const isSameList = before !== undefined && this.listRevision === disk.listRevision;
    this.disk = isSameList
      ? new DiskView(files, this.updatedLog(disk, before.log), before.snapshots)
      : new DiskView(files, this.readLog(disk), files.snapshotFiles());
    this.revision = disk.revision;
    this.listRevision = disk.listRevision;
    return this.disk;
  }

  private readLog(disk: Disk): readonly LogFileView[] {
    const log: LogFileView[] = [];
    disk.eachRecordFile((name, records, durable) => log.push(this.logFile(name, records as readonly Txn[], durable)));
    disk.changed = new Set();
    return log.sort((a, b) => a.name - b.name);
  }

  /** Returns the log after changes of the content of some files. */
  private updatedLog(disk: Disk, before: readonly LogFileView[]): readonly LogFileView[] {
    const changed = disk.changed ?? new Set();
    if (changed.size === 0) return before;
    const log = [...before];
    for (const records of changed) {
      const known = this.logFiles.get(records);
      if (known === undefined) continue;
      const { file, view } = known;
      log[log.indexOf(view)] = this.logFile(file, records as readonly Txn[], disk.durableRecords(file));
    }
    changed.clear();
    return log;
  }

  private logFile(file: string, records: readonly Txn[], durable: number): LogFileView {
    const known = this.logFiles.get(records)?.view;
    const length = known?.records.length ?? 0;
    const isPrefix = length <= records.length && (known?.records.txn ?? null) === lastOf(records, length);
    if (known !== undefined && isPrefix && length === records.length && durable === known.durable) return known;
    let history = known !== undefined && isPrefix ? known.records : this.cluster.emptyHistory;
    for (let i = history.length; i < records.length; i++) history = history.extend(records[i] as Txn);
    const view = { name: known?.name ?? zxidInName(file), records: history, durable };
    this.logFiles.set(records, { file, view });
    return view;
  }
}

interface KnownLogFile {
  readonly file: string;
  readonly view: LogFileView;
}

function lastOf(records: readonly Txn[], length: number): Txn | null {
  return length === 0 ? null : (records[length - 1] ?? null);
}
