/** Tests the formats of zxid ranges, times, counts and wrapped lines. */
import { describe, expect, it } from "vitest";
import { asEpoch, makeZxid } from "../../protocol/zxid.ts";
import {
  countOf,
  formatMoment,
  formatSpan,
  formatZxidRange,
  hanging,
  visibleLength,
  wrap,
} from "../../reports/format.ts";

describe("formatZxidRange", () => {
  it("writes a range of one zxid as that zxid", () => {
    const first = makeZxid(asEpoch(1), 4);
    expect(formatZxidRange(first, makeZxid(asEpoch(1), 9))).toBe("1:4..1:9");
    expect(formatZxidRange(first, first)).toBe("1:4");
  });
});

describe("times", () => {
  it("formatMoment writes seconds with all microseconds", () => {
    expect(formatMoment(1_204_310)).toBe("1.204310");
  });

  it.each([
    [999, "999 us"],
    [13_240, "13.2 ms"],
    [2_001_000, "2.00 s"],
    [120_040_000, "120.0 s"],
  ])("formatSpan writes %d us as %s", (us, text) => {
    expect(formatSpan(us)).toBe(text);
  });
});

describe("countOf", () => {
  it("uses the singular for 1 only", () => {
    expect([0, 1, 2].map((count) => countOf(count, "step"))).toEqual(["0 steps", "1 step", "2 steps"]);
  });
});

describe("lines", () => {
  it("visibleLength does not count colors", () => {
    expect(visibleLength("\u001b[1;31mred\u001b[0m")).toBe(3);
  });

  it("wrap breaks at spaces and keeps a long word whole", () => {
    expect(wrap("one two three-and-four five", 8)).toEqual(["one two", "three-and-four", "five"]);
    expect(wrap("  ", 8)).toEqual([]);
  });

  it("hanging indents the first line and the others, within the width", () => {
    expect(hanging("one two three", "- ", "    ", 11)).toEqual(["- one two", "    three"]);
  });
});
