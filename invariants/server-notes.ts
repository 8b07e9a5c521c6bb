/**
 * Handles the notes of one server. Each note first updates the view of the server, and then calls the checkers that
 * need the note. A note that no checker needs has an empty method.
 */
import {
  type Anomaly,
  ELECTION,
  type Epoch,
  type FailureReason,
  type History,
  LOOKING,
  type Notes,
  type Notification,
  type PacketType,
  type Phase,
  type QuorumVerifier,
  type ServerId,
  type ServerState,
  type Txn,
  type Zxid,
} from "../protocol/index.ts";
import type { AgreementAndTotalOrder } from "./agreement-and-total-order.ts";
import type { ClaimedQuorums } from "./claimed-quorums.ts";
import type { CommitCompleteness } from "./commit-completeness.ts";
import type { CommittedHistoryGrows } from "./committed-history-grows.ts";
import type { ConfigAgreement } from "./config-agreement.ts";
import type { ConfigZnode } from "./config-znode.ts";
import { type Ensemble, NO_EPOCH, readFromDisk, type ServerView } from "./ensemble.ts";
import type { FollowerIsPrefix } from "./follower-is-prefix.ts";
import type { InitialHistoryAgreement } from "./initial-history-agreement.ts";
import type { InitialTxns } from "./initial-txns.ts";
import type { MemoryAndDisk } from "./memory-and-disk.ts";
import type { NewestConfig } from "./newest-config.ts";
import type { NoBadPacket } from "./no-bad-packet.ts";
import type { PrimaryOrder } from "./primary-order.ts";
import type { PrimaryUniqueness } from "./primary-uniqueness.ts";
import type { ProcessConsistency } from "./process-consistency.ts";
import { configurationOf } from "./quorum-test.ts";
import type { TruncKeepsCommitted } from "./trunc-keeps-committed.ts";
import type { Role } from "./violation.ts";

export interface Checkers {
  readonly primaryUniqueness: PrimaryUniqueness;
  readonly agreementAndTotalOrder: AgreementAndTotalOrder;
  readonly primaryOrder: PrimaryOrder;
  readonly initialHistoryAgreement: InitialHistoryAgreement;
  readonly commitCompleteness: CommitCompleteness;
  readonly processConsistency: ProcessConsistency;
  readonly noBadPacket: NoBadPacket;
  readonly committedHistoryGrows: CommittedHistoryGrows;
  readonly truncKeepsCommitted: TruncKeepsCommitted;
  readonly followerIsPrefix: FollowerIsPrefix;
  readonly memoryAndDisk: MemoryAndDisk;
  readonly configAgreement: ConfigAgreement;
  readonly configZnode: ConfigZnode;
  readonly newestConfig: NewestConfig;
  /** Undefined if the notes are not complete. */
  readonly claimedQuorums: ClaimedQuorums | undefined;
}

/** The roles, indexed by ServerState. */
const ROLES = ["looking", "following", "leading", "observing"] as const satisfies readonly Role[];

export class ServerNotes implements Notes {
  private readonly server: ServerView;
  private readonly ensemble: Ensemble;
  private readonly initialTxns: InitialTxns;
  private readonly check: Checkers;

  constructor(server: ServerView, ensemble: Ensemble, initialTxns: InitialTxns, checkers: Checkers) {
    this.server = server;
    this.ensemble = ensemble;
    this.initialTxns = initialTxns;
    this.check = checkers;
  }

  stateChanged(state: ServerState, phase: Phase): void {
    const wasLooking = this.server.looking;
    this.server.role = ROLES[state];
    this.server.looking = state === LOOKING;
    if (phase === ELECTION) this.server.replaced = undefined;
    // A reconfiguration can give a server its next role without an election.
    const skipsElection = state !== LOOKING && phase === ELECTION && !wasLooking;
    if (state !== LOOKING && !skipsElection) return;
    if (skipsElection) {
      this.server.elected = undefined;
      this.check.claimedQuorums?.skippedElection(this.server.sid);
    }
    this.leaveEpoch();
    this.check.claimedQuorums?.left(this.server.sid);
    this.check.noBadPacket.left(this.server.sid);
  }

