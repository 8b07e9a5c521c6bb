/** The checksum of log records and snapshots (java.util.zip.Adler32). */

const MODULUS = 65_521;
/** The largest number of bytes whose sums fit into 32 bits without a reduction. */
const BLOCK = 3800;

/** The checksum of no bytes. */
export const ADLER32_START = 1;

/** Returns the checksum of all bytes so far, from the checksum of the earlier bytes. The result is unsigned. */
export function adler32(bytes: Uint8Array, start = 0, end = bytes.length, earlier = ADLER32_START): number {
  let low = earlier & 0xffff;
  let high = earlier >>> 16;
  for (let at = start; at < end; ) {
    const blockEnd = Math.min(at + BLOCK, end);
    for (; at < blockEnd; at++) {
      low += bytes[at] as number;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return ((high << 16) | low) >>> 0;
}
