/**
 * The transactions that each server has: those in the tree that it loads, and those in its log. A snapshot does not
 * name its transactions. Those below it are taken from the log of the server itself, as far as the log leads to the
 * snapshot without a gap, and else from all logs, without what a later epoch is known to lack.
 */
import { asZxid, counterOf, epochOf, nextZxid, type ServerId, ZERO_ZXID, type Zxid } from "../protocol/zxid.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { StartPrediction } from "./predict-start.ts";
import { lastOf, type TxnRun, type TxnRuns } from "./txn-runs.ts";
import { difference, intersection, type Range, setOf, union, upTo, type ZxidSet } from "./zxid-set.ts";

/** One server with its data directory and the prediction of its start. */
export interface ServerDisk {
  readonly sid: ServerId;
  readonly directory: DataDirectory;
  readonly start: StartPrediction;
}

/** The transactions of one server. */
export interface ServerHistory {
  readonly sid: ServerId;
  /**
   * The transactions in the tree that the server loads. Empty if it loads none, or if its database cannot be loaded.
   */
  readonly tree: ZxidSet;
  /** The transactions in its log files that can be read. */
  readonly log: ZxidSet;
  /** The part of `log` that the tree lacks: a tail that a SNAP left below a newer snapshot. */
  readonly stale: ZxidSet;
  /** The log, if the server cannot load it. */
  readonly unloaded: ZxidSet;
  /** The part of `tree` that the log and the snapshots of the server itself prove. */
  readonly proven: ZxidSet;
  /** Zxids between two epochs that follow each other in the log: the later epoch lacks them. */
  readonly gaps: ZxidSet;
  /** Zxids inside an epoch that are missing between the snapshot and the records after it, or between these. */
  readonly holes: ZxidSet;
}

/** Returns the histories of the servers, in the same order. */
export function historiesOf(disks: readonly ServerDisk[]): ServerHistory[] {
  const proofs = disks.map(proofOf);
  // A log that does not lead to a snapshot is weak evidence, but better than none.
  const known = proofs.reduce<ZxidSet>((all, { log, proven }) => union(all, union(log, proven)), []);
  const voids = setOf(proofs.flatMap(({ gaps }) => gaps));
  const lineage = difference(known, voids);
  return proofs.map(({ bottom, gaps, holes, isLoaded, log, proven, sid }) => {
    const tree = isLoaded ? union(proven, upTo(lineage, bottom)) : [];
    const [stale, unloaded] = isLoaded ? [difference(log, tree), []] : [[], log];
    return { sid, tree, log, proven, stale, unloaded, gaps: setOf(gaps), holes };
  });
}

interface Proof {
  readonly sid: ServerId;
  readonly isLoaded: boolean;
  readonly log: ZxidSet;
  readonly proven: ZxidSet;
  /** The own disk does not prove the tree below or at this zxid. */
  readonly bottom: Zxid;
  /** The zxids between the last transaction of an epoch and the first one of the next epoch. */
  readonly gaps: readonly Range[];
  readonly holes: ZxidSet;
}

function proofOf({ directory, sid, start }: ServerDisk): Proof {
  const log = setOf(directory.logs.flatMap(({ txns }) => rangesOf(txns)));
  const { database } = start;
  const gaps = gapsIn(log, directory);
  if (database === undefined) return { sid, isLoaded: false, log, proven: [], bottom: ZERO_ZXID, gaps, holes: [] };
  const snapshot = database.snapshot?.zxid ?? ZERO_ZXID;
  const loaded = setOf(
    database.records.flatMap(({ runs }) => runs.map((run) => ({ first: run.first, last: lastOf(run) }))),
  );
  const below = chainTo(snapshot, upTo(log, snapshot), directory);
  const own = counterOf(snapshot) === 0 ? [] : [{ first: snapshot, last: snapshot }];
  const proven = setOf([...loaded, ...below, ...own]);
  const bottom = below[0] === undefined ? snapshot : asZxid(below[0].first - 1);
  return { sid, isLoaded: true, log, proven, bottom, gaps, holes: holesAfter(snapshot, loaded) };
}

function rangesOf({ runs }: TxnRuns): Range[] {
  return runs.map((run) => ({ first: run.first, last: lastOf(run) }));
}

/** Returns the part of the log that leads to the snapshot without a gap. */
function chainTo(snapshot: Zxid, log: ZxidSet, { snapshots }: DataDirectory): ZxidSet {
  const result: Range[] = [];
  let next = snapshot;
  for (const range of log.toReversed()) {
    const isSame = range.last === next || (range.last === next - 1 && counterOf(next) > 0);
    // A SNAP that starts an epoch hides whether the epoch before it is complete.
    const isBefore = counterOf(next) === 1 && !snapshots.some(({ zxid }) => zxid === next - 1);
    if (!isSame && !(isBefore && epochOf(range.last) < epochOf(next))) break;
    result.push(range);
    next = range.first;
  }
  return result.reverse();
}

/**
 * Returns the zxids between two epochs that follow each other in the log. A snapshot between them can hide that the end
 * of the older epoch is a tail that later epochs lack.
 */
function gapsIn(log: ZxidSet, { snapshots }: DataDirectory): Range[] {
  return log.flatMap((range, i) => {
    const before = log[i - 1];
    if (before === undefined || counterOf(range.first) !== 1) return [];
    if (snapshots.some(({ zxid }) => zxid > before.last && zxid < range.first)) return [];
    return [{ first: asZxid(before.last + 1), last: asZxid(range.first - 1) }];
  });
}

/** Returns the zxids inside epochs that are missing between the snapshot and the records after it, or between these. */
function holesAfter(snapshot: Zxid, loaded: ZxidSet): ZxidSet {
  let previous = snapshot;
  const holes: Range[] = [];
  for (const { first, last } of loaded) {
    const isSameEpoch = epochOf(previous) === epochOf(first);
    const expected = isSameEpoch ? nextZxid(previous) : asZxid(first - counterOf(first) + 1);
    if (expected < first) holes.push({ first: expected, last: asZxid(first - 1) });
    previous = last;
  }
  return holes;
}

/** Returns the zxids of `common` that stand for different transactions in the two logs, by their fingerprints. */
export function conflictsBetween(a: ServerDisk, b: ServerDisk, common: ZxidSet): ZxidSet {
  const conflicts: Range[] = [];
  for (const { txns: left } of a.directory.logs) {
    for (const { txns: right } of b.directory.logs) {
      for (const one of left.runs)
        for (const other of right.runs) conflicts.push(...conflictsIn(left, one, right, other));
    }
  }
  return intersection(setOf(conflicts), common);
}

function conflictsIn(left: TxnRuns, one: TxnRun, right: TxnRuns, other: TxnRun): Range[] {
  const conflicts: Range[] = [];
  const last = Math.min(lastOf(one), lastOf(other));
  for (let zxid: number = Math.max(one.first, other.first); zxid <= last; zxid++) {
    const ours = left.fingerprintAt(one.index + (zxid - one.first));
    const theirs = right.fingerprintAt(other.index + (zxid - other.first));
    if (ours === undefined || theirs === undefined || ours === theirs) continue;
    conflicts.push({ first: asZxid(zxid), last: asZxid(zxid) });
  }
  return conflicts;
}

/** Returns the zxids that both servers have in their trees and in their logs. */
export function commonLogged(a: ServerHistory, b: ServerHistory): ZxidSet {
  return intersection(intersection(a.tree, b.tree), intersection(a.log, b.log));
}
