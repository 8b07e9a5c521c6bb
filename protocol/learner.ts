/**
 * Following and observing (Learner, Follower, Observer): find the leader and connect, agree on the epoch, be brought in
 * line by DIFF, TRUNC or SNAP, acknowledge NEWLEADER, serve from UPTODATE on.
 *
 * One thread in Java, so one phase here. While it waits for a disk, packets wait in `inbox`. The sequence at NEWLEADER
 * (snapshot, append, sync, currentEpoch, ACK) is the newest release's; each step is a disk operation of its own, and a
 * crash can fall between any two.
 */

import { Deadline } from "./deadline.ts";
import { type ConnectionId, type DiskImage, type Effects, QUORUM_PORT, TIMER_CONNECT, TIMER_ROLE } from "./effects.ts";
import type { Txn } from "./history.ts";
import { appendTxn, LogThread } from "./log-thread.ts";
import { BROADCAST, DISCOVERY, type FailureReason, type Notes, SYNCHRONIZATION } from "./notes.ts";
import {
  ACK,
  ACKEPOCH,
  COMMIT,
  COMMITANDACTIVATE,
  DIFF,
  FOLLOWERINFO,
  INFORM,
  INFORMANDACTIVATE,
  LEADERINFO,
  NEWLEADER,
  OBSERVERINFO,
  PING,
  PROPOSAL,
  packet,
  type QuorumPacket,
  REQUEST,
  REVALIDATE,
  SNAP,
  SYNC,
  TRUNC,
  UPTODATE,
} from "./packets.ts";
import type { Peer } from "./peer.ts";
import { type Epoch, epochOf, makeZxid, type ServerId, type Zxid } from "./zxid.ts";

type LearnerPhase =
  | "connecting"
  | "pausing" // between two tries to connect
  | "reading-leaderinfo"
  | "writing-accepted-epoch"
  | "reading-op" // DIFF, TRUNC or SNAP
  | "truncating"
  | "reloading"
  | "synchronizing"
  | "saving-snapshot"
  | "syncing-log"
  | "writing-current-epoch"
  | "serving"
  | "shutting-down"
  | "ended";

const MAX_CONNECT_TRIES = 5;

export class Learner {
  private readonly peer: Peer;
  private readonly effects: Effects;
  private readonly notes: Notes;
  private readonly leaderId: ServerId;
  private readonly observer: boolean;
  private readonly reads: Deadline;
  private phase: LearnerPhase = "connecting";
  private connection: ConnectionId = 0;
  private tries = 0;
  private connectUntilUs = 0;
  private readTimeoutUs: number;
  private inbox: (QuorumPacket | "closed")[] = [];
  /** The connection broke while the thread waited for a disk. */
  private broken = false;

  private newEpoch: Epoch = 0;
  private newLeaderZxid: Zxid = 0;
  private lastLoggedZxid: Zxid = 0;
  /** The first reply was NEWLEADER: a leader from before Zab 1.0. */
  private oldLeader = false;

  /** QuorumPeer#syncMode, while it is SNAP. */
  private inSnap = false;
  private snapshotNeeded = true;
  private syncSnapshot = false;
  private writeToTxnLog = false;
  private sawNewLeader = false;
  private lastQueued: Zxid = 0;
  private notLogged: Txn[] = [];
  private committed: Zxid[] = [];
  /** Where TRUNC said to cut. */
  private truncateTo: Zxid = 0;

  private log: LogThread | null = null;
  /** FollowerZooKeeperServer#pendingTxns: logged or being logged, not committed. */
  private pending: Txn[] = [];

  constructor(peer: Peer, leaderId: ServerId, observer: boolean) {
    this.peer = peer;
    this.effects = peer.effects;
    this.notes = peer.notes;
    this.leaderId = leaderId;
    this.observer = observer;
    this.reads = new Deadline(peer.effects, TIMER_ROLE);
    this.readTimeoutUs = peer.initTimeoutUs;
  }

  private get nowUs(): number {
    return this.peer.nowUs;
  }

  // ---- connecting (connectToLeader)

  start(): void {
    this.peer.setPhase(DISCOVERY);
    if (!this.peer.view.includes(this.leaderId)) {
      this.fail("leader-unknown", `server ${this.leaderId} is not in the view`);
      return;
    }
    const { settings } = this.peer;
    const limit = settings.connectToLearnerMasterLimit || settings.initLimit;
    this.connectUntilUs = this.nowUs + limit * settings.tickTimeMs * 1000;
    this.connect();
  }

