/**
 * Transactions of a live server. The core sees a zxid and a label; the bytes go to the log and to other servers
 * unchanged.
 */
import { TXN_HEADER_BYTES, txnTypeName } from "../formats/index.ts";
import { int32At, int64At } from "../jute/index.ts";
import { asZxid, makeTxn, type Txn } from "../protocol/index.ts";

/** A transaction with the bytes of its TxnHeader, its body and, from 3.6.0 on, its digest. */
export interface LiveTxn extends Txn {
  readonly entry: Uint8Array;
}

/**
 * Returns the transaction with these bytes, which must be whole. Its label names the type and contains a hash of the
 * TxnHeader, which is equal at all servers that log the transaction.
 */
export function liveTxn(entry: Uint8Array): LiveTxn {
  let fingerprint = 0;
  for (let at = 0; at < TXN_HEADER_BYTES; at += 4) {
    const mixed = Math.imul(fingerprint ^ int32At(entry, at), 0x9e37_79b1);
    fingerprint = mixed ^ (mixed >>> 15);
  }
  const label = `${txnTypeName(int32At(entry, 28))} ${(fingerprint >>> 0).toString(16).padStart(8, "0")}`;
  return { ...makeTxn(asZxid(int64At(entry, 12)), label, entry.length), entry };
}

/** Returns the bytes of a transaction of this server. */
export function entryOf(txn: Txn): Uint8Array {
  const { entry } = txn as Partial<LiveTxn>;
  if (entry === undefined) throw new TypeError(`transaction ${txn.zxid} has no bytes`);
  return entry;
}
