/**
 * The leader's side of one learner connection (LearnerHandler#run).
 *
 *     learner                   handler                   the handler waits for
 *        │                         │
 *        │ FOLLOWERINFO            │ reading-info
 *        │ (or OBSERVERINFO)      ▶│ waiting-epoch           a quorum of FOLLOWERINFO, and acceptedEpoch on disk
 *        │◀             LEADERINFO │ reading-ackepoch
 *        │ ACKEPOCH               ▶│ waiting-epoch-ack       a quorum of ACKEPOCH
 *        │◀      DIFF, TRUNC, SNAP │ serializing, syncing    its own work; the leader forwards packets meanwhile
 *        │◀              NEWLEADER │ reading-newleader-ack
 *        │ ACK                    ▶│ waiting-newleader-ack   a quorum of ACKs
 *        │                         │ waiting-startup         the leader to be established
 *        │◀               UPTODATE │ serving
 *        │ ACK, PING, REQUEST     ▶│
 *
 * Each place where the Java thread blocks is a phase. Packets that arrive while the thread does not read wait in
 * `inbox`. Not modeled: sessions (REVALIDATE), authentication, multiple addresses of one learner.
 */
import { assertPhase, assertPresent } from "../assert.ts";
import { type ConnectionId, type ThreadWork, WORK_QUEUE_NEWLEADER, WORK_SEND_SNAPSHOT } from "../effects.ts";
import { Inbox, isPacket } from "../inbox.ts";
import type { HandlerView } from "../inspect.ts";
import type { Anomaly, FailureReason } from "../notes.ts";
import {
  ACK,
  ACKEPOCH,
  FOLLOWERINFO,
  LEADERINFO,
  NEWLEADER,
  OBSERVERINFO,
  PING,
  PROPOSAL,
  PROTOCOL_VERSION,
  packet,
  type QuorumPacket,
  REQUEST,
  REVALIDATE,
  SNAP,
  SNAPSHOT_PART,
  type Snapshot,
  type SnapshotPart,
  UPTODATE,
} from "../packets.ts";
import type { QuorumVerifier } from "../quorum.ts";
import type { RoleServer } from "../role-server.ts";
import { limitText, type ReadLimit, type TickLimit } from "../settings.ts";
import type { Txn } from "../storage/history.ts";
import { unreadablePacket } from "../unreadable-packet.ts";
import {
  asZxid,
  type Epoch,
  epochOf,
  formatZxid,
  MAX_EPOCH,
  makeZxid,
  NO_SERVER,
  NO_ZXID,
  type ServerId,
  ZERO_ZXID,
  type Zxid,
} from "../zxid.ts";
import type { EpochAckWaiter, StateSummary } from "./epoch-ack.ts";
import type { EpochWaiter } from "./epoch-proposal.ts";
import type { NewLeaderAckWaiter } from "./newleader-ack.ts";
import { decideSync, type SyncFacts, type SyncPacket } from "./sync-decision.ts";
import { SyncLimitCheck } from "./sync-limit-check.ts";

