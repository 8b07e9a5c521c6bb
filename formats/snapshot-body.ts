/**
 * The sessions, ACL lists and znodes of a snapshot: the body of a file snapshot.N (FileSnap), and the stream after a
 * SNAP packet (SerializeUtils#deserializeSnapshot). The decoder counts what it reads. It keeps no znode, except the
 * text of /zookeeper/config.
 */
import {
  type ByteQueue,
  Damage,
  decodeText,
  type JuteDamage,
  need,
  readInt,
  readLength,
  readLong,
  readText,
  type Steps,
  skip,
} from "../jute/index.ts";
import { asZxid, type Zxid } from "../protocol/zxid.ts";

/** The size of StatPersisted: four longs, three ints and two longs. */
const STAT_BYTES = 60;
const CONFIG_PATH = "/zookeeper/config";
/** A configuration of more bytes is not kept. */
const CONFIG_BYTES_MAX = 65_536;
/** The path after the last znode. */
const LAST_PATH = "/";

/** What a snapshot contains. */
export interface SnapshotBody {
  readonly sessions: number;
  readonly aclLists: number;
  readonly nodes: number;
  /** The size of all data of znodes, in bytes. */
  readonly dataBytes: number;
  /**
   * The highest czxid, mzxid or pzxid of a znode. A snapshot is fuzzy: it can contain transactions above its own zxid.
   */
  readonly maxZxid: Zxid;
  /** The text of /zookeeper/config; undefined if the znode is absent or empty. */
  readonly config: string | undefined;
}

/** The reasons why the body of a snapshot cannot be read. */
export type SnapshotBodyDamage =
  | JuteDamage
  /** A znode is not directly after its parent, a sibling or a descendant of a sibling. */
  | "parent-missing"
  // ZooKeeper meets these with a RuntimeException.
  | "null-path"
  | "null-acl-list"
  | "null-acl";

/** Reads the body of a snapshot. Throws a Damage with a SnapshotBodyDamage. */
export function* readSnapshotBody(bytes: ByteQueue, maxBytes: number): Steps<SnapshotBody> {
  const sessions = yield* skipSessions(bytes);
  const aclLists = yield* skipAclLists(bytes, maxBytes);
  return { sessions, aclLists, ...(yield* readTree(bytes, maxBytes)) };
}

/** A count that is negative means no entries. */
function* skipSessions(bytes: ByteQueue): Steps<number> {
  const count = Math.max(0, yield* readInt(bytes));
  for (let rest = count; rest > 0; rest--) {
    if (bytes.available < 12) yield* need(bytes, 12);
    bytes.skip(12);
  }
  return count;
}

/** ReferenceCountedACLCache#deserialize. */
function* skipAclLists(bytes: ByteQueue, maxBytes: number): Steps<number> {
  const count = Math.max(0, yield* readInt(bytes));
  let hasNull = false;
  for (let rest = count; rest > 0; rest--) {
    yield* readLong(bytes);
    const acls = yield* readInt(bytes);
    if (acls === -1) throw new Damage("null-acl-list");
    for (let left = acls; left > 0; left--) {
      yield* readInt(bytes);
      for (const _ of ["scheme", "id"]) {
        const size = yield* readLength(bytes, maxBytes);
        if (size < 0) hasNull = true;
        else yield* skip(bytes, size);
      }
    }
  }
  if (hasNull) throw new Damage("null-acl");
  return count;
}

type Tree = Pick<SnapshotBody, "nodes" | "dataBytes" | "maxZxid" | "config">;

/** DataTree#deserialize. Each znode follows its parent, and all descendants of a znode follow it directly. */
function* readTree(bytes: ByteQueue, maxBytes: number): Steps<Tree> {
  let nodes = 0;
  let dataBytes = 0;
  let maxZxid = 0;
  let config: string | undefined;
  let lastPath: string | undefined;
  for (;;) {
    const path = yield* readText(bytes, maxBytes);
    if (path === LAST_PATH) return { nodes, dataBytes, maxZxid: asZxid(maxZxid), config };
    const size = yield* readLength(bytes, maxBytes);
    if (path === CONFIG_PATH && size > 0 && size <= CONFIG_BYTES_MAX) {
      yield* need(bytes, size);
      config = decodeText(bytes.take(size));
    } else yield* skip(bytes, size);
    yield* need(bytes, 8 + STAT_BYTES);
    bytes.skip(8);
    maxZxid = Math.max(maxZxid, readStat(bytes));
    if (path === null) throw new Damage("null-path");
    if (!followsParent(path, lastPath)) throw new Damage("parent-missing");
    lastPath = path;
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

/**
 * Returns whether the parent of a znode is the last znode or one of its ancestors. All ancestors of the last znode were
 * read before it, so no other path needs to be kept.
 */
function followsParent(path: string, lastPath: string | undefined): boolean {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return true;
  if (lastPath === undefined || !lastPath.startsWith(path.slice(0, slash))) return false;
  return lastPath.length === slash || lastPath[slash] === "/";
}
