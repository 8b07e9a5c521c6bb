/**
 * The thread that writes a running server's log (SyncRequestProcessor): append while there is something to append, then
 * sync once for all of it, then pass the txns on, in order. While it syncs, new txns wait. Every so often it rolls the
 * log and has a snapshot taken beside it.
 */

import type { Peer } from "../peer.ts";
import type { Txn } from "./history.ts";
import type { LogUser } from "./log-lock.ts";

/** Who runs the thread. */
export interface LogListener {
  /** A sync is over: the txns that it covered. A failed one ends the thread. */
  logWritten(txns: readonly Txn[], ok: boolean): void;
  /** Nothing is under way any more. */
  logIdle(): void;
}

export class LogThread implements LogUser {
  private readonly peer: Peer;
  private readonly listener: LogListener;
  /** Appended and being synced. */
  private flushing: Txn[] = [];
  /** Not appended yet. */
  private queue: Txn[] = [];
  private busy = false;
  private snapshotAfter: number;

  constructor(peer: Peer, listener: LogListener) {
    this.peer = peer;
    this.listener = listener;
    this.snapshotAfter = this.drawSnapshotCount();
  }

  get idle(): boolean {
    return !this.busy;
  }

  /** SyncRequestProcessor#processRequest. */
  write(txn: Txn): void {
    this.queue.push(txn);
    if (!this.busy) this.begin();
  }

  private begin(): void {
    this.busy = true;
    this.peer.logLock.take(this);
  }

  /** Appends what waits, up to maxBatchSize, and starts to sync it. */
  logFree(): void {
    const { database, logLock, settings } = this.peer;
    const batch = this.queue.length <= settings.maxBatchSize ? this.queue : this.queue.slice(0, settings.maxBatchSize);
    this.queue = batch === this.queue ? [] : this.queue.slice(batch.length);
    for (const txn of batch) {
      this.peer.appendToLog(txn);
      if (database.txnCount > this.snapshotAfter) this.rollAndSnapshot();
    }
    this.flushing = batch;
    logLock.sync(this);
  }

  logSynced(ok: boolean): void {
    const { database, notes } = this.peer;
    const done = this.flushing;
    this.flushing = [];
    this.busy = false;
    if (ok) notes.synced(database.logHistory);
    else this.queue = [];
    this.listener.logWritten(done, ok);
    if (this.busy) return;
    if (this.queue.length > 0) this.begin();
    else this.listener.logIdle();
  }

  private rollAndSnapshot(): void {
    const { database, effects } = this.peer;
    this.snapshotAfter = this.drawSnapshotCount();
    database.rollLog();
    effects.rollLog();
    if (database.savingInBackground) return;
    database.savingInBackground = true;
    effects.saveSnapshotInBackground(database.snapshot());
  }

  private drawSnapshotCount(): number {
    const { effects, settings } = this.peer;
    const half = Math.max(1, Math.floor(settings.snapCount / 2));
    return half + effects.random(half);
  }
}
