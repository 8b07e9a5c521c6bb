/**
 * The learner's main thread (Learner, Follower#followLeader, Observer#observeLeader): it connects to the leader, agrees
 * on the epoch, synchronizes (synchronization.ts) and serves (follower.ts, observer.ts) until it fails.
 *
 * In ZooKeeper this is one thread, so a learner is in one phase at a time. Packets that arrive while the thread waits
 * for the disk are kept in `inbox`. Not modeled: sessions, the forwarding of requests other than writes, and
 * asynchronous sending (learner.asyncSending).
 */
import { assertPresent } from "../assert.ts";
import { Deadline } from "../deadline.ts";
import {
  type ConnectionId,
  type DiskImage,
  NO_CONNECTION,
  OBSERVER_MASTER_PORT,
  type Port,
  QUORUM_PORT,
  type ThreadWork,
  TIMER_ROLE,
} from "../effects.ts";
import { type ConnectionEnd, Inbox, isPacket } from "../inbox.ts";
import { type LearnerView, zxidsOf } from "../inspect.ts";
import { type Anomaly, BROADCAST, DISCOVERY, type FailureReason, SYNCHRONIZATION } from "../notes.ts";
import {
  ACK,
  ACKEPOCH,
  COMMIT,
  COMMITANDACTIVATE,
  FOLLOWERINFO,
  INFORM,
  INFORMANDACTIVATE,
  LEADERINFO,
  NEWLEADER,
  OBSERVERINFO,
  type PacketType,
  packet,
  type QuorumPacket,
  REQUEST,
  SNAP,
  startsStream,
} from "../packets.ts";
import { portsOf } from "../quorum.ts";
import { limitText, type ReadLimit } from "../settings.ts";
import type { Txn } from "../storage/history.ts";
import { unreadablePacket } from "../unreadable-packet.ts";
import { type Epoch, epochOf, makeZxid, NO_EPOCH, NO_ZXID, type ServerId, ZERO_ZXID } from "../zxid.ts";
import { Follower } from "./follower.ts";
import { LeaderConnector } from "./leader-connector.ts";
import type { LearnerService, ServingLearner } from "./learner-service.ts";
import { Observer } from "./observer.ts";
import { type HostingFollower, ObserverMaster } from "./observer-master.ts";
import { type FollowerProcessors, Synchronization, type SyncLearner, type SyncServer } from "./synchronization.ts";

/** The part of QuorumPeer that a learner uses. */
export type LearnerServer = SyncServer;

/** Returns whether a packet makes a learner apply a transaction. */
function commits(type: PacketType): boolean {
  return type === COMMIT || type === COMMITANDACTIVATE || type === INFORM || type === INFORMANDACTIVATE;
}

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

const END_DETAILS: Readonly<Record<ConnectionEnd, string>> = {
  closed: "the leader closed the connection",
  reset: "the connection to the leader was reset",
};

/** ZKDatabase#addCommittedProposal (ZOOKEEPER-4925). */
const GAP: Failure = {
  reason: "proposal-gap",
  detail: "the applied transaction does not follow the end of committedLog",
};

export class Learner implements SyncLearner, ServingLearner, HostingFollower {
  readonly observer: boolean;
  private readonly port: Port;
  readLimit: ReadLimit = "initLimit";

  private readonly server: LearnerServer;
  /** The learner master: the leader, or for some observers a follower with an ObserverMaster. */
  private readonly leaderId: ServerId;
  /** Follower#om: the learner master of observers; null until this server serves as a follower. */
  private observerMaster: ObserverMaster | null = null;
  /**
   * The failure that has ended the log thread or the commit processor (ZooKeeperServer.State.ERROR). The learner stops
   * after the next packet. Null if there is none.
   */
  private internalError: Failure | null = null;
  private readonly reads: Deadline;
  private readonly connector: LeaderConnector;
  private phase: LearnerPhase = "connecting";
  private connection: ConnectionId = NO_CONNECTION;
  private readonly inbox = new Inbox();
  /**
   * Whether the connection was reset while the thread was busy. From then on, no packet can be sent. The thread can
   * still read the packets that arrived before the reset (tcp_recvmsg in Linux).
   */
  private wasReset = false;
  /**
   * A failure that takes effect when the thread reads again: the leader's first packet was wrong, a packet cannot be
   * read, or another thread could not send. Null if there is none.
   */
  private pendingFailure: Failure | null = null;
  /** The epoch that the leader sent. */
  private newEpoch: Epoch = NO_EPOCH;
  /** Whether the leader's first packet was not LEADERINFO, which means that the leader is from before Zab 1.0. */
  private leaderIsOld = false;
  private synchronization: Synchronization | null = null;
  private service: LearnerService | null = null;
  /** Whether the server is in a state in which a shutdown stops the processors (ZooKeeperServer#canShutdown). */
  private stopsServer = false;

