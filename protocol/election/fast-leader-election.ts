/**
 * Fast leader election (FastLeaderElection): how a LOOKING server handles notifications until it has a leader
 * (#lookForLeader), and how any server replies to them (Messenger.WorkerReceiver).
 *
 * ZooKeeper's loop blocks on a queue. Here, each notification is one call. The loop has two waits: for the next
 * notification, and, when a quorum agrees, for finalizeWait. Both waits share one deadline. A server's notifications to
 * itself go through the same queue.
 */
import type { Behavior } from "../behavior.ts";
import type { Configurations } from "../configurations.ts";
import { Deadline } from "../deadline.ts";
import { type Effects, TIMER_ELECTION } from "../effects.ts";
import { type ElectionView, voteView } from "../inspect.ts";
import type { IgnoredNotification, Notes } from "../notes.ts";
import { FOLLOWING, LEADING, LOOKING, type Notification, OBSERVING, type ServerState } from "../packets.ts";
import { type AckSet, type QuorumVerifier, sameConfig } from "../quorum.ts";
import type { Settings } from "../settings.ts";
import {
  asZxid,
  counterOf,
  type Epoch,
  epochOf,
  MIN_VALUE,
  NO_EPOCH,
  NO_SERVER,
  NO_ZXID,
  type ServerId,
  type Zxid,
} from "../zxid.ts";
import type { ElectionConnections } from "./election-connections.ts";
import { isBetterVote, sameVote, type Vote } from "./vote.ts";

/** The version of the notification format (Notification.CURRENTVERSION). */
const NOTIFICATION_VERSION = 2;

/** The part of QuorumPeer that the election uses. */
export interface ElectionServer {
  readonly myid: ServerId;
  readonly nowUs: number;
  readonly state: ServerState;
  readonly participant: boolean;
  readonly configurations: Configurations;
  readonly behavior: Behavior;
  readonly settings: Settings;
  readonly currentVote: Vote;
  /** The last zxid in the log (QuorumPeer#getLastLoggedZxid). The database must be loaded. */
  readonly lastLoggedZxid: Zxid;
  readonly currentEpoch: Epoch;
  /** Called when the election has ended with this vote. `supporters` are the voters that agreed. */
  electionDone(state: ServerState, vote: Vote, supporters: AckSet): void;
  /** Makes the configuration in a notification the committed one (QuorumPeer#processReconfig). */
  processReconfig(config: QuorumVerifier, designated: null, zxid: Zxid, restartsElection: boolean): boolean;
  /** Called when a new election service starts, which listens on the election port of the configuration. */
  restartListener(): void;
  /** Called when another voter is LOOKING while this server is not (Leader#reportLookingSid). */
  lookingAgain(sid: ServerId): void;
}

/**
 * The capacity of the receive queue (QuorumCnxManager.RECV_CAPACITY). If the queue is full, a new message replaces the
 * oldest one.
 */
const RECEIVE_CAPACITY = 100;

/** A notification in the receive queue. */
interface Received {
  readonly from: ServerId;
  readonly notification: Notification;
}

export class FastLeaderElection {
  /** The round (logicalclock). */
  round = 0;

  private readonly server: ElectionServer;
  private readonly connections: ElectionConnections;
  private readonly notes: Notes;
  private readonly deadline: Deadline;
  private running = false;
  /** The quorum that agrees, while the server waits for a better vote (finalizeWait); null otherwise. */
  private finalizing: AckSet | null = null;
  private timeoutMs = 0;
  /** Whether a notification with a newer configuration has ended the election service (FastLeaderElection#stop). */
  private hasEnded = false;
  private proposedLeader: ServerId = NO_SERVER;
  private proposedZxid: Zxid = NO_ZXID;
  private proposedEpoch: Epoch = NO_EPOCH;
  /** The votes of this round (recvset). */
  private readonly received = new Map<ServerId, Vote>();
  /** The votes of servers that follow or lead, from any round (outofelection). */
  private readonly outOfElection = new Map<ServerId, Vote>();
  /** The receive queue (recvqueue). */
  private receiveQueue: Received[] = [];

  constructor(server: ElectionServer, connections: ElectionConnections, effects: Effects, notes: Notes) {
    this.server = server;
    this.connections = connections;
    this.notes = notes;
    this.deadline = new Deadline(effects, TIMER_ELECTION);
  }

