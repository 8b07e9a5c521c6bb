/**
 * Damage to a data directory: files that are cut, overwritten, missing or swapped, and epoch files with other content.
 * A mutation names files and places by fractions, so that it fits any directory.
 */
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { SNAPPY_MAGIC, TxnLogDecoder, type TxnLogRecord } from "../../formats/index.ts";
import { adler32 } from "../../jute/index.ts";

/** A file by its kind, and by its place among the files of that kind, from 0 (the first) to below 1. */
export interface FilePlace {
  readonly kind: "log" | "snapshot";
  readonly place: number;
}

/** One mutation. `at` is a place in the file, from 0 (its start) to below 1 (the end of its content). */
export type Mutation =
  | { readonly cut: FilePlace; readonly at: number }
  | { readonly flip: FilePlace; readonly at: number; readonly bits: number }
  | { readonly zero: FilePlace; readonly at: number; readonly bytes: number }
  | { readonly missing: FilePlace }
  | { readonly swap: FilePlace; readonly with: FilePlace }
  /** Overwrites 4 bytes of a record and corrects its checksum. */
  | { readonly forge: FilePlace; readonly at: number; readonly byte: number; readonly value: number }
  /** Overwrites the length of a record. */
  | { readonly length: FilePlace; readonly at: number; readonly value: number }
  /** Overwrites 4 bytes near the start of a snapshot, where its counts and lengths are. */
  | { readonly count: FilePlace; readonly at: number; readonly value: number }
  /** Compresses a snapshot, and flips a byte of the compressed file unless `bits` is 0. */
  | { readonly compress: FilePlace; readonly method: "gz" | "snappy"; readonly at: number; readonly bits: number }
  | { readonly epochFile: string; readonly text: string | null };

/** fc.double would draw values close to 0 most of the time. */
const place = fc.integer({ min: 0, max: 9999 }).map((value) => value / 10_000);
/** The newest files matter most. */
const newest = fc.oneof(place, fc.constantFrom(0.999, 0.8));
const file = fc.record({ kind: fc.constantFrom("log" as const, "snapshot" as const), place: newest });
const log = fc.record({ kind: fc.constant("log" as const), place: newest });
const snapshot = fc.record({ kind: fc.constant("snapshot" as const), place: newest });
const INTS = [-1, 0, 1, 2, 5, 32, 0x7fff_ffff, -2, 0x100000];

/** Draws a mutation. */
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ cut: file, at: place }),
  fc.record({ flip: file, at: place, bits: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ zero: file, at: place, bytes: fc.constantFrom(1, 4, 12, 512, 4096) }),
  fc.record({ missing: file }),
  fc.record({ swap: file, with: file }),
  fc.record({ forge: log, at: place, byte: place, value: fc.oneof(fc.constantFrom(...INTS), fc.integer()) }),
  fc.record({ length: log, at: place, value: fc.constantFrom(...INTS) }),
  fc.record({ count: snapshot, at: place, value: fc.constantFrom(...INTS) }),
  fc.record({
    compress: snapshot,
    method: fc.constantFrom("gz" as const, "snappy" as const),
    at: place,
    bits: fc.constantFrom(0, 0, 1, 255),
  }),
  fc.record({
    epochFile: fc.constantFrom(
      "currentEpoch",
      "acceptedEpoch",
      "currentEpoch.tmp",
      "acceptedEpoch.tmp",
      "updatingEpoch",
    ),
    text: fc.constantFrom(null, "", "x", "0", "6", "7", "8", "9\n", " 7", "-1", "99999999999999999999"),
  }),
);

/** Copies the data directory `from` to the new folder `to`, with these mutations. Unchanged files are linked. */
export function copyMutated(from: string, to: string, mutations: readonly Mutation[]): void {
  const files = new Map<string, Buffer | undefined>();
  const source = join(from, "version-2");
  for (const name of readdirSync(source)) files.set(name, undefined);
  const contentOf = (name: string): Buffer => files.get(name) ?? readFileSync(join(source, name));
  for (const one of mutations) mutate(files, contentOf, one);
  mkdirSync(join(to, "version-2"), { recursive: true });
  for (const [name, content] of files) {
    const path = join(to, "version-2", name);
    if (content === undefined) linkSync(join(source, name), path);
    else writeFileSync(path, content);
  }
}

