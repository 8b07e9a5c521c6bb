/**
 * ZooKeeper's files on disk: decoders and writers, and the transactions and ACLs in them. Pure functions of bytes: no
 * file access, no exceptions, bounded memory.
 */
export type { Acl } from "./acl.ts";

export { bodyReaderOf } from "./body-reader.ts";
export { type DiskFormat, diskFormatOf } from "./disk-format.ts";
export { type EpochFile, encodeEpochFile, readEpochFile } from "./epoch-file.ts";
export {
  type Compression,
  compressionOf,
  type FilePrefix,
  logFileName,
  snapshotFileName,
  zxidInName,
} from "./file-names.ts";
export { gzipHeaderBytes } from "./gzip-header.ts";
export { SNAPPY_MAGIC, SnappyStreamDecoder, uncompressBlock } from "./snappy-stream.ts";
export {
  type SnapshotContent,
  type SnapshotDamage,
  SnapshotDecoder,
  type SnapshotDigest,
  type SnapshotReader,
  type UnusableSnapshot,
} from "./snapshot.ts";
export { readSnapshotBody, type SnapshotBody, type SnapshotBodyDamage, type SnapshotSink } from "./snapshot-body.ts";
export { encodeSnapshotBody, encodeSnapshotFile, type SnapshotEnd, type SnapshotSource } from "./snapshot-writer.ts";
export {
  type DamagedBody,
  decodeSubTxnBody,
  decodeTxnBody,
  encodeTxnBody,
  type SubTxn,
  type TxnBody,
  type TxnBodyDamage,
} from "./txn-body.ts";
export { decodeTxn, encodeTxn, readTxn, type Txn, type TxnDamage, type TxnDigest } from "./txn-entry.ts";
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
export { encodeTxnLogHeader, encodeTxnLogRecord, PRE_ALLOC_BYTES, paddedLogSize } from "./txn-log-writer.ts";
export {
  type BodyCheck,
  type BodyReader,
  checkBody,
  TXN_DIGEST_BYTES,
  TXN_HEADER_BYTES,
  txnTypeName,
} from "./txn-types.ts";
export type { Znode } from "./znode.ts";