  private connect(): void {
    this.phase = "connecting";
    this.connection = this.effects.connect(this.leaderId, QUORUM_PORT);
    this.effects.setTimer(TIMER_CONNECT, this.connectUntilUs - this.nowUs);
  }

  /** TIMER_CONNECT: the pause before the next try is over, or this try took too long. */
  connectTimeout(): void {
    if (this.phase === "pausing") this.connect();
    else if (this.phase === "connecting") {
      this.effects.close(this.connection);
      this.connectFailed();
    }
  }

  refused(connection: ConnectionId): void {
    if (connection === this.connection && this.phase === "connecting") this.connectFailed();
  }

  private connectFailed(): void {
    this.connection = 0;
    this.tries++;
    const delayUs = this.peer.settings.leaderConnectDelayDuringRetryMs * 1000;
    if (this.tries >= MAX_CONNECT_TRIES || this.connectUntilUs - this.nowUs <= delayUs) {
      this.effects.cancelTimer(TIMER_CONNECT);
      this.fail("connect-failed", `no connection to server ${this.leaderId} in ${this.tries} tries`);
      return;
    }
    this.phase = "pausing";
    this.effects.setTimer(TIMER_CONNECT, delayUs);
  }

  // ---- agreeing on the epoch (registerWithLeader)

  connected(connection: ConnectionId): void {
    if (connection !== this.connection || this.phase !== "connecting") return;
    const { peer } = this;
    this.effects.cancelTimer(TIMER_CONNECT);
    this.lastLoggedZxid = peer.database.lastProcessedZxid;
    this.send(
      packet(this.observer ? OBSERVERINFO : FOLLOWERINFO, makeZxid(peer.acceptedEpoch, 0), {
        serverId: peer.myid,
        protocolVersion: peer.settings.protocolVersion,
        configVersion: peer.settings.configVersion,
      }),
    );
    this.readIn("reading-leaderinfo");
  }

  private readLeaderInfo(message: QuorumPacket): void {
    const { peer } = this;
    this.newEpoch = epochOf(message.zxid);
    if (message.type !== LEADERINFO) {
      this.oldLeader = true;
      if (this.newEpoch > peer.acceptedEpoch) this.writeAcceptedEpoch();
      else if (message.type === NEWLEADER) this.registered();
      if (message.type !== NEWLEADER) {
        const { type, zxid } = message;
        this.notes.odd("bad-state", this.leaderId, type, zxid, "the first packet should have been NEWLEADER");
        this.failLater("first-packet-not-leaderinfo", "the first packet should have been NEWLEADER");
      }
      return;
    }
    if (this.newEpoch > peer.acceptedEpoch) {
      this.writeAcceptedEpoch();
    } else if (this.newEpoch === peer.acceptedEpoch) {
      // Acknowledged once already, perhaps to another leader: this one must not count it.
      this.ackEpoch(-1);
    } else {
      this.fail("leader-epoch-lower", `epoch ${this.newEpoch} is below the accepted epoch ${peer.acceptedEpoch}`);
    }
  }

  private writeAcceptedEpoch(): void {
    this.phase = "writing-accepted-epoch";
    this.effects.writeAcceptedEpoch(this.newEpoch);
  }

  acceptedEpochWritten(ok: boolean): void {
    const { peer } = this;
    const epochToAck = peer.currentEpoch;
    if (ok) peer.epochAccepted(this.newEpoch);
    if (this.failedMeanwhile(ok)) return;
    if (this.oldLeader) this.registered();
    else this.ackEpoch(epochToAck);
  }

  private ackEpoch(epoch: Epoch): void {
    this.send(packet(ACKEPOCH, this.lastLoggedZxid, epoch));
    this.registered();
  }

  private registered(): void {
    if (this.newEpoch < this.peer.acceptedEpoch) {
      this.fail("leader-epoch-lower", `epoch ${this.newEpoch} is below the accepted epoch`);
      return;
    }
    this.newLeaderZxid = makeZxid(this.newEpoch, 0);
    this.peer.setPhase(SYNCHRONIZATION);
    this.readIn("reading-op");
  }

  // ---- synchronizing (syncWithLeader)

