/**
 * The state of a server as plain data, for debuggers and pages that show a run. Reading it changes nothing. The
 * histories are immutable objects that the views of one run share.
 */
import type { Vote } from "./election/vote.ts";
import type { Phase } from "./notes.ts";
import type { ServerState } from "./packets.ts";
import type { History, Txn } from "./storage/history.ts";
import type { Epoch, ServerId, Zxid } from "./zxid.ts";

/** The state of a Peer. */
export interface PeerView {
  /** LOOKING, FOLLOWING, LEADING or OBSERVING. */
  readonly state: ServerState;
  /** The phase of Zab. */
  readonly phase: Phase;
  /** The acceptedEpoch in memory; -1 before the disk is loaded. */
  readonly acceptedEpoch: Epoch;
  /** The currentEpoch in memory; -1 before the disk is loaded. */
  readonly currentEpoch: Epoch;
  /** DataTree#lastProcessedZxid. */
  readonly lastProcessedZxid: Zxid;
  /** The transactions applied to the tree. */
  readonly tree: History;
  /** The history that the server would load if its log and snapshots were durable. */
  readonly log: History;
  /** The range of committedLog; undefined if it is empty. */
  readonly committedLog: { readonly min: Zxid; readonly max: Zxid; readonly length: number } | undefined;
  /** The election, its votes included. */
  readonly election: ElectionView;
  /** The sets of a leader; undefined if the server does not lead. */
  readonly leader: LeaderView | undefined;
  /** The state of a learner; undefined if the server does not follow or observe. */
  readonly learner: LearnerView | undefined;
}

/** The state of the election at one server. */
export interface ElectionView {
  /** The round (logicalclock). */
  readonly round: number;
  /** Whether the server looks for a leader now. */
  readonly isRunning: boolean;
  /** The vote of this server: its proposal while it looks for a leader, and its current vote otherwise. */
  readonly vote: { readonly leader: ServerId; readonly zxid: Zxid; readonly peerEpoch: Epoch };
  /** The votes of this round, by voter (recvset). */
  readonly received: readonly { readonly from: ServerId; readonly leader: ServerId; readonly zxid: Zxid }[];
}

/** The sets of a leader. */
export interface LeaderView {
  /** The step of the main thread. */
  readonly step: string;
  /** The proposed epoch; -1 until the epoch quorum is complete. */
  readonly epoch: Epoch;
  /** The servers counted for the new epoch (connectingFollowers). */
  readonly connecting: readonly ServerId[];
  /** The servers counted for ACKEPOCH (electingFollowers). */
  readonly electing: readonly ServerId[];
  /** The servers whose ACK of NEWLEADER counts. */
  readonly newLeaderAcks: readonly ServerId[];
  /** The followers that get proposals (forwardingFollowers). */
  readonly forwarding: readonly ServerId[];
  /** The observers that get INFORM (observingLearners). */
  readonly observing: readonly ServerId[];
  /** The proposals that are not committed, with the servers that acknowledged (outstandingProposals). */
  readonly outstanding: readonly { readonly zxid: Zxid; readonly acks: readonly ServerId[] }[];
  /** The committed transactions that the leader has not applied (toBeApplied). */
  readonly toBeApplied: readonly Zxid[];
  /** The zxid of the last proposal. */
  readonly lastProposed: Zxid;
  /** The zxid of the last committed transaction; -1 if there is none. */
  readonly lastCommitted: Zxid;
  /** The LearnerHandlers. */
  readonly handlers: readonly HandlerView[];
}

/** The state of one LearnerHandler. */
export interface HandlerView {
  /** The learner; -1 before its first packet. */
  readonly learner: ServerId;
  /** What the thread of the handler does. */
  readonly step: string;
}

/** The state of a follower or an observer. */
export interface LearnerView {
  /** The learner master: the leader, or a follower with an ObserverMaster. */
  readonly master: ServerId;
  /** The step of the main thread. */
  readonly step: string;
  /** The transactions that the server has logged or logs now, and that are not committed (pendingTxns). */
  readonly pending: readonly Zxid[];
  /** While the learner synchronizes: proposals without a COMMIT (packetsNotLogged). */
  readonly notLogged: readonly Zxid[];
  /** While the learner synchronizes: commits that it performs when it serves (packetsCommitted). */
  readonly committed: readonly Zxid[];
}

/** Returns a vote as a view shows it. */
export function voteView({ id, peerEpoch, zxid }: Pick<Vote, "id" | "peerEpoch" | "zxid">): ElectionView["vote"] {
  return { leader: id, zxid, peerEpoch };
}

/** Returns the zxids of transactions. */
export function zxidsOf(txns: readonly Txn[]): readonly Zxid[] {
  return txns.length === 0 ? NO_ZXIDS : txns.map(({ zxid }) => zxid);
}

const NO_ZXIDS: readonly Zxid[] = [];
