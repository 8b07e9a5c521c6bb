/**
 * A follower whose processors run (Follower#processPacket, FollowerZooKeeperServer, SendAckRequestProcessor): it logs
 * proposals, acknowledges them when they are durable, and applies them when they are committed. It serves from UPTODATE
 * on. In some releases its processors already run from NEWLEADER on.
 *
 * A committed transaction is applied later, by the commit processor (commit-processor.ts).
 */
import { type CommitListener, CommitProcessor } from "../commit-processor.ts";
import { EXIT_UNMATCHED_COMMIT, type ThreadWork, WORK_APPLY_COMMITS } from "../effects.ts";
import { zxidsOf } from "../inspect.ts";
import {
  ACK,
  COMMIT,
  COMMITANDACTIVATE,
  PING,
  PROPOSAL,
  packet,
  type QuorumPacket,
  REVALIDATE,
  SYNC,
} from "../packets.ts";
import type { RoleServer } from "../role-server.ts";
import type { Txn } from "../storage/history.ts";
import { type LogListener, LogThread } from "../storage/log-thread.ts";
import { leavesGap, type ServerId, ZERO_ZXID, type Zxid } from "../zxid.ts";
import type { LearnerService, ServingLearner, SyncRest } from "./learner-service.ts";
import type { ObserverMaster } from "./observer-master.ts";

export class Follower implements LearnerService, LogListener, CommitListener {
  private readonly server: RoleServer;
  private readonly learner: ServingLearner;
  private readonly log: LogThread;
  /** FollowerZooKeeperServer#pendingTxns: transactions that are logged or being logged, but not committed. */
  private pending: Txn[] = [];
  private readonly commitProcessor = new CommitProcessor(this);
  /** The zxids of the ACKs that must wait until the ACK of UPTODATE is sent; null if ACKs are sent immediately. */
  private heldAcks: Zxid[] | null;
  private lastQueued: Zxid = ZERO_ZXID;
  /** Follower#om; null if this follower has no ObserverMaster. */
  private observerMaster: ObserverMaster | null = null;

  constructor(server: RoleServer, learner: ServingLearner) {
    this.server = server;
    this.learner = learner;
    this.log = new LogThread(server, this);
    this.heldAcks = server.behavior.acksWaitForUptodate ? [] : null;
  }

  /** The zxids of the pending transactions. */
  get pendingZxids(): readonly Zxid[] {
    return zxidsOf(this.pending);
  }

  /**
   * Handles a proposal that the synchronization has appended to the log: adds it to the pending transactions and
   * acknowledges it (FollowerZooKeeperServer#appendRequest).
   */
  appended(txn: Txn): void {
    this.pending.push(txn);
    this.ack(txn.zxid);
  }

  serve({ committed, lastQueued, notLogged }: SyncRest): void {
    this.lastQueued = lastQueued;
    const held = this.heldAcks ?? [];
    this.heldAcks = null;
    for (const zxid of held) this.ack(zxid);
    for (const txn of notLogged) this.logProposal(txn);
    for (const zxid of committed) this.commit(zxid);
    if (this.server.behavior.syncedCommitsApplyBeforeServing) this.commitProcessor.run();
  }

  /** From now on, passes the proposals and the commits that arrive to the ObserverMaster. */
  forward(observerMaster: ObserverMaster): void {
    this.observerMaster = observerMaster;
    if (!this.server.behavior.observerMasterKnowsPending) return;
    for (const txn of this.pending) observerMaster.proposalReceived(txn);
  }

  receive(message: QuorumPacket): void {
    switch (message.type) {
      case PING:
        this.learner.send(packet(PING, message.zxid, null));
        break;
      case PROPOSAL:
        if (this.learner.canRead(message)) this.propose(message.data);
        break;
      case COMMIT:
        this.commit(message.zxid);
        this.observerMaster?.proposalCommitted(message.zxid);
        break;
      case COMMITANDACTIVATE:
        if (this.learner.canRead(message)) this.activate(message.zxid, message.data);
        break;
      case REVALIDATE:
      case SYNC:
        break;
      default:
        this.learner.anomaly("bad-state", message, "unexpected packet");
    }
  }

  private propose(txn: Txn): void {
    const { zxid } = txn;
    // ZooKeeper only warns about a gap, and does not check the first proposal after a synchronization without
    // proposals.
    if (this.lastQueued !== ZERO_ZXID && leavesGap(this.lastQueued, zxid)) {
      this.learner.anomaly(
        "bad-proposal",
        packet(PROPOSAL, zxid, txn),
        "the proposal does not follow the one before it",
      );
    }
    this.lastQueued = zxid;
    if (txn.config !== undefined) this.server.configurations.see(txn.config);
    this.logProposal(txn);
    this.observerMaster?.proposalReceived(txn);
  }

  /** Logs a proposal (FollowerZooKeeperServer#logRequest). */
  logProposal(txn: Txn): void {
    this.pending.push(txn);
    this.log.write(txn);
  }

  /** Commits a reconfiguration (Follower#processPacket). Its transaction may not be in the log of this server yet. */
  private activate(zxid: Zxid, designated: ServerId): void {
    const config = this.pending[0]?.config;
    const ends = config !== undefined && this.server.processReconfig(config, designated, zxid, true);
    this.commit(zxid);
    this.observerMaster?.proposalCommitted(zxid);
    if (ends) this.learner.failReconfigured();
  }

  /** Commits the oldest pending proposal, which must have this zxid (FollowerZooKeeperServer#commit). */
  private commit(zxid: Zxid): void {
    const head = this.pending[0];
    if (head === undefined) {
      this.learner.anomaly("bad-commit", packet(COMMIT, zxid, null), "no proposal is pending");
    } else if (head.zxid !== zxid) {
      const detail = "the COMMIT does not match the oldest pending proposal";
      this.learner.anomaly("bad-commit", packet(COMMIT, zxid, null), detail);
      this.learner.exit(EXIT_UNMATCHED_COMMIT, "unmatched-commit", detail);
    } else {
      this.pending.shift();
      this.commitProcessor.commit(head);
    }
  }

  startApplying(): void {
    this.learner.startWork(WORK_APPLY_COMMITS);
  }

  deliver(txn: Txn): boolean {
    return this.learner.deliver(txn);
  }

  /** Applies all committed transactions now (fix syncWaitsForApply). */
  applyCommitted(): void {
    this.commitProcessor.run();
  }

  workDone(work: ThreadWork): void {
    if (work === WORK_APPLY_COMMITS) this.commitProcessor.run();
  }

  takeSnapshot(): boolean {
    return this.log.takeSnapshot();
  }

  stopLog(): boolean {
    return this.log.stop();
  }

  endLogAtNextAck(): void {
    this.log.endAfterSync();
  }

  logWritten(txns: readonly Txn[], ok: boolean): void {
    if (!ok) this.learner.logFailed();
    else for (const txn of txns) this.ack(txn.zxid);
  }

  logIdle(): void {
    this.learner.logIdle();
  }

  private ack(zxid: Zxid): void {
    if (this.heldAcks === null) this.learner.send(packet(ACK, zxid, null));
    else this.heldAcks.push(zxid);
  }
}
