/**
 * commit-completeness: a server must deliver the whole initial history of an epoch before two events: before it
 * delivers the first transaction of that epoch, and before the epoch's leader learns that the server serves clients.
 */
import { type Epoch, epochOf, type History, type Txn } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import type { EpochPrimary } from "./epoch-primaries.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

export class CommitCompleteness {
  /** The lengths of the initial histories of established epochs. */
  private readonly initialLengths = new Map<Epoch, number>();
  private readonly violations: Violations;

  constructor(violations: Violations) {
    this.violations = violations;
  }

  established(epoch: Epoch, initial: History): void {
    this.initialLengths.set(epoch, initial.length);
  }

  /**
   * Checks a transaction that a serving server delivers. `position` is the position of the transaction in the server's
   * history, from 1.
   */
  delivered({ sid }: ServerView, txn: Txn, position: number): void {
    const initial = this.initialLengths.get(epochOf(txn.zxid));
    if (initial === undefined || position > initial) return;
    const text = `delivers ${zxidText(txn.zxid)} without the initial history of its epoch`;
    this.violations.report("commit-completeness", sid, text, { zxid: txn.zxid, position });
  }

  /** Checks a learner when its leader reads the ACK of UPTODATE and so knows that the learner serves. */
  uptodateAcked({ serving, sid, tree }: ServerView, { epoch, initial, leader }: EpochPrimary): void {
    if (!serving || initial === undefined || tree === undefined || tree.length >= initial.length) return;
    // A history that is not a prefix of the initial history violates other invariants.
    if (!tree.isPrefixOf(initial)) return;
    const facts = { epoch, delivered: zxidAtEnd(tree), initial: zxidAtEnd(initial) };
    const text =
      `serves in epoch ${epoch}, and its leader knows it, but it has delivered only up to ` +
      `${zxidText(facts.delivered)}, not the initial history up to ${zxidText(facts.initial)}`;
    this.violations.report("commit-completeness", sid, text, facts, leader.sid, () => fork(tree, initial));
  }
}
