/**
 * Zxids and lists of them in the notation of `zabsim decide`: a zxid is `1:7` or `0x100000007`; a list is made of zxids
 * and ranges, such as `1:1..1:5,2:1`. Each function returns a description of the error for any other text.
 *
 * Unlike the histories of scenario files (cluster/zxid-range.ts), these zxids have 64 bits, and a list may lack zxids
 * or be out of order, because an operator describes what is on a disk.
 */
import { type Logged, parseZxid64 } from "../protocol/index.ts";
import type { CommittedLogFacts, Zxid64 } from "./known-facts.ts";

/** The accepted notations of one zxid. */
export const ZXID_FORMS = "a zxid such as 1:7 or 0x100000007";

const LONGEST_RANGE = 1_000_000n;

/** Parses a zxid. `-1` and `none` stand for a server without a transaction. */
export function readZxid(text: string): Zxid64 | string {
  if (text === "-1" || text === "none") return -1n;
  return parseZxid64(text) ?? `${text}: not a zxid (accepted: ${ZXID_FORMS}, or -1)`;
}

/** Parses a list of zxids. The word `empty` stands for a list without transactions. */
export function readTxns(text: string): Logged<Zxid64>[] | string {
  if (text.trim() === "empty") return [];
  const txns: Logged<Zxid64>[] = [];
  for (const part of text.split(",")) {
    const range = readRange(part.trim());
    if (typeof range === "string") return range;
    for (let zxid = range.first; zxid <= range.last; zxid++) txns.push({ zxid });
  }
  return txns;
}

function readRange(text: string): { readonly first: Zxid64; readonly last: Zxid64 } | string {
  const [from = "", to = from, more] = text.split("..");
  const [first, last] = [readZxid(from), readZxid(to)];
  if (typeof first === "string") return first;
  if (typeof last === "string") return last;
  if (more === undefined && first <= last && last - first <= LONGEST_RANGE) return { first, last };
  return `${text}: not a range (accepted: ascending, up to ${LONGEST_RANGE} zxids, such as 1:1..1:5)`;
}

/**
 * Parses the content of committedLog. Of a range that spans several epochs, only the first and the last zxid are known,
 * because the range does not say where each epoch ends.
 */
export function readCommittedLog(text: string): CommittedLogFacts | string {
  const [min, max, more] = text.split("..").map((part) => parseZxid64(part.trim()));
  if (min !== undefined && max !== undefined && more === undefined && min >> 32n < max >> 32n) return { min, max };
  const txns = readTxns(text);
  return typeof txns === "string" ? txns : { txns };
}
