/**
 * claimed-quorums: each quorum that a server acts on is a quorum of the configuration.
 *
 * The class counts votes and packets itself, from the notes about what each server has sent and read, and compares its
 * own count with what the server then does:
 *
 *     the server                            needs
 *     ends its election                     a quorum that has voted for the leader, or follows it
 *     proposes an epoch                     FOLLOWERINFO from a quorum; an epoch that it has not accepted before
 *     writes currentEpoch as a leader       ACKEPOCH from a quorum that is not more recent than the leader
 *     is established                        ACK of NEWLEADER from a quorum
 *     serves as a learner                   a leader that is established in this epoch
 *     commits a transaction                 the transaction on the disks of a quorum
 *     is the first to deliver it            a leader that has committed it
 *
 * The leader itself counts as one of these servers. Not checked: leaders whose configuration lacks servers.
 */
import { type Epoch, epochOf, type History, makeZxid, type ServerId, type Txn, type Zxid } from "../protocol/index.ts";
import type { Ensemble, ServerView } from "./ensemble.ts";
import type { EpochPrimary } from "./epoch-primaries.ts";
import { zxidText } from "./history-facts.ts";
import type { QuorumTest } from "./quorum-test.ts";
import type { Violations } from "./violation.ts";

/** A vote that a server has sent. */
interface Vote {
  readonly round: number;
  readonly leader: ServerId;
  readonly zxid: Zxid;
  readonly peerEpoch: Epoch;
}

/** What this class knows about one server. */
interface Claims {
  /** The votes that the server has sent, in order. A vote that repeats the one before is not in the list again. */
  readonly votes: Vote[];
  /** The leaders that the server has ever followed, itself included, with the epochs of their votes. */
  readonly followed: Map<ServerId, Set<Epoch | undefined>>;
  /** The state with which the server voted for itself. */
  zxid: Zxid | undefined;
  currentEpoch: Epoch | undefined;
  /** The last acceptedEpoch that the server has written since it started. */
  accepted: Epoch | undefined;
  /** The last epoch that the server has proposed as a leader. It may have failed to write it as its acceptedEpoch. */
  proposed: Epoch | undefined;
  /** The epochs that the server has accepted but for which no leader has read an ACKEPOCH that counts. */
  readonly unacked: Set<Epoch>;
  /** The epochs in which the server was established. */
  readonly established: Set<Epoch>;
  /** The servers from which a leader has read FOLLOWERINFO, ACKEPOCH and the ACK of NEWLEADER. */
  offers: ServerId[];
  acks: ServerId[];
  newLeaderAcks: ServerId[];
  /** The learners that are more recent than this leader, so that it must refuse them. */
  readonly aheadOf: Set<ServerId>;
}

export class ClaimedQuorums {
  private readonly ensemble: Ensemble;
  private readonly isQuorum: QuorumTest;
  private readonly violations: Violations;
  private readonly claims = new Map<ServerId, Claims>();

  constructor(ensemble: Ensemble, isQuorum: QuorumTest, violations: Violations) {
    this.ensemble = ensemble;
    this.isQuorum = isQuorum;
    this.violations = violations;
  }

  /** Forgets what a server has counted as a leader. Called when it becomes LOOKING and when its process ends. */
  left(sid: ServerId): void {
    const own = this.of(sid);
    own.offers = [];
    own.acks = [];
    own.newLeaderAcks = [];
    own.aheadOf.clear();
  }

  /** Forgets what a server has written. Called when its process ends, because its disk may change. */
  crashed(sid: ServerId): void {
    this.left(sid);
    this.of(sid).accepted = undefined;
  }

  // ---- election

  /** Records a vote that the server sends. A vote for itself also gives the state that it will lead with. */
  voted({ sid }: ServerView, round: number, leader: ServerId, zxid: Zxid, peerEpoch: Epoch): void {
    const own = this.of(sid);
    const vote = { round, leader, zxid, peerEpoch };
    const last = own.votes.at(-1);
    if (last === undefined || !equalVotes(last, vote)) own.votes.push(vote);
    if (leader !== sid) return;
    own.zxid = zxid;
    own.currentEpoch = peerEpoch;
  }

  /** Checks the end of an election, whose winner may be the server itself. */
  elected(server: ServerView, leader: ServerId): void {
    // A server can join a leader for which it has not voted. The vote is then that of the leader.
    const own = this.of(server.sid);
    const last = own.votes.at(-1);
    const vote = last?.leader === leader ? last : this.of(leader).votes.at(-1);
    this.follow(own, leader, vote?.peerEpoch);
    if (this.isSupported(leader, vote)) return;
    const text = `elects server ${leader}, but no quorum has voted for it or follows it`;
    this.violations.report("claimed-quorums", server.sid, text, {});
  }

