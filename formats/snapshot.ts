/**
 * The files snapshot.N (FileSnap): FileHeader "ZKSN", sessions, ACL lists, znodes, and a seal. A seal is the Adler32
 * checksum of all bytes before it (long) and the string "/". From 3.6.0 on, the digest of the tree and a second seal
 * follow; from 3.9.0 on, the last processed zxid and a third seal. A compressed file contains the same bytes.
 *
 * The decoder checks the bytes in the order and with the tolerance of FileSnap#deserialize, and counts what it reads.
 * It keeps no znode, except the text of /zookeeper/config. A sink can keep all of them.
 */
import { ByteQueue, Damage, has, need, readLength, readLong, readText, type Steps, skip } from "../jute/index.ts";
import { asZxid, type Zxid } from "../protocol/zxid.ts";
import { readSnapshotBody, type SnapshotBody, type SnapshotBodyDamage, type SnapshotSink } from "./snapshot-body.ts";

/** "ZKSN", the magic number of a snapshot. */
export const SNAPSHOT_MAGIC = 0x5a4b_534e;

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
export interface SnapshotContent extends SnapshotBody {
  readonly kind: "snapshot";
  /** The digest; undefined if the snapshot has none, or one without a zxid. */
  readonly digest: SnapshotDigest | undefined;
  /** The last processed zxid when the snapshot was complete; undefined if the snapshot has none. */
  readonly lastZxid: Zxid | undefined;
}

/** The digest of the tree after a transaction (DataTree.ZxidDigest). */
export interface SnapshotDigest {
  /** The zxid of the transaction; 0 if there is no digest yet. */
  readonly zxid: bigint;
  readonly version: number;
  readonly treeDigest: bigint;
}

/** The reasons why a snapshot cannot be used. */
export type SnapshotDamage =
  /** The file does not end as a snapshot, or does not begin as a compressed one. Nothing else was read. */
  | "incomplete"
  | "bad-magic"
  | "bad-checksum"
  | "bad-compression"
  | SnapshotBodyDamage
  // ZooKeeper meets this one, a null path and null ACLs with an exception other than IOException. It then exits instead
  // of trying an older snapshot.
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

  /** `sink` receives the content as it is read. It must be dropped if the snapshot turns out to be unusable. */
  constructor(reader: SnapshotReader, sink?: SnapshotSink) {
    this.steps = decode(this.bytes, reader, sink);
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
      this.fail(error.reason as SnapshotDamage);
    }
  }

  private fail(reason: SnapshotDamage): void {
    this.result = { kind: "damage", reason, offset: this.bytes.position, isFatal: FATAL.has(reason) };
  }
}

function* decode(bytes: ByteQueue, reader: SnapshotReader, sink?: SnapshotSink): Steps<SnapshotContent> {
  yield* need(bytes, 16);
  const magic = bytes.int32();
  bytes.skip(12);
  if (magic !== SNAPSHOT_MAGIC) throw new Damage("bad-magic");
  const body = yield* readSnapshotBody(bytes, reader.maxBytes, sink);
  yield* checkSeal(bytes, reader);
  const digest = reader.readsDigest ? yield* readDigest(bytes, reader) : undefined;
  const lastZxid = reader.readsLastZxid ? yield* readLastZxid(bytes, reader) : undefined;
  return { kind: "snapshot", ...body, digest, lastZxid };
}

/** SnapStream#checkSealIntegrity. Up to 3.5, FileSnap does not read the string after the checksum. */
function* checkSeal(bytes: ByteQueue, { maxBytes, readsDigest }: SnapshotReader): Steps<void> {
  const expected = bytes.checksum;
  const checksum = yield* readLong(bytes);
  if (readsDigest) {
    const size = yield* readLength(bytes, maxBytes);
    yield* skip(bytes, size);
  }
  if (checksum !== expected) throw new Damage("bad-checksum");
}

/** DataTree#deserializeZxidDigest. A snapshot without a digest ends here. */
function* readDigest(bytes: ByteQueue, reader: SnapshotReader): Steps<SnapshotDigest | undefined> {
  if (!(yield* has(bytes, 12))) {
    bytes.skip(bytes.available);
    return undefined;
  }
  const zxid = bytes.bigInt64();
  const version = bytes.int32();
  let treeDigest = 0n;
  if (version < 2) {
    if (!(yield* has(bytes, 4))) return undefined;
    const hex = yield* readText(bytes, reader.maxBytes);
    if (hex !== null && !/^[+-]?[0-9a-fA-F]{1,16}$/.test(hex)) throw new Damage("bad-digest");
    treeDigest = hex === null ? 0n : valueOfHex(hex);
  } else {
    if (!(yield* has(bytes, 8))) return undefined;
    treeDigest = bytes.bigInt64();
  }
  yield* checkSeal(bytes, reader);
  return zxid > 0n ? { zxid, version, treeDigest } : undefined;
}

function valueOfHex(hex: string): bigint {
  const value = BigInt(`0x${hex.replace(/^[+-]/, "")}`);
  return BigInt.asIntN(64, hex.startsWith("-") ? -value : value);
}

/** DataTree#deserializeLastProcessedZxid. */
function* readLastZxid(bytes: ByteQueue, reader: SnapshotReader): Steps<Zxid | undefined> {
  if (!(yield* has(bytes, 8))) return undefined;
  const zxid = asZxid(bytes.int64());
  yield* checkSeal(bytes, reader);
  return zxid;
}
