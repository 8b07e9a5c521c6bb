/** What a release writes to disk: the differences between releases, as data. */
import { compareVersions } from "../protocol/releases.ts";

/** The version in the header of log files and snapshots (FileTxnLog.VERSION, FileSnap.VERSION). */
export const FILE_VERSION = 2;

/** The forms in which a release writes its files. */
export interface DiskFormat {
  /**
   * A digest follows each transaction in the log and the tree in a snapshot (ZOOKEEPER-3150, -3512,
   * zookeeper.digest.enabled).
   */
  readonly hasDigest: boolean;
  /** The last processed zxid follows the digest (zookeeper.serializeLastProcessedZxid.enabled). */
  readonly hasLastZxid: boolean;
  /** closeSession lists the ephemeral znodes (ZOOKEEPER-3145, zookeeper.closeSessionTxn.enabled). */
  readonly closeSessionHasBody: boolean;
  /**
   * A log that has outgrown its padding is padded beyond its content, and padding can be turned off (ZOOKEEPER-2249).
   */
  readonly paddingCoversContent: boolean;
}

/** Returns what a release, such as 3.9.5, writes with its default settings. */
export function diskFormatOf(version: string): DiskFormat {
  const isSince = (since: string): boolean => compareVersions(version, since) >= 0;
  return {
    hasDigest: isSince("3.6.0"),
    hasLastZxid: isSince("3.9.0"),
    closeSessionHasBody: isSince("3.6.0"),
    paddingCoversContent: isSince("3.4.12"),
  };
}
