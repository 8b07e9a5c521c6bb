import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  counterOf,
  epochOf,
  formatZxid,
  formatZxidHex,
  MAX_COUNTER,
  MAX_EPOCH,
  makeZxid,
  parseZxid,
  parseZxid64,
} from "../../protocol/zxid.ts";

const epoch = fc.integer({ min: 0, max: MAX_EPOCH });
const counter = fc.integer({ min: 0, max: MAX_COUNTER });

describe("zxid", () => {
  it("is taken apart as it was put together, and written as it is read", () => {
    fc.assert(
      fc.property(epoch, counter, (e, c) => {
        const zxid = makeZxid(e, c);
        expect([epochOf(zxid), counterOf(zxid)]).toEqual([e, c]);
        expect(parseZxid(formatZxid(zxid))).toBe(zxid);
        expect(parseZxid(formatZxidHex(zxid))).toBe(zxid);
      }),
    );
  });

  it("is ordered by epoch, then counter", () => {
    fc.assert(
      fc.property(epoch, counter, epoch, counter, (e1, c1, e2, c2) => {
        const expected = e1 === e2 ? Math.sign(c1 - c2) : Math.sign(e1 - e2);
        expect(Math.sign(makeZxid(e1, c1) - makeZxid(e2, c2))).toBe(expected);
      }),
    );
  });

  it("-1 is a server without a database: epoch -1, all bits set", () => {
    expect([epochOf(-1), counterOf(-1), formatZxid(-1), formatZxidHex(-1)]).toEqual([
      -1,
      MAX_COUNTER,
      "none",
      "0xffffffffffffffff",
    ]);
    expect(epochOf(makeZxid(-1, 0))).toBe(-1);
  });

  it("all 64 bits are read, signed", () => {
    expect(parseZxid64("0xffffffffffffffff")).toBe(-1n);
    expect(parseZxid64("0x8000000000000000")).toBe(-(1n << 63n));
    expect(parseZxid64("4294967295:4294967295")).toBe(-1n);
    expect(parseZxid("0x7fffffffffffffff")).toBeUndefined();
  });

  it.each(["", "1", ":", "1:", ":1", "a:b", "0x", "0x1g", "1:4294967296", "-1", "1 : 2", "0x1ffffffffffffffff"])(
    "%j is none, or not one of two numbers",
    (text) =>
      expect(text === "1" ? parseZxid64(text) : (parseZxid64(text) ?? undefined)).toBe(text === "1" ? 1n : undefined),
  );

  it("an epoch or counter that does not fit is a defect", () => {
    expect(() => makeZxid(MAX_EPOCH + 1, 0)).toThrow(RangeError);
    expect(() => makeZxid(0, MAX_COUNTER + 1)).toThrow(RangeError);
  });
});
