/**
 * The record QuorumPacket (zookeeper.jute): int type, long zxid, buffer data, vector of Id authinfo. Packets follow one
 * another on the quorum port, without a length and without a checksum.
 */
import { type ByteQueue, Damage, JuteWriter, need, readBuffer, readInt, readText, type Steps } from "../jute/index.ts";

/** One identity of a client (org.apache.zookeeper.data.Id). */
export interface AuthId {
  readonly scheme: string | null;
  readonly id: string | null;
}

/** A packet as it is on the wire. `data` depends on the type; see payload.ts. */
export interface QuorumPacket {
  /** The code of the type, as in protocol/packets.ts. ZooKeeper ignores most packets of unknown types. */
  readonly type: number;
  /** A signed integer of 64 bits. The zxids of the core are numbers, but the wire can carry any value. */
  readonly zxid: bigint;
  /** Can share its memory with a chunk of the input. */
  readonly data: Uint8Array | null;
  /** The identities of the client; only in a REQUEST. */
  readonly authinfo: readonly AuthId[] | null;
}

/** Reads a packet (QuorumPacket#deserialize). Throws a Damage with a StreamDamage. */
export function* readQuorumPacket(bytes: ByteQueue, maxBytes: number): Steps<QuorumPacket> {
  if (bytes.available < 12) yield* need(bytes, 12);
  const type = bytes.int32();
  const zxid = bytes.bigInt64();
  const data = yield* readBuffer(bytes, maxBytes);
  return { type, zxid, data, authinfo: yield* readAuthinfo(bytes, maxBytes) };
}

/** A count of -1 is null; another negative count is an empty vector (BinaryInputArchive.BinaryIndex). */
function* readAuthinfo(bytes: ByteQueue, maxBytes: number): Steps<AuthId[] | null> {
  const count = yield* readInt(bytes);
  if (count === -1) return null;
  const end = bytes.position + maxBytes;
  const ids: AuthId[] = [];
  for (let left = count; left > 0; left--) {
    const scheme = yield* readText(bytes, maxBytes);
    ids.push({ scheme, id: yield* readText(bytes, maxBytes) });
    if (bytes.position > end) throw new Damage("authinfo-too-long");
  }
  return ids;
}

/** Returns the bytes of a packet (QuorumPacket#serialize). */
export function encodeQuorumPacket({ authinfo, data, type, zxid }: QuorumPacket): Uint8Array {
  const writer = new JuteWriter(20 + (data?.length ?? 0)).int(type).long(zxid).buffer(data);
  if (authinfo === null) return writer.int(-1).bytes();
  writer.int(authinfo.length);
  for (const { id, scheme } of authinfo) writer.text(scheme).text(id);
  return writer.bytes();
}
