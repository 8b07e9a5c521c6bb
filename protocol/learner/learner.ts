/**
 * Following and observing (Learner, Follower#followLeader, Observer#observeLeader): connect to the leader, agree on the
 * epoch, be brought in line (synchronization.ts), serve (learner-service.ts), until something breaks.
 *
 * One thread in Java, so one phase here. While it waits for a disk, packets wait in `inbox`.
 */
import { Deadline } from "../deadline.ts";
import { type ConnectionId, type DiskImage, type Effects, TIMER_ROLE } from "../effects.ts";
import { type Anomaly, BROADCAST, DISCOVERY, type FailureReason, SYNCHRONIZATION } from "../notes.ts";
import {
  ACK,
  ACKEPOCH,
  FOLLOWERINFO,
  LEADERINFO,
  NEWLEADER,
  OBSERVERINFO,
  packet,
  type QuorumPacket,
  REQUEST,
} from "../packets.ts";
import type { Peer } from "../peer.ts";
import type { Txn } from "../storage/history.ts";
import { type Epoch, epochOf, makeZxid, type ServerId, type Zxid } from "../zxid.ts";
import { LearnerService } from "./follower-and-observer.ts";
import { LeaderConnector } from "./leader-connector.ts";
import { Synchronization } from "./synchronization.ts";

type LearnerPhase =
  | "connecting"
  | "reading-leaderinfo"
  | "writing-accepted-epoch"
  | "synchronizing"
  | "serving"
  | "shutting-down"
  | "ended";

interface Failure {
  readonly reason: FailureReason;
  readonly detail: string;
}

export class Learner {
  readonly observer: boolean;
  /** The socket's timeout. */
  readTimeoutUs: number;

  private readonly peer: Peer;
  private readonly effects: Effects;
  private readonly leaderId: ServerId;
  private readonly reads: Deadline;
  private readonly connector: LeaderConnector;
  private phase: LearnerPhase = "connecting";
  private connection: ConnectionId = 0;
  private inbox: (QuorumPacket | "closed")[] = [];
  /** Why the thread is to fail when it is done with the disk. */
  private pendingFailure: Failure | null = null;
  private newEpoch: Epoch = 0;
  private lastLoggedZxid: Zxid = 0;
  /** The first reply was NEWLEADER: a leader from before Zab 1.0. */
  private oldLeader = false;
  private synchronization: Synchronization | null = null;
  private service: LearnerService | null = null;
  /** ZooKeeperServer#canShutdown, when it came to that. */
  private stopsAsServer = false;

  constructor(peer: Peer, leaderId: ServerId, observer: boolean) {
    this.peer = peer;
    this.effects = peer.effects;
    this.leaderId = leaderId;
    this.observer = observer;
    this.reads = new Deadline(peer.effects, TIMER_ROLE);
    this.readTimeoutUs = peer.initTimeoutUs;
    this.connector = new LeaderConnector(peer.effects, peer.settings, peer.behavior, leaderId, peer.nowUs);
  }

  private get nowUs(): number {
    return this.peer.nowUs;
  }

  // ---- connecting

  start(): void {
    this.peer.setPhase(DISCOVERY);
    if (this.peer.view.includes(this.leaderId)) this.connector.connect(this.nowUs);
    else this.fail("leader-unknown", `server ${this.leaderId} is not in the view`);
  }

  /** TIMER_CONNECT. */
  connectTimeout(): void {
    if (this.phase === "connecting" && !this.connector.timeout(this.nowUs)) this.connectFailed();
  }

  refused(connection: ConnectionId): void {
    if (this.phase !== "connecting" || connection !== this.connector.connection) return;
    if (!this.connector.failed(this.nowUs)) this.connectFailed();
  }

  private connectFailed(): void {
    this.fail("connect-failed", `no connection to server ${this.leaderId} in ${this.connector.tries} tries`);
  }

  // ---- agreeing on the epoch (registerWithLeader)

  connected(connection: ConnectionId): void {
    if (this.phase !== "connecting" || connection !== this.connector.connection) return;
    const { peer } = this;
    this.connector.stop();
    this.connection = connection;
    this.lastLoggedZxid = peer.database.lastProcessedZxid;
    this.send(
      packet(this.observer ? OBSERVERINFO : FOLLOWERINFO, makeZxid(peer.acceptedEpoch, 0), {
        serverId: peer.myid,
        protocolVersion: peer.settings.protocolVersion,
        configVersion: peer.settings.configVersion,
      }),
    );
    this.phase = "reading-leaderinfo";
    this.readOn();
  }

