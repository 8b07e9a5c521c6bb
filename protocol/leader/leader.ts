/**
 * Leading (Leader#lead, LeaderZooKeeperServer): propose an epoch, have it acknowledged, bring learners in line, become
 * established, then broadcast until the quorum is lost or something breaks.
 *
 * The main thread's steps are `LeaderPhase`s; each learner has a LearnerHandler beside it. Loading, snapshots and epoch
 * files block the thread that does them; the log has a thread of its own.
 */
import { Deadline } from "../deadline.ts";
import { type ConnectionId, type Effects, QUORUM_PORT, TIMER_HANDLERS, TIMER_SNAPS, TIMER_TICK } from "../effects.ts";
import { BROADCAST, DISCOVERY, type FailureReason, type Notes, SYNCHRONIZATION } from "../notes.ts";
import { ACK, COMMIT, INFORM, PROPOSAL, packet, type QuorumPacket } from "../packets.ts";
import type { Peer } from "../peer.ts";
import { AckSet } from "../quorum.ts";
import { makeTxn, type Txn } from "../storage/history.ts";
import { type LogListener, LogThread } from "../storage/log-thread.ts";
import { counterOf, type Epoch, MAX_COUNTER, makeZxid, type ServerId, type Zxid } from "../zxid.ts";
import { EpochAck, type StateSummary } from "./epoch-ack.ts";
import { EpochProposal } from "./epoch-proposal.ts";
import { LearnerHandler } from "./learner-handler.ts";
import { NewLeaderAck } from "./newleader-ack.ts";
import type { Waiter } from "./quorum-wait.ts";
import type { SyncFacts } from "./sync-decision.ts";

type LeaderPhase =
  | "saving-snapshot"
  | "proposing-epoch"
  | "acking-epoch"
  | "writing-epoch"
  | "acking-newleader"
  | "broadcast"
  | "shutting-down"
  | "ended";

/** How long a SNAP may take to be serialized: seconds, of a database as they are in use; here as short as the rest. */
const SERIALIZING_MAX_US = 50_000;

interface Proposal {
  readonly txn: Txn;
  readonly acks: AckSet;
}

export class Leader implements Waiter, LogListener {
  readonly effects: Effects;
  readonly notes: Notes;
  /** QuorumPeer#tick. */
  tick = 0;
  lastProposed: Zxid = 0;

  private readonly peer: Peer;
  private phase: LeaderPhase = "saving-snapshot";
  private readonly supporters: AckSet | null;
  private readonly handlers: LearnerHandler[] = [];
  private readonly byConnection = new Map<ConnectionId, LearnerHandler>();
  /** Connections in the listener's backlog: the acceptor does not run yet. */
  private backlog: { readonly connection: ConnectionId; readonly packets: QuorumPacket[] }[] | null = [];
  private forwardingFollowers: LearnerHandler[] = [];
  private observingLearners: LearnerHandler[] = [];
  private readonly reads: Deadline;
  private readonly epochProposal: EpochProposal;
  private epochAck: EpochAck | null = null;
  private newLeader: NewLeaderAck | null = null;
  private summary: StateSummary = { currentEpoch: -1, lastZxid: -1 };
  /** ZooKeeperServer#getZxid: the last zxid given out. */
  private zxid: Zxid = 0;
  private lastCommitted: Zxid = -1;
  /** Proposed and not committed, oldest first: zxids without gaps. */
  private readonly outstanding: Proposal[] = [];
  /** Committed while the server shuts down, when nothing is applied any more. Else what is committed is applied at once. */
  private readonly toBeApplied: Txn[] = [];
  private log: LogThread | null = null;
  private tickSkip = true;
  private anonymous = 0;
  private readonly syncs = { snap: 0, diff: 0 };
  /** Who is being sent a snapshot, and when that is serialized; see LearnerHandler. */
  private serializing: { readonly handler: LearnerHandler; readonly atUs: number }[] = [];
  private readonly snaps: Deadline;
  private readonly ackDeadline: { readonly initial: number; readonly sync: number };

  constructor(peer: Peer, supporters: AckSet | null) {
    this.peer = peer;
    this.effects = peer.effects;
    this.notes = peer.notes;
    this.supporters = supporters;
    this.reads = new Deadline(peer.effects, TIMER_HANDLERS);
    this.snaps = new Deadline(peer.effects, TIMER_SNAPS);
    const { initLimit, syncLimit } = peer.settings;
    this.ackDeadline = { initial: initLimit + syncLimit, sync: syncLimit };
    this.epochProposal = new EpochProposal(peer.myid, peer.epochVerifier, peer.effects, peer.initTimeoutUs);
  }

