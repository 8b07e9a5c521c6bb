/**
 * Fast leader election (FastLeaderElection): what a LOOKING server does with notifications until it follows or leads, and
 * what the threads that receive them answer at any time (Messenger.WorkerReceiver).
 *
 * ZooKeeper's loop blocks on a queue; here each notification is one call, and the two waits (for the next notification,
 * and finalizeWait once a quorum agrees) are one deadline. Notifications to oneself pass through `self`, in order.
 */
import type { Behavior } from "../behavior.ts";
import { Deadline } from "../deadline.ts";
import { type Effects, TIMER_ELECTION } from "../effects.ts";
import type { Notes } from "../notes.ts";
import { FOLLOWING, LEADING, LOOKING, type Notification, OBSERVING, type ServerState } from "../packets.ts";
import { AckSet, type QuorumVerifier } from "../quorum.ts";
import type { Settings } from "../settings.ts";
import { type Epoch, MIN_VALUE, type ServerId, type Zxid } from "../zxid.ts";
import type { ElectionConnections } from "./election-connections.ts";
import { isBetterVote, sameVote, type Vote } from "./vote.ts";

/** Notification.CURRENTVERSION. */
const NOTIFICATION_VERSION = 2;

/** What the election reads of its server (QuorumPeer), and whom it tells the result. */
export interface ElectionServer {
  readonly myid: ServerId;
  readonly nowUs: number;
  readonly state: ServerState;
  readonly participant: boolean;
  readonly verifier: QuorumVerifier;
  readonly behavior: Behavior;
  readonly settings: Settings;
  readonly currentVote: Vote;
  /** QuorumPeer#getLastLoggedZxid, of a database that is loaded. */
  readonly lastLoggedZxid: Zxid;
  readonly currentEpoch: Epoch;
  /** The election is over; `supporters` are the voters that agreed. */
  electionDone(state: ServerState, vote: Vote, supporters: AckSet): void;
  /** A voter is LOOKING again while we are not (Leader#reportLookingSid). */
  lookingAgain(sid: ServerId): void;
}

export class FastLeaderElection {
  /** The round (logicalclock). */
  round = 0;

  private readonly server: ElectionServer;
  private readonly connections: ElectionConnections;
  private readonly notes: Notes;
  private readonly deadline: Deadline;
  private running = false;
  /** A quorum agrees; waiting finalizeWait for a better vote. */
  private finalizing: AckSet | null = null;
  private timeoutMs = 0;
  private proposedLeader: ServerId = -1;
  private proposedZxid: Zxid = -1;
  private proposedEpoch: Epoch = -1;
  /** Votes of this round. */
  private readonly received = new Map<ServerId, Vote>();
  /** Votes of servers that follow or lead, of any round. */
  private readonly outOfElection = new Map<ServerId, Vote>();
  /** Notifications that came while LOOKING, before the loop started to take them, or from ourselves. */
  private waiting: { from: ServerId; notification: Notification }[] = [];

  constructor(server: ElectionServer, connections: ElectionConnections, effects: Effects, notes: Notes) {
    this.server = server;
    this.connections = connections;
    this.notes = notes;
    this.deadline = new Deadline(effects, TIMER_ELECTION);
  }

  /** lookForLeader. */
  start(): void {
    this.round++;
    this.received.clear();
    this.outOfElection.clear();
    this.finalizing = null;
    this.timeoutMs = this.server.settings.minNotificationIntervalMs;
    this.running = true;
    this.propose(this.initialId, this.initialZxid, this.initialEpoch);
    this.sendNotifications();
    this.wait(this.timeoutMs);
    this.drainWaiting();
  }

  /** The server was stopped or told to shut down. */
  stop(): void {
    this.running = false;
    this.deadline.clear();
  }

  /** WorkerReceiver#run, for one notification. */
  receive(from: ServerId, notification: Notification): void {
    const { server } = this;
    if (!server.verifier.isVoter(from)) {
      this.reply(from, server.currentVote, this.round);
      return;
    }
    if (server.state === LOOKING) {
      if (notification.state === LOOKING && notification.electionEpoch < this.round && this.running) {
        this.connections.send(server.nowUs, from, this.proposal());
      }
      this.enqueue(from, notification);
      this.drainWaiting();
    } else if (notification.state === LOOKING) {
      server.lookingAgain(from);
      this.reply(from, server.currentVote, server.currentVote.electionEpoch);
    }
  }

  /** TIMER_ELECTION fired. */
  timeout(): void {
    if (!this.deadline.fired(this.server.nowUs) || !this.running) return;
    if (this.finalizing !== null) {
      const leader = this.proposedLeader;
      const vote = this.vote(leader, this.proposedZxid, this.round, this.proposedEpoch);
      this.leave(leader, vote, this.finalizing);
      return;
    }
    if (this.connections.haveDelivered()) this.sendNotifications();
    else this.connections.connectAll(this.server.nowUs);
    this.timeoutMs = Math.min(this.timeoutMs * 2, this.server.settings.maxNotificationIntervalMs);
    this.wait(this.timeoutMs);
    this.drainWaiting();
  }

  private enqueue(from: ServerId, notification: Notification): void {
    this.waiting.push({ from, notification });
    if (this.waiting.length > 100) this.waiting.shift();
  }

  private drainWaiting(): void {
    while (this.running && this.waiting.length > 0) {
      const next = this.waiting.shift() as { from: ServerId; notification: Notification };
      this.take(next.from, next.notification);
    }
  }

