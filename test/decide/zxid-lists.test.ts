import { describe, expect, it } from "vitest";
import { readCommittedLog, readTxns, readZxid } from "../../decide/zxid-lists.ts";

const zxid = (epoch: bigint, counter: bigint): bigint => (epoch << 32n) + counter;
const zxidsIn = (text: string): unknown => {
  const txns = readTxns(text);
  return typeof txns === "string" ? txns : txns.map((txn) => txn.zxid);
};

it.each([
  ["1:7", zxid(1n, 7n)],
  ["0x100000007", zxid(1n, 7n)],
  ["-1", -1n],
  ["none", -1n],
  ["1:x", "1:x: not a zxid (accepted: a zxid such as 1:7 or 0x100000007, or -1)"],
])("the zxid %s", (text, expected) => {
  expect(readZxid(text)).toBe(expected);
});

describe("the list", () => {
  it.each([
    ["empty", []],
    ["1:1..1:3", [zxid(1n, 1n), zxid(1n, 2n), zxid(1n, 3n)]],
    ["2:1, 1:1", [zxid(2n, 1n), zxid(1n, 1n)]],
    ["1:3..1:1", expect.stringContaining("1:3..1:1: not a range")],
    ["1:1..1:2..1:3", expect.stringContaining("not a range")],
    ["1:1..9:1", expect.stringContaining("up to 1000000 zxids")],
    ["1:1,", expect.stringContaining(": not a zxid")],
  ])("%s", (text, expected) => {
    expect(zxidsIn(text)).toEqual(expected);
  });
});

describe("committedLog", () => {
  it("is known by its ends if a range spans several epochs", () => {
    expect(readCommittedLog("0x400000001..0x500000017")).toEqual({ min: zxid(4n, 1n), max: zxid(5n, 23n) });
  });

  it("is known in full if the range is within one epoch", () => {
    expect(readCommittedLog("4:1..4:2")).toEqual({ txns: [{ zxid: zxid(4n, 1n) }, { zxid: zxid(4n, 2n) }] });
  });

  it("is refused if a part is no zxid", () => {
    expect(readCommittedLog("4:1..5")).toContain("4:1..5: not a range");
  });
});
