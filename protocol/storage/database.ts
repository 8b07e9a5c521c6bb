/**
 * The database of one server: the tree, committedLog, the log and the snapshots, as the core sees them (ZKDatabase,
 * DataTree, FileTxnSnapLog). It survives changes of role and is lost with the process.
 *
 * The log and the snapshots here have the content that a program would find if it read the files now, synced or not.
 * The host keeps track of durability. Not modeled: znodes, except /zookeeper/config. A History represents the tree.
 */
import { assertPresent } from "../assert.ts";
import type { Behavior } from "../behavior.ts";
import { bytesOf, bytesOfTxns } from "../buffer-limit.ts";
import type { DiskImage } from "../effects.ts";
import type { TxnLogSize } from "../leader/sync-decision.ts";
import type { Snapshot } from "../packets.ts";
import type { QuorumVerifier } from "../quorum.ts";
import type { Settings } from "../settings.ts";
import { leavesGap, NO_ZXID, ZERO_ZXID, type Zxid } from "../zxid.ts";
import type { History, Txn } from "./history.ts";

interface OpenLogFile {
  /** The zxid in the name of the file. */
  readonly name: Zxid;
  readonly txns: Txn[];
  /** Whether the zxids of the records ascend. */
  ascending: boolean;
}

/**
 * committedLog is compacted when the number of dropped transactions at its start exceeds the limit of its length by
 * more than this number.
 */
const COMPACT_AFTER = 64;

/** The database of one server: the tree, committedLog, the log and the snapshots (ZKDatabase, FileTxnSnapLog). */
export class Database {
  /** Whether the database in memory is loaded (ZKDatabase#isInitialized). */
  initialized = false;
  /** The transactions applied to the tree. */
  history: History;
  /**
   * DataTree#lastProcessedZxid: the zxid of the last applied transaction, or the zxid at the start of an epoch, or -1
   * if there is no database.
   */
  lastProcessedZxid: Zxid = ZERO_ZXID;
  /**
   * The content of /zookeeper/config. A snapshot that a scenario describes has the configuration of the server that
   * loads it at its start. Undefined if the content is not known.
   */
  configZnode: QuorumVerifier | undefined;
  /** The number of transactions appended since the log was rolled (ZKDatabase#getTxnCount). */
  txnCount = 0;
  /** Whether a background thread is writing a snapshot (SyncRequestProcessor's snapThreadMutex). */
  savingInBackground = false;
  /** The history that a restart would load if the log and the snapshots were durable. */
  logHistory: History;

  private readonly settings: Settings;
  private readonly behavior: Behavior;
  private readonly emptyHistory: History;
  private committed: Txn[] = [];
  /** The index in `committed` where committedLog starts; earlier entries have been dropped. */
  private committedStart = 0;
  /** The log files, ascending by name. */
  private files: OpenLogFile[] = [];
  /** The file that `append` writes to; undefined if the next append opens a new file. */
  private openFile: OpenLogFile | undefined;
  private saved: Snapshot[] = [];

  constructor(settings: Settings, behavior: Behavior, emptyHistory: History) {
    this.settings = settings;
    this.behavior = behavior;
    this.emptyHistory = emptyHistory;
    this.history = emptyHistory;
    this.logHistory = emptyHistory;
  }

  /** The newest committed transactions in memory, ascending; at most commitLogCount. */
  get committedLog(): readonly Txn[] {
    if (this.committedStart > 0) this.compactCommitted();
    return this.committed;
  }

  /** The first and the last zxid in committedLog, and its length; undefined if it is empty. */
  get committedLogRange(): { readonly min: Zxid; readonly max: Zxid; readonly length: number } | undefined {
    const [first, last] = [this.committed[this.committedStart], this.committed.at(-1)];
    const length = this.committed.length - this.committedStart;
    return first && last && { min: first.zxid, max: last.zxid, length };
  }

