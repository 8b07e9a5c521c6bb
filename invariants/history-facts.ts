/** Helpers for the facts of a violation: find where two histories differ, and write a zxid in a sentence. */
import { formatZxid, type History, type Zxid } from "../protocol/index.ts";

/**
 * Returns the zxid of the history's last transaction, or 0 if the history is empty. Returns undefined if there is no
 * history.
 */
export function zxidAtEnd(history: History | undefined): Zxid | undefined {
  return history?.zxid;
}

/** Returns the text for a zxid in a sentence; `nothing` if there is no zxid. */
export function zxidText(zxid: Zxid | undefined): string {
  return zxid === undefined ? "nothing" : formatZxid(zxid);
}

/**
 * The zxid of each of two histories at the first position where they differ; undefined for a history that ends before
 * that position.
 */
export interface Fork {
  /** The zxid of the first history at the position where the histories differ. */
  readonly here: Zxid | undefined;
  /** The zxid of the second history at that position. */
  readonly there: Zxid | undefined;
}

/** Returns where two histories differ. Walks both, so call it only for a violation. */
export function fork(one: History, other: History): Fork {
  let here = one.prefix(other.length);
  let there = other.prefix(one.length);
  if (here.equals(there)) {
    const next = here.length + 1;
    return { here: nthZxid(one, next), there: nthZxid(other, next) };
  }
  while (here.previous !== null && there.previous !== null && !here.previous.equals(there.previous)) {
    here = here.previous;
    there = there.previous;
  }
  return { here: here.zxid, there: there.zxid };
}

function nthZxid(history: History, n: number): Zxid | undefined {
  return history.length < n ? undefined : history.prefix(n).zxid;
}
