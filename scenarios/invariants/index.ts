/**
 * The invariants of a run, checked as it goes: hand `notesFor(sid)` to each server's core, tell of crashes, and read
 * `violations`. What one note costs does not grow with the length of histories.
 */
import {
  type Epoch,
  type FailureReason,
  formatZxid,
  type History,
  LOOKING,
  type Notes,
  type Oddity,
  PACKET_NAMES,
  type PacketType,
  type Phase,
  type ServerId,
  type ServerState,
  type Txn,
  type Zxid,
} from "../../protocol/index.ts";
import { CommittedSequence } from "./committed.ts";
import { Ensemble, endOf, type Watched } from "./ensemble.ts";
import { Participants } from "./participants.ts";
import type { InvariantId } from "./table.ts";
import { type Violation, Violations } from "./violation.ts";

export { INVARIANTS, type Invariant, type InvariantId, listInvariants } from "./table.ts";
export type { Violation } from "./violation.ts";

export interface InvariantsOptions {
  readonly servers: readonly ServerId[];
  readonly observers?: readonly ServerId[];
  /** Virtual microseconds, for the violations. */
  readonly now: () => number;
}

export class Invariants {
  private readonly ensemble: Ensemble;
  private readonly committed: CommittedSequence;
  private readonly participants: Participants;
  private readonly found: Violations;
  private readonly started = new Set<ServerId>();

  constructor({ servers, observers = [], now }: InvariantsOptions) {
    this.ensemble = new Ensemble(servers, observers);
    this.found = new Violations(now);
    this.committed = new CommittedSequence(this.ensemble, this.found);
    this.participants = new Participants(this.ensemble, this.found);
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

  /** The process is gone, and with it what it had in memory. */
  crashed(server: ServerId): void {
    const watched = this.ensemble.get(server);
    watched.serving = false;
    watched.epoch = -1;
    watched.tree = undefined;
    watched.log = undefined;
  }
}

const ODD: Readonly<Record<Oddity, InvariantId>> = {
  "bad-state": "I-11",
  "bad-ack": "I-12",
  "bad-proposal": "I-13",
  "bad-commit": "I-14",
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
    if (state !== LOOKING) return;
    this.server.serving = false;
    this.server.epoch = -1;
  }

  voted(): void {
    const { log, observer, sid, tree } = this.server;
    if (observer || tree === undefined || log === undefined || tree === log || tree.equals(log)) return;
    const text = `looks for a leader with ${endOf(tree)} in memory and ${endOf(log)} on disk`;
    this.violations.report("disk-tells-memory", sid, text);
  }

  elected(): void {}
  epochOffered(): void {}

  epochProposed(epoch: Epoch): void {
    this.ensemble.leaderOf.set(epoch, this.server.sid);
  }

  epochAccepted(): void {}
  epochAcked(): void {}
  epochCurrent(): void {}
  syncDecided(): void {}

  newLeaderAcked(epoch: Epoch, log: History): void {
    this.server.log = log;
    if (this.server.observer) return;
    this.server.epoch = epoch;
    this.participants.joined(this.server, epoch, log);
  }

  newLeaderAckRead(): void {}

  established(epoch: Epoch, history: History): void {
    const { server } = this;
    server.tree = history;
    server.epoch = epoch;
    server.serving = true;
    this.ensemble.leaderOf.set(epoch, server.sid);
    const newest = epoch > this.ensemble.newestEpoch;
    if (newest) this.ensemble.newestEpoch = epoch;
    this.participants.epochEstablished(server, epoch, history);
    this.committedSequence.established(server, epoch, history, newest);
    if (server.log !== undefined) this.participants.logIs(server, epoch, server.log);
  }

  active(_epoch: Epoch, _leader: ServerId, history: History): void {
    this.server.tree = history;
    this.server.serving = true;
    this.committedSequence.visible(this.server, history);
  }

  proposed(txn: Txn): void {
    this.committedSequence.proposed(this.server, txn);
  }

  logged(_txn: Txn, log: History): void {
    this.server.log = log;
    if (this.server.epoch >= 0) this.participants.logIs(this.server, this.server.epoch, log);
  }

  synced(): void {}
  committed(): void {}

  delivered(txn: Txn, history: History): void {
    this.server.tree = history;
    if (this.server.serving) this.committedSequence.delivered(this.server, txn, history);
  }

  truncated(_zxid: Zxid, before: History, after: History): void {
    this.server.tree = after;
    this.server.log = after;
    this.committedSequence.truncated(this.server, before, after);
  }

  snapshotSaved(_zxid: Zxid, log: History): void {
    this.server.log = log;
  }

  loaded(history: History, log: History): void {
    this.server.tree = history;
    this.server.log = log;
    if (this.started.has(this.server.sid)) return;
    this.started.add(this.server.sid);
    this.committedSequence.existedBefore(history);
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

  odd(oddity: Oddity, from: ServerId, type: PacketType | 0, zxid: Zxid, detail: string): void {
    const name = PACKET_NAMES[type] ?? "";
    this.violations.report(ODD[oddity], this.server.sid, `reads ${name} ${formatZxid(zxid)} from ${from}: ${detail}`);
  }
}