  private readOp(message: QuorumPacket): void {
    const { peer } = this;
    switch (message.type) {
      case DIFF:
        this.snapshotNeeded = peer.settings.trustEmptySnapshot && peer.database.snapshots.length === 0;
        this.syncSnapshot = this.snapshotNeeded;
        this.beginSync();
        break;
      case SNAP:
        this.inSnap = true;
        this.syncSnapshot = true;
        peer.database.install(message.data, message.zxid);
        this.notes.loaded(peer.database.history, peer.database.logHistory);
        this.beginSync();
        break;
      case TRUNC:
        this.truncateTo = message.zxid;
        this.phase = "truncating";
        this.effects.truncateLog(message.zxid);
        break;
      default: {
        const { type, zxid } = message;
        this.notes.odd("bad-state", this.leaderId, type, zxid, "expected DIFF, TRUNC or SNAP");
        this.exit(13, "unexpected-sync-packet", "expected DIFF, TRUNC or SNAP");
      }
    }
  }

  logTruncated(ok: boolean): void {
    this.peer.database.clear();
    if (!ok) {
      this.exit(13, "truncate-failed", "the log could not be truncated");
      return;
    }
    this.phase = "reloading";
    this.effects.load();
  }

  reloaded(image: DiskImage): void {
    const { database } = this.peer;
    const before = database.logHistory;
    const problem = database.restore(image);
    if (problem !== undefined) {
      this.fail(problem, "the truncated database could not be loaded");
      return;
    }
    this.notes.truncated(this.truncateTo, before, database.logHistory);
    database.lastProcessedZxid = this.truncateTo;
    this.beginSync();
  }

  private beginSync(): void {
    this.writeToTxnLog = !this.snapshotNeeded;
    this.readIn("synchronizing");
  }

  private syncOne(message: QuorumPacket): void {
    switch (message.type) {
      case PROPOSAL:
        if (this.isContinuous(message.data)) this.notLogged.push(message.data);
        break;
      case COMMIT:
      case COMMITANDACTIVATE:
        this.commitInSync(message.zxid);
        break;
      case INFORM:
      case INFORMANDACTIVATE:
        if (!this.isContinuous(message.data)) break;
        if (this.writeToTxnLog) {
          this.notLogged.push(message.data);
          this.committed.push(message.zxid);
        } else {
          this.deliver(message.data);
        }
        break;
      case NEWLEADER:
        this.sawNewLeader = true;
        if (this.snapshotNeeded) this.saveSnapshot();
        else this.logCommitted();
        break;
      case UPTODATE:
        if (this.sawNewLeader) this.startServing();
        else this.saveSnapshot();
        break;
      default:
        // PINGs, most often: not answered before UPTODATE.
        break;
    }
  }

  /** enforceContinuousProposal. */
  private isContinuous({ zxid }: Txn): boolean {
    const last = this.lastQueued;
    if (last !== 0 && zxid !== last + 1 && epochOf(zxid) <= epochOf(last)) {
      this.notes.odd("bad-proposal", this.leaderId, PROPOSAL, zxid, "not the successor of the proposal before it");
      this.fail("proposal-gap", "a proposal is not the successor of the one before it");
      return false;
    }
    this.lastQueued = zxid;
    return true;
  }

  private commitInSync(zxid: Zxid): void {
    const head = this.notLogged[0];
    if (head === undefined) {
      this.notes.odd("bad-commit", this.leaderId, COMMIT, zxid, "nothing is pending");
      this.fail("commit-without-proposal", "a COMMIT came with nothing pending");
    } else if (this.writeToTxnLog) {
      this.committed.push(zxid);
    } else if (head.zxid === zxid) {
      this.notLogged.shift();
      this.deliver(head);
    } else {
      this.notes.odd("bad-commit", this.leaderId, COMMIT, zxid, "not the first of what is pending");
    }
  }

  // ---- NEWLEADER: persist, then acknowledge

  private saveSnapshot(): void {
    this.phase = "saving-snapshot";
    this.effects.saveSnapshot(this.peer.database.snapshot(), this.syncSnapshot);
  }

  snapshotSaved(ok: boolean): void {
    if (!ok) {
      this.exit(10, "disk-error", "the snapshot could not be written");
      return;
    }
    this.logCommitted();
  }

  /** ZOOKEEPER-4394, -4646: committed txns go to the log and the tree, and are synced, before the epoch is written. */
  private logCommitted(): void {
    this.writeToTxnLog = true;
    if (this.observer || this.committed.length === 0 || !this.sawNewLeader) {
      this.writeCurrentEpoch();
      return;
    }
    const { database } = this.peer;
    for (const zxid of this.committed) {
      const head = this.notLogged[0];
      if (head?.zxid !== zxid) {
        this.notes.odd("bad-commit", this.leaderId, COMMIT, zxid, "not the first of what is pending");
        continue;
      }
      this.notLogged.shift();
      appendTxn(this.effects, this.notes, database, head);
      this.deliver(head);
    }
    this.committed = [];
    this.phase = "syncing-log";
    this.effects.syncLog();
  }

