/**
 * The thread that applies committed transactions (CommitProcessor, which calls FinalRequestProcessor). A transaction is
 * committed first and applied later: until then, the tree, lastProcessedZxid and committedLog lack it, and clients
 * cannot read it.
 *
 *     commit(1:1)  commit(1:2)      run             commit(1:3)      run
 *     ───┬────────────┬──────────────┬─────────────────┬──────────────┬───▶
 *        queue 1:1    queue 1:2      apply 1:1, 1:2    queue 1:3      apply 1:3
 *
 * The host decides when the thread runs (WORK_APPLY_COMMITS). Not modeled: reads, the order of a session's requests,
 * and the moment between the change of the tree and the change of committedLog.
 */
import type { Txn } from "./storage/history.ts";

/** The role that owns the thread. */
export interface CommitListener {
  /** Asks the host to run the thread. The host then calls `run`. */
  startApplying(): void;
  /** Applies a committed transaction to the database. Returns false if an exception ends the thread. */
  deliver(txn: Txn): boolean;
}

export class CommitProcessor {
  private readonly listener: CommitListener;
  /** Committed transactions that are not applied yet, oldest first. */
  private queue: Txn[] = [];
  /** Whether an exception has ended the thread. It then applies nothing more. */
  private hasEnded = false;

  constructor(listener: CommitListener) {
    this.listener = listener;
  }

  /** Queues a committed transaction (CommitProcessor#commit). */
  commit(txn: Txn): void {
    if (this.hasEnded) return;
    if (this.queue.length > 0) {
      this.queue.push(txn);
      return;
    }
    this.queue = [txn];
    this.listener.startApplying();
  }

  /** Applies all queued transactions, in order, or up to the one that ends the thread. */
  run(): void {
    const committed = this.queue;
    this.queue = [];
    this.hasEnded = !committed.every((txn) => this.listener.deliver(txn));
  }
}
