import { expect, test } from "vitest";
import { decodeText, encodeText } from "../../jute/index.ts";

const R = "\u{fffd}";

test.each<[string, number[], string]>([
  ["a surrogate", [0xed, 0xa0, 0xbd], R],
  ["two surrogates of one character", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], R + R],
  ["a surrogate that is cut off by a letter", [0xed, 0xa0, 0x41], `${R}A`],
  ["a surrogate that is cut off by the end", [0x41, 0xed, 0xa0], `A${R}`],
  ["the last character before the surrogates", [0xed, 0x9f, 0xbf], "\u{d7ff}"],
  ["a lone first byte", [0xed], R],
  ["a first byte before a letter", [0xed, 0x41], `${R}A`],
  ["four bytes of UTF-8", [0xf0, 0x9f, 0x98, 0x80], "😀"],
])("%s is read as in Java", (_name, bytes, text) => {
  expect(decodeText(Uint8Array.from(bytes))).toBe(text);
});

test("a character outside the basic plane does not survive", () => {
  expect(decodeText(encodeText("a😀ü€"))).toBe(`a${R}${R}ü€`);
});