  /** One turn of lookForLeader's loop. */
  private take(from: ServerId, n: Notification): void {
    if (this.finalizing !== null) {
      if (!this.beatsProposal(n)) {
        // Consumed and lost; the wait for silence begins anew.
        this.wait(this.server.settings.finalizeWaitMs);
        return;
      }
      this.finalizing = null;
    }
    this.wait(this.timeoutMs);
    if (!this.server.verifier.isVoter(n.leader)) return;
    if (n.state === LOOKING) this.takeLooking(from, n);
    else if (n.state !== OBSERVING) this.takeSettled(from, n);
  }

  private takeLooking(from: ServerId, n: Notification): void {
    if (this.server.behavior.knowsMissingDatabase && (this.initialZxid === -1 || n.zxid === -1)) return;
    if (n.electionEpoch > this.round) {
      this.round = n.electionEpoch;
      this.received.clear();
      // Against our initial vote, not the one we hold: what we heard belongs to the round we leave.
      const { verifier } = this.server;
      const better = isBetterVote(
        verifier,
        n.leader,
        n.zxid,
        n.peerEpoch,
        this.initialId,
        this.initialZxid,
        this.initialEpoch,
      );
      if (better) this.propose(n.leader, n.zxid, n.peerEpoch);
      else this.propose(this.initialId, this.initialZxid, this.initialEpoch);
      this.sendNotifications();
    } else if (n.electionEpoch < this.round) {
      return;
    } else if (this.beatsProposal(n)) {
      this.propose(n.leader, n.zxid, n.peerEpoch);
      this.sendNotifications();
    } else if (
      this.server.behavior.answersWorseVotes &&
      from !== this.server.myid &&
      n.leader !== this.proposedLeader
    ) {
      this.connections.send(this.server.nowUs, from, this.proposal());
    }
    this.received.set(from, this.vote(n.leader, n.zxid, n.electionEpoch, n.peerEpoch));
    const mine = this.vote(this.proposedLeader, this.proposedZxid, this.round, this.proposedEpoch);
    const agreeing = this.tally(this.received, mine);
    if (agreeing.hasQuorum) {
      this.finalizing = agreeing;
      this.wait(this.server.settings.finalizeWaitMs);
    }
  }

  /** receivedFollowingNotification: joins a quorum that has its leader, of this round or any other. */
  private takeSettled(from: ServerId, n: Notification): void {
    const vote: Vote = {
      id: n.leader,
      zxid: n.zxid,
      electionEpoch: n.electionEpoch,
      peerEpoch: n.peerEpoch,
      state: n.state,
      version: n.version,
    };
    if (n.electionEpoch === this.round) {
      // Kept without its version, as ZooKeeper does: such votes then compare by id alone.
      const { settledVotesKeepState } = this.server.behavior;
      this.received.set(from, { ...vote, version: 0, state: settledVotesKeepState ? n.state : LOOKING });
      const agreeing = this.tally(this.received, vote);
      const settled = settledVotesKeepState ? this.received : this.outOfElection;
      if (agreeing.hasQuorum && this.checkLeader(settled, n.leader, n.electionEpoch)) {
        this.leave(n.leader, this.vote(n.leader, n.zxid, n.electionEpoch, n.peerEpoch), agreeing);
        return;
      }
    }
    this.outOfElection.set(from, vote);
    const agreeing = this.tally(this.outOfElection, vote);
    if (agreeing.hasQuorum && this.checkLeader(this.outOfElection, n.leader, n.electionEpoch)) {
      this.round = n.electionEpoch;
      this.leave(n.leader, this.vote(n.leader, n.zxid, n.electionEpoch, n.peerEpoch), agreeing);
    }
  }

  /** getVoteTracker. */
  tally(votes: ReadonlyMap<ServerId, Vote>, vote: Vote): AckSet {
    const agreeing = new AckSet(this.server.verifier);
    for (const [sid, other] of votes) if (sameVote(vote, other)) agreeing.add(sid);
    return agreeing;
  }

  /** The leader must have said itself that it leads; if it is us, it must be of our round. */
  checkLeader(votes: ReadonlyMap<ServerId, Vote>, leader: ServerId, electionEpoch: number): boolean {
    if (leader === this.server.myid) return this.round === electionEpoch;
    return votes.get(leader)?.state === LEADING;
  }

  private leave(leader: ServerId, vote: Vote, supporters: AckSet): void {
    this.running = false;
    this.finalizing = null;
    this.waiting = [];
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
    const { myid, nowUs, verifier } = this.server;
    for (const sid of verifier.voters) {
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
    });
  }

  private proposal(): Notification {
    return {
      state: LOOKING,
      leader: this.proposedLeader,
      zxid: this.proposedZxid,
      electionEpoch: this.round,
      peerEpoch: this.proposedEpoch,
      version: NOTIFICATION_VERSION,
    };
  }

  private beatsProposal(n: Notification): boolean {
    const { verifier } = this.server;
    return isBetterVote(
      verifier,
      n.leader,
      n.zxid,
      n.peerEpoch,
      this.proposedLeader,
      this.proposedZxid,
      this.proposedEpoch,
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
    return this.server.verifier.isVoter(this.server.myid) ? this.server.myid : MIN_VALUE;
  }

  private get initialZxid(): Zxid {
    return this.server.participant ? this.server.lastLoggedZxid : MIN_VALUE;
  }

  private get initialEpoch(): Epoch {
    return this.server.participant ? this.server.currentEpoch : MIN_VALUE;
  }
}