  constructor(server: LearnerServer, leaderId: ServerId, observer: boolean, port: Port = QUORUM_PORT) {
    const { behavior, configurations, effects, nowUs, settings } = server;
    this.server = server;
    this.leaderId = leaderId;
    this.observer = observer;
    this.port = port;
    this.reads = new Deadline(effects, TIMER_ROLE);
    // Learner#findLeader looks only in the committed configuration.
    const number = port === QUORUM_PORT ? portsOf(configurations.committed, leaderId).quorum : undefined;
    this.connector = new LeaderConnector(effects, settings, behavior, leaderId, nowUs, port, number);
  }

  /** Returns the state of this learner. */
  inspect(): LearnerView {
    const { service, synchronization } = this;
    const isSynchronizing = this.phase === "synchronizing" && synchronization !== null;
    return {
      master: this.leaderId,
      step: isSynchronizing ? synchronization.step : this.phase,
      pending: service instanceof Follower ? service.pendingZxids : [],
      notLogged: isSynchronizing ? zxidsOf(synchronization.notLogged) : [],
      committed: isSynchronizing ? [...synchronization.committed] : [],
    };
  }

  // ---- connecting

  start(): void {
    this.server.setPhase(DISCOVERY);
    if (this.server.configurations.committed.members.includes(this.leaderId)) this.connector.connect(this.server.nowUs);
    else this.fail("leader-unknown", `server ${this.leaderId} is not in the view`);
  }

  /** Handles TIMER_CONNECT. */
  connectTimeout(): void {
    if (this.phase === "connecting" && !this.connector.timeout(this.server.nowUs)) this.connectFailed();
  }

  refused(connection: ConnectionId): void {
    if (this.phase !== "connecting" || connection !== this.connector.connection) return;
    if (!this.connector.failed(this.server.nowUs)) this.connectFailed();
  }

  private connectFailed(): void {
    this.fail("connect-failed", `no connection to server ${this.leaderId} ${this.connector.limitsText}`);
  }

  // ---- agreeing on the epoch (Learner#registerWithLeader)

  connected(connection: ConnectionId): void {
    if (this.phase !== "connecting" || connection !== this.connector.connection) return;
    const { acceptedEpoch, configurations, myid, settings } = this.server;
    this.connector.stop();
    this.connection = connection;
    this.send(
      packet(this.observer ? OBSERVERINFO : FOLLOWERINFO, makeZxid(acceptedEpoch, 0), {
        serverId: myid,
        protocolVersion: settings.protocolVersion,
        configVersion: configurations.committed.version,
      }),
    );
    this.phase = "reading-leaderinfo";
    this.resumeReading();
  }

  private receiveLeaderInfo(message: QuorumPacket): void {
    const { acceptedEpoch } = this.server;
    this.newEpoch = epochOf(message.zxid);
    if (message.type === LEADERINFO && !this.canRead(message)) return;
    if (message.type !== LEADERINFO) {
      this.receiveFromOldLeader(message);
    } else if (this.newEpoch > acceptedEpoch) {
      this.writeAcceptedEpoch();
    } else if (this.newEpoch === acceptedEpoch) {
      // The learner has accepted this epoch before, perhaps from another leader, so this leader must not count the
      // learner.
      this.ackEpoch(NO_EPOCH);
    } else {
      this.fail("leader-epoch-lower", `epoch ${this.newEpoch} is lower than acceptedEpoch ${acceptedEpoch}`);
    }
  }

  /**
   * Handles a first packet that is not LEADERINFO. A leader from before Zab 1.0 sends NEWLEADER here. If the packet is
   * not NEWLEADER either, the learner first accepts its epoch and then fails.
   */
  private receiveFromOldLeader(message: QuorumPacket): void {
    this.leaderIsOld = true;
    if (message.type !== NEWLEADER) {
      const detail = "the first packet is neither LEADERINFO nor NEWLEADER";
      this.anomaly("bad-state", message, detail);
      this.pendingFailure = { reason: "first-packet-not-leaderinfo", detail };
    }
    if (this.newEpoch > this.server.acceptedEpoch) this.writeAcceptedEpoch();
    else if (!this.failIfPending()) this.registered();
  }