/** Removes a copy. */
export function removeCopy(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

type Files = Map<string, Buffer | undefined>;

function mutate(files: Files, contentOf: (name: string) => Buffer, one: Mutation): void {
  if ("epochFile" in one) {
    if (one.text === null) files.delete(one.epochFile);
    else files.set(one.epochFile, Buffer.from(one.text));
    return;
  }
  const [target] = ["cut", "flip", "zero", "missing", "swap", "forge", "length", "count", "compress"].flatMap((verb) =>
    verb in one ? [(one as unknown as Record<string, FilePlace>)[verb] as FilePlace] : [],
  );
  const name = nameAt(files, target as FilePlace);
  if (name === undefined) return;
  if ("missing" in one) {
    files.delete(name);
    return;
  }
  const content = Buffer.from(contentOf(name));
  if ("swap" in one) {
    const other = nameAt(files, one.with);
    if (other === undefined || other === name) return;
    files.set(name, Buffer.from(contentOf(other)));
    files.set(other, content);
    return;
  }
  if ("compress" in one) {
    files.delete(name);
    files.set(`snapshot.${name.split(".")[1]}.${one.method}`, compressed(content, one));
    return;
  }
  if ("forge" in one) forge(content, one);
  else if ("length" in one) {
    const record = recordAt(content, one.at);
    if (record !== undefined) content.writeInt32BE(one.value, record.offset + 8);
  } else if ("count" in one) {
    const at = 4 * Math.floor((one.at * COUNTS_END) / 4);
    if (at + 4 <= content.length) content.writeInt32BE(one.value, at);
  } else {
    const at = Math.floor(one.at * (usedBytes(content) + 1));
    if ("cut" in one) {
      files.set(name, content.subarray(0, at));
      return;
    }
    if ("flip" in one && at < content.length) content[at] = (content[at] as number) ^ one.bits;
    if ("zero" in one) content.fill(0, Math.min(at, content.length), Math.min(at + one.bytes, content.length));
  }
  files.set(name, content);
}

function nameAt(files: Files, { kind, place }: FilePlace): string | undefined {
  const zxid = (name: string): number => Number.parseInt(name.split(".")[1] as string, 16);
  const names = [...files.keys()].filter((name) => name.startsWith(`${kind}.`)).sort((a, b) => zxid(a) - zxid(b));
  return names[Math.floor(place * names.length)];
}

/** Returns the number of bytes without the zeros at the end. */
function usedBytes(content: Buffer): number {
  let end = content.length;
  while (end > 0 && content[end - 1] === 0) end--;
  return end;
}

/** The bytes at the start of a snapshot that have its counts, its ACLs and its first znode. */
const COUNTS_END = 160;

/** Returns the record at a place of a log, from 0 to below 1. */
function recordAt(content: Buffer, at: number): TxnLogRecord | undefined {
  const decoder = new TxnLogDecoder({ is34: false, closeSessionHasBody: true, maxBytes: content.length });
  decoder.push(content);
  decoder.end();
  const records: TxnLogRecord[] = [];
  for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
    if (item.kind === "record") records.push(item);
  }
  return records[Math.floor(at * records.length)];
}

function forge(content: Buffer, { at, byte, value }: Extract<Mutation, { readonly forge: FilePlace }>): void {
  const record = recordAt(content, at);
  if (record === undefined) return;
  const start = record.offset + 12;
  content.writeInt32BE(value, start + Math.floor(byte * (record.length - 3)));
  content.writeBigInt64BE(BigInt(adler32(content, start, start + record.length)), record.offset);
}

function compressed(
  content: Buffer,
  { at, bits, method }: Extract<Mutation, { readonly compress: FilePlace }>,
): Buffer {
  const bytes = method === "gz" ? gzipSync(content) : snappyStream(content);
  const place = Math.floor(at * bytes.length);
  if (bits !== 0) bytes[place] = (bytes[place] as number) ^ bits;
  return bytes;
}

const SNAPPY_BLOCK = 32 * 1024;

/** Returns a stream of snappy-java whose blocks have one literal each. */
function snappyStream(content: Buffer): Buffer<ArrayBuffer> {
  const parts = [Buffer.from([...SNAPPY_MAGIC, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < content.length; at += SNAPPY_BLOCK) {
    const data = Buffer.from(content.subarray(at, at + SNAPPY_BLOCK));
    const { length } = data;
    const varint = [(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14];
    // A literal with a length of two bytes.
    const head = Buffer.from([...varint, 61 << 2, (length - 1) & 0xff, (length - 1) >> 8]);
    const size = Buffer.alloc(4);
    size.writeInt32BE(head.length + length);
    parts.push(size, head, data);
  }
  return Buffer.concat(parts);
}
