/**
 * Formats ranges of zxids, times and long lines for reports.
 */
import stringWidth from "string-width";
import { formatZxid, type Zxid } from "../protocol/zxid.ts";

/**
 * The default width of a report, in columns. A line is wider only if it contains a word that is too long, such as a
 * path.
 */
export const PAGE_WIDTH = 80;

/** Returns a range such as `1:4..1:9`, or a single zxid if both ends are equal. */
export function formatZxidRange(first: Zxid, last: Zxid): string {
  return first === last ? formatZxid(first) : `${formatZxid(first)}..${formatZxid(last)}`;
}

/** Returns a time of a run in seconds, exact to the microsecond: `1.204310`. */
export function formatMoment(us: number): string {
  return (us / 1_000_000).toFixed(6);
}

/** Returns a duration with a suitable unit: `450 us`, `13.2 ms`, `1.25 s`. */
export function formatSpan(us: number): string {
  if (us < 1000) return `${us} us`;
  if (us < 1_000_000) return `${(us / 1000).toPrecision(3)} ms`;
  return `${(us / 1_000_000).toPrecision(us < 10_000_000 ? 3 : 4)} s`;
}

/** Returns a count with its noun: `1 step`, `2 steps`. */
export function countOf(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

/** Returns the number of columns that a line takes on a terminal, without the escape sequences of colors. */
export function visibleLength(line: string): number {
  return stringWidth(line);
}

/**
 * Breaks a text at spaces into lines of at most `width` characters. A word longer than `width` gets a line of its own.
 */
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

/**
 * Wraps a text into lines of at most `width` columns. Puts `first` before the first line and `rest` before every other
 * line. The width includes these prefixes.
 */
export function hanging(text: string, first: string, rest: string, width = PAGE_WIDTH): string[] {
  const indent = Math.max(first.length, rest.length);
  return wrap(text, width - indent).map((line, i) => (i === 0 ? first : rest) + line);
}