  /** Returns the state of the election. */
  inspect(): ElectionView {
    const { proposedEpoch, proposedLeader, proposedZxid, running, server } = this;
    const proposal = { id: proposedLeader, zxid: proposedZxid, peerEpoch: proposedEpoch };
    return {
      round: this.round,
      isRunning: running,
      vote: voteView(running ? proposal : server.currentVote),
      received: running ? [...this.received].map(([from, { id, zxid }]) => ({ from, leader: id, zxid })) : [],
    };
  }

  /** Starts an election (FastLeaderElection#lookForLeader). */
  start(): void {
    this.round++;
    this.hasEnded = false;
    this.received.clear();
    this.outOfElection.clear();
    this.finalizing = null;
    this.timeoutMs = this.server.settings.minNotificationIntervalMs;
    this.running = true;
    this.propose(this.initialId, this.initialZxid, this.initialEpoch);
    this.sendNotifications();
    this.wait(this.timeoutMs);
    this.handleReceived();
  }

  /** Ends the election without a result, because the server exits. */
  stop(): void {
    this.running = false;
    this.deadline.clear();
  }

  /** Handles a notification that arrives (WorkerReceiver#run). */
  receive(from: ServerId, notification: Notification): void {
    const { server } = this;
    if (notification.config !== undefined && server.state === LOOKING && !this.adopt(notification.config)) return;
    if (!server.configurations.isVoter(from)) {
      if (server.behavior.repliesWithProposal && server.state === LOOKING && this.running) {
        this.connections.send(server.nowUs, from, this.proposal());
      } else this.reply(from, server.currentVote, this.round);
      return;
    }
    if (server.state === LOOKING) {
      if (notification.state === LOOKING && notification.electionEpoch < this.round && this.running) {
        this.connections.send(server.nowUs, from, this.proposal());
      }
      this.enqueue(from, notification);
      this.handleReceived();
    } else if (notification.state === LOOKING) {
      server.lookingAgain(from);
      this.reply(from, server.currentVote, server.currentVote.electionEpoch);
    }
  }

  /**
   * Adopts the configuration of a notification if it is newer than the committed one. If it has other members, the
   * election service ends, and this notification is dropped. The main thread notices it after its current wait and
   * starts a new election service (Messenger.WorkerReceiver#run). Returns false if the notification is dropped.
   */
  private adopt(config: QuorumVerifier): boolean {
    if (this.hasEnded) return false;
    const { server } = this;
    const { committed } = server.configurations;
    if (config.version <= committed.version) return true;
    if (server.behavior.staticServerIgnoresNewerConfigs && !server.settings.reconfigEnabled) return true;
    server.processReconfig(config, null, NO_ZXID, false);
    if (sameConfig(committed, config)) return true;
    this.hasEnded = true;
    this.connections.closeAll();
    return false;
  }

  /** Ends the election service and starts a new one, whose round is 0 (QuorumPeer#restartLeaderElection). */
  restart(): void {
    this.connections.closeAll();
    this.server.restartListener();
    this.round = 0;
  }

  /** Handles the end of a wait (TIMER_ELECTION). */
  timeout(): void {
    if (!this.deadline.fired(this.server.nowUs) || !this.running) return;
    if (this.hasEnded) {
      this.server.restartListener();
      this.round = 0;
      this.start();
      return;
    }
    if (this.finalizing !== null) {
      const leader = this.proposedLeader;
      const vote = this.vote(leader, this.proposedZxid, this.round, this.proposedEpoch);
      this.leave(leader, vote, this.finalizing);
      return;
    }
    const resends = this.connections.haveDelivered();
    this.notes.electionWaited(this.round, this.timeoutMs, this.unheard(), resends);
    if (resends) this.sendNotifications();
    else this.connections.connectAll(this.server.nowUs);
    this.timeoutMs = Math.min(this.timeoutMs * 2, this.server.settings.maxNotificationIntervalMs);
    this.wait(this.timeoutMs);
    this.handleReceived();
  }

  /** Returns the voters whose votes of this round are missing. */
  private unheard(): ServerId[] {
    return this.server.configurations.voters.filter((sid) => !this.received.has(sid) && sid !== this.server.myid);
  }

