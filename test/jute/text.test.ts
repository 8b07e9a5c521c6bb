import { expect, test } from "vitest";
import { decodeText, encodeText } from "../../jute/index.ts";

const R = "\u{fffd}";

test.each<[string, number[], string]>([
  ["a surrogate", [0xed, 0xa0, 0xbd], R],
  ["two surrogates of one character", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], R + R],
  ["a surrogate that is cut off by a letter", [0xed, 0xa0, 0x41], `${R}A`],
  ["a surrogate that is cut off by the end", [0x41, 0xed, 0xa0], `A${R}`],
  ["two surrogates that are both cut off", [0xed, 0xa0, 0xed, 0xa0], R + R],
  ["an encoding that is too long", [0xe0, 0x80], R + R],
  ["a character above the last one", [0xf4, 0x90, 0x80], R + R + R],
  ["a character of three bytes that is cut off", [0xe2, 0x82], R],
  ["a character of four bytes that is cut off", [0xf0, 0x9f, 0x98], R],
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
