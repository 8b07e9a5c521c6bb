/**
 * The transactions that disks held before the run. They have no known primary, because they were broadcast before the
 * run. The first lookup builds an index of them, and walks a part that several histories share only once.
 */
import { type History, sameTxn, type Txn, type Zxid } from "../protocol/index.ts";

export class InitialTxns {
  private readonly walked = new Set<History>();
  private readonly txns = new Map<Zxid, Txn[]>();
  private unwalked: History[] = [];

  add(history: History): void {
    if (history.length > 0) this.unwalked.push(history);
  }

  has(txn: Txn): boolean {
    for (const history of this.unwalked) this.walk(history);
    this.unwalked = [];
    return this.txns.get(txn.zxid)?.some((one) => sameTxn(one, txn)) ?? false;
  }

  private walk(history: History): void {
    for (let at: History | null = history; at?.txn && !this.walked.has(at); at = at.previous) {
      const { txn } = at;
      this.walked.add(at);
      const sameZxid = this.txns.get(txn.zxid);
      if (sameZxid === undefined) this.txns.set(txn.zxid, [txn]);
      else if (!sameZxid.some((one) => sameTxn(one, txn))) sameZxid.push(txn);
    }
  }
}
