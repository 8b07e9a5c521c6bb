/** Writes log files (FileTxnLog#append). txn-log.ts describes the format. */
import { adler32, JuteWriter } from "../jute/index.ts";
import { type DiskFormat, FILE_VERSION } from "./disk-format.ts";
import { END_OF_RECORD, FILE_HEADER_BYTES, RECORD_START_BYTES, TXN_LOG_MAGIC } from "./txn-log.ts";

/** The default of zookeeper.preAllocSize, in bytes (FilePadding). */
export const PRE_ALLOC_BYTES = 65_536 * 1024;
/** A log is padded when its content comes this close to its end, in bytes. */
const PADDING_DISTANCE_BYTES = 4096;
/** The dbid in the header of a log file: no release sets FileTxnLog.dbId. */
const LOG_DBID = 0n;

/** Returns the header of a log file. */
export function encodeTxnLogHeader(): Uint8Array {
  return new JuteWriter(FILE_HEADER_BYTES).int(TXN_LOG_MAGIC).int(FILE_VERSION).long(LOG_DBID).bytes();
}

/** Returns the record of a transaction: the checksum, the length, the entry, and the byte "B". See `encodeTxn`. */
export function encodeTxnLogRecord(entry: Uint8Array): Uint8Array {
  return new JuteWriter(RECORD_START_BYTES + entry.length + 1)
    .long(BigInt(adler32(entry)))
    .buffer(entry)
    .byte(END_OF_RECORD)
    .bytes();
}

/**
 * Returns the size in bytes that a log file must have before a record is appended (FilePadding#padFile). If it differs
 * from `fileSize`, the server writes one byte 0 at the new end.
 *
 * `position`: the end of the content that is flushed to the file. `fileSize`: the last size of the file; for a new
 * file, the size of its header. `preAllocBytes`: zookeeper.preAllocSize times 1024; 0 turns padding off.
 */
export function paddedLogSize(
  position: number,
  fileSize: number,
  preAllocBytes: number,
  { paddingCoversContent }: Pick<DiskFormat, "paddingCoversContent">,
): number {
  if (position + PADDING_DISTANCE_BYTES < fileSize) return fileSize;
  if (!paddingCoversContent) return fileSize + preAllocBytes;
  if (preAllocBytes <= 0) return fileSize;
  if (position <= fileSize) return fileSize + preAllocBytes;
  const size = position + preAllocBytes;
  return size - (size % preAllocBytes);
}
