/**
 * Predicts what a server does when it starts on its data directory: which snapshot and which log records it loads,
 * which epochs it has, or why it exits (QuorumPeer#loadDataBase, FileTxnSnapLog#restore, FileSnap#deserialize,
 * FileTxnLog.FileTxnIterator).
 */
import type { TxnLogStop } from "../formats/index.ts";
import { asZxid, epochOf, leavesGap, type Zxid } from "../protocol/zxid.ts";
import type { DataDirectory, EpochFileState, LogFile, SnapshotFile } from "./data-directory.ts";
import { lastOf, type TxnRun } from "./txn-runs.ts";

/** A transaction, and the file in which it is. */
export interface FoundAt {
  readonly zxid: Zxid;
  readonly file: { readonly name: string };
}

/** Why a server exits at its start. */
export type StartFailure =
  /** dataLogDir has snapshots, or dataDir has logs. */
  | { readonly reason: "misplaced-files"; readonly files: readonly string[] }
  /** Snapshots look valid, but none can be read. */
  | { readonly reason: "no-usable-snapshot" }
  /** An exception other than IOException: ZooKeeper does not try an older snapshot. */
  | { readonly reason: "fatal-snapshot"; readonly snapshot: SnapshotFile }
  /** There are log files and no snapshot (ZOOKEEPER-2325). */
  | { readonly reason: "log-without-snapshot" }
  /** A log file that must be read is damaged. */
  | { readonly reason: "damaged-log"; readonly log: LogFile }
  /** The log has a gap inside an epoch, which the release rejects. */
  | { readonly reason: "gap-in-log"; readonly after: FoundAt; readonly next: FoundAt }
  | { readonly reason: "unreadable-epoch"; readonly file: string; readonly text: string }
  /** currentEpoch is older than the last zxid. */
  | { readonly reason: "current-epoch-too-old"; readonly currentEpoch: number; readonly lastZxid: Zxid }
  | { readonly reason: "accepted-epoch-below-current"; readonly acceptedEpoch: number; readonly currentEpoch: number };

/** Records that a server loads from one log file, as runs of consecutive zxids in their order. */
export interface LoadedRecords {
  readonly log: LogFile;
  readonly runs: readonly TxnRun[];
}

/** What a server loads. */
export interface LoadedDatabase {
  /** The snapshot; undefined if there is none. */
  readonly snapshot: SnapshotFile | undefined;
  /** Newer snapshots that cannot be used. */
  readonly skippedSnapshots: readonly SnapshotFile[];
  /** The records after the snapshot. */
  readonly records: readonly LoadedRecords[];
  /** DataTree#lastProcessedZxid; -1 if there is no database. */
  readonly lastZxid: Zxid;
  /** Log files that the server reads and that end at a torn or broken record: the records after it are lost to it. */
  readonly cutLogs: readonly LogFile[];
}

/** The prediction for one server. */
export interface StartPrediction {
  /** What the server loads; undefined if it cannot load its database. */
  readonly database: LoadedDatabase | undefined;
  /** The epochs after the start; undefined if the server exits before it has them. */
  readonly acceptedEpoch: number | undefined;
  readonly currentEpoch: number | undefined;
  /** Why the server exits; undefined if it starts. */
  readonly failure: StartFailure | undefined;
}

/** The settings of a JVM that change what a server loads. */
export interface StartSettings {
  /** zookeeper.snapshot.trust.empty. */
  readonly trustEmptySnapshot?: boolean;
  /** zookeeper.db.autocreate, by default true. */
  readonly dbAutocreate?: boolean;
}

const LARGEST_NUMBER_OF_SNAPSHOTS = 100;
const NO_DATABASE = asZxid(-1);

/** Predicts the start of the server on its data directory. */
export function predictStart(directory: DataDirectory, settings: StartSettings = {}): StartPrediction {
  const { misplaced, rules } = directory;
  if (misplaced.length > 0 && rules.checksSeparateDirectories) {
    return fails({ reason: "misplaced-files", files: misplaced });
  }
  const loaded = loadDatabase(directory, settings);
  return "reason" in loaded ? fails(loaded) : loadEpochs(directory, loaded);
}

function fails(failure: StartFailure): StartPrediction {
  return { database: undefined, acceptedEpoch: undefined, currentEpoch: undefined, failure };
}

/** FileTxnSnapLog#restore. */
function loadDatabase(directory: DataDirectory, settings: StartSettings): LoadedDatabase | StartFailure {
  const snapshot = chooseSnapshot(directory);
  if ("reason" in snapshot) return snapshot;
  if (snapshot.chosen !== undefined) return fastForward(directory, snapshot.chosen, snapshot.skipped);
  const { behavior } = directory.rules;
  const isTrusted = settings.trustEmptySnapshot === true && behavior.knowsTrustEmptySnapshot;
  if (directory.logs.length > 0 && behavior.logNeedsSnapshot && !isTrusted) {
    const damaged = nullEntryAtEnd(directory);
    return damaged === undefined ? { reason: "log-without-snapshot" } : { reason: "damaged-log", log: damaged };
  }
  if (directory.logs.length > 0 || !behavior.logNeedsSnapshot) return fastForward(directory, undefined, []);
  const isAllowed = settings.dbAutocreate !== false || directory.hasInitialize || !behavior.knowsMissingDatabase;
  const lastZxid = isAllowed ? asZxid(0) : NO_DATABASE;
  return { snapshot: undefined, skippedSnapshots: [], records: [], lastZxid, cutLogs: [] };
}

/** FileTxnLog#getLastLoggedZxid reads the last two files. Only a NullPointerException escapes from it. */
function nullEntryAtEnd({ logs }: DataDirectory): LogFile | undefined {
  for (const log of logs.slice(-2)) {
    if (log.stop.reason === "null-entry") return log;
    if (log.stop.isDamage) return undefined;
  }
  return undefined;
}

