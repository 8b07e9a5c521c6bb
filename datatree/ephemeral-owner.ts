/** What the ephemeralOwner of a znode says (EphemeralType). */
import { TreeException } from "./tree-exception.ts";
import type { TreeRules } from "./tree-rules.ts";

/** The owner of a container. */
export const CONTAINER_OWNER = -0x8000_0000_0000_0000n;
/** The first byte of the owner of an extended type. The next two bytes say which one, and 0 is TTL. */
const EXTENDED = 0xff00_0000_0000_0000n;
const TYPE_OF_EXTENDED = 0x00ff_ff00_0000_0000n;
/** The largest time to live, in milliseconds. */
const TTL_MAX = 0xff_ffff_ffffn;

/** Returns the owner of a TTL znode. Throws a TreeException if the time to live is outside 1 to 2^40 - 1 ms. */
export function ownerOfTtl(ttlMs: bigint): bigint {
  if (ttlMs <= 0n || ttlMs > TTL_MAX) {
    throw new TreeException("IllegalArgumentException", `the ttl ${ttlMs} is not in 1 to ${TTL_MAX}`);
  }
  return BigInt.asIntN(64, EXTENDED | ttlMs);
}

/** Whether an owner is a session. Without extended types, the owner of a TTL znode counts as one. */
export function isSession(owner: bigint, { hasConfig, knowsExtendedTypes }: TreeRules): boolean {
  if (owner === 0n) return false;
  if (!hasConfig) return true;
  if (owner === CONTAINER_OWNER) return false;
  const bits = BigInt.asUintN(64, owner);
  if (!knowsExtendedTypes || (bits & EXTENDED) !== EXTENDED) return true;
  if ((bits & TYPE_OF_EXTENDED) === 0n) return false;
  throw new TreeException("IllegalArgumentException", `Invalid ephemeralOwner. [${bits.toString(16)}]`);
}
