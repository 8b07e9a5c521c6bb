/**
 * Zxids, epochs and counters.
 *
 * A zxid is 64 bits, epoch << 32 | counter, compared as a signed number (ZxidUtils). Here it is a JavaScript number:
 * exact for epochs below 2^21, which `makeZxid` asserts, and an order of magnitude faster than a bigint. The one place
 * that must answer for all 64 bits, the sync decision, is written over the order alone and takes bigints as well.
 */

declare const zxidBrand: unique symbol;
/** A zxid: epoch * 2^32 + counter. -1 means "no database", as in ZooKeeper. */
export type Zxid = number & { readonly [zxidBrand]: true };
declare const epochBrand: unique symbol;
/** An epoch: the upper 32 bits of a zxid, or the content of acceptedEpoch / currentEpoch. */
export type Epoch = number & { readonly [epochBrand]: true };
declare const serverIdBrand: unique symbol;
/** A server id (sid, myid). */
export type ServerId = number & { readonly [serverIdBrand]: true };

/** Marks a number as a zxid, an epoch or a server id. The caller has checked that it is one. */
export const asZxid = (value: number): Zxid => value as Zxid;
export const asEpoch = (value: number): Epoch => value as Epoch;
export const asServerId = (value: number): ServerId => value as ServerId;

/** Returns the keys of a record of servers, ascending. */
export function serverIdsOf(servers: Readonly<Record<ServerId, unknown>>): ServerId[] {
  return Object.keys(servers).map((sid) => asServerId(Number(sid)));
}

const COUNTERS = 0x1_0000_0000;

/** The largest epoch a Zxid can carry exactly. */
export const MAX_EPOCH: Epoch = 0x1f_ffff;
/** The counter after which a leader must give up its epoch (Leader#propose, ZOOKEEPER-1277). */
export const MAX_COUNTER = 0xffff_ffff;
/** Long.MIN_VALUE: what a non-voter puts in place of an id, zxid or epoch in its vote. */
export const MIN_VALUE = -(2 ** 63) as ServerId & Zxid & Epoch;

/**
 * ZxidUtils#makeZxid. Epoch -1 is that of a server without a database. Throws a RangeError for an epoch or counter that
 * does not fit: that is a defect, not a fault.
 */
export function makeZxid(epoch: Epoch, counter: number): Zxid {
  if (epoch < -1 || epoch > MAX_EPOCH || counter < 0 || counter > MAX_COUNTER) {
    throw new RangeError(`zxid ${epoch}:${counter} is outside -1..${MAX_EPOCH} : 0..${MAX_COUNTER}`);
  }
  return epoch * COUNTERS + counter;
}

/** ZxidUtils#getEpochFromZxid. -1 has epoch -1. */
export function epochOf(zxid: Zxid): Epoch {
  return Math.floor(zxid / COUNTERS);
}

/** ZxidUtils#getCounterFromZxid. */
export function counterOf(zxid: Zxid): number {
  return zxid >>> 0;
}

/** `epoch:counter`, the way reports and scenario files write a zxid; -1 is written `none`. */
export function formatZxid(zxid: Zxid): string {
  if (zxid === MIN_VALUE) return "min";
  return zxid < 0 ? "none" : `${epochOf(zxid)}:${counterOf(zxid)}`;
}

/** `0x…`, the unsigned 64-bit form of ZooKeeper's logs and of the conformance vectors. */
export function formatZxidHex(zxid: Zxid | bigint): string {
  return `0x${BigInt.asUintN(64, BigInt(zxid)).toString(16)}`;
}

/** Reads `1:2`, `0x100000002`, or a decimal, all 64 bits, as a signed bigint; undefined if it is none of them. */
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

/** As parseZxid64, for zxids a simulated server can hold (epoch up to MAX_EPOCH, or -1); undefined otherwise. */
export function parseZxid(text: string): Zxid | undefined {
  const value = parseZxid64(text);
  if (value === undefined || value < -1n || value >> 32n > BigInt(MAX_EPOCH)) return undefined;
  return Number(value);
}
