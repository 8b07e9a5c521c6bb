import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { compressionOf, gzipHeaderBytes, readEpochFile, zxidInName } from "../../formats/index.ts";

test.each<[string, "log" | "snapshot", boolean, number | undefined]>([
  ["log.100000001", "log", true, 0x100000001],
  ["log.5.bak", "log", false, 5],
  ["log.5.bak", "log", true, undefined],
  ["snapshot.5.gz", "snapshot", false, 5],
  ["snapshot.5", "log", false, undefined],
  ["log.", "log", false, undefined],
  ["log.xyz", "log", false, undefined],
  ["log.-1", "log", false, undefined],
  ["log.ffffffffffffffff", "log", false, undefined],
  ["log", "log", false, undefined],
])("the zxid in the name %s", (name, prefix, isTwoParts, zxid) => {
  expect(zxidInName(name, prefix, isTwoParts)).toBe(zxid);
});

test("the end of a name says how a snapshot is compressed", () => {
  expect(["snapshot.5", "snapshot.5.gz", "snapshot.5.SNAPPY", "snapshot.5.bak"].map(compressionOf)).toEqual([
    "none",
    "gzip",
    "snappy",
    "none",
  ]);
});

test.each<[string, object]>([
  ["7", { epoch: 7 }],
  ["7\n8", { epoch: 7 }],
  ["-1", { epoch: -1 }],
  ["", { text: "" }],
  [" 7", { text: " 7" }],
  ["99999999999999999999", { text: "99999999999999999999" }],
])("an epoch file with %j", (text, expected) => {
  expect(readEpochFile(text)).toEqual(expected);
});

test("the header of a gzip file", () => {
  const bytes = gzipSync("text");
  expect(gzipHeaderBytes(bytes)).toBe(10);
  expect(gzipHeaderBytes(bytes.subarray(0, 9))).toBe("short");
  const named = Buffer.concat([bytes.subarray(0, 10), Buffer.from("name\0")]);
  named[3] = 8;
  expect(gzipHeaderBytes(named)).toBe(15);
  expect(gzipHeaderBytes(named.subarray(0, 12))).toBe("short");
  bytes[2] = 7;
  expect(gzipHeaderBytes(bytes)).toBe("bad");
});