  private enqueue(from: ServerId, notification: Notification): void {
    this.receiveQueue.push({ from, notification });
    if (this.receiveQueue.length <= RECEIVE_CAPACITY) return;
    const dropped = this.receiveQueue.shift();
    if (dropped !== undefined) this.ignored(dropped.from, dropped.notification, "queue-full");
  }

  private ignored(from: ServerId, { electionEpoch }: Notification, reason: IgnoredNotification): void {
    if (from !== this.server.myid) this.notes.notificationIgnored(from, electionEpoch, reason);
  }

  private handleReceived(): void {
    while (this.running && !this.hasEnded) {
      const next = this.receiveQueue.shift();
      if (next === undefined) return;
      this.handle(next.from, next.notification);
    }
  }

  /** Handles a notification from the receive queue: one iteration of the loop in lookForLeader. */
  private handle(from: ServerId, n: Notification): void {
    if (this.finalizing !== null) {
      if (!this.beatsProposal(n)) {
        // As in ZooKeeper, the notification is dropped, and the wait for a better vote starts again.
        this.ignored(from, n, "no-better-vote");
        this.wait(this.server.settings.finalizeWaitMs);
        return;
      }
      this.finalizing = null;
    }
    this.wait(this.timeoutMs);
    const { behavior } = this.server;
    if (behavior.ignoresVotesForNonVoters && !this.isCandidate(n.leader)) {
      if (behavior.pendingVotersShareRound && votesForNoServer(n) && n.electionEpoch > this.round) this.joinRound(n);
      else this.ignored(from, n, "leader-not-voter");
      return;
    }
    if (n.state === LOOKING) this.handleLooking(from, n);
    else if (n.state !== OBSERVING) this.handleSettled(from, n);
  }

  private isCandidate(sid: ServerId): boolean {
    const { behavior, configurations } = this.server;
    return behavior.electsCommittedVoters ? configurations.committed.isVoter(sid) : configurations.isVoter(sid);
  }

  private joinRound({ electionEpoch }: Notification): void {
    this.round = electionEpoch;
    this.received.clear();
    this.propose(this.initialId, this.initialZxid, this.initialEpoch);
    this.sendNotifications();
  }

  private handleLooking(from: ServerId, n: Notification): void {
    if (this.server.behavior.knowsMissingDatabase && (this.initialZxid === NO_ZXID || n.zxid === NO_ZXID)) {
      this.ignored(from, n, "no-database");
      return;
    }
    if (n.electionEpoch > this.round) {
      this.round = n.electionEpoch;
      this.received.clear();
      // Compare with the server's initial vote, because its current vote belongs to the round that the server leaves.
      const better = isBetterVote(
        this.server.configurations.committed,
        n.leader,
        n.zxid,
        n.peerEpoch,
        this.initialId,
        this.initialZxid,
        this.initialEpoch,
      );
      if (!better) this.propose(this.initialId, this.initialZxid, this.initialEpoch);
      if (better || this.takesOlderVote(from, n)) this.propose(n.leader, n.zxid, n.peerEpoch);
      this.sendNotifications();
    } else if (n.electionEpoch < this.round) {
      this.ignored(from, n, "earlier-round");
      return;
    } else if (this.beatsProposal(n) || this.takesOlderVote(from, n)) {
      this.propose(n.leader, n.zxid, n.peerEpoch);
      this.sendNotifications();
    } else if (this.server.behavior.answersWorseVotes && from !== this.server.myid && this.isWorse(n)) {
      this.connections.send(this.server.nowUs, from, this.proposal());
    }
    this.notes.voteCounted(from, n);
    this.received.set(from, this.vote(n.leader, n.zxid, n.electionEpoch, n.peerEpoch));
    const mine = this.vote(this.proposedLeader, this.proposedZxid, this.round, this.proposedEpoch);
    const agreeing = this.tally(this.received, mine);
    if (agreeing.hasQuorum) {
      this.finalizing = agreeing;
      this.wait(this.server.settings.finalizeWaitMs);
    }
  }

