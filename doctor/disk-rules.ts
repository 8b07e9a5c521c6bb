/**
 * How a release of ZooKeeper reads its data directory: what differs between releases, as data. The core knows the
 * differences that matter to a running ensemble (protocol/behavior.ts); this file adds those of the file formats.
 */
import { type BodyReader, bodyReaderOf, type SnapshotReader } from "../formats/index.ts";
import { bufferLimit } from "../protocol/buffer-limit.ts";
import { type Behavior, DEFAULT_SETTINGS } from "../protocol/index.ts";
import { behaviorOf, compareVersions, PUBLISHED_RELEASES } from "../protocol/releases.ts";

/** The rules by which a release reads its data directory. */
export interface DiskRules {
  /** The name of the release, as in RELEASES. */
  readonly release: string;
  readonly behavior: Behavior;
  /** Names of log files and snapshots have exactly two parts, such as log.5 (Util#getZxidFromName up to 3.5). */
  readonly namesHaveTwoParts: boolean;
  /** Snapshots can be compressed (SnapStream, from 3.6.0 on). */
  readonly readsCompressed: boolean;
  /** A separate dataLogDir may contain no snapshots, and dataDir no logs (ZOOKEEPER-2967). */
  readonly checksSeparateDirectories: boolean;
  readonly snapshot: SnapshotReader;
  readonly log: BodyReader;
}

/** The format rules that differ, with the release that brought them. */
const SINCE = {
  checksSeparateDirectories: "3.4.13",
  compression: "3.6.0",
  digest: "3.6.0",
  lastZxid: "3.9.0",
} as const;

/** The buffer limits of a JVM, in bytes. */
export interface JuteLimits {
  /** jute.maxbuffer. Default: 1,048,575. */
  readonly juteMaxBuffer?: number;
  /** zookeeper.jute.maxbuffer.extrasize. Default: the value of jute.maxbuffer. */
  readonly juteMaxBufferExtraSize?: number;
}

/** Returns the rules of a release. The caller must have checked that the name is in RELEASES. */
export function diskRulesOf(release: string, limits: JuteLimits = {}): DiskRules {
  const version = /^\d/.test(release) ? release : (PUBLISHED_RELEASES.at(-1) as string);
  const has = (feature: keyof typeof SINCE): boolean => compareVersions(version, SINCE[feature]) >= 0;
  const behavior = behaviorOf(release);
  const { maxBytes } = bufferLimit({ ...DEFAULT_SETTINGS, ...limits }, behavior);
  return {
    release,
    behavior,
    namesHaveTwoParts: !has("compression"),
    readsCompressed: has("compression"),
    checksSeparateDirectories: has("checksSeparateDirectories"),
    snapshot: { maxBytes, readsDigest: has("digest"), readsLastZxid: has("lastZxid") },
    log: bodyReaderOf(version, maxBytes),
  };
}
