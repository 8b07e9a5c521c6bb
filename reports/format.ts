/**
 * How reports write ranges of zxids, times and long lines.
 */
import { formatZxid, type Zxid } from "../protocol/zxid.ts";

/** No line of a report is longer, in columns, unless it holds a long word such as a path. */
export const PAGE_WIDTH = 80;

/** `1:4..1:9`, or one zxid. */
export function formatZxidRange(first: Zxid, last: Zxid): string {
  return first === last ? formatZxid(first) : `${formatZxid(first)}..${formatZxid(last)}`;
}

/** A time of a run in seconds, with all microseconds: `1.204310`. */
export function formatMoment(us: number): string {
  return (us / 1_000_000).toFixed(6);
}

/** A duration with at least three significant digits: `13.2 ms`. */
export function formatSpan(us: number): string {
  if (us < 1000) return `${us} us`;
  if (us < 1_000_000) return `${(us / 1000).toPrecision(3)} ms`;
  return `${(us / 1_000_000).toPrecision(us < 10_000_000 ? 3 : 4)} s`;
}

/** `1 step`, `2 steps`. */
export function countOf(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

/** The columns that a line takes on a terminal: escape sequences of colors take none. */
export function visibleLength(line: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colors are control sequences
  return line.replace(/\u001b\[[\d;]*m/g, "").length;
}

/** Breaks a text at spaces into lines of at most `width` characters. A longer word gets a line of its own. */
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

/** Wraps a text to `width` columns, indentation included: `first` before the first line, `rest` before the others. */
export function hanging(text: string, first: string, rest: string, width = PAGE_WIDTH): string[] {
  const indent = Math.max(first.length, rest.length);
  return wrap(text, width - indent).map((line, i) => (i === 0 ? first : rest) + line);
}
