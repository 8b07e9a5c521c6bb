/**
 * ZooKeeper's serialization (org.apache.jute): bytes that arrive in chunks, decoding in steps, and writing. Files on
 * disk and messages on the wire both use it.
 */
export { ADLER32_START, adler32 } from "./adler32.ts";
export { ByteQueue, int32At, int64At } from "./byte-queue.ts";
export { JuteWriter } from "./jute-writer.ts";
export { RecordReader } from "./record-reader.ts";
export {
  Damage,
  has,
  type JuteDamage,
  need,
  readBuffer,
  readInt,
  readLength,
  readLong,
  readText,
  type Steps,
  skip,
} from "./steps.ts";
export { decodeText, encodeText } from "./text.ts";
