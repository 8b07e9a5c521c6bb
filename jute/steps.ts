/**
 * Decoding in steps: a decoder is a generator that reads from a queue of bytes. Where too few bytes are available, it
 * yields the number that it needs, and goes on when they have arrived. Bytes may arrive in any cuts.
 *
 * A length from the input never causes an allocation: a step allocates only after the bytes have arrived.
 */
import type { ByteQueue } from "./byte-queue.ts";
import { decodeText } from "./text.ts";

/**
 * A decoder. It yields the number of bytes that must be available, and receives whether more bytes can still arrive. It
 * throws a `Damage`, and nothing else, if the bytes are not what it reads.
 */
export type Steps<Result> = Generator<number, Result, boolean>;

/** The reasons why bytes are no jute, whatever their content. */
export type JuteDamage =
  /** The input ends inside a value (EOFException). */
  | "short"
  /** A length is below -1, or above the limit (BinaryInputArchive#checkLength). */
  | "unreasonable-length";

/** The exception of a decoder. It stands for the exception of the Java code at this place. */
export class Damage<Reason extends string = string> {
  readonly reason: Reason | JuteDamage;

  constructor(reason: Reason | JuteDamage) {
    this.reason = reason;
  }
}

/** Waits until `length` bytes are available. Throws `short` if the input ends before. */
export function* need(bytes: ByteQueue, length: number): Steps<void> {
  if (!(yield* has(bytes, length))) throw new Damage("short");
}

/** Waits until `length` bytes are available, or the input ends. Returns whether they are available. */
export function* has(bytes: ByteQueue, length: number): Steps<boolean> {
  while (bytes.available < length) if (!(yield length) && bytes.available < length) return false;
  return true;
}

/** Reads a signed integer of 32 bits. */
export function* readInt(bytes: ByteQueue): Steps<number> {
  if (bytes.available < 4) yield* need(bytes, 4);
  return bytes.int32();
}

/** Reads a signed integer of 64 bits, exact up to 2^53. */
export function* readLong(bytes: ByteQueue): Steps<number> {
  if (bytes.available < 8) yield* need(bytes, 8);
  return bytes.int64();
}

/** Reads the length of a string or buffer (BinaryInputArchive#checkLength). Returns -1 for null. */
export function* readLength(bytes: ByteQueue, maxBytes: number): Steps<number> {
  const length = yield* readInt(bytes);
  if (length < -1 || length > maxBytes) throw new Damage("unreasonable-length");
  return length;
}

/**
 * Reads a buffer (BinaryInputArchive#readBuffer). The result can share its memory with a chunk of the input. Throws if
 * it is longer than `maxBytes`.
 */
export function* readBuffer(bytes: ByteQueue, maxBytes: number): Steps<Uint8Array | null> {
  const length = yield* readLength(bytes, maxBytes);
  if (length < 0) return null;
  if (bytes.available < length) yield* need(bytes, length);
  return bytes.take(length);
}

/** Reads a string (BinaryInputArchive#readString). Throws if it is longer than `maxBytes`. */
export function* readText(bytes: ByteQueue, maxBytes: number): Steps<string | null> {
  const buffer = yield* readBuffer(bytes, maxBytes);
  return buffer === null ? null : decodeText(buffer);
}

/** Skips `length` bytes, as they arrive. */
export function* skip(bytes: ByteQueue, length: number): Steps<void> {
  for (let rest = length; rest > 0; ) {
    rest -= bytes.skip(rest);
    if (rest > 0) yield* need(bytes, 1);
  }
}