  /** ZOOKEEPER-4643: the epoch only after what belongs to it is durable. */
  private writeCurrentEpoch(): void {
    this.phase = "writing-current-epoch";
    this.effects.writeCurrentEpoch(this.newEpoch);
  }

  currentEpochWritten(ok: boolean): void {
    if (ok) this.peer.epochCurrent(this.newEpoch);
    if (this.failedMeanwhile(ok)) return;
    if (!this.sawNewLeader) {
      this.startServing();
      return;
    }
    this.readTimeoutUs = this.peer.syncTimeoutUs;
    this.inSnap = false;
    this.notes.newLeaderAcked(this.newEpoch, this.peer.database.logHistory);
    this.send(packet(ACK, this.newLeaderZxid, null));
    this.readIn("synchronizing");
  }

  // ---- UPTODATE, and what follows

  private startServing(): void {
    const { peer } = this;
    const { database } = peer;
    this.send(packet(ACK, makeZxid(this.newEpoch, 0), null));
    this.phase = "serving";
    this.log = new LogThread(this.effects, this.notes, peer.settings, database);
    peer.updateElectionVote(this.newEpoch);
    const { committed, notLogged } = this;
    this.committed = [];
    this.notLogged = [];
    if (this.observer) this.catchUpObserver(notLogged, committed);
    else {
      for (const txn of notLogged) this.logProposal(txn);
      for (const zxid of committed) this.commit(zxid);
    }
    if (this.phase !== "serving") return;
    peer.setPhase(BROADCAST);
    this.notes.active(this.newEpoch, this.leaderId, database.history);
    this.readIn("serving");
  }

  private catchUpObserver(notLogged: readonly Txn[], committed: Zxid[]): void {
    for (const txn of notLogged) {
      if (committed[0] === txn.zxid) {
        committed.shift();
        this.commitObserved(txn);
      } else if (committed.length === 0) {
        this.fail("commit-without-proposal", "a proposal without its commit");
        return;
      }
    }
  }

  private serveOne(message: QuorumPacket): void {
    switch (message.type) {
      case PING:
        this.send(packet(PING, message.zxid, null));
        break;
      case PROPOSAL:
        if (!this.observer) this.receiveProposal(message.data);
        break;
      case COMMIT:
      case COMMITANDACTIVATE:
        if (!this.observer) this.commit(message.zxid);
        break;
      case INFORM:
      case INFORMANDACTIVATE:
        if (this.observer) this.commitObserved(message.data);
        else this.unexpected(message);
        break;
      case REVALIDATE:
      case SYNC:
        break;
      default:
        this.unexpected(message);
    }
  }

  private unexpected({ type, zxid }: QuorumPacket): void {
    this.notes.odd("bad-state", this.leaderId, type, zxid, "unexpected packet");
  }

  private receiveProposal(txn: Txn): void {
    const { zxid } = txn;
    // ZooKeeper only warns; the first one after a synchronization is free.
    if (this.lastQueued !== 0 && zxid !== this.lastQueued + 1 && epochOf(zxid) <= epochOf(this.lastQueued)) {
      this.notes.odd("bad-proposal", this.leaderId, PROPOSAL, zxid, "not the successor of the proposal before it");
    }
    this.lastQueued = zxid;
    this.logProposal(txn);
  }

  /** FollowerZooKeeperServer#logRequest. */
  private logProposal(txn: Txn): void {
    this.pending.push(txn);
    (this.log as LogThread).write(txn);
  }

  /** FollowerZooKeeperServer#commit. */
  private commit(zxid: Zxid): void {
    const head = this.pending[0];
    if (head === undefined) {
      this.notes.odd("bad-commit", this.leaderId, COMMIT, zxid, "nothing is pending");
    } else if (head.zxid !== zxid) {
      this.notes.odd("bad-commit", this.leaderId, COMMIT, zxid, "not the first of what is pending");
      this.exit(12, "unmatched-commit", "a COMMIT is not for the first of what is pending");
    } else {
      this.pending.shift();
      this.deliver(head);
    }
  }

  /** ObserverZooKeeperServer#commitRequest. */
  private commitObserved(txn: Txn): void {
    if (this.peer.settings.observerSyncEnabled) (this.log as LogThread).write(txn);
    this.deliver(txn);
  }

  private deliver(txn: Txn): void {
    const { database } = this.peer;
    database.apply(txn);
    this.notes.delivered(txn, database.history);
  }

