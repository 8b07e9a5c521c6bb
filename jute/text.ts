/**
 * Strings of jute. A writer encodes each UTF-16 unit on its own, so that a character outside the basic plane has six
 * bytes in place of the four of UTF-8 (BinaryOutputArchive#writeString). A reader reads UTF-8, in which such six bytes
 * are no character.
 */

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads UTF-8. Bytes that are no character become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return utf8.decode(bytes);
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
