/**
 * How reports write zxids and times. The same forms as in scenario files, kept here because reports read other rooms'
 * types only.
 */
import type { Zxid } from "../protocol/zxid.ts";

/** `epoch:counter`; `none` for -1, what a server without a database has. */
export function formatZxid(zxid: Zxid): string {
  if (zxid < -1) return "min";
  return zxid < 0 ? "none" : `${Math.floor(zxid / 0x1_0000_0000)}:${zxid >>> 0}`;
}

/** `1:4..1:9`, or one zxid. */
export function formatZxidRange(first: Zxid, last: Zxid): string {
  return first === last ? formatZxid(first) : `${formatZxid(first)}..${formatZxid(last)}`;
}

/** A moment of a run: seconds with all their microseconds. */
export function formatMoment(us: number): string {
  return (us / 1_000_000).toFixed(6);
}

/** How long something took: three digits that matter. */
export function formatSpan(us: number): string {
  if (us < 1000) return `${us} us`;
  if (us < 1_000_000) return `${(us / 1000).toPrecision(3)} ms`;
  return `${(us / 1_000_000).toPrecision(us < 10_000_000 ? 3 : 4)} s`;
}

/** How many columns a line takes: without the colors. */
export function visibleLength(line: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colors are control sequences
  return line.replace(/\u001b\[[\d;]*m/g, "").length;
}

/** Breaks a text into lines of at most `width` characters, at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}
