/** Logarithm and exponential that do not depend on the engine. The expected bits are those of fdlibm. */
import { describe, expect, it } from "vitest";
import { exp, ln, powerOfTwo } from "../../sim/exact-math.ts";
import { Random } from "../../sim/random.ts";

const bits = (x: number): string => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16);
};

describe("the last bit", () => {
  it.each([
    [1, "0"],
    [2, "3fe62e42fefa39ef"],
    [10, "40026bb1bbb55516"],
    [0.1, "c0026bb1bbb55515"],
    [Math.SQRT1_2, "bfd62e42fefa39ee"],
    [1.3, "3fd0ca937be1b9dc"],
    [1.0000001, "3e7ad7f2847b6492"],
    [0.99999999, "be45798ee5cd2b2a"],
    [3, "3ff193ea7aad030a"],
    [5000, "402108cd8bc5b177"],
    [1e-9, "c034b927f32bffb8"],
    [1e300, "4085963447f87fb5"],
  ])("of ln(%d) is the same everywhere", (x, expected) => {
    expect(bits(ln(x))).toBe(expected);
  });

  it.each([
    [0, "3ff0000000000000"],
    [1, "4005bf0a8b145769"],
    [-1, "3fd78b56362cef38"],
    [1e-10, "3ff000000006df38"],
    [0.3, "3ff599058c8c1a96"],
    [0.34657359, "3ff6a09e66640654"],
    [0.35, "3ff6b4802c805dec"],
    [1.0397, "4006a07f99728ef9"],
    [1.04, "4006a23c87af69e8"],
    [-0.5, "3fe368b2fc6f960a"],
    [8.517193191416238, "40b3880000000004"],
    [20.5, "41c7d6c4f0bcdd5c"],
    [-20.5, "3e157a3afeed00ab"],
    [699, "7ef5c36fb1036d55"],
  ])("of exp(%d) is the same everywhere", (x, expected) => {
    expect(bits(exp(x))).toBe(expected);
  });
});

it("the results are as close as those of the engine", () => {
  const random = new Random("exact-math");
  for (let i = 0; i < 2000; i++) {
    const x = random.u01() + 1e-12;
    for (const argument of [x, 1 / x, 1e6 * x]) {
      expect(Math.abs(ln(argument) - Math.log(argument))).toBeLessThanOrEqual(2e-15 * Math.abs(Math.log(argument)));
    }
    for (const argument of [x, -20 * x, 600 * x]) {
      expect(Math.abs(exp(argument) / Math.exp(argument) - 1)).toBeLessThanOrEqual(1e-15);
    }
  }
});

it("powerOfTwo is exact", () => {
  expect([0, 1, 10, 52, -3].map(powerOfTwo)).toEqual([1, 2, 1024, 4503599627370496, 0.125]);
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("ln(%d) throws a RangeError", (x) => {
  expect(() => ln(x)).toThrow(RangeError);
});

it.each([701, -701, Number.NaN])("exp(%d) throws a RangeError", (x) => {
  expect(() => exp(x)).toThrow(RangeError);
});
