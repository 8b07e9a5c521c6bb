/**
 * The accept queues of the ports of one server: the connections that the kernel has accepted while the thread that
 * accepts them stalls. The other end is connected and can send, but the server reads nothing. When the thread resumes,
 * it accepts the connections in order, and the server handles what has arrived on them.
 *
 * Not modeled: the largest length of such a queue (50 in Java).
 */
import {
  type AcceptingThread,
  type ConnectionEnd,
  ELECTION_PORT,
  OBSERVER_MASTER_PORT,
  type Port,
  QUORUM_PORT,
} from "../protocol/index.ts";

/** The ports that each thread accepts connections on. */
const PORTS: Readonly<Record<AcceptingThread, readonly Port[]>> = {
  /** QuorumCnxManager.Listener: the election port. */
  listener: [ELECTION_PORT],
  /** Leader.LearnerCnxAcceptor: the quorum port of a leader. ObserverMaster: the observerMasterPort of a follower. */
  acceptor: [QUORUM_PORT, OBSERVER_MASTER_PORT],
};

const THREADS = Object.keys(PORTS) as AcceptingThread[];

/** A connection that its thread has not accepted, with everything that has arrived on it. */
export interface WaitingConnection<M> {
  readonly connection: number;
  readonly from: number;
  readonly port: Port;
  readonly messages: M[];
  /** How the other end has ended the connection; undefined if it is open. */
  end: ConnectionEnd | undefined;
}

/** Returns whether a thread accepts connections. */
export function isAcceptingThread(thread: string): thread is AcceptingThread {
  return thread in PORTS;
}

export class AcceptQueues<M> {
  private readonly stalls: Record<AcceptingThread, number> = { listener: 0, acceptor: 0 };
  private waiting: WaitingConnection<M>[] = [];

  stall(thread: AcceptingThread): void {
    this.stalls[thread]++;
  }

  /** Ends one stall of a thread. When no stall is left, `takeReady` returns the connections. */
  resume(thread: AcceptingThread): void {
    this.stalls[thread] = Math.max(0, this.stalls[thread] - 1);
  }

  /** Ends all stalls. Returns whether there was one. */
  resumeAll(): boolean {
    const stalled = THREADS.some((thread) => this.stalls[thread] > 0);
    for (const thread of THREADS) this.stalls[thread] = 0;
    return stalled;
  }

  /** Returns the connection if its thread has not accepted it. */
  find(connection: number): WaitingConnection<M> | undefined {
    // Without a stall, no connection waits, so a message costs no search.
    return this.waiting.length === 0 ? undefined : this.waiting.find((entry) => entry.connection === connection);
  }

  /** Queues a connection if the thread of its port stalls. Returns whether it stalls. */
  add(connection: number, from: number, port: Port): boolean {
    const stalls = this.isStalled(port);
    if (stalls) this.waiting.push({ connection, from, port, messages: [], end: undefined });
    return stalls;
  }

  /** Removes and returns the connections whose thread does not stall any more, in the order of their arrival. */
  takeReady(): readonly WaitingConnection<M>[] {
    const ready = this.waiting.filter(({ port }) => !this.isStalled(port));
    this.waiting = this.waiting.filter(({ port }) => this.isStalled(port));
    return ready;
  }

  /** Returns the connections that wait for a port. */
  waitingFor(port: Port): readonly number[] {
    return this.waiting.filter((entry) => entry.port === port).map(({ connection }) => connection);
  }

  /** Forgets the connections that wait for a port, because the port closes. The thread of the port ends. */
  portClosed(port: Port): void {
    for (const thread of THREADS) if (PORTS[thread].includes(port)) this.stalls[thread] = 0;
    this.waiting = this.waiting.filter((entry) => entry.port !== port);
  }

  private isStalled(port: Port): boolean {
    return THREADS.some((thread) => PORTS[thread].includes(port) && this.stalls[thread] > 0);
  }
}
