/**
 * The files log.N (FileTxnLog): a FileHeader, records, and padding of zeros up to the preallocated size.
 *
 * FileHeader: int magic "ZKLG", int version, long dbid. Record: long checksum (Adler32 of the entry), int length, the
 * entry, and the byte "B". Entry: TxnHeader, body, and from 3.6.0 on a TxnDigest.
 */

import { adler32, ByteQueue, int32At, int64At } from "../jute/index.ts";
import { asZxid, type Zxid } from "../protocol/zxid.ts";
import { type BodyReader, checkBody, TXN_HEADER_BYTES } from "./txn-types.ts";

/** The size of a FileHeader in bytes. */
export const FILE_HEADER_BYTES = 16;
/** "ZKLG", the magic number of a log file. */
export const TXN_LOG_MAGIC = 0x5a4b_4c47;
/** The size of the checksum and the length before each entry. */
export const RECORD_START_BYTES = 12;
/** "B", the byte after each entry. */
export const END_OF_RECORD = 0x42;

/** The start of a log file. */
export interface TxnLogHeader {
  readonly kind: "header";
  readonly version: number;
  readonly dbid: bigint;
}

/** One record that ZooKeeper can read. */
export interface TxnLogRecord {
  readonly kind: "record";
  /** The position of the record in the file. */
  readonly offset: number;
  /** The size of the entry in bytes. */
  readonly length: number;
  readonly zxid: Zxid;
  /** The code of the type (ZooDefs.OpCode). */
  readonly type: number;
  /** The time at which the leader made the transaction, in milliseconds since 1970. */
  readonly timeMs: number;
  /**
   * A 32-bit hash of the TxnHeader. All servers log the same header for a transaction; the digest after the body can
   * differ between releases.
   */
  readonly fingerprint: number;
  readonly hasDigest: boolean;
}

/** The reasons why ZooKeeper treats the file as if it ended here, and goes on with the next file. */
export type LogEnd =
  /** The file ends after a whole record. */
  | "end-of-file"
  /** The length is 0, as in the padding. */
  | "padding"
  /** The file ends inside a record. */
  | "torn"
  /** The byte after the entry is not "B". */
  | "no-end-byte"
  /** The checksum is right, but the entry ends inside a field. */
  | "short-entry";

/** The reasons why ZooKeeper cannot read the log and does not start. */
export type LogDamage =
  /** The file has no whole FileHeader. `empty-file`: it has no byte. */
  | "empty-file"
  | "short-header"
  | "bad-magic"
  | "bad-checksum"
  /** The length of the entry is negative, or above jute.maxbuffer plus the extra size. */
  | "unreasonable-length"
  /** The length of the entry is -1: a NullPointerException. */
  | "null-entry"
  | "unsupported-type"
  /** The checksum is right, but a field of the body has an unreasonable length. */
  | "unreasonable-field";

/** The place where reading the file ends. `isDamage`: ZooKeeper does not start if it reaches this place. */
export interface TxnLogStop {
  readonly kind: "stop";
  readonly offset: number;
  readonly reason: LogEnd | LogDamage;
  readonly isDamage: boolean;
  /** The length, the type or the magic number that is wrong, if there is one. */
  readonly value?: number;
  /** The zxid in the TxnHeader, if the record has one. A wrong checksum makes it doubtful. */
  readonly zxid?: Zxid;
}

/** One element of a log file. */
export type TxnLogItem = TxnLogHeader | TxnLogRecord | TxnLogStop;

const DAMAGE: ReadonlySet<LogEnd | LogDamage> = new Set<LogEnd | LogDamage>([
  "empty-file",
  "short-header",
  "bad-magic",
  "bad-checksum",
  "unreasonable-length",
  "null-entry",
  "unsupported-type",
  "unreasonable-field",
]);

/**
 * Decodes a log file incrementally: `push` adds bytes, `end` says that no more follow, and `next` returns the next
 * item, or undefined if it needs more bytes. It never throws, and it holds at most one record besides the chunks in its
 * queue.
 *
 * `lastEntry` is the entry of the last record that `next` returned. It shares its memory with a chunk of the file.
 *
 * After a stop at a record whose length is plausible, `next` continues with the record after it. ZooKeeper does not
 * read these records, but they show what a repair could save.
 */
export class TxnLogDecoder {
  /** The entry of the last record: the TxnHeader, the body and the digest. `readTxn` reads it. */
  lastEntry: Uint8Array = new Uint8Array(0);
  private readonly reader: BodyReader;
  private readonly bytes = new ByteQueue();
  private hasHeader = false;
  private isEnded = false;
  private isStopped = false;

  constructor(reader: BodyReader) {
    this.reader = reader;
  }

  /** Adds the next bytes of the file. The caller must not change them later. */
  push(chunk: Uint8Array): void {
    this.bytes.push(chunk);
  }

  /** Says that the file has no more bytes. */
  end(): void {
    this.isEnded = true;
  }

  /** Returns whether nothing follows the last stop. */
  get isDone(): boolean {
    return this.isStopped;
  }

  /** Returns the next item; undefined if more bytes are needed, or if reading has ended. */
  next(): TxnLogItem | undefined {
    if (this.isStopped) return undefined;
    return this.hasHeader ? this.record() : this.header();
  }

