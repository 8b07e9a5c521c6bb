/** Reads the values of a complete record, such as the data of a packet. */
import { Damage, int32At } from "../jute/index.ts";

/** A position in bytes. Its methods throw a Damage "short" if the bytes end inside a value. */
export class RecordReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
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
