/** Reads the values of a complete record, such as the data of a packet or the body of a transaction. */
import { int32At } from "./byte-queue.ts";
import { Damage } from "./steps.ts";
import { decodeText } from "./text.ts";

/**
 * A position in bytes. Its methods throw a Damage: "short" if the bytes end inside a value, and "unreasonable-length"
 * if a length is below -1 or above the limit.
 */
export class RecordReader {
  private readonly bytes: Uint8Array;
  private readonly maxBytes: number;
  private at = 0;

  /** `maxBytes`: the largest string or buffer. Default: no limit besides the length of the record. */
  constructor(bytes: Uint8Array, maxBytes = Number.MAX_SAFE_INTEGER) {
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }

  /** The number of bytes that are left. */
  get remaining(): number {
    return this.bytes.length - this.at;
  }

  /** Reads a truth value: any byte but 0 is true (DataInput#readBoolean). */
  bool(): boolean {
    return this.bytes[this.advance(1)] !== 0;
  }

  /** Reads a signed integer of 32 bits. */
  int(): number {
    return int32At(this.bytes, this.advance(4));
  }

  /** Reads a signed integer of 64 bits. */
  long(): bigint {
    const at = this.advance(8);
    return (BigInt(int32At(this.bytes, at)) << 32n) | BigInt(int32At(this.bytes, at + 4) >>> 0);
  }

  /** Reads a buffer; null if its length is -1 (BinaryInputArchive#readBuffer). It shares its memory with the record. */
  buffer(): Uint8Array | null {
    const length = this.int();
    if (length === -1) return null;
    if (length < 0 || length > this.maxBytes) throw new Damage("unreasonable-length");
    return this.take(length);
  }

  /** Reads a string; null if its length is -1 (BinaryInputArchive#readString). */
  text(): string | null {
    const bytes = this.buffer();
    return bytes === null ? null : decodeText(bytes);
  }

  /**
   * Reads a vector; null if its count is -1, and empty if its count is another negative number
   * (BinaryInputArchive#startVector). `readItem` must read at least one byte.
   */
  vector<Item>(readItem: (record: this) => Item): Item[] | null {
    const count = this.int();
    if (count === -1) return null;
    const items: Item[] = [];
    for (let left = count; left > 0; left--) items.push(readItem(this));
    return items;
  }

  /** Reads this number of bytes; by default, all that are left. The result shares its memory with the record. */
  take(length = this.remaining): Uint8Array {
    const at = this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  private advance(length: number): number {
    const at = this.at;
    if (at + length > this.bytes.length) throw new Damage("short");
    this.at = at + length;
    return at;
  }
}