  /** The log files, oldest first. */
  get logFiles(): readonly OpenLogFile[] {
    return this.files;
  }

  /** The snapshots, in the order in which they were saved. */
  get snapshots(): readonly Snapshot[] {
    return this.saved;
  }

  /** Empties the database in memory (ZKDatabase#clear). */
  clear(): void {
    this.history = this.emptyHistory;
    this.lastProcessedZxid = ZERO_ZXID;
    this.committed = [];
    this.committedStart = 0;
    this.configZnode = undefined;
    this.initialized = false;
  }

  /**
   * FileTxnSnapLog#restore: loads the newest snapshot and then all later log records, committed or not. Returns
   * undefined, or the reason why the disk cannot be loaded. If the disk is empty, lastProcessedZxid becomes 0. It
   * becomes -1 instead if db.autocreate is off (ZOOKEEPER-261). With `upTo`, ignores the snapshots above it, and cannot
   * load a disk that has only such snapshots.
   */
  restore(image: DiskImage, upTo?: Zxid): "log-without-snapshot" | "proposal-gap" | "truncate-failed" | undefined {
    const { configZnode } = this;
    this.clear();
    this.files = image.logFiles.map(({ name, txns }) => ({ name, txns: [...txns], ascending: isAscending(txns) }));
    this.openFile = undefined;
    this.saved = [...image.snapshots];
    const newest = this.newestSnapshot(upTo);
    if (newest === undefined && this.saved.length > 0) return "truncate-failed";
    // A file without records counts, too: its name is a zxid (FileTxnLog#getLastLoggedZxid).
    const hasLog = this.files.length > 0;
    const { behavior, settings } = this;
    const isTrusted = settings.trustEmptySnapshot && behavior.knowsTrustEmptySnapshot;
    const logIsEnough = isTrusted || !behavior.logNeedsSnapshot;
    if (newest === undefined && hasLog && !logIsEnough) return "log-without-snapshot";
    if (newest === undefined && !hasLog && !settings.dbAutocreate && behavior.knowsMissingDatabase) {
      this.lastProcessedZxid = NO_ZXID;
    } else if (newest !== undefined) {
      this.history = newest.history;
      this.lastProcessedZxid = newest.zxid;
    }
    // Without a snapshot, the tree keeps the node (FileTxnSnapLog#restore).
    this.configZnode = newest?.config ?? configZnode;
    this.initialized = true;
    const gap = this.fastForward();
    this.logHistory = this.history;
    return gap;
  }

  /**
   * FileTxnSnapLog#fastForwardFromEdits: applies the log records that the tree lacks. Returns undefined, or the reason
   * why that is impossible.
   */
  fastForward(): "proposal-gap" | undefined {
    const from = this.lastProcessedZxid;
    for (const txn of this.recordsAfter(from)) {
      if (!this.addCommitted(txn)) return "proposal-gap";
      this.applyToTree(txn);
    }
    return undefined;
  }

  /**
   * FinalRequestProcessor: applies a transaction to the tree and adds it to committedLog. Returns false if it leaves a
   * gap in committedLog.
   */
  apply(txn: Txn): boolean {
    this.applyToTree(txn);
    return this.addCommitted(txn);
  }

  /**
   * ZooKeeperServer#processTxn, for a transaction received during the synchronization. Returns false if it leaves a
   * gap in committedLog.
   */
  applySynced(txn: Txn): boolean {
    this.applyToTree(txn);
    return !this.behavior.syncedTxnsReachCommittedLog || this.addCommitted(txn);
  }

  /** ZKDatabase#deserializeSnapshot, for the snapshot after a SNAP packet. `zxid` is the packet's zxid. */
  install(snapshot: Snapshot, zxid: Zxid): void {
    this.clear();
    this.history = snapshot.history;
    this.lastProcessedZxid = zxid;
    this.configZnode = snapshot.config;
    this.initialized = true;
  }

