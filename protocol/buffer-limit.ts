/**
 * The largest buffer that a server can read (jute.maxbuffer, BinaryInputArchive#checkLength). The limit applies to the
 * data of a packet, to a record of the log, and to each znode of a snapshot. A snapshot as a whole has no limit.
 * Transactions of the size txnBytes always fit.
 */
import type { Behavior } from "./behavior.ts";
import { INFORM, INFORMANDACTIVATE, PACKET_NAMES, PROPOSAL, type QuorumPacket, REQUEST, SNAP } from "./packets.ts";
import type { Settings } from "./settings.ts";
import type { History, Txn } from "./storage/history.ts";
import { formatZxid } from "./zxid.ts";

/** The extra size of releases without zookeeper.jute.maxbuffer.extrasize, and the smallest one of later releases. */
const MIN_EXTRA_BYTES = 1024;

/** The largest buffer that a server can read. */
export interface BufferLimit {
  /** jute.maxbuffer, in bytes. */
  readonly juteMaxBuffer: number;
  /** The extra size that the check adds to jute.maxbuffer, in bytes. */
  readonly extraBytes: number;
  /** The sum of the two. */
  readonly maxBytes: number;
}

/** The limit of a reader that reads buffers of any size. */
export const NO_BUFFER_LIMIT: BufferLimit = {
  juteMaxBuffer: Number.POSITIVE_INFINITY,
  extraBytes: 0,
  maxBytes: Number.POSITIVE_INFINITY,
};

/** Returns the limit of a server. */
export function bufferLimit(settings: Settings, { knowsJuteExtraSize }: Behavior): BufferLimit {
  const { juteMaxBuffer, juteMaxBufferExtraSize } = settings;
  const extraSize = juteMaxBufferExtraSize < 0 ? juteMaxBuffer : juteMaxBufferExtraSize;
  const extraBytes = knowsJuteExtraSize ? Math.max(MIN_EXTRA_BYTES, extraSize) : MIN_EXTRA_BYTES;
  return { juteMaxBuffer, extraBytes, maxBytes: juteMaxBuffer + extraBytes };
}

/** Returns the size of the largest buffer in a packet, 0 if no buffer has a size of its own. */
export function largestBuffer({ type, data }: QuorumPacket): number {
  switch (type) {
    case PROPOSAL:
    case INFORM:
    case INFORMANDACTIVATE:
    case REQUEST:
      return data.bytes ?? 0;
    case SNAP:
      return "history" in data ? largestIn(data.history) : 0;
    default:
      return 0;
  }
}

/**
 * Returns the size of the largest znode in a tree, 0 if no transaction has a size of its own. In the model, each
 * transaction creates one znode of its size.
 */
export function largestIn(history: History): number {
  let largest = 0;
  for (const { bytes } of history.sizedTxns()) largest = Math.max(largest, bytes);
  return largest;
}

/** Returns the sum of the sizes of the znodes in a tree. */
export function bytesOf(history: History, txnBytes: number): number {
  let sum = history.length * txnBytes;
  for (const { bytes } of history.sizedTxns()) sum += bytes - txnBytes;
  return sum;
}

/** Returns the sum of the sizes of log records. */
export function bytesOfTxns(txns: readonly Txn[], txnBytes: number): number {
  let sum = 0;
  for (const { bytes } of txns) sum += bytes || txnBytes;
  return sum;
}

/** Returns the name of the largest buffer in a packet: `PROPOSAL 1:3`, or `a znode of the SNAP`. */
export function bufferName({ type, zxid }: QuorumPacket): string {
  if (type === SNAP) return "a znode of the SNAP";
  return type === REQUEST ? "a REQUEST" : `${PACKET_NAMES[type]} ${formatZxid(zxid)}`;
}

/** Returns a text such as `has 2000000 bytes, but jute.maxbuffer permits 1048575 + 1024`. */
export function tooLargeText(bytes: number, { extraBytes, juteMaxBuffer }: BufferLimit): string {
  return `has ${bytes} bytes, but jute.maxbuffer permits ${juteMaxBuffer} + ${extraBytes}`;
}
