/**
 * The leader's side of one learner (LearnerHandler): FOLLOWERINFO in, LEADERINFO out, ACKEPOCH in, sync decision, NEWLEADER
 * out, ACK in, UPTODATE out, then broadcast. Each place where the Java thread blocks is a phase; packets that come while
 * it does not read wait in `inbox`.
 */
import type { ConnectionId } from "../effects.ts";
import type { FailureReason } from "../notes.ts";
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
  UPTODATE,
} from "../packets.ts";
import type { Txn } from "../storage/history.ts";
import { type Epoch, epochOf, makeZxid, type ServerId, type Zxid } from "../zxid.ts";
import type { Leader } from "./leader.ts";
import type { Waiter } from "./quorum-wait.ts";
import { decideSync, type SyncFacts } from "./sync-decision.ts";

/** Where the handler's thread is. In the reading phases a packet is handled at once and the socket's timeout runs. */
type HandlerPhase =
  | "reading-info"
  | "waiting-epoch"
  | "reading-ackepoch"
  | "waiting-epoch-ack"
  | "serializing"
  | "reading-newleader-ack"
  | "waiting-newleader-ack"
  | "waiting-startup"
  | "serving"
  | "closed";

const READING: Readonly<Record<HandlerPhase, boolean>> = {
  "reading-info": true,
  "waiting-epoch": false,
  "reading-ackepoch": true,
  "waiting-epoch-ack": false,
  serializing: false,
  "reading-newleader-ack": true,
  "waiting-newleader-ack": false,
  "waiting-startup": false,
  serving: true,
  closed: false,
};

export class LearnerHandler implements Waiter {
  readonly connection: ConnectionId;
  sid: ServerId = -1;
  observer = false;
  phase: HandlerPhase = "reading-info";
  /** When the socket's read times out; meaningful in the reading phases. */
  readUntilUs: number;

  private readonly leader: Leader;
  private version = 1;
  private tickOfNextAckDeadline: number;
  private readTimeoutUs: number;
  private inbox: (QuorumPacket | "closed")[] = [];
  /** queuedPackets, until the sender thread runs; then packets go straight out. */
  private queue: QuorumPacket[] | null = [];
  private throttled: "snap" | "diff" | null = null;
  private newLeaderZxid: Zxid = 0;
  private snapZxid: Zxid = 0;
  private readonly limit = new SyncLimitCheck();

  constructor(leader: Leader, connection: ConnectionId) {
    this.leader = leader;
    this.connection = connection;
    this.tickOfNextAckDeadline = leader.initialAckDeadline;
    this.readTimeoutUs = leader.initTimeoutUs;
    this.readUntilUs = leader.nowUs + this.readTimeoutUs;
  }

  get reading(): boolean {
    return READING[this.phase];
  }

  /** LearnerHandler#synced: alive, and heard of within its deadline. */
  get synced(): boolean {
    return this.phase !== "closed" && this.leader.tick <= this.tickOfNextAckDeadline;
  }

  receive(message: QuorumPacket): void {
    if (this.reading && this.inbox.length === 0) this.read(message);
    else this.inbox.push(message);
  }

  /** The learner's end is closed. A thread that does not read learns of it when it reads again. */
  disconnected(): void {
    if (this.reading && this.inbox.length === 0) this.fail("connection-closed", "the learner closed the connection");
    else this.inbox.push("closed");
  }

  /** queuePacket: behind what is queued, or out at once when the sender thread runs. */
  queuePacket(message: QuorumPacket): void {
    if (this.queue !== null) this.queue.push(message);
    else this.sendQueued(message);
  }

  /** LearnerHandler#ping. Not before the sender thread runs: the learner would choke on it. */
  ping(): void {
    if (this.queue !== null || this.phase === "closed") return;
    if (this.limit.check(this.leader.nowUs, this.leader.syncTimeoutUs)) {
      this.queuePacket(packet(PING, this.leader.lastProposed, null));
    } else {
      this.fail("txn-timeout", "a proposal was not acknowledged within syncLimit");
    }
  }

  /** The epoch, the quorum of ACKEPOCH or of NEWLEADER acknowledgements, that this thread waited for, is there. */
  arrived(): void {
    switch (this.phase) {
      case "waiting-epoch":
        this.epochProposed(this.leader.epoch);
        break;
      case "waiting-epoch-ack":
        this.synchronize();
        break;
      case "waiting-newleader-ack":
        this.limit.start();
        this.endThrottle();
        this.readTimeoutUs = this.leader.syncTimeoutUs;
        this.phase = "waiting-startup";
        if (this.leader.running) this.serve();
        break;
      default:
        break;
    }
  }

  timedOut(): void {
    if (this.phase === "waiting-epoch") this.fail("epoch-timeout", "no quorum of FOLLOWERINFO within initLimit");
    else if (this.phase === "waiting-epoch-ack")
      this.fail("epoch-ack-timeout", "no quorum of ACKEPOCH within initLimit");
    else this.fail("newleader-ack-timeout", "no quorum acknowledged NEWLEADER within initLimit");
  }

