/**
 * The notes of one server, passed on to the checks. Notes that no invariant depends on do nothing.
 */
import {
  type Anomaly,
  asEpoch,
  type Epoch,
  type FailureReason,
  type History,
  LOOKING,
  type Notes,
  PACKET_NAMES,
  type PacketType,
  type Phase,
  type ServerId,
  type ServerState,
  type Txn,
  type Zxid,
} from "../protocol/index.ts";
import type { CommittedHistory } from "./committed-history.ts";
import type { Ensemble, ServerView } from "./ensemble.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Participants } from "./participants.ts";
import type { InvariantId } from "./table.ts";
import type { Role, Violations } from "./violation.ts";

/** Indexed by ServerState. */
const ROLES = ["looking", "following", "leading", "observing"] as const satisfies readonly Role[];

const ANOMALIES: Readonly<Record<Anomaly, InvariantId>> = {
  "bad-state": "no-bad-state",
  "bad-ack": "no-bad-ack",
  "bad-proposal": "no-bad-proposal",
  "bad-commit": "no-bad-commit",
};

export class ServerNotes implements Notes {
  private readonly server: ServerView;
  private readonly ensemble: Ensemble;
  private readonly committedHistory: CommittedHistory;
  private readonly participants: Participants;
  private readonly violations: Violations;
  private readonly started: Set<ServerId>;

  constructor(
    server: ServerView,
    ensemble: Ensemble,
    committed: CommittedHistory,
    participants: Participants,
    violations: Violations,
    started: Set<ServerId>,
  ) {
    this.server = server;
    this.ensemble = ensemble;
    this.committedHistory = committed;
    this.participants = participants;
    this.violations = violations;
    this.started = started;
  }

  stateChanged(state: ServerState, _phase: Phase): void {
    this.server.role = ROLES[state];
    this.server.looking = state === LOOKING;
    if (state !== LOOKING) return;
    this.server.serving = false;
    this.server.epoch = asEpoch(-1);
  }

  /**
   * Compares memory and disk when a server votes. At this moment both must agree: the log thread has written its queue,
   * the fast-forward is done, and a database that was replaced only in part has been loaded again.
   */
  voted(_round: number, leader: ServerId, zxid: Zxid): void {
    const { log, observer, sid, tree } = this.server;
    if (observer || tree === undefined) return;
    if (leader === sid) this.checkZxidOfTree(tree, zxid);
    if (log === undefined || tree === log || tree.equals(log)) return;
    const facts = { memory: zxidAtEnd(tree), disk: zxidAtEnd(log) };
    const text = `looks for a leader with ${zxidText(facts.memory)} in memory and ${zxidText(facts.disk)} on disk`;
    this.violations.report("disk-tells-memory", sid, text, facts, undefined, () => fork(tree, log));
  }

  elected(leader: ServerId): void {
    this.server.elected = leader;
  }
  epochOffered(): void {}

  epochProposed(epoch: Epoch): void {
    this.ensemble.primaries.begin(epoch, this.server, this.server.tree);
  }

  epochAccepted(): void {}
  epochAcked(): void {}
  epochCurrent(): void {}

  /**
   * Remembers what was committed at the leader's decision: a TRUNC is judged by that, not by what is committed when the
   * learner truncates. A deposed leader cannot know what its successor has committed.
   */
  syncDecided(learner: ServerId): void {
    const { ensemble, server } = this;
    const learnerView = ensemble.servers.get(learner);
    if (learnerView === undefined) return;
    const deposed = (server.primary?.epoch ?? ensemble.newestEpoch) < ensemble.newestEpoch;
    const committed = this.committedHistory.length;
    learnerView.committedAtDecision = deposed ? Math.min(committed, server.tree?.length ?? 0) : committed;
  }

  newLeaderAcked(epoch: Epoch, log: History): void {
    this.server.log = log;
    this.server.durable = log;
    if (this.server.observer) return;
    this.server.epoch = epoch;
    this.participants.joined(this.server, epoch, log);
  }

  newLeaderAckRead(): void {}

  uptodateAckRead(learner: ServerId): void {
    const { primary } = this.server;
    const learnerView = this.ensemble.servers.get(learner);
    if (primary !== undefined && learnerView !== undefined) this.committedHistory.learnerServes(learnerView, primary);
  }

  established(epoch: Epoch, history: History): void {
    const { server } = this;
    server.tree = history;
    server.epoch = epoch;
    server.serving = true;
    const primary =
      server.primary?.epoch === epoch ? server.primary : this.ensemble.primaries.begin(epoch, server, history);
    primary.initial = history;
    const newest = this.ensemble.established(server, epoch);
    this.participants.epochEstablished(server, epoch, history);
    this.committedHistory.established(server, epoch, history, newest);
    if (server.log !== undefined) this.participants.logIs(server, epoch, server.log);
  }

  active(epoch: Epoch, leader: ServerId, history: History): void {
    this.server.tree = history;
    this.server.serving = true;
    if (!this.server.observer) this.participants.served(this.server, epoch, leader, history);
    this.committedHistory.visible(this.server, history);
  }

  proposed(txn: Txn): void {
    this.committedHistory.proposed(this.server, txn);
  }

  logged(_txn: Txn, log: History): void {
    this.server.log = log;
    if (this.server.epoch >= 0) this.participants.logIs(this.server, this.server.epoch, log);
  }

  synced(log: History): void {
    this.server.durable = log;
  }

  committed(): void {}

  delivered(txn: Txn, history: History): void {
    this.server.tree = history;
    if (this.server.serving) this.committedHistory.delivered(this.server, txn, history);
  }

  truncated(_zxid: Zxid, before: History, after: History): void {
    this.server.tree = after;
    this.server.log = after;
    this.server.durable = after;
    this.committedHistory.truncated(this.server, before, after);
  }

  snapshotSaved(_zxid: Zxid, log: History): void {
    this.server.log = log;
  }

  loaded(history: History, log: History, zxid: Zxid): void {
    this.server.tree = history;
    this.server.log = log;
    if (this.server.looking) {
      this.server.durable = log;
      this.checkZxidOfTree(history, zxid);
    }
    if (this.started.has(this.server.sid)) return;
    this.started.add(this.server.sid);
    this.committedHistory.existedBefore(history);
  }

  /** Reports a snapshot that holds more than its zxid says while the log lacks the rest. */
  private checkZxidOfTree(tree: History, zxid: Zxid): void {
    if (tree.zxid <= zxid) return;
    const text =
      `reports zxid ${zxidText(zxid)}, but its snapshot holds transactions up to ${zxidText(tree.zxid)}, ` +
      "which its log does not have";
    this.violations.report("zxid-covers-tree", this.server.sid, text, { zxid, tree: tree.zxid }, undefined, () => ({
      here: tree.zxid,
      there: undefined,
    }));
  }

  fastForwarded(history: History, log: History): void {
    this.server.tree = history;
    this.server.log = log;
  }

  /** The server leaves its role. Packets that it still sends belong to the role that it has left. */
  failed(_reason: FailureReason, learner: ServerId | undefined, _detail: string): void {
    if (learner !== undefined) return;
    this.server.serving = false;
    this.server.epoch = asEpoch(-1);
  }

  anomaly(anomaly: Anomaly, from: ServerId, type: PacketType | 0, zxid: Zxid, detail: string): void {
    const text = `reads ${PACKET_NAMES[type] ?? ""} ${zxidText(zxid)} from ${from}: ${detail}`;
    this.violations.report(ANOMALIES[anomaly], this.server.sid, text, { packet: type, zxid, detail }, from);
  }
}
