/**
 * The header of a gzip file (RFC 1952). ZooKeeper stops reading a snapshot before the trailer of the gzip file, so the
 * trailer is never checked. A reader that does the same skips the header and inflates the rest as raw deflate data.
 */

const FIXED_BYTES = 10;
const HAS_CHECKSUM = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;
const RESERVED = 0xe0;
const DEFLATE = 8;

/** Returns the size of the header; `short` if it needs more bytes; `bad` if it is not the header of a gzip file. */
export function gzipHeaderBytes(bytes: Uint8Array): number | "short" | "bad" {
  if (bytes.length < FIXED_BYTES) return "short";
  const flags = bytes[3] as number;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== DEFLATE || (flags & RESERVED) !== 0) return "bad";
  let at = FIXED_BYTES;
  if (flags & HAS_EXTRA) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const text of [HAS_NAME, HAS_COMMENT]) {
    if (!(flags & text)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return "short";
    at = end + 1;
  }
  if (flags & HAS_CHECKSUM) at += 2;
  return at <= bytes.length ? at : "short";
}
