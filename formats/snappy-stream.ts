/**
 * The stream of snappy-java (SnappyOutputStream) in which a snapshot can be compressed: a header of 16 bytes, and
 * blocks of an int length and a raw Snappy block. The npm packages for raw Snappy blocks can loop forever on hostile
 * bytes, so the block decoder is our own.
 */
import { ByteQueue } from "../jute/index.ts";

/** The first bytes of the stream: 0x82 "SNAPPY" 0. ZooKeeper checks only these before it opens the stream. */
export const SNAPPY_MAGIC: readonly number[] = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0];
const HEADER_BYTES = 16;
/** The largest block that is accepted. snappy-java writes blocks of 32 KiB; its largest block size is 512 MiB. */
const BLOCK_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Decodes the stream incrementally: `push` adds bytes, `next` returns the bytes of the next block or undefined if it
 * needs more, and `isBroken` says that the stream is damaged. Never throws.
 */
export class SnappyStreamDecoder {
  /** Whether the stream is damaged. No more blocks follow then. */
  isBroken = false;
  private readonly bytes = new ByteQueue();
  private hasHeader = false;

  /** Adds the next bytes. The caller must not change them later. */
  push(chunk: Uint8Array): void {
    this.bytes.push(chunk);
  }

  /** Says that no more bytes follow. */
  end(): void {
    if (this.bytes.available > 0) this.isBroken = true;
  }

  /** Returns the content of the next block; undefined if more bytes are needed, or if the stream is damaged. */
  next(): Uint8Array | undefined {
    const { bytes } = this;
    if (this.isBroken) return undefined;
    if (!this.hasHeader) {
      if (bytes.available < HEADER_BYTES) return undefined;
      const header = bytes.take(HEADER_BYTES);
      this.hasHeader = true;
      if (SNAPPY_MAGIC.some((byte, i) => header[i] !== byte)) return this.broken();
    }
    if (bytes.available < 4) return undefined;
    const size = bytes.peekInt32();
    if (size < 0 || size > BLOCK_BYTES_MAX) return this.broken();
    if (bytes.available < 4 + size) return undefined;
    bytes.skip(4);
    return uncompressBlock(bytes.take(size)) ?? this.broken();
  }

  private broken(): undefined {
    this.isBroken = true;
    return undefined;
  }
}

/** Returns the content of a raw Snappy block; undefined if the block is damaged. */
export function uncompressBlock(block: Uint8Array): Uint8Array | undefined {
  const preamble = readVarint(block);
  if (preamble === undefined || preamble.value > BLOCK_BYTES_MAX) return undefined;
  const output = new Uint8Array(preamble.value);
  let to = 0;
  for (let at = preamble.end; at < block.length; ) {
    const tag = block[at++] as number;
    const kind = tag & 3;
    const extraBytes = kind === 0 ? Math.max(0, (tag >>> 2) - 59) : EXTRA_BYTES[kind as 1 | 2 | 3];
    if (at + extraBytes > block.length) return undefined;
    const extra = littleEndian(block, at, extraBytes);
    at += extraBytes;
    if (kind === 0) {
      const length = (extraBytes === 0 ? tag >>> 2 : extra) + 1;
      if (at + length > block.length || to + length > output.length) return undefined;
      output.set(block.subarray(at, at + length), to);
      at += length;
      to += length;
      continue;
    }
    const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const offset = kind === 1 ? ((tag >>> 5) << 8) | extra : extra;
    if (offset === 0 || offset > to || to + length > output.length) return undefined;
    for (const end = to + length; to < end; to++) output[to] = output[to - offset] as number;
  }
  return to === output.length ? output : undefined;
}

/** The bytes after the tag of a copy, by its kind. */
const EXTRA_BYTES: Readonly<Record<1 | 2 | 3, number>> = { 1: 1, 2: 2, 3: 4 };

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number);
  return value;
}

function readVarint(bytes: Uint8Array): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  let weight = 1;
  for (let i = 0; i < 5 && i < bytes.length; i++) {
    const byte = bytes[i] as number;
    value += (byte & 0x7f) * weight;
    weight *= 128;
    if (byte < 0x80) return { value, end: i + 1 };
  }
  return undefined;
}
