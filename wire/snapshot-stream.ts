/**
 * The stream after a SNAP packet (LearnerHandler#run, ZKDatabase#serializeSnapshot): sessions, ACL lists, znodes, the
 * path "/", and the string "BenWasHere". Unlike the file snapshot.N, the stream has no FileHeader, no checksum, no
 * digest and no last processed zxid, in any release.
 */
import { encodeSnapshotBody, readSnapshotBody, type SnapshotBody, type SnapshotSource } from "../formats/index.ts";
import { type ByteQueue, Damage, JuteWriter, readText, type Steps } from "../jute/index.ts";

const SIGNATURE = "BenWasHere";

/**
 * Reads the stream and its signature (Learner#syncWithLeader, SerializeUtils#deserializeSnapshot). Throws a Damage with
 * a StreamDamage. Keeps no znode.
 */
export function* readSnapshotStream(bytes: ByteQueue, maxBytes: number): Steps<SnapshotBody> {
  const body = yield* readSnapshotBody(bytes, maxBytes);
  if ((yield* readText(bytes, maxBytes)) !== SIGNATURE) throw new Damage("bad-signature");
  return body;
}

/** Returns the stream of a snapshot in pieces, one for each znode. */
export function* encodeSnapshotStream(source: SnapshotSource): Generator<Uint8Array> {
  yield* encodeSnapshotBody(source);
  yield new JuteWriter().text(SIGNATURE).bytes();
}
