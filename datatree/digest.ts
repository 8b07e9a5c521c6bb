/** The digest of a tree (DigestCalculator, AdHash): the sum of the checksums of its znodes, from 3.6.0 on. */
import type { DataNode } from "./data-node.ts";

/** The version of the digest in all releases (DigestCalculator.DIGEST_VERSION). */
export const DIGEST_VERSION = 2;
/** Znodes below this path are not in the digest, because each server changes quotas on its own. */
const EXCLUDED = "/zookeeper/";
const STAT_BYTES = 60;

const CRC_TABLE: Uint32Array = crcTable();
const utf8 = new TextEncoder();

/** Returns whether the digest of a tree includes a path. */
export function isInDigest(path: string): boolean {
  return !path.startsWith(EXCLUDED);
}

/** Returns the checksum of a znode, an unsigned integer of 32 bits (DigestCalculator#calculateDigest). */
export function digestOf(path: string, node: DataNode): number {
  let crc = crc32(utf8.encode(path === "/" ? "" : path), 0);
  if (node.data !== null) crc = crc32(node.data, crc);
  return crc32(statBytes(node), crc);
}

/** The order is not that of a snapshot. */
function statBytes(node: DataNode): Uint8Array {
  const view = new DataView(new ArrayBuffer(STAT_BYTES));
  view.setBigInt64(0, node.czxid);
  view.setBigInt64(8, node.mzxid);
  view.setBigInt64(16, node.pzxid);
  view.setBigInt64(24, node.ctimeMs);
  view.setBigInt64(32, node.mtimeMs);
  view.setInt32(40, node.version);
  view.setInt32(44, node.cversion);
  view.setInt32(48, node.aversion);
  view.setBigInt64(52, node.ephemeralOwner);
  return new Uint8Array(view.buffer);
}

/** Returns the CRC-32 of bytes (java.util.zip.CRC32), from that of the bytes before them. */
export function crc32(bytes: Uint8Array, earlier = 0): number {
  let crc = ~earlier;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb8_8320 ^ (crc >>> 1) : crc >>> 1;
    return crc;
  });
}
