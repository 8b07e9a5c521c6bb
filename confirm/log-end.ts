/** Reads how far a log file of a running server goes. */
import { existsSync, readFileSync } from "node:fs";
import type { Zxid } from "../protocol/index.ts";

const FILE_HEADER_BYTES = 16;
const RECORD_START_BYTES = 12;
const ZXID_OFFSET = 12;
const END_OF_RECORD = 0x42;

/** Returns the zxid of the last whole record in a log file; undefined if the file has none. */
export function lastZxidIn(path: string): Zxid | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  let last: Zxid | undefined;
  for (let at = FILE_HEADER_BYTES; at + RECORD_START_BYTES <= bytes.length; ) {
    const length = bytes.readInt32BE(at + 8);
    const end = at + RECORD_START_BYTES + length;
    if (length < ZXID_OFFSET + 8 || end >= bytes.length || bytes[end] !== END_OF_RECORD) break;
    last = Number(bytes.readBigInt64BE(at + RECORD_START_BYTES + ZXID_OFFSET)) as Zxid;
    at = end + 1;
  }
  return last;
}