  private writeAcceptedEpoch(): void {
    this.phase = "writing-accepted-epoch";
    this.server.effects.writeAcceptedEpoch(this.newEpoch);
  }

  acceptedEpochWritten(ok: boolean): void {
    const { server } = this;
    const epochToAck = server.currentEpoch;
    server.acceptedEpochWritten(this.newEpoch, ok);
    if (this.failIfDiskFailed(ok) || this.failIfPending()) return;
    if (this.leaderIsOld) this.registered();
    else this.ackEpoch(epochToAck);
  }

  private ackEpoch(epoch: Epoch): void {
    if (this.failIfConnectionBroke()) return;
    const { database, needsSnap } = this.server;
    this.send(packet(ACKEPOCH, needsSnap ? ZERO_ZXID : database.lastProcessedZxid, epoch));
    this.registered();
  }

  private registered(): void {
    const { acceptedEpoch } = this.server;
    if (this.newEpoch < acceptedEpoch) {
      this.fail("leader-epoch-lower", `epoch ${this.newEpoch} is lower than acceptedEpoch ${acceptedEpoch}`);
      return;
    }
    this.server.setPhase(SYNCHRONIZATION);
    this.synchronization = new Synchronization(this.server, this, this.newEpoch);
    this.phase = "synchronizing";
    this.resumeReading();
  }

  // ---- completions of the disk and of other threads

  logTruncated(ok: boolean): void {
    this.synchronization?.logTruncated(ok);
  }

  reloaded(image: DiskImage): void {
    this.synchronization?.reloaded(image);
  }

  /** Whether the tree has transactions from this synchronization that the log lacks. */
  get logLacksTxns(): boolean {
    return this.synchronization?.logLacksTxns ?? false;
  }

  snapshotSaved(ok: boolean): void {
    this.synchronization?.snapshotSaved(ok);
  }

  currentEpochWritten(ok: boolean): void {
    this.synchronization?.currentEpochWritten(ok);
  }

  /**
   * Handles the end of the log thread after a failed sync. The main thread notices it after the next packet
   * (Follower#followLeader). A learner that does not serve yet never notices it, because its server becomes RUNNING
   * later (ZooKeeperServer#setState).
   */
  logFailed(): void {
    if (this.server.logFailed()) return;
    this.internalError =
      this.phase === "serving" ? { reason: "disk-error", detail: "the log could not be written" } : null;
  }

  logIdle(): void {
    if (this.phase === "shutting-down") this.finishShutdown();
  }

  /**
   * The key of the work is the connection, so that work which a former Learner of this server started has no effect on
   * this one.
   */
  startWork(work: ThreadWork): void {
    this.server.effects.startWork(work, this.connection);
  }

  workDone(work: ThreadWork, key: number): void {
    if (key !== this.connection) {
      this.observerMaster?.workDone(work, key);
      return;
    }
    if (this.phase === "synchronizing") this.synchronization?.workDone(work);
    else this.service?.workDone(work);
  }

  // ---- serving

  /** Makes the log thread of a serving learner take a snapshot now. Returns false if it does not run. */
  takeSnapshot(): boolean {
    return this.phase === "serving" && this.service?.takeSnapshot() === true;
  }

  startProcessors(): FollowerProcessors | null {
    this.service ??= this.observer ? new Observer(this.server, this) : new Follower(this.server, this);
    return this.service instanceof Follower ? this.service : null;
  }

  serve(): void {
    const { newEpoch, server } = this;
    const rest = assertPresent(this.synchronization, "synchronization", this.phase);
    const config = server.behavior.uptodateKeepsPending ? rest.committedConfig : rest.config;
    if (config !== null && server.processReconfig(config, null, ZERO_ZXID, true)) {
      this.failReconfigured();
      return;
    }
    if (this.failIfConnectionBroke()) return;
    this.send(packet(ACK, makeZxid(newEpoch, 0), null));
    this.readLimit = "syncLimit";
    this.phase = "serving";
    this.startProcessors();
    server.updateElectionVote(newEpoch);
    assertPresent(this.service, "service", this.phase).serve(rest);
    if (this.phase !== "serving") return;
    server.setPhase(BROADCAST);
    const { configZnode } = server.database;
    if (configZnode !== undefined) server.notes.configShown(configZnode, server.configurations.committed);
    server.notes.active(newEpoch, this.leaderId, server.database.history, this.port === OBSERVER_MASTER_PORT);
    this.startObserverMaster();
    this.resumeReading();
  }

