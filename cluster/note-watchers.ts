/**
 * The watchers of one server process. While the process runs, each note goes to all watchers, in order. If the process
 * crashes while the core handles an input, the notes that the core makes afterwards for this input go to no watcher.
 */
import type {
  AcceptErrorEvent,
  AckSet,
  Anomaly,
  ElectionLinkEvent,
  Epoch,
  FailureReason,
  History,
  IgnoredNotification,
  Notes,
  Notification,
  PacketType,
  Phase,
  QuorumVerifier,
  ReconfigRefusal,
  ServerId,
  ServerState,
  SyncDecision,
  SyncFacts,
  Txn,
  Zxid,
} from "../protocol/index.ts";

export class Watchers implements Notes {
  /** Whether the watchers still receive notes. False after the process has crashed. */
  watching = true;
  private readonly first: Notes | undefined;
  private readonly second: Notes | undefined;

  /**
   * Takes up to two watchers, such as the invariants and a recorder. Two fields are cheaper than an array on this hot
   * path.
   */
  constructor(first: Notes | undefined, second: Notes | undefined) {
    this.first = first;
    this.second = second;
  }

  stateChanged(state: ServerState, phase: Phase): void {
    if (!this.watching) return;
    this.first?.stateChanged(state, phase);
    this.second?.stateChanged(state, phase);
  }

  voted(round: number, leader: ServerId, zxid: Zxid, peerEpoch: Epoch): void {
    if (!this.watching) return;
    this.first?.voted(round, leader, zxid, peerEpoch);
    this.second?.voted(round, leader, zxid, peerEpoch);
  }

  electionWaited(round: number, waitedMs: number, unheard: readonly ServerId[], resends: boolean): void {
    if (!this.watching) return;
    this.first?.electionWaited(round, waitedMs, unheard, resends);
    this.second?.electionWaited(round, waitedMs, unheard, resends);
  }

  notificationIgnored(from: ServerId, round: number, reason: IgnoredNotification): void {
    if (!this.watching) return;
    this.first?.notificationIgnored(from, round, reason);
    this.second?.notificationIgnored(from, round, reason);
  }

  voteCounted(from: ServerId, notification: Notification): void {
    if (!this.watching) return;
    this.first?.voteCounted(from, notification);
    this.second?.voteCounted(from, notification);
  }

  notificationDelayed(to: ServerId, dialing: ServerId): void {
    if (!this.watching) return;
    this.first?.notificationDelayed(to, dialing);
    this.second?.notificationDelayed(to, dialing);
  }

  electionLink(peer: ServerId, event: ElectionLinkEvent, limitMs: number): void {
    if (!this.watching) return;
    this.first?.electionLink(peer, event, limitMs);
    this.second?.electionLink(peer, event, limitMs);
  }

  acceptFailed(event: AcceptErrorEvent, errors: number): void {
    if (!this.watching) return;
    this.first?.acceptFailed(event, errors);
    this.second?.acceptFailed(event, errors);
  }

  elected(leader: ServerId, round: number): void {
    if (!this.watching) return;
    this.first?.elected(leader, round);
    this.second?.elected(leader, round);
  }

  epochOffered(learner: ServerId, observer: boolean, epoch: Epoch): void {
    if (!this.watching) return;
    this.first?.epochOffered(learner, observer, epoch);
    this.second?.epochOffered(learner, observer, epoch);
  }

  epochProposed(epoch: Epoch, acceptedBefore: Epoch): void {
    if (!this.watching) return;
    this.first?.epochProposed(epoch, acceptedBefore);
    this.second?.epochProposed(epoch, acceptedBefore);
  }

  epochAccepted(epoch: Epoch): void {
    if (!this.watching) return;
    this.first?.epochAccepted(epoch);
    this.second?.epochAccepted(epoch);
  }

  epochAcked(learner: ServerId, currentEpoch: Epoch, lastZxid: Zxid): void {
    if (!this.watching) return;
    this.first?.epochAcked(learner, currentEpoch, lastZxid);
    this.second?.epochAcked(learner, currentEpoch, lastZxid);
  }

  epochCurrent(epoch: Epoch): void {
    if (!this.watching) return;
    this.first?.epochCurrent(epoch);
    this.second?.epochCurrent(epoch);
  }

  syncDecided(learner: ServerId, observer: boolean, facts: SyncFacts, decision: SyncDecision): void {
    if (!this.watching) return;
    this.first?.syncDecided(learner, observer, facts, decision);
    this.second?.syncDecided(learner, observer, facts, decision);
  }