  // ---- what handlers read

  get nowUs(): number {
    return this.peer.nowUs;
  }

  get database() {
    return this.peer.database;
  }

  get epoch(): Epoch {
    return this.epochProposal.epoch;
  }

  get running(): boolean {
    return this.phase === "broadcast";
  }

  get newLeaderAfterSnap(): boolean {
    return this.peer.behavior.newLeaderAfterSnap;
  }

  get configVersion(): number {
    return this.peer.settings.configVersion;
  }

  get initTimeoutUs(): number {
    return this.peer.initTimeoutUs;
  }

  get syncTimeoutUs(): number {
    return this.peer.syncTimeoutUs;
  }

  get initialAckDeadline(): number {
    return this.tick + this.ackDeadline.initial;
  }

  get nextAckDeadline(): number {
    return this.tick + this.ackDeadline.sync;
  }

  // ---- lead()

  /** The database is loaded. Begins with a snapshot (ZooKeeperServer#loadData). */
  start(): void {
    this.peer.setPhase(DISCOVERY);
    this.effects.listen(QUORUM_PORT);
    if (this.peer.behavior.leaderSnapshots) this.effects.saveSnapshot(this.database.snapshot(), false);
    else this.snapshotSaved(true);
  }

  snapshotSaved(ok: boolean): void {
    if (!ok) {
      this.peer.exit(10, "disk-error", "the snapshot could not be written");
      return;
    }
    this.summary = { currentEpoch: this.peer.currentEpoch, lastZxid: this.database.lastProcessedZxid };
    const { behavior, epochVerifier, myid } = this.peer;
    const { knowsMissingDatabase } = behavior;
    this.epochAck = new EpochAck(
      myid,
      epochVerifier,
      this.summary,
      this.effects,
      this.initTimeoutUs,
      knowsMissingDatabase,
    );
    this.phase = "proposing-epoch";
    const backlog = this.backlog ?? [];
    this.backlog = null;
    for (const { connection, packets } of backlog) {
      this.handle(connection);
      for (const message of packets) this.byConnection.get(connection)?.receive(message);
    }
    this.epochProposal.propose(this, myid, this.peer.acceptedEpoch, this.nowUs);
  }

  acceptedEpochWritten(ok: boolean): void {
    this.peer.epochAccepted(this.epoch, ok);
    this.notes.epochProposed(this.epoch);
    const failed = this.epochProposal.written(ok);
    if (failed === this || (!ok && this.peer.behavior.unwrittenEpochNotUsed))
      this.fail("disk-error", "acceptedEpoch could not be written");
    else if (failed instanceof LearnerHandler) failed.fail("disk-error", "acceptedEpoch could not be written");
  }

  /** The main thread's waits come back here. */
  arrived(): void {
    if (this.phase === "proposing-epoch") this.epochProposed();
    else if (this.phase === "acking-epoch") {
      this.phase = "writing-epoch";
      this.effects.writeCurrentEpoch(this.epoch);
    } else if (this.phase === "acking-newleader") this.startServer();
  }

  timedOut(): void {
    if (this.phase === "proposing-epoch") this.fail("epoch-timeout", "no quorum of FOLLOWERINFO within initLimit");
    else if (this.phase === "acking-epoch") this.fail("epoch-ack-timeout", "no quorum of ACKEPOCH within initLimit");
    else this.fail("newleader-ack-timeout", "no quorum acknowledged NEWLEADER within initLimit");
  }

  calledOff(): void {
    this.fail("epoch-quit", "a voter that elected this server is looking again");
  }

  private epochProposed(): void {
    const { myid, verifier } = this.peer;
    this.zxid = makeZxid(this.epoch, 0);
    this.lastProposed = this.zxid;
    this.newLeader = new NewLeaderAck(this.zxid, verifier, this.effects, this.initTimeoutUs);
    this.phase = "acking-epoch";
    (this.epochAck as EpochAck).ack(this, myid, this.summary, this.nowUs);
  }

