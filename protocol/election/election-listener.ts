/**
 * The thread that accepts election connections (QuorumCnxManager.Listener). If accept() fails, the thread closes the
 * port and opens it again after one second. After too many errors without an accepted connection in between, it ends.
 */
import type { AcceptErrors } from "../accept-errors.ts";
import type { Behavior } from "../behavior.ts";
import type { Configurations } from "../configurations.ts";
import {
  type ConnectionId,
  type Effects,
  ELECTION_PORT,
  EXIT_CANNOT_BIND,
  NO_CONNECTION,
  TIMER_LISTEN,
} from "../effects.ts";
import type { FailureReason, Notes } from "../notes.ts";
import type { Settings } from "../settings.ts";
import type { ElectionConnections } from "./election-connections.ts";

/** The pause after an error, in microseconds (Thread.sleep in Listener#run). */
const PAUSE_US = 1_000_000;
/** The number of errors after which the thread ends, in releases without the setting electionPortBindRetry. */
const ERRORS_MAX = 3;

/** The part of QuorumPeer that the listener uses. */
export interface ListeningServer {
  readonly nowUs: number;
  readonly settings: Settings;
  readonly behavior: Behavior;
  readonly effects: Effects;
  readonly notes: Notes;
  readonly acceptErrors: AcceptErrors;
  readonly configurations: Configurations;
  exit(code: number, reason: FailureReason, detail: string): void;
}

export class ElectionListener {
  private readonly server: ListeningServer;
  private readonly connections: ElectionConnections;
  private isOpen = false;
  /** The port on which the thread listens, or has listened last. */
  private port = 0;
  /** The number of errors since the thread has accepted a connection (numRetries). */
  private errors = 0;
  private lastAccepted: ConnectionId = NO_CONNECTION;
  /** The connection that the kernel is resetting, because the port closes before the thread has accepted it. */
  private refused: ConnectionId = NO_CONNECTION;

  constructor(server: ListeningServer, connections: ElectionConnections) {
    this.server = server;
    this.connections = connections;
  }

  open(): void {
    const { configurations, effects } = this.server;
    this.isOpen = true;
    this.port = configurations.own.election;
    effects.listen(ELECTION_PORT, this.port);
  }

  /** Listens on the election port of the committed configuration, after the election service has ended. */
  restart(): void {
    if (!this.isOpen || this.port === this.server.configurations.own.election) return;
    this.server.effects.unlisten(ELECTION_PORT, this.port);
    this.open();
  }

  /** Handles a connection that has arrived: the thread accepts it, or its accept() fails. */
  accept(connection: ConnectionId): void {
    const { acceptErrors, effects, notes } = this.server;
    if (this.isOpen && !acceptErrors.fails("listener")) {
      this.errors = 0;
      this.lastAccepted = connection;
      this.connections.accepted(connection);
      return;
    }
    this.refused = connection;
    // A connection that has waited for a stalled thread can arrive after the port is closed.
    if (this.isOpen) {
      this.isOpen = false;
      this.errors++;
      notes.acceptFailed("listener-closes-port", this.errors);
      effects.unlisten(ELECTION_PORT, this.port);
      effects.setTimer(TIMER_LISTEN, PAUSE_US);
    }
    effects.close(connection);
  }

  hasUnread(connection: ConnectionId): boolean {
    return connection === this.refused;
  }

  /** Handles TIMER_LISTEN: the pause after an error is over. */
  pauseEnded(): void {
    const { behavior, effects, notes, nowUs, settings } = this.server;
    const last = this.lastAccepted;
    // Listener#run closes the socket in its variable `client`, which is still the one that it accepted last.
    if (behavior.listenerClosesLastAccepted && this.connections.owns(last)) {
      effects.close(last);
      this.connections.closed(nowUs, last);
    }
    const limit = behavior.failedListenerExits ? settings.electionPortBindRetry : ERRORS_MAX;
    if (limit === 0 || this.errors < limit) {
      notes.acceptFailed("listener-opens-port", this.errors);
      this.open();
      return;
    }
    notes.acceptFailed("listener-ends", this.errors);
    if (!behavior.failedListenerExits) return;
    this.server.exit(EXIT_CANNOT_BIND, "listener-failed", `${this.errors} errors of accept() on the election port`);
  }
}