  voted(round: number, leader: ServerId, zxid: Zxid, peerEpoch: Epoch): void {
    this.check.memoryAndDisk.voted(this.server, leader, zxid);
    this.check.claimedQuorums?.voted(this.server, round, leader, zxid, peerEpoch);
  }

  electionWaited(): void {}

  notificationIgnored(): void {}

  voteCounted(from: ServerId, notification: Notification): void {
    this.check.claimedQuorums?.voteCounted(this.server, from, notification);
  }

  notificationDelayed(): void {}

  electionLink(): void {}
  acceptFailed(): void {}

  elected(leader: ServerId): void {
    this.server.elected = leader;
    this.check.claimedQuorums?.elected(this.server, leader);
  }

  epochOffered(learner: ServerId, _observer: boolean, acceptedEpoch: Epoch): void {
    this.check.claimedQuorums?.epochOffered(this.server, learner, acceptedEpoch);
  }

  epochProposed(epoch: Epoch, acceptedBefore: Epoch): void {
    this.check.claimedQuorums?.epochProposed(this.server, epoch, acceptedBefore);
    this.ensemble.primaries.begin(epoch, this.server, this.server.tree);
  }

  epochAccepted(epoch: Epoch): void {
    this.check.claimedQuorums?.epochAccepted(this.server, epoch);
  }

  epochAcked(learner: ServerId, currentEpoch: Epoch, lastZxid: Zxid): void {
    this.check.claimedQuorums?.epochAcked(this.server, learner, currentEpoch, lastZxid);
  }

  epochCurrent(epoch: Epoch): void {
    this.check.claimedQuorums?.epochCurrent(this.server, epoch);
  }

  syncDecided(learner: ServerId): void {
    this.check.claimedQuorums?.syncDecided(this.server, learner);
    this.check.truncKeepsCommitted.syncDecided(this.server, learner);
  }

  newLeaderAcked(epoch: Epoch, log: History): void {
    const { server } = this;
    server.log = log;
    server.durable = log;
    this.check.configAgreement.newLeaderAcked(server, epoch);
    if (server.observer) return;
    server.epoch = epoch;
    this.check.followerIsPrefix.newLeaderAcked(server, epoch, log);
    this.check.processConsistency.logChanged(server, epoch, log);
  }

  newLeaderAckRead(learner: ServerId, zxid: Zxid): void {
    this.check.claimedQuorums?.newLeaderAckRead(this.server, learner, zxid);
  }

  uptodateAckRead(learner: ServerId): void {
    const { primary, role } = this.server;
    if (role !== "leading") return;
    const learnerView = this.ensemble.servers.get(learner);
    if (primary === undefined || learnerView === undefined) return;
    this.check.commitCompleteness.uptodateAcked(learnerView, primary);
  }

  established(epoch: Epoch, history: History): void {
    const { check, server } = this;
    server.tree = history;
    server.epoch = epoch;
    server.serving = true;
    const current = server.primary;
    const primary = current?.epoch === epoch ? current : this.ensemble.primaries.begin(epoch, server, history);
    primary.initial = history;
    const newest = this.ensemble.established(primary);
    check.primaryUniqueness.established(server, epoch);
    check.claimedQuorums?.established(server, epoch);
    check.newestConfig.leaderEstablished(server, primary, !newest);
    check.newestConfig.active(server);
    check.initialHistoryAgreement.established(server, epoch, history);
    if (newest) check.committedHistoryGrows.newestEstablished(server, epoch, history);
    check.commitCompleteness.established(epoch, history);
    check.agreementAndTotalOrder.visible(server, history);
    if (server.log !== undefined) check.processConsistency.logChanged(server, epoch, server.log);
  }

  active(epoch: Epoch, leader: ServerId, history: History): void {
    const { check, server } = this;
    server.tree = history;
    server.serving = true;
    if (!server.observer) check.followerIsPrefix.active(server, epoch, leader, history);
    check.claimedQuorums?.active(server, epoch, leader);
    check.newestConfig.learnerServes(server, epoch, this.ensemble.servers.get(leader));
    check.newestConfig.active(server);
    check.agreementAndTotalOrder.visible(server, history);
  }

