/**
 * The order in which java.util.HashMap and HashSet iterate. ZooKeeper writes children, ACL lists and sessions to a
 * snapshot in this order, so it decides the bytes of a snapshot. The order depends on the hashes of the keys, on the
 * size of the table, and, for keys in the same bucket, on their order of insertion.
 *
 * A bucket of nine or more keys, which Java makes a tree, is not modeled: its keys can be in another order.
 */

const LOAD_FACTOR = 0.75;

/** Returns String#hashCode, a signed integer of 32 bits. */
export function hashOfString(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** Returns Long#hashCode, a signed integer of 32 bits. */
export function hashOfLong(value: bigint): number {
  const unsigned = BigInt.asUintN(64, value);
  return Number((unsigned ^ (unsigned >> 32n)) & 0xffff_ffffn) | 0;
}

/** Returns the size of a table of size `capacity` after it has held `size` keys (HashMap#resize). */
export function grownCapacity(capacity: number, size: number): number {
  let grown = capacity;
  while (size > LOAD_FACTOR * grown) grown *= 2;
  return grown;
}

/** Returns the size of the table of a new map with all entries of a map of this size (HashMap#putMapEntries). */
export function copyCapacity(size: number): number {
  const wanted = Math.floor(size / LOAD_FACTOR + 1);
  let capacity = 1;
  while (capacity < wanted) capacity *= 2;
  return capacity;
}

/** Returns keys, which are given in their order of insertion, in the order of a table of this size. */
export function inTableOrder<Key>(keys: Iterable<Key>, hashOf: (key: Key) => number, capacity: number): Key[] {
  const places = Array.from(keys, (key) => ({ key, bucket: bucketOf(hashOf(key), capacity) }));
  return places.sort((a, b) => a.bucket - b.bucket).map(({ key }) => key);
}

/** HashMap#hash and the index in the table. */
function bucketOf(hash: number, capacity: number): number {
  return (hash ^ (hash >>> 16)) & (capacity - 1);
}
