/**
 * A learner is brought in line with its leader (Learner#syncWithLeader): DIFF, TRUNC or SNAP, what follows it up to
 * NEWLEADER, what must be durable before that is acknowledged, and what comes until UPTODATE.
 *
 * In which order things become durable at NEWLEADER is what releases differ in most (DiffLogging). Each step is a disk
 * operation of its own, and a crash can fall between any two; packets that come meanwhile wait at the Learner.
 */
import { type DiskImage, TIMER_PREEMPTED } from "../effects.ts";
import {
  ACK,
  COMMIT,
  COMMITANDACTIVATE,
  DIFF,
  INFORM,
  INFORMANDACTIVATE,
  NEWLEADER,
  PROPOSAL,
  packet,
  type QuorumPacket,
  SNAP,
  TRUNC,
  UPTODATE,
} from "../packets.ts";
import type { Peer } from "../peer.ts";
import type { Txn } from "../storage/history.ts";
import type { LogUser } from "../storage/log-lock.ts";
import { type Epoch, epochOf, makeZxid, type Zxid } from "../zxid.ts";
import type { Learner } from "./learner.ts";

type Stage =
  | "reading-op" // DIFF, TRUNC or SNAP
  | "reading" // what follows it
  | "truncating"
  | "reloading"
  | "saving-snapshot"
  | "syncing-log"
  | "preempted"
  | "writing-epoch";

/** How long another thread may have the processor. */
const PREEMPTED_MAX_US = 2000;

export class Synchronization implements LogUser {
  /** Between SNAP, or TRUNC, and the acknowledgement of NEWLEADER: a database that is to be read again (QuorumPeer#syncMode). */
  halfTaken = false;
  /** It began with a SNAP. */
  tookSnap = false;
  /** The last proposal seen; 0 before the first, which is free. */
  lastQueued: Zxid = 0;
  /** Proposals that are neither in the log nor in the tree yet. */
  notLogged: Txn[] = [];
  /** Of those, what is committed. */
  committed: Zxid[] = [];

  private readonly peer: Peer;
  private readonly learner: Learner;
  private readonly newEpoch: Epoch;
  private stage: Stage = "reading-op";
  private snapshotNeeded = true;
  private syncSnapshot = false;
  /** Committed txns go to the log at NEWLEADER, instead of to the tree at once. */
  private writeToTxnLog = false;
  private sawNewLeader = false;
  /** Where TRUNC said to cut. */
  private truncateTo: Zxid = 0;

  constructor(peer: Peer, learner: Learner, newEpoch: Epoch) {
    this.peer = peer;
    this.learner = learner;
    this.newEpoch = newEpoch;
  }

  get reading(): boolean {
    return this.stage === "reading" || this.stage === "reading-op";
  }

  take(message: QuorumPacket): void {
    if (this.stage === "reading-op") this.takeOp(message);
    else this.takeNext(message);
  }

  // ---- DIFF, TRUNC or SNAP

  private takeOp(message: QuorumPacket): void {
    const { learner, peer } = this;
    switch (message.type) {
      case DIFF:
        if (peer.behavior.diffSetsLastProcessed) peer.database.lastProcessedZxid = message.zxid;
        this.snapshotNeeded =
          peer.behavior.trustingDiffSavesSnapshot &&
          peer.settings.trustEmptySnapshot &&
          peer.database.snapshots.length === 0;
        this.syncSnapshot = this.snapshotNeeded;
        this.begin();
        break;
      case SNAP:
        this.halfTaken = peer.behavior.interruptedSnapReloads;
        this.tookSnap = true;
        this.syncSnapshot = peer.behavior.syncsSnap;
        peer.database.install(message.data, message.zxid);
        peer.notes.loaded(peer.database.history, peer.database.logHistory, message.zxid);
        this.begin();
        break;
      case TRUNC:
        if (peer.behavior.truncRemovesEverythingAbove && !peer.database.canTruncateTo(message.zxid)) {
          peer.needsSnap = true;
          learner.fail("truncate-failed", "a snapshot is ahead of where the log should end");
          return;
        }
        this.truncateTo = message.zxid;
        this.stage = "truncating";
        this.halfTaken = peer.behavior.interruptedTruncReloads;
        peer.effects.truncateLog(message.zxid, peer.behavior);
        break;
      default:
        learner.anomaly("bad-state", message, "expected DIFF, TRUNC or SNAP");
        learner.exit(13, "unexpected-sync-packet", "expected DIFF, TRUNC or SNAP");
    }
  }

