/** Writes the values of jute (BinaryOutputArchive): big-endian numbers, and lengths of 32 bits before bytes. */
import { encodeText } from "./text.ts";

/** A buffer that grows. `bytes` returns what was written. */
export class JuteWriter {
  private memory: Uint8Array<ArrayBuffer>;
  private view: DataView;
  private end = 0;

  /** Makes a writer with a buffer of this size, in bytes. */
  constructor(size = 64) {
    this.memory = new Uint8Array(size);
    this.view = new DataView(this.memory.buffer);
  }

  /** The number of bytes written. */
  get length(): number {
    return this.end;
  }

  /** Writes an integer of 8 bits. */
  byte(value: number): this {
    const at = this.grow(1);
    this.view.setInt8(at, value);
    return this;
  }

  /** Writes a truth value as a byte. */
  bool(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  /** Writes an integer of 32 bits. */
  int(value: number): this {
    const at = this.grow(4);
    this.view.setInt32(at, value);
    return this;
  }

  /** Writes an integer of 64 bits. */
  long(value: bigint): this {
    const at = this.grow(8);
    this.view.setBigInt64(at, value);
    return this;
  }

  /** Writes bytes without a length. */
  raw(bytes: Uint8Array): this {
    const at = this.grow(bytes.length);
    this.memory.set(bytes, at);
    return this;
  }

  /** Writes a buffer with its length; -1 for null. */
  buffer(bytes: Uint8Array | null): this {
    return bytes === null ? this.int(-1) : this.int(bytes.length).raw(bytes);
  }

  /** Writes a string with its length; -1 for null. */
  text(text: string | null): this {
    return this.buffer(text === null ? null : encodeText(text));
  }

  /** Returns the bytes written so far. They share their memory with the writer. */
  bytes(): Uint8Array {
    return this.memory.subarray(0, this.end);
  }

  /** Makes room for bytes at the end. Returns their position. */
  private grow(length: number): number {
    const at = this.end;
    this.end += length;
    if (this.end > this.memory.length) {
      const old = this.memory.subarray(0, at);
      this.memory = new Uint8Array(Math.max(this.end, 2 * this.memory.length));
      this.memory.set(old);
      this.view = new DataView(this.memory.buffer);
    }
    return at;
  }
}
