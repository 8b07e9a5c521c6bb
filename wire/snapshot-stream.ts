/**
 * The stream after a SNAP packet (LearnerHandler#run, ZKDatabase#serializeSnapshot): sessions, ACL lists, znodes, the
 * path "/", and the string "BenWasHere". Unlike the file snapshot.N, the stream has no FileHeader, no checksum, no
 * digest and no last processed zxid, in any release.
 */
import { readSnapshotBody, type SnapshotBody } from "../formats/index.ts";
import { type ByteQueue, Damage, JuteWriter, readText, type Steps } from "../jute/index.ts";
import type { AuthId } from "./quorum-packet.ts";

const SIGNATURE = "BenWasHere";
/** The path after the last znode (DataTree#serializeNodes). */
const LAST_PATH = "/";

/**
 * Reads the stream and its signature (Learner#syncWithLeader, SerializeUtils#deserializeSnapshot). Throws a Damage with
 * a StreamDamage. Keeps no znode.
 */
export function* readSnapshotStream(bytes: ByteQueue, maxBytes: number): Steps<SnapshotBody> {
  const body = yield* readSnapshotBody(bytes, maxBytes);
  if ((yield* readText(bytes, maxBytes)) !== SIGNATURE) throw new Damage("bad-signature");
  return body;
}

/** One entry of an ACL list (org.apache.zookeeper.data.ACL). */
export interface Acl extends AuthId {
  /** The permissions, as bits (ZooDefs.Perms). */
  readonly perms: number;
}

/** A znode (DataNode with StatPersisted). */
export interface Znode {
  /** The path; "" for the root. */
  readonly path: string;
  readonly data: Uint8Array | null;
  /** The id of its ACL list; -1 if anyone may do anything. */
  readonly aclId: bigint;
  readonly czxid: bigint;
  readonly mzxid: bigint;
  /** The times of creation and of the last change, in milliseconds since 1970. */
  readonly ctimeMs: bigint;
  readonly mtimeMs: bigint;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /** The id of the session that owns the znode; 0 if it is not ephemeral. */
  readonly ephemeralOwner: bigint;
  readonly pzxid: bigint;
}

/** What a snapshot stream contains. */
export interface SnapshotSource {
  readonly sessions: readonly { readonly id: bigint; readonly timeoutMs: number }[];
  readonly aclLists: readonly { readonly id: bigint; readonly acls: readonly Acl[] }[];
  /** The root, and each other znode after its parent: depth first, as DataTree#serializeNode writes them. */
  readonly nodes: Iterable<Znode>;
}

/** Returns the stream of a snapshot in pieces, one for each znode. */
export function* encodeSnapshotStream({ aclLists, nodes, sessions }: SnapshotSource): Generator<Uint8Array> {
  const writer = new JuteWriter().int(sessions.length);
  for (const { id, timeoutMs } of sessions) writer.long(id).int(timeoutMs);
  writer.int(aclLists.length);
  for (const { acls, id } of aclLists) {
    writer.long(id).int(acls.length);
    for (const acl of acls) writer.int(acl.perms).text(acl.scheme).text(acl.id);
  }
  yield writer.bytes();
  for (const node of nodes) yield encodeZnode(node);
  yield new JuteWriter().text(LAST_PATH).text(SIGNATURE).bytes();
}

function encodeZnode(node: Znode): Uint8Array {
  return new JuteWriter(128)
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
