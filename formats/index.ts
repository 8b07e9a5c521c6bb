/** Decoders of ZooKeeper's files on disk. Pure functions of bytes: no file access, no exceptions, bounded memory. */

export { bodyReaderOf } from "./body-reader.ts";
export { type EpochFile, readEpochFile } from "./epoch-file.ts";
export { type Compression, compressionOf, type FilePrefix, zxidInName } from "./file-names.ts";
export { gzipHeaderBytes } from "./gzip-header.ts";
export { SNAPPY_MAGIC, SnappyStreamDecoder, uncompressBlock } from "./snappy-stream.ts";
export {
  type SnapshotContent,
  type SnapshotDamage,
  SnapshotDecoder,
  type SnapshotReader,
  type UnusableSnapshot,
} from "./snapshot.ts";
export { readSnapshotBody, type SnapshotBody, type SnapshotBodyDamage } from "./snapshot-body.ts";
export {
  findRecords,
  type LogDamage,
  type LogEnd,
  TxnLogDecoder,
  type TxnLogHeader,
  type TxnLogItem,
  type TxnLogRecord,
  type TxnLogStop,
} from "./txn-log.ts";
export {
  type BodyCheck,
  type BodyReader,
  checkBody,
  TXN_DIGEST_BYTES,
  TXN_HEADER_BYTES,
  txnTypeName,
} from "./txn-types.ts";