/** The part of a learner master, which is a leader or an ObserverMaster, that its handlers use. */
export interface HandlerMaster {
  /** The number of ticks since the leader was established (QuorumPeer#tick). */
  readonly tick: number;
  readonly lastProposed: Zxid;
  /** Whether the leader is established and serves, so that Leader#waitForStartup returns. */
  readonly isServing: boolean;
  /** Returns an id for a learner that sent no LearnerInfo (Leader#followerCounter). */
  nextAnonymousId(): ServerId;
  /**
   * Counts the learner's acceptedEpoch (Leader#getEpochToPropose). Notifies the handler of the outcome later, as an
   * EpochWaiter.
   */
  proposeEpoch(handler: LearnerHandler, lastAcceptedEpoch: Epoch): void;
  /**
   * Counts the learner's ACKEPOCH (Leader#waitForEpochAck). Returns false if the learner is more recent than the
   * leader.
   */
  ackEpoch(handler: LearnerHandler, summary: StateSummary): boolean;
  /** Counts the learner's ACK of NEWLEADER (Leader#waitForNewLeaderAck). If the zxid is wrong, only returns false. */
  ackNewLeader(handler: LearnerHandler, zxid: Zxid): boolean;
  syncFacts(peerLastZxid: Zxid, observer: boolean): SyncFacts<Zxid, Txn>;
  /**
   * From now on, the handler gets the packets after `lastSeen` (LearnerMaster#startForwarding). Returns false if the
   * master no longer has all of them and has closed the handler.
   */
  startForwarding(handler: LearnerHandler, lastSeen: Zxid): boolean;
  /**
   * LearnerSyncThrottler#beginSync. Returns false if too many synchronizations are in progress and the learner is not
   * exempt from the limit.
   */
  beginSync(kind: SyncKind, exempt: boolean): boolean;
  endSync(kind: SyncKind): void;
  /** Called when the handler starts to send a snapshot. */
  snapshotStarted(): void;
  /** Handles an ACK that the handler has read (Leader#processAck). */
  readAck(handler: LearnerHandler, zxid: Zxid): void;
  /** Proposes a client's write that the learner forwarded. Returns false if the leader does not serve. */
  submit(value: string | number, bytes: number): boolean;
  /** Called when the handler's thread starts to read. The read times out at `untilUs`. */
  expectRead(untilUs: number): void;
  /** Removes a handler that is closed (Leader#removeLearnerHandler). */
  forget(handler: LearnerHandler): void;
}

/** The two kinds of synchronization that LearnerSyncThrottler counts. */
export type SyncKind = "snap" | "diff";

/** The states of the handler's thread. */
type HandlerPhase =
  | "reading-info"
  | "waiting-epoch"
  | "reading-ackepoch"
  | "waiting-epoch-ack"
  | "sending-snapshot"
  | "reading-config"
  | "queuing-newleader"
  | "reading-newleader-ack"
  | "waiting-newleader-ack"
  | "waiting-startup"
  | "serving"
  | "closed";

/**
 * Whether the handler's thread reads in a phase. If it reads, it handles a packet as soon as the packet arrives, and
 * the socket's timeout runs.
 */
const READING: Readonly<Record<HandlerPhase, boolean>> = {
  "reading-info": true,
  "waiting-epoch": false,
  "reading-ackepoch": true,
  "waiting-epoch-ack": false,
  "sending-snapshot": false,
  "reading-config": false,
  "queuing-newleader": false,
  "reading-newleader-ack": true,
  "waiting-newleader-ack": false,
  "waiting-startup": false,
  serving: true,
  closed: false,
};

export class LearnerHandler implements EpochWaiter, EpochAckWaiter, NewLeaderAckWaiter {
  readonly connection: ConnectionId;
  sid: ServerId = NO_SERVER;
  observer = false;
  /** The time at which the socket's read times out. It has a meaning only in the reading phases. */
  readUntilUs: number;

  private readonly leader: HandlerMaster;
  private readonly server: RoleServer;
  private phase: HandlerPhase = "reading-info";
  private tickOfNextAckDeadline: number;
  private readLimit: ReadLimit = "initLimit";
  private readonly inbox = new Inbox();
  /** LearnerHandler#queuedPackets, until the sender thread runs. Null afterwards: packets are then sent immediately. */
  private queue: QuorumPacket[] | null = [];
  private throttled: SyncKind | null = null;
  /**
   * For a learner from before Zab 1.0, which sends no ACKEPOCH: the state that its FOLLOWERINFO implies. Otherwise
   * null.
   */
  private impliedSummary: StateSummary | null = null;
  /** The last zxid in the learner's ACKEPOCH. */
  private peerLastZxid: Zxid = ZERO_ZXID;
  private newLeaderZxid: Zxid = ZERO_ZXID;
  /** The configuration for NEWLEADER. Null if NEWLEADER has none. */
  private config: QuorumVerifier | null = null;
  /** The leader's lastProcessedZxid at the time when the serialization of a SNAP began. */
  private snapZxid: Zxid = ZERO_ZXID;
  private readonly syncLimitCheck = new SyncLimitCheck();

