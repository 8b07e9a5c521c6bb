/**
 * The part of a follower that synchronizes observers and sends them the committed transactions (ObserverMaster). It
 * exists while the follower serves. Observers then connect to followers instead of the leader.
 *
 * An observer gets what the follower has applied, and then an INFORM for each transaction whose PROPOSAL and COMMIT the
 * follower reads. The ObserverMaster keeps these transactions up to a size limit. Without the fix
 * observerMasterKnowsPending, it sends no INFORM for a proposal that the follower received before it served.
 *
 * Not modeled: sessions. When the follower stops, the ObserverMaster closes all connections; in ZooKeeper, observers
 * that it has not synchronized yet keep a connection on which nothing more arrives.
 */
import { assertPresent } from "../assert.ts";
import { asConnectionId, OBSERVER_MASTER_PORT, type ThreadWork, TIMER_TICK } from "../effects.ts";
import type { LearnerHandler } from "../leader/learner-handler.ts";
import { LearnerMaster, remove } from "../leader/learner-master.ts";
import { ACK, INFORM, packet } from "../packets.ts";
import type { RoleServer } from "../role-server.ts";
import type { Txn } from "../storage/history.ts";
import { counterOf, type Epoch, ZERO_ZXID, type Zxid } from "../zxid.ts";

/** The size of a packet without its data. */
const PACKET_BYTES = 28;

/** The follower that hosts an ObserverMaster. */
export interface HostingFollower {
  /** Forwards a client's write to the leader. Returns false if the follower does not serve. */
  submit(value: string | number, bytes: number): boolean;
  /** Applies all committed transactions now (fix syncWaitsForApply). */
  applyCommitted(): void;
}

export class ObserverMaster extends LearnerMaster {
  /** A follower counts no ticks. */
  readonly tick = 0;
  readonly isServing = true;
  /** The zxid of the last INFORM (ObserverMaster#lastProposedZxid). */
  lastProposed: Zxid = ZERO_ZXID;

  protected readonly unapplied: readonly Txn[] = [];
  protected readonly uncommitted: readonly Txn[] = [];
  private readonly follower: HostingFollower;
  private readonly activeObservers: LearnerHandler[] = [];
  /** Proposals that are not committed, oldest first (ObserverMaster#proposedPkts). */
  private readonly proposed: Txn[] = [];
  /** The newest committed transactions, oldest first (ObserverMaster#committedPkts). */
  private readonly committed: Txn[] = [];
  private committedBytes = 0;

  constructor(server: RoleServer, follower: HostingFollower) {
    super(server);
    this.follower = follower;
  }

  start(): void {
    const { effects } = this.server;
    effects.listen(OBSERVER_MASTER_PORT);
    effects.setTimer(TIMER_TICK, this.halfTickUs);
  }

  /** Stops accepting observers and closes their connections. */
  stop(): void {
    const { effects } = this.server;
    effects.unlisten(OBSERVER_MASTER_PORT);
    effects.cancelTimer(TIMER_TICK);
    this.reads.clear();
    this.resetBacklog();
    for (const handler of [...this.handlers]) handler.close();
  }

  /** Sends PING to all observers, twice per tick. */
  halfTick(): void {
    this.sendSnapshotParts();
    for (const handler of [...this.activeObservers]) handler.ping();
    this.server.effects.setTimer(TIMER_TICK, this.halfTickUs);
  }

  // ---- connections

  /** The thread ignores the error and calls accept() again, so the connections wait (ObserverMaster#run). */
  protected acceptFailed(): void {
    this.server.notes.acceptFailed("master-retries", 1);
  }

  /** Called when accept() succeeds again: accepts the connections that have waited. */
  acceptAgain(): void {
    if (this.backlog !== null && !this.server.acceptErrors.fails("acceptor")) this.acceptBacklog();
  }

  workDone(work: ThreadWork, key: number): void {
    this.byConnection.get(asConnectionId(key))?.workDone(work);
  }

  override forget(handler: LearnerHandler): void {
    super.forget(handler);
    remove(this.activeObservers, handler);
  }

  // ---- called by handlers. The follower is active, so its handlers wait for nothing.

  proposeEpoch(handler: LearnerHandler, _lastAcceptedEpoch: Epoch): void {
    if (handler.observer) handler.epochProposed(this.server.currentEpoch);
    else handler.fail("first-packet-not-info", "a server that is no observer connected to an ObserverMaster");
  }

  ackEpoch(handler: LearnerHandler): boolean {
    handler.epochAcked();
    return true;
  }

  ackNewLeader(handler: LearnerHandler): boolean {
    handler.newLeaderAcked();
    return true;
  }

  protected applyCommitted(): void {
    this.follower.applyCommitted();
  }

  startForwarding(handler: LearnerHandler, lastSeen: Zxid): boolean {
    const first = this.committed[0];
    if (first !== undefined && first.zxid > lastSeen + 1) {
      handler.fail("too-far-behind", "the kept transactions do not start at the observer's next zxid");
      return false;
    }
    for (const txn of this.committed) if (txn.zxid > lastSeen) handler.queuePacket(packet(INFORM, txn.zxid, txn));
    this.activeObservers.push(handler);
    return true;
  }

  /** Has no effect: the timer of the pings always runs. */
  snapshotStarted(): void {}

  readAck(handler: LearnerHandler, zxid: Zxid): void {
    // An ACK with counter 0 acknowledges UPTODATE.
    if (counterOf(zxid) === 0) return;
    const detail = "an observer sent the ACK of a transaction";
    this.server.notes.anomaly("bad-ack", handler.sid, ACK, zxid, detail);
    handler.fail("not-ack", detail);
  }

  submit(value: string | number, bytes: number): boolean {
    return this.follower.submit(value, bytes);
  }

  // ---- called by the follower

  /** Remembers a proposal that the follower has read. */
  proposalReceived(txn: Txn): void {
    this.proposed.push(txn);
  }

  /** Sends INFORM if it knows the proposal of a COMMIT that the follower has read. */
  proposalCommitted(zxid: Zxid): void {
    const txn = this.proposed[0];
    if (txn === undefined || txn.zxid !== zxid) return;
    this.proposed.shift();
    this.keep(txn);
    const inform = packet(INFORM, zxid, txn);
    for (const handler of this.activeObservers) handler.queuePacket(inform);
    this.lastProposed = zxid;
  }

  /** Keeps a committed transaction and drops old ones near the size limit (ObserverMaster#cacheCommittedPacket). */
  private keep(txn: Txn): void {
    const { observerMasterSizeLimitBytes: limit } = this.server.settings;
    this.committed.push(txn);
    this.committedBytes += this.sizeOf(txn);
    for (let dropped = 0; this.committedBytes > (dropped < 5 ? limit * 0.8 : limit); dropped++) {
      this.committedBytes -= this.sizeOf(assertPresent(this.committed.shift(), "kept transaction", "serving"));
    }
  }

  /** The size of the INFORM of a transaction (LearnerHandler#packetSize). */
  private sizeOf(txn: Txn): number {
    return PACKET_BYTES + (txn.bytes || this.server.settings.txnBytes);
  }
}
