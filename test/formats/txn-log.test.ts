import { describe, expect, test } from "vitest";
import { findRecords, TxnLogDecoder, type TxnLogItem } from "../../formats/index.ts";
import { adler32 } from "../../jute/index.ts";
import { random } from "./random.ts";

const READER = { is34: false, closeSessionHasBody: true, maxBytes: 1000 };

function header(magic = "ZKLG"): Buffer {
  return Buffer.concat([Buffer.from(magic), Buffer.from([0, 0, 0, 2]), Buffer.alloc(8)]);
}

/** A createSession with this zxid. */
function entry(zxid: number, type = -10, body = Buffer.from([0, 0, 0x75, 0x30])): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeBigInt64BE(7n, 0);
  bytes.writeBigInt64BE(BigInt(zxid), 12);
  bytes.writeInt32BE(type, 28);
  return Buffer.concat([bytes, body]);
}

function record(content: Buffer, change: { checksum?: number; length?: number; end?: string } = {}): Buffer {
  const start = Buffer.alloc(12);
  start.writeBigInt64BE(BigInt(change.checksum ?? adler32(content)), 0);
  start.writeInt32BE(change.length ?? content.length, 8);
  return Buffer.concat([start, content, Buffer.from(change.end ?? "B")]);
}

/** Decodes bytes in chunks of this size. */
function decode(bytes: Buffer, chunk = bytes.length, reader = READER): TxnLogItem[] {
  const decoder = new TxnLogDecoder(reader);
  const items: TxnLogItem[] = [];
  const take = (): void => {
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) items.push(item);
  };
  for (let at = 0; at < bytes.length; at += chunk) {
    decoder.push(bytes.subarray(at, at + chunk));
    take();
  }
  decoder.end();
  take();
  return items;
}

const outline = (items: readonly TxnLogItem[]): string[] =>
  items.map((item) => (item.kind === "record" ? `${item.zxid}` : item.kind === "stop" ? item.reason : item.kind));

const LOG = Buffer.concat([header(), record(entry(1)), record(entry(2)), Buffer.alloc(100)]);

test.each([1, 7, 64, 1000])("a log in chunks of %i bytes gives the same items", (chunk) => {
  expect(outline(decode(LOG, chunk))).toEqual(["header", "1", "2", "padding"]);
});

describe("where reading ends", () => {
  const first = [header(), record(entry(1))];
  test.each<[string, Buffer[], string[], boolean]>([
    ["the end of the file after a record", [], ["end-of-file"], false],
    ["the end of the file inside a record", [record(entry(2)).subarray(0, 30)], ["torn"], false],
    ["the end of the file inside the start of a record", [record(entry(2)).subarray(0, 5)], ["torn"], false],
    [
      "a missing end byte",
      [record(entry(2), { end: "C" }), record(entry(3))],
      ["no-end-byte", "3", "end-of-file"],
      false,
    ],
    [
      "a wrong checksum",
      [record(entry(2), { checksum: 1 }), record(entry(3))],
      ["bad-checksum", "3", "end-of-file"],
      true,
    ],
    ["a length above the limit", [record(entry(2), { length: 1001 })], ["unreasonable-length"], true],
    ["a negative length", [record(entry(2), { length: -2 })], ["unreasonable-length"], true],
    ["the length -1", [record(entry(2), { length: -1 })], ["null-entry"], true],
    ["an entry that is shorter than its header", [record(Buffer.alloc(20, 1))], ["short-entry", "end-of-file"], false],
    ["a body that ends inside a field", [record(entry(2, 5, Buffer.alloc(3)))], ["short-entry", "end-of-file"], false],
    ["an unknown type", [record(entry(2, 99))], ["unsupported-type", "end-of-file"], true],
    [
      "a field of unreasonable length",
      [record(entry(2, 2, Buffer.from([1, 0, 0, 0])))],
      ["unreasonable-field", "end-of-file"],
      true,
    ],
  ])("%s", (_name, rest, expected, isDamage) => {
    const items = decode(Buffer.concat([...first, ...rest]));
    expect(outline(items)).toEqual(["header", "1", ...expected]);
    expect(items.find(({ kind }) => kind === "stop")).toMatchObject({ isDamage });
  });

  test.each<[string, Buffer, string[]]>([
    ["no byte", Buffer.alloc(0), ["empty-file"]],
    ["a cut header", header().subarray(0, 15), ["short-header"]],
    ["another magic number", header("ZKSN"), ["header", "bad-magic"].slice(1)],
  ])("a file with %s", (_name, bytes, expected) => {
    expect(outline(decode(bytes))).toEqual(expected);
  });
});

test("3.4 does not know the types of 3.5", () => {
  const body = Buffer.from([0, 0, 0, 2, 0x2f, 0x61]);
  const log = Buffer.concat([header(), record(entry(1, 20, body))]);
  expect(outline(decode(log))).toEqual(["header", "1", "end-of-file"]);
  expect(outline(decode(log, log.length, { ...READER, is34: true }))[1]).toBe("unsupported-type");
});

test("a digest after the body is found", () => {
  const plain = entry(1);
  const items = decode(
    Buffer.concat([header(), record(plain), record(Buffer.concat([entry(2), Buffer.alloc(12, 1)]))]),
  );
  expect(items.slice(1, 3)).toMatchObject([{ hasDigest: false }, { hasDigest: true }]);
});

test("two transactions with the same zxid and different headers have different fingerprints", () => {
  const other = entry(1);
  other.writeInt32BE(5, 8);
  const [, one, two] = decode(Buffer.concat([header(), record(entry(1)), record(other)]));
  expect(one).toMatchObject({ zxid: 1 });
  expect((one as { fingerprint: number }).fingerprint).not.toBe((two as { fingerprint: number }).fingerprint);
});

test("records are found wherever they start", () => {
  const noise = Buffer.concat([Buffer.alloc(512), Buffer.from("noise B \0\0\0\0 more noise")]);
  const piece = Buffer.concat([noise, record(entry(4)), record(entry(5)), noise, record(entry(6)).subarray(0, 40)]);
  expect([...findRecords(piece, 100, READER)].map(({ offset, zxid }) => [offset, zxid])).toEqual([
    [100 + noise.length, 4],
    [100 + noise.length + 49, 5],
  ]);
});

test("20,000 damaged logs are decoded without an exception, and the same in chunks", () => {
  const draw = random(1);
  const base = Buffer.concat([header(), ...Array.from({ length: 8 }, (_, i) => record(entry(i + 1)))]);
  for (let run = 0; run < 20_000; run++) {
    const bytes = Buffer.from(base.subarray(0, run % 3 === 0 ? draw(base.length) : base.length));
    for (let i = draw(4); i >= 0 && bytes.length > 0; i--) bytes[draw(bytes.length)] = draw(256);
    const whole = decode(bytes);
    expect(whole.some(({ kind }) => kind === "stop")).toBe(true);
    if (run % 20 === 0) expect(decode(bytes, 1 + draw(40))).toEqual(whole);
  }
});