interface SnapshotChoice {
  readonly chosen: SnapshotFile | undefined;
  readonly skipped: readonly SnapshotFile[];
}

/** FileSnap#deserialize: the newest snapshot that looks valid and can be read. */
function chooseSnapshot({ snapshots }: DataDirectory): SnapshotChoice | StartFailure {
  const skipped: SnapshotFile[] = [];
  let tried = 0;
  for (const snapshot of snapshots.toReversed()) {
    if (snapshot.looksValid) {
      const { content } = snapshot;
      if (content.kind === "snapshot") return { chosen: snapshot, skipped };
      if (content.isFatal) return { reason: "fatal-snapshot", snapshot };
      if (++tried === LARGEST_NUMBER_OF_SNAPSHOTS) break;
    }
    skipped.push(snapshot);
  }
  return tried > 0 ? { reason: "no-usable-snapshot" } : { chosen: undefined, skipped };
}

/** FileTxnSnapLog#fastForwardFromEdits. */
function fastForward(
  directory: DataDirectory,
  snapshot: SnapshotFile | undefined,
  skippedSnapshots: readonly SnapshotFile[],
): LoadedDatabase | StartFailure {
  const { behavior } = directory.rules;
  const start = snapshot?.zxid ?? asZxid(0);
  const records: LoadedRecords[] = [];
  const cutLogs: LogFile[] = [];
  let lastZxid = start;
  let previous: FoundAt | undefined;
  let isFound = false;
  const files = filesFrom(directory.logs, start + 1);
  for (const [index, log] of files.entries()) {
    const isLast = index === files.length - 1;
    if (log.stop.reason === "empty-file" && isLast && behavior.deletesEmptyLog) break;
    const runs: readonly TxnRun[] = isFound ? log.txns.runs : runsFrom(log.txns.runs, start + 1);
    isFound ||= runs.length > 0;
    for (const run of runs) {
      if (previous !== undefined && behavior.rejectsGaps && isGap(previous.zxid, run.first)) {
        return { reason: "gap-in-log", after: previous, next: { zxid: run.first, file: log } };
      }
      if (previous === undefined || lastOf(run) > previous.zxid) previous = { zxid: lastOf(run), file: log };
      lastZxid = asZxid(Math.max(lastZxid, lastOf(run)));
    }
    if (runs.length > 0) records.push({ log, runs });
    if (log.stop.isDamage) return { reason: "damaged-log", log };
    if (isCut(log.stop) || log.unread.length > 0) cutLogs.push(log);
  }
  return { snapshot, skippedSnapshots, records, lastZxid, cutLogs };
}

function isGap(previous: Zxid, next: Zxid): boolean {
  return next > previous && leavesGap(previous, next);
}

/** FileTxnIterator#init: the files from this zxid on, and the last one that starts below it. */
function filesFrom(logs: readonly LogFile[], zxid: number): readonly LogFile[] {
  const below = logs.findLastIndex((log) => log.zxid < zxid);
  return logs.slice(Math.max(0, below));
}

/** The records from the first one at or above `zxid` on. Later records are read whatever their zxids. */
function runsFrom(runs: readonly TxnRun[], zxid: number): readonly TxnRun[] {
  const index = runs.findIndex((run) => lastOf(run) >= zxid);
  if (index < 0) return [];
  const [run, ...rest] = runs.slice(index) as [TxnRun, ...TxnRun[]];
  const dropped = Math.max(0, zxid - run.first);
  return [{ first: asZxid(run.first + dropped), count: run.count - dropped, index: run.index + dropped }, ...rest];
}

/** Returns whether a file ends inside a record. */
export function isCut({ reason }: TxnLogStop): boolean {
  return reason === "torn" || reason === "no-end-byte" || reason === "short-entry";
}

/** QuorumPeer#loadDataBase, after the database is loaded. */
function loadEpochs(directory: DataDirectory, database: LoadedDatabase): StartPrediction {
  const { behavior } = directory.rules;
  const epochOfZxid = epochOf(database.lastZxid);
  const failed = (failure: StartFailure): StartPrediction => ({ ...fails(failure), database });
  const current = epochIn(directory.currentEpoch, epochOfZxid);
  if (typeof current === "string") return failed(unreadable("currentEpoch", current));
  let currentEpoch = current;
  if (epochOfZxid > currentEpoch && directory.currentEpoch !== "missing") {
    if (behavior.marksUpdatingEpoch && directory.hasUpdatingEpoch) currentEpoch = epochOfZxid;
    else if (behavior.usesCurrentEpochTmp && directory.currentEpochTmp !== "missing") {
      const tmp = epochIn(directory.currentEpochTmp, 0);
      if (typeof tmp === "string") return failed(unreadable("currentEpoch.tmp", tmp));
      currentEpoch = tmp;
    } else return failed({ reason: "current-epoch-too-old", currentEpoch, lastZxid: database.lastZxid });
  }
  const acceptedEpoch = epochIn(directory.acceptedEpoch, epochOfZxid);
  if (typeof acceptedEpoch === "string") return failed(unreadable("acceptedEpoch", acceptedEpoch));
  if (acceptedEpoch < currentEpoch) {
    return failed({ reason: "accepted-epoch-below-current", acceptedEpoch, currentEpoch });
  }
  return { database, acceptedEpoch, currentEpoch, failure: undefined };
}

function unreadable(file: string, text: string): StartFailure {
  return { reason: "unreadable-epoch", file, text };
}

function epochIn(file: EpochFileState, missing: number): number | string {
  if (file === "missing") return missing;
  return "epoch" in file ? file.epoch : file.text;
}