  constructor(leader: HandlerMaster, server: RoleServer, connection: ConnectionId) {
    const { initLimit, syncLimit } = server.settings;
    this.leader = leader;
    this.server = server;
    this.connection = connection;
    this.tickOfNextAckDeadline = leader.tick + initLimit + syncLimit;
    this.readUntilUs = server.nowUs + server.initTimeoutUs;
  }

  /** Returns the state of this handler. */
  inspect(): HandlerView {
    return { learner: this.sid, step: this.phase };
  }

  get reading(): boolean {
    return this.phase === "serving" || READING[this.phase];
  }

  /** LearnerHandler#synced: the handler is alive, and the learner has sent a packet within its deadline. */
  get synced(): boolean {
    return this.phase !== "closed" && this.leader.tick <= this.tickOfNextAckDeadline;
  }

  receive(message: QuorumPacket): void {
    if (this.reading && this.inbox.isEmpty) this.read(message);
    else this.inbox.push(message);
  }

  /** Whether packets of the learner have arrived that the handler's thread has not read. */
  get hasUnread(): boolean {
    return this.inbox.hasUnread;
  }

  /**
   * Called when the learner has closed the connection. If the handler's thread does not read, the thread notices this
   * at its next read.
   */
  disconnected(): void {
    if (this.reading && this.inbox.isEmpty) this.closedByLearner();
    else this.inbox.push("closed");
  }

  /** Queues a packet. If the sender thread runs, sends the packet immediately (LearnerHandler#queuePacket). */
  queuePacket(message: QuorumPacket): void {
    if (this.queue !== null) this.queue.push(message);
    else this.send(message);
  }

  /** LearnerHandler#ping. Sends no PING before the sender thread runs, because the learner could not handle it yet. */
  ping(): void {
    if (this.queue !== null || this.phase === "closed") return;
    if (this.syncLimitCheck.check(this.server.nowUs, this.server.syncTimeoutUs)) {
      this.queuePacket(packet(PING, this.leader.lastProposed, null));
    } else {
      this.fail("txn-timeout", `the learner did not acknowledge a proposal within ${this.limit("syncLimit")}`);
    }
  }

  /**
   * Ends the handler's thread as an exception does in Java: the handler closes its connection, and the leader
   * continues.
   */
  fail(reason: FailureReason, detail: string): void {
    if (this.phase === "closed") return;
    this.server.notes.failed(reason, this.sid, detail);
    this.close();
  }

  /** Called when the learner has sent nothing within the socket's timeout. */
  failReading(): void {
    this.fail("read-timeout", `the learner sent nothing within ${this.limit(this.readLimit)}`);
  }

  private get readTimeoutUs(): number {
    return this.readLimit === "initLimit" ? this.server.initTimeoutUs : this.server.syncTimeoutUs;
  }

  private limit(name: TickLimit): string {
    return limitText(name, this.server.settings);
  }

  /** Closes the connection. The handler must not be closed yet. */
  close(): void {
    this.endThrottle();
    this.phase = "closed";
    this.server.effects.close(this.connection);
    this.leader.forget(this);
  }

  // ---- reading

  private read(message: QuorumPacket): void {
    this.readUntilUs = this.server.nowUs + this.readTimeoutUs;
    switch (this.phase) {
      case "reading-info":
        this.readInfo(message);
        break;
      case "reading-ackepoch":
        this.readAckEpoch(message);
        break;
      case "reading-newleader-ack":
        this.readNewLeaderAck(message);
        break;
      default:
        this.serveOne(message);
    }
  }

