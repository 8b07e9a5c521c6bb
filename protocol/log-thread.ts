/**
 * The thread that writes a running server's log (SyncRequestProcessor): append while there is something to append, then
 * sync once for all of it, then pass the txns on, in order. While it syncs, new txns wait. Every so often it rolls the
 * log and has a snapshot taken beside it.
 */
import type { Database } from "./database.ts";
import type { Effects } from "./effects.ts";
import type { Txn } from "./history.ts";
import type { Notes } from "./notes.ts";
import type { Settings } from "./settings.ts";

export class LogThread {
  private readonly effects: Effects;
  private readonly notes: Notes;
  private readonly settings: Settings;
  private readonly database: Database;
  /** Appended and being synced. */
  private flushing: Txn[] = [];
  /** Not appended yet. */
  private queue: Txn[] = [];
  private syncing = false;
  private snapshotAfter: number;

  constructor(effects: Effects, notes: Notes, settings: Settings, database: Database) {
    this.effects = effects;
    this.notes = notes;
    this.settings = settings;
    this.database = database;
    this.snapshotAfter = this.drawSnapshotCount();
  }

  get idle(): boolean {
    return !this.syncing;
  }

  /** SyncRequestProcessor#processRequest. */
  write(txn: Txn): void {
    this.queue.push(txn);
    if (!this.syncing) this.flush();
  }

  /** The sync is over: returns what it covered; call `flush` when that has been passed on. A failed one ends the thread. */
  synced(ok: boolean): readonly Txn[] {
    const done = this.flushing;
    this.flushing = [];
    this.syncing = false;
    if (ok) this.notes.synced(this.database.logHistory);
    else this.queue = [];
    return done;
  }

  /** Appends what waits, up to maxBatchSize, and starts to sync it. */
  flush(): void {
    if (this.syncing || this.queue.length === 0) return;
    const batch =
      this.queue.length <= this.settings.maxBatchSize ? this.queue : this.queue.slice(0, this.settings.maxBatchSize);
    this.queue = batch === this.queue ? [] : this.queue.slice(batch.length);
    for (const txn of batch) {
      appendTxn(this.effects, this.notes, this.database, txn);
      if (this.database.txnCount > this.snapshotAfter) this.rollAndSnapshot();
    }
    this.flushing = batch;
    this.syncing = true;
    this.effects.syncLog();
  }

  private rollAndSnapshot(): void {
    this.snapshotAfter = this.drawSnapshotCount();
    this.database.rollLog();
    this.effects.rollLog();
    if (this.database.savingInBackground) return;
    this.database.savingInBackground = true;
    this.effects.saveSnapshotInBackground(this.database.snapshot());
  }

  private drawSnapshotCount(): number {
    const half = Math.max(1, Math.floor(this.settings.snapCount / 2));
    return half + this.effects.random(half);
  }
}

/** ZKDatabase#append: into the log as it stands in the operating system's cache. */
export function appendTxn(effects: Effects, notes: Notes, database: Database, txn: Txn): void {
  effects.append(txn);
  database.append(txn);
  notes.logged(txn, database.logHistory);
}
