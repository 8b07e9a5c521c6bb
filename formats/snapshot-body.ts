/**
 * The sessions, ACL lists and znodes of a snapshot: the body of a file snapshot.N (FileSnap), and the stream after a
 * SNAP packet (SerializeUtils#deserializeSnapshot). The decoder counts what it reads and passes it to a sink. Without
 * a sink, it keeps no znode, except the text of /zookeeper/config.
 */
import {
  type ByteQueue,
  Damage,
  decodeText,
  type JuteDamage,
  need,
  readInt,
  readLength,
  readText,
  type Steps,
  skip,
} from "../jute/index.ts";
import { asZxid, type Zxid } from "../protocol/zxid.ts";
import type { Acl } from "./acl.ts";
import type { Znode } from "./znode.ts";

/** The size of a znode after its data: the id of its ACL list, and StatPersisted. */
const ZNODE_END_BYTES = 8 + 60;
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

/** Receives the content of a snapshot, in its order. The bytes of a znode can share their memory with the input. */
export interface SnapshotSink {
  session(id: bigint, timeoutMs: number): void;
  aclList(id: bigint, acls: readonly Acl[]): void;
  /** The parent of each znode comes before it. */
  znode(znode: Znode): void;
}

/**
 * Reads the body of a snapshot. Throws a Damage with a SnapshotBodyDamage. With a sink, it holds one znode and its
 * data, or one list of ACLs.
 */
export function* readSnapshotBody(bytes: ByteQueue, maxBytes: number, sink?: SnapshotSink): Steps<SnapshotBody> {
  const sessions = yield* readSessions(bytes, sink);
  const aclLists = yield* readAclLists(bytes, maxBytes, sink);
  return { sessions, aclLists, ...(yield* readTree(bytes, maxBytes, sink)) };
}

/** A count that is negative means no entries. */
function* readSessions(bytes: ByteQueue, sink: SnapshotSink | undefined): Steps<number> {
  const count = Math.max(0, yield* readInt(bytes));
  for (let rest = count; rest > 0; rest--) {
    if (bytes.available < 12) yield* need(bytes, 12);
    if (sink === undefined) bytes.skip(12);
    else sink.session(bytes.bigInt64(), bytes.int32());
  }
  return count;
}

/** ReferenceCountedACLCache#deserialize. */
function* readAclLists(bytes: ByteQueue, maxBytes: number, sink: SnapshotSink | undefined): Steps<number> {
  const count = Math.max(0, yield* readInt(bytes));
  let hasNull = false;
  for (let rest = count; rest > 0; rest--) {
    if (bytes.available < 8) yield* need(bytes, 8);
    const id = bytes.bigInt64();
    const length = yield* readInt(bytes);
    if (length === -1) throw new Damage("null-acl-list");
    const acls: Acl[] = [];
    for (let left = length; left > 0; left--) {
      const acl = yield* readAcl(bytes, maxBytes, sink !== undefined);
      hasNull ||= acl.scheme === null || acl.id === null;
      if (sink !== undefined) acls.push(acl);
    }
    sink?.aclList(id, acls);
  }
  if (hasNull) throw new Damage("null-acl");
  return count;
}

/**
 * Reads an entry of an ACL list. Unless `keepsText`, its strings are skipped, but it is known whether they are null.
 */
function* readAcl(bytes: ByteQueue, maxBytes: number, keepsText: boolean): Steps<Acl> {
  const perms = yield* readInt(bytes);
  const scheme = keepsText ? yield* readText(bytes, maxBytes) : yield* skipText(bytes, maxBytes);
  return { perms, scheme, id: keepsText ? yield* readText(bytes, maxBytes) : yield* skipText(bytes, maxBytes) };
}

function* skipText(bytes: ByteQueue, maxBytes: number): Steps<"" | null> {
  const size = yield* readLength(bytes, maxBytes);
  if (size < 0) return null;
  yield* skip(bytes, size);
  return "";
}

type Tree = Pick<SnapshotBody, "nodes" | "dataBytes" | "maxZxid" | "config">;

/** DataTree#deserialize. Each znode follows its parent, and all descendants of a znode follow it directly. */
function* readTree(bytes: ByteQueue, maxBytes: number, sink: SnapshotSink | undefined): Steps<Tree> {
  let nodes = 0;
  let dataBytes = 0;
  let maxZxid = 0;
  let config: string | undefined;
  let lastPath: string | undefined;
  for (;;) {
    const path = yield* readText(bytes, maxBytes);
    if (path === LAST_PATH) return { nodes, dataBytes, maxZxid: asZxid(maxZxid), config };
    const size = yield* readLength(bytes, maxBytes);
    const isConfig = path === CONFIG_PATH && size > 0 && size <= CONFIG_BYTES_MAX;
    let data: Uint8Array | null = null;
    if (size >= 0 && (isConfig || sink !== undefined)) {
      if (bytes.available < size) yield* need(bytes, size);
      data = bytes.take(size);
    } else yield* skip(bytes, size);
    if (isConfig && data !== null) config = decodeText(data);
    if (bytes.available < ZNODE_END_BYTES) yield* need(bytes, ZNODE_END_BYTES);
    const end = readZnodeEnd(bytes, sink !== undefined);
    maxZxid = Math.max(maxZxid, end.maxZxid);
    if (path === null) throw new Damage("null-path");
    if (!followsParent(path, lastPath)) throw new Damage("parent-missing");
    lastPath = path;
    nodes++;
    dataBytes += Math.max(0, size);
    if (end.stat !== undefined) sink?.znode({ path, data, ...end.stat });
  }
}

/** Reads the id of the ACL list and StatPersisted. Returns the highest of its zxids and, if asked for, its values. */
function readZnodeEnd(bytes: ByteQueue, keepsStat: boolean): { readonly maxZxid: number; readonly stat?: ZnodeStat } {
  if (keepsStat) {
    const stat = readStat(bytes);
    return { maxZxid: Math.max(Number(stat.czxid), Number(stat.mzxid), Number(stat.pzxid)), stat };
  }
  bytes.skip(8);
  const czxid = bytes.int64();
  const mzxid = bytes.int64();
  bytes.skip(36);
  return { maxZxid: Math.max(czxid, mzxid, bytes.int64()) };
}

type ZnodeStat = Omit<Znode, "path" | "data">;

/** The order of the fields is that of DataNode#deserialize and StatPersisted. */
function readStat(bytes: ByteQueue): ZnodeStat {
  return {
    aclId: bytes.bigInt64(),
    czxid: bytes.bigInt64(),
    mzxid: bytes.bigInt64(),
    ctimeMs: bytes.bigInt64(),
    mtimeMs: bytes.bigInt64(),
    version: bytes.int32(),
    cversion: bytes.int32(),
    aversion: bytes.int32(),
    ephemeralOwner: bytes.bigInt64(),
    pzxid: bytes.bigInt64(),
  };
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
