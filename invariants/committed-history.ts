/**
 * The committed history: the sequence of all transactions that any serving server has delivered. Checks agreement,
 * total-order, commit-completeness, committed-history-grows and trunc-keeps-committed. Transactions that are new in the
 * sequence are checked against their primaries in primary-order.ts.
 *
 * The deliveries of every server must be a prefix of this sequence. The sequence is kept as histories, one for each
 * length, so a delivery is compared with one entry, and only what is new is walked.
 */
import { asZxid, type Epoch, epochOf, type History, type ServerId, sameTxn, type Txn } from "../protocol/index.ts";
import type { Ensemble, ServerView } from "./ensemble.ts";
import type { EpochPrimary } from "./epoch-primaries.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import { PrimaryOrder } from "./primary-order.ts";
import type { Violations } from "./violation.ts";

export type QuorumTest = (servers: readonly ServerId[]) => boolean;

export class CommittedHistory {
  /** `sequence[k]` is the committed history of length k + 1. */
  private readonly sequence: History[] = [];
  /** The lengths of the initial histories of established epochs. */
  private readonly initialLength = new Map<Epoch, number>();
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;
  private readonly primaryOrder: PrimaryOrder;
  private readonly isQuorum: QuorumTest;

  constructor(ensemble: Ensemble, violations: Violations, isQuorum: QuorumTest) {
    this.ensemble = ensemble;
    this.violations = violations;
    this.primaryOrder = new PrimaryOrder(ensemble, violations, this.sequence);
    this.isQuorum = isQuorum;
  }

  get length(): number {
    return this.sequence.length;
  }

  /** Takes the content of a disk at the start of the scenario: some primary broadcast it before the run. */
  existedBefore(history: History): void {
    this.primaryOrder.initialTxns.add(history);
  }

  /** Takes a history that clients may have read before the run. */
  startWith(history: History): void {
    this.existedBefore(history);
    this.append(history, undefined);
  }

  proposed(leader: ServerView, txn: Txn): void {
    this.primaryOrder.proposed(leader, txn);
  }

  /** A serving server delivered one transaction; `history` is what its tree holds now. */
  delivered(server: ServerView, txn: Txn, history: History): void {
    const { length } = history;
    this.checkInitialHistory(server, txn, length);
    const known = this.sequence[length - 1];
    if (known === undefined) this.append(history, server);
    else if (!known.equals(history)) this.diverged(server, history);
  }

  /** A server starts to serve with this history: clients see all of it. */
  visible(server: ServerView, history: History): void {
    const { length } = history;
    const known = length === 0 ? undefined : this.sequence[length - 1];
    if (length > this.sequence.length) this.append(history, server);
    else if (known !== undefined && !known.equals(history)) this.diverged(server, history);
  }

  /**
   * A leader is established. `newest`: no newer epoch is established. A deposed leader may learn late that it had a
   * quorum; it then serves stale data, which is legal.
   */
  established(leader: ServerView, epoch: Epoch, history: History, newest: boolean): void {
    const last = this.sequence[this.sequence.length - 1];
    if (newest && last !== undefined && !last.isPrefixOf(history)) {
      const facts = { epoch, history: zxidAtEnd(history), committed: zxidAtEnd(last) };
      const text =
        `is established in epoch ${epoch} at ${zxidText(facts.history)} ` +
        `and lacks committed transactions, which end at ${zxidText(facts.committed)}`;
      this.violations.report("committed-history-grows", leader.sid, text, facts, undefined, () => fork(history, last));
    }
    this.initialLength.set(epoch, history.length);
    this.visible(leader, history);
  }

  /**
   * Checks a TRUNC. A transaction that was committed when the leader decided must not be removed. A transaction that
   * was committed later, while the TRUNC was on its way or by a newer leader, will be sent again; until then a quorum
   * must hold it without this server.
   */
  truncated(server: ServerView, before: History, after: History): void {
    const { length } = after;
    const committed = this.sequence[length];
    if (committed === undefined || before.length <= length || !before.prefix(length + 1).equals(committed)) return;
    const facts = { truncated: zxidAtEnd(committed), to: zxidAtEnd(after) };
    const removed = zxidText(facts.truncated);
    if (length < server.committedAtDecision) {
      this.violations.report("trunc-keeps-committed", server.sid, `truncates ${removed}, which is committed`, facts);
      return;
    }
    const holders = this.ensemble.holdersOf(committed);
    if (this.isQuorum(holders)) return;
    const left = holders.length === 0 ? "no server keeps it" : `only ${holders.join(", ")} keep it: no quorum`;
    const text = `truncates ${removed}, which was committed after the leader's decision, and ${left}`;
    this.violations.report("trunc-keeps-committed", server.sid, text, { ...facts, holders });
  }

  /**
   * The leader of an epoch knows that a learner serves: the learner must have delivered the whole initial history of
   * the epoch.
   */
  learnerServes({ serving, sid, tree }: ServerView, { epoch, initial, leader }: EpochPrimary): void {
    if (!serving || initial === undefined || tree === undefined || tree.length >= initial.length) return;
    // Other checks report a tree that differs or has a hole.
    if (!tree.isPrefixOf(initial)) return;
    const facts = { epoch, delivered: zxidAtEnd(tree), initial: zxidAtEnd(initial) };
    const text =
      `serves in epoch ${epoch}, and its leader knows it, but it has delivered only up to ` +
      `${zxidText(facts.delivered)}, not the initial history up to ${zxidText(facts.initial)}`;
    this.violations.report("commit-completeness", sid, text, facts, leader.sid, () => fork(tree, initial));
  }

  /** Adds the part of `history` that the sequence lacks. */
  private append(history: History, by: ServerView | undefined): void {
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

  private push(history: History, by: ServerView | undefined): void {
    const before = this.sequence[this.sequence.length - 1];
    this.sequence.push(history);
    if (by !== undefined) this.primaryOrder.firstDelivered(by, history, before);
  }

  private checkInitialHistory(server: ServerView, { zxid }: Txn, length: number): void {
    const initial = this.initialLength.get(epochOf(zxid));
    if (initial === undefined || length > initial) return;
    const text = `delivers ${zxidText(zxid)} without the initial history of its epoch`;
    this.violations.report("commit-completeness", server.sid, text, { zxid, position: length });
  }

  private diverged(server: ServerView, history: History): void {
    const { value, zxid } = history.txn as Txn;
    // Rare, so a search is cheap enough.
    const index = this.sequence.findLastIndex((one) => one.zxid === zxid);
    const there = this.sequence[history.length - 1];
    const elsewhere = this.sequence[index]?.txn;
    const facts = { zxid, position: history.length };
    const where = () => fork(history, this.sequence[this.sequence.length - 1] as History);
    if (elsewhere && sameTxn(elsewhere, history.txn as Txn) && index + 1 !== history.length) {
      const text =
        `delivers ${zxidText(zxid)} at position ${history.length}; ` +
        `another server delivered it at position ${index + 1}`;
      this.violations.report("total-order", server.sid, text, { ...facts, otherPosition: index + 1 }, undefined, where);
      return;
    }
    const otherZxid = zxidAtEnd(there);
    const other = `${zxidText(otherZxid ?? asZxid(0))} (${there?.txn?.value ?? ""})`;
    const text = `delivers ${zxidText(zxid)} (${value}) where another server delivered ${other}`;
    this.violations.report("agreement", server.sid, text, { ...facts, otherZxid }, undefined, where);
  }
}
