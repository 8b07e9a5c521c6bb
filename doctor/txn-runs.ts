/**
 * The transactions of a log in the order of their records, as runs of consecutive zxids. A run costs a few bytes, and
 * each transaction four bytes for its fingerprint, so that a log of many gigabytes fits into memory.
 */
import { asZxid, type Zxid } from "../protocol/zxid.ts";

/** Consecutive zxids of one epoch. */
export interface TxnRun {
  readonly first: Zxid;
  /** The number of transactions, at least 1. */
  readonly count: number;
  /** The position of the first transaction in the list. */
  readonly index: number;
}

const FIRST_CAPACITY = 64;
/** The fingerprints of later transactions are not kept, so that a list never takes more than 64 MiB for them. */
const FINGERPRINTS_MAX = 16 * 1024 * 1024;

/** A list of transactions that grows at its end. */
export class TxnRuns {
  private readonly list: TxnRun[] = [];
  private fingerprints = new Uint32Array(FIRST_CAPACITY);
  private size = 0;

  /** The number of transactions. */
  get length(): number {
    return this.size;
  }

  /** The runs, in the order of the records. */
  get runs(): readonly TxnRun[] {
    return this.list;
  }

  /** The first zxid; undefined if there is none. */
  get first(): Zxid | undefined {
    return this.list[0]?.first;
  }

  /** The zxid of the last record; undefined if there is none. */
  get last(): Zxid | undefined {
    const run = this.list.at(-1);
    return run && lastOf(run);
  }

  /** Adds a transaction. */
  add(zxid: Zxid, fingerprint: number): void {
    if (this.size === this.fingerprints.length && this.size < FINGERPRINTS_MAX) {
      const larger = new Uint32Array(this.size * 2);
      larger.set(this.fingerprints);
      this.fingerprints = larger;
    }
    if (this.size < FINGERPRINTS_MAX) this.fingerprints[this.size] = fingerprint;
    const run = this.list.at(-1);
    if (run !== undefined && zxid === run.first + run.count) {
      this.list[this.list.length - 1] = { ...run, count: run.count + 1 };
    } else {
      this.list.push({ first: zxid, count: 1, index: this.size });
    }
    this.size++;
  }

  /** Returns the fingerprint of the transaction at this position; undefined if it is not kept. */
  fingerprintAt(index: number): number | undefined {
    return index < Math.min(this.size, FINGERPRINTS_MAX) ? this.fingerprints[index] : undefined;
  }
}

/** Returns the last zxid of a run. */
export function lastOf({ count, first }: TxnRun): Zxid {
  return asZxid(first + count - 1);
}