  /** Returns whether a quorum has sent this vote, or follows the leader with one epoch. */
  private isSupported(leader: ServerId, vote: Vote | undefined): boolean {
    const voted: ServerId[] = [];
    for (const [sid, { votes }] of this.claims) if (vote !== undefined && has(votes, vote)) voted.push(sid);
    if (this.isQuorum(voted)) return true;
    const epochs = new Set<Epoch | undefined>();
    for (const { followed } of this.claims.values()) {
      for (const epoch of followed.get(leader) ?? []) epochs.add(epoch);
    }
    for (const epoch of epochs) {
      const supporters = [...voted];
      for (const [sid, { followed }] of this.claims) if (followed.get(leader)?.has(epoch)) supporters.push(sid);
      if (this.isQuorum(supporters)) return true;
    }
    return false;
  }

  private follow(own: Claims, leader: ServerId, epoch: Epoch | undefined): void {
    const epochs = own.followed.get(leader);
    if (epochs === undefined) own.followed.set(leader, new Set([epoch]));
    else epochs.add(epoch);
  }

  // ---- discovery

  /** Counts a FOLLOWERINFO that the leader has read. */
  epochOffered(leader: ServerView, learner: ServerId, observer: boolean): void {
    if (!observer) this.of(leader.sid).offers.push(learner);
  }

  /** Records an acceptedEpoch that the server has written, which must be higher than the one before. */
  epochAccepted({ sid }: ServerView, epoch: Epoch): void {
    const own = this.of(sid);
    if (own.accepted !== undefined && epoch <= own.accepted) {
      const text = `accepts epoch ${epoch} after it has accepted epoch ${own.accepted}`;
      this.violations.report("claimed-quorums", sid, text, { epoch });
    }
    own.accepted = epoch;
    own.unacked.add(epoch);
  }

  /** Checks the epoch of LEADERINFO. `acceptedBefore` is the leader's acceptedEpoch before this proposal. */
  epochProposed(leader: ServerView, epoch: Epoch, acceptedBefore: Epoch): void {
    const own = this.of(leader.sid);
    own.proposed = epoch;
    if (epoch <= acceptedBefore) {
      const text = `proposes epoch ${epoch}, although its acceptedEpoch is ${acceptedBefore}`;
      this.violations.report("claimed-quorums", leader.sid, text, { epoch });
    }
    this.check(leader, own.offers, `proposes epoch ${epoch}`, "sent FOLLOWERINFO");
  }

  /**
   * Counts an ACKEPOCH. One with epoch -1 does not count, and neither does one of a learner that is more recent than
   * the leader. Once a quorum has been counted, the leader no longer compares.
   */
  epochAcked(leader: ServerView, learner: ServerId, currentEpoch: Epoch, lastZxid: Zxid): void {
    const own = this.of(leader.sid);
    const view = this.ensemble.servers.get(learner);
    if (currentEpoch < 0 || view === undefined || view.observer) return;
    const { accepted, unacked } = this.of(learner);
    // The leader can be slow: the learner may have accepted the epoch of another leader since it sent this packet.
    const wasUnacked = own.proposed !== undefined && unacked.delete(own.proposed);
    if (!wasUnacked && accepted !== undefined) {
      const text = `answers LEADERINFO with currentEpoch ${currentEpoch}, although it had accepted the epoch before`;
      this.violations.report("claimed-quorums", learner, text, { epoch: accepted }, leader.sid);
    }
    const isAhead = currentEpoch > (own.currentEpoch ?? currentEpoch);
    const hasMore = currentEpoch === own.currentEpoch && lastZxid > (own.zxid ?? lastZxid);
    if (!isAhead && !hasMore) own.acks.push(learner);
    else if (!this.isQuorum([leader.sid, ...own.acks])) own.aheadOf.add(learner);
  }

  /** Forgets a learner whose connection the leader has closed. */
  learnerLeft(leader: ServerId, learner: ServerId): void {
    this.of(leader).aheadOf.delete(learner);
  }

  /** Checks that the leader does not synchronize a learner that it must refuse. */
  syncDecided(leader: ServerView, learner: ServerId): void {
    if (!this.of(leader.sid).aheadOf.has(learner)) return;
    const text = `synchronizes server ${learner}, whose ACKEPOCH is more recent than the leader's state`;
    this.violations.report("claimed-quorums", leader.sid, text, {}, learner);
  }

