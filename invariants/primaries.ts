/**
 * What is delivered against what primaries broadcast: integrity, local-primary-order, global-primary-order, primary-integrity, leader-is-complete.
 *
 * All servers deliver one sequence (committed.ts sees to that), so a txn is checked once, when the first of them delivers
 * it and the sequence grows.
 */
import { asZxid, type Epoch, epochOf, formatZxid, type History, type Txn } from "../protocol/index.ts";
import { BeforeTheRun } from "./before-the-run.ts";
import { type Ensemble, endOf, type Watched } from "./ensemble.ts";
import type { Reign } from "./reigns.ts";
import type { Violations } from "./violation.ts";

export class Primaries {
  readonly before = new BeforeTheRun();
  /** `sequence[k]` is the committed history of length k + 1. */
  private readonly sequence: readonly History[];
  /** The epoch asked for last, and how many committed txns are older: no longer changes once there is one of that epoch. */
  private older = { epoch: -1, count: 0 };
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;

  constructor(ensemble: Ensemble, violations: Violations, sequence: readonly History[]) {
    this.ensemble = ensemble;
    this.violations = violations;
    this.sequence = sequence;
  }

  proposed(primary: Watched, txn: Txn): void {
    const { epoch, initial } = this.ensemble.reigns.proposed(primary, txn);
    const older = this.countOlderThan(epoch);
    if ((initial?.length ?? 0) >= older) return;
    const missing = this.sequence[older - 1];
    const facts = { zxid: txn.zxid, missing: missing?.zxid };
    const text = `broadcasts ${zxidText(txn)} without ${endOf(missing)}, which others have delivered`;
    this.violations.report("primary-integrity", primary.sid, text, facts);
  }

  /** The committed sequence grew by the last txn of `history`; `before` is what it was. */
  firstDelivered(by: Watched, history: History, before: History | undefined): void {
    const txn = history.txn as Txn;
    const primary = this.ensemble.reigns.broadcasterOf(txn);
    if (primary === undefined && !this.before.has(txn)) {
      const facts = { zxid: txn.zxid, value: txn.value };
      this.violations.report(
        "integrity",
        by.sid,
        `delivers ${zxidText(txn)} (${facts.value}), which no primary broadcast`,
        facts,
      );
    }
    this.checkOrder(by, history, before, primary);
    this.checkLeader(by, history);
  }

  private checkOrder(by: Watched, history: History, before: History | undefined, primary: Reign | undefined): void {
    const txn = history.txn as Txn;
    const epoch = epochOf(txn.zxid);
    const epochBefore = before === undefined ? -1 : epochOf(before.zxid);
    if (epoch < epochBefore) {
      const facts = { zxid: txn.zxid, before: before?.zxid };
      this.violations.report(
        "global-primary-order",
        by.sid,
        `delivers ${zxidText(txn)} after a txn of epoch ${epochBefore}`,
        facts,
      );
      return;
    }
    this.checkNewerPrimary(by, history, epoch);
    const previous = primary?.before(txn.zxid);
    if (previous === undefined || previous === (epoch === epochBefore ? before?.zxid : -1)) return;
    const missing = previous < 0 ? undefined : asZxid(previous);
    const facts = { zxid: txn.zxid, before: before?.zxid, missing };
    this.violations.report(
      "local-primary-order",
      by.sid,
      `delivers ${zxidText(txn)} without what its primary broadcast before`,
      facts,
    );
  }

  /** primary-integrity the other way round: a newer primary that has begun to broadcast already. */
  private checkNewerPrimary(by: Watched, history: History, epoch: Epoch): void {
    const newest = this.ensemble.reigns.newestBroadcasting;
    if (newest === undefined || newest.epoch <= epoch || newest.has(history)) return;
    const facts = { epoch: newest.epoch, missing: history.zxid };
    const text = `broadcasts in epoch ${newest.epoch} without ${endOf(history)}, delivered at ${by.sid} since`;
    this.violations.report("primary-integrity", newest.leader.sid, text, facts, by.sid);
  }

  private checkLeader(by: Watched, history: History): void {
    const leader = this.ensemble.newestLeader;
    if (leader === undefined || leader === by) return;
    const { length } = history;
    const reaches = (leader.tree?.length ?? 0) >= length || (leader.log?.length ?? 0) >= length;
    if (reaches && leader.reign?.has(history)) return;
    const facts = { epoch: leader.epoch, leader: leader.tree?.zxid, missing: history.zxid };
    const text = `leads epoch ${facts.epoch} at ${endOf(leader.tree)} without ${endOf(history)}, delivered at ${by.sid}`;
    this.violations.report("leader-is-complete", leader.sid, text, facts, by.sid);
  }

  /** How many committed txns are of an epoch older than this one. */
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

export function zxidText({ zxid }: Txn): string {
  return formatZxid(zxid);
}
