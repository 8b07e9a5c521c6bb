/**
 * The one sequence of committed transactions: all transactions that any serving server has delivered, oldest first.
 *
 * For each length, the class keeps the history with which the sequence had that length. A delivery is therefore
 * compared with one history only.
 */
import { type Epoch, epochOf, type History, type Zxid } from "../protocol/index.ts";
import { NO_EPOCH } from "./ensemble.ts";

export class CommittedHistory {
  /** `histories[k]` is the committed history of length k + 1. */
  private readonly histories: History[] = [];
  /**
   * The last result of searchOlderThan, for one epoch. It stays correct, because the sequence already holds a
   * transaction of that epoch or of a newer one.
   */
  private olderThan: { epoch: Epoch; count: number } = { epoch: NO_EPOCH, count: 0 };

  get length(): number {
    return this.histories.length;
  }

  /** The whole sequence; undefined while it is empty. */
  get last(): History | undefined {
    return this.histories.at(-1);
  }

  /** The sequence's prefix of this length; undefined if the sequence is shorter or the length is 0. */
  atLength(length: number): History | undefined {
    return this.histories[length - 1];
  }

  /** Adds one transaction. `history` is the sequence with that transaction at its end. */
  push(history: History): void {
    this.histories.push(history);
  }

  /** Returns the prefix that ends with this zxid. Searches the whole sequence, so call it only for a violation. */
  findZxid(zxid: Zxid): History | undefined {
    return this.histories.findLast((history) => history.zxid === zxid);
  }

  /** Returns the number of transactions whose epoch is older than this one. */
  countOlderThan(epoch: Epoch): number {
    const { last } = this;
    if (last === undefined) return 0;
    if (epochOf(last.zxid) < epoch) return this.histories.length;
    if (this.olderThan.epoch === epoch) return this.olderThan.count;
    const count = this.searchOlderThan(epoch);
    this.olderThan = { epoch, count };
    return count;
  }

  /**
   * Searches the sequence, whose epochs ascend: a leader never proposes an epoch below the epoch of its own last
   * transaction. If a defect breaks this order, global-primary-order reports it.
   */
  private searchOlderThan(epoch: Epoch): number {
    let low = 0;
    let high = this.histories.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (epochOf((this.histories[middle] as History).zxid) < epoch) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
