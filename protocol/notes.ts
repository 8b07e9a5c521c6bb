/**
 * Notes: the typed observations that a Peer reports about itself, in ZooKeeper's terms. The invariants and the records
 * of a run get their information about servers only from notes. Notes have no effect on the protocol.
 */
import type { ReconfigRefusal } from "./leader/reconfig.ts";
import type { SyncDecision, SyncFacts } from "./leader/sync-decision.ts";
import type { Notification, PacketType, ServerState } from "./packets.ts";
import type { AckSet, QuorumVerifier } from "./quorum.ts";
import type { History, Txn } from "./storage/history.ts";
import type { Epoch, ServerId, Zxid } from "./zxid.ts";

/** The server looks for a leader (QuorumPeer.ZabState). */
export const ELECTION = 0;
/** The leader and its learners agree on an epoch (QuorumPeer.ZabState). */
export const DISCOVERY = 1;
/** Learners receive the history of the leader (QuorumPeer.ZabState). */
export const SYNCHRONIZATION = 2;
/** The server serves clients (QuorumPeer.ZabState). */
export const BROADCAST = 3;
/** The code of a phase of Zab: ELECTION, DISCOVERY, SYNCHRONIZATION or BROADCAST. */
export type Phase = 0 | 1 | 2 | 3;
/** The names of the phases, by code. */
export const PHASE_NAMES: readonly string[] = ["ELECTION", "DISCOVERY", "SYNCHRONIZATION", "BROADCAST"];

/** Why a server stopped leading, following or observing, closed the connection to one learner, or exited. */
export type FailureReason =
  | "observer-without-group" // QuorumHierarchical throws a NullPointerException because of an observer
  | "epoch-timeout" // getEpochToPropose: no quorum of servers sent FOLLOWERINFO within initLimit
  | "epoch-quit" // maxTimeToWaitForEpoch: a voter that elected this leader is LOOKING again
  | "epoch-ack-timeout" // waitForEpochAck: no quorum of servers sent ACKEPOCH within initLimit
  | "newleader-ack-timeout" // waitForNewLeaderAck: no quorum of servers acknowledged NEWLEADER within initLimit
  | "follower-ahead" // the state or the epoch of a learner is more recent than the leader's
  | "config-ahead" // the learner's configVersion is higher than the leader's
  | "leader-epoch-lower" // the epoch in LEADERINFO is lower than the learner's acceptedEpoch
  | "first-packet-not-info" // a learner's first packet is neither FOLLOWERINFO nor OBSERVERINFO
  | "not-ackepoch" // the packet after LEADERINFO is not ACKEPOCH
  | "not-ack" // the first packet after NEWLEADER is not an ACK
  | "first-packet-not-leaderinfo" // a leader's first packet is neither LEADERINFO nor NEWLEADER
  | "unexpected-sync-packet" // the packet that starts the synchronization is not DIFF, TRUNC or SNAP
  | "unreadable-packet" // the data of a packet does not have the form that its type requires
  | "unreasonable-length" // a buffer is larger than jute.maxbuffer and the extra size (BinaryInputArchive#checkLength)
  | "proposal-gap" // enforceContinuousProposal, addCommittedProposal: a proposal does not follow the one before it
  | "commit-without-proposal" // while synchronizing: a COMMIT has no proposal, or an observer's proposal has no COMMIT
  | "truncate-failed" // the log could not be truncated to the zxid in TRUNC
  | "connect-failed" // connectToLeader: no connection within the permitted tries or time
  | "not-in-configuration" // QuorumPeer#start: the server's own configuration does not list the server
  | "leader-unknown" // findLeader: the elected leader is not in this server's view
  | "reconfigured" // the new configuration changes the role of this server, or its leader
  | "connection-closed" // the other end closed the connection, or it was reset
  | "read-timeout" // nothing arrived within the timeout of the socket (soTimeout)
  | "not-enough-followers" // the leader and its synchronized followers are not a quorum
  | "txn-timeout" // SyncLimitCheck: a proposal was not acknowledged within syncLimit
  | "zxid-rollover" // the counter of the zxid has reached its maximum
  | "epoch-limit" // the next epoch is above the largest that zabsim supports
  | "too-far-behind" // ObserverMaster#startForwarding: the kept transactions start after the observer's next zxid
  | "sync-throttled" // LearnerSyncThrottler: too many synchronizations are in progress
  | "disk-error" // a disk operation failed
  | "unreadable-log" // a leader cannot read a record of its log while it synchronizes a learner
  | "epoch-older-than-zxid" // startup: currentEpoch is lower than the epoch of the last zxid
  | "accepted-older-than-current" // startup: acceptedEpoch is lower than currentEpoch
  | "log-without-snapshot" // startup: a log exists, but no snapshot
  | "acceptor-failed" // Leader.LearnerCnxAcceptor: accept() failed, and the thread has ended
  | "listener-failed" // QuorumCnxManager.Listener: accept() failed too often, and the server exits
  | "unmatched-commit"; // a COMMIT does not match the oldest pending proposal

