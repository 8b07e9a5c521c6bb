/**
 * Transactions and histories.
 *
 * A History is the sequence of transactions that a server has applied or logged, as an immutable linked list that
 * grows at its end. Taking a snapshot, sending it to a learner and going back to it each copy one reference. Each
 * node holds the length and a hash of everything up to it, so comparing two histories, or finding that one is a
 * prefix of another, does not walk the part they share.
 *
 * Not modeled: the content of znodes, sessions and ACLs.
 */
import type { QuorumVerifier } from "../quorum.ts";
import { ZERO_ZXID, type Zxid } from "../zxid.ts";

/**
 * One transaction: TxnHeader#zxid and the value that the client wrote. The object is immutable, and servers share it.
 */
export interface Txn {
  /** The zxid (TxnHeader#zxid). */
  readonly zxid: Zxid;
  /**
   * The value that the client wrote. It is a label for people, and it distinguishes two transactions with the same
   * zxid.
   */
  readonly value: string | number;
  /** A 32-bit hash of zxid and value. */
  readonly hash: number;
  /** The size in bytes, 0 if it is the setting txnBytes of the server that asks. */
  readonly bytes: number;
  /** The new configuration, if the transaction is a reconfiguration (OpCode.reconfig). */
  readonly config?: QuorumVerifier;
}

/** Makes a transaction. */
export function makeTxn(zxid: Zxid, value: string | number, bytes = 0): Txn {
  let hash = Math.imul((zxid >>> 0) ^ Math.imul(zxid / 0x1_0000_0000, 0x85eb_ca6b), 0x9e37_79b1);
  if (typeof value === "number") hash = Math.imul(hash ^ value, 0xc2b2_ae35);
  else for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x0100_0193);
  return { zxid, value, hash: hash ^ (hash >>> 15), bytes };
}

/** Returns whether two transactions have the same zxid and the same value. */
export function sameTxn(a: Txn, b: Txn): boolean {
  return a === b || (a.zxid === b.zxid && a.hash === b.hash && a.value === b.value);
}

/** A sequence of transactions, immutable and shared: a list that is linked from its end to its start. */
export class History {
  /** The last transaction; null only in the empty history. */
  readonly txn: Txn | null;
  /** The history without its last transaction; null only in the empty history. */
  readonly previous: History | null;
  /** The number of transactions. */
  readonly length: number;
  /** The hash of the whole sequence. */
  readonly hash: number;
  /** The longest prefix whose last transaction has a size of its own; null if there is none. */
  readonly #sized: History | null;
  /** The most recent extension of this history. Reusing it lets servers with equal histories share objects. */
  #next: History | null = null;

  private constructor(txn: Txn | null, previous: History | null, length: number, hash: number) {
    this.txn = txn;
    this.previous = previous;
    this.length = length;
    this.hash = hash;
    this.#sized = txn !== null && txn.bytes > 0 ? this : previous === null ? null : previous.#sized;
  }

  /**
   * Returns a new empty history. Two servers can share History objects only if their histories start from the same
   * empty history.
   */
  static empty(): History {
    return new History(null, null, 0, 0);
  }

  /** The zxid of the last transaction, 0 if there is none. */
  get zxid(): Zxid {
    return this.txn === null ? ZERO_ZXID : this.txn.zxid;
  }

  /** Returns this history with one more transaction. Costs the same for any length. */
  extend(txn: Txn): History {
    const known = this.#next;
    if (known !== null && known.txn !== null && sameTxn(known.txn, txn)) return known;
    const hash = (Math.imul(this.hash, 31) + txn.hash) | 0;
    const next = new History(txn, this, this.length + 1, hash);
    this.#next = next;
    return next;
  }

  /**
   * Returns the prefix of the given length, or `this` if this history is not longer. Takes time proportional to the
   * difference in length.
   */
  prefix(length: number): History {
    let at: History = this;
    while (at.length > length && at.previous !== null) at = at.previous;
    return at;
  }

  /**
   * Returns the longest prefix that ends at or below `zxid`. Takes time proportional to the number of transactions left
   * out.
   */
  upTo(zxid: Zxid): History {
    let at: History = this;
    while (at.txn !== null && at.txn.zxid > zxid && at.previous !== null) at = at.previous;
    return at;
  }

  /** Returns whether the history contains this transaction. Walks back from the end of the history. */
  contains(txn: Txn): boolean {
    for (let at: History = this; at.txn !== null; at = at.previous as History) if (sameTxn(at.txn, txn)) return true;
    return false;
  }

  /** Returns whether both histories are the same sequence. */
  equals(other: History): boolean {
    return this === other || (this.length === other.length && this.hash === other.hash && this.zxid === other.zxid);
  }

  /** Returns whether the other history starts with this one. Costs the difference in length. */
  isPrefixOf(other: History): boolean {
    return this.length <= other.length && other.prefix(this.length).equals(this);
  }

  /** Returns the transactions that have a size of their own, newest first. Costs nothing if there are none. */
  *sizedTxns(): Generator<Txn> {
    for (let at = this.#sized; at !== null && at.txn !== null; ) {
      yield at.txn;
      at = at.previous === null ? null : at.previous.#sized;
    }
  }

  /** Returns the transactions from position `from` (0-based) to the end, oldest first. */
  txns(from = 0): Txn[] {
    const result: Txn[] = [];
    for (let at: History | null = this; at?.txn && at.length > from; at = at.previous) result.push(at.txn);
    return result.reverse();
  }
}
