/**
 * claimed-quorums: each quorum that a server acts on is a quorum of the server's own configuration.
 *
 * The class counts votes and packets itself, from the notes about what each server has sent and read, and compares its
 * own count with what the server then does:
 *
 *     the server                            needs
 *     ends its election                     votes of a quorum for the leader, or a quorum that follows it or leads
 *     proposes an epoch                     FOLLOWERINFO from a quorum; an epoch that it has not accepted before
 *     writes currentEpoch as a leader       ACKEPOCH from a quorum that is not more recent than the leader
 *     is established                        ACK of NEWLEADER from a quorum
 *     serves as a learner                   a leader that is established in this epoch, or a follower of it
 *     commits a transaction                 the transaction on the disks of a quorum
 *     is the first to deliver it            a leader that has committed it
 *     delivers it as a learner              a COMMIT or INFORM for it, read after those of earlier transactions
 *     proposes a configuration              no pending configuration
 *     commits a configuration as it serves  the commit of its transaction, as a leader, or one that it has read
 *
 * The leader itself counts as one of these servers. Servers can have different configurations: a server that the
 * configuration of the leader lacks, or lists as an observer, does not count.
 */
import {
  asZxid,
  configText,
  type Epoch,
  epochOf,
  type History,
  LEADING,
  LOOKING,
  makeZxid,
  NO_EPOCH,
  NO_ZXID,
  type Notification,
  type QuorumVerifier,
  type ServerId,
  type Txn,
  type Zxid,
} from "../protocol/index.ts";
import type { Ensemble, ServerView } from "./ensemble.ts";
import type { EpochPrimary } from "./epoch-primaries.ts";
import { zxidText } from "./history-facts.ts";
import type { Configuration, QuorumTest } from "./quorum-test.ts";
import type { Violations } from "./violation.ts";

/** The last vote of a server. */
type Vote = Pick<Notification, "leader" | "zxid" | "electionEpoch" | "peerEpoch">;

type Counted = Map<ServerId, Notification>;

/** What this class knows about one server. */
interface Claims {
  /** The vote of the server in its current or last election; undefined before the first. */
  vote: Vote | undefined;
  /** The last notification of each server that this server has counted in the round of its vote. */
  readonly votes: Counted;
  /** The last notification of each server that follows or leads, of any round. */
  readonly settledVotes: Counted;
  /**
   * The zxid of the first COMMIT or INFORM that the server has read and whose transaction it has not delivered; NO_ZXID
   * if there is none.
   */
  nextCommit: Zxid;
  /** The zxids of the COMMITs and INFORMs after it. */
  laterCommits: Zxid[];
  /** The state with which the server voted for itself. */
  zxid: Zxid | undefined;
  currentEpoch: Epoch | undefined;
  /** The last acceptedEpoch that the server has written since it started. */
  accepted: Epoch | undefined;
  /** The last epoch that the server has proposed as a leader. It may have failed to write it as its acceptedEpoch. */
  proposed: Epoch | undefined;
  /** The epochs that the server has accepted but for which no leader has read an ACKEPOCH that counts. */
  readonly unacked: Set<Epoch>;
  /** The epochs in which the server was established, or served as a follower of an established leader. */
  readonly established: Set<Epoch>;
  /** The servers from which a leader has read FOLLOWERINFO, ACKEPOCH and the ACK of NEWLEADER. */
  offers: ServerId[];
  /** The highest acceptedEpoch that a voter has sent before the leader had counted a quorum; -1 if there is none. */
  highestOffered: Epoch;
  acks: ServerId[];
  /**
   * Whether a quorum has sent ACKEPOCH (Leader#electionFinished). It stays true if the leader then changes its
   * configuration.
   */
  hasEpochQuorum: boolean;
  newLeaderAcks: ServerId[];
  /** The configurations in force when a transaction was proposed, if there were two. By the zxid. */
  readonly proposedWith: Map<Zxid, readonly Configuration[]>;
  /** Whether this leader has designated another one, so that it must commit nothing more. */
  hasHandedOver: boolean;
  /** The learners that are more recent than this leader, so that it must refuse them. */
  readonly aheadOf: Set<ServerId>;
}

