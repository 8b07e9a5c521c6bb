/**
 * What a Peer tells those who watch it: typed observations, in ZooKeeper's words. Traces, tables and invariants are made
 * from these calls and from nothing else. They change nothing, and none is needed for the protocol to work.
 */

import type { SyncDecision, SyncFacts } from "./leader/sync-decision.ts";
import type { PacketType, ServerState } from "./packets.ts";
import type { History, Txn } from "./storage/history.ts";
import type { Epoch, ServerId, Zxid } from "./zxid.ts";

/** QuorumPeer.ZabState. */
export const ELECTION = 0;
export const DISCOVERY = 1;
export const SYNCHRONIZATION = 2;
export const BROADCAST = 3;
export type Phase = 0 | 1 | 2 | 3;
export const PHASE_NAMES: readonly string[] = ["ELECTION", "DISCOVERY", "SYNCHRONIZATION", "BROADCAST"];

/** Why a server gave up leading, following, observing, one learner, or its process. */
export type FailureReason =
  | "epoch-timeout" // getEpochToPropose: no quorum of FOLLOWERINFO within initLimit
  | "epoch-quit" // maxTimeToWaitForEpoch: a voter that elected us is looking again
  | "epoch-ack-timeout" // waitForEpochAck
  | "newleader-ack-timeout" // waitForNewLeaderAck
  | "follower-ahead" // an ACKEPOCH more recent than the leader's own state
  | "config-ahead" // configVersion above the leader's
  | "leader-epoch-lower" // LEADERINFO below acceptedEpoch
  | "first-packet-not-info" // a learner's first packet is not FOLLOWERINFO / OBSERVERINFO
  | "not-ackepoch" // the packet after LEADERINFO is not ACKEPOCH
  | "not-ack" // the first packet after NEWLEADER is not an ACK
  | "first-packet-not-leaderinfo" // a leader's first packet is neither LEADERINFO nor NEWLEADER
  | "unexpected-sync-packet" // not DIFF, TRUNC or SNAP
  | "proposal-gap" // enforceContinuousProposal
  | "commit-without-proposal" // COMMIT during sync with nothing pending
  | "truncate-failed"
  | "connect-failed"
  | "leader-unknown" // findLeader: the elected leader is not in the view
  | "connection-closed"
  | "read-timeout" // the socket's soTimeout
  | "not-enough-followers" // the leader's quorum check
  | "txn-timeout" // SyncLimitCheck
  | "zxid-rollover"
  | "sync-throttled" // LearnerSyncThrottler
  | "disk-error"
  | "epoch-older-than-zxid" // start-up: currentEpoch < epoch of the last zxid
  | "accepted-older-than-current" // start-up
  | "log-without-snapshot" // start-up
  | "unmatched-commit"; // a COMMIT that is not the head of what is pending

/** A step off the path that ZooKeeper only logs; invariants no-bad-state, no-bad-ack, no-bad-proposal and no-bad-commit are about these. */
export type Anomaly =
  | "bad-state" // no-bad-state: a packet that the receiver's state has no use for
  | "bad-ack" // no-bad-ack
  | "bad-proposal" // no-bad-proposal
  | "bad-commit"; // no-bad-commit

export interface Notes {
  /** QuorumPeer#setPeerState, #setZabState. */
  stateChanged(state: ServerState, phase: Phase): void;
  /** A server's vote changed (FastLeaderElection#updateProposal). */
  voted(round: number, leader: ServerId, zxid: Zxid, peerEpoch: Epoch): void;
  /** An election ended here (leaveInstance). */
  elected(leader: ServerId, round: number): void;
  /** A learner's FOLLOWERINFO / OBSERVERINFO was read by the leader; `epoch` is its acceptedEpoch. */
  epochOffered(learner: ServerId, observer: boolean, epoch: Epoch): void;
  /** getEpochToPropose completed at the leader. */
  epochProposed(epoch: Epoch): void;
  /** acceptedEpoch is on disk. */
  epochAccepted(epoch: Epoch): void;
  /** An ACKEPOCH was read by the leader; `currentEpoch` is -1 when it does not count. */
  epochAcked(learner: ServerId, currentEpoch: Epoch, lastZxid: Zxid): void;
  /** currentEpoch is on disk. */
  epochCurrent(epoch: Epoch): void;
  /** LearnerHandler#syncFollower decided. */
  syncDecided(learner: ServerId, observer: boolean, facts: SyncFacts, decision: SyncDecision): void;
  /** The learner acknowledged NEWLEADER; `history` is what its log holds. */
  newLeaderAcked(epoch: Epoch, history: History): void;
  /** The leader read that acknowledgement. */
  newLeaderAckRead(learner: ServerId, zxid: Zxid): void;
  /** The leader read the acknowledgement of UPTODATE. */
  uptodateAckRead(learner: ServerId, zxid: Zxid): void;
  /** Leader#startZkServer: a quorum acknowledged NEWLEADER; `history` is the leader's, and is now committed. */
  established(epoch: Epoch, history: History): void;
  /** A learner handled UPTODATE and serves. */
  active(epoch: Epoch, leader: ServerId, history: History): void;
  /** Leader#propose. */
  proposed(txn: Txn): void;
  /** A txn went into the log (the operating system's cache); `log` is the history the log now tells. */
  logged(txn: Txn, log: History): void;
  /** All that is in the log is durable. */
  synced(log: History): void;
  /** A leader counted enough ACKs (Leader#tryToCommit). */
  committed(txn: Txn): void;
  /** A txn known to be committed was applied to the tree, which now tells `history`. */
  delivered(txn: Txn, history: History): void;
  /** TRUNC was carried out. */
  truncated(zxid: Zxid, before: History, after: History): void;
  /** A snapshot was written to disk; `log` is what the disk tells with it. */
  snapshotSaved(zxid: Zxid, log: History): void;
  /** The database in memory was replaced: from disk at start, or by a SNAP. `log` is what the disk tells, `zxid` lastProcessedZxid. */
  loaded(history: History, log: History, zxid: Zxid): void;
  /** The server that ran in this role stopped and brought its memory up to its log (fastForwardDataBase). */
  fastForwarded(history: History, log: History): void;
  /** The server left its role, closed the connection to one learner (`learner`), or ended. */
  failed(reason: FailureReason, learner: ServerId | undefined, detail: string): void;
  /** Something that ZooKeeper only logs. */
  anomaly(anomaly: Anomaly, from: ServerId, packet: PacketType | 0, zxid: Zxid, detail: string): void;
}