  proposed(txn: Txn): void {
    this.check.claimedQuorums?.proposed(this.server, txn);
    this.check.primaryOrder.broadcast(this.server, txn, this.ensemble.primaries.proposed(this.server, txn));
  }

  logged(_txn: Txn, log: History): void {
    const { server } = this;
    server.log = log;
    if (server.epoch >= 0) this.check.processConsistency.logChanged(server, server.epoch, log);
  }

  synced(log: History): void {
    this.server.durable = log;
  }

  committed(txn: Txn): void {
    const { primary } = this.server;
    if (primary !== undefined) primary.lastCommitted = txn.zxid;
    this.check.claimedQuorums?.committed(this.server, txn, primary);
  }

  commitRead(zxid: Zxid): void {
    this.check.claimedQuorums?.commitRead(this.server, zxid);
  }

  delivered(txn: Txn, history: History): void {
    const { check, server } = this;
    check.claimedQuorums?.delivered(server, txn);
    server.tree = history;
    if (txn.config !== undefined) check.newestConfig.applied(server, txn.config);
    if (!server.serving) return;
    check.commitCompleteness.delivered(server, txn, history.length);
    check.agreementAndTotalOrder.delivered(server, history);
  }

  truncated(_zxid: Zxid, before: History, after: History): void {
    const { server } = this;
    server.tree = after;
    server.log = after;
    server.durable = after;
    this.check.truncKeepsCommitted.truncated(server, before, after);
  }

  snapshotStarted(): void {}

  snapshotFailed(): void {}

  snapshotSaved(_zxid: Zxid, log: History): void {
    this.server.log = log;
  }

  loaded(history: History, log: History, zxid: Zxid): void {
    const { server } = this;
    server.tree = history;
    server.log = log;
    if (server.looking) {
      readFromDisk(server, log);
      this.check.memoryAndDisk.loaded(server, history, zxid);
    }
    if (server.hasLoaded) return;
    server.hasLoaded = true;
    this.initialTxns.add(history);
  }

  fastForwarded(history: History, log: History): void {
    this.server.tree = history;
    this.server.log = log;
  }

  /**
   * If `learner` is undefined, the server leaves its role, and clients do not see the transactions that it still
   * delivers. If `learner` is defined, only the connection to that learner failed.
   */
  failed(_reason: FailureReason, learner: ServerId | undefined, _detail: string): void {
    if (learner === undefined) {
      this.leaveEpoch();
      return;
    }
    this.check.claimedQuorums?.learnerLeft(this.server.sid, learner);
    this.check.noBadPacket.learnerLeft(this.server.sid, learner);
  }

  configSeen(config: QuorumVerifier): void {
    const { check, server } = this;
    check.configAgreement.seen(server, config);
    check.claimedQuorums?.configSeen(server, config);
    server.pending = config.version > (server.configuration.version ?? 0) ? configurationOf(config) : undefined;
  }

  configCommitted(config: QuorumVerifier): void {
    const { check, server } = this;
    check.configAgreement.committed(server, config);
    check.claimedQuorums?.configCommitted(server, config);
    server.replaced = server.configuration;
    server.configuration = configurationOf(config);
    server.observer = !server.configuration.voters.has(server.sid);
    if ((server.pending?.version ?? 0) <= config.version) server.pending = undefined;
    this.ensemble.configCommitted(server);
    check.newestConfig.active(server);
  }

  configShown(znode: QuorumVerifier, committed: QuorumVerifier): void {
    this.check.configZnode.shown(this.server, znode, committed);
  }

  reconfigRefused(): void {}

  leaderDesignated(): void {
    this.check.claimedQuorums?.handedOver(this.server);
  }

  anomaly(anomaly: Anomaly, from: ServerId, type: PacketType | 0, zxid: Zxid, detail: string): void {
    this.check.noBadPacket.anomaly(this.server.sid, anomaly, from, type, zxid, detail);
  }

  private leaveEpoch(): void {
    this.server.serving = false;
    this.server.epoch = NO_EPOCH;
    this.check.newestConfig.left(this.server);
  }
}
