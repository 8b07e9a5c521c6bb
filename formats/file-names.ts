/**
 * The names of ZooKeeper's files, and the zxids in them (Util#getZxidFromName, #makeLogName, SnapStream#getStreamMode).
 */
import { asZxid, type Zxid } from "../protocol/zxid.ts";

/** The compression of a snapshot file. */
export type Compression = "none" | "gzip" | "snappy";

/** The prefix of a file name: `log.N` or `snapshot.N`. */
export type FilePrefix = "log" | "snapshot";

/** The largest number that Java's Long#parseLong accepts. */
const LONG_MAX = 0x7fff_ffff_ffff_ffffn;
/** Larger zxids are not exact as numbers. */
const EXACT_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Returns the zxid in the name of a file; undefined if the file has another prefix or no zxid. Up to 3.5, the name has
 * exactly two parts. Later releases ignore the parts after the zxid, so they read `snapshot.5.gz` and `log.5.bak`.
 * Throws nothing: a zxid above 2^53 counts as no zxid, because no server can have reached such an epoch.
 */
export function zxidInName(name: string, prefix: FilePrefix, isTwoParts: boolean): Zxid | undefined {
  // String#split of Java drops empty parts at the end.
  const parts = name.replace(/\.+$/, "").split(".");
  if (parts[0] !== prefix || (isTwoParts ? parts.length !== 2 : parts.length < 2)) return undefined;
  const [, sign, digits] = /^([+-]?)([0-9a-fA-F]{1,16})$/.exec(parts[1] as string) ?? [];
  if (digits === undefined || sign === "-") return undefined;
  const value = BigInt(`0x${digits}`);
  return value > LONG_MAX || value > EXACT_MAX ? undefined : asZxid(Number(value));
}

/** Returns the compression that the name of a snapshot file announces (from 3.6.0 on). */
export function compressionOf(name: string): Compression {
  const parts = name.split(".");
  const last = parts.length > 1 ? (parts.at(-1) as string).toLowerCase() : "";
  return last === "gz" ? "gzip" : last === "snappy" ? "snappy" : "none";
}

/** The end of a file name by the compression of the snapshot (SnapStream.StreamMode#getFileExtension). */
const EXTENSIONS: Readonly<Record<Compression, string>> = { none: "", gzip: ".gz", snappy: ".snappy" };

/** Returns the name of the log file whose first transaction has this zxid (Util#makeLogName). */
export function logFileName(firstZxid: Zxid): string {
  return `log.${hexOf(firstZxid)}`;
}

/** Returns the name of the snapshot that starts at this last processed zxid (Util#makeSnapshotName). */
export function snapshotFileName(lastZxid: Zxid, compression: Compression = "none"): string {
  return `snapshot.${hexOf(lastZxid)}${EXTENSIONS[compression]}`;
}

/** Long#toHexString: a negative zxid, such as the -1 of an unknown database, has 16 digits. */
function hexOf(zxid: Zxid): string {
  return BigInt.asUintN(64, BigInt(zxid)).toString(16);
}
