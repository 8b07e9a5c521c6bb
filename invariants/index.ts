/**
 * The invariants of a run, checked as it goes: hand `notesFor(sid)` to each server's core, tell of crashes, and read
 * `violations`. What one note costs does not grow with the length of histories.
 */
import {
  type Anomaly,
  type Epoch,
  type FailureReason,
  formatZxid,
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
import { CommittedSequence, type QuorumTest } from "./committed.ts";
import { Ensemble, endOf, fork, type Watched } from "./ensemble.ts";
import { Participants } from "./participants.ts";
import type { InvariantId } from "./table.ts";
import { type Role, type Violation, Violations } from "./violation.ts";

export {
  findInvariant,
  INVARIANT_ALIASES,
  INVARIANT_IDS,
  INVARIANTS,
  type Invariant,
  type InvariantId,
  listInvariants,
} from "./table.ts";
export type { Facts, Role, Violation } from "./violation.ts";

export interface InvariantsOptions {
  readonly servers: readonly ServerId[];
  readonly observers?: readonly ServerId[];
  /** What clients may have read before the run. */
  readonly committed?: History;
  /** Whether these participants are a quorum. Default: a majority. */
  readonly isQuorum?: QuorumTest;
  /** Virtual microseconds, for the violations. */
  readonly now: () => number;
}

export class Invariants {
  private readonly ensemble: Ensemble;
  private readonly committed: CommittedSequence;
  private readonly participants: Participants;
  private readonly found: Violations;
  private readonly started = new Set<ServerId>();

  constructor({ servers, observers = [], committed, isQuorum, now }: InvariantsOptions) {
    const ensemble = new Ensemble(servers, observers);
    this.ensemble = ensemble;
    this.found = new Violations(now, (sid) => ensemble.servers.get(sid)?.role ?? "down");
    this.committed = new CommittedSequence(ensemble, this.found, isQuorum ?? ((sids) => ensemble.isMajority(sids)));
    this.participants = new Participants(ensemble, this.found);
    if (committed !== undefined) this.startWith(committed);
  }

  get violations(): readonly Violation[] {
    return this.found.list;
  }

  /** The history that clients may have read before the run. */
  startWith(history: History): void {
    this.committed.startWith(history);
  }

  notesFor(server: ServerId): Notes {
    return new ServerNotes(
      this.ensemble.get(server),
      this.ensemble,
      this.committed,
      this.participants,
      this.found,
      this.started,
    );
  }

  /** The process is gone, and with it what it had in memory. That it is back is told by what it loads. */
  crashed(server: ServerId): void {
    const watched = this.ensemble.get(server);
    watched.role = "down";
    watched.looking = true;
    watched.serving = false;
    watched.epoch = -1;
    watched.tree = undefined;
    watched.log = undefined;
  }
}

/** By ServerState. */
const ROLES = ["looking", "following", "leading", "observing"] as const satisfies readonly Role[];

const ODD: Readonly<Record<Anomaly, InvariantId>> = {
  "bad-state": "no-bad-state",
  "bad-ack": "no-bad-ack",
  "bad-proposal": "no-bad-proposal",
  "bad-commit": "no-bad-commit",
};

/** The notes of one server. */
class ServerNotes implements Notes {
  private readonly server: Watched;
  private readonly ensemble: Ensemble;
  private readonly committedSequence: CommittedSequence;
  private readonly participants: Participants;
  private readonly violations: Violations;
  private readonly started: Set<ServerId>;

  constructor(
    server: Watched,
    ensemble: Ensemble,
    committed: CommittedSequence,
    participants: Participants,
    violations: Violations,
    started: Set<ServerId>,
  ) {
    this.server = server;
    this.ensemble = ensemble;
    this.committedSequence = committed;
    this.participants = participants;
    this.violations = violations;
    this.started = started;
  }

  stateChanged(state: ServerState, _phase: Phase): void {
    this.server.role = ROLES[state];
    this.server.looking = state === LOOKING;
    if (state !== LOOKING) return;
    this.server.serving = false;
    this.server.epoch = -1;
  }

  /**
   * The moment when memory and disk must tell the same: a log thread has written all it had, a fast-forward is over, and a
   * database that was left half taken over, or could not be fast-forwarded, has been read again.
   */
  voted(_round: number, leader: ServerId, zxid: Zxid): void {
    const { log, observer, sid, tree } = this.server;
    if (observer || tree === undefined) return;
    if (leader === sid) this.checkZxidOfTree(tree, zxid);
    if (log === undefined || tree === log || tree.equals(log)) return;
    const facts = { memory: tree.zxid, disk: log.zxid };
    const text = `looks for a leader with ${endOf(tree)} in memory and ${endOf(log)} on disk`;
    this.violations.report("disk-tells-memory", sid, text, facts, undefined, () => fork(tree, log));
  }

  elected(leader: ServerId): void {
    this.server.elected = leader;
  }
  epochOffered(): void {}

  epochProposed(epoch: Epoch): void {
    this.ensemble.reigns.begin(epoch, this.server, this.server.tree);
  }

  epochAccepted(): void {}
  epochAcked(): void {}
  epochCurrent(): void {}

  /**
   * A TRUNC is judged by what was committed when it was decided, not by what is when it is carried out. A leader that does
   * not know yet that there is a newer one cannot know what that one has committed.
   */
  syncDecided(learner: ServerId): void {
    const { ensemble, server } = this;
    const watched = ensemble.servers.get(learner);
    if (watched === undefined) return;
    const deposed = (server.reign?.epoch ?? ensemble.newestEpoch) < ensemble.newestEpoch;
    const committed = this.committedSequence.length;
    watched.committedAtDecision = deposed ? Math.min(committed, server.tree?.length ?? 0) : committed;
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
    const { reign } = this.server;
    const watched = this.ensemble.servers.get(learner);
    if (reign !== undefined && watched !== undefined) this.committedSequence.learnerServes(watched, reign);
  }

  established(epoch: Epoch, history: History): void {
    const { server } = this;
    server.tree = history;
    server.epoch = epoch;
    server.serving = true;
    const reign = server.reign?.epoch === epoch ? server.reign : this.ensemble.reigns.begin(epoch, server, history);
    reign.initial = history;
    const newest = this.ensemble.established(server, epoch);
    this.participants.epochEstablished(server, epoch, history);
    this.committedSequence.established(server, epoch, history, newest);
    if (server.log !== undefined) this.participants.logIs(server, epoch, server.log);
  }

  active(epoch: Epoch, leader: ServerId, history: History): void {
    this.server.tree = history;
    this.server.serving = true;
    if (!this.server.observer) this.participants.served(this.server, epoch, leader, history);
    this.committedSequence.visible(this.server, history);
  }

  proposed(txn: Txn): void {
    this.committedSequence.proposed(this.server, txn);
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
    if (this.server.serving) this.committedSequence.delivered(this.server, txn, history);
  }

  truncated(_zxid: Zxid, before: History, after: History): void {
    this.server.tree = after;
    this.server.log = after;
    this.server.durable = after;
    this.committedSequence.truncated(this.server, before, after);
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
    this.committedSequence.existedBefore(history);
  }

  /** A snapshot holds more than its zxid says, and the log does not have the rest. */
  private checkZxidOfTree(tree: History, zxid: Zxid): void {
    if (tree.zxid <= zxid) return;
    const facts = { zxid, tree: tree.zxid };
    const text = `says it is at ${formatZxid(zxid)}, with a snapshot that holds txns up to ${endOf(tree)}, which its log does not have`;
    this.violations.report("zxid-covers-tree", this.server.sid, text, facts, undefined, () => ({
      here: facts.tree,
      there: undefined,
    }));
  }

  fastForwarded(history: History, log: History): void {
    this.server.tree = history;
    this.server.log = log;
  }

  /** From here on it only winds up: what still goes out is of a role that it has left. */
  failed(_reason: FailureReason, learner: ServerId | undefined, _detail: string): void {
    if (learner !== undefined) return;
    this.server.serving = false;
    this.server.epoch = -1;
  }

  anomaly(anomaly: Anomaly, from: ServerId, type: PacketType | 0, zxid: Zxid, detail: string): void {
    const name = PACKET_NAMES[type] ?? "";
    const facts = { packet: type, zxid, detail };
    const text = `reads ${name} ${formatZxid(zxid)} from ${from}: ${detail}`;
    this.violations.report(ODD[anomaly], this.server.sid, text, facts, from);
  }
}