  /** The log's sync is over: the blocking one at NEWLEADER, or the log thread's. */
  logSynced(ok: boolean): void {
    if (this.log === null) {
      if (ok) this.notes.synced(this.peer.database.logHistory);
      if (!this.failedMeanwhile(ok)) this.writeCurrentEpoch();
      return;
    }
    const done = this.log.synced(ok);
    if (ok) {
      // SendAckRequestProcessor; an observer's log has nobody behind it.
      if (!this.observer) for (const txn of done) this.send(packet(ACK, txn.zxid, null));
      this.log.flush();
    }
    if (this.phase === "shutting-down") {
      if (this.log.idle) this.finishShutdown();
    } else if (!ok) {
      this.fail("disk-error", "the log could not be written");
    }
  }

  /** A client's write, to be forwarded. False while this learner does not serve. */
  submit(value: string | number): boolean {
    if (this.phase !== "serving") return false;
    this.send(packet(REQUEST, -1, { value }));
    return true;
  }

  // ---- reading

  received(connection: ConnectionId, message: QuorumPacket): void {
    if (connection !== this.connection) return;
    if (this.reading && this.inbox.length === 0) this.read(message);
    else this.inbox.push(message);
  }

  closed(connection: ConnectionId, how: "closed" | "reset"): void {
    if (connection !== this.connection) return;
    if (this.reading && this.inbox.length === 0) this.fail("connection-closed", "the leader closed the connection");
    else if (how === "closed") this.inbox.push("closed");
    else this.broken = true;
  }

  /** TIMER_ROLE: nothing was read within the socket's timeout. */
  readTimeout(): void {
    if (this.reads.fired(this.nowUs) && this.reading) this.fail("read-timeout", "nothing read in time");
  }

  private get reading(): boolean {
    const { phase } = this;
    return phase === "serving" || phase === "synchronizing" || phase === "reading-leaderinfo" || phase === "reading-op";
  }

  private read(message: QuorumPacket): void {
    switch (this.phase) {
      case "reading-leaderinfo":
        this.readLeaderInfo(message);
        break;
      case "reading-op":
        this.readOp(message);
        break;
      case "synchronizing":
        this.syncOne(message);
        break;
      default:
        this.serveOne(message);
    }
    if (this.reading) this.reads.set(this.nowUs, this.nowUs + this.readTimeoutUs);
  }

  /** The thread reads again, first what came in the meantime. */
  private readIn(phase: LearnerPhase): void {
    this.phase = phase;
    this.reads.set(this.nowUs, this.nowUs + this.readTimeoutUs);
    while (this.reading && this.inbox.length > 0) {
      const next = this.inbox.shift() as QuorumPacket | "closed";
      if (next === "closed") this.fail("connection-closed", "the leader closed the connection");
      else this.read(next);
    }
  }

  /** After a wait for the disk: whether the thread has something to fail for. */
  private failedMeanwhile(ok: boolean): boolean {
    const after = this.failAfterWrite;
    if (!ok) this.fail("disk-error", "an epoch or the log could not be written");
    else if (after !== null) this.fail(after.reason, after.detail);
    else if (this.broken) this.fail("connection-closed", "the connection broke");
    else return false;
    return true;
  }

  private failAfterWrite: { readonly reason: FailureReason; readonly detail: string } | null = null;

  private failLater(reason: FailureReason, detail: string): void {
    if (this.phase === "writing-accepted-epoch") this.failAfterWrite = { reason, detail };
    else this.fail(reason, detail);
  }

  private send(message: QuorumPacket): void {
    this.effects.send(this.connection, message);
  }

  // ---- leaving (Learner#shutdown)

  fail(reason: FailureReason, detail: string): void {
    if (this.phase === "shutting-down" || this.phase === "ended") return;
    this.notes.failed(reason, undefined, detail);
    if (this.connection !== 0) this.effects.close(this.connection);
    this.connection = 0;
    this.reads.clear();
    this.effects.cancelTimer(TIMER_CONNECT);
    this.phase = "shutting-down";
    if (this.log === null) {
      // Never started: the database stays as it is, unless a snapshot was only half taken over.
      if (this.inSnap) this.peer.database.clear();
      this.end();
    } else if (this.log.idle) {
      this.finishShutdown();
    }
  }

  private finishShutdown(): void {
    this.peer.fastForward();
    this.end();
  }

  private end(): void {
    this.phase = "ended";
    this.peer.look();
  }

  private exit(code: number, reason: FailureReason, detail: string): void {
    this.phase = "ended";
    this.peer.exit(code, reason, detail);
  }
}
