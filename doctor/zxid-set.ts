/** Sets of zxids as ascending ranges that do not touch each other. Each operation takes time linear in the ranges. */
import { asZxid, counterOf, epochOf, formatZxid, type Zxid } from "../protocol/zxid.ts";

/** The zxids from `first` to `last`, both included. */
export interface Range {
  readonly first: Zxid;
  readonly last: Zxid;
}

/** Ascending ranges that do not touch each other. */
export type ZxidSet = readonly Range[];

/** Returns the set of all zxids in the ranges, which can have any order and overlap. */
export function setOf(ranges: readonly Range[]): ZxidSet {
  const result: { first: Zxid; last: Zxid }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = asZxid(Math.max(before.last, last));
    else result.push({ first, last });
  }
  return result;
}

/** Returns the zxids in `a` or `b`. */
export function union(a: ZxidSet, b: ZxidSet): ZxidSet {
  return setOf([...a, ...b]);
}

/** Returns the zxids in both sets. */
export function intersection(a: ZxidSet, b: ZxidSet): ZxidSet {
  const result: Range[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] as Range, b[j] as Range];
    const first = asZxid(Math.max(left.first, right.first));
    const last = asZxid(Math.min(left.last, right.last));
    if (first <= last) result.push({ first, last });
    if (left.last < right.last) i++;
    else j++;
  }
  return result;
}

/** Returns the zxids in `a` and not in `b`. */
export function difference(a: ZxidSet, b: ZxidSet): ZxidSet {
  const result: Range[] = [];
  let j = 0;
  for (const range of a) {
    let first: number = range.first;
    while (j < b.length && (b[j] as Range).last < first) j++;
    for (let k = j; k < b.length && (b[k] as Range).first <= range.last; k++) {
      const cut = b[k] as Range;
      if (cut.first > first) result.push({ first: asZxid(first), last: asZxid(cut.first - 1) });
      first = cut.last + 1;
    }
    if (first <= range.last) result.push({ first: asZxid(first), last: range.last });
  }
  return result;
}

/** Returns the zxids in the set up to `limit`. */
export function upTo(set: ZxidSet, limit: number): ZxidSet {
  return intersection(set, [{ first: asZxid(0), last: asZxid(limit) }]);
}

/** Returns the zxids in the set above `limit`. */
export function above(set: ZxidSet, limit: number): ZxidSet {
  return intersection(set, [{ first: asZxid(limit + 1), last: asZxid(Number.MAX_SAFE_INTEGER) }]);
}

/** Returns whether the set contains a zxid. */
export function includes(set: ZxidSet, zxid: Zxid): boolean {
  return set.some(({ first, last }) => first <= zxid && zxid <= last);
}

/** Returns the number of zxids in the set. */
export function sizeOf(set: ZxidSet): number {
  return set.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Returns the set in the notation of scenarios, such as `1:1..1:5, 2:1`; the empty text for the empty set. */
export function textOf(set: ZxidSet): string {
  return set
    .flatMap(inEpochs)
    .map(({ first, last }) => (first === last ? formatZxid(first) : `${formatZxid(first)}..${formatZxid(last)}`))
    .join(", ");
}

/** Splits a range at the ends of epochs, which only damaged files can cross. */
function inEpochs({ first, last }: Range): Range[] {
  if (epochOf(first) === epochOf(last)) return [{ first, last }];
  const end = asZxid(first - counterOf(first) + 0xffff_ffff);
  return [{ first, last: end }, ...inEpochs({ first: asZxid(end + 2), last })];
}