  /** Checks a currentEpoch that a leader has written. */
  epochCurrent(server: ServerView, epoch: Epoch): void {
    if (server.role !== "leading") return;
    const { acks } = this.of(server.sid);
    this.check(server, acks, `begins to synchronize learners in epoch ${epoch}`, "sent an ACKEPOCH that counts");
  }

  // ---- synchronization and broadcast

  /** Counts an ACK of NEWLEADER that the leader has read. */
  newLeaderAckRead(leader: ServerView, learner: ServerId, zxid: Zxid): void {
    const { accepted, newLeaderAcks } = this.of(leader.sid);
    if (this.ensemble.servers.get(learner)?.observer) return;
    if (accepted === undefined || zxid === makeZxid(accepted, 0)) newLeaderAcks.push(learner);
  }

  /** Checks that a quorum has acknowledged NEWLEADER when the leader begins to serve. */
  established(leader: ServerView, epoch: Epoch): void {
    const own = this.of(leader.sid);
    own.established.add(epoch);
    this.follow(own, leader.sid, epoch);
    this.check(leader, own.newLeaderAcks, `is established in epoch ${epoch}`, "acknowledged NEWLEADER");
  }

  /** Checks a learner that begins to serve. */
  active(learner: ServerView, epoch: Epoch, leader: ServerId): void {
    this.follow(this.of(learner.sid), leader, epoch);
    if (this.of(leader).established.has(epoch)) return;
    const text = `serves in epoch ${epoch}, in which server ${leader} is not established`;
    this.violations.report("claimed-quorums", learner.sid, text, { epoch }, leader);
  }

  /** Checks a commit of the leader in its own epoch. Nothing is checked if `primary` is unknown. */
  committed(leader: ServerView, { zxid }: Txn, primary: EpochPrimary | undefined): void {
    const history = primary?.upTo(zxid);
    if (history === undefined) return;
    const holders = this.ensemble.holdersOf(history);
    if (this.isQuorum(holders)) return;
    const text = `commits ${zxidText(zxid)}, but no quorum has it on disk, only ${list(holders)}`;
    this.violations.report("claimed-quorums", leader.sid, text, { zxid, holders });
  }

  /** Checks the first delivery of a transaction in the epoch in which it was broadcast. */
  firstDelivered(server: ServerView, { zxid }: History, primary: EpochPrimary | undefined): void {
    if (primary === undefined || server.epoch !== primary.epoch || epochOf(zxid) !== primary.epoch) return;
    if (primary.lastCommitted >= zxid) return;
    const text = `delivers ${zxidText(zxid)}, which its leader has not committed`;
    this.violations.report("claimed-quorums", server.sid, text, { zxid }, primary.leader.sid);
  }

  private check(leader: ServerView, counted: readonly ServerId[], action: string, reason: string): void {
    const servers = [leader.sid, ...counted];
    if (this.isQuorum(servers)) return;
    const others = counted.length === 0 ? "" : `, only ${list(counted)}`;
    const text = `${action}, but no quorum has ${reason}${others}`;
    this.violations.report("claimed-quorums", leader.sid, text, { holders: [...counted] });
  }

  private of(sid: ServerId): Claims {
    let own = this.claims.get(sid);
    if (own === undefined) {
      own = {
        votes: [],
        followed: new Map(),
        aheadOf: new Set(),
        zxid: undefined,
        currentEpoch: undefined,
        accepted: undefined,
        proposed: undefined,
        unacked: new Set(),
        established: new Set(),
        offers: [],
        acks: [],
        newLeaderAcks: [],
      };
      this.claims.set(sid, own);
    }
    return own;
  }
}

function equalVotes(a: Vote, b: Vote): boolean {
  return a.round === b.round && a.leader === b.leader && a.zxid === b.zxid && a.peerEpoch === b.peerEpoch;
}

/** Searches from the end, because a vote that counts is most often a recent one. */
function has(votes: readonly Vote[], vote: Vote): boolean {
  for (let i = votes.length - 1; i >= 0; i--) if (equalVotes(votes[i] as Vote, vote)) return true;
  return false;
}

function list(servers: readonly ServerId[]): string {
  const sorted = [...new Set(servers)].sort((a, b) => a - b);
  return sorted.length === 1 ? `server ${sorted[0]}` : `servers ${sorted.join(", ")}`;
}
