/**
 * Transactions as packets carry them (SerializeUtils#serializeRequest, #deserializeTxn): a TxnHeader, the body, and
 * from 3.6.0 on a TxnDigest. Nothing here reads the body; only its length is found.
 */
import { checkBody, TXN_DIGEST_BYTES, TXN_HEADER_BYTES } from "../formats/index.ts";
import { Damage, JuteWriter } from "../jute/index.ts";
import type { PayloadDamage } from "./malformed.ts";
import { RecordReader } from "./record-reader.ts";
import type { WireRules } from "./wire-rules.ts";

/** A transaction with an opaque body. */
export interface WireTxn {
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

/** Reads a transaction (SerializeUtils#deserializeTxn). Throws a Damage with a PayloadDamage. */
export function readTxn(entry: Uint8Array, rules: WireRules): WireTxn {
  const record = new RecordReader(entry);
  const clientId = record.long();
  const cxid = record.int();
  const zxid = record.long();
  const timeMs = record.long();
  const type = record.int();
  const { check, end, hasDigest } = checkBody(entry, type, rules.txn);
  if (check !== "ok") throw new Damage<PayloadDamage>(check);
  const body = record.take(end - TXN_HEADER_BYTES);
  const digest = hasDigest && rules.readsTxnDigest ? { version: record.int(), treeDigest: record.long() } : null;
  return { clientId, cxid, zxid, timeMs, type, body, digest, rest: record.take() };
}

/** Returns the bytes of a transaction. */
export function encodeTxn({ body, clientId, cxid, digest, rest, timeMs, type, zxid }: WireTxn): Uint8Array {
  const writer = new JuteWriter(TXN_HEADER_BYTES + body.length + TXN_DIGEST_BYTES + rest.length);
  writer.long(clientId).int(cxid).long(zxid).long(timeMs).int(type).raw(body);
  if (digest !== null) writer.int(digest.version).long(digest.treeDigest);
  return writer.raw(rest).bytes();
}
