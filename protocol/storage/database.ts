/**
 * The database of one server: the tree's position, committedLog, and the log and snapshots as the core sees them
 * (ZKDatabase, DataTree#lastProcessedZxid, FileTxnSnapLog). It outlives changes of role, and is lost with the process.
 *
 * What is durable is the host's business. What lies here is what a reader of the files would find right now, synced or
 * not. Znodes are not modeled: the tree is its History.
 */
import type { Behavior } from "../behavior.ts";
import type { DiskImage } from "../effects.ts";
import type { Snapshot } from "../packets.ts";
import type { Settings } from "../settings.ts";
import { epochOf, type Zxid } from "../zxid.ts";
import type { History, Txn } from "./history.ts";

interface OpenLogFile {
  readonly name: Zxid;
  readonly txns: Txn[];
}

export class Database {
  /** ZKDatabase#isInitialized. */
  initialized = false;
  /** What the tree tells. */
  history: History;
  /** DataTree#lastProcessedZxid: the last txn applied, or the start of an epoch, or -1 for no database. */
  lastProcessedZxid: Zxid = 0;
  /** Appended since the log was last rolled (ZKDatabase#getTxnCount). */
  txnCount = 0;
  /** A snapshot is being written by a thread of its own (SyncRequestProcessor's snapThreadMutex). */
  savingInBackground = false;
  /** What snapshot and log together tell: the history a restart would load if all of it were durable. */
  logHistory: History;

  private readonly settings: Settings;
  private readonly behavior: Behavior;
  private readonly emptyHistory: History;
  private committed: Txn[] = [];
  /** Where committedLog starts in `committed`; what is before has been dropped. */
  private committedStart = 0;
  private files: OpenLogFile[] = [];
  private rolled = true;
  private saved: Snapshot[] = [];

  constructor(settings: Settings, behavior: Behavior, emptyHistory: History) {
    this.settings = settings;
    this.behavior = behavior;
    this.emptyHistory = emptyHistory;
    this.history = emptyHistory;
    this.logHistory = emptyHistory;
  }

  get committedLog(): readonly Txn[] {
    if (this.committedStart > 0) {
      this.committed = this.committed.slice(this.committedStart);
      this.committedStart = 0;
    }
    return this.committed;
  }

  get logFiles(): readonly OpenLogFile[] {
    return this.files;
  }

  get snapshots(): readonly Snapshot[] {
    return this.saved;
  }

  /** ZKDatabase#clear. */
  clear(): void {
    this.history = this.emptyHistory;
    this.lastProcessedZxid = 0;
    this.committed = [];
    this.committedStart = 0;
    this.initialized = false;
  }

  /**
   * FileTxnSnapLog#restore: newest snapshot, then every log record behind it, committed or not. Returns why it cannot be,
   * or undefined. An empty disk leaves zxid 0 (db.autocreate; the caller saves snapshot.0) or -1.
   */
  restore(image: DiskImage): "log-without-snapshot" | "proposal-gap" | undefined {
    this.clear();
    this.files = image.logFiles.map((file) => ({ name: file.name, txns: [...file.txns] }));
    this.rolled = true;
    this.saved = [...image.snapshots];
    const newest = this.newestSnapshot();
    const hasLog = this.files.some((file) => file.txns.length > 0);
    const { behavior, settings } = this;
    const isTrusted = settings.trustEmptySnapshot && behavior.knowsTrustEmptySnapshot;
    const logIsEnough = isTrusted || !behavior.logNeedsSnapshot;
    if (newest === undefined && hasLog && !logIsEnough) return "log-without-snapshot";
    if (newest === undefined && !hasLog && !settings.dbAutocreate && behavior.knowsMissingDatabase) {
      this.lastProcessedZxid = -1;
    } else if (newest !== undefined) {
      this.history = newest.history;
      this.lastProcessedZxid = newest.zxid;
    }
    this.initialized = true;
    const gap = this.fastForward();
    this.logHistory = this.history;
    return gap;
  }

  /** FileTxnSnapLog#fastForwardFromEdits: applies what the log holds beyond the tree. */
  fastForward(): "proposal-gap" | undefined {
    const from = this.lastProcessedZxid;
    for (const txn of this.recordsBehind(from)) {
      if (!this.addCommitted(txn)) return "proposal-gap";
      this.applyToTree(txn);
    }
    return undefined;
  }

  /** FinalRequestProcessor: to the tree and to committedLog. */
  apply(txn: Txn): void {
    this.applyToTree(txn);
    this.addCommitted(txn);
  }

  /** ZooKeeperServer#processTxn, of a txn that came while syncing with a leader. False if it leaves a gap in committedLog. */
  applySynced(txn: Txn): boolean {
    this.applyToTree(txn);
    return !this.behavior.syncedTxnsReachCommittedLog || this.addCommitted(txn);
  }

  /** ZKDatabase#deserializeSnapshot with what a SNAP packet brought. */
  install(snapshot: Snapshot, zxid: Zxid): void {
    this.clear();
    this.history = snapshot.history;
    this.lastProcessedZxid = zxid;
    this.initialized = true;
  }

  /**
   * The log ends below the newest snapshot: what lies between, it does not have. True if there is such a log; it is
   * forgotten, and a new one begins behind the snapshot.
   */
  forgetLogBehindSnapshot(): boolean {
    const snapshot = this.newestSnapshot()?.zxid ?? 0;
    const last = this.files.at(-1)?.txns.at(-1)?.zxid;
    if (last === undefined || last >= snapshot) return false;
    this.files = [];
    this.rolled = true;
    return true;
  }

