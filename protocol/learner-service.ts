/**
 * A learner that serves, from UPTODATE on: a follower logs and acknowledges proposals and applies commits
 * (Follower#processPacket, FollowerZooKeeperServer, SendAckRequestProcessor), an observer takes both in one INFORM
 * (Observer#processPacket, ObserverZooKeeperServer).
 */
import type { Txn } from "./history.ts";
import type { Learner } from "./learner.ts";
import { LogThread } from "./log-thread.ts";
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
} from "./packets.ts";
import type { Peer } from "./peer.ts";
import type { Synchronization } from "./synchronization.ts";
import { epochOf, type Zxid } from "./zxid.ts";

export class LearnerService {
  private readonly peer: Peer;
  private readonly learner: Learner;
  private readonly log: LogThread;
  /** FollowerZooKeeperServer#pendingTxns: logged or being logged, not committed. */
  private pending: Txn[] = [];
  private lastQueued: Zxid;

  constructor(peer: Peer, learner: Learner, synchronization: Synchronization) {
    this.peer = peer;
    this.learner = learner;
    this.log = new LogThread(peer.effects, peer.notes, peer.settings, peer.database);
    this.lastQueued = synchronization.lastQueued;
  }

  /** The log thread has nothing under way. */
  get idle(): boolean {
    return this.log.idle;
  }

  /** What the synchronization left: logged, but not yet acknowledged, from here on. False if it does not fit. */
  catchUp({ committed, notLogged }: Synchronization): boolean {
    if (this.learner.observer) return this.catchUpObserver(notLogged, [...committed]);
    for (const txn of notLogged) this.logProposal(txn);
    for (const zxid of committed) this.commit(zxid);
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
        if (!observer) this.commit(message.zxid);
        break;
      case INFORM:
      case INFORMANDACTIVATE:
        if (observer) this.inform(message.data);
        else this.learner.odd("bad-state", message, "unexpected packet");
        break;
      case REVALIDATE:
      case SYNC:
        break;
      default:
        this.learner.odd("bad-state", message, "unexpected packet");
    }
  }

  private propose(txn: Txn): void {
    const { zxid } = txn;
    // ZooKeeper only warns; the first one after a synchronization without proposals is free.
    if (this.lastQueued !== 0 && zxid !== this.lastQueued + 1 && epochOf(zxid) <= epochOf(this.lastQueued)) {
      this.learner.odd("bad-proposal", packet(PROPOSAL, zxid, txn), "not the successor of the proposal before it");
    }
    this.lastQueued = zxid;
    this.logProposal(txn);
  }

  /** FollowerZooKeeperServer#logRequest. */
  private logProposal(txn: Txn): void {
    this.pending.push(txn);
    this.log.write(txn);
  }

  /** FollowerZooKeeperServer#commit. */
  private commit(zxid: Zxid): void {
    const head = this.pending[0];
    if (head === undefined) {
      this.learner.odd("bad-commit", packet(COMMIT, zxid, null), "nothing is pending");
    } else if (head.zxid !== zxid) {
      this.learner.odd("bad-commit", packet(COMMIT, zxid, null), "not the first of what is pending");
      this.learner.exit(12, "unmatched-commit", "a COMMIT is not for the first of what is pending");
    } else {
      this.pending.shift();
      this.learner.deliver(head);
    }
  }

  /** ObserverZooKeeperServer#commitRequest. */
  private inform(txn: Txn): void {
    if (this.peer.settings.observerSyncEnabled) this.log.write(txn);
    this.learner.deliver(txn);
  }

  /** A sync of the log thread is over. False if it failed, and with it the server. */
  logSynced(ok: boolean): boolean {
    const done = this.log.synced(ok);
    if (!ok) return false;
    // An observer's log has nobody behind it.
    if (!this.learner.observer) for (const txn of done) this.learner.send(packet(ACK, txn.zxid, null));
    this.log.flush();
    return true;
  }
}
