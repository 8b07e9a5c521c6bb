/** The sessions of an ensemble, as its leader tracks them (LeaderSessionTracker, SessionTrackerImpl). */

export class LeaderSessions {
  /** The time at which each session expires, in milliseconds. */
  private readonly expiry = new Map<bigint, number>();

  /** Starts to track a session. */
  track(id: bigint, timeoutMs: number, nowMs: number): void {
    this.expiry.set(id, nowMs + timeoutMs);
  }

  /** Extends the time of a session. Returns whether the session is valid (SessionTracker#touchSession). */
  touch(id: bigint, timeoutMs: number, nowMs: number): boolean {
    const expiresMs = this.expiry.get(id);
    if (expiresMs !== undefined) this.expiry.set(id, Math.max(expiresMs, nowMs + timeoutMs));
    return expiresMs !== undefined;
  }

  /** Returns whether requests of the session are accepted (SessionTracker#checkSession). */
  isOpen(id: bigint): boolean {
    return this.expiry.has(id);
  }

  /** Stops tracking a session that closes. It accepts no more requests. */
  close(id: bigint): void {
    this.expiry.delete(id);
  }

  /** Returns the sessions that have expired, and stops tracking them. */
  takeExpired(nowMs: number): bigint[] {
    const expired = [...this.expiry].filter(([, expiresMs]) => expiresMs <= nowMs).map(([id]) => id);
    for (const id of expired) this.expiry.delete(id);
    return expired;
  }
}
