/**
 * Zxids, epochs, counters and server ids.
 *
 * A zxid has 64 bits, epoch << 32 | counter, and compares as a signed number (ZxidUtils). Here it is a JavaScript
 * number, which is exact for epochs below 2^21 (`makeZxid` checks this) and about ten times faster than a bigint. The
 * sync decision must also work for zxids that use all 64 bits, so it accepts bigints as well (leader/sync-decision.ts).
 */

declare const zxidBrand: unique symbol;
/** A zxid: epoch * 2^32 + counter. -1 means "no database", as in ZooKeeper. */
export type Zxid = number & { readonly [zxidBrand]: true };
declare const epochBrand: unique symbol;
/** An epoch: the upper 32 bits of a zxid, or the content of acceptedEpoch or currentEpoch. */
export type Epoch = number & { readonly [epochBrand]: true };
declare const serverIdBrand: unique symbol;
/** A server id (sid, myid). */
export type ServerId = number & { readonly [serverIdBrand]: true };

/** Brands a number as a zxid. The caller must have checked the number. */
export const asZxid = (value: number): Zxid => value as Zxid;
/** Brands a number as an epoch. The caller must have checked the number. */
export const asEpoch = (value: number): Epoch => value as Epoch;
/** Brands a number as a server id. The caller must have checked the number. */
export const asServerId = (value: number): ServerId => value as ServerId;

/** Returns the keys of a record of servers, ascending. */
export function serverIdsOf(servers: Readonly<Record<ServerId, unknown>>): ServerId[] {
  return Object.keys(servers).map((sid) => asServerId(Number(sid)));
}

const COUNTERS = 0x1_0000_0000;

/** The largest epoch that a Zxid can hold exactly. */
export const MAX_EPOCH = asEpoch(0x1f_ffff);
/** The counter at which a leader must give up its epoch (Leader#propose, ZOOKEEPER-1277). */
export const MAX_COUNTER = 0xffff_ffff;
/** Long.MIN_VALUE, which a non-voter puts into its vote in place of an id, zxid or epoch. */
export const MIN_VALUE = -0x8000_0000_0000_0000 as ServerId & Zxid & Epoch;

/** The zxid of an empty database. */
export const ZERO_ZXID = asZxid(0);
/** The zxid of a server without a database (db.autocreate off), and the zxid of packets that carry none. */
export const NO_ZXID = asZxid(-1);
/** The epoch of NO_ZXID. In an ACKEPOCH it means that the leader must not count the learner. */
export const NO_EPOCH = asEpoch(-1);
/** Stands for a server id that is not known. */
export const NO_SERVER = asServerId(-1);

/**
 * Makes a zxid (ZxidUtils#makeZxid). Epoch -1 is the epoch of a server without a database. Throws a RangeError if the
 * epoch or counter is out of range, which only a defect of the caller can cause.
 */
export function makeZxid(epoch: Epoch, counter: number): Zxid {
  if (epoch < -1 || epoch > MAX_EPOCH || counter < 0 || counter > MAX_COUNTER) {
    throw new RangeError(`zxid ${epoch}:${counter} is outside -1..${MAX_EPOCH} : 0..${MAX_COUNTER}`);
  }
  return asZxid(epoch * COUNTERS + counter);
}

/** Returns the epoch of a zxid (ZxidUtils#getEpochFromZxid). The epoch of -1 is -1. */
export function epochOf(zxid: Zxid): Epoch {
  return asEpoch(Math.floor(zxid / COUNTERS));
}

/** Returns the counter of a zxid (ZxidUtils#getCounterFromZxid). */
export function counterOf(zxid: Zxid): number {
  return zxid >>> 0;
}

/** Returns the zxid after this one in the same epoch. */
export function nextZxid(zxid: Zxid): Zxid {
  return asZxid(zxid + 1);
}

/** Returns whether `zxid` neither follows `previous` directly nor belongs to a later epoch. */
export function leavesGap(previous: Zxid, zxid: Zxid): boolean {
  return zxid !== previous + 1 && epochOf(zxid) <= epochOf(previous);
}

/** Returns a zxid in hex without a prefix, as in the file names log.200000001 and snapshot.200000001. */
export function hexOf(zxid: Zxid): string {
  const epoch = epochOf(zxid);
  if (epoch <= 0) return zxid.toString(16);
  // Engines convert two numbers of 32 bits much faster than one that is larger.
  return epoch.toString(16) + counterOf(zxid).toString(16).padStart(8, "0");
}

/** Writes a zxid as `epoch:counter`, the form that reports and scenario files use; -1 is written `none`. */
export function formatZxid(zxid: Zxid): string {
  if (zxid === MIN_VALUE) return "min";
  return zxid < 0 ? "none" : `${epochOf(zxid)}:${counterOf(zxid)}`;
}

/** Writes a zxid as `0x…`: the unsigned 64-bit form that ZooKeeper's logs and the conformance vectors use. */
export function formatZxidHex(zxid: Zxid | bigint): string {
  return `0x${BigInt.asUintN(64, BigInt(zxid)).toString(16)}`;
}

/**
 * Parses a zxid of 64 bits, written as `1:2`, `0x100000002` or a decimal number. Returns a signed bigint; undefined for
 * any other text.
 */
export function parseZxid64(text: string): bigint | undefined {
  const pair = /^(\d{1,10}):(\d{1,10})$/.exec(text);
  if (pair) {
    const epoch = BigInt(pair[1] as string);
    const counter = BigInt(pair[2] as string);
    if (epoch > 0xffff_ffffn || counter > 0xffff_ffffn) return undefined;
    return BigInt.asIntN(64, (epoch << 32n) | counter);
  }
  if (/^0x[0-9a-fA-F]{1,16}$/.test(text)) return BigInt.asIntN(64, BigInt(text));
  if (/^\d{1,19}$/.test(text)) {
    const value = BigInt(text);
    return value <= 0x7fff_ffff_ffff_ffffn ? value : undefined;
  }
  return undefined;
}

/**
 * Parses a zxid as parseZxid64 does. Returns undefined unless a simulated server can hold the zxid: its epoch is at
 * most MAX_EPOCH, or the zxid is -1.
 */
export function parseZxid(text: string): Zxid | undefined {
  const value = parseZxid64(text);
  if (value === undefined || value < -1n || value >> 32n > BigInt(MAX_EPOCH)) return undefined;
  return asZxid(Number(value));
}

/** Formats a 64-bit zxid as `epoch:counter`, and the zxid -1 as `none`. */
export function formatZxid64(zxid: bigint): string {
  if (zxid === -1n) return "none";
  const bits = BigInt.asUintN(64, zxid);
  return `${bits >> 32n}:${bits & 0xffff_ffffn}`;
}
