/**
 * The thread that writes the log of a running server (SyncRequestProcessor). It appends the queued transactions, syncs
 * once for all of them, and then reports them to its listener, in order. Transactions that arrive during a sync wait
 * for the next one. After a random number of transactions, the thread rolls the log and starts to save a snapshot in
 * the background.
 *
 * If a sync fails, the thread ends, and its queue is never written. At shutdown, the server tries that sync once more
 * (SyncRequestProcessor#shutdown).
 *
 * Not modeled: flushDelay, and the time that an append takes.
 */
import type { Effects } from "../effects.ts";
import type { Notes } from "../notes.ts";
import type { Settings } from "../settings.ts";
import type { Database } from "./database.ts";
import type { Txn } from "./history.ts";
import type { LogLock, LogUser } from "./log-lock.ts";

/** The part of a server that the log thread uses. */
export interface LogServer {
  readonly effects: Effects;
  readonly notes: Notes;
  readonly settings: Settings;
  readonly database: Database;
  readonly logLock: LogLock;
  appendToLog(txn: Txn): void;
}

/** The role that runs the thread. */
export interface LogListener {
  /** Called when the sync of these transactions has ended. If the sync failed, the thread has ended. */
  logWritten(txns: readonly Txn[], ok: boolean): void;
  /** Called when the thread waits for transactions or has ended. */
  logIdle(): void;
}

export class LogThread implements LogUser {
  private readonly server: LogServer;
  private readonly listener: LogListener;
  /** Transactions that are appended and being synced. */
  private flushing: Txn[] = [];
  /** Transactions that are not appended yet. */
  private queue: Txn[] = [];
  private state: "idle" | "busy" | "failed" | "retrying" = "idle";
  private snapshotAfter: number;
  /** Whether the thread ends after its next sync. */
  private ending = false;

  constructor(server: LogServer, listener: LogListener) {
    this.server = server;
    this.listener = listener;
    this.snapshotAfter = this.drawSnapshotCount();
  }

  /** Queues a transaction for the log (SyncRequestProcessor#processRequest). */
  write(txn: Txn): void {
    // A push to an empty array would reserve room for 17 elements.
    if (this.queue.length > 0) this.queue.push(txn);
    else this.queue = [txn];
    if (this.state === "idle") this.begin();
  }

  /** Rolls the log and starts to save a snapshot, as after a number of transactions. Returns false if it has ended. */
  takeSnapshot(): boolean {
    if (this.state === "failed" || this.state === "retrying") return false;
    this.rollAndSnapshot();
    return true;
  }

  /** Makes the thread end after its next sync. It then drops its queue. */
  endAfterSync(): void {
    this.ending = true;
  }

  /**
   * Stops the thread. Returns true if it is idle. If it is not, `logIdle` is called after it has written its queue, or
   * after the second try of a sync that failed.
   */
  stop(): boolean {
    if (this.state === "failed" && this.flushing.length > 0) {
      this.state = "retrying";
      this.server.logLock.acquire(this);
    }
    return this.state === "idle" || this.state === "failed";
  }

  private begin(): void {
    this.state = "busy";
    this.server.logLock.acquire(this);
  }

  logAcquired(): void {
    if (this.state !== "retrying") this.appendBatch();
    this.server.logLock.sync(this);
  }

  /** Appends up to maxBatchSize queued transactions. */
  private appendBatch(): void {
    const { database, settings } = this.server;
    const batch = this.queue.length <= settings.maxBatchSize ? this.queue : this.queue.slice(0, settings.maxBatchSize);
    this.queue = batch === this.queue ? [] : this.queue.slice(batch.length);
    for (const txn of batch) {
      this.server.appendToLog(txn);
      if (database.txnCount > this.snapshotAfter) this.rollAndSnapshot();
    }
    this.flushing = batch;
  }

  logSynced(ok: boolean): void {
    if (ok) this.flushed();
    else this.failed();
  }

  private flushed(): void {
    const { database, notes } = this.server;
    const written = this.flushing;
    this.flushing = [];
    this.state = this.state === "retrying" ? "failed" : "idle";
    if (this.ending) this.queue = [];
    notes.synced(database.logHistory);
    this.listener.logWritten(written, true);
    if (this.state === "idle" && this.queue.length > 0) this.begin();
    else this.listener.logIdle();
  }

  private failed(): void {
    const isFirstTry = this.state === "busy";
    this.state = "failed";
    if (isFirstTry) this.listener.logWritten(this.flushing, false);
    else this.flushing = [];
    this.listener.logIdle();
  }

  private rollAndSnapshot(): void {
    const { database, effects, notes } = this.server;
    this.snapshotAfter = this.drawSnapshotCount();
    database.rollLog();
    effects.rollLog();
    if (database.savingInBackground) return;
    database.savingInBackground = true;
    const snapshot = database.snapshot();
    notes.snapshotStarted(snapshot.zxid, true);
    effects.saveSnapshotInBackground(snapshot);
  }

  /** SyncRequestProcessor#resetSnapshotStats draws between snapCount / 2 and snapCount. */
  private drawSnapshotCount(): number {
    const { effects, settings } = this.server;
    const half = Math.max(1, Math.floor(settings.snapCount / 2));
    return half + effects.random(half);
  }
}