  logTruncated(ok: boolean): void {
    this.peer.database.clear();
    if (!ok) {
      const detail = "the log could not be truncated";
      if (this.peer.behavior.failedTruncExits) this.learner.exit(13, "truncate-failed", detail);
      else this.learner.fail("truncate-failed", detail);
      return;
    }
    this.stage = "reloading";
    this.peer.effects.load();
  }

  reloaded(image: DiskImage): void {
    const { database, notes } = this.peer;
    const before = database.logHistory;
    const problem = database.restore(image);
    if (problem !== undefined) {
      this.learner.fail(problem, "the truncated database could not be loaded");
      return;
    }
    notes.truncated(this.truncateTo, before, database.logHistory);
    database.lastProcessedZxid = this.truncateTo;
    this.begin();
  }

  private begin(): void {
    this.writeToTxnLog = !this.snapshotNeeded;
    this.readOn();
  }

  private readOn(): void {
    this.stage = "reading";
    this.learner.readOn();
  }

  // ---- what follows

  private takeNext(message: QuorumPacket): void {
    switch (message.type) {
      case PROPOSAL:
        if (this.isContinuous(message.data)) this.notLogged.push(message.data);
        break;
      case COMMIT:
      case COMMITANDACTIVATE:
        this.commit(message);
        break;
      case INFORM:
      case INFORMANDACTIVATE:
        this.inform(message.data);
        break;
      case NEWLEADER:
        this.sawNewLeader = true;
        if (this.peer.behavior.marksUpdatingEpoch) this.peer.effects.markUpdatingEpoch(true);
        if (this.snapshotNeeded) this.saveSnapshot();
        else this.persist();
        break;
      case UPTODATE:
        // Without NEWLEADER, from a leader before Zab 1.0, this is the moment to persist.
        if (this.sawNewLeader) this.learner.serve();
        else this.saveSnapshot();
        break;
      default:
        // PINGs, most often: not answered before UPTODATE.
        break;
    }
  }

  /** enforceContinuousProposal; before that came, ZooKeeper only warned. */
  private isContinuous(txn: Txn): boolean {
    const { zxid } = txn;
    const last = this.lastQueued;
    if (last !== 0 && zxid !== last + 1 && epochOf(zxid) <= epochOf(last)) {
      this.learner.anomaly("bad-proposal", packet(PROPOSAL, zxid, txn), "not the successor of the proposal before it");
      if (this.peer.behavior.rejectsGaps) {
        this.learner.fail("proposal-gap", "a proposal is not the successor of the one before it");
        return false;
      }
    }
    this.lastQueued = zxid;
    return true;
  }

  private commit(message: QuorumPacket): void {
    const { zxid } = message;
    const head = this.notLogged[0];
    if (head === undefined && this.writeToTxnLog && !this.peer.behavior.commitNeedsProposal) {
      this.committed.push(zxid);
    } else if (head === undefined) {
      this.learner.anomaly("bad-commit", message, "nothing is pending");
      this.learner.fail("commit-without-proposal", "a COMMIT came with nothing pending");
    } else if (this.writeToTxnLog) {
      this.committed.push(zxid);
    } else if (head.zxid === zxid) {
      this.notLogged.shift();
      this.learner.deliverSynced(head);
    } else {
      this.learner.anomaly("bad-commit", message, "not the first of what is pending");
    }
  }

  private inform(txn: Txn): void {
    if (!this.isContinuous(txn)) return;
    if (!this.writeToTxnLog) {
      this.learner.deliverSynced(txn);
      return;
    }
    this.notLogged.push(txn);
    this.committed.push(txn.zxid);
  }

  // ---- NEWLEADER: persist, then acknowledge, in the order of `diffLogging`

  private saveSnapshot(): void {
    this.stage = "saving-snapshot";
    this.peer.effects.saveSnapshot(this.peer.database.snapshot(), this.syncSnapshot);
  }

  snapshotSaved(ok: boolean): void {
    if (ok) this.persist();
    else this.learner.exit(10, "disk-error", "the snapshot could not be written");
  }