/**
 * An error in the protocol that ZooKeeper logs. The invariants no-bad-state, no-bad-ack, no-bad-proposal and
 * no-bad-commit report these errors. After some of them, the server also fails or exits.
 */
export type Anomaly =
  | "bad-state" // a packet that is illegal in the receiver's current state
  | "bad-ack" // an ACK with an unexpected zxid, or another packet where an ACK must come
  | "bad-proposal" // a proposal that does not follow the one before it
  | "bad-commit"; // a COMMIT that does not match the oldest pending proposal, or finds none

/** An event of a connection between the election ports of two servers. */
export type ElectionLinkEvent =
  | "closed-own-id-smaller" // this server opened the connection, but only the server with the larger id may
  | "closed-peer-id-smaller" // the peer opened the connection and has the smaller id; this server connects instead
  | "refused" // the peer refused the connection, or the connection broke before it was open
  | "closed" // the connection in use was closed or reset
  | "timed-out"; // the connection did not open within cnxTimeout

/** What follows from an error of accept(). */
export type AcceptErrorEvent =
  | "acceptor-ends" // Leader.LearnerCnxAcceptor ends: the leader accepts no learner any more
  | "error-forgotten" // the leader starts to serve and forgets that its LearnerCnxAcceptor has ended (ZOOKEEPER-4203)
  | "master-retries" // the ObserverMaster of a follower calls accept() again and again, until it succeeds
  | "listener-closes-port" // QuorumCnxManager.Listener closes the election port for one second
  | "listener-opens-port" // QuorumCnxManager.Listener opens the election port again
  | "listener-ends"; // QuorumCnxManager.Listener ends: the server accepts no election connection any more

/** Why a LOOKING server does not count a notification. */
export type IgnoredNotification =
  | "earlier-round" // the sender is in an earlier round of the election
  | "no-better-vote" // the server already has a quorum and accepts only a better vote during finalizeWait
  | "leader-not-voter" // the sender votes for a server that is not a voter
  | "no-database" // the sender or this server has no database
  | "queue-full"; // the receive queue is full, so a newer notification replaces this one