  newLeaderAcked(epoch: Epoch, history: History): void {
    if (!this.watching) return;
    this.first?.newLeaderAcked(epoch, history);
    this.second?.newLeaderAcked(epoch, history);
  }

  newLeaderAckRead(learner: ServerId, zxid: Zxid): void {
    if (!this.watching) return;
    this.first?.newLeaderAckRead(learner, zxid);
    this.second?.newLeaderAckRead(learner, zxid);
  }

  uptodateAckRead(learner: ServerId, zxid: Zxid): void {
    if (!this.watching) return;
    this.first?.uptodateAckRead(learner, zxid);
    this.second?.uptodateAckRead(learner, zxid);
  }

  established(epoch: Epoch, history: History, acks?: AckSet): void {
    if (!this.watching) return;
    this.first?.established(epoch, history, acks);
    this.second?.established(epoch, history, acks);
  }

  active(epoch: Epoch, leader: ServerId, history: History, masterFollows: boolean): void {
    if (!this.watching) return;
    this.first?.active(epoch, leader, history, masterFollows);
    this.second?.active(epoch, leader, history, masterFollows);
  }

  proposed(txn: Txn): void {
    if (!this.watching) return;
    this.first?.proposed(txn);
    this.second?.proposed(txn);
  }

  logged(txn: Txn, log: History): void {
    if (!this.watching) return;
    this.first?.logged(txn, log);
    this.second?.logged(txn, log);
  }

  synced(log: History): void {
    if (!this.watching) return;
    this.first?.synced(log);
    this.second?.synced(log);
  }

  committed(txn: Txn, acks?: AckSet): void {
    if (!this.watching) return;
    this.first?.committed(txn, acks);
    this.second?.committed(txn, acks);
  }

  commitRead(zxid: Zxid): void {
    if (!this.watching) return;
    this.first?.commitRead(zxid);
    this.second?.commitRead(zxid);
  }

  delivered(txn: Txn, history: History): void {
    if (!this.watching) return;
    this.first?.delivered(txn, history);
    this.second?.delivered(txn, history);
  }

  truncated(zxid: Zxid, before: History, after: History): void {
    if (!this.watching) return;
    this.first?.truncated(zxid, before, after);
    this.second?.truncated(zxid, before, after);
  }

  snapshotStarted(zxid: Zxid, inBackground: boolean): void {
    if (!this.watching) return;
    this.first?.snapshotStarted(zxid, inBackground);
    this.second?.snapshotStarted(zxid, inBackground);
  }

  snapshotFailed(): void {
    if (!this.watching) return;
    this.first?.snapshotFailed();
    this.second?.snapshotFailed();
  }

  snapshotSaved(zxid: Zxid, log: History): void {
    if (!this.watching) return;
    this.first?.snapshotSaved(zxid, log);
    this.second?.snapshotSaved(zxid, log);
  }

  loaded(history: History, log: History, zxid: Zxid): void {
    if (!this.watching) return;
    this.first?.loaded(history, log, zxid);
    this.second?.loaded(history, log, zxid);
  }

  fastForwarded(history: History, log: History): void {
    if (!this.watching) return;
    this.first?.fastForwarded(history, log);
    this.second?.fastForwarded(history, log);
  }

  failed(reason: FailureReason, learner: ServerId | undefined, detail: string): void {
    if (!this.watching) return;
    this.first?.failed(reason, learner, detail);
    this.second?.failed(reason, learner, detail);
  }

  configSeen(config: QuorumVerifier): void {
    if (!this.watching) return;
    this.first?.configSeen(config);
    this.second?.configSeen(config);
  }

  configCommitted(config: QuorumVerifier): void {
    if (!this.watching) return;
    this.first?.configCommitted(config);
    this.second?.configCommitted(config);
  }

  configShown(znode: QuorumVerifier, committed: QuorumVerifier): void {
    if (!this.watching) return;
    this.first?.configShown(znode, committed);
    this.second?.configShown(znode, committed);
  }

  reconfigRefused(reason: ReconfigRefusal, zxid: Zxid): void {
    if (!this.watching) return;
    this.first?.reconfigRefused(reason, zxid);
    this.second?.reconfigRefused(reason, zxid);
  }

  leaderDesignated(leader: ServerId, config: QuorumVerifier): void {
    if (!this.watching) return;
    this.first?.leaderDesignated(leader, config);
    this.second?.leaderDesignated(leader, config);
  }

  anomaly(anomaly: Anomaly, from: ServerId, packet: PacketType | 0, zxid: Zxid, detail: string): void {
    if (!this.watching) return;
    this.first?.anomaly(anomaly, from, packet, zxid, detail);
    this.second?.anomaly(anomaly, from, packet, zxid, detail);
  }
}