  private persist(): void {
    const { diffLogging } = this.peer.behavior;
    this.writeToTxnLog = true;
    if (!this.sawNewLeader) this.writeEpoch();
    else if (diffLogging === "committed-before-epoch" && this.committed.length > 0) this.logPending();
    else if (diffLogging === "synced-before-epoch") this.logPending();
    else this.writeEpoch();
  }

  private writeEpoch(): void {
    this.stage = "writing-epoch";
    this.peer.effects.writeCurrentEpoch(this.newEpoch);
  }

  currentEpochWritten(ok: boolean): void {
    const { learner, newEpoch, peer } = this;
    const { diffLogging, marksUpdatingEpoch } = peer.behavior;
    peer.epochCurrent(newEpoch, ok);
    if (learner.diskFailed(ok)) return;
    if (marksUpdatingEpoch && this.sawNewLeader) peer.effects.markUpdatingEpoch(false);
    if (!this.sawNewLeader) learner.serve();
    else if (diffLogging === "queued-before-ack") this.queuePending();
    else if (diffLogging === "synced-before-ack") this.logPending();
    else this.acknowledge();
  }

  /** ZOOKEEPER-3911: the processors start, and their log thread writes what is pending. */
  private queuePending(): void {
    const service = this.learner.startProcessors();
    if (this.learner.observer || this.notLogged.length === 0) {
      this.acknowledge();
      return;
    }
    for (const txn of this.notLogged) service.logProposal(txn);
    this.notLogged = [];
    // From here on two threads run, and either may be the first to send an ACK (ZOOKEEPER-4685).
    const { effects } = this.peer;
    this.stage = "preempted";
    effects.setTimer(TIMER_PREEMPTED, effects.random(PREEMPTED_MAX_US));
  }

  /** TIMER_PREEMPTED. */
  runsAgain(): void {
    if (this.stage === "preempted") this.acknowledge();
  }

  /** What is pending, or only what is committed of it, is written to the log and synced by this thread. */
  private logPending(): void {
    if (this.peer.behavior.diffLogging !== "committed-before-epoch") this.learner.startProcessors();
    if (this.learner.observer || this.notLogged.length === 0) {
      this.persisted();
      return;
    }
    this.stage = "syncing-log";
    this.peer.logLock.take(this);
  }

  logFree(): void {
    if (this.peer.behavior.diffLogging !== "committed-before-epoch") this.appendAll();
    else if (!this.appendCommitted()) return;
    this.peer.logLock.sync(this);
  }

  /** ZOOKEEPER-4646: they stay pending for their commits, whose proposals are not in the queue any more. */
  private appendAll(): void {
    const service = this.learner.startProcessors();
    for (const txn of this.notLogged) {
      this.peer.appendToLog(txn);
      service.appended(txn);
    }
    this.notLogged = [];
  }

  /** ZOOKEEPER-4394: what is committed goes to the log and to the tree; the rest stays. False if that ends following. */
  private appendCommitted(): boolean {
    for (const zxid of this.committed) {
      const head = this.notLogged[0];
      if (head?.zxid !== zxid) {
        this.learner.anomaly("bad-commit", packet(COMMIT, zxid, null), "not the first of what is pending");
        continue;
      }
      this.notLogged.shift();
      this.peer.appendToLog(head);
      if (!this.learner.deliverSynced(head)) return false;
    }
    this.committed = [];
    return true;
  }

  logSynced(ok: boolean): void {
    if (ok) this.peer.notes.synced(this.peer.database.logHistory);
    else if (this.peer.logFailed()) return;
    if (!this.learner.diskFailed(ok)) this.persisted();
  }

  private persisted(): void {
    if (this.peer.behavior.diffLogging === "synced-before-ack") this.acknowledge();
    else this.writeEpoch();
  }

  private acknowledge(): void {
    const { learner, newEpoch, peer } = this;
    const { diffLogging, snapEndsWithNewLeader } = peer.behavior;
    if (snapEndsWithNewLeader) this.halfTaken = false;
    if (learner.brokenMeanwhile()) return;
    peer.notes.newLeaderAcked(newEpoch, peer.database.logHistory);
    learner.send(packet(ACK, makeZxid(newEpoch, 0), null));
    if (diffLogging !== "after-uptodate") learner.readTimeoutUs = peer.syncTimeoutUs;
    this.readOn();
  }
}
