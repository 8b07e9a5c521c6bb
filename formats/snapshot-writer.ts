/**
 * Writes snapshots: the sessions, ACL lists and znodes, which the file snapshot.N and the stream after a SNAP packet
 * share (SerializeUtils#serializeSnapshot), and the file around them (FileSnap#serialize).
 */
import { ADLER32_START, adler32, JuteWriter } from "../jute/index.ts";
import { type Acl, writeAcls } from "./acl.ts";
import { FILE_VERSION } from "./disk-format.ts";
import { SNAPSHOT_MAGIC, type SnapshotDigest } from "./snapshot.ts";
import type { Znode } from "./znode.ts";

/** The dbid in the header of a snapshot (FileSnap.dbId). */
const SNAPSHOT_DBID = -1n;
/** The path after the last znode (DataTree#serializeNodes), and the string of a seal (SnapStream#sealStream). */
const LAST_PATH = "/";

/** What a snapshot contains. */
export interface SnapshotSource {
  readonly sessions: readonly { readonly id: bigint; readonly timeoutMs: number }[];
  readonly aclLists: readonly { readonly id: bigint; readonly acls: readonly Acl[] }[];
  /** The root, and each other znode after its parent: depth first, as DataTree#serializeNode writes them. */
  readonly nodes: Iterable<Znode>;
}

/** The sections at the end of a snapshot file. */
export interface SnapshotEnd {
  /** The digest of the tree; null if the release or its configuration writes none. */
  readonly digest: SnapshotDigest | null;
  /** The last processed zxid; null if the release or its configuration writes none. */
  readonly lastZxid: bigint | null;
}

/** Returns the sessions, ACL lists, znodes and the path "/" after them in pieces, one for each znode. */
export function* encodeSnapshotBody({ aclLists, nodes, sessions }: SnapshotSource): Generator<Uint8Array> {
  const writer = new JuteWriter().int(sessions.length);
  for (const { id, timeoutMs } of sessions) writer.long(id).int(timeoutMs);
  writer.int(aclLists.length);
  for (const { acls, id } of aclLists) writeAcls(writer.long(id), acls);
  yield writer.bytes();
  for (const node of nodes) yield encodeZnode(node);
  yield new JuteWriter().text(LAST_PATH).bytes();
}

function encodeZnode(node: Znode): Uint8Array {
  return new JuteWriter(88 + node.path.length + (node.data?.length ?? 0))
    .text(node.path)
    .buffer(node.data)
    .long(node.aclId)
    .long(node.czxid)
    .long(node.mzxid)
    .long(node.ctimeMs)
    .long(node.mtimeMs)
    .int(node.version)
    .int(node.cversion)
    .int(node.aversion)
    .long(node.ephemeralOwner)
    .long(node.pzxid)
    .bytes();
}

/**
 * Returns the bytes of a snapshot file in pieces (FileSnap#serialize). Releases from before a
 * section ignore it and what follows it.
 */
export function* encodeSnapshotFile(source: SnapshotSource, end: SnapshotEnd): Generator<Uint8Array> {
  let checksum = ADLER32_START;
  const sum = (bytes: Uint8Array): Uint8Array => {
    checksum = adler32(bytes, 0, bytes.length, checksum);
    return bytes;
  };
  const seal = (): Uint8Array => sum(new JuteWriter().long(BigInt(checksum)).text(LAST_PATH).bytes());
  yield sum(new JuteWriter().int(SNAPSHOT_MAGIC).int(FILE_VERSION).long(SNAPSHOT_DBID).bytes());
  for (const piece of encodeSnapshotBody(source)) yield sum(piece);
  yield seal();
  const { digest, lastZxid } = end;
  if (digest !== null) {
    yield sum(new JuteWriter().long(digest.zxid).int(digest.version).long(digest.treeDigest).bytes());
    yield seal();
  }
  if (lastZxid !== null) {
    yield sum(new JuteWriter().long(lastZxid).bytes());
    yield seal();
  }
}
