/**
 * A server that synchronizes learners (LearnerMaster): the leader, or a follower with an ObserverMaster. This base
 * class has the LearnerHandlers of the server, the timeouts of their reads, the connections that only the kernel has
 * accepted, and the LearnerSyncThrottler.
 */
import { Deadline } from "../deadline.ts";
import { type ConnectionId, TIMER_HANDLERS } from "../effects.ts";
import type { QuorumPacket } from "../packets.ts";
import type { RoleServer } from "../role-server.ts";
import { limitText, type TickLimit } from "../settings.ts";
import type { Txn } from "../storage/history.ts";
import { asServerId, type Epoch, type ServerId, type Zxid } from "../zxid.ts";
import type { StateSummary } from "./epoch-ack.ts";
import { type HandlerMaster, LearnerHandler, type SyncKind } from "./learner-handler.ts";
import type { SyncFacts } from "./sync-decision.ts";

/**
 * A connection in the listener's backlog, with the packets that have arrived on it. If the learner has closed it, the
 * learner master still accepts it and reads the packets.
 */
interface PendingConnection {
  readonly connection: ConnectionId;
  readonly packets: QuorumPacket[];
  isClosed: boolean;
}

export abstract class LearnerMaster implements HandlerMaster {
  abstract readonly tick: number;
  abstract readonly lastProposed: Zxid;
  abstract readonly isServing: boolean;

  protected readonly server: RoleServer;
  protected readonly handlers: LearnerHandler[] = [];
  protected readonly byConnection = new Map<ConnectionId, LearnerHandler>();
  protected readonly reads: Deadline;
  /**
   * The connections that the thread of the port has not accepted; null while the thread accepts each connection when it
   * arrives.
   */
  protected backlog: PendingConnection[] | null = null;
  /** The last id given to a learner that sent no LearnerInfo (Leader#followerCounter). */
  private followerCounter = 0;
  /** LearnerSyncThrottler: the number of synchronizations in progress. */
  private readonly syncs: Record<SyncKind, number> = { snap: 0, diff: 0 };

  constructor(server: RoleServer) {
    this.server = server;
    this.reads = new Deadline(server.effects, TIMER_HANDLERS);
  }

  abstract proposeEpoch(handler: LearnerHandler, lastAcceptedEpoch: Epoch): void;
  abstract ackEpoch(handler: LearnerHandler, summary: StateSummary): boolean;
  abstract ackNewLeader(handler: LearnerHandler, zxid: Zxid): boolean;
  abstract startForwarding(handler: LearnerHandler, lastSeen: Zxid): boolean;
  abstract snapshotStarted(): void;
  abstract readAck(handler: LearnerHandler, zxid: Zxid): void;
  abstract submit(value: string | number, bytes: number): boolean;
  /** Applies all committed transactions now (fix syncWaitsForApply). */
  protected abstract applyCommitted(): void;
  /** The committed transactions that the server has not applied, oldest first. */
  protected abstract readonly unapplied: readonly Txn[];
  /** The proposals that are not committed, oldest first. */
  protected abstract readonly uncommitted: readonly Txn[];

  /** Returns what the sync decision for a learner depends on. */
  syncFacts(peerLastZxid: Zxid, observer: boolean): SyncFacts<Zxid, Txn> {
    const { behavior, database, effects, settings } = this.server;
    if (behavior.syncWaitsForApply) this.applyCommitted();
    const txnLogSize = database.txnLogSizeAboveLimit(peerLastZxid);
    return {
      peerLastZxid,
      lastProcessedZxid: database.lastProcessedZxid,
      committedLog: database.committedLog,
      txnLogFiles: effects.readLog(),
      source: behavior.syncSource,
      unreadableRecordIsNull: behavior.unreadableRecordIsNull,
      zeroMinUsesTxnLog: behavior.zeroMinCommittedLogUsesTxnLog,
      txnLogSyncEnabled: settings.snapshotSizeFactor >= 0,
      txnLogExceedsSizeLimit: txnLogSize !== undefined,
      txnLogSize,
      forceSnapSync: settings.forceSnapSync,
      lastProposed: this.lastProposed,
      toBeApplied: this.unapplied,
      outstandingProposals: this.uncommitted,
      observer,
    };
  }

  /** Handles an error of accept(). The connections stay in `backlog`. */
  protected abstract acceptFailed(): void;