  /**
   * Forgets the log if it ends below the newest snapshot, because it then lacks the transactions between its end and
   * the snapshot. Returns whether the log was forgotten. The next append starts a new log.
   */
  forgetLogBelowSnapshot(): boolean {
    const snapshot = this.newestSnapshot()?.zxid ?? ZERO_ZXID;
    const last = this.files.at(-1)?.txns.at(-1)?.zxid;
    if (last === undefined || last >= snapshot) return false;
    this.files = [];
    this.openFile = undefined;
    return true;
  }

  /** Forgets the log, and all snapshots above `snapshotZxid`. */
  forgetAllBut(snapshotZxid: Zxid): void {
    this.files = [];
    this.openFile = undefined;
    this.saved = this.saved.filter(({ zxid }) => zxid <= snapshotZxid);
    this.logHistory = this.newestSnapshot()?.history ?? this.emptyHistory;
  }

  /**
   * Returns whether a snapshot at or below `zxid`, with the log after it, contains this server's whole history up to
   * `zxid`.
   */
  canTruncateTo(zxid: Zxid): boolean {
    const target = this.logHistory.upTo(zxid);
    return this.saved.some((snapshot) => snapshot.zxid <= zxid && this.withLogAfter(snapshot, zxid).equals(target));
  }

  /** Adds a record to the log (FileTxnLog#append). Opens a new file after `rollLog`. */
  append(txn: Txn): void {
    const { zxid } = txn;
    if (this.openFile === undefined) {
      // Opening a file that exists overwrites it from its start.
      this.files = this.files.filter((file) => file.name !== zxid);
      this.openFile = { name: zxid, txns: [], ascending: true };
      this.files.push(this.openFile);
      this.files.sort((a, b) => a.name - b.name);
    }
    const { txns } = this.openFile;
    const last = txns.at(-1);
    if (last !== undefined && zxid <= last.zxid) this.openFile.ascending = false;
    txns.push(txn);
    this.txnCount++;
    this.logHistory = withTxn(this.logHistory, txn);
  }

  /** Makes the next append open a new file (FileTxnLog#rollLog). */
  rollLog(): void {
    this.openFile = undefined;
    this.txnCount = 0;
  }

  /** Adds a snapshot, or replaces the one with the same zxid. */
  snapshotSaved(snapshot: Snapshot): void {
    this.saved = this.saved.filter((other) => other.zxid !== snapshot.zxid);
    this.saved.push(snapshot);
    this.logHistory = this.withLogAfter(assertPresent(this.newestSnapshot(), "snapshot", "saving-snapshot"));
  }

  /** Returns the tree as it is now, for a SNAP packet or a snapshot file. */
  snapshot(): Snapshot {
    const { configZnode: config, history, lastProcessedZxid: zxid } = this;
    return config === undefined ? { zxid, history } : { zxid, history, config };
  }

  /**
   * Returns the total size of the log files after the first one that is read, and its limit, if the files are larger
   * than the limit. Otherwise, returns undefined (ZKDatabase#getProposalsFromTxnLog).
   */
  txnLogSizeAboveLimit(peerLastZxid: Zxid): TxnLogSize | undefined {
    const { snapshotSizeFactor, txnBytes, preAllocSizeBytes } = this.settings;
    const newest = this.newestSnapshot();
    // The snapshot of an empty tree is not an empty file. It counts as one transaction here.
    const limit = newest === undefined ? 0 : Math.max(txnBytes, bytesOf(newest.history, txnBytes)) * snapshotSizeFactor;
    const limitBytes = Math.floor(limit);
    if (limit <= 0) return undefined;
    const first = this.files.findLastIndex((file) => file.name < peerLastZxid);
    const bytes = this.files
      .slice(Math.max(0, first) + 1)
      .reduce((sum, file) => sum + Math.max(preAllocSizeBytes, bytesOfTxns(file.txns, txnBytes)), 0);
    return bytes > limitBytes ? { bytes, limitBytes } : undefined;
  }

