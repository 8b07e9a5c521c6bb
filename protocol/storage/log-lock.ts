/**
 * The log is appended to and synced by one thread at a time (FileTxnLog#append and #commit are synchronized): the main
 * thread, the log thread of the role, and one that a former role has left behind.
 */
import type { Effects } from "../effects.ts";

export interface LogUser {
  /** Nobody else uses the log: append, and `sync`. */
  logFree(): void;
  /** What was appended is durable, or could not be made so. */
  logSynced(ok: boolean): void;
}

export class LogLock {
  private readonly effects: Effects;
  private readonly waiting: LogUser[] = [];
  private holder: LogUser | null = null;

  constructor(effects: Effects) {
    this.effects = effects;
  }

  /** Calls `logFree`, now or later. */
  take(user: LogUser): void {
    if (this.holder === null) user.logFree();
    else this.waiting.push(user);
  }

  sync(user: LogUser): void {
    this.holder = user;
    this.effects.syncLog();
  }

  /** The host's answer to syncLog. */
  synced(ok: boolean): void {
    const user = this.holder;
    this.holder = null;
    user?.logSynced(ok);
    while (this.holder === null && this.waiting.length > 0) (this.waiting.shift() as LogUser).logFree();
  }
}
