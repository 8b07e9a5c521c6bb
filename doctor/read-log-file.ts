/** Reads one log file of a data directory. */
import { findRecords, TxnLogDecoder, type TxnLogItem, type TxnLogRecord, type TxnLogStop } from "../formats/index.ts";
import type { LogFile } from "./data-directory.ts";
import { DirectoryError } from "./directory-error.ts";
import type { DiskRules } from "./disk-rules.ts";
import { bytesAt, chunksOf } from "./read-files.ts";
import { TxnRuns } from "./txn-runs.ts";

/** The largest number of gaps in a log. It bounds the memory that a hostile file can take. */
const RUNS_MAX = 200_000;

function tooManyGaps(path: string): string {
  return `${path}: the zxids have more than ${RUNS_MAX} gaps (accepted: a log that ZooKeeper wrote)`;
}

/** The number of bytes after the end of the content in which records are searched. A log file has 64 MiB by default. */
const SEARCHED_BYTES_MAX = 64 * 1024 * 1024;
const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Reads a log file up to the place where its content ends. Then searches a part of the rest for records, because a
 * block of zeros in the middle of a log looks like its padding.
 */
export async function readLogFile(
  path: string,
  file: Pick<LogFile, "name" | "zxid" | "bytes">,
  rules: DiskRules,
): Promise<LogFile> {
  const decoder = new TxnLogDecoder(rules.log);
  const txns = new TxnRuns();
  const unread = new TxnRuns();
  let stop: TxnLogStop | undefined;
  let last: TxnLogStop | undefined;
  const take = (item: TxnLogItem): void => {
    if (item.kind === "record") (stop === undefined ? txns : unread).add(item.zxid, item.fingerprint);
    else if (item.kind === "stop") {
      stop ??= item;
      last = item;
    }
    if (txns.runs.length + unread.runs.length > RUNS_MAX) throw new DirectoryError(tooManyGaps(path));
  };
  const takeAll = (): void => {
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) take(item);
  };
  for await (const chunk of chunksOf(path)) {
    decoder.push(chunk);
    takeAll();
    if (decoder.isDone) break;
  }
  decoder.end();
  takeAll();
  const { offset } = last as unknown as TxnLogStop;
  for await (const record of searchRecords(path, offset + 1, rules)) unread.add(record.zxid, record.fingerprint);
  return { ...file, txns, unread, stop: stop as unknown as TxnLogStop };
}

/** Returns the records after a position. Reads pieces that overlap, so that each record is whole in one of them. */
async function* searchRecords(path: string, from: number, { log }: DiskRules): AsyncGenerator<TxnLogRecord> {
  const end = from + SEARCHED_BYTES_MAX;
  for (let position = from; position < end; ) {
    const piece = await bytesAt(path, position, PIECE_BYTES + log.maxBytes);
    let next = position + PIECE_BYTES;
    for (const record of findRecords(piece, position, log)) {
      if (record.offset >= position + PIECE_BYTES) break;
      yield record;
      next = Math.max(next, record.offset + record.length);
    }
    if (piece.length < PIECE_BYTES) return;
    position = next;
  }
}