  currentEpochWritten(ok: boolean): void {
    this.peer.epochCurrent(this.epoch, ok);
    if (!ok) {
      this.fail("disk-error", "currentEpoch could not be written");
      return;
    }
    this.peer.setPhase(SYNCHRONIZATION);
    this.phase = "acking-newleader";
    (this.newLeader as NewLeaderAck).ack(this, this.peer.myid, this.zxid, this.nowUs);
  }

  /** startZkServer, and the loop that follows it. */
  private startServer(): void {
    const { database, peer } = this;
    this.lastCommitted = this.zxid;
    this.phase = "broadcast";
    this.log = new LogThread(peer, this);
    peer.updateElectionVote(this.epoch);
    database.lastProcessedZxid = this.zxid;
    if (peer.settings.initialCounter > 0) this.zxid = makeZxid(this.epoch, peer.settings.initialCounter);
    peer.setPhase(BROADCAST);
    this.notes.established(this.epoch, database.history);
    for (const handler of [...this.handlers]) handler.started();
    this.effects.setTimer(TIMER_TICK, this.halfTickUs);
  }

  private get halfTickUs(): number {
    return Math.floor(this.peer.settings.tickTimeMs / 2) * 1000;
  }

  /** Twice a tick: every other time the tick advances and the quorum is checked, then all are pinged. */
  halfTick(): void {
    if (this.phase !== "broadcast") return;
    if (!this.tickSkip) {
      this.tick++;
      const synced = new AckSet(this.peer.verifier);
      synced.add(this.peer.myid);
      for (const handler of this.handlers) if (handler.synced) synced.add(handler.sid);
      if (!synced.hasQuorum) {
        const names = [...synced.servers].join(",");
        this.fail("not-enough-followers", `only synced with sids: ${names}`);
        return;
      }
    }
    this.tickSkip = !this.tickSkip;
    for (const handler of [...this.handlers]) handler.ping();
    this.effects.setTimer(TIMER_TICK, this.halfTickUs);
  }

  // ---- connections

  accepted(connection: ConnectionId): void {
    if (this.phase === "ended") this.effects.close(connection);
    else if (this.backlog !== null) this.backlog.push({ connection, packets: [] });
    else this.handle(connection);
  }

  received(connection: ConnectionId, message: QuorumPacket): void {
    const handler = this.byConnection.get(connection);
    if (handler !== undefined) handler.receive(message);
    else this.backlog?.find((entry) => entry.connection === connection)?.packets.push(message);
  }

  closed(connection: ConnectionId): void {
    if (this.backlog !== null) this.backlog = this.backlog.filter((entry) => entry.connection !== connection);
    this.byConnection.get(connection)?.disconnected();
  }

  private handle(connection: ConnectionId): void {
    const handler = new LearnerHandler(this, connection);
    this.handlers.push(handler);
    this.byConnection.set(connection, handler);
    this.expectRead(handler.readUntilUs);
  }

  /** A handler's thread reads, and gives up at `untilUs`. */
  expectRead(untilUs: number): void {
    this.reads.set(this.nowUs, Math.min(untilUs, this.earliestRead()));
  }

  /** TIMER_HANDLERS: closes the connections whose read has timed out. */
  readTimeout(): void {
    if (!this.reads.fired(this.nowUs)) return;
    for (const handler of [...this.handlers]) {
      if (handler.reading && handler.readUntilUs <= this.nowUs) handler.fail("read-timeout", "nothing read in time");
    }
    const next = this.earliestRead();
    if (next !== Number.POSITIVE_INFINITY) this.reads.set(this.nowUs, next);
  }

