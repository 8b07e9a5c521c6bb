/**
 * A queue of bytes that arrive in chunks. Decoders take bytes from its start. The queue copies small chunks, because a
 * chunk of one byte can hold a buffer of 64 KiB in memory, and values that span two chunks. Its memory is at most a
 * small multiple of the bytes that it holds.
 */
import { ADLER32_START, adler32 } from "./adler32.ts";

const WORD = 0x1_0000_0000;
/** Chunks below this size are copied. */
const SMALL_CHUNK_BYTES = 2048;
/** The largest size of the buffers to which small chunks are copied. Their size doubles up to this one. */
const BLOCK_BYTES_MAX = 16_384;

/** A queue of bytes with the position and, if asked for, the checksum of the bytes taken so far. */
export class ByteQueue {
  /** The number of bytes taken so far. */
  position = 0;
  /** The number of bytes in the queue. */
  available = 0;
  /** The Adler32 checksum of the bytes taken so far; only kept if the queue was made with a checksum. */
  checksum = ADLER32_START;
  private readonly hasChecksum: boolean;
  private readonly chunks: Uint8Array[] = [];
  private first = new Uint8Array(0);
  private at = 0;
  /** The buffer to which small chunks are copied. Its bytes from `blockStart` to `blockEnd` follow the last chunk. */
  private block = new Uint8Array(0);
  private blockStart = 0;
  private blockEnd = 0;

  constructor(options: { readonly checksum: boolean } = { checksum: false }) {
    this.hasChecksum = options.checksum;
  }

  /** Adds bytes at the end. The caller must not change them later. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.available += chunk.length;
    if (chunk.length < SMALL_CHUNK_BYTES) this.copyToBlock(chunk);
    else {
      this.flushBlock();
      this.chunks.push(chunk);
    }
  }

  private copyToBlock(chunk: Uint8Array): void {
    if (this.blockEnd + chunk.length > this.block.length) {
      this.flushBlock();
      this.block = new Uint8Array(Math.max(chunk.length, Math.min(2 * this.block.length, BLOCK_BYTES_MAX)));
      this.blockStart = 0;
      this.blockEnd = 0;
    }
    this.block.set(chunk, this.blockEnd);
    this.blockEnd += chunk.length;
  }

  private flushBlock(): void {
    if (this.blockEnd > this.blockStart) this.chunks.push(this.block.subarray(this.blockStart, this.blockEnd));
    this.blockStart = this.blockEnd;
  }

  /** Returns the chunk after the first one. At least one byte must follow the first chunk. */
  private nextChunk(): Uint8Array<ArrayBuffer> {
    if (this.chunks.length === 0) this.flushBlock();
    return this.chunks.shift() as Uint8Array<ArrayBuffer>;
  }

  /** Takes a signed integer of 8 bits. At least 1 byte must be available. */
  int8(): number {
    this.joinFirst(1);
    const value = ((this.first[this.at] as number) << 24) >> 24;
    this.advance(1);
    return value;
  }

  /** Takes a signed integer of 32 bits. At least 4 bytes must be available. */
  int32(): number {
    const value = this.peekInt32();
    this.advance(4);
    return value;
  }

  /** Returns the next signed integer of 32 bits and leaves it in the queue. At least 4 bytes must be available. */
  peekInt32(offset = 0): number {
    this.joinFirst(offset + 4);
    return int32At(this.first, this.at + offset);
  }

  /**
   * Takes a signed integer of 64 bits. The result is exact up to 2^53, which includes all zxids of epochs below 2^21.
   * At least 8 bytes must be available.
   */
  int64(): number {
    this.joinFirst(8);
    const value = int64At(this.first, this.at);
    this.advance(8);
    return value;
  }

  /** Takes a signed integer of 64 bits, exactly. At least 8 bytes must be available. */
  bigInt64(): bigint {
    this.joinFirst(8);
    const value = (BigInt(int32At(this.first, this.at)) << 32n) | BigInt(int32At(this.first, this.at + 4) >>> 0);
    this.advance(8);
    return value;
  }

  /** Takes bytes. The result shares its memory with a chunk. At least `length` bytes must be available. */
  take(length: number): Uint8Array {
    this.joinFirst(length);
    const bytes = this.first.subarray(this.at, this.at + length);
    this.advance(length);
    return bytes;
  }

  /** Drops at most `length` bytes. Returns the number of dropped bytes, which is lower if fewer are available. */
  skip(length: number): number {
    let rest = Math.min(length, this.available);
    const skipped = rest;
    while (rest > 0) {
      this.joinFirst(1);
      const part = Math.min(rest, this.first.length - this.at);
      this.advance(part);
      rest -= part;
    }
    return skipped;
  }

  private advance(length: number): void {
    const end = this.at + length;
    if (this.hasChecksum) this.checksum = adler32(this.first, this.at, end, this.checksum);
    this.at = end;
    this.position += length;
    this.available -= length;
  }

  /** Makes at least `length` bytes at the start of the queue contiguous. */
  private joinFirst(length: number): void {
    if (this.first.length - this.at >= length) return;
    let joined = this.first.subarray(this.at);
    if (joined.length === 0) joined = this.nextChunk();
    if (joined.length < length) {
      const parts = [joined];
      for (let size = joined.length; size < length; ) {
        const part = this.nextChunk();
        parts.push(part);
        size += part.length;
      }
      joined = concat(parts);
    }
    this.first = joined;
    this.at = 0;
  }
}

/** Returns a signed integer of 32 bits, big-endian. */
export function int32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** Returns a signed integer of 64 bits, big-endian, exact up to 2^53. */
export function int64At(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at) * WORD + (int32At(bytes, at + 4) >>> 0);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