  failReconfigured(): void {
    this.fail("reconfigured", "the new configuration changes the role of this server, or its leader");
  }

  /** Starts the ObserverMaster of a follower (Follower#followLeader). */
  private startObserverMaster(): void {
    const { server, service } = this;
    if (!(service instanceof Follower) || server.settings.observerMasterPort <= 0) return;
    if (!server.behavior.knowsObserverMasters) return;
    this.observerMaster = new ObserverMaster(server, this);
    service.forward(this.observerMaster);
    this.observerMaster.start();
  }

  applyCommitted(): void {
    if (this.service instanceof Follower) this.service.applyCommitted();
  }

  deliver(txn: Txn): boolean {
    const fits = this.server.database.apply(txn);
    this.delivered(txn);
    if (!fits) this.internalError ??= GAP;
    return fits;
  }

  deliverSynced(txn: Txn): boolean {
    const fits = this.server.database.applySynced(txn);
    this.delivered(txn);
    if (!fits) this.fail(GAP.reason, GAP.detail);
    return fits;
  }

  private delivered(txn: Txn): void {
    const { database, notes } = this.server;
    notes.delivered(txn, database.history);
  }

  /** Forwards a client's write to the leader. Returns false if this learner does not serve. */
  submit(value: string | number, bytes: number): boolean {
    if (this.phase !== "serving") return false;
    this.send(packet(REQUEST, NO_ZXID, { value, bytes }));
    return true;
  }

  /**
   * Sends a packet. If the connection was reset, the main thread fails immediately. If another thread sends while the
   * main thread is busy, it closes the socket, and the main thread fails when it reads again (SendAckRequestProcessor).
   */
  send(message: QuorumPacket): void {
    if (!this.wasReset) this.server.effects.send(this.connection, message);
    else if (this.reading) this.connectionEnded("reset");
    else this.pendingFailure ??= { reason: "connection-closed", detail: END_DETAILS.reset };
  }

  anomaly(anomaly: Anomaly, { type, zxid }: QuorumPacket, detail: string): void {
    this.server.notes.anomaly(anomaly, this.leaderId, type, zxid, detail);
  }

  // ---- reading

  /** Handles a connection of an observer to the ObserverMaster. Returns false if this learner is none. */
  accepted(connection: ConnectionId): boolean {
    this.observerMaster?.accepted(connection);
    return this.observerMaster !== null;
  }

  /** Called when the errors of accept() have ended. */
  acceptAgain(): void {
    this.observerMaster?.acceptAgain();
  }

  /** Handles TIMER_TICK. */
  halfTick(): void {
    this.observerMaster?.halfTick();
  }

  /** Handles TIMER_HANDLERS. */
  handlerReadTimeout(): void {
    this.observerMaster?.readTimeout();
  }

  received(connection: ConnectionId, message: QuorumPacket): void {
    if (connection !== this.connection) {
      this.observerMaster?.received(connection, message);
      return;
    }
    if (this.reading && this.inbox.isEmpty) this.read(message);
    else this.inbox.push(message);
  }

  /** Whether packets of the leader have arrived that the main thread has not read. */
  hasUnread(connection: ConnectionId): boolean {
    if (connection === this.connection) return this.inbox.hasUnread;
    return this.observerMaster?.hasUnread(connection) ?? false;
  }

  closed(connection: ConnectionId, how: ConnectionEnd): void {
    if (connection !== this.connection) {
      this.observerMaster?.closed(connection);
      return;
    }
    this.wasReset = how === "reset";
    if (this.reading && this.inbox.isEmpty) this.connectionEnded(how);
    else this.inbox.push(how);
  }

  private connectionEnded(how: ConnectionEnd): void {
    this.fail("connection-closed", END_DETAILS[how]);
  }

  /** Handles TIMER_ROLE. Fails if the socket's timeout has expired. */
  readTimeout(): void {
    const expired = this.reads.fired(this.server.nowUs);
    if (!expired || !this.reading) return;
    this.fail("read-timeout", `the leader sent nothing within ${limitText(this.readLimit, this.server.settings)}`);
  }

