/**
 * The leader (Leader#lead, LeaderZooKeeperServer): it proposes an epoch, collects ACKEPOCHs, synchronizes learners,
 * becomes established, and broadcasts transactions until it loses its quorum or fails.
 *
 * The steps of the main thread are `LeaderPhase`s. Each learner has a LearnerHandler, which stands for the Java thread
 * of that name. A thread that writes a snapshot or an epoch file waits for the disk. The log has its own thread
 * (storage/log-thread.ts).
 *
 * A commit and its effect on the tree are separate steps: the leader sends COMMIT, and the commit processor applies the
 * transaction later (commit-processor.ts). A learner that synchronizes in between gets the transaction as PROPOSAL and
 * COMMIT, after the packets that the sync decision chose.
 *
 * Not modeled: PrepRequestProcessor and sessions.
 */
import { assertPhase, assertPresent } from "../assert.ts";
import { type CommitListener, CommitProcessor } from "../commit-processor.ts";
import {
  asConnectionId,
  type ConnectionId,
  EXIT_SNAPSHOT_ERROR,
  QUORUM_PORT,
  type ThreadWork,
  TIMER_TICK,
  WORK_APPLY_COMMITS,
} from "../effects.ts";
import { type LeaderView, zxidsOf } from "../inspect.ts";
import { BROADCAST, DISCOVERY, type FailureReason, SYNCHRONIZATION } from "../notes.ts";
import { ACK, COMMIT, COMMITANDACTIVATE, INFORM, INFORMANDACTIVATE, PROPOSAL, packet } from "../packets.ts";
import { type AckSet, configText, observersOf, type QuorumVerifier } from "../quorum.ts";
import type { RoleServer } from "../role-server.ts";
import { makeTxn, type Txn } from "../storage/history.ts";
import { type LogListener, LogThread } from "../storage/log-thread.ts";
import {
  counterOf,
  type Epoch,
  MAX_COUNTER,
  MAX_EPOCH,
  makeZxid,
  NO_EPOCH,
  NO_ZXID,
  nextZxid,
  type ServerId,
  ZERO_ZXID,
  type Zxid,
} from "../zxid.ts";
import { EpochAck, type EpochAckWaiter, type StateSummary } from "./epoch-ack.ts";
import { EpochProposal, type EpochWaiter } from "./epoch-proposal.ts";
import type { LearnerHandler } from "./learner-handler.ts";
import { LearnerMaster, remove } from "./learner-master.ts";
import { NewLeaderAck, type NewLeaderAckWaiter } from "./newleader-ack.ts";
import { checkReconfig, designatedLeader, type ReconfigRequest, type ReconfigResult } from "./reconfig.ts";

/** The part of QuorumPeer that a leader uses. */
export interface LeaderServer extends RoleServer {
  /** Whether a fault stalls the main thread of a leader. */
  readonly leaderStalls: boolean;
}

type LeaderPhase =
  | "saving-snapshot"
  | "proposing-epoch"
  | "acking-epoch"
  | "writing-epoch"
  | "acking-newleader"
  | "broadcast"
  | "shutting-down"
  | "ended";

interface Proposal {
  readonly txn: Txn;
  acks: AckSet;
}

/** The error of a thread because of which the leader must stop leading. */
interface InternalError {
  readonly reason: FailureReason;
  readonly detail: string;
}

