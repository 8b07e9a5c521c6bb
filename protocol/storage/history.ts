/**
 * Transactions and histories.
 *
 * What a ZooKeeper server knows is the sequence of transactions it has applied or logged. A History is such a sequence as
 * an immutable linked list that grows at its end: taking a snapshot, handing it to a learner and going back to it are all
 * one reference. Each node carries the length and a hash of everything up to it, so two histories are compared, and one
 * is found to be a prefix of another, without walking what they share. The content of the znodes is not modeled.
 */
import type { Zxid } from "../zxid.ts";

/** One transaction: TxnHeader#zxid and what the client wrote. Immutable; the same object on every server that has it. */
export interface Txn {
  readonly zxid: Zxid;
  /** What was written, for people and for telling apart two transactions that carry the same zxid. */
  readonly value: string | number;
  readonly hash: number;
}

export function makeTxn(zxid: Zxid, value: string | number): Txn {
  let hash = Math.imul((zxid >>> 0) ^ Math.imul(zxid / 0x1_0000_0000, 0x85eb_ca6b), 0x9e37_79b1);
  if (typeof value === "number") hash = Math.imul(hash ^ value, 0xc2b2_ae35);
  else for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x0100_0193);
  return { zxid, value, hash: hash ^ (hash >>> 15) };
}

/** Whether two transactions are the same one: written by the same client step, under the same zxid. */
export function sameTxn(a: Txn, b: Txn): boolean {
  return a === b || (a.zxid === b.zxid && a.hash === b.hash && a.value === b.value);
}

export class History {
  /** The last transaction; null only in the empty history. */
  readonly txn: Txn | null;
  readonly previous: History | null;
  /** How many transactions. */
  readonly length: number;
  /** Hash of the whole sequence. */
  readonly hash: number;
  /** The successor made last: servers that hold the same history then hold the same objects. */
  #next: History | null = null;

  private constructor(txn: Txn | null, previous: History | null, length: number, hash: number) {
    this.txn = txn;
    this.previous = previous;
    this.length = length;
    this.hash = hash;
  }

  /** A new empty history. Servers whose histories are to be compared by reference start from the same one. */
  static empty(): History {
    return new History(null, null, 0, 0);
  }

  /** The zxid of the last transaction, 0 if there is none. */
  get zxid(): Zxid {
    return this.txn === null ? 0 : this.txn.zxid;
  }

  extend(txn: Txn): History {
    const known = this.#next;
    if (known !== null && known.txn !== null && sameTxn(known.txn, txn)) return known;
    const hash = (Math.imul(this.hash, 31) + txn.hash) | 0;
    const next = new History(txn, this, this.length + 1, hash);
    this.#next = next;
    return next;
  }

  /** The prefix of the given length; `this` if it is not longer. Costs the difference in length. */
  prefix(length: number): History {
    let at: History = this;
    while (at.length > length && at.previous !== null) at = at.previous;
    return at;
  }

  /** The longest prefix whose zxids are all at most `zxid`. Costs the number of transactions left out. */
  upTo(zxid: Zxid): History {
    let at: History = this;
    while (at.txn !== null && at.txn.zxid > zxid && at.previous !== null) at = at.previous;
    return at;
  }

  /** Whether both are the same sequence. */
  equals(other: History): boolean {
    return this === other || (this.length === other.length && this.hash === other.hash && this.zxid === other.zxid);
  }

  isPrefixOf(other: History): boolean {
    return this.length <= other.length && other.prefix(this.length).equals(this);
  }

  /** The transactions from position `from` (0-based) to the end, oldest first. */
  txns(from = 0): Txn[] {
    const result: Txn[] = [];
    for (let at: History | null = this; at?.txn && at.length > from; at = at.previous) result.push(at.txn);
    return result.reverse();
  }
}