  /**
   * Fails and returns false if the data of a packet cannot be read. The exception reaches Follower#followLeader or
   * Observer#observeLeader, which closes the connection.
   */
  canRead(message: QuorumPacket): boolean {
    const unreadable = unreadablePacket(message, this.server.bufferLimit);
    if (unreadable === undefined) return true;
    this.fail(unreadable.reason, unreadable.detail);
    return false;
  }

  private get reading(): boolean {
    const { phase, synchronization } = this;
    if (phase === "synchronizing") return assertPresent(synchronization, "synchronization", phase).reading;
    return phase === "serving" || phase === "reading-leaderinfo";
  }

  private read(message: QuorumPacket): void {
    if (commits(message.type)) this.server.notes.commitRead(message.zxid);
    if (this.phase === "serving") this.service?.receive(message);
    else if (this.phase === "synchronizing") this.synchronization?.receive(message);
    else this.receiveLeaderInfo(message);
    if (message.data !== null && message.type !== SNAP && startsStream(message.data)) this.nextIsUnreadable();
    if (this.internalError !== null) this.fail(this.internalError.reason, this.internalError.detail);
    if (this.reading) this.expectRead();
  }

  /** A snapshot follows a packet that is not SNAP: the learner reads its bytes as the next packet, and fails. */
  private nextIsUnreadable(): void {
    this.pendingFailure ??= { reason: "unreadable-packet", detail: "a snapshot follows a packet that is not SNAP" };
    if (this.reading) this.failIfPending();
  }

  resumeReading(): void {
    if (this.failIfPending()) return;
    this.expectRead();
    while (this.reading) {
      const next = this.inbox.shift();
      if (next === undefined) return;
      if (isPacket(next)) this.read(next);
      else this.connectionEnded(next);
    }
  }

  private expectRead(): void {
    const { initTimeoutUs, nowUs, syncTimeoutUs } = this.server;
    this.reads.set(nowUs, nowUs + (this.readLimit === "initLimit" ? initTimeoutUs : syncTimeoutUs));
  }

  // ---- shutdown (Learner#shutdown)

  failIfDiskFailed(ok: boolean): boolean {
    if (!ok) this.fail("disk-error", "an epoch file or the log could not be written");
    return !ok;
  }

  failIfConnectionBroke(): boolean {
    if (this.failIfPending()) return true;
    if (this.wasReset) this.connectionEnded("reset");
    return this.wasReset;
  }

  private failIfPending(): boolean {
    const pending = this.pendingFailure;
    if (pending !== null) this.fail(pending.reason, pending.detail);
    return pending !== null;
  }

  fail(reason: FailureReason, detail: string): void {
    if (this.phase === "shutting-down" || this.phase === "ended") return;
    const { behavior, effects, notes } = this.server;
    notes.failed(reason, undefined, detail);
    if (this.connection !== NO_CONNECTION) effects.close(this.connection);
    this.connection = NO_CONNECTION;
    this.observerMaster?.stop();
    this.observerMaster = null;
    this.reads.clear();
    this.connector.stop();
    this.stopsServer = this.phase === "serving" || (this.service !== null && behavior.stopsBeforeServing);
    this.phase = "shutting-down";
    if (behavior.learnerShutdown === "leaves-log-thread-until-ack") this.service?.endLogAtNextAck();
    if (this.stopsServer && behavior.learnerShutdown !== "log-thread-first") this.server.fastForward();
    if (this.service === null || !this.waitsForLog || this.service.stopLog()) this.finishShutdown();
  }

  /**
   * Whether the shutdown waits for the log thread. If the learner does not serve yet, most releases do not stop its
   * processors, and its log thread continues.
   */
  private get waitsForLog(): boolean {
    const { learnerShutdown } = this.server.behavior;
    return learnerShutdown === "log-thread-first" || (learnerShutdown === "fast-forward-first" && this.stopsServer);
  }

  private finishShutdown(): void {
    const { behavior, database } = this.server;
    // A server that has not served keeps its database in memory, unless the synchronization was interrupted at a point
    // after which the database must be reloaded from disk.
    if (!this.stopsServer && this.synchronization?.mustReload) database.clear();
    else if (this.stopsServer && behavior.learnerShutdown === "log-thread-first") this.server.fastForward();
    this.end();
  }

  private end(): void {
    this.phase = "ended";
    this.server.look();
  }

  exit(code: number, reason: FailureReason, detail: string): void {
    this.phase = "ended";
    this.server.exit(code, reason, detail);
  }
}
