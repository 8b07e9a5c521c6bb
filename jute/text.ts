/**
 * Strings of jute. A writer encodes each UTF-16 unit on its own, so that a character outside the basic plane has six
 * bytes in place of the four of UTF-8 (BinaryOutputArchive#writeString). A reader reads UTF-8, in which such six bytes
 * are no character.
 */

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The first byte of a surrogate, and of other characters with three bytes. */
const SURROGATE_START = 0xed;
const REPLACEMENT = new Uint8Array([0xef, 0xbf, 0xbd]);

/**
 * Reads UTF-8. Bytes that are no character become U+FFFD. A surrogate, which has three bytes, becomes one U+FFFD as in
 * Java, while a TextDecoder makes three of it.
 */
export function decodeText(bytes: Uint8Array): string {
  return utf8.decode(bytes.includes(SURROGATE_START) ? withoutSurrogates(bytes) : bytes);
}

/** Returns bytes in which each surrogate, also one that is cut off after its second byte, is U+FFFD. */
function withoutSurrogates(bytes: Uint8Array): Uint8Array {
  // A cut-off surrogate grows by one byte.
  const result = new Uint8Array(2 * bytes.length);
  let end = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = surrogateLength(bytes, at);
    if (length === 0) result[end++] = bytes[at++] as number;
    else {
      result.set(REPLACEMENT, end);
      end += REPLACEMENT.length;
      at += length;
    }
  }
  return result.subarray(0, end);
}

/** Returns the number of bytes of the surrogate at a position; 0 if there is none. */
function surrogateLength(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== SURROGATE_START) return 0;
  const [second = 0, third = 0] = bytes.subarray(at + 1, at + 3);
  if (second < 0xa0 || second > 0xbf) return 0;
  return (third & 0xc0) === 0x80 ? 3 : 2;
}

/** Returns the bytes of a string as jute writes it. */
export function encodeText(text: string): Uint8Array {
  const bytes = new Uint8Array(encodedLength(text));
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes[at++] = unit;
    else {
      if (unit < 0x800) bytes[at++] = 0xc0 | (unit >> 6);
      else {
        bytes[at++] = 0xe0 | (unit >> 12);
        bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
      }
      bytes[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return bytes;
}

function encodedLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) length += unit < 0x800 ? 1 : 2;
  }
  return length;
}
