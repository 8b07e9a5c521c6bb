/**
 * Zxids and histories as scenario files write them: `1:5`, `0x100000005`, and `1:1..1:5, 2:1` for ranges of one epoch
 * one after the other.
 */
import { counterOf, epochOf, formatZxid, parseZxid, type Zxid } from "../protocol/zxid.ts";

/** All zxids from `first` to `last`, both included; both of one epoch. */
export interface ZxidRange {
  readonly first: Zxid;
  readonly last: Zxid;
}

/** More than any scenario needs; `1:1..1:4294967295` is a slip, and would fill the memory. */
export const HISTORY_LENGTH_MAX = 1_000_000;

/** The ranges of a history, or a sentence that says what is wrong with it. */
export function parseZxidRanges(text: string): readonly ZxidRange[] | string {
  if (text.trim() === "") return [];
  const ranges: ZxidRange[] = [];
  let length = 0;
  let previous: Zxid = 0;
  for (const part of text.split(",")) {
    const range = parseZxidRange(part.trim());
    if (typeof range === "string") return range;
    if (counterOf(range.first) === 0) return `${formatZxid(range.first)} is no txn: counters start at 1`;
    if (range.first <= previous) return `${formatZxid(range.first)} does not come after ${formatZxid(previous)}`;
    previous = range.last;
    length += range.last - range.first + 1;
    if (length > HISTORY_LENGTH_MAX) return `is longer than ${HISTORY_LENGTH_MAX} txns`;
    ranges.push(range);
  }
  return ranges;
}

function parseZxidRange(text: string): ZxidRange | string {
  const ends = text.split("..").map((end) => end.trim());
  const first = parseZxid(ends[0] ?? "");
  const last = parseZxid(ends[1] ?? ends[0] ?? "");
  if (first === undefined || last === undefined || ends.length > 2) return `"${text}" is no zxid and no range of zxids`;
  if (epochOf(first) !== epochOf(last)) return `the range ${text} leaves its epoch`;
  if (last < first) return `the range ${text} runs backwards`;
  return { first, last };
}

/** All zxids of a history, oldest first. Throws a RangeError for a text that `loadScenario` would not have let through. */
export function parseHistory(text: string): Zxid[] {
  const ranges = parseZxidRanges(text);
  if (typeof ranges === "string") throw new RangeError(`history "${text}": ${ranges}`);
  return ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
}

/** The history as `1:1..1:5, 2:1`; the text as it is when it is none. */
export function normalizeHistory(text: string): string {
  const ranges = parseZxidRanges(text);
  return typeof ranges === "string" ? text : ranges.map(formatRange).join(", ");
}

function formatRange({ first, last }: ZxidRange): string {
  return first === last ? formatZxid(first) : `${formatZxid(first)}..${formatZxid(last)}`;
}

/** The zxid as `epoch:counter`; the text as it is when it is none. Unquoted hex reaches us as a number. */
export function normalizeZxid(zxid: string | number): string {
  const parsed = parseZxid(String(zxid));
  return parsed === undefined ? String(zxid) : formatZxid(parsed);
}