  /**
   * Handles a notification of a server that leads or follows. If a quorum supports the leader of that server, in this
   * round or in any other, this server leaves the election and joins the leader.
   */
  private handleSettled(from: ServerId, n: Notification): void {
    this.notes.voteCounted(from, n);
    const vote: Vote = {
      id: n.leader,
      zxid: n.zxid,
      electionEpoch: n.electionEpoch,
      peerEpoch: n.peerEpoch,
      state: n.state,
      version: n.version,
    };
    if (n.electionEpoch === this.round) {
      // ZooKeeper stores these votes without their version. In releases with settledVotesKeepState, it therefore
      // compares only their ids.
      const { settledVotesKeepState } = this.server.behavior;
      this.received.set(from, { ...vote, version: 0, state: settledVotesKeepState ? n.state : LOOKING });
      const agreeing = this.tallySettled(this.received, vote);
      const settled = settledVotesKeepState ? this.received : this.outOfElection;
      if (agreeing.hasQuorum && this.checkLeader(settled, n.leader, n.electionEpoch)) {
        this.leave(n.leader, this.vote(n.leader, n.zxid, n.electionEpoch, n.peerEpoch), agreeing);
        return;
      }
    }
    this.outOfElection.set(from, vote);
    const agreeing = this.tallySettled(this.outOfElection, vote);
    if (agreeing.hasQuorum && this.checkLeader(this.outOfElection, n.leader, n.electionEpoch)) {
      this.round = n.electionEpoch;
      this.leave(n.leader, this.vote(n.leader, n.zxid, n.electionEpoch, n.peerEpoch), agreeing);
    }
  }

  /** Does the same as `tally` for votes of servers that lead or follow. */
  private tallySettled(votes: ReadonlyMap<ServerId, Vote>, vote: Vote): AckSet {
    const { behavior, configurations, myid } = this.server;
    const joins = behavior.joinsWithCommittedQuorum && vote.id !== myid;
    return this.tally(votes, vote, joins ? configurations.committedVotes() : undefined);
  }

  /** Returns the voters whose vote equals `vote` (FastLeaderElection#getVoteTracker). */
  tally(votes: ReadonlyMap<ServerId, Vote>, vote: Vote, agreeing: AckSet = this.server.configurations.votes()): AckSet {
    for (const [sid, other] of votes) if (sameVote(vote, other)) agreeing.add(sid);
    return agreeing;
  }

  /**
   * Returns whether the leader is confirmed (FastLeaderElection#checkLeader). If the leader is another server, that
   * server must have sent a notification as LEADING. If the leader is this server, the round must match.
   */
  checkLeader(votes: ReadonlyMap<ServerId, Vote>, leader: ServerId, electionEpoch: number): boolean {
    if (leader === this.server.myid) return this.round === electionEpoch;
    return votes.get(leader)?.state === LEADING;
  }

  private leave(leader: ServerId, vote: Vote, supporters: AckSet): void {
    this.running = false;
    this.finalizing = null;
    this.receiveQueue = [];
    this.deadline.clear();
    const learning = this.server.participant ? FOLLOWING : OBSERVING;
    this.notes.elected(leader, this.round);
    this.server.electionDone(leader === this.server.myid ? LEADING : learning, vote, supporters);
  }

  private propose(leader: ServerId, zxid: Zxid, epoch: Epoch): void {
    this.proposedLeader = leader;
    this.proposedZxid = zxid;
    this.proposedEpoch = epoch;
    this.notes.voted(this.round, leader, zxid, epoch);
  }

  private sendNotifications(): void {
    const notification = this.proposal();
    const { configurations, myid, nowUs } = this.server;
    for (const sid of configurations.voters) {
      if (sid === myid) this.enqueue(myid, notification);
      else this.connections.send(nowUs, sid, notification);
    }
  }

  private reply(to: ServerId, vote: Vote, round: number): void {
    this.connections.send(this.server.nowUs, to, {
      state: this.server.state,
      leader: vote.id,
      zxid: vote.zxid,
      electionEpoch: round,
      peerEpoch: vote.peerEpoch,
      version: NOTIFICATION_VERSION,
      ...this.ownConfig,
    });
  }

  private get ownConfig(): { readonly config?: QuorumVerifier } {
    const { committed } = this.server.configurations;
    return committed.version > 0 && this.server.behavior.knowsReconfig ? { config: committed } : {};
  }

