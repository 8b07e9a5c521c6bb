/** How a release of ZooKeeper reads the messages of other servers: what differs between releases, as data. */
import { type BodyReader, bodyReaderOf } from "../formats/index.ts";
import { bufferLimit } from "../protocol/buffer-limit.ts";
import { behaviorOf, compareVersions, PUBLISHED_RELEASES } from "../protocol/releases.ts";
import { DEFAULT_SETTINGS } from "../protocol/settings.ts";

/** How a release reads the first message of an election connection (QuorumCnxManager). */
export type HelloReader =
  /** Up to 3.4: any negative number is a version, and the address is skipped (#receiveConnection). */
  | "any-version"
  /** 3.5.0 to 3.5.6: version -65536 with one address, in which every colon separates (InitialMessage#parse). */
  | "one-address"
  /** 3.5.7 to 3.5.10: version -65536 with one address, which can be an IPv6 literal in brackets (ZOOKEEPER-3057). */
  | "one-bracketed-address"
  /** From 3.6.0 on: version -65536 or -65535 with addresses that "|" separates (ZOOKEEPER-3188). */
  | "addresses";

/** The rules by which a release reads messages. */
export interface WireRules {
  /** The largest string or buffer, in bytes (BinaryInputArchive#checkLength). */
  readonly maxBytes: number;
  /** Which transactions the release reads. */
  readonly txn: BodyReader;
  /** A TxnDigest can follow the body of a transaction (from 3.6.0 on). Older releases ignore it. */
  readonly readsTxnDigest: boolean;
  readonly hello: HelloReader;
  /**
   * LearnerInfo is a record of 12 bytes, or the sid alone (LearnerHandler#run up to 3.4). Otherwise each field counts
   * that the data is long enough for.
   */
  readonly learnerInfoIsRecord: boolean;
  /** Notifications contain a configuration from version 2 on (FastLeaderElection, from 3.5.0 on). */
  readonly notificationHasConfig: boolean;
  /**
   * A notification whose fields are cut off is skipped (ZOOKEEPER-3769). Otherwise it ends the thread that reads
   * notifications, and the server takes part in no election any more.
   */
  readonly skipsCutNotification: boolean;
}

/** The buffer limits of a JVM, in bytes. */
export interface JuteLimits {
  /** jute.maxbuffer. Default: 1,048,575. */
  readonly juteMaxBuffer?: number;
  /** zookeeper.jute.maxbuffer.extrasize. Default: the value of jute.maxbuffer. */
  readonly juteMaxBufferExtraSize?: number;
}

/** Returns the rules of a release. The caller must have checked that the name is in RELEASES. */
export function wireRulesOf(release: string, limits: JuteLimits = {}): WireRules {
  const version = /^\d/.test(release) ? release : (PUBLISHED_RELEASES.at(-1) as string);
  const isSince = (since: string): boolean => compareVersions(version, since) >= 0;
  const { maxBytes } = bufferLimit({ ...DEFAULT_SETTINGS, ...limits }, behaviorOf(release));
  return {
    maxBytes,
    txn: bodyReaderOf(version, maxBytes),
    readsTxnDigest: isSince("3.6.0"),
    hello: helloReaderOf(isSince),
    learnerInfoIsRecord: !isSince("3.5.0"),
    notificationHasConfig: isSince("3.5.0"),
    skipsCutNotification: isSince("3.5.8") && version !== "3.6.0",
  };
}

function helloReaderOf(isSince: (version: string) => boolean): HelloReader {
  if (isSince("3.6.0")) return "addresses";
  if (isSince("3.5.7")) return "one-bracketed-address";
  return isSince("3.5.0") ? "one-address" : "any-version";
}
