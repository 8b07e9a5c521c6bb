/**
 * The lock on the transaction log. Only one thread at a time can append and sync (FileTxnLog#append and #commit are
 * synchronized). The threads are the main thread, the log thread of the current role, and a log thread that a former
 * role has left running.
 */
import type { Effects } from "../effects.ts";

export interface LogUser {
  /** Called when the user holds the lock. The user may now append, and must then call `sync`. */
  logAcquired(): void;
  /** Called when the sync has ended. `ok` says whether the appended transactions are durable. */
  logSynced(ok: boolean): void;
}

export class LogLock {
  private readonly effects: Effects;
  private readonly waiting: LogUser[] = [];
  /** Functions to call when the lock is free. They do not take the lock. */
  private passing: (() => void)[] = [];
  private holder: LogUser | null = null;

  constructor(effects: Effects) {
    this.effects = effects;
  }

  /** Calls `logAcquired` as soon as the lock is free: immediately, or after the current holder's sync. */
  acquire(user: LogUser): void {
    if (this.holder === null) user.logAcquired();
    else this.waiting.push(user);
  }

  /** Calls `run` as soon as the lock is free: immediately, or after the current holder's sync. */
  whenFree(run: () => void): void {
    if (this.holder === null) run();
    else this.passing.push(run);
  }

  /** Syncs the log. The user holds the lock until the sync ends. */
  sync(user: LogUser): void {
    this.holder = user;
    this.effects.syncLog();
  }

  /** Handles the completion of `syncLog`, and gives the lock to the next user. */
  synced(ok: boolean): void {
    const user = this.holder;
    this.holder = null;
    if (this.passing.length > 0) this.runPassing();
    user?.logSynced(ok);
    while (this.holder === null) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      next.logAcquired();
    }
  }

  private runPassing(): void {
    const { passing } = this;
    this.passing = [];
    for (const run of passing) run();
  }
}
