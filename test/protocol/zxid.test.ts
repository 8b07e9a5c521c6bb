import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  asEpoch,
  asServerId,
  counterOf,
  epochOf,
  formatZxid,
  formatZxidHex,
  leavesGap,
  MAX_COUNTER,
  MAX_EPOCH,
  MIN_VALUE,
  makeZxid,
  NO_EPOCH,
  NO_ZXID,
  parseZxid,
  parseZxid64,
  serverIdsOf,
  type Zxid,
} from "../../protocol/zxid.ts";

const z = (text: string): Zxid => parseZxid(text) as Zxid;
const epoch = fc.integer({ min: 0, max: MAX_EPOCH }).map(asEpoch);
const counter = fc.integer({ min: 0, max: MAX_COUNTER });

describe("a zxid", () => {
  it("has the epoch and counter that it was made from, and both of its text forms are parsed back to it", () => {
    fc.assert(
      fc.property(epoch, counter, (e, c) => {
        const zxid = makeZxid(e, c);
        expect([epochOf(zxid), counterOf(zxid)]).toEqual([e, c]);
        expect(parseZxid(formatZxid(zxid))).toBe(zxid);
        expect(parseZxid(formatZxidHex(zxid))).toBe(zxid);
      }),
    );
  });

  it("is ordered by epoch, then by counter", () => {
    fc.assert(
      fc.property(epoch, counter, epoch, counter, (e1, c1, e2, c2) => {
        const expected = e1 === e2 ? Math.sign(c1 - c2) : Math.sign(e1 - e2);
        expect(Math.sign(makeZxid(e1, c1) - makeZxid(e2, c2))).toBe(expected);
      }),
    );
  });

  it("of a server without a database is -1: epoch -1, all bits set", () => {
    expect([epochOf(NO_ZXID), counterOf(NO_ZXID)]).toEqual([-1, MAX_COUNTER]);
    expect([formatZxid(NO_ZXID), formatZxidHex(NO_ZXID)]).toEqual(["none", "0xffffffffffffffff"]);
    expect(epochOf(makeZxid(NO_EPOCH, 0))).toBe(-1);
  });

  it("of a non-voter's vote is Long.MIN_VALUE, written min", () => {
    expect(formatZxid(MIN_VALUE)).toBe("min");
  });

  it("with an epoch or counter out of range throws a RangeError", () => {
    expect(() => makeZxid(asEpoch(MAX_EPOCH + 1), 0)).toThrow(RangeError);
    expect(() => makeZxid(asEpoch(-2), 0)).toThrow(RangeError);
    expect(() => makeZxid(asEpoch(0), MAX_COUNTER + 1)).toThrow(RangeError);
    expect(() => makeZxid(asEpoch(0), -1)).toThrow(RangeError);
  });
});

describe("parseZxid64", () => {
  it("reads all 64 bits as a signed number", () => {
    expect(parseZxid64("0xffffffffffffffff")).toBe(-1n);
    expect(parseZxid64("0x8000000000000000")).toBe(-(1n << 63n));
    expect(parseZxid64("4294967295:4294967295")).toBe(-1n);
    expect(parseZxid64("1")).toBe(1n);
  });

  it.each([
    ...["", ":", "1:", ":1", "a:b", "0x", "0x1g", "-1", "1 : 2", "0x1ffffffffffffffff"],
    ...["1:4294967296", "4294967296:1", "9999999999999999999"],
  ])("returns undefined for %j", (text) => expect(parseZxid64(text)).toBeUndefined());
});

it("parseZxid rejects zxids that a simulated server cannot hold", () => {
  expect(parseZxid("0xffffffffffffffff")).toBe(NO_ZXID);
  expect(parseZxid("0x7fffffffffffffff")).toBeUndefined();
  expect(parseZxid("0x8000000000000000")).toBeUndefined();
  expect(parseZxid("x")).toBeUndefined();
});

it.each([
  ["1:1", "1:2", false],
  ["1:1", "1:3", true],
  ["1:2", "1:1", true],
  ["1:1", "2:5", false],
  ["2:1", "1:9", true],
])("from %s to %s: a gap is %s", (previous, zxid, gap) => expect(leavesGap(z(previous), z(zxid))).toBe(gap));

it("serverIdsOf returns ids in ascending order", () => {
  expect(serverIdsOf({ [asServerId(10)]: null, [asServerId(2)]: null })).toEqual([2, 10]);
});
