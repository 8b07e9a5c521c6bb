/**
 * Which transactions are on a quorum, and which of them were surely, possibly or not committed. A transaction is
 * committed once a quorum has logged it, so the answer depends on the disks that are known, and on those that are not.
 */
import type { ServerId, Zxid } from "../protocol/zxid.ts";
import type { ServerDisk, ServerHistory } from "./histories.ts";
import { isCut } from "./predict-start.ts";
import { difference, includes, type Range, setOf, sizeOf, union, type ZxidSet } from "./zxid-set.ts";

/** Whether transactions were committed. */
export type CommitStatus =
  /** A quorum has them. */
  | "committed"
  /** A quorum can have had them: the disks of some servers are not known, were emptied or are damaged. */
  | "possibly-committed"
  /** No quorum had them. */
  | "not-committed"
  /** A quorum has logged them, and a later epoch lacks them: they are lost. */
  | "lost";

/** Transactions that the same servers have. */
export interface TxnGroup {
  readonly range: Range;
  readonly status: CommitStatus;
  /** The voters that have the transactions in the tree that they load. */
  readonly holders: readonly ServerId[];
  /** The voters that have them only in the log, below a newer snapshot that lacks them. */
  readonly staleAt: readonly ServerId[];
  /** The voters that have them in a log that they cannot load. */
  readonly unloadedAt: readonly ServerId[];
  /** The voters that can have had them: their disks are not known, empty or damaged there. */
  readonly unknownAt: readonly ServerId[];
  /** The servers whose later epoch lacks them. */
  readonly supersededBy: readonly ServerId[];
}

/** The voters of an ensemble, and its quorums. */
export interface Voters {
  readonly ids: readonly ServerId[];
  isQuorum(servers: readonly ServerId[]): boolean;
}

/** Divides all known transactions into groups that the same servers have, ascending. */
export function groupTxns(
  disks: readonly ServerDisk[],
  histories: readonly ServerHistory[],
  voters: Voters,
): TxnGroup[] {
  const all = histories.reduce<ZxidSet>((set, { log, tree }) => union(set, union(tree, log)), []);
  const sets = histories.flatMap(({ stale, tree, unloaded }) => [tree, stale, unloaded]);
  return all
    .flatMap((range) => splitAt(range, sets))
    .map((range) => groupOf(range, disks, histories, voters))
    .reduce<TxnGroup[]>(joinEqual, []);
}

/** Splits a range so that each part is completely inside or outside of each set. */
function splitAt({ first, last }: Range, sets: readonly ZxidSet[]): Range[] {
  const starts = new Set<number>([first]);
  for (const range of sets.flat())
    for (const start of [range.first, range.last + 1]) {
      if (start > first && start <= last) starts.add(start);
    }
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((start, i) => ({ first: start as Zxid, last: ((sorted[i + 1] ?? last + 1) - 1) as Zxid }));
}

function groupOf(
  range: Range,
  disks: readonly ServerDisk[],
  histories: readonly ServerHistory[],
  { ids, isQuorum }: Voters,
): TxnGroup {
  const zxid = range.first;
  const having = (of: (history: ServerHistory) => ZxidSet): ServerId[] =>
    histories.filter((history) => ids.includes(history.sid) && includes(of(history), zxid)).map(({ sid }) => sid);
  const holders = having(({ tree }) => tree);
  const staleAt = having(({ stale }) => stale);
  const unloadedAt = having(({ unloaded }) => unloaded);
  const known = [...holders, ...staleAt, ...unloadedAt];
  const unknownAt = ids.filter(
    (sid) =>
      !known.includes(sid) &&
      isUnknown(
        disks.find((disk) => disk.sid === sid),
        zxid,
      ),
  );
  const supersededBy = histories.filter((history) => supersedes(history, zxid)).map(({ sid }) => sid);
  const status = statusOf(isQuorum(known), isQuorum([...known, ...unknownAt]), supersededBy.length > 0);
  return { range, status, holders, staleAt, unloadedAt, unknownAt, supersededBy };
}

function statusOf(isOnQuorum: boolean, canBeOnQuorum: boolean, isSuperseded: boolean): CommitStatus {
  if (isSuperseded) return isOnQuorum ? "lost" : "not-committed";
  return isOnQuorum ? "committed" : canBeOnQuorum ? "possibly-committed" : "not-committed";
}

/** Returns whether a server surely has later transactions and lacks this one. */
function supersedes({ gaps, holes, proven, tree }: ServerHistory, zxid: Zxid): boolean {
  if (includes(gaps, zxid)) return true;
  const last = proven.at(-1)?.last ?? -1;
  return last > zxid && !includes(tree, zxid) && !includes(holes, zxid) && zxid > (proven[0]?.first ?? last);
}

/** Returns whether the voter can have logged the transaction although its disk, as far as it is known, lacks it. */
function isUnknown(disk: ServerDisk | undefined, zxid: Zxid): boolean {
  if (disk === undefined || disk.start.database === undefined) return true;
  const { lastZxid, cutLogs } = disk.start.database;
  return zxid > lastZxid && (lastZxid <= 0 || cutLogs.some(({ stop }) => isCut(stop)));
}

function joinEqual(groups: TxnGroup[], group: TxnGroup): TxnGroup[] {
  const before = groups.at(-1);
  const key = (one: TxnGroup): string => JSON.stringify({ ...one, range: undefined });
  if (before === undefined || key(before) !== key(group)) return [...groups, group];
  const sameEpoch = group.range.first === before.range.last + 1;
  if (!sameEpoch) return [...groups, group];
  return [...groups.slice(0, -1), { ...before, range: { first: before.range.first, last: group.range.last } }];
}

/** Two servers whose histories contradict each other. */
export interface Contradiction {
  readonly servers: readonly [ServerId, ServerId];
  /** Transactions below the last common one that only the first server has. */
  readonly onlyFirst: ZxidSet;
  /** Transactions below the last common one that only the second server has. */
  readonly onlySecond: ZxidSet;
  /** Zxids that stand for different transactions on the two servers. */
  readonly different: ZxidSet;
}

/** Returns what two histories have below their last common transaction that the other one lacks. */
export function contradictionOf(
  a: ServerHistory,
  b: ServerHistory,
  lastCommon: Zxid | undefined,
  different: ZxidSet,
): Contradiction | undefined {
  const below = (set: ZxidSet): ZxidSet =>
    lastCommon === undefined ? [] : difference(set, [{ first: lastCommon, last: Number.MAX_SAFE_INTEGER as Zxid }]);
  // A transaction that only the own disk proves is missing at the other one only if the other disk proves that, too.
  const lacking = (set: ZxidSet, other: ServerHistory): ZxidSet =>
    setOf(below(difference(set, union(other.tree, other.holes))).filter(({ first }) => first > lowest(other)));
  const onlyFirst = lacking(a.tree, b);
  const onlySecond = lacking(b.tree, a);
  if (sizeOf(onlyFirst) + sizeOf(onlySecond) + sizeOf(different) === 0) return undefined;
  return { servers: [a.sid, b.sid], onlyFirst, onlySecond, different };
}

function lowest({ proven }: ServerHistory): number {
  return proven[0]?.first ?? Number.POSITIVE_INFINITY;
}