  private proposal(): Notification {
    return {
      state: LOOKING,
      leader: this.proposedLeader,
      zxid: this.proposedZxid,
      electionEpoch: this.round,
      peerEpoch: this.proposedEpoch,
      version: NOTIFICATION_VERSION,
      ...this.ownConfig,
    };
  }

  private beatsProposal(n: Notification): boolean {
    return isBetterVote(
      this.server.configurations.committed,
      n.leader,
      n.zxid,
      n.peerEpoch,
      this.proposedLeader,
      this.proposedZxid,
      this.proposedEpoch,
    );
  }

  /**
   * Returns whether a notification votes for another leader, and this server's vote is better. If both leaders have
   * weight 0, neither vote is better.
   */
  private isWorse({ leader, peerEpoch, zxid }: Notification): boolean {
    const { proposedEpoch, proposedLeader, proposedZxid, server } = this;
    if (leader === proposedLeader) return false;
    return isBetterVote(
      server.configurations.committed,
      proposedLeader,
      proposedZxid,
      proposedEpoch,
      leader,
      zxid,
      peerEpoch,
    );
  }

  private vote(id: ServerId, zxid: Zxid, electionEpoch: number, peerEpoch: Epoch): Vote {
    return { id, zxid, electionEpoch, peerEpoch, state: LOOKING, version: 0 };
  }

  private wait(ms: number): void {
    const { nowUs } = this.server;
    this.deadline.set(nowUs, nowUs + ms * 1000);
  }

  private get initialId(): ServerId {
    return this.server.configurations.committed.isVoter(this.server.myid) ? this.server.myid : MIN_VALUE;
  }

  private get initialZxid(): Zxid {
    return this.server.participant && !this.takesOldVotes ? this.server.lastLoggedZxid : MIN_VALUE;
  }

  /**
   * Whether this server votes only in the pending configuration, and has logged nothing after its transaction. Each
   * committed transaction up to that one is on a quorum of the old voters, and no leader is elected without them.
   */
  private get takesOldVotes(): boolean {
    const { behavior, configurations, lastLoggedZxid, myid } = this.server;
    const { committed, second } = configurations;
    if (!behavior.pendingVotersTakeOldVotes || second === null || committed.isVoter(myid)) return false;
    return second.isVoter(myid) && lastLoggedZxid <= second.version;
  }

  /**
   * Returns whether this server, which votes only in the pending configuration, takes a vote for a server that lacks a
   * part of this server's log. That part is not committed if no quorum of the pending configuration has it. Nor is it
   * if no quorum of the committed configuration has the transaction of the pending one, provided that no later leader
   * has committed the pending one with NEWLEADER.
   */
  private takesOlderVote(from: ServerId, n: Notification): boolean {
    const { proposedEpoch, proposedLeader, proposedZxid, server } = this;
    const { behavior, configurations } = server;
    const { committed, second } = configurations;
    if (!behavior.pendingVotersTakeOldVotes || proposedLeader !== MIN_VALUE || second === null) return false;
    if (n.peerEpoch !== proposedEpoch || !second.isVoter(server.myid)) return false;
    if (!this.canBeLogged(second, proposedZxid, from, n)) return true;
    const version = asZxid(second.version);
    const isOfThisEpoch = epochOf(version) === proposedEpoch && counterOf(version) > 0;
    return isOfThisEpoch && !this.canBeLogged(committed, version, from, n);
  }

  /**
   * Returns whether a quorum of a configuration can have logged a transaction of this server's epoch, as far as this
   * notification and the votes of the round show. The log of a voter ends at the zxid of its vote or before.
   */
  private canBeLogged(config: QuorumVerifier, zxid: Zxid, from: ServerId, n: Notification): boolean {
    const lacksIt = (sid: ServerId): boolean => {
      const vote = sid === from ? n : this.received.get(sid);
      return vote !== undefined && vote.peerEpoch === this.proposedEpoch && vote.zxid < zxid;
    };
    return config.containsQuorum(config.voters.filter((sid) => !lacksIt(sid)));
  }

  private get initialEpoch(): Epoch {
    return this.server.participant ? this.server.currentEpoch : MIN_VALUE;
  }
}

/** Returns whether a LOOKING server votes for no server (FastLeaderElection#getInitId). */
function votesForNoServer({ leader, state }: Notification): boolean {
  return state === LOOKING && leader === MIN_VALUE;
}
