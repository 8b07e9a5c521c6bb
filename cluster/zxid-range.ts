/**
 * Zxids and histories in the notation of scenario files: a zxid is `1:5` or `0x100000005`; a history is a list of zxids
 * and of ranges within one epoch, such as `1:1..1:5, 2:1`.
 */
import { asZxid, counterOf, epochOf, formatZxid, parseZxid, type Zxid } from "../protocol/zxid.ts";

/** The zxids from `first` to `last`, both included and of the same epoch. */
export interface ZxidRange {
  readonly first: Zxid;
  readonly last: Zxid;
}

/**
 * The largest number of transactions in a history. Without this limit, a mistyped range such as `1:1..1:4294967295`
 * would use all memory.
 */
export const HISTORY_LENGTH_MAX = 1_000_000;

/** Returns the ranges of a history. If the text is not a valid history, returns a description of the error instead. */
export function parseZxidRanges(text: string): readonly ZxidRange[] | string {
  if (text.trim() === "") return [];
  const ranges: ZxidRange[] = [];
  let length = 0;
  let previous = asZxid(0);
  for (const part of text.split(",")) {
    const range = parseZxidRange(part.trim());
    if (typeof range === "string") return range;
    if (counterOf(range.first) === 0) return `${formatZxid(range.first)} is not a transaction: counters start at 1`;
    if (range.first <= previous) return `${formatZxid(range.first)} does not come after ${formatZxid(previous)}`;
    previous = range.last;
    length += range.last - range.first + 1;
    if (length > HISTORY_LENGTH_MAX) return `is longer than ${HISTORY_LENGTH_MAX} transactions`;
    ranges.push(range);
  }
  return ranges;
}

function parseZxidRange(text: string): ZxidRange | string {
  const ends = text.split("..").map((end) => end.trim());
  const first = parseZxid(ends[0] ?? "");
  const last = parseZxid(ends[1] ?? ends[0] ?? "");
  if (first === undefined || last === undefined || ends.length > 2)
    return `"${text}" is neither a zxid nor a range of zxids`;
  if (epochOf(first) !== epochOf(last)) return `the ends of the range ${text} are in different epochs`;
  if (last < first) return `the start of the range ${text} is greater than its end`;
  return { first, last };
}

/** Returns the zxids of a history, oldest first. Throws a RangeError for a text that `loadScenario` would reject. */
export function parseHistory(text: string): Zxid[] {
  const ranges = parseZxidRanges(text);
  if (typeof ranges === "string") throw new RangeError(`history "${text}": ${ranges}`);
  return ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => asZxid(first + i)));
}

/** Returns the history as `1:1..1:5, 2:1`; returns any other text unchanged. */
export function normalizeHistory(text: string): string {
  const ranges = parseZxidRanges(text);
  return typeof ranges === "string" ? text : ranges.map(formatRange).join(", ");
}

function formatRange({ first, last }: ZxidRange): string {
  return first === last ? formatZxid(first) : `${formatZxid(first)}..${formatZxid(last)}`;
}

/**
 * Returns the zxid as `epoch:counter`. Returns any other text unchanged. Also returns -1 unchanged, because no
 * transaction has this zxid. YAML reads unquoted hex as a number.
 */
export function normalizeZxid(zxid: string | number): string {
  const parsed = parseZxid(String(zxid));
  return parsed === undefined || parsed < 0 ? String(zxid) : formatZxid(parsed);
}