export class Leader
  extends LearnerMaster
  implements EpochWaiter, EpochAckWaiter, NewLeaderAckWaiter, LogListener, CommitListener
{
  /** The number of ticks since the leader was established (QuorumPeer#tick). */
  tick = 0;
  lastProposed: Zxid = ZERO_ZXID;

  protected override readonly server: LeaderServer;

  private phase: LeaderPhase = "saving-snapshot";
  /**
   * Set if a learner that has accepted a later epoch arrives during the write of currentEpoch. After the write, the
   * leader fails with this text as the detail of the failure.
   */
  private learnerAhead: string | undefined = undefined;
  /** The voters that elected this leader. */
  private readonly supporters: AckSet;
  /** LearnerCnxAcceptor has not started. */
  protected override backlog: LearnerMaster["backlog"] = [];
  /** Whether LearnerCnxAcceptor has ended because of an error of accept(). */
  private hasAcceptorEnded = false;
  private readonly forwardingFollowers: LearnerHandler[] = [];
  private readonly observingLearners: LearnerHandler[] = [];
  private readonly epochProposal: EpochProposal;
  private epochAck: EpochAck | null = null;
  private newLeaderAck: NewLeaderAck | null = null;
  /** The proposed epoch; NO_EPOCH until the epoch quorum is complete. */
  private epoch: Epoch = NO_EPOCH;
  /** The last zxid that the leader has assigned (ZooKeeperServer#getZxid). */
  private zxid: Zxid = ZERO_ZXID;
  private lastCommitted: Zxid = NO_ZXID;
  /** False after this leader has designated another server to lead. It then commits nothing more. */
  private allowedToCommit = true;
  /** Proposals that are not committed, oldest first. Their zxids have no gaps. */
  private readonly outstanding: Proposal[] = [];
  /** Committed transactions that the leader has not applied yet, oldest first. */
  private readonly toBeApplied: Txn[] = [];
  private readonly commitProcessor = new CommitProcessor(this);
  private log: LogThread | null = null;
  /** The number of faults that stall the thread of PrepRequestProcessor. */
  private requestStalls = 0;
  /** The requests that wait for the thread of PrepRequestProcessor, in order (submittedRequests). */
  private requests: (() => void)[] = [];
  /**
   * The error of the log thread or of LearnerCnxAcceptor (ZooKeeperServer.State.ERROR); null if there is none. The main
   * thread notices the error at the next half tick.
   */
  private internalError: InternalError | null = null;
  /** The quorum port, which stays the same while the server leads. */
  private readonly quorumPort: number;
  /** Whether the main thread stalls just before it counts the leader itself: for the epoch, or for ACKEPOCH. */
  private stalled = false;
  /** Whether the leader only sends pings at the next half tick. */
  private tickSkip = true;

  constructor(server: LeaderServer, supporters: AckSet) {
    super(server);
    this.server = server;
    this.supporters = supporters;
    this.quorumPort = server.configurations.own.quorum;
    this.epochProposal = new EpochProposal(
      server.myid,
      server.configurations.epochVerifier,
      server.effects,
      server.initTimeoutUs,
    );
  }

  get isServing(): boolean {
    return this.phase === "broadcast";
  }

  /** Returns the sets of this leader. */
  inspect(): LeaderView {
    return {
      step: this.phase,
      epoch: this.epoch,
      connecting: [...this.epochProposal.servers],
      electing: [...(this.epochAck?.servers ?? [])],
      newLeaderAcks: [...(this.newLeaderAck?.acked.servers ?? [])],
      forwarding: this.forwardingFollowers.map(({ sid }) => sid),
      observing: this.observingLearners.map(({ sid }) => sid),
      outstanding: this.outstanding.map(({ acks, txn }) => ({ zxid: txn.zxid, acks: [...acks.servers] })),
      toBeApplied: zxidsOf(this.toBeApplied),
      lastProposed: this.lastProposed,
      lastCommitted: this.lastCommitted,
      handlers: this.handlers.map((handler) => handler.inspect()),
    };
  }

  // ---- discovery

  /**
   * Starts to lead. The database must be loaded. With leaderSnapshots, the leader first saves a snapshot
   * (ZooKeeperServer#loadData).
   */
  start(): void {
    const { behavior, effects } = this.server;
    this.server.setPhase(DISCOVERY);
    effects.listen(QUORUM_PORT, this.quorumPort);
    if (behavior.leaderSnapshots) this.server.saveSnapshot(false);
    else this.snapshotSaved(true);
  }

  snapshotSaved(ok: boolean): void {
    const { behavior, configurations, currentEpoch, database, effects, initTimeoutUs, myid } = this.server;
    if (!ok) {
      this.server.exit(EXIT_SNAPSHOT_ERROR, "disk-error", "the snapshot could not be written");
      return;
    }
    this.epochAck = new EpochAck({
      myid,
      verifier: configurations.epochVerifier,
      leader: { currentEpoch, lastZxid: database.lastProcessedZxid },
      knowsMissingDatabase: behavior.knowsMissingDatabase,
      effects,
      timeoutUs: initTimeoutUs,
    });
    this.phase = "proposing-epoch";
    // In Java, the acceptor thread starts first. Unless the main thread stalls, it is already running and comes first.
    if (this.server.leaderStalls) this.stalled = true;
    else this.proposeOwnEpoch();
    this.startAcceptor();
  }

  private proposeOwnEpoch(): void {
    const { acceptedEpoch, myid, nowUs } = this.server;
    this.epochProposal.propose(this, myid, acceptedEpoch, nowUs);
  }

  /** Runs the main thread after a stall, unless another stall has begun. */
  resumeMain(): void {
    if (!this.stalled || this.server.leaderStalls) return;
    this.stalled = false;
    if (this.phase === "proposing-epoch") this.proposeOwnEpoch();
    else this.ackOwnEpoch();
  }

  /** Accepts the connections in the backlog, unless the leader has already given up. */
  private startAcceptor(): void {
    if (this.phase === "ended") return;
    const hasConnections = assertPresent(this.backlog, "backlog", this.phase).length > 0;
    if (hasConnections && this.server.acceptErrors.fails("acceptor")) this.acceptFailed();
    else this.acceptBacklog();
  }

  override accepted(connection: ConnectionId): void {
    super.accepted(connection);
    // A connection that has waited for a stalled thread can arrive after the port is closed.
    if (this.hasAcceptorEnded && this.server.behavior.failedAcceptorClosesPort) this.resetBacklog();
  }

  /** LearnerCnxAcceptor ends (LearnerCnxAcceptor#run, ZooKeeperCriticalThread#handleException). */
  protected acceptFailed(): void {
    const { behavior, effects, notes } = this.server;
    this.hasAcceptorEnded = true;
    notes.acceptFailed("acceptor-ends", 1);
    if (behavior.failedAcceptorStopsLeader) {
      this.internalError = { reason: "acceptor-failed", detail: "accept() failed on the quorum port" };
    }
    if (!behavior.failedAcceptorClosesPort) return;
    effects.unlisten(QUORUM_PORT, this.quorumPort);
    this.resetBacklog();
  }

  acceptedEpochWritten(ok: boolean): void {
    const { epoch } = this.epochProposal;
    const acceptedBefore = this.server.acceptedEpoch;
    this.server.acceptedEpochWritten(epoch, ok);
    this.server.notes.epochProposed(epoch, acceptedBefore);
    if (!ok && this.server.behavior.unwrittenEpochNotUsed) this.acceptedEpochNotWritten();
    else this.epochProposal.written(ok);
  }

  epochProposed(epoch: Epoch): void {
    assertPhase(this.phase, "proposing-epoch");
    const { behavior, configurations, effects, initTimeoutUs } = this.server;
    this.epoch = epoch;
    this.zxid = makeZxid(epoch, 0);
    this.lastProposed = this.zxid;
    // The first leader gives the initial configuration, whose version is 0, a version of its own (ZOOKEEPER-1783).
    const { committed, pending } = configurations;
    if (behavior.knowsReconfig && committed.version === 0 && pending.version === 0) {
      configurations.see({ ...committed, version: this.zxid });
    }
    this.newLeaderAck = new NewLeaderAck(this.zxid, configurations.newLeaderAcks(), effects, initTimeoutUs);
    this.phase = "acking-epoch";
    if (this.server.leaderStalls) this.stalled = true;
    else this.ackOwnEpoch();
  }

  private ackOwnEpoch(): void {
    assertPresent(this.epochAck, "epochAck", this.phase).ackLeader(this, this.server.nowUs);
  }

  epochTimedOut(): void {
    this.fail("epoch-timeout", `no quorum of servers sent FOLLOWERINFO within ${this.limit("initLimit")}`);
  }

  epochAborted(): void {
    this.fail("epoch-quit", "a voter that elected this server is LOOKING again");
  }

  epochLimitReached(): void {
    this.fail("epoch-limit", `acceptedEpoch is ${MAX_EPOCH}, the largest epoch that zabsim supports`);
  }

  acceptedEpochNotWritten(): void {
    this.fail("disk-error", "acceptedEpoch could not be written");
  }

  quorumUndecidable(): void {
    this.fail("observer-without-group", "an observer is among the servers of a hierarchical quorum");
  }

  epochAcked(): void {
    assertPhase(this.phase, "acking-epoch");
    this.phase = "writing-epoch";
    this.server.effects.writeCurrentEpoch(this.epoch);
  }

  epochAckTimedOut(): void {
    this.fail("epoch-ack-timeout", `no quorum of servers sent ACKEPOCH within ${this.limit("initLimit")}`);
  }

  /**
   * Handles a server that is LOOKING again (Leader#reportLookingSid). If this server is a voter that elected the
   * leader, and the leader has waited for longer than maxTimeToWaitForEpoch, the leader gives up.
   */
  lookingAgain(sid: ServerId): void {
    const { behavior, nowUs, settings } = this.server;
    const limitMs = behavior.quitsWaitingForEpoch ? settings.maxTimeToWaitForEpochMs : -1;
    const since = this.epochProposal.leaderWaitsSinceUs;
    if (limitMs < 0 || since < 0 || this.phase !== "proposing-epoch" || this.epochProposal.done) return;
    if (this.supporters.has(sid) && nowUs - since > limitMs * 1000) this.epochProposal.abort();
  }

  // ---- synchronization

  currentEpochWritten(ok: boolean): void {
    this.server.currentEpochWritten(this.epoch, ok);
    if (!ok) {
      this.fail("disk-error", "currentEpoch could not be written");
      return;
    }
    if (this.learnerAhead !== undefined) {
      this.fail("follower-ahead", this.learnerAhead);
      return;
    }
    this.server.setPhase(SYNCHRONIZATION);
    this.phase = "acking-newleader";
    const newLeaderAck = assertPresent(this.newLeaderAck, "newLeaderAck", this.phase);
    newLeaderAck.ack(this, this.server.myid, this.zxid, this.server.nowUs);
  }

  newLeaderAckTimedOut(): void {
    this.fail("newleader-ack-timeout", `no quorum of servers acknowledged NEWLEADER within ${this.limit("initLimit")}`);
  }

  /**
   * Called when a quorum has acknowledged NEWLEADER. The leader is established (Leader#startZkServer) and begins its
   * main loop.
   */
  newLeaderAcked(): void {
    assertPhase(this.phase, "acking-newleader");
    const { server } = this;
    const { database, settings } = server;
    this.lastCommitted = this.zxid;
    this.phase = "broadcast";
    if (this.internalError !== null && !server.behavior.startupKeepsError) {
      server.notes.acceptFailed("error-forgotten", 1);
      this.internalError = null;
    }
    this.log = new LogThread(server, this);
    server.updateElectionVote(this.epoch);
    database.lastProcessedZxid = this.zxid;
    if (settings.initialCounter > 0) this.zxid = makeZxid(this.epoch, settings.initialCounter);
    server.setPhase(BROADCAST);
    this.activatePending();
    const { configZnode } = database;
    if (configZnode !== undefined) server.notes.configShown(configZnode, server.configurations.committed);
    server.notes.established(this.epoch, database.history, this.newLeaderAck?.acked);
    for (const handler of [...this.handlers]) handler.leaderStarted();
    // A handler can find a REQUEST in its inbox and propose it. If this uses up the zxids of the epoch, the leader no
    // longer serves.
    if (this.isServing) server.effects.setTimer(TIMER_TICK, this.halfTickUs);
  }

  /**
   * Makes the pending configuration the committed one. The quorum that has acknowledged NEWLEADER knows it
   * (Leader#startZkServer).
   */
  private activatePending(): void {
    const { behavior, configurations, settings } = this.server;
    if (!behavior.knowsReconfig) return;
    if (behavior.leaderWritesConfigZnode) this.server.initConfigZnode();
    if (!settings.reconfigEnabled && behavior.reconfigDisabledKeepsPending) return;
    const { acked } = assertPresent(this.newLeaderAck, "newLeaderAck", this.phase);
    this.activate(configurations.pending, acked, this.zxid);
  }

  /**
   * Handles TIMER_TICK, which fires twice per tick: fails if a critical thread has failed, and otherwise sends pings.
   * Every second time, the leader first advances the tick and checks that a quorum is synced with it.
   *
   * Before the leader serves, the timer runs only while a handler is sending a snapshot.
   */
  halfTick(): void {
    if (!this.isServing) {
      if (this.sendSnapshotParts()) this.snapshotStarted();
      return;
    }
    if (this.internalError !== null) {
      this.fail(this.internalError.reason, this.internalError.detail);
      return;
    }
    if (!this.tickSkip) {
      this.tick++;
      const { behavior, configurations, myid } = this.server;
      const synced = configurations.proposalAcks();
      synced.add(myid);
      for (const { observer, sid, synced: isSynced } of this.handlers) {
        if (isSynced && (behavior.onlyVotersAcknowledge || !observer)) synced.add(sid);
      }
      if (!synced.hasQuorum) {
        const names = [...synced.servers].join(",");
        const limit = this.limit("syncLimit");
        this.fail(
          "not-enough-followers",
          `only synced with sids: ${names}; no other learner sent anything within ${limit}`,
        );
        return;
      }
    }
    this.tickSkip = !this.tickSkip;
    this.sendSnapshotParts();
    for (const handler of [...this.handlers]) handler.ping();
    this.server.effects.setTimer(TIMER_TICK, this.halfTickUs);
  }

  snapshotStarted(): void {
    if (!this.isServing) this.server.effects.setTimer(TIMER_TICK, this.halfTickUs);
  }

  // ---- connections

  override forget(handler: LearnerHandler): void {
    super.forget(handler);
    remove(this.forwardingFollowers, handler);
    remove(this.observingLearners, handler);
    this.epochProposal.leave(handler);
    this.epochAck?.leave(handler);
    this.newLeaderAck?.leave(handler);
  }

  // ---- called by handlers (HandlerMaster)

  proposeEpoch(handler: LearnerHandler, lastAcceptedEpoch: Epoch): void {
    const { behavior, nowUs } = this.server;
    const tooLate = this.epochProposal.done && lastAcceptedEpoch > this.epochProposal.epoch;
    if (behavior.learnerAheadEndsLeading && tooLate) {
      const detail = `server ${handler.sid} has accepted epoch ${lastAcceptedEpoch}`;
      // The leader's thread notices this learner only after the write.
      if (this.phase === "writing-epoch") this.learnerAhead = detail;
      else this.fail("follower-ahead", detail);
      return;
    }
    this.epochProposal.propose(handler, handler.sid, lastAcceptedEpoch, nowUs);
  }

  ackEpoch(handler: LearnerHandler, summary: StateSummary): boolean {
    const epochAck = assertPresent(this.epochAck, "epochAck", this.phase);
    return epochAck.ack(handler, handler.sid, summary, this.server.nowUs);
  }

  ackNewLeader(handler: LearnerHandler, zxid: Zxid): boolean {
    const newLeaderAck = assertPresent(this.newLeaderAck, "newLeaderAck", this.phase);
    const { behavior, nowUs } = this.server;
    return newLeaderAck.ack(handler, handler.sid, zxid, nowUs, behavior.observersDoNotCount || !handler.observer);
  }

  protected applyCommitted(): void {
    this.commitProcessor.run();
  }

  protected get unapplied(): readonly Txn[] {
    return this.toBeApplied;
  }

  protected get uncommitted(): readonly Txn[] {
    return this.outstanding.map((proposal) => proposal.txn);
  }

  startForwarding(handler: LearnerHandler): boolean {
    if (this.server.behavior.syncForgetsAcks) for (const { acks } of this.outstanding) acks.forget(handler.sid);
    (handler.observer ? this.observingLearners : this.forwardingFollowers).push(handler);
    return true;
  }

  /** Handles the end of a piece of thread work. The key of a handler's work is the connection of its learner. */
  workDone(work: ThreadWork, key: number): void {
    if (work !== WORK_APPLY_COMMITS) this.byConnection.get(asConnectionId(key))?.workDone(work);
    else if (this.phase === "broadcast" && key === this.epoch) this.commitProcessor.run();
  }

  // ---- broadcast

  /**
   * Proposes a client's write, or queues it while the thread of PrepRequestProcessor stalls. Returns false if this
   * leader does not serve.
   */
  submit(value: string | number, bytes: number): boolean {
    if (this.phase !== "broadcast") return false;
    if (this.requestStalls === 0 && this.requests.length === 0) return this.prepare(value, bytes);
    this.requests.push(() => this.prepare(value, bytes));
    return true;
  }

  /** Handles a client's request to change the configuration. A refused request becomes a transaction, too. */
  reconfig(request: ReconfigRequest): ReconfigResult {
    if (this.phase !== "broadcast") return "none";
    if (this.requestStalls === 0 && this.requests.length === 0) return this.prepareReconfig(request);
    this.requests.push(() => this.prepareReconfig(request));
    return "queued";
  }

  /** Makes the log thread take a snapshot now. Returns false if it does not run. */
  takeSnapshot(): boolean {
    return this.log?.takeSnapshot() ?? false;
  }

  /** Stalls the thread of PrepRequestProcessor: requests wait, and all other threads continue. */
  stallRequests(): void {
    this.requestStalls++;
  }

  /** Ends one stall of the thread of PrepRequestProcessor, or all. Returns whether requests wait. */
  resumeRequests(all: boolean): boolean {
    this.requestStalls = all ? 0 : Math.max(0, this.requestStalls - 1);
    return this.requests.length > 0;
  }

  /** Runs the thread of PrepRequestProcessor, unless it stalls: proposes the requests that wait. */
  runRequests(): void {
    if (this.requestStalls > 0) return;
    const { requests } = this;
    this.requests = [];
    for (const prepare of requests) if (this.phase === "broadcast") prepare();
  }

  private prepare(value: string | number, bytes: number): boolean {
    const zxid = this.takeZxid();
    if (zxid === undefined) return false;
    this.propose(this.server.effects.prepareTxn(zxid, value, bytes));
    return true;
  }

  private prepareReconfig(request: ReconfigRequest): ReconfigResult {
    const zxid = this.takeZxid();
    if (zxid === undefined) return "none";
    const { behavior, configurations, notes, settings } = this.server;
    const checked = checkReconfig(request, zxid, {
      committed: configurations.committed,
      pending: configurations.pending,
      knowsReconfig: behavior.knowsReconfig,
      reconfigEnabled: settings.reconfigEnabled,
      standaloneEnabled: settings.standaloneEnabled,
      synced: (config) => this.syncedVoters(config),
    });
    if (typeof checked === "string") {
      notes.reconfigRefused(checked, zxid);
      this.propose(makeTxn(zxid, `error: ${checked}`));
      return checked;
    }
    const { joining = [], members } = request;
    const namesLeader = members !== undefined || joining.some(({ sid }) => sid === this.server.myid);
    this.propose({ ...makeTxn(zxid, configText(checked)), config: checked }, namesLeader);
    return "proposed";
  }

  /** Returns the voters of a configuration that are synced, with this leader itself (Leader#isQuorumSynced). */
  private syncedVoters(config: QuorumVerifier): readonly ServerId[] {
    const { behavior, configurations, myid } = this.server;
    const followers = this.forwardingFollowers.filter(({ synced }) => synced).map(({ sid }) => sid);
    const leaving = behavior.futureObserversAreNotSynced ? observersOf(configurations.committed) : [];
    const synced = new Set([myid, ...followers.filter((sid) => !leaving.includes(sid))]);
    return [...synced].filter((sid) => config.isVoter(sid));
  }

  /** Assigns the next zxid. If there is none, the leader fails, and the result is undefined. */
  private takeZxid(): Zxid | undefined {
    const zxid = nextZxid(this.zxid);
    if (counterOf(zxid) === MAX_COUNTER) {
      this.fail("zxid-rollover", "the counter of the zxid is used up; a new epoch must start");
      return undefined;
    }
    this.zxid = zxid;
    return zxid;
  }

  /**
   * Proposes a transaction. `namesLeader`: whether a reconfiguration names this leader. If not, its configuration has
   * the address object of the configuration before it (PrepRequestProcessor#pRequest2Txn).
   */
  private propose(txn: Txn, namesLeader = true): void {
    const { configurations } = this.server;
    // Later proposals need the quorums of both configurations, until the new one is committed.
    if (txn.config !== undefined) configurations.see(txn.config, namesLeader);
    this.lastProposed = txn.zxid;
    this.outstanding.push({ txn, acks: configurations.proposalAcks() });
    this.server.notes.proposed(txn);
    const proposal = packet(PROPOSAL, txn.zxid, txn);
    for (const handler of this.forwardingFollowers) handler.queuePacket(proposal);
    assertPresent(this.log, "log thread", this.phase).write(txn);
  }

  /**
   * Handles the end of a sync of the log. The leader itself acknowledges each synced transaction (AckRequestProcessor).
   */
  logWritten(txns: readonly Txn[], ok: boolean): void {
    if (ok) for (const txn of txns) this.processAck(this.server.myid, txn.zxid);
    else if (!this.server.logFailed()) {
      this.internalError = { reason: "disk-error", detail: "the log could not be written" };
    }
  }

  logIdle(): void {
    if (this.phase === "shutting-down") this.finishShutdown();
  }

  readAck(handler: LearnerHandler, zxid: Zxid): void {
    if (this.server.behavior.syncForgetsAcks && !this.isLatest(handler)) return;
    this.processAck(handler.sid, zxid);
  }

  private isLatest(handler: LearnerHandler): boolean {
    return this.forwardingFollowers.findLast(({ sid }) => sid === handler.sid) === handler;
  }

  private processAck(sid: ServerId, zxid: Zxid): void {
    // An ACK with counter 0 acknowledges UPTODATE, or acknowledges NEWLEADER late.
    if (counterOf(zxid) === 0 || !this.allowedToCommit) return;
    const { outstanding } = this;
    const first = outstanding[0];
    if (first === undefined || zxid <= this.lastCommitted) return;
    const proposal = outstanding[zxid - first.txn.zxid];
    if (proposal === undefined) {
      this.server.notes.anomaly("bad-ack", sid, ACK, zxid, "the leader has not proposed the acknowledged zxid");
      return;
    }
    proposal.acks.add(sid);
    this.tryToCommit(proposal);
  }

  /** Commits the proposal if it is the next one and has its quorums. Returns whether it is committed. */
  private tryToCommit({ txn, acks }: Proposal): boolean {
    const { notes } = this.server;
    const { zxid } = txn;
    if (this.outstanding[0]?.txn !== txn || !acks.hasQuorum) return false;
    this.outstanding.shift();
    notes.committed(txn, acks);
    const designated = txn.config === undefined ? undefined : this.activate(txn.config, acks, zxid);
    this.lastCommitted = zxid;
    const commit = designated === undefined ? packet(COMMIT, zxid, null) : packet(COMMITANDACTIVATE, zxid, designated);
    for (const handler of this.forwardingFollowers) handler.queuePacket(commit);
    if (this.observingLearners.length > 0) {
      const inform =
        designated === undefined ? packet(INFORM, zxid, txn) : packet(INFORMANDACTIVATE, zxid, { ...txn, designated });
      for (const handler of this.observingLearners) handler.queuePacket(inform);
    }
    this.toBeApplied.push(txn);
    // In the shutdown, the commit processor has stopped and applies no more transactions. In releases that
    // fast-forward, the server applies them from the log at the end of the shutdown.
    if (this.phase === "broadcast") this.commitProcessor.commit(txn);
    if (designated !== undefined) this.commitFollowing();
    return true;
  }

  /** Commits the transactions after a reconfiguration that have had their quorums before (Leader#processAck). */
  private commitFollowing(): void {
    let next = this.outstanding[0];
    while (next !== undefined && this.allowedToCommit && this.tryToCommit(next)) next = this.outstanding[0];
  }

  /**
   * Makes a configuration the committed one. Returns the server that should lead from now on. If it is another server,
   * this leader commits nothing more.
   */
  private activate(config: QuorumVerifier, acks: AckSet, zxid: Zxid): ServerId {
    const { behavior, configurations, myid } = this.server;
    const later = this.outstanding.map((proposal) => proposal.acks);
    const designated = designatedLeader(myid, acks, later, configurations.keepsQuorumAddress(config));
    this.server.processReconfig(config, designated, zxid, true);
    if (behavior.activationEndsOldQuorum) {
      for (const proposal of this.outstanding) proposal.acks = proposal.acks.withoutOld;
    }
    if (designated !== myid) {
      this.allowedToCommit = false;
      this.server.notes.leaderDesignated(designated, config);
    }
    return designated;
  }

  startApplying(): void {
    this.server.effects.startWork(WORK_APPLY_COMMITS, this.epoch);
  }

  /**
   * Applies a committed transaction (ToBeAppliedRequestProcessor, FinalRequestProcessor). A leader's own transactions
   * leave no gap in committedLog.
   */
  deliver(txn: Txn): boolean {
    const { database, notes } = this.server;
    database.apply(txn);
    this.toBeApplied.shift();
    notes.delivered(txn, database.history);
    return true;
  }

  // ---- shutdown

  epochProposalTimeout(): void {
    this.epochProposal.timeout(this.server.nowUs);
  }

  epochAckTimeout(): void {
    this.epochAck?.timeout(this.server.nowUs);
  }

  newLeaderAckTimeout(): void {
    this.newLeaderAck?.timeout(this.server.nowUs);
  }

  /**
   * Stops leading (Leader#shutdown). A leader that has served first waits until its log thread is idle, and
   * fast-forwards. A leader with an internal error fast-forwards, too (ZooKeeperServer#canShutdown). Then the leader
   * closes the connections to the learners, and the server becomes LOOKING.
   */
  fail(reason: FailureReason, detail: string): void {
    if (this.phase === "shutting-down" || this.phase === "ended") return;
    this.server.notes.failed(reason, undefined, detail);
    const served = this.phase === "broadcast";
    this.phase = "shutting-down";
    this.server.effects.unlisten(QUORUM_PORT, this.quorumPort);
    this.server.effects.cancelTimer(TIMER_TICK);
    if (!served && this.internalError === null) this.end();
    else if (!served || this.log?.stop()) this.finishShutdown();
  }

  private finishShutdown(): void {
    this.server.fastForward();
    this.end();
  }

  private end(): void {
    this.phase = "ended";
    this.epochProposal.close();
    this.epochAck?.close();
    this.newLeaderAck?.close();
    this.reads.clear();
    for (const handler of [...this.handlers]) handler.close();
    this.resetBacklog();
    this.backlog = null;
    this.server.look();
  }
}