  private takeLeaderInfo(message: QuorumPacket): void {
    const { acceptedEpoch } = this.peer;
    this.newEpoch = epochOf(message.zxid);
    if (message.type !== LEADERINFO) {
      this.takeOldLeader(message);
    } else if (this.newEpoch > acceptedEpoch) {
      this.writeAcceptedEpoch();
    } else if (this.newEpoch === acceptedEpoch) {
      // Acknowledged once already, perhaps to another leader: this one must not count it.
      this.ackEpoch(-1);
    } else {
      this.fail("leader-epoch-lower", `epoch ${this.newEpoch} is below the accepted epoch ${acceptedEpoch}`);
    }
  }

  /** A leader from before Zab 1.0 begins with NEWLEADER. Its epoch is accepted even if that is not what it sent. */
  private takeOldLeader(message: QuorumPacket): void {
    this.oldLeader = true;
    if (message.type !== NEWLEADER) {
      const detail = "the first packet should have been NEWLEADER";
      this.anomaly("bad-state", message, detail);
      this.pendingFailure = { reason: "first-packet-not-leaderinfo", detail };
    }
    if (this.newEpoch > this.peer.acceptedEpoch) this.writeAcceptedEpoch();
    else if (!this.brokenMeanwhile()) this.registered();
  }

  private writeAcceptedEpoch(): void {
    this.phase = "writing-accepted-epoch";
    this.effects.writeAcceptedEpoch(this.newEpoch);
  }

  acceptedEpochWritten(ok: boolean): void {
    const { peer } = this;
    const epochToAck = peer.currentEpoch;
    peer.epochAccepted(this.newEpoch, ok);
    if (this.diskFailed(ok) || this.brokenMeanwhile()) return;
    if (this.oldLeader) this.registered();
    else this.ackEpoch(epochToAck);
  }

  private ackEpoch(epoch: Epoch): void {
    this.send(packet(ACKEPOCH, this.peer.needsSnap ? 0 : this.lastLoggedZxid, epoch));
    this.registered();
  }

  private registered(): void {
    if (this.newEpoch < this.peer.acceptedEpoch) {
      this.fail("leader-epoch-lower", `epoch ${this.newEpoch} is below the accepted epoch`);
      return;
    }
    this.peer.setPhase(SYNCHRONIZATION);
    this.synchronization = new Synchronization(this.peer, this, this.newEpoch);
    this.phase = "synchronizing";
    this.readOn();
  }

  // ---- the disk is done

  logTruncated(ok: boolean): void {
    this.synchronization?.logTruncated(ok);
  }

  reloaded(image: DiskImage): void {
    this.synchronization?.reloaded(image);
  }

  /** The database that is saved next came by a SNAP. */
  get tookSnap(): boolean {
    return this.synchronization?.tookSnap ?? false;
  }

  snapshotSaved(ok: boolean): void {
    this.synchronization?.snapshotSaved(ok);
  }

  currentEpochWritten(ok: boolean): void {
    this.synchronization?.currentEpochWritten(ok);
  }

  /** The log thread could not write. */
  logFailed(): void {
    if (!this.peer.logFailed()) this.fail("disk-error", "the log could not be written");
  }

  /** The log thread has written all it had. */
  logIdle(): void {
    if (this.phase === "shutting-down") this.finishShutdown();
  }

  /** TIMER_PREEMPTED. */
  runsAgain(): void {
    if (this.phase === "synchronizing") this.synchronization?.runsAgain();
  }

  /** TIMER_COMMITS. */
  applyCommits(): void {
    if (this.phase === "serving") this.service?.applyCommits();
  }

  // ---- UPTODATE, and what follows

  /** ZooKeeperServer#startup: the processors run. */
  startProcessors(): LearnerService {
    this.service ??= new LearnerService(this.peer, this);
    return this.service;
  }

  serve(): void {
    const { newEpoch, peer } = this;
    if (this.brokenMeanwhile()) return;
    const synchronization = this.synchronization as Synchronization;
    this.send(packet(ACK, makeZxid(newEpoch, 0), null));
    this.readTimeoutUs = peer.syncTimeoutUs;
    this.phase = "serving";
    const service = this.startProcessors();
    peer.updateElectionVote(newEpoch);
    if (!service.serve(synchronization) || this.phase !== "serving") return;
    peer.setPhase(BROADCAST);
    peer.notes.active(newEpoch, this.leaderId, peer.database.history);
    this.readOn();
  }

  deliver(txn: Txn): void {
    this.peer.database.apply(txn);
    this.delivered(txn);
  }

