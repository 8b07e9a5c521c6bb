/**
 * integrity, local-primary-order, global-primary-order and primary-integrity: servers deliver transactions in the order
 * in which primaries broadcast them.
 *
 * All servers deliver one sequence (agreement-and-total-order.ts), so each transaction is checked only once, when the
 * first server delivers it.
 */
import { type Epoch, epochOf, type History, type Txn } from "../protocol/index.ts";
import type { ClaimedQuorums } from "./claimed-quorums.ts";
import type { CommittedHistory } from "./committed-history.ts";
import type { ServerView } from "./ensemble.ts";
import type { EpochPrimaries, EpochPrimary } from "./epoch-primaries.ts";
import { zxidAtEnd, zxidText } from "./history-facts.ts";
import type { InitialTxns } from "./initial-txns.ts";
import type { LeaderIsComplete } from "./leader-is-complete.ts";
import type { Violations } from "./violation.ts";

export class PrimaryOrder {
  private readonly primaries: EpochPrimaries;
  private readonly sequence: CommittedHistory;
  private readonly initialTxns: InitialTxns;
  private readonly leaderIsComplete: LeaderIsComplete;
  private readonly claimedQuorums: ClaimedQuorums | undefined;
  private readonly violations: Violations;

  constructor(
    primaries: EpochPrimaries,
    sequence: CommittedHistory,
    initialTxns: InitialTxns,
    leaderIsComplete: LeaderIsComplete,
    claimedQuorums: ClaimedQuorums | undefined,
    violations: Violations,
  ) {
    this.primaries = primaries;
    this.sequence = sequence;
    this.initialTxns = initialTxns;
    this.leaderIsComplete = leaderIsComplete;
    this.claimedQuorums = claimedQuorums;
    this.violations = violations;
  }

  /** Checks primary-integrity when a primary broadcasts a transaction. */
  broadcast(leader: ServerView, { zxid }: Txn, primary: EpochPrimary): void {
    const older = this.sequence.countOlderThan(primary.epoch);
    if ((primary.initial?.length ?? 0) >= older) return;
    const missing = zxidAtEnd(this.sequence.atLength(older));
    const text = `broadcasts ${zxidText(zxid)} and lacks ${zxidText(missing)}, which other servers have delivered`;
    this.violations.report("primary-integrity", leader.sid, text, { zxid, missing });
  }

  /**
   * Checks the last transaction of `history`, which this server is the first to deliver. `before` is the committed
   * sequence without that transaction.
   */
  firstDelivered(server: ServerView, history: History, before: History | undefined): void {
    const txn = history.txn as Txn;
    const primary = this.primaries.broadcasterOf(txn);
    if (primary === undefined && !this.initialTxns.has(txn)) this.reportUnknown(server, txn);
    this.checkOrder(server, history, before, primary);
    this.leaderIsComplete.firstDelivered(server, history);
    this.claimedQuorums?.firstDelivered(server, history, primary);
  }

  private reportUnknown(server: ServerView, { value, zxid }: Txn): void {
    const text = `delivers ${zxidText(zxid)} (${value}), which no primary broadcast`;
    this.violations.report("integrity", server.sid, text, { zxid, value });
  }

  private checkOrder(
    server: ServerView,
    history: History,
    before: History | undefined,
    primary: EpochPrimary | undefined,
  ): void {
    const { zxid } = history;
    const epoch = epochOf(zxid);
    const epochBefore = before === undefined ? -1 : epochOf(before.zxid);
    if (epoch < epochBefore) {
      const text = `delivers ${zxidText(zxid)} after a transaction of epoch ${epochBefore}`;
      this.violations.report("global-primary-order", server.sid, text, { zxid, before: zxidAtEnd(before) });
      return;
    }
    this.checkNewerPrimary(server, history, epoch);
    if (primary === undefined) return;
    const missing = primary.zxidBefore(zxid);
    if (missing === (epoch === epochBefore ? before?.zxid : undefined)) return;
    const text = `delivers ${zxidText(zxid)} without the transaction that its primary broadcast just before`;
    this.violations.report("local-primary-order", server.sid, text, { zxid, before: zxidAtEnd(before), missing });
  }

  /**
   * Checks primary-integrity when a server delivers a transaction: a newer primary that has already broadcast must have
   * it.
   */
  private checkNewerPrimary(server: ServerView, history: History, epoch: Epoch): void {
    const newest = this.primaries.newestBroadcasting;
    if (newest === undefined || newest.epoch <= epoch || newest.has(history)) return;
    const facts = { epoch: newest.epoch, missing: zxidAtEnd(history) };
    const text =
      `broadcasts in epoch ${newest.epoch} and lacks ${zxidText(facts.missing)}, ` +
      `which server ${server.sid} delivered`;
    this.violations.report("primary-integrity", newest.leader.sid, text, facts, server.sid);
  }
}