/** The observations that a Peer reports to its host, one method for each. A method must not call the Peer. */
export interface Notes {
  /** The server changed its state or its phase (QuorumPeer#setPeerState, #setZabState). */
  stateChanged(state: ServerState, phase: Phase): void;
  /** The server changed its vote (FastLeaderElection#updateProposal). */
  voted(round: number, leader: ServerId, zxid: Zxid, peerEpoch: Epoch): void;
  /**
   * No notification arrived for `waitedMs` (FastLeaderElection#lookForLeader). `unheard` are the voters whose votes of
   * this round are missing. If `resends` is true, the server sends its vote again. Otherwise, it only connects again to
   * the other servers.
   */
  electionWaited(round: number, waitedMs: number, unheard: readonly ServerId[], resends: boolean): void;
  /** A LOOKING server dropped a notification. `round` is the round of the sender. */
  notificationIgnored(from: ServerId, round: number, reason: IgnoredNotification): void;
  /** A LOOKING server put a notification among the votes that it counts (FastLeaderElection#lookForLeader). */
  voteCounted(from: ServerId, notification: Notification): void;
  /** The vote for `to` waits, because the thread that sends votes is still connecting to server `dialing`. */
  notificationDelayed(to: ServerId, dialing: ServerId): void;
  /**
   * A connection between election ports was closed or did not open (QuorumCnxManager). `limitMs` is cnxTimeout, the
   * time limit of opening a connection.
   */
  electionLink(peer: ServerId, event: ElectionLinkEvent, limitMs: number): void;
  /**
   * The accept() of a thread failed, or the thread continues or ends after such an error. `errors` is the number of
   * errors since the thread has accepted a connection.
   */
  acceptFailed(event: AcceptErrorEvent, errors: number): void;
  /** The election ended at this server (FastLeaderElection#leaveInstance). */
  elected(leader: ServerId, round: number): void;
  /** The leader read a FOLLOWERINFO or OBSERVERINFO; `epoch` is the learner's acceptedEpoch. */
  epochOffered(learner: ServerId, observer: boolean, epoch: Epoch): void;
  /**
   * The leader knows the epoch to propose and has tried to write acceptedEpoch (Leader#getEpochToPropose).
   * `acceptedBefore` is its acceptedEpoch before that write.
   */
  epochProposed(epoch: Epoch, acceptedBefore: Epoch): void;
  /** The server wrote acceptedEpoch to disk. */
  epochAccepted(epoch: Epoch): void;
  /** The leader read an ACKEPOCH; `currentEpoch` is -1 if the leader must not count the learner. */
  epochAcked(learner: ServerId, currentEpoch: Epoch, lastZxid: Zxid): void;
  /** The server wrote currentEpoch to disk. */
  epochCurrent(epoch: Epoch): void;
  /** The leader decided between DIFF, TRUNC and SNAP (LearnerHandler#syncFollower). */
  syncDecided(learner: ServerId, observer: boolean, facts: SyncFacts, decision: SyncDecision): void;
  /** The learner acknowledged NEWLEADER; `history` is the history in the learner's log. */
  newLeaderAcked(epoch: Epoch, history: History): void;
  /** The leader read the acknowledgment of NEWLEADER. */
  newLeaderAckRead(learner: ServerId, zxid: Zxid): void;
  /** The leader read the acknowledgment of UPTODATE. */
  uptodateAckRead(learner: ServerId, zxid: Zxid): void;
  /**
   * A quorum acknowledged NEWLEADER (Leader#startZkServer). `history` is the leader's history, which is now committed.
   * `acks` are the servers that acknowledged.
   */
  established(epoch: Epoch, history: History, acks?: AckSet): void;
  /** The learner handled UPTODATE and serves clients. `masterFollows`: its learner master is a follower. */
  active(epoch: Epoch, leader: ServerId, history: History, masterFollows: boolean): void;
  /** The leader proposed a transaction (Leader#propose). */
  proposed(txn: Txn): void;
  /** The server appended a transaction to its log, in the page cache; `log` is the history in the log afterwards. */
  logged(txn: Txn, log: History): void;
  /** The server synced its log. Everything in the log is durable now. */
  synced(log: History): void;
  /** The leader committed a transaction (Leader#tryToCommit), which the servers in `acks` have acknowledged. */
  committed(txn: Txn, acks?: AckSet): void;
  /** A learner read a COMMIT or an INFORM. Observers also note COMMITs that they ignore. */
  commitRead(zxid: Zxid): void;
  /** The server applied a committed transaction to its tree; `history` is the history of the tree afterwards. */
  delivered(txn: Txn, history: History): void;
  /** The learner truncated its log to `zxid`; `before` and `after` are the histories in the log. */
  truncated(zxid: Zxid, before: History, after: History): void;
  /**
   * The server began to write a snapshot to disk. If `inBackground` is true, the server continues its work during the
   * write.
   */
  snapshotStarted(zxid: Zxid, inBackground: boolean): void;
  /** A snapshot could not be written. */
  snapshotFailed(): void;
  /** The server wrote a snapshot to disk; `log` is the history on disk afterwards. */
  snapshotSaved(zxid: Zxid, log: History): void;
  /**
   * The server replaced its database in memory with `history`, from disk or from a SNAP. `log` is the history on disk,
   * and `zxid` is lastProcessedZxid.
   */
  loaded(history: History, log: History, zxid: Zxid): void;
  /** The server stopped serving and applied the rest of its log to its database (ZKDatabase#fastForwardDataBase). */
  fastForwarded(history: History, log: History): void;
  /**
   * The server left its role, exited, or closed the connection to one learner. `learner` is defined only in the last
   * case.
   */
  failed(reason: FailureReason, learner: ServerId | undefined, detail: string): void;
  /** The server has a new pending configuration (QuorumPeer#setLastSeenQuorumVerifier). */
  configSeen(config: QuorumVerifier): void;
  /** The server has a new committed configuration (QuorumPeer#setQuorumVerifier). */
  configCommitted(config: QuorumVerifier): void;
  /** The server starts to serve with this content of /zookeeper/config, and this committed configuration. */
  configShown(znode: QuorumVerifier, committed: QuorumVerifier): void;
  /** The leader refused a reconfiguration (PrepRequestProcessor). */
  reconfigRefused(reason: ReconfigRefusal, zxid: Zxid): void;
  /** The leader designated another server to lead, and commits nothing more (Leader#tryToCommit, #startZkServer). */
  leaderDesignated(leader: ServerId, config: QuorumVerifier): void;
  /** The server received a packet that violates the protocol. */
  anomaly(anomaly: Anomaly, from: ServerId, packet: PacketType | 0, zxid: Zxid, detail: string): void;
}