  /** Applied while the synchronization goes on. False if that ends following: it does not fit behind committedLog. */
  deliverSynced(txn: Txn): boolean {
    const fits = this.peer.database.applySynced(txn);
    this.delivered(txn);
    if (!fits) this.fail("proposal-gap", "what was applied is not the successor of the end of committedLog");
    return fits;
  }

  private delivered(txn: Txn): void {
    const { database, notes } = this.peer;
    notes.delivered(txn, database.history);
  }

  /** A client's write, to be forwarded. False while this learner does not serve. */
  submit(value: string | number): boolean {
    if (this.phase !== "serving") return false;
    this.send(packet(REQUEST, -1, { value }));
    return true;
  }

  send(message: QuorumPacket): void {
    this.effects.send(this.connection, message);
  }

  anomaly(anomaly: Anomaly, { type, zxid }: QuorumPacket, detail: string): void {
    this.peer.notes.anomaly(anomaly, this.leaderId, type, zxid, detail);
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
    else this.pendingFailure ??= { reason: "connection-closed", detail: "the connection broke" };
  }

  /** TIMER_ROLE: nothing was read within the socket's timeout. */
  readTimeout(): void {
    if (this.reads.fired(this.nowUs) && this.reading) this.fail("read-timeout", "nothing read in time");
  }

  private get reading(): boolean {
    const { phase } = this;
    if (phase === "synchronizing") return (this.synchronization as Synchronization).reading;
    return phase === "serving" || phase === "reading-leaderinfo";
  }

  private read(message: QuorumPacket): void {
    if (this.phase === "serving") (this.service as LearnerService).take(message);
    else if (this.phase === "synchronizing") (this.synchronization as Synchronization).take(message);
    else this.takeLeaderInfo(message);
    if (this.reading) this.reads.set(this.nowUs, this.nowUs + this.readTimeoutUs);
  }

  /** The thread reads again, first what came in the meantime: nothing, if the connection broke. */
  readOn(): void {
    if (this.brokenMeanwhile()) return;
    this.reads.set(this.nowUs, this.nowUs + this.readTimeoutUs);
    while (this.reading && this.inbox.length > 0) {
      const next = this.inbox.shift() as QuorumPacket | "closed";
      if (next === "closed") this.fail("connection-closed", "the leader closed the connection");
      else this.read(next);
    }
  }

  // ---- leaving (Learner#shutdown)

  /** After a wait for the disk: true, and the end of following, if that failed. */
  diskFailed(ok: boolean): boolean {
    if (!ok) this.fail("disk-error", "an epoch or the log could not be written");
    return !ok;
  }

  /** Before a packet is sent or read: true, and the end of following, if the connection broke while the thread was busy. */
  brokenMeanwhile(): boolean {
    const pending = this.pendingFailure;
    if (pending !== null) this.fail(pending.reason, pending.detail);
    return pending !== null;
  }

  fail(reason: FailureReason, detail: string): void {
    if (this.phase === "shutting-down" || this.phase === "ended") return;
    this.peer.notes.failed(reason, undefined, detail);
    if (this.connection !== 0) this.effects.close(this.connection);
    this.connection = 0;
    this.reads.clear();
    this.connector.stop();
    this.stopsAsServer = this.phase === "serving" || (this.service !== null && this.peer.behavior.stopsBeforeServing);
    this.phase = "shutting-down";
    if (this.stopsAsServer && this.peer.behavior.learnerShutdown !== "log-thread-first") this.peer.fastForward();
    if (this.service === null || this.service.idle || !this.waitsForLog) this.finishShutdown();
  }

  /** A server that does not serve yet is not asked to stop: its log thread goes on, unless that is stopped in any case. */
  private get waitsForLog(): boolean {
    const { learnerShutdown } = this.peer.behavior;
    return learnerShutdown === "log-thread-first" || (learnerShutdown === "fast-forward-first" && this.stopsAsServer);
  }

  private finishShutdown(): void {
    const { behavior, database } = this.peer;
    // Never started: the database stays as it is, unless a snapshot was only half taken over.
    if (!this.stopsAsServer && this.synchronization?.halfTaken) database.clear();
    else if (this.stopsAsServer && behavior.learnerShutdown === "log-thread-first") this.peer.fastForward();
    this.end();
  }

  private end(): void {
    this.phase = "ended";
    this.peer.look();
  }

  exit(code: number, reason: FailureReason, detail: string): void {
    this.phase = "ended";
    this.peer.exit(code, reason, detail);
  }
}