  /** What lies on disk besides the snapshot of that zxid and older ones is no part of this server's history any more. */
  forgetAllBut(snapshotZxid: Zxid): void {
    this.files = [];
    this.rolled = true;
    this.saved = this.saved.filter(({ zxid }) => zxid <= snapshotZxid);
    this.logHistory = this.newestSnapshot()?.history ?? this.emptyHistory;
  }

  /** Whether a snapshot at or below `zxid`, with the log behind it, tells all that this server has up to there. */
  canTruncateTo(zxid: Zxid): boolean {
    const wanted = this.logHistory.upTo(zxid);
    return this.saved.some((snapshot) => {
      if (snapshot.zxid > zxid) return false;
      let told = snapshot.history;
      for (const txn of this.recordsBehind(snapshot.zxid)) {
        if (txn.zxid <= zxid && txn.zxid > told.zxid) told = told.extend(txn);
      }
      return told.equals(wanted);
    });
  }

  append(txn: Txn): void {
    if (this.rolled || this.files.length === 0) {
      // A file of the same name is written anew from its start.
      this.files = this.files.filter((file) => file.name !== txn.zxid);
      this.files.push({ name: txn.zxid, txns: [] });
      this.rolled = false;
    }
    (this.files[this.files.length - 1] as OpenLogFile).txns.push(txn);
    this.txnCount++;
    if (txn.zxid > this.logHistory.zxid) this.logHistory = this.logHistory.extend(txn);
  }

  rollLog(): void {
    this.rolled = true;
    this.txnCount = 0;
  }

  snapshotSaved(snapshot: Snapshot): void {
    this.saved = this.saved.filter((other) => other.zxid !== snapshot.zxid);
    this.saved.push(snapshot);
    const newest = this.newestSnapshot() as Snapshot;
    let tells = newest.history;
    for (const txn of this.recordsBehind(newest.zxid)) if (txn.zxid > tells.zxid) tells = tells.extend(txn);
    this.logHistory = tells;
  }

  /** The tree as it is, for a SNAP packet or a file. */
  snapshot(): Snapshot {
    return { zxid: this.lastProcessedZxid, history: this.history };
  }

  /** ZKDatabase#getProposalsFromTxnLog: whether the files behind the first one to be read exceed the size limit. */
  exceedsTxnLogSizeLimit(peerLastZxid: Zxid): boolean {
    const { snapshotSizeFactor, txnBytes, preAllocSizeBytes } = this.settings;
    const newest = this.newestSnapshot();
    // That of an empty tree is no empty file.
    const limit = newest === undefined ? 0 : Math.max(1, newest.history.length) * txnBytes * snapshotSizeFactor;
    if (limit <= 0) return false;
    let first = 0;
    for (let i = this.files.length - 1; i >= 0 && first === 0; i--) {
      if ((this.files[i] as OpenLogFile).name < peerLastZxid) first = i;
    }
    const bytes = this.files
      .slice(first + 1)
      .reduce((sum, file) => sum + Math.max(preAllocSizeBytes, file.txns.length * txnBytes), 0);
    return bytes > Math.floor(limit);
  }

  private newestSnapshot(): Snapshot | undefined {
    let newest: Snapshot | undefined;
    for (const snapshot of this.saved) if (newest === undefined || snapshot.zxid > newest.zxid) newest = snapshot;
    return newest;
  }

  private applyToTree(txn: Txn): void {
    // Replaying what a tree already holds changes nothing, as with znodes.
    if (txn.zxid > this.history.zxid) this.history = this.history.extend(txn);
    if (txn.zxid > this.lastProcessedZxid) this.lastProcessedZxid = txn.zxid;
  }

  /** ZKDatabase#addCommittedProposal. False if it would leave a gap inside an epoch and that is refused. */
  private addCommitted(txn: Txn): boolean {
    const last = this.committed.length > this.committedStart ? this.committed[this.committed.length - 1] : undefined;
    if (last !== undefined && this.behavior.rejectsGaps) {
      if (txn.zxid <= last.zxid) return true;
      if (txn.zxid !== last.zxid + 1 && epochOf(txn.zxid) <= epochOf(last.zxid)) return false;
    }
    this.committed.push(txn);
    // Until then room was made before the new one was added.
    const limit = this.settings.commitLogCount + (this.behavior.rejectsGaps ? 0 : 1);
    if (this.committed.length - this.committedStart > limit) {
      this.committedStart++;
      // Dropping in bulk keeps the cost of one txn independent of how many there are.
      if (this.committedStart > limit + 64) {
        this.committed = this.committed.slice(this.committedStart);
        this.committedStart = 0;
      }
    }
    return true;
  }

  /** Records from the first one above `zxid` on, in the order of the log. */
  private recordsBehind(zxid: Zxid): Txn[] {
    let file = this.files.length;
    let index = 0;
    // From the end: what is asked for is nearly always near it.
    outer: while (file > 0) {
      const { txns } = this.files[file - 1] as OpenLogFile;
      for (index = txns.length; index > 0; index--) {
        if ((txns[index - 1] as Txn).zxid <= zxid) break outer;
      }
      file--;
    }
    const result: Txn[] = [];
    for (let f = Math.max(0, file - 1); f < this.files.length; f++) {
      const { txns } = this.files[f] as OpenLogFile;
      for (let i = f === file - 1 ? index : 0; i < txns.length; i++) result.push(txns[i] as Txn);
    }
    return result;
  }
}
