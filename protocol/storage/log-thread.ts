/**
 * The thread that writes the log of a running server (SyncRequestProcessor). It appends the queued transactions, syncs
 * once for all of them, and then reports them to its listener, in order. Transactions that arrive during a sync wait
 * for the next one. After a random number of transactions, the thread rolls the log and starts to save a snapshot in
 * the background.
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
  /** Called when the sync of these transactions has ended. If the sync failed, the thread has dropped its queue. */
  logWritten(txns: readonly Txn[], ok: boolean): void;
  /** Called when the thread has written everything and waits for transactions. */
  logIdle(): void;
}

export class LogThread implements LogUser {
  private readonly server: LogServer;
  private readonly listener: LogListener;
  /** Transactions that are appended and being synced. */
  private flushing: Txn[] = [];
  /** Transactions that are not appended yet. */
  private queue: Txn[] = [];
  private busy = false;
  private snapshotAfter: number;

  constructor(server: LogServer, listener: LogListener) {
    this.server = server;
    this.listener = listener;
    this.snapshotAfter = this.drawSnapshotCount();
  }

  get idle(): boolean {
    return !this.busy;
  }

  /** Queues a transaction for the log (SyncRequestProcessor#processRequest). */
  write(txn: Txn): void {
    this.queue.push(txn);
    if (!this.busy) this.begin();
  }

  private begin(): void {
    this.busy = true;
    this.server.logLock.acquire(this);
  }

  /** Appends up to maxBatchSize queued transactions, and starts to sync them. */
  logAcquired(): void {
    const { database, logLock, settings } = this.server;
    const batch = this.queue.length <= settings.maxBatchSize ? this.queue : this.queue.slice(0, settings.maxBatchSize);
    this.queue = batch === this.queue ? [] : this.queue.slice(batch.length);
    for (const txn of batch) {
      this.server.appendToLog(txn);
      if (database.txnCount > this.snapshotAfter) this.rollAndSnapshot();
    }
    this.flushing = batch;
    logLock.sync(this);
  }

  logSynced(ok: boolean): void {
    const { database, notes } = this.server;
    const flushed = this.flushing;
    this.flushing = [];
    this.busy = false;
    if (ok) notes.synced(database.logHistory);
    else this.queue = [];
    this.listener.logWritten(flushed, ok);
    if (this.queue.length > 0) this.begin();
    else this.listener.logIdle();
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
