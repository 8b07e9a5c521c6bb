/** Votes and their order (Vote, FastLeaderElection#totalOrderPredicate). */
import { LOOKING, type ServerState } from "../packets.ts";
import type { QuorumVerifier } from "../quorum.ts";
import type { Epoch, ServerId, Zxid } from "../zxid.ts";

/** A vote for a leader (org.apache.zookeeper.server.quorum.Vote). */
export interface Vote {
  /** The proposed leader. */
  readonly id: ServerId;
  /** The last zxid of the proposed leader. */
  readonly zxid: Zxid;
  /** The round of the election (logicalclock) in which the vote was cast. */
  readonly electionEpoch: number;
  /** The currentEpoch of the proposed leader. */
  readonly peerEpoch: Epoch;
  /** The state of the server that casts the vote. */
  readonly state: ServerState;
  /** The version of the notification format; 0 for a server from before ZOOKEEPER-1732. */
  readonly version: number;
}

/**
 * Returns whether a vote is better than the current one. Compares epochs first, then zxids, then ids
 * (FastLeaderElection#totalOrderPredicate).
 */
export function isBetterVote(
  verifier: QuorumVerifier,
  newId: ServerId,
  newZxid: Zxid,
  newEpoch: Epoch,
  currentId: ServerId,
  currentZxid: Zxid,
  currentEpoch: Epoch,
): boolean {
  if (verifier.weightOf(newId) === 0) return false;
  if (newEpoch !== currentEpoch) return newEpoch > currentEpoch;
  if (newZxid !== currentZxid) return newZxid > currentZxid;
  return newId > currentId;
}

/**
 * Returns whether two votes are equal (Vote#equals). If either server is LOOKING, id, zxid, round and epoch must all be
 * equal. Otherwise zxid and round are ignored (ZOOKEEPER-1805), and so is the epoch if exactly one server is from
 * before ZOOKEEPER-1732.
 */
export function sameVote(a: Vote, b: Vote): boolean {
  if (a.state === LOOKING || b.state === LOOKING) {
    return a.id === b.id && a.zxid === b.zxid && a.electionEpoch === b.electionEpoch && a.peerEpoch === b.peerEpoch;
  }
  if (a.version > 0 !== b.version > 0) return a.id === b.id;
  return a.id === b.id && a.peerEpoch === b.peerEpoch;
}
