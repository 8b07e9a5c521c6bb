/**
 * The errors of accept(): while a fault lasts, each accept() of a thread fails when a connection arrives, for example
 * because the process has no free file descriptor. The connection stays in the kernel's queue. Java 8 to 12 behave like
 * this. From Java 13 on, a thread that already waits in accept() gets one more connection, and each later call fails
 * immediately.
 */

/**
 * A thread that accepts connections. `listener`: QuorumCnxManager.Listener, on the election port. `acceptor`:
 * Leader.LearnerCnxAcceptor on the quorum port of a leader, and ObserverMaster on the port of a follower.
 */
export type AcceptingThread = "listener" | "acceptor";

/** The errors of accept() in one server process. */
export class AcceptErrors {
  /** The number of errors so far, by thread. */
  readonly count: Record<AcceptingThread, number> = { listener: 0, acceptor: 0 };
  private readonly faults: Record<AcceptingThread, number> = { listener: 0, acceptor: 0 };

  /** Begins a fault. */
  begin(thread: AcceptingThread): void {
    this.faults[thread]++;
  }

  /** Ends one fault of a thread. */
  end(thread: AcceptingThread): void {
    this.faults[thread] = Math.max(0, this.faults[thread] - 1);
  }

  /** Ends all faults. Returns whether there was one. */
  endAll(): boolean {
    const failed = this.faults.listener > 0 || this.faults.acceptor > 0;
    this.faults.listener = 0;
    this.faults.acceptor = 0;
    return failed;
  }

  /** Returns whether the accept() of a thread fails when a connection has arrived, and counts the error. */
  fails(thread: AcceptingThread): boolean {
    if (this.faults[thread] === 0) return false;
    this.count[thread]++;
    return true;
  }
}
