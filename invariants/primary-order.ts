/**
 * Compares deliveries with what primaries broadcast: integrity, local-primary-order, global-primary-order,
 * primary-integrity and leader-is-complete.
 *
 * All servers deliver one sequence (committed-history.ts checks that), so each transaction is checked once, when the
 * first server delivers it and the sequence grows.
 */
import { asEpoch, type Epoch, epochOf, type History, type Txn } from "../protocol/index.ts";
import type { Ensemble, ServerView } from "./ensemble.ts";
import type { EpochPrimary } from "./epoch-primaries.ts";
import { zxidAtEnd, zxidText } from "./history-facts.ts";
import { InitialTxns } from "./initial-txns.ts";
import type { Violations } from "./violation.ts";

export class PrimaryOrder {
  readonly initialTxns = new InitialTxns();
  /** `sequence[k]` is the committed history of length k + 1. */
  private readonly sequence: readonly History[];
  /**
   * The epoch of the last query and the number of older committed transactions. The number is final once the epoch has
   * one.
   */
  private older = { epoch: asEpoch(-1), count: 0 };
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;

  constructor(ensemble: Ensemble, violations: Violations, sequence: readonly History[]) {
    this.ensemble = ensemble;
    this.violations = violations;
    this.sequence = sequence;
  }

  proposed(leader: ServerView, txn: Txn): void {
    const { epoch, initial } = this.ensemble.primaries.proposed(leader, txn);
    const older = this.countOlderThan(epoch);
    if ((initial?.length ?? 0) >= older) return;
    const facts = { zxid: txn.zxid, missing: zxidAtEnd(this.sequence[older - 1]) };
    const missing = zxidText(facts.missing);
    const text = `broadcasts ${zxidText(txn.zxid)} and lacks ${missing}, which other servers have delivered`;
    this.violations.report("primary-integrity", leader.sid, text, facts);
  }

  /** The committed history grew by the last transaction of `history`; `before` is what it was. */
  firstDelivered(by: ServerView, history: History, before: History | undefined): void {
    const txn = history.txn as Txn;
    const primary = this.ensemble.primaries.broadcasterOf(txn);
    if (primary === undefined && !this.initialTxns.has(txn)) {
      const { value, zxid } = txn;
      const text = `delivers ${zxidText(zxid)} (${value}), which no primary broadcast`;
      this.violations.report("integrity", by.sid, text, { zxid, value });
    }
    this.checkOrder(by, history, before, primary);
    this.checkLeader(by, history);
  }

  private checkOrder(
    by: ServerView,
    history: History,
    before: History | undefined,
    primary: EpochPrimary | undefined,
  ): void {
    const { zxid } = history.txn as Txn;
    const epoch = epochOf(zxid);
    const epochBefore = before === undefined ? -1 : epochOf(before.zxid);
    if (epoch < epochBefore) {
      const text = `delivers ${zxidText(zxid)} after a transaction of epoch ${epochBefore}`;
      this.violations.report("global-primary-order", by.sid, text, { zxid, before: zxidAtEnd(before) });
      return;
    }
    this.checkNewerPrimary(by, history, epoch);
    if (primary === undefined) return;
    const missing = primary.zxidBefore(zxid);
    if (missing === (epoch === epochBefore ? before?.zxid : undefined)) return;
    const text = `delivers ${zxidText(zxid)} without the transaction that its primary broadcast just before`;
    this.violations.report("local-primary-order", by.sid, text, { zxid, before: zxidAtEnd(before), missing });
  }

  /**
   * The second form of primary-integrity: a newer primary that lacks this transaction has already begun to broadcast.
   */
  private checkNewerPrimary(by: ServerView, history: History, epoch: Epoch): void {
    const newest = this.ensemble.primaries.newestBroadcasting;
    if (newest === undefined || newest.epoch <= epoch || newest.has(history)) return;
    const missing = zxidAtEnd(history);
    const text = `broadcasts in epoch ${newest.epoch} and lacks ${zxidText(missing)}, which server ${by.sid} delivered`;
    this.violations.report("primary-integrity", newest.leader.sid, text, { epoch: newest.epoch, missing }, by.sid);
  }

  private checkLeader(by: ServerView, history: History): void {
    const leader = this.ensemble.newestLeader;
    if (leader === undefined || leader === by) return;
    const { length } = history;
    const isLongEnough = (leader.tree?.length ?? 0) >= length || (leader.log?.length ?? 0) >= length;
    if (isLongEnough && leader.primary?.has(history)) return;
    const facts = { epoch: leader.epoch, leader: zxidAtEnd(leader.tree), missing: zxidAtEnd(history) };
    const text =
      `leads epoch ${facts.epoch} at ${zxidText(facts.leader)} ` +
      `and lacks ${zxidText(facts.missing)}, which server ${by.sid} delivered`;
    this.violations.report("leader-is-complete", leader.sid, text, facts, by.sid);
  }

  /** Returns the number of committed transactions of epochs older than this one. */
  private countOlderThan(epoch: Epoch): number {
    const last = this.sequence[this.sequence.length - 1];
    if (last === undefined) return 0;
    if (epochOf(last.zxid) < epoch) return this.sequence.length;
    if (this.older.epoch === epoch) return this.older.count;
    const count = this.searchOlderThan(epoch);
    this.older = { epoch, count };
    return count;
  }

  private searchOlderThan(epoch: Epoch): number {
    let low = 0;
    let high = this.sequence.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (epochOf((this.sequence[middle] as History).zxid) < epoch) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
