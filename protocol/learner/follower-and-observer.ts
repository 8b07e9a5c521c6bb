/**
 * A learner whose processors run, from UPTODATE on or, in some releases, from NEWLEADER on: a follower logs and acknowledges
 * proposals and applies commits (Follower#processPacket, FollowerZooKeeperServer, SendAckRequestProcessor), an observer takes
 * both in one INFORM (Observer#processPacket, ObserverZooKeeperServer).
 */
import { TIMER_COMMITS } from "../effects.ts";
import {
  ACK,
  COMMIT,
  COMMITANDACTIVATE,
  INFORM,
  INFORMANDACTIVATE,
  PING,
  PROPOSAL,
  packet,
  type QuorumPacket,
  REVALIDATE,
  SYNC,
} from "../packets.ts";
import type { Peer } from "../peer.ts";
import type { Txn } from "../storage/history.ts";
import { type LogListener, LogThread } from "../storage/log-thread.ts";
import { epochOf, type Zxid } from "../zxid.ts";
import type { Learner } from "./learner.ts";
import type { Synchronization } from "./synchronization.ts";

/** How long the commit thread may take to begin with what it is handed. */
const COMMIT_DELAY_MAX_US = 500;

export class LearnerService implements LogListener {
  private readonly peer: Peer;
  private readonly learner: Learner;
  private readonly log: LogThread;
  /** FollowerZooKeeperServer#pendingTxns: logged or being logged, not committed. */
  private pending: Txn[] = [];
  /** With the commit thread, committed and not applied. */
  private committed: Txn[] = [];
  /** Logged before the ACK of UPTODATE was out, which theirs must not overtake. */
  private heldAcks: Zxid[] | null;
  private lastQueued: Zxid = 0;

  constructor(peer: Peer, learner: Learner) {
    this.peer = peer;
    this.learner = learner;
    this.log = new LogThread(peer, this);
    this.heldAcks = peer.behavior.acksWaitForUptodate ? [] : null;
  }

  /** The log thread has nothing under way. */
  get idle(): boolean {
    return this.log.idle;
  }

  /** FollowerZooKeeperServer#appendRequest: what the synchronization has written to the log itself. */
  appended(txn: Txn): void {
    this.pending.push(txn);
    this.ack(txn.zxid);
  }

  /** UPTODATE is acknowledged: what the synchronization left is logged and committed. False if it does not fit. */
  serve({ committed, lastQueued, notLogged }: Synchronization): boolean {
    this.lastQueued = lastQueued;
    const held = this.heldAcks ?? [];
    this.heldAcks = null;
    for (const zxid of held) this.ack(zxid);
    if (this.learner.observer) return this.catchUpObserver(notLogged, [...committed]);
    for (const txn of notLogged) this.logProposal(txn);
    const inThread = !this.peer.behavior.syncedCommitsApplyAtOnce;
    for (const zxid of committed) this.commit(zxid, inThread);
    return true;
  }

  private catchUpObserver(notLogged: readonly Txn[], committed: Zxid[]): boolean {
    for (const txn of notLogged) {
      if (committed[0] === txn.zxid) {
        committed.shift();
        this.inform(txn);
      } else if (committed.length === 0) {
        this.learner.fail("commit-without-proposal", "a proposal without its commit");
        return false;
      }
    }
    return true;
  }

  take(message: QuorumPacket): void {
    const { observer } = this.learner;
    switch (message.type) {
      case PING:
        this.learner.send(packet(PING, message.zxid, null));
        break;
      case PROPOSAL:
        if (!observer) this.propose(message.data);
        break;
      case COMMIT:
      case COMMITANDACTIVATE:
        if (!observer) this.commit(message.zxid, this.committed.length > 0);
        break;
      case INFORM:
      case INFORMANDACTIVATE:
        if (observer) this.inform(message.data);
        else this.learner.anomaly("bad-state", message, "unexpected packet");
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
    // ZooKeeper only warns; the first one after a synchronization without proposals is free.
    if (this.lastQueued !== 0 && zxid !== this.lastQueued + 1 && epochOf(zxid) <= epochOf(this.lastQueued)) {
      this.learner.anomaly("bad-proposal", packet(PROPOSAL, zxid, txn), "not the successor of the proposal before it");
    }
    this.lastQueued = zxid;
    this.logProposal(txn);
  }

  /** FollowerZooKeeperServer#logRequest. */
  logProposal(txn: Txn): void {
    this.pending.push(txn);
    this.log.write(txn);
  }

  /** FollowerZooKeeperServer#commit. */
  private commit(zxid: Zxid, inThread: boolean): void {
    const head = this.pending[0];
    if (head === undefined) {
      this.learner.anomaly("bad-commit", packet(COMMIT, zxid, null), "nothing is pending");
    } else if (head.zxid !== zxid) {
      this.learner.anomaly("bad-commit", packet(COMMIT, zxid, null), "not the first of what is pending");
      this.learner.exit(12, "unmatched-commit", "a COMMIT is not for the first of what is pending");
    } else {
      this.pending.shift();
      if (inThread) this.commitLater(head);
      else this.learner.deliver(head);
    }
  }

  /** CommitProcessor#commit: another thread applies it. */
  private commitLater(txn: Txn): void {
    const { effects } = this.peer;
    if (this.committed.length === 0) effects.setTimer(TIMER_COMMITS, effects.random(COMMIT_DELAY_MAX_US));
    this.committed.push(txn);
  }

  /** TIMER_COMMITS. */
  applyCommits(): void {
    const { committed } = this;
    this.committed = [];
    for (const txn of committed) this.learner.deliver(txn);
  }

  /** ObserverZooKeeperServer#commitRequest. */
  private inform(txn: Txn): void {
    if (this.peer.settings.observerSyncEnabled) this.log.write(txn);
    this.learner.deliver(txn);
  }

  logWritten(txns: readonly Txn[], ok: boolean): void {
    if (!ok) this.learner.logFailed();
    // An observer's log has nobody behind it.
    else if (!this.learner.observer) for (const txn of txns) this.ack(txn.zxid);
  }

  logIdle(): void {
    this.learner.logIdle();
  }

  private ack(zxid: Zxid): void {
    if (this.heldAcks === null) this.learner.send(packet(ACK, zxid, null));
    else this.heldAcks.push(zxid);
  }
}