  /** Enters a reading phase and handles the packets in the inbox. Later packets are handled when they arrive. */
  private resumeReading(phase: HandlerPhase): void {
    this.phase = phase;
    this.readUntilUs = this.server.nowUs + this.readTimeoutUs;
    this.leader.expectRead(this.readUntilUs);
    while (this.reading) {
      const next = this.inbox.shift();
      if (next === undefined) return;
      if (isPacket(next)) this.read(next);
      else this.closedByLearner();
    }
  }

  private closedByLearner(): void {
    this.fail("connection-closed", "the learner closed the connection");
  }

  // ---- the epoch

  private readInfo(message: QuorumPacket): void {
    if (message.type !== FOLLOWERINFO && message.type !== OBSERVERINFO) {
      this.anomaly("bad-state", message, "the first packet is not FOLLOWERINFO");
      this.fail("first-packet-not-info", "the first packet is neither FOLLOWERINFO nor OBSERVERINFO");
      return;
    }
    if (!this.canRead(message)) return;
    const info = message.data;
    const lastAcceptedEpoch = epochOf(message.zxid);
    this.sid = info?.serverId ?? this.leader.nextAnonymousId();
    const { behavior, configurations, settings } = this.server;
    const { version } = configurations.committed;
    const isChecked = settings.reconfigEnabled || !behavior.staticLeaderAcceptsNewerConfigs;
    if (isChecked && info !== null && info.configVersion > version) {
      const [theirs, own] = [info.configVersion, version].map((one) => formatZxid(asZxid(one)));
      this.fail("config-ahead", `configuration version ${theirs} is higher than the leader's, ${own}`);
      return;
    }
    // A learner that sends no LearnerInfo has protocol version 1.
    if ((info?.protocolVersion ?? 1) < PROTOCOL_VERSION) {
      this.impliedSummary = { currentEpoch: lastAcceptedEpoch, lastZxid: message.zxid };
    }
    this.observer = message.type === OBSERVERINFO;
    this.server.notes.epochOffered(this.sid, this.observer, lastAcceptedEpoch);
    this.phase = "waiting-epoch";
    this.leader.proposeEpoch(this, lastAcceptedEpoch);
  }

  epochProposed(epoch: Epoch): void {
    assertPhase(this.phase, "waiting-epoch");
    this.newLeaderZxid = makeZxid(epoch, 0);
    if (this.impliedSummary !== null) {
      this.ackEpoch(this.impliedSummary);
      return;
    }
    this.server.effects.send(this.connection, packet(LEADERINFO, this.newLeaderZxid, PROTOCOL_VERSION));
    this.resumeReading("reading-ackepoch");
  }

  epochTimedOut(): void {
    this.fail("epoch-timeout", `no quorum of servers sent FOLLOWERINFO within ${this.limit("initLimit")}`);
  }

  epochAborted(): void {
    this.fail("epoch-quit", "the leader gave up before a quorum of servers sent FOLLOWERINFO");
  }

  epochLimitReached(): void {
    this.fail("epoch-limit", `the learner accepted ${MAX_EPOCH}, the largest epoch that zabsim supports`);
  }

  acceptedEpochNotWritten(): void {
    this.fail("disk-error", "acceptedEpoch could not be written");
  }

  quorumUndecidable(): void {
    this.fail("observer-without-group", "an observer is among the servers of a hierarchical quorum");
  }

  private readAckEpoch(message: QuorumPacket): void {
    if (message.type !== ACKEPOCH) {
      this.anomaly("bad-state", message, "the packet is not ACKEPOCH");
      this.fail("not-ackepoch", "the packet after LEADERINFO is not ACKEPOCH");
      return;
    }
    if (!this.canRead(message)) return;
    this.ackEpoch({ currentEpoch: message.data, lastZxid: message.zxid });
  }

  private ackEpoch(summary: StateSummary): void {
    const { currentEpoch, lastZxid } = summary;
    this.peerLastZxid = lastZxid;
    this.server.notes.epochAcked(this.sid, currentEpoch, lastZxid);
    this.phase = "waiting-epoch-ack";
    if (!this.leader.ackEpoch(this, summary)) {
      this.fail("follower-ahead", `epoch ${currentEpoch} with its last zxid is more recent than the leader's state`);
    }
  }

