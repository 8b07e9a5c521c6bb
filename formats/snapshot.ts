/**
 * The files snapshot.N (FileSnap): FileHeader "ZKSN", sessions, ACL lists, znodes, and a seal. A seal is the Adler32
 * checksum of all bytes before it (long) and the string "/". From 3.6.0 on, the digest of the tree and a second seal
 * follow; from 3.9.0 on, the last processed zxid and a third seal. A compressed file contains the same bytes.
 *
 * The decoder checks the bytes in the order and with the tolerance of FileSnap#deserialize, and counts what it reads.
 * It keeps no znode, except the text of /zookeeper/config.
 */
import { asZxid, type Zxid } from "../protocol/zxid.ts";
import { ByteQueue } from "./byte-queue.ts";

/** "ZKSN", the magic number of a snapshot. */
export const SNAPSHOT_MAGIC = 0x5a4b_534e;
/** The size of StatPersisted: four longs, three ints and two longs. */
const STAT_BYTES = 60;
const CONFIG_PATH = "/zookeeper/config";
/** A configuration of more bytes is not kept. */
const CONFIG_BYTES_MAX = 65_536;

/** What a release reads of a snapshot. */
export interface SnapshotReader {
  /** The largest string or buffer, in bytes. */
  readonly maxBytes: number;
  /** The digest follows the tree, and the release reads it (3.6.0 and later). */
  readonly readsDigest: boolean;
  /** The last processed zxid follows the digest, and the release reads it (3.9.0 and later). */
  readonly readsLastZxid: boolean;
}

/** The content of a readable snapshot. */
export interface SnapshotContent {
  readonly kind: "snapshot";
  readonly sessions: number;
  readonly aclLists: number;
  readonly nodes: number;
  /** The size of all data of znodes, in bytes. */
  readonly dataBytes: number;
  /**
   * The highest czxid, mzxid or pzxid of a znode. A snapshot is fuzzy: it can contain transactions above the zxid in
   * its name.
   */
  readonly maxZxid: Zxid;
  /** The zxid of the digest; undefined if there is none. */
  readonly digestZxid: Zxid | undefined;
  /** The last processed zxid when the snapshot was complete; undefined if the snapshot has none. */
  readonly lastZxid: Zxid | undefined;
  /** The text of /zookeeper/config; undefined if the znode is absent or empty. */
  readonly config: string | undefined;
}

/** The reasons why a snapshot cannot be used. */
export type SnapshotDamage =
  /** The file does not end as a snapshot, or does not begin as a compressed one. Nothing else was read. */
  | "incomplete"
  | "short"
  | "bad-magic"
  | "unreasonable-length"
  | "parent-missing"
  | "bad-checksum"
  | "bad-compression"
  // ZooKeeper meets these with an exception other than IOException. It then exits instead of trying an older snapshot.
  | "null-path"
  | "null-acl-list"
  | "null-acl"
  | "bad-digest";

/** Why a snapshot cannot be used, and where. */
export interface UnusableSnapshot {
  readonly kind: "damage";
  readonly reason: SnapshotDamage;
  /** The position in the uncompressed bytes. */
  readonly offset: number;
  /** Whether ZooKeeper exits. If false, it tries the next older snapshot. */
  readonly isFatal: boolean;
}

const FATAL: ReadonlySet<SnapshotDamage> = new Set<SnapshotDamage>([
  "null-path",
  "null-acl-list",
  "null-acl",
  "bad-digest",
]);

/** A step of the decoder: it waits until this number of bytes is available. */
type Steps<Result> = Generator<number, Result, boolean>;

/** The exception of the Java code at this place. */
class Damage {
  readonly reason: SnapshotDamage;
  constructor(reason: SnapshotDamage) {
    this.reason = reason;
  }
}

/**
 * Decodes a snapshot incrementally: `push` adds bytes, `end` says that no more follow, and `result` is set when the
 * outcome is clear. Never throws. Holds at most one string of a znode besides the chunks in its queue.
 */
export class SnapshotDecoder {
  /** The outcome; undefined if more bytes are needed. */
  result: SnapshotContent | UnusableSnapshot | undefined;
  private readonly bytes = new ByteQueue({ checksum: true });
  private readonly steps: Steps<SnapshotContent>;
  private needed = 0;

