/** Zxids and histories in the notation of scenario files. */
import { describe, expect, it } from "vitest";
import {
  HISTORY_LENGTH_MAX,
  normalizeHistory,
  normalizeZxid,
  parseHistory,
  parseZxidRanges,
} from "../../cluster/zxid-range.ts";
import { formatZxid } from "../../protocol/index.ts";

describe("parseHistory", () => {
  it.each([
    ["", []],
    [" ", []],
    ["1:1", ["1:1"]],
    ["1:1..1:3, 2:1", ["1:1", "1:2", "1:3", "2:1"]],
    ["0x100000001..1:2", ["1:1", "1:2"]],
    [" 1:1 .. 1:2 ,3:7", ["1:1", "1:2", "3:7"]],
  ])("%j", (text, zxids) => {
    expect(parseHistory(text).map(formatZxid)).toEqual(zxids);
  });

  it("throws a RangeError with the text and the problem", () => {
    expect(() => parseHistory("2:1, 1:1")).toThrow(new RangeError('history "2:1, 1:1": 1:1 does not come after 2:1'));
  });
});

describe("parseZxidRanges returns what is wrong with", () => {
  it.each([
    ["x", '"x" is neither a zxid nor a range of zxids'],
    ["1:1..1:2..1:3", '"1:1..1:2..1:3" is neither a zxid nor a range of zxids'],
    ["1:1,", '"" is neither a zxid nor a range of zxids'],
    ["1:0", "1:0 is not a transaction: counters start at 1"],
    ["1:2..2:1", "the ends of the range 1:2..2:1 are in different epochs"],
    ["1:3..1:2", "the start of the range 1:3..1:2 is greater than its end"],
    ["1:1, 1:1", "1:1 does not come after 1:1"],
    ["1:1..1:4294967295", `is longer than ${HISTORY_LENGTH_MAX} transactions`],
  ])("%j", (text, problem) => {
    expect(parseZxidRanges(text)).toBe(problem);
  });
});

it("normalizeHistory writes zxids as epoch:counter, and leaves other texts as they are", () => {
  expect(normalizeHistory("0x100000001..1:3,2:1..2:1")).toBe("1:1..1:3, 2:1");
  expect(normalizeHistory("none")).toBe("none");
});

it("normalizeZxid accepts hex as a text and as a number, and leaves other texts as they are", () => {
  expect([normalizeZxid("0x100000002"), normalizeZxid(0x1_0000_0002), normalizeZxid("1:2")]).toEqual(
    Array.from({ length: 3 }, () => "1:2"),
  );
  expect(normalizeZxid("first")).toBe("first");
});