  private newestSnapshot(upTo?: Zxid): Snapshot | undefined {
    let newest: Snapshot | undefined;
    for (const snapshot of this.saved) {
      if (upTo !== undefined && snapshot.zxid > upTo) continue;
      if (newest === undefined || snapshot.zxid > newest.zxid) newest = snapshot;
    }
    return newest;
  }

  /** Returns the history of the snapshot, extended by the log records after it, up to zxid `limit`. */
  private withLogAfter(snapshot: Snapshot, limit: number = Number.POSITIVE_INFINITY): History {
    let { history } = snapshot;
    for (const txn of this.recordsAfter(snapshot.zxid)) if (txn.zxid <= limit) history = withTxn(history, txn);
    return history;
  }

  private applyToTree(txn: Txn): void {
    this.history = withTxn(this.history, txn);
    if (txn.config !== undefined) this.configZnode = txn.config;
    if (txn.zxid > this.lastProcessedZxid) this.lastProcessedZxid = txn.zxid;
  }

  /**
   * ZKDatabase#addCommittedProposal. Returns false if the transaction would leave a gap and the release rejects gaps.
   */
  private addCommitted(txn: Txn): boolean {
    const { rejectsGaps } = this.behavior;
    const last = this.committed.length > this.committedStart ? this.committed.at(-1) : undefined;
    if (last !== undefined && rejectsGaps) {
      if (txn.zxid <= last.zxid) return true;
      if (leavesGap(last.zxid, txn.zxid)) return false;
    }
    this.committed.push(txn);
    // Before ZOOKEEPER-4925, the server checked the limit before it added the new entry, so committedLog could hold one
    // entry more than the limit.
    const limit = this.settings.commitLogCount + (rejectsGaps ? 0 : 1);
    if (this.committed.length - this.committedStart > limit) {
      this.committedStart++;
      // Dropping entries in bulk keeps the cost of adding one transaction constant.
      if (this.committedStart > limit + COMPACT_AFTER) this.compactCommitted();
    }
    return true;
  }

  private compactCommitted(): void {
    this.committed = this.committed.slice(this.committedStart);
    this.committedStart = 0;
  }

  /**
   * Returns the records from the first one above `zxid`, in the order of the log, whatever their zxids
   * (FileTxnLog.FileTxnIterator). The search begins in the last file whose name is not above `zxid`.
   */
  private recordsAfter(zxid: Zxid): Txn[] {
    const result: Txn[] = [];
    let file = Math.max(
      0,
      this.files.findLastIndex(({ name }) => name <= zxid),
    );
    for (let isFound = false; file < this.files.length; file++) {
      const { ascending, txns } = this.files[file] as OpenLogFile;
      let i = isFound ? 0 : firstAbove(txns, zxid, ascending);
      for (; i < txns.length; i++) result.push(txns[i] as Txn);
      isFound ||= result.length > 0;
    }
    return result;
  }
}

/** Returns the index of the first record above `zxid`. */
function firstAbove(txns: readonly Txn[], zxid: Zxid, ascending: boolean): number {
  // In an ascending file, the position is nearly always close to the end.
  if (ascending) return txns.findLastIndex((txn) => txn.zxid <= zxid) + 1;
  const index = txns.findIndex((txn) => txn.zxid > zxid);
  return index < 0 ? txns.length : index;
}

function isAscending(txns: readonly Txn[]): boolean {
  return txns.every((txn, i) => i === 0 || txn.zxid > (txns[i - 1] as Txn).zxid);
}

/**
 * Returns a history after a transaction is applied to it. The transaction is applied whatever its zxid
 * (DataTree#processTxn), but applying a transaction again changes nothing.
 */
function withTxn(history: History, txn: Txn): History {
  return txn.zxid > history.zxid || !history.contains(txn) ? history.extend(txn) : history;
}