  constructor(reader: SnapshotReader) {
    this.steps = decode(this.bytes, reader);
    this.advance(true);
  }

  /** Adds the next bytes. The caller must not change them later. */
  push(chunk: Uint8Array): void {
    if (this.result !== undefined) return;
    this.bytes.push(chunk);
    if (this.bytes.available >= this.needed) this.advance(true);
  }

  /** Says that no more bytes follow. `isBroken`: because the compressed stream is damaged. */
  end(isBroken = false): void {
    if (this.result !== undefined) return;
    if (isBroken) this.fail("bad-compression");
    else this.advance(false);
  }

  /** Resumes the steps until they need more bytes. `hasMore` is false if the input has ended. */
  private advance(hasMore: boolean): void {
    try {
      for (let step = this.steps.next(hasMore); ; step = this.steps.next(hasMore)) {
        if (step.done) {
          this.result = step.value;
          return;
        }
        this.needed = step.value;
        if (hasMore && this.bytes.available < this.needed) return;
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.fail(error.reason);
    }
  }

  private fail(reason: SnapshotDamage): void {
    this.result = { kind: "damage", reason, offset: this.bytes.position, isFatal: FATAL.has(reason) };
  }
}

/** Waits until `length` bytes are available. Throws `short` if the input ends before. */
function* need(bytes: ByteQueue, length: number): Steps<void> {
  if (!(yield* has(bytes, length))) throw new Damage("short");
}

/** Waits until `length` bytes are available, or the input ends. Returns whether they are available. */
function* has(bytes: ByteQueue, length: number): Steps<boolean> {
  while (bytes.available < length) if (!(yield length) && bytes.available < length) return false;
  return true;
}

function* int32(bytes: ByteQueue): Steps<number> {
  if (bytes.available < 4) yield* need(bytes, 4);
  return bytes.int32();
}

function* int64(bytes: ByteQueue): Steps<number> {
  if (bytes.available < 8) yield* need(bytes, 8);
  return bytes.int64();
}

/** Reads a length (BinaryInputArchive#checkLength). Returns -1 for null. */
function* length(bytes: ByteQueue, maxBytes: number): Steps<number> {
  const value = yield* int32(bytes);
  if (value < -1 || value > maxBytes) throw new Damage("unreasonable-length");
  return value;
}

const utf8 = new TextDecoder();

function* text(bytes: ByteQueue, maxBytes: number): Steps<string | null> {
  const size = yield* length(bytes, maxBytes);
  if (size < 0) return null;
  if (bytes.available < size) yield* need(bytes, size);
  return utf8.decode(bytes.take(size));
}

function* decode(bytes: ByteQueue, reader: SnapshotReader): Steps<SnapshotContent> {
  yield* need(bytes, 16);
  const magic = bytes.int32();
  bytes.skip(12);
  if (magic !== SNAPSHOT_MAGIC) throw new Damage("bad-magic");
  const sessions = yield* skipSessions(bytes);
  const aclLists = yield* skipAclLists(bytes, reader.maxBytes);
  const tree = yield* readTree(bytes, reader.maxBytes);
  yield* checkSeal(bytes, reader);
  const digestZxid = reader.readsDigest ? yield* readDigest(bytes, reader) : undefined;
  const lastZxid = reader.readsLastZxid ? yield* readLastZxid(bytes, reader) : undefined;
  return { kind: "snapshot", sessions, aclLists, ...tree, digestZxid, lastZxid };
}

/** A count that is negative means no entries. */
function* skipSessions(bytes: ByteQueue): Steps<number> {
  const count = Math.max(0, yield* int32(bytes));
  for (let rest = count; rest > 0; rest--) {
    if (bytes.available < 12) yield* need(bytes, 12);
    bytes.skip(12);
  }
  return count;
}

/** ReferenceCountedACLCache#deserialize. */
function* skipAclLists(bytes: ByteQueue, maxBytes: number): Steps<number> {
  const count = Math.max(0, yield* int32(bytes));
  let hasNull = false;
  for (let rest = count; rest > 0; rest--) {
    yield* int64(bytes);
    const acls = yield* int32(bytes);
    if (acls === -1) throw new Damage("null-acl-list");
    for (let left = acls; left > 0; left--) {
      yield* int32(bytes);
      for (const _ of ["scheme", "id"]) {
        const size = yield* length(bytes, maxBytes);
        if (size < 0) hasNull = true;
        else yield* skip(bytes, size);
      }
    }
  }
  if (hasNull) throw new Damage("null-acl");
  return count;
}

function* skip(bytes: ByteQueue, size: number): Steps<void> {
  for (let rest = size; rest > 0; ) {
    rest -= bytes.skip(rest);
    if (rest > 0) yield* need(bytes, 1);
  }
}

type Tree = Pick<SnapshotContent, "nodes" | "dataBytes" | "maxZxid" | "config">;

/** DataTree#deserialize. Each znode follows its parent, and all descendants of a znode follow it directly. */
function* readTree(bytes: ByteQueue, maxBytes: number): Steps<Tree> {
  let nodes = 0;
  let dataBytes = 0;
  let maxZxid = 0;
  let config: string | undefined;
  const ancestors: string[] = [];
  for (;;) {
    const path = yield* text(bytes, maxBytes);
    if (path === "/") return { nodes, dataBytes, maxZxid: asZxid(maxZxid), config };
    const size = yield* length(bytes, maxBytes);
    if (path === CONFIG_PATH && size > 0 && size <= CONFIG_BYTES_MAX) {
      yield* need(bytes, size);
      config = utf8.decode(bytes.take(size));
    } else yield* skip(bytes, size);
    yield* need(bytes, 8 + STAT_BYTES);
    bytes.skip(8);
    maxZxid = Math.max(maxZxid, readStat(bytes));
    if (path === null) throw new Damage("null-path");
    enterNode(ancestors, path);
    nodes++;
    dataBytes += Math.max(0, size);
  }
}

/** Reads StatPersisted: czxid, mzxid, two times, three versions, the owner and pzxid. Returns its highest zxid. */
function readStat(bytes: ByteQueue): number {
  const czxid = bytes.int64();
  const mzxid = bytes.int64();
  bytes.skip(36);
  return Math.max(czxid, mzxid, bytes.int64());
}

/** Keeps the path from the root to the last znode. Throws if the parent of the znode is not on it. */
function enterNode(ancestors: string[], path: string): void {
  const slash = path.lastIndexOf("/");
  if (slash < 0) {
    ancestors.splice(0, ancestors.length, path);
    return;
  }
  const parent = ancestors.lastIndexOf(path.slice(0, slash));
  if (parent < 0) throw new Damage("parent-missing");
  ancestors.splice(parent + 1, ancestors.length, path);
}

/** SnapStream#checkSealIntegrity. Up to 3.5, FileSnap does not read the string after the checksum. */
function* checkSeal(bytes: ByteQueue, { maxBytes, readsDigest }: SnapshotReader): Steps<void> {
  const expected = bytes.checksum;
  const checksum = yield* int64(bytes);
  if (readsDigest) {
    const size = yield* length(bytes, maxBytes);
    yield* skip(bytes, size);
  }
  if (checksum !== expected) throw new Damage("bad-checksum");
}

/** DataTree#deserializeZxidDigest. A snapshot without a digest ends here. */
function* readDigest(bytes: ByteQueue, reader: SnapshotReader): Steps<Zxid | undefined> {
  if (!(yield* has(bytes, 12))) {
    bytes.skip(bytes.available);
    return undefined;
  }
  const zxid = bytes.int64();
  const version = bytes.int32();
  if (version < 2) {
    if (!(yield* has(bytes, 4))) return undefined;
    const hex = yield* text(bytes, reader.maxBytes);
    if (hex !== null && !/^[+-]?[0-9a-fA-F]{1,16}$/.test(hex)) throw new Damage("bad-digest");
  } else {
    if (!(yield* has(bytes, 8))) return undefined;
    bytes.skip(8);
  }
  yield* checkSeal(bytes, reader);
  return zxid > 0 ? asZxid(zxid) : undefined;
}

/** DataTree#deserializeLastProcessedZxid. */
function* readLastZxid(bytes: ByteQueue, reader: SnapshotReader): Steps<Zxid | undefined> {
  if (!(yield* has(bytes, 8))) return undefined;
  const zxid = asZxid(bytes.int64());
  yield* checkSeal(bytes, reader);
  return zxid;
}
