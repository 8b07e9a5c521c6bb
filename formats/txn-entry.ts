/**
 * Transactions as log records and packets contain them (SerializeUtils#deserializeTxn, Util#marshallTxnEntry): a
 * TxnHeader, the body, and from 3.6.0 on a TxnDigest. Nothing here reads the body; only its length is found.
 */
import { Damage, JuteWriter, RecordReader } from "../jute/index.ts";
import { type BodyCheck, type BodyReader, checkBody, TXN_DIGEST_BYTES, TXN_HEADER_BYTES } from "./txn-types.ts";

/** A transaction with an opaque body. */
export interface Txn {
  /** The session of the client. */
  readonly clientId: bigint;
  readonly cxid: number;
  readonly zxid: bigint;
  /** The time at which the leader made the transaction, in milliseconds since 1970. */
  readonly timeMs: bigint;
  /** The code of the type (ZooDefs.OpCode). */
  readonly type: number;
  readonly body: Uint8Array;
  /** The digest of the tree after the transaction; null if there is none, or if the reader does not read it. */
  readonly digest: TxnDigest | null;
  /** Bytes at the end, which ZooKeeper ignores. */
  readonly rest: Uint8Array;
}

/** TxnDigest (zookeeper.jute). */
export interface TxnDigest {
  readonly version: number;
  readonly treeDigest: bigint;
}

/** The reasons why bytes are no transaction. */
export type TxnDamage = Exclude<BodyCheck, "ok">;

/**
 * Reads a transaction (SerializeUtils#deserializeTxn). Throws a Damage with a TxnDamage. `readsDigest`: whether the
 * reader knows digests (from 3.6.0 on). Otherwise, a digest is among the ignored bytes.
 */
export function readTxn(entry: Uint8Array, reader: BodyReader, readsDigest = true): Txn {
  const record = new RecordReader(entry);
  const clientId = record.long();
  const cxid = record.int();
  const zxid = record.long();
  const timeMs = record.long();
  const type = record.int();
  const { check, end, hasDigest } = checkBody(entry, type, reader);
  if (check !== "ok") throw new Damage<TxnDamage>(check);
  const body = record.take(end - TXN_HEADER_BYTES);
  const digest = hasDigest && readsDigest ? { version: record.int(), treeDigest: record.long() } : null;
  return { clientId, cxid, zxid, timeMs, type, body, digest, rest: record.take() };
}

/** Reads a transaction, as `readTxn` does, but returns the reason if it cannot be read. Never throws. */
export function decodeTxn(entry: Uint8Array, reader: BodyReader): Txn | { readonly damage: TxnDamage } {
  try {
    return readTxn(entry, reader);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return { damage: error.reason as TxnDamage };
  }
}

/** Returns the bytes of a transaction. */
export function encodeTxn({ body, clientId, cxid, digest, rest, timeMs, type, zxid }: Txn): Uint8Array {
  const writer = new JuteWriter(TXN_HEADER_BYTES + body.length + TXN_DIGEST_BYTES + rest.length);
  writer.long(clientId).int(cxid).long(zxid).long(timeMs).int(type).raw(body);
  if (digest !== null) writer.int(digest.version).long(digest.treeDigest);
  return writer.raw(rest).bytes();
}