  /** Handles a connection that has arrived. */
  accepted(connection: ConnectionId): void {
    if (this.backlog !== null) {
      this.backlog.push(pendingConnection(connection));
    } else if (this.server.acceptErrors.fails("acceptor")) {
      this.backlog = [pendingConnection(connection)];
      this.acceptFailed();
    } else {
      this.addHandler(connection);
    }
  }

  received(connection: ConnectionId, message: QuorumPacket): void {
    const handler = this.byConnection.get(connection);
    if (handler !== undefined) handler.receive(message);
    else this.pending(connection)?.packets.push(message);
  }

  /**
   * Whether packets have arrived on a connection that no thread has read. A connection in the backlog counts, because
   * the kernel resets it when the listener closes.
   */
  hasUnread(connection: ConnectionId): boolean {
    return this.pending(connection) !== undefined || (this.byConnection.get(connection)?.hasUnread ?? false);
  }

  closed(connection: ConnectionId): void {
    this.byConnection.get(connection)?.disconnected();
    // What has arrived before the end of the connection can still be read.
    const pending = this.pending(connection);
    if (pending !== undefined) pending.isClosed = true;
  }

  private pending(connection: ConnectionId): PendingConnection | undefined {
    return this.backlog?.find((entry) => entry.connection === connection);
  }

  /** Accepts the connections in the backlog. From now on, the thread accepts each connection when it arrives. */
  protected acceptBacklog(): void {
    const backlog = this.backlog ?? [];
    this.backlog = null;
    for (const { connection, isClosed, packets } of backlog) {
      const handler = this.addHandler(connection);
      for (const message of packets) handler.receive(message);
      if (isClosed) handler.disconnected();
    }
  }

  /** Resets the connections in the backlog, as the kernel does when the port closes. */
  protected resetBacklog(): void {
    for (const { connection } of this.backlog ?? []) this.server.effects.close(connection);
    this.backlog = [];
  }

  protected addHandler(connection: ConnectionId): LearnerHandler {
    const handler = new LearnerHandler(this, this.server, connection);
    this.handlers.push(handler);
    this.byConnection.set(connection, handler);
    this.expectRead(handler.readUntilUs);
    return handler;
  }

  expectRead(untilUs: number): void {
    this.reads.set(this.server.nowUs, Math.min(untilUs, this.earliestReadTimeoutUs()));
  }

  /** Handles TIMER_HANDLERS: closes the connections whose read has timed out. */
  readTimeout(): void {
    const { nowUs } = this.server;
    if (!this.reads.fired(nowUs)) return;
    for (const handler of [...this.handlers]) {
      if (handler.reading && handler.readUntilUs <= nowUs) {
        handler.failReading();
      }
    }
    const next = this.earliestReadTimeoutUs();
    if (next !== Number.POSITIVE_INFINITY) this.reads.set(nowUs, next);
  }

  private earliestReadTimeoutUs(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const handler of this.handlers) {
      if (handler.reading && handler.readUntilUs < earliest) earliest = handler.readUntilUs;
    }
    return earliest;
  }

  forget(handler: LearnerHandler): void {
    remove(this.handlers, handler);
    this.byConnection.delete(handler.connection);
  }

  nextAnonymousId(): ServerId {
    this.followerCounter--;
    return asServerId(this.followerCounter);
  }

  beginSync(kind: SyncKind, exempt: boolean): boolean {
    const { behavior, settings } = this.server;
    const limit = kind === "snap" ? settings.maxConcurrentSnapSyncs : settings.maxConcurrentDiffSyncs;
    if (!exempt && behavior.throttledSyncs.includes(kind) && this.syncs[kind] >= limit) return false;
    this.syncs[kind]++;
    return true;
  }

  endSync(kind: SyncKind): void {
    this.syncs[kind]--;
  }

  /** Returns whether a handler is sending a snapshot. */
  protected sendSnapshotParts(): boolean {
    let sending = false;
    for (const handler of this.handlers) sending = handler.sendSnapshotPart() || sending;
    return sending;
  }

  protected get halfTickUs(): number {
    return Math.floor(this.server.settings.tickTimeMs / 2) * 1000;
  }

  protected limit(name: TickLimit): string {
    return limitText(name, this.server.settings);
  }
}

function pendingConnection(connection: ConnectionId): PendingConnection {
  return { connection, packets: [], isClosed: false };
}

/** Removes an item from a list that may contain it. */
export function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