  private earliestRead(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const handler of this.handlers) {
      if (handler.reading && handler.readUntilUs < earliest) earliest = handler.readUntilUs;
    }
    return earliest;
  }

  /** removeLearnerHandler. */
  forget(handler: LearnerHandler): void {
    remove(this.handlers, handler);
    remove(this.forwardingFollowers, handler);
    remove(this.observingLearners, handler);
    this.byConnection.delete(handler.connection);
    this.epochProposal.leave(handler);
    this.epochAck?.room.leave(handler);
    this.newLeader?.room.leave(handler);
  }

  // ---- what handlers call

  /** A learner that sent no LearnerInfo (followerCounter). */
  nextAnonymousId(): ServerId {
    this.anonymous--;
    return this.anonymous;
  }

  proposeEpoch(handler: LearnerHandler, sid: ServerId, lastAcceptedEpoch: Epoch): void {
    const tooLate = this.epochProposal.done && lastAcceptedEpoch > this.epochProposal.epoch;
    if (this.peer.behavior.learnerAheadEndsLeading && tooLate) {
      this.fail("follower-ahead", `server ${sid} has accepted epoch ${lastAcceptedEpoch}`);
      return;
    }
    this.epochProposal.propose(handler, sid, lastAcceptedEpoch, this.nowUs);
  }

  ackEpoch(handler: LearnerHandler, sid: ServerId, summary: StateSummary): boolean {
    return (this.epochAck as EpochAck).ack(handler, sid, summary, this.nowUs);
  }

  ackNewLeader(handler: LearnerHandler, sid: ServerId, zxid: Zxid): boolean {
    return (this.newLeader as NewLeaderAck).ack(handler, sid, zxid, this.nowUs);
  }

  syncFacts(peerLastZxid: Zxid, observer: boolean): SyncFacts<Zxid, Txn> {
    const { behavior, database, settings } = this.peer;
    return {
      peerLastZxid,
      lastProcessedZxid: database.lastProcessedZxid,
      committedLog: database.committedLog,
      txnLogFiles: database.logFiles,
      source: behavior.syncSource,
      txnLogSyncEnabled: settings.snapshotSizeFactor >= 0,
      txnLogExceedsSizeLimit: database.exceedsTxnLogSizeLimit(peerLastZxid),
      forceSnapSync: settings.forceSnapSync || (behavior.truncRemovesEverythingAbove && peerLastZxid === 0),
      lastProposed: this.lastProposed,
      toBeApplied: this.toBeApplied,
      outstandingProposals: this.outstanding.map((proposal) => proposal.txn),
      observer,
    };
  }

  /** The second half of Leader#startForwarding: from now on the learner gets what others get. */
  startForwarding(handler: LearnerHandler): void {
    if (this.peer.behavior.syncForgetsAcks) for (const { acks } of this.outstanding.values()) acks.forget(handler.sid);
    (handler.observer ? this.observingLearners : this.forwardingFollowers).push(handler);
  }

  /** A SNAP takes a while to be serialized; until then transactions are applied to what it reads. */
  serialize(handler: LearnerHandler): void {
    const atUs = this.nowUs + this.effects.random(SERIALIZING_MAX_US);
    this.serializing.push({ handler, atUs });
    this.snaps.set(this.nowUs, Math.min(...this.serializing.map((one) => one.atUs)));
  }

  /** TIMER_SNAPS. */
  serialized(): void {
    if (!this.snaps.fired(this.nowUs)) return;
    const done = this.serializing.filter(({ atUs }) => atUs <= this.nowUs);
    this.serializing = this.serializing.filter(({ atUs }) => atUs > this.nowUs);
    if (this.serializing.length > 0) this.snaps.set(this.nowUs, Math.min(...this.serializing.map((one) => one.atUs)));
    for (const { handler } of done) handler.serialized();
  }

  /** LearnerSyncThrottler#beginSync. False if there are too many and this one may be refused. */
  beginSync(kind: "snap" | "diff", exempt: boolean): boolean {
    const { behavior, settings } = this.peer;
    const limit = kind === "snap" ? settings.maxConcurrentSnapSyncs : settings.maxConcurrentDiffSyncs;
    if (!exempt && behavior.throttledSyncs.includes(kind) && this.syncs[kind] >= limit) return false;
    this.syncs[kind]++;
    return true;
  }

  endSync(kind: "snap" | "diff"): void {
    this.syncs[kind]--;
  }

  /** Leader#reportLookingSid: one of those who elected us is looking again, and we have waited long enough. */
  lookingAgain(sid: ServerId): void {
    const { behavior, settings } = this.peer;
    const limitMs = behavior.quitsWaitingForEpoch ? settings.maxTimeToWaitForEpochMs : -1;
    const since = this.epochProposal.leaderWaitsSinceUs;
    if (limitMs < 0 || since < 0 || this.phase !== "proposing-epoch" || this.epochProposal.done) return;
    if (this.supporters?.has(sid) && this.nowUs - since > limitMs * 1000) this.epochProposal.quit();
  }

  // ---- broadcast

  /** A client's write. False while this leader does not serve. */
  submit(value: string | number): boolean {
    if (this.phase !== "broadcast") return false;
    const zxid = this.zxid + 1;
    if (counterOf(zxid) === MAX_COUNTER) {
      this.fail("zxid-rollover", "the counter is used up; a new epoch must start");
      return false;
    }
    this.zxid = zxid;
    this.propose(makeTxn(zxid, value));
    return true;
  }

  private propose(txn: Txn): void {
    this.lastProposed = txn.zxid;
    this.outstanding.push({ txn, acks: new AckSet(this.peer.verifier) });
    this.notes.proposed(txn);
    const proposal = packet(PROPOSAL, txn.zxid, txn);
    for (const handler of this.forwardingFollowers) handler.queuePacket(proposal);
    (this.log as LogThread).write(txn);
  }

  /** The log thread synced: the leader's own ACKs (AckRequestProcessor). */
  logWritten(txns: readonly Txn[], ok: boolean): void {
    if (ok) for (const txn of txns) this.processAck(this.peer.myid, txn.zxid);
    else if (!this.peer.logFailed()) this.fail("disk-error", "the log could not be written");
  }

  logIdle(): void {
    if (this.phase === "shutting-down") this.finishShutdown();
  }

  /** An ACK that a learner's handler has read. */
  readAck(handler: LearnerHandler, zxid: Zxid): void {
    const { sid } = handler;
    const newest = this.forwardingFollowers.findLast((other) => other.sid === sid);
    if (this.peer.behavior.syncForgetsAcks && newest !== handler) return;
    this.processAck(sid, zxid);
  }

  private processAck(sid: ServerId, zxid: Zxid): void {
    // The ACK of UPTODATE, and of NEWLEADER when it comes late.
    if (counterOf(zxid) === 0) return;
    const { outstanding } = this;
    const first = outstanding[0];
    if (first === undefined || zxid <= this.lastCommitted) return;
    const proposal = outstanding[zxid - first.txn.zxid];
    if (proposal === undefined) {
      this.notes.anomaly("bad-ack", sid, ACK, zxid, "acknowledges a proposal that was not made");
      return;
    }
    proposal.acks.add(sid);
    this.tryToCommit(proposal);
  }

  private tryToCommit({ txn, acks }: Proposal): void {
    const { zxid } = txn;
    if ((this.outstanding[0] as Proposal).txn !== txn || !acks.hasQuorum) return;
    this.outstanding.shift();
    this.lastCommitted = zxid;
    this.notes.committed(txn);
    const commit = packet(COMMIT, zxid, null);
    for (const handler of this.forwardingFollowers) handler.queuePacket(commit);
    if (this.observingLearners.length > 0) {
      const inform = packet(INFORM, zxid, txn);
      for (const handler of this.observingLearners) handler.queuePacket(inform);
    }
    if (this.phase === "broadcast") {
      this.database.apply(txn);
      this.notes.delivered(txn, this.database.history);
    } else {
      // The commit processor is stopped already; the log will be read back instead.
      this.toBeApplied.push(txn);
    }
  }

  // ---- leaving

  timer(kind: "epoch" | "epoch-ack" | "newleader-ack"): void {
    if (kind === "epoch") this.epochProposal.timeout(this.nowUs);
    else if (kind === "epoch-ack") this.epochAck?.room.timeout(this.nowUs);
    else this.newLeader?.room.timeout(this.nowUs);
  }

  /** Leader#shutdown: first the server with its log thread, then the learners; then LOOKING again. */
  fail(reason: FailureReason, detail: string): void {
    if (this.phase === "shutting-down" || this.phase === "ended") return;
    this.notes.failed(reason, undefined, detail);
    const served = this.phase === "broadcast";
    this.phase = "shutting-down";
    this.effects.unlisten(QUORUM_PORT);
    this.effects.cancelTimer(TIMER_TICK);
    if (!served) this.end();
    else if (this.log?.idle) this.finishShutdown();
  }

  private finishShutdown(): void {
    this.peer.fastForward();
    this.end();
  }

  private end(): void {
    this.phase = "ended";
    this.epochProposal.close();
    this.epochAck?.room.close();
    this.newLeader?.room.close();
    this.reads.clear();
    this.snaps.clear();
    for (const handler of [...this.handlers]) handler.close();
    for (const { connection } of this.backlog ?? []) this.effects.close(connection);
    this.peer.look();
  }
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
