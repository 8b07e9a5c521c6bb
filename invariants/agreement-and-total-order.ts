/**
 * agreement and total-order: all servers deliver the same transactions in the same order.
 *
 * Both invariants hold if the deliveries of each server are a prefix of one sequence, the committed sequence. When a
 * server is the first to deliver a transaction, this class adds the transaction to the sequence and passes it to
 * primary-order.ts.
 */
import { asZxid, type History, sameTxn, type Txn } from "../protocol/index.ts";
import type { CommittedHistory } from "./committed-history.ts";
import type { ServerView } from "./ensemble.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { PrimaryOrder } from "./primary-order.ts";
import type { Violations } from "./violation.ts";

export class AgreementAndTotalOrder {
  private readonly sequence: CommittedHistory;
  private readonly primaryOrder: PrimaryOrder;
  private readonly violations: Violations;

  constructor(sequence: CommittedHistory, primaryOrder: PrimaryOrder, violations: Violations) {
    this.sequence = sequence;
    this.primaryOrder = primaryOrder;
    this.violations = violations;
  }

  /** Starts the committed sequence with the history that clients may have read before the run. */
  startWith(history: History): void {
    this.append(history, undefined);
  }

  /**
   * Checks a transaction that a serving server delivers. `history` is the server's history, whose last transaction is
   * the delivered one.
   */
  delivered(server: ServerView, history: History): void {
    const known = this.sequence.atLength(history.length);
    if (known === undefined) this.append(history, server);
    else if (!known.equals(history)) this.reportDifference(server, history);
  }

  /** Checks the history with which a server starts to serve, because clients see all of it. */
  visible(server: ServerView, history: History): void {
    const { length } = history;
    const known = this.sequence.atLength(length);
    if (length > this.sequence.length) this.append(history, server);
    else if (known !== undefined && !known.equals(history)) this.reportDifference(server, history);
  }

  /**
   * Extends the sequence to `history`. Reports a difference if `history` does not extend the sequence. Walks only the
   * part of `history` that is longer than the sequence.
   */
  private append(history: History, server: ServerView | undefined): void {
    const { last, length } = this.sequence;
    if (last !== undefined && history.previous === last) {
      this.push(history, server);
      return;
    }
    const added: History[] = [];
    let at: History = history;
    while (at.length > length && at.previous !== null) {
      added.push(at);
      at = at.previous;
    }
    if (last !== undefined && !last.equals(at)) {
      if (server !== undefined) this.reportDifference(server, history);
      return;
    }
    for (let i = added.length - 1; i >= 0; i--) this.push(added[i] as History, server);
  }

  private push(history: History, server: ServerView | undefined): void {
    const before = this.sequence.last;
    this.sequence.push(history);
    if (server !== undefined) this.primaryOrder.firstDelivered(server, history, before);
  }

  private reportDifference(server: ServerView, history: History): void {
    const { value, zxid } = history.txn as Txn;
    const position = history.length;
    const where = () => fork(history, this.sequence.last as History);
    const sameZxid = this.sequence.findZxid(zxid);
    if (sameZxid?.txn && sameTxn(sameZxid.txn, history.txn as Txn) && sameZxid.length !== position) {
      const otherPosition = sameZxid.length;
      const text =
        `delivers ${zxidText(zxid)} at position ${position}; ` +
        `another server delivered it at position ${otherPosition}`;
      this.violations.report("total-order", server.sid, text, { zxid, position, otherPosition }, undefined, where);
      return;
    }
    const other = this.sequence.atLength(position);
    const otherZxid = zxidAtEnd(other);
    const otherText = `${zxidText(otherZxid ?? asZxid(0))} (${other?.txn?.value ?? ""})`;
    const text = `delivers ${zxidText(zxid)} (${value}) where another server delivered ${otherText}`;
    this.violations.report("agreement", server.sid, text, { zxid, position, otherZxid }, undefined, where);
  }
}