  calledOff(): void {
    this.fail("epoch-quit", "the leader gave up before a quorum of FOLLOWERINFO");
  }

  /** The leader runs: what came back from waitForStartup. */
  started(): void {
    if (this.phase === "waiting-startup") this.serve();
  }

  /** The thread ends with an exception: this connection is closed, the leader goes on. */
  fail(reason: FailureReason, detail: string): void {
    if (this.phase === "closed") return;
    this.leader.notes.failed(reason, this.sid, detail);
    this.close();
  }

  close(): void {
    if (this.phase === "closed") return;
    this.endThrottle();
    this.phase = "closed";
    this.leader.forget(this);
    this.leader.effects.close(this.connection);
  }

  private read(message: QuorumPacket): void {
    this.readUntilUs = this.leader.nowUs + this.readTimeoutUs;
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

  /** The thread reads again: from what came in the meantime, then from the socket. */
  private resumeReading(phase: HandlerPhase): void {
    this.phase = phase;
    this.readUntilUs = this.leader.nowUs + this.readTimeoutUs;
    this.leader.expectRead(this.readUntilUs);
    while (this.reading && this.inbox.length > 0) {
      const next = this.inbox.shift() as QuorumPacket | "closed";
      if (next === "closed") this.fail("connection-closed", "the learner closed the connection");
      else this.read(next);
    }
  }

  private readInfo(message: QuorumPacket): void {
    if (message.type !== FOLLOWERINFO && message.type !== OBSERVERINFO) {
      this.leader.notes.anomaly(
        "bad-state",
        this.sid,
        message.type,
        message.zxid,
        "the first packet is not FOLLOWERINFO",
      );
      this.fail("first-packet-not-info", "the first packet is neither FOLLOWERINFO nor OBSERVERINFO");
      return;
    }
    const info = message.data;
    if (info === null) {
      this.sid = this.leader.nextAnonymousId();
    } else {
      this.sid = info.serverId;
      this.version = info.protocolVersion;
      if (info.configVersion > this.leader.configVersion) {
        this.fail("config-ahead", `configuration version ${info.configVersion} is ahead of the leader's`);
        return;
      }
    }
    this.observer = message.type === OBSERVERINFO;
    const lastAcceptedEpoch = epochOf(message.zxid);
    this.infoZxid = message.zxid;
    this.leader.notes.epochOffered(this.sid, this.observer, lastAcceptedEpoch);
    this.phase = "waiting-epoch";
    this.leader.proposeEpoch(this, this.sid, lastAcceptedEpoch);
  }

  private infoZxid: Zxid = 0;
  private peerLastZxid: Zxid = 0;

  private epochProposed(epoch: Epoch): void {
    this.newLeaderZxid = makeZxid(epoch, 0);
    if (this.version < PROTOCOL_VERSION) {
      // Before Zab 1.0 there is no ACKEPOCH: what it would say is guessed from the FOLLOWERINFO.
      this.ackEpoch(epochOf(this.infoZxid), this.infoZxid);
      return;
    }
    this.leader.effects.send(this.connection, packet(LEADERINFO, this.newLeaderZxid, PROTOCOL_VERSION));
    this.resumeReading("reading-ackepoch");
  }

  private readAckEpoch(message: QuorumPacket): void {
    if (message.type !== ACKEPOCH) {
      this.leader.notes.anomaly("bad-state", this.sid, message.type, message.zxid, "not ACKEPOCH");
      this.fail("not-ackepoch", "the packet behind LEADERINFO is not ACKEPOCH");
      return;
    }
    this.ackEpoch(message.data, message.zxid);
  }

  private ackEpoch(currentEpoch: Epoch, lastZxid: Zxid): void {
    this.peerLastZxid = lastZxid;
    this.leader.notes.epochAcked(this.sid, currentEpoch, lastZxid);
    this.phase = "waiting-epoch-ack";
    if (!this.leader.ackEpoch(this, this.sid, { currentEpoch, lastZxid })) {
      this.fail("follower-ahead", `epoch ${currentEpoch} and its last zxid are more recent than the leader's`);
    }
  }

  /** syncFollower and what run does with its answer, up to NEWLEADER. */
  private synchronize(): void {
    const { leader } = this;
    const facts = leader.syncFacts(this.peerLastZxid, this.observer);
    const decision = decideSync<Zxid, Txn>(facts as SyncFacts<Zxid, Txn>);
    leader.notes.syncDecided(this.sid, this.observer, facts, decision);
    const queue = this.queue as QuorumPacket[];
    for (const { type, zxid, txn } of decision.packets) {
      queue.push(txn === null ? packet(type as 4 | 13 | 14, zxid, null) : packet(PROPOSAL, zxid, txn));
    }
    leader.startForwarding(this);

    const kind = decision.needSnap ? "snap" : "diff";
    if (!leader.beginSync(kind, !this.observer)) {
      this.fail("sync-throttled", `too many concurrent ${kind} syncs`);
      return;
    }
    this.throttled = kind;
    if (!decision.needSnap) {
      this.startSending();
    } else if (leader.newLeaderAfterSnap) {
      // Straight to the socket, ahead of all that is queued. What would be queued meanwhile comes before NEWLEADER, so it
      // makes no difference how long it takes.
      this.sendSnap(leader.database.lastProcessedZxid);
      this.startSending();
    } else {
      this.snapZxid = leader.database.lastProcessedZxid;
      this.queueNewLeader();
      this.phase = "serializing";
      leader.serialize(this);
    }
  }

  /** With NEWLEADER queued before the SNAP: the snapshot has all that was applied meanwhile, under the zxid from before. */
  serialized(): void {
    if (this.phase !== "serializing") return;
    this.sendSnap(this.snapZxid);
    this.sendQueue();
  }

  private sendSnap(zxid: Zxid): void {
    const { database, effects } = this.leader;
    effects.send(this.connection, packet(SNAP, zxid, { zxid, history: database.history }));
  }

  private startSending(): void {
    this.queueNewLeader();
    this.sendQueue();
  }

  private queueNewLeader(): void {
    const newLeader = packet(NEWLEADER, this.newLeaderZxid, null);
    if (this.version < PROTOCOL_VERSION) this.leader.effects.send(this.connection, newLeader);
    else (this.queue as QuorumPacket[]).push(newLeader);
  }

  private sendQueue(): void {
    const queue = this.queue as QuorumPacket[];
    this.queue = null;
    for (const message of queue) this.sendQueued(message);
    this.resumeReading("reading-newleader-ack");
  }

  private readNewLeaderAck(message: QuorumPacket): void {
    if (message.type !== ACK) {
      this.leader.notes.anomaly(
        "bad-ack",
        this.sid,
        message.type,
        message.zxid,
        "the packet behind NEWLEADER is not an ACK",
      );
      this.fail("not-ack", "the packet behind NEWLEADER is not an ACK");
      return;
    }
    this.leader.notes.newLeaderAckRead(this.sid, message.zxid);
    this.phase = "waiting-newleader-ack";
    if (!this.leader.ackNewLeader(this, this.sid, message.zxid)) {
      this.leader.notes.anomaly("bad-ack", this.sid, ACK, message.zxid, "acknowledges another zxid than NEWLEADER's");
    }
  }

  private serve(): void {
    this.queuePacket(packet(UPTODATE, -1, null));
    this.resumeReading("serving");
  }

  private serveOne(message: QuorumPacket): void {
    this.tickOfNextAckDeadline = this.leader.nextAckDeadline;
    switch (message.type) {
      case ACK:
        if (message.zxid === this.newLeaderZxid) this.leader.notes.uptodateAckRead(this.sid, message.zxid);
        this.limit.acked(message.zxid);
        this.leader.readAck(this, message.zxid);
        break;
      case PING:
      case REVALIDATE:
        break;
      case REQUEST:
        this.leader.submit(message.data.value);
        break;
      default:
        this.leader.notes.anomaly("bad-state", this.sid, message.type, message.zxid, "unexpected packet");
    }
  }

  private sendQueued(message: QuorumPacket): void {
    if (this.phase === "closed") return;
    if (message.type === PROPOSAL) this.limit.proposed(message.zxid, this.leader.nowUs);
    this.leader.effects.send(this.connection, message);
  }

  private endThrottle(): void {
    if (this.throttled !== null) this.leader.endSync(this.throttled);
    this.throttled = null;
  }
}

/** LearnerHandler.SyncLimitCheck: how long the oldest unacknowledged proposal has been out, kept for two of them. */
class SyncLimitCheck {
  private started = false;
  private currentUs = 0;
  private currentZxid: Zxid = 0;
  private nextUs = 0;
  private nextZxid: Zxid = 0;

  start(): void {
    this.started = true;
  }

  proposed(zxid: Zxid, nowUs: number): void {
    if (!this.started) return;
    if (this.currentUs === 0) {
      this.currentUs = nowUs;
      this.currentZxid = zxid;
    } else {
      this.nextUs = nowUs;
      this.nextZxid = zxid;
    }
  }

  acked(zxid: Zxid): void {
    if (this.currentZxid === zxid) {
      this.currentUs = this.nextUs;
      this.currentZxid = this.nextZxid;
      this.nextUs = 0;
      this.nextZxid = 0;
    } else if (this.nextZxid === zxid) {
      this.nextUs = 0;
      this.nextZxid = 0;
    }
  }

  check(nowUs: number, timeoutUs: number): boolean {
    return this.currentUs === 0 || nowUs - this.currentUs < timeoutUs;
  }
}