  private header(): TxnLogItem | undefined {
    const { bytes } = this;
    if (bytes.available < FILE_HEADER_BYTES) {
      if (!this.isEnded) return undefined;
      return this.stop(0, bytes.available === 0 ? "empty-file" : "short-header");
    }
    this.hasHeader = true;
    const magic = bytes.int32();
    const header: TxnLogHeader = { kind: "header", version: bytes.int32(), dbid: bytes.bigInt64() };
    return magic === TXN_LOG_MAGIC ? header : this.stop(0, "bad-magic", { value: magic });
  }

  private record(): TxnLogItem | undefined {
    const { bytes, isEnded, reader } = this;
    const offset = bytes.position;
    if (bytes.available < RECORD_START_BYTES) {
      if (!isEnded) return undefined;
      return this.stop(offset, bytes.available === 0 ? "end-of-file" : "torn");
    }
    const length = bytes.peekInt32(8);
    if (length === 0) return this.stop(offset, "padding");
    if (length === -1) return this.stop(offset, "null-entry", { value: length });
    if (length < 0 || length > reader.maxBytes) return this.stop(offset, "unreasonable-length", { value: length });
    if (bytes.available < RECORD_START_BYTES + length + 1) {
      return isEnded ? this.stop(offset, "torn") : undefined;
    }
    const checksum = bytes.int64();
    bytes.skip(4);
    return this.entry(offset, checksum, bytes.take(length), bytes.int8());
  }

  private entry(offset: number, checksum: number, entry: Uint8Array, endByte: number): TxnLogItem {
    const header = entry.length < TXN_HEADER_BYTES ? undefined : headerOf(entry);
    const pass = (reason: LogEnd | LogDamage, value?: number): TxnLogStop =>
      stopAt(offset, reason, { ...(value !== undefined && { value }), ...(header && { zxid: header.zxid }) });
    if (endByte !== END_OF_RECORD) return pass("no-end-byte", endByte);
    if (adler32(entry) !== checksum) return pass("bad-checksum");
    if (header === undefined) return pass("short-entry");
    const { check, hasDigest } = checkBody(entry, header.type, this.reader);
    if (check === "short") return pass("short-entry");
    if (check === "unsupported-type") return pass("unsupported-type", header.type);
    if (check === "unreasonable-length") return pass("unreasonable-field");
    this.lastEntry = entry;
    return { kind: "record", offset, length: entry.length, ...header, hasDigest };
  }

  private stop(offset: number, reason: LogEnd | LogDamage, more: Partial<TxnLogStop> = {}): TxnLogStop {
    this.isStopped = true;
    return stopAt(offset, reason, more);
  }
}

function stopAt(offset: number, reason: LogEnd | LogDamage, more: Partial<TxnLogStop>): TxnLogStop {
  return { kind: "stop", offset, reason, isDamage: DAMAGE.has(reason), ...more };
}

/**
 * Returns the whole records in a piece of a log file, wherever they start: what a repair could save after the place
 * where ZooKeeper stops reading. `offset` is the position of the piece in the file.
 */
export function* findRecords(piece: Uint8Array, offset: number, reader: BodyReader): Generator<TxnLogRecord> {
  const last = piece.length - RECORD_START_BYTES - TXN_HEADER_BYTES - 1;
  for (let at = 0; at <= last; ) {
    const record = recordAt(piece, at, reader);
    if (record !== undefined) yield { ...record, offset: offset + at };
    at += record === undefined ? 1 : RECORD_START_BYTES + record.length + 1;
  }
}

function recordAt(piece: Uint8Array, at: number, reader: BodyReader): TxnLogRecord | undefined {
  // The checksum has 32 bits in a field of 64 bits. Most places fail one of these tests, which cost nothing.
  if (int32At(piece, at) !== 0 || piece[at + 8] !== 0) return undefined;
  const length = int32At(piece, at + 8);
  const start = at + RECORD_START_BYTES;
  if (length < TXN_HEADER_BYTES || length > reader.maxBytes || piece[start + length] !== END_OF_RECORD)
    return undefined;
  if (adler32(piece, start, start + length) !== int32At(piece, at + 4) >>> 0) return undefined;
  const entry = piece.subarray(start, start + length);
  const header = headerOf(entry);
  const { check, hasDigest } = checkBody(entry, header.type, reader);
  return check === "ok" ? { kind: "record", offset: at, length, ...header, hasDigest } : undefined;
}

/** Reads a TxnHeader: long clientId, int cxid, long zxid, long time, int type. */
function headerOf(entry: Uint8Array): Pick<TxnLogRecord, "zxid" | "type" | "timeMs" | "fingerprint"> {
  let fingerprint = 0;
  for (let at = 0; at < TXN_HEADER_BYTES; at += 4) {
    const mixed = Math.imul(fingerprint ^ int32At(entry, at), 0x9e37_79b1);
    fingerprint = mixed ^ (mixed >>> 15);
  }
  return {
    zxid: asZxid(int64At(entry, 12)),
    timeMs: int64At(entry, 20),
    type: int32At(entry, 28),
    fingerprint: fingerprint >>> 0,
  };
}