  epochAckTimedOut(): void {
    this.fail("epoch-ack-timeout", `no quorum of servers sent ACKEPOCH within ${this.limit("initLimit")}`);
  }

  // ---- the synchronization

  /** Synchronizes the learner after a quorum has sent ACKEPOCH (LearnerHandler#syncFollower and its caller). */
  epochAcked(): void {
    assertPhase(this.phase, "waiting-epoch-ack");
    const { leader, server } = this;
    const facts = leader.syncFacts(this.peerLastZxid, this.observer);
    const decision = decideSync(facts);
    if (decision.readsNull) {
      this.fail("unreadable-log", "a record of the log cannot be read, which causes a NullPointerException");
      return;
    }
    server.notes.syncDecided(this.sid, this.observer, facts, decision);
    for (const one of decision.packets) this.queuePacket(quorumPacket(one));
    if (!leader.startForwarding(this, decision.startForwardingFrom)) return;

    const kind = decision.needSnap ? "snap" : "diff";
    if (!leader.beginSync(kind, !this.observer)) {
      this.fail("sync-throttled", `too many concurrent ${kind} syncs`);
      return;
    }
    this.throttled = kind;
    if (decision.needSnap) this.sendSnapshot();
    else this.startWork("reading-config", WORK_QUEUE_NEWLEADER);
  }

  /** From here to NEWLEADER, this thread and the threads that propose and commit queue packets in any order. */
  private startWork(phase: HandlerPhase, work: ThreadWork): void {
    this.phase = phase;
    this.server.effects.startWork(work, this.connection);
  }

  workDone(work: ThreadWork): void {
    if (work === WORK_SEND_SNAPSHOT) this.snapshotSent();
    else if (this.phase === "reading-config") this.readConfig();
    else this.finishSync();
  }

  /**
   * Reads the configuration for NEWLEADER. The thread queues NEWLEADER in a later step, because it holds no lock: in
   * between, the leader can replace the configuration and queue its proposal (LearnerHandler#run).
   */
  private readConfig(): void {
    this.config = this.configToSend;
    if (this.config === null) this.finishSync();
    else this.startWork("queuing-newleader", WORK_QUEUE_NEWLEADER);
  }

  private get configToSend(): QuorumVerifier | null {
    const { behavior, configurations } = this.server;
    const { pending } = configurations;
    return behavior.knowsReconfig && pending.version > 0 ? pending : null;
  }

  private finishSync(): void {
    this.queueNewLeader();
    this.startSending();
  }

  /**
   * Sends SNAP and the snapshot directly to the socket, before all queued packets. Until the learner has read the
   * snapshot, this thread is blocked, and the learner receives a part of it every half tick.
   */
  private sendSnapshot(): void {
    const { behavior, database } = this.server;
    this.snapZxid = database.lastProcessedZxid;
    if (!behavior.newLeaderAfterSnap) this.queueNewLeader();
    this.startWork("sending-snapshot", WORK_SEND_SNAPSHOT);
    this.leader.snapshotStarted();
  }

  /** Sends a part of the snapshot. Returns false if the handler is not sending a snapshot. */
  sendSnapshotPart(): boolean {
    if (this.phase !== "sending-snapshot") return false;
    this.server.effects.send(this.connection, this.snapPacket(SNAPSHOT_PART));
    return true;
  }

  /**
   * Sends the whole snapshot. It contains the transactions that were applied in the meantime, but the SNAP packet has
   * the zxid from before.
   */
  private snapshotSent(): void {
    assertPhase(this.phase, "sending-snapshot");
    const { behavior, database, effects } = this.server;
    effects.send(this.connection, this.snapPacket({ zxid: this.snapZxid, history: database.history }));
    if (behavior.newLeaderAfterSnap) this.readConfig();
    else this.startSending();
  }

  private snapPacket(data: Snapshot | SnapshotPart): QuorumPacket {
    return packet(SNAP, this.snapZxid, data);
  }

