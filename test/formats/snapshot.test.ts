import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  SnappyStreamDecoder,
  type SnapshotContent,
  SnapshotDecoder,
  type UnusableSnapshot,
  uncompressBlock,
} from "../../formats/index.ts";
import { unpackDisks } from "../recordings/disks.ts";
import { random } from "./random.ts";

const READER = { maxBytes: 2 * 0xfffff, readsDigest: true, readsLastZxid: true };

const disks = unpackDisks("3.9.5");
afterAll(() => rmSync(disks, { recursive: true, force: true }));
const folder = join(disks, "end", "1", "version-2");
const snapshots = readdirSync(folder)
  .filter((name) => name.startsWith("snapshot."))
  .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
const small = snapshots.find(({ name }) => name === "snapshot.20000000e")?.bytes as Buffer;

function decode(bytes: Buffer, chunk = bytes.length, reader = READER): SnapshotContent | UnusableSnapshot {
  const decoder = new SnapshotDecoder(reader);
  for (let at = 0; at < bytes.length; at += chunk) decoder.push(bytes.subarray(at, at + chunk));
  decoder.end();
  if (decoder.result === undefined) throw new Error("no result");
  return decoder.result;
}

describe.each(snapshots)("$name", ({ bytes, name }) => {
  test("is readable", () => {
    const zxid = Number.parseInt(name.slice("snapshot.".length), 16);
    expect(decode(bytes)).toMatchObject({ kind: "snapshot", lastZxid: zxid });
  });

  test.each([1, 13, 4096])("gives the same result in chunks of %i bytes", (chunk) => {
    const size = bytes.length > 100_000 && chunk === 1 ? 977 : chunk;
    expect(decode(bytes, size)).toEqual(decode(bytes));
  });

  test("is readable without the sections that older releases do not read", () => {
    const reader = { ...READER, readsDigest: false, readsLastZxid: false };
    expect(decode(bytes, bytes.length, reader)).toMatchObject({ kind: "snapshot", lastZxid: undefined });
  });
});

test("a snapshot has the configuration and its counts", () => {
  expect(decode(small)).toMatchObject({ nodes: 19, aclLists: 2, sessions: 0 });
  expect((decode(small) as SnapshotContent).config).toContain("server.1=127.0.0.1:21011:21021:participant");
});

function changed(change: (bytes: Buffer) => void): SnapshotContent | UnusableSnapshot {
  const bytes = Buffer.from(small);
  change(bytes);
  return decode(bytes);
}

test.each<[string, (bytes: Buffer) => void, string, boolean]>([
  ["another magic number", (bytes) => bytes.write("ZKLG"), "bad-magic", false],
  ["a count of sessions beyond the end", (bytes) => bytes.writeInt32BE(0x7fffffff, 16), "short", false],
  ["a vector of ACLs that is null", (bytes) => bytes.writeInt32BE(-1, 32), "null-acl-list", true],
  ["an ACL without a scheme", (bytes) => bytes.writeInt32BE(-2, 40), "unreasonable-length", false],
  [
    "a flipped byte of data",
    (bytes) => bytes.writeUInt8((bytes.at(-200) as number) ^ 1, bytes.length - 200),
    "bad-checksum",
    false,
  ],
])("%s", (_name, change, reason, isFatal) => {
  expect(changed(change)).toMatchObject({ kind: "damage", reason, isFatal });
});

test("a snapshot that is cut anywhere is unusable or complete, and never throws", () => {
  for (let length = 0; length < small.length; length++) {
    const { kind } = decode(small.subarray(0, length));
    // The digest and the last zxid are optional sections at the end.
    if (length < small.length - 60) expect(kind).toBe("damage");
  }
});

test("5,000 damaged snapshots are decoded without an exception, and the same in chunks", () => {
  const draw = random(2);
  for (let run = 0; run < 5000; run++) {
    const bytes = Buffer.from(small);
    for (let i = draw(4); i >= 0; i--) bytes[draw(bytes.length)] = draw(256);
    const whole = decode(bytes);
    if (run % 20 === 0) expect(decode(bytes, 1 + draw(100))).toEqual(whole);
  }
});

describe("snappy", () => {
  test.each<[string, number[], string | undefined]>([
    ["a literal", [3, 2 << 2, 97, 98, 99], "abc"],
    ["a copy with an offset of one byte", [7, 2 << 2, 97, 98, 99, 1, 3], "abcabca"],
    ["a copy with an offset of two bytes", [6, 2 << 2, 97, 98, 99, (2 << 2) | 2, 3, 0], "abcabc"],
    ["a copy from before the start", [7, 2 << 2, 97, 98, 99, 1, 4], undefined],
    ["more bytes than the length says", [2, 2 << 2, 97, 98, 99], undefined],
    ["fewer bytes than the length says", [9, 2 << 2, 97, 98, 99], undefined],
    ["a length of 4 GiB", [255, 255, 255, 255, 15, 0], undefined],
    ["a literal that is longer than the block", [3, 63 << 2, 255, 255, 255, 255, 97], undefined],
  ])("%s", (_name, block, text) => {
    const result = uncompressBlock(Uint8Array.from(block));
    expect(result && new TextDecoder().decode(result)).toBe(text);
  });

  test("20,000 random blocks are decoded without an exception", () => {
    const draw = random(3);
    for (let run = 0; run < 20_000; run++) {
      uncompressBlock(Uint8Array.from({ length: draw(40) }, () => draw(256)));
    }
  });

  test("a block of hostile size is refused before memory is taken", () => {
    const decoder = new SnappyStreamDecoder();
    decoder.push(
      Uint8Array.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x7f, 255, 255, 255]),
    );
    expect(decoder.next()).toBeUndefined();
    expect(decoder.isBroken).toBe(true);
  });
});