export class ClaimedQuorums {
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;
  /** The claims of each server, by its id. */
  private readonly claims: (Claims | undefined)[] = [];

  constructor(ensemble: Ensemble, violations: Violations) {
    this.ensemble = ensemble;
    this.violations = violations;
  }

  /** Forgets what a server has counted. Called when it becomes LOOKING and when its process ends. */
  left(sid: ServerId): void {
    const own = this.of(sid);
    own.offers = [];
    own.highestOffered = NO_EPOCH;
    own.acks = [];
    own.hasEpochQuorum = false;
    own.newLeaderAcks = [];
    own.proposedWith.clear();
    own.hasHandedOver = false;
    own.aheadOf.clear();
    own.votes.clear();
    own.settledVotes.clear();
    own.nextCommit = NO_ZXID;
    own.laterCommits = [];
  }

  /** Forgets what a server has written. Called when its process ends, because its disk may change. */
  crashed(sid: ServerId): void {
    this.left(sid);
    this.of(sid).accepted = undefined;
  }

  /** Forgets the state with which a server voted, because it takes its next role without an election. */
  skippedElection(sid: ServerId): void {
    const own = this.of(sid);
    own.zxid = undefined;
    own.currentEpoch = undefined;
  }

  // ---- election

  /** Records the vote of a server. A vote for itself also gives the state that it will lead with. */
  voted({ sid }: ServerView, electionEpoch: number, leader: ServerId, zxid: Zxid, peerEpoch: Epoch): void {
    const own = this.of(sid);
    if (own.vote?.electionEpoch !== electionEpoch) own.votes.clear();
    own.vote = { leader, zxid, electionEpoch, peerEpoch };
    if (leader !== sid) return;
    own.zxid = zxid;
    own.currentEpoch = peerEpoch;
  }

  /** Records a notification that the server has read and counts. */
  voteCounted({ sid }: ServerView, from: ServerId, notification: Notification): void {
    const { settledVotes, vote, votes } = this.of(sid);
    const { electionEpoch, state } = notification;
    if (state === LOOKING || electionEpoch === vote?.electionEpoch) votes.set(from, notification);
    if (state !== LOOKING) settledVotes.set(from, notification);
  }

  /** Checks the end of an election, whose winner may be the server itself. */
  elected(server: ServerView, leader: ServerId): void {
    const { sid } = server;
    const isVoter = inForce(server).some(({ voters }) => voters.has(leader));
    if (server.rules.electsOnlyVoters && !isVoter) {
      const text = `elects server ${leader}, which is not a voter of a configuration in force`;
      this.violations.report("claimed-quorums", sid, text, {});
      return;
    }
    if (inForce(server).every(({ isQuorum }) => this.isSupported(sid, leader, isQuorum))) return;
    const mayJoin = server.rules.joinsWithCommittedQuorum === true && leader !== sid;
    if (mayJoin && this.joins(sid, leader, server.configuration.isQuorum)) return;
    const text = `elects server ${leader}, but has not counted the votes of a quorum for it`;
    this.violations.report("claimed-quorums", sid, text, {});
  }

  /**
   * Returns whether the notifications that the server has counted let it follow or become this leader: a quorum has the
   * server's own vote, or a quorum follows the leader, and the leader leads (FastLeaderElection#checkLeader).
   */
  private isSupported(sid: ServerId, leader: ServerId, isQuorum: QuorumTest): boolean {
    const { vote, votes } = this.of(sid);
    const isAgreed = vote?.leader === leader && isQuorum(supportersIn(votes, (other) => equalVotes(vote, other)));
    return isAgreed || this.joins(sid, leader, isQuorum);
  }