  /** Queues NEWLEADER. A learner from before Zab 1.0 gets it immediately, before all queued packets. */
  private queueNewLeader(): void {
    if (this.server.behavior.newLeaderNamesLatestConfig && this.config !== null) this.config = this.configToSend;
    const newLeader = packet(NEWLEADER, this.newLeaderZxid, this.config);
    if (this.impliedSummary !== null) this.server.effects.send(this.connection, newLeader);
    else this.queuePacket(newLeader);
  }

  /** Starts the sender thread, which sends all queued packets (LearnerHandler#startSendingPackets). */
  private startSending(): void {
    const queue = assertPresent(this.queue, "queue", this.phase);
    this.queue = null;
    for (const message of queue) this.send(message);
    this.resumeReading("reading-newleader-ack");
  }

  private readNewLeaderAck(message: QuorumPacket): void {
    if (message.type !== ACK) {
      const detail = "the packet after NEWLEADER is not an ACK";
      this.anomaly("bad-ack", message, detail);
      this.fail("not-ack", detail);
      return;
    }
    this.server.notes.newLeaderAckRead(this.sid, message.zxid);
    this.phase = "waiting-newleader-ack";
    if (!this.leader.ackNewLeader(this, message.zxid)) {
      this.anomaly("bad-ack", message, "the ACK has another zxid than NEWLEADER");
    }
  }

  newLeaderAcked(): void {
    if (this.phase !== "waiting-newleader-ack") return;
    this.syncLimitCheck.start();
    this.endThrottle();
    this.readLimit = "syncLimit";
    this.phase = "waiting-startup";
    if (this.leader.isServing) this.serve();
  }

  newLeaderAckTimedOut(): void {
    this.fail("newleader-ack-timeout", `no quorum of servers acknowledged NEWLEADER within ${this.limit("initLimit")}`);
  }

  // ---- serving

  /** Called when the leader is established (Leader#waitForStartup). */
  leaderStarted(): void {
    if (this.phase === "waiting-startup") this.serve();
  }

  private serve(): void {
    this.queuePacket(packet(UPTODATE, NO_ZXID, null));
    this.resumeReading("serving");
  }

  private serveOne(message: QuorumPacket): void {
    this.tickOfNextAckDeadline = this.leader.tick + this.server.settings.syncLimit;
    switch (message.type) {
      case ACK:
        if (message.zxid === this.newLeaderZxid) this.server.notes.uptodateAckRead(this.sid, message.zxid);
        this.syncLimitCheck.acked(message.zxid);
        this.leader.readAck(this, message.zxid);
        break;
      case PING:
      case REVALIDATE:
        break;
      case REQUEST:
        if (this.canRead(message)) this.leader.submit(message.data.value, message.data.bytes ?? 0);
        break;
      default:
        this.anomaly("bad-state", message, "unexpected packet");
    }
  }

  /** Fails and returns false if the data of a packet cannot be read: the exception ends the handler's thread. */
  private canRead(message: QuorumPacket): boolean {
    const unreadable = unreadablePacket(message, this.server.bufferLimit);
    if (unreadable === undefined) return true;
    this.fail(unreadable.reason, unreadable.detail);
    return false;
  }

  private send(message: QuorumPacket): void {
    if (message.type === PROPOSAL) this.syncLimitCheck.proposed(message.zxid, this.server.nowUs);
    this.server.effects.send(this.connection, message);
  }

  private endThrottle(): void {
    if (this.throttled !== null) this.leader.endSync(this.throttled);
    this.throttled = null;
  }

  private anomaly(anomaly: Anomaly, { type, zxid }: QuorumPacket, detail: string): void {
    this.server.notes.anomaly(anomaly, this.sid, type, zxid, detail);
  }
}

function quorumPacket({ type, zxid, txn }: SyncPacket<Zxid, Txn>): QuorumPacket {
  return txn === null ? packet(type, zxid, null) : packet(type, zxid, txn);
}
