/**
 * The sequence of all txns that any serving server has delivered, and the invariants about it: agreement, total-order, commit-completeness,
 * committed-history-grows, trunc-keeps-committed. What is new in it is checked against primaries.ts.
 *
 * Every server's deliveries must be this one sequence up to some point. It is kept as histories, one for each length, so
 * that a delivery is compared with one entry; what is walked is only what is new.
 */
import { type Epoch, epochOf, type History, sameTxn, type Txn } from "../protocol/index.ts";
import { type Ensemble, endOf, fork, type Watched } from "./ensemble.ts";
import { Primaries, zxidText } from "./primaries.ts";
import type { Reign } from "./reigns.ts";
import type { Violations } from "./violation.ts";

export type QuorumTest = (servers: readonly number[]) => boolean;

export class CommittedSequence {
  /** `sequence[k]` is the committed history of length k + 1. */
  private readonly sequence: History[] = [];
  /** The initial histories of established epochs, by length. */
  private readonly initialLength = new Map<Epoch, number>();
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;
  private readonly primaries: Primaries;
  private readonly isQuorum: QuorumTest;

  constructor(ensemble: Ensemble, violations: Violations, isQuorum: QuorumTest) {
    this.ensemble = ensemble;
    this.violations = violations;
    this.primaries = new Primaries(ensemble, violations, this.sequence);
    this.isQuorum = isQuorum;
  }

  get length(): number {
    return this.sequence.length;
  }

  /** A disk as a scenario made it: its txns were broadcast before the run. */
  existedBefore(history: History): void {
    this.primaries.before.add(history);
  }

  /** A history that clients may have read before the run. */
  startWith(history: History): void {
    this.existedBefore(history);
    this.append(history, undefined);
  }

  proposed(primary: Watched, txn: Txn): void {
    this.primaries.proposed(primary, txn);
  }

  /** A server that serves delivered one txn; `history` is what its tree tells now. */
  delivered(server: Watched, txn: Txn, history: History): void {
    const { length } = history;
    this.checkInitial(server, txn, length);
    const known = this.sequence[length - 1];
    if (known === undefined) this.append(history, server);
    else if (!known.equals(history)) this.diverged(server, history);
  }

  /** A server starts to serve with this history: clients see all of it. */
  visible(server: Watched, history: History): void {
    const { length } = history;
    const known = length === 0 ? undefined : this.sequence[length - 1];
    if (length > this.sequence.length) this.append(history, server);
    else if (known !== undefined && !known.equals(history)) this.diverged(server, history);
  }

  /** `newest`: no newer epoch is established. A deposed leader may learn late that it had a quorum; it then serves what is stale. */
  established(leader: Watched, epoch: Epoch, history: History, newest: boolean): void {
    const last = this.sequence[this.sequence.length - 1];
    if (newest && last !== undefined && !last.isPrefixOf(history)) {
      const facts = { epoch, history: history.zxid, committed: last.zxid };
      const text = `is established in epoch ${epoch} at ${endOf(history)} without all that was committed, up to ${endOf(last)}`;
      this.violations.report("committed-history-grows", leader.sid, text, facts, undefined, () => fork(history, last));
    }
    this.initialLength.set(epoch, history.length);
    this.visible(leader, history);
  }

  /**
   * What was committed when the leader decided may never go. What has been committed since, while the TRUNC was on its way,
   * or by a newer leader, comes again later; until then a quorum must keep it without this server.
   */
  truncated(server: Watched, before: History, after: History): void {
    const { length } = after;
    const committed = this.sequence[length];
    if (committed === undefined || before.length <= length || !before.prefix(length + 1).equals(committed)) return;
    const facts = { truncated: committed.zxid, to: after.zxid };
    if (length < server.committedAtDecision) {
      const text = `truncates ${endOf(committed)}, which is committed`;
      this.violations.report("trunc-keeps-committed", server.sid, text, facts);
      return;
    }
    const keeping = this.ensemble.keeping(committed);
    if (this.isQuorum(keeping)) return;
    const left = keeping.length === 0 ? "nobody" : keeping.join(", ");
    const text = `truncates ${endOf(committed)}, committed meanwhile, and leaves it to ${left}: no quorum`;
    this.violations.report("trunc-keeps-committed", server.sid, text, { ...facts, left: keeping });
  }

  /** Adds what `history` has beyond the sequence. */
  private append(history: History, by: Watched | undefined): void {
    const from = this.sequence.length;
    const last = this.sequence[from - 1];
    if (last !== undefined && history.previous === last) {
      this.push(history, by);
      return;
    }
    const added: History[] = [];
    let at: History = history;
    while (at.length > from && at.previous !== null) {
      added.push(at);
      at = at.previous;
    }
    if (last !== undefined && !last.equals(at)) {
      if (by !== undefined) this.diverged(by, history);
      return;
    }
    for (let i = added.length - 1; i >= 0; i--) this.push(added[i] as History, by);
  }

  private push(history: History, by: Watched | undefined): void {
    const before = this.sequence[this.sequence.length - 1];
    this.sequence.push(history);
    if (by !== undefined) this.primaries.firstDelivered(by, history, before);
  }

  /** The leader knows from a learner that it serves: it must have delivered what the epoch began with, all of it. */
  learnerServes({ serving, sid, tree }: Watched, { epoch, initial, leader }: Reign): void {
    if (!serving || initial === undefined || tree === undefined || tree.length >= initial.length) return;
    // Something else instead of it, or a hole, is told by others.
    if (!tree.isPrefixOf(initial)) return;
    const facts = { epoch, delivered: tree.zxid, initial: initial.zxid };
    const text = `serves in epoch ${epoch}, and its leader knows, with ${endOf(tree)} delivered, not the initial history up to ${endOf(initial)}`;
    this.violations.report("commit-completeness", sid, text, facts, leader.sid, () => fork(tree, initial));
  }

  private checkInitial(server: Watched, txn: Txn, length: number): void {
    const epoch = epochOf(txn.zxid);
    const initial = this.initialLength.get(epoch);
    if (initial === undefined || length > initial) return;
    const text = `delivers ${zxidText(txn)} without the initial history of its epoch`;
    const facts = { zxid: txn.zxid, position: length, initialLength: initial };
    this.violations.report("commit-completeness", server.sid, text, facts);
  }

  private diverged(server: Watched, history: History): void {
    const txn = history.txn as Txn;
    // Rare, so it is searched for.
    const index = this.sequence.findLastIndex((one) => one.zxid === txn.zxid);
    const there = this.sequence[history.length - 1];
    const elsewhere = this.sequence[index]?.txn;
    const facts = { zxid: txn.zxid, position: history.length };
    const where = () => fork(history, this.sequence[this.sequence.length - 1] as History);
    if (elsewhere && sameTxn(elsewhere, txn) && index + 1 !== history.length) {
      const text = `delivers ${zxidText(txn)} as number ${history.length}; elsewhere it is number ${index + 1}`;
      this.violations.report("total-order", server.sid, text, { ...facts, otherPosition: index + 1 }, undefined, where);
    } else {
      const end = endOf(there);
      const text = `delivers ${zxidText(txn)} (${txn.value}) where another server delivered ${end} (${there?.txn?.value ?? ""})`;
      this.violations.report("agreement", server.sid, text, { ...facts, otherZxid: there?.zxid }, undefined, where);
    }
  }
}