  /** Returns whether a quorum follows the leader, and the leader leads, according to the notifications. */
  private joins(sid: ServerId, leader: ServerId, isQuorum: QuorumTest): boolean {
    const { settledVotes, vote, votes } = this.of(sid);
    const isAgreed = (counted: Counted, agrees: (vote: Notification) => boolean): boolean =>
      isQuorum(supportersIn(counted, agrees));
    const leads = [votes, settledVotes].some((counted) => counted.get(leader)?.state === LEADING);
    const joins = (counted: Counted, agrees: (a: Notification, b: Notification) => boolean): boolean => {
      for (const candidate of counted.values()) {
        if (candidate.state === LOOKING || candidate.leader !== leader) continue;
        const isConfirmed = leader === sid ? candidate.electionEpoch === vote?.electionEpoch : leads;
        if (isConfirmed && isAgreed(counted, (other) => agrees(candidate, other))) return true;
      }
      return false;
    };
    return joins(votes, agreeInRound) || joins(settledVotes, agreeOnEpoch);
  }

  // ---- discovery

  /** Counts a FOLLOWERINFO or OBSERVERINFO that the leader has read. */
  epochOffered(leader: ServerView, learner: ServerId, acceptedEpoch: Epoch): void {
    if (!counts(leader, learner)) return;
    const { configuration, sid } = leader;
    const own = this.of(sid);
    // After a quorum has been counted, the epoch of the leader does not change any more.
    const isOpen = !configuration.isQuorum([sid, ...own.offers]);
    if (isOpen && acceptedEpoch > own.highestOffered) own.highestOffered = acceptedEpoch;
    addOnce(own.offers, learner);
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
    if (epoch <= own.highestOffered) {
      const text = `proposes epoch ${epoch}, although a voter has accepted epoch ${own.highestOffered}`;
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
    if (currentEpoch < 0 || !counts(leader, learner)) return;
    const { accepted, unacked } = this.of(learner);
    // The leader can be slow: the learner may have accepted the epoch of another leader since it sent this packet.
    const wasUnacked = own.proposed !== undefined && unacked.delete(own.proposed);
    if (!wasUnacked && accepted !== undefined) {
      const text = `answers LEADERINFO with currentEpoch ${currentEpoch}, although it had accepted the epoch before`;
      this.violations.report("claimed-quorums", learner, text, { epoch: accepted }, leader.sid);
    }
    const isAhead = currentEpoch > (own.currentEpoch ?? currentEpoch);
    const hasMore = currentEpoch === own.currentEpoch && lastZxid > (own.zxid ?? lastZxid);
    if (!isAhead && !hasMore) addOnce(own.acks, learner);
    own.hasEpochQuorum ||= leader.configuration.isQuorum([leader.sid, ...own.acks]);
    if ((isAhead || hasMore) && !own.hasEpochQuorum) own.aheadOf.add(learner);
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
    if (!counts(leader, learner) && !leader.pending?.voters.has(learner)) return;
    if (accepted === undefined || zxid === makeZxid(accepted, 0)) addOnce(newLeaderAcks, learner);
  }

  /** Checks that a quorum has acknowledged NEWLEADER when the leader begins to serve. */
  established(leader: ServerView, epoch: Epoch): void {
    const own = this.of(leader.sid);
    own.established.add(epoch);
    const action = `is established in epoch ${epoch}`;
    // The leader has just committed the pending configuration, but the quorum of NEWLEADER needed the old one, too.
    const needed = leader.replaced === undefined ? inForce(leader) : [leader.replaced, leader.configuration];
    this.check(leader, own.newLeaderAcks, action, "acknowledged NEWLEADER", needed);
    if (needed.some(({ voters }) => voters.has(leader.sid))) return;
    const text = `${action}, although it is not a voter of its configuration`;
    this.violations.report("claimed-quorums", leader.sid, text, { epoch });
  }

  /** Records the configurations whose quorums a proposal needs, if there are two. */
  proposed(leader: ServerView, { zxid }: Txn): void {
    if (leader.pending !== undefined) this.of(leader.sid).proposedWith.set(zxid, inForce(leader));
  }

  /** Records that a leader has designated another one. */
  handedOver({ sid }: ServerView): void {
    this.of(sid).hasHandedOver = true;
  }

  /** Checks a learner that begins to serve. */
  active(learner: ServerView, epoch: Epoch, leader: ServerId): void {
    if (this.of(leader).established.has(epoch)) {
      if (learner.role === "following") this.of(learner.sid).established.add(epoch);
      return;
    }
    const text = `serves in epoch ${epoch}, in which server ${leader} is not established`;
    this.violations.report("claimed-quorums", learner.sid, text, { epoch }, leader);
  }

  /** Checks a commit of the leader in its own epoch. Nothing is checked if `primary` is unknown. */
  committed(leader: ServerView, { zxid }: Txn, primary: EpochPrimary | undefined): void {
    const own = this.of(leader.sid);
    if (own.hasHandedOver) {
      const text = `commits ${zxidText(zxid)} after it has designated another leader`;
      this.violations.report("claimed-quorums", leader.sid, text, { zxid });
    }
    const history = primary?.upTo(zxid);
    if (history === undefined) return;
    const both = own.proposedWith.size === 0 ? undefined : own.proposedWith.get(zxid);
    if (both === undefined) {
      this.checkHolders(leader, zxid, history, leader.configuration);
      return;
    }
    own.proposedWith.delete(zxid);
    const newest = both.at(-1);
    // The leader may have a newer pending configuration again, which concerns only later transactions.
    const isActive = (newest?.version ?? 0) <= (leader.configuration.version ?? 0);
    const needed = leader.rules.activationEndsOldQuorum && isActive ? both.slice(-1) : both;
    for (const configuration of needed) this.checkHolders(leader, zxid, history, configuration);
  }

  private checkHolders(leader: ServerView, zxid: Zxid, history: History, configuration: Configuration): void {
    const holders = this.ensemble.holdersOf(history, configuration);
    if (configuration.isQuorum(holders)) return;
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

  /** Records a COMMIT or an INFORM that a learner has read. */
  commitRead({ sid }: ServerView, zxid: Zxid): void {
    const own = this.of(sid);
    if (own.nextCommit === NO_ZXID) own.nextCommit = zxid;
    else own.laterCommits.push(zxid);
  }

  /** Checks that a learner has read a COMMIT or an INFORM for a transaction that it delivers. */
  delivered({ role, sid }: ServerView, { zxid }: Txn): void {
    if (role !== "following" && role !== "observing") return;
    const own = this.of(sid);
    const { laterCommits, nextCommit } = own;
    if (nextCommit === zxid) {
      own.nextCommit = laterCommits.length === 0 ? NO_ZXID : (laterCommits.shift() as Zxid);
      return;
    }
    const index = laterCommits.indexOf(zxid);
    if (index >= 0) {
      own.nextCommit = laterCommits[index + 1] ?? NO_ZXID;
      own.laterCommits = laterCommits.slice(index + 2);
      return;
    }
    const next = nextCommit === NO_ZXID ? "" : `; the next is for ${zxidText(nextCommit)}`;
    const text = `delivers ${zxidText(zxid)} without a COMMIT or INFORM for it${next}`;
    this.violations.report("claimed-quorums", sid, text, { zxid });
  }

  /** Checks a configuration that a leader proposes: the one before it must not be pending any more. */
  configSeen({ pending, role, serving, sid }: ServerView, config: QuorumVerifier): void {
    const isProposal = role === "leading" && serving;
    if (!isProposal || pending?.version === undefined || config.version <= pending.version) return;
    const version = zxidText(asZxid(pending.version));
    const text = `proposes ${configText(config)} while the configuration ${version} is pending`;
    this.violations.report("claimed-quorums", sid, text, {});
  }

  /** Checks a server that commits a configuration while it serves. */
  configCommitted({ primary, role, serving, sid }: ServerView, config: QuorumVerifier): void {
    if (!serving) return;
    const zxid = asZxid(config.version);
    const { laterCommits, nextCommit } = this.of(sid);
    const isCommitted =
      role === "leading" ? primary?.lastCommitted === zxid : nextCommit === zxid || laterCommits.includes(zxid);
    if (isCommitted) return;
    const text = `commits ${configText(config)} while it serves, without a commit of this transaction`;
    this.violations.report("claimed-quorums", sid, text, { zxid });
  }

  private check(
    leader: ServerView,
    counted: readonly ServerId[],
    action: string,
    reason: string,
    configurations: readonly Configuration[] = [leader.configuration],
  ): void {
    const servers = [leader.sid, ...counted];
    if (configurations.every(({ isQuorum }) => isQuorum(servers))) return;
    const others = counted.length === 0 ? "" : `, only ${list(counted)}`;
    const text = `${action}, but no quorum has ${reason}${others}`;
    this.violations.report("claimed-quorums", leader.sid, text, { holders: [...counted] });
  }

  private of(sid: ServerId): Claims {
    let own = this.claims[sid];
    if (own === undefined) {
      own = {
        vote: undefined,
        votes: new Map(),
        settledVotes: new Map(),
        nextCommit: NO_ZXID,
        laterCommits: [],
        proposedWith: new Map(),
        hasHandedOver: false,
        aheadOf: new Set(),
        zxid: undefined,
        currentEpoch: undefined,
        accepted: undefined,
        proposed: undefined,
        unacked: new Set(),
        established: new Set(),
        offers: [],
        highestOffered: NO_EPOCH,
        acks: [],
        hasEpochQuorum: false,
        newLeaderAcks: [],
      };
      this.claims[sid] = own;
    }
    return own;
  }
}

/** Returns the configurations that are in force at a server. A quorum must be one of each. */
function inForce({ configuration, pending }: ServerView): readonly Configuration[] {
  return pending === undefined ? [configuration] : [configuration, pending];
}

/** Adds a server to a list, unless the list contains it: a leader can refuse the same learner thousands of times. */
function addOnce(servers: ServerId[], sid: ServerId): void {
  if (!servers.includes(sid)) servers.push(sid);
}

/**
 * Returns whether a server counts the packets of a learner. A follower that synchronizes observers counts none, not
 * even those of a server that its own configuration file lists as a voter (ObserverMaster#waitForEpochAck).
 */
function counts({ configuration, role }: ServerView, learner: ServerId): boolean {
  return role !== "following" && configuration.voters.has(learner);
}

function supportersIn(counted: Counted, agrees: (vote: Notification) => boolean): ServerId[] {
  const supporters: ServerId[] = [];
  for (const [sid, vote] of counted) if (agrees(vote)) supporters.push(sid);
  return supporters;
}

function equalVotes(a: Vote, b: Vote): boolean {
  return (
    a.leader === b.leader && a.zxid === b.zxid && a.electionEpoch === b.electionEpoch && a.peerEpoch === b.peerEpoch
  );
}

/** Vote#equals for two votes of one round. ZooKeeper stores votes of this round without their version. */
function agreeInRound(a: Notification, b: Notification): boolean {
  return b.state === LOOKING ? equalVotes(a, b) : a.leader === b.leader;
}

/** Vote#equals for votes of servers that follow or lead (ZOOKEEPER-1805). */
function agreeOnEpoch(a: Notification, b: Notification): boolean {
  return a.leader === b.leader && a.peerEpoch === b.peerEpoch;
}

function list(servers: readonly ServerId[]): string {
  const sorted = [...new Set(servers)].sort((a, b) => a - b);
  return sorted.length === 1 ? `server ${sorted[0]}` : `servers ${sorted.join(", ")}`;
}
