/**
 * What a data directory shows of the disk with which its server started: the transactions of epochs that were over
 * before the logs begin, the log files with them, and the snapshots that no line of the log reports.
 */
import type { ServerSpec } from "../cluster/cluster-spec.ts";
import {
  above,
  difference,
  includes,
  intersection,
  setOf,
  textOf,
  union,
  upTo,
  type ZxidSet,
} from "../doctor/zxid-set.ts";
import type { ExplainedHandshake } from "../explain/ensemble.ts";
import type { Zxid64 } from "../logs/index.ts";
import { asZxid, counterOf, epochOf, formatZxid, ZERO_ZXID } from "../protocol/zxid.ts";
import type { DiskFacts } from "./disk-state.ts";
import type { Evidence, ServerEvidence } from "./evidence.ts";

/** The number of zxids of an epoch. */
const COUNTERS = 0x1_0000_0000;

/** Returns the directory that shows something of the start of a server. Undefined if there is none. */
export function directoryOf({ processes, server }: ServerEvidence, { disks }: Evidence): DiskFacts | undefined {
  // What a server writes after its disk was wiped says nothing about the disk before.
  const isWiped = processes.slice(1).some(({ run }) => run.missingEpochFiles.length > 0);
  return disks.find((one) => one.server === server && !isWiped);
}

/** What the logs show of the first disk of a server. */
export interface LoggedStart {
  /** The last zxid. */
  readonly zxid: Zxid64;
  /** The transactions up to it, as the logs suggest them. */
  readonly txns: readonly Zxid64[];
  /** The first epoch that the logs show. Infinite if they show none. */
  readonly firstNew: number;
  /** The first handshakes of the servers. */
  readonly handshakes: readonly ExplainedHandshake[];
}

/** Returns the transactions on the first disk of a server. */
export function txnsAtStart(directory: DiskFacts | undefined, logged: LoggedStart): readonly Zxid64[] {
  const { firstNew, zxid } = logged;
  if (directory === undefined || zxid <= 0n) return logged.txns;
  const { log, server, tree } = directory;
  const last = Math.min(Number(zxid), firstNew * COUNTERS - 1);
  const cut = logged.handshakes.find((one) => one.learner === server && one.operation === "TRUNC")?.zxid;
  const records = upTo(log, Math.min(last, cut === undefined ? last : Number(cut)));
  // If the tree lacks the last transaction, it goes on with those of other servers: after a TRUNC or a SNAP.
  const isKept = counterOf(asZxid(last)) === 0 || includes(tree, asZxid(last));
  const loaded = upTo(tree, isKept ? last : (intersection(records, tree).at(-1)?.last ?? 0));
  const known = union(records, loaded);
  if (known.length === 0) return logged.txns;
  // A log without a transaction between two others lacks it. Above the log, only a snapshot is known.
  const logEnd = records.at(-1)?.last ?? loaded.at(-2)?.last ?? 0;
  const rest = logged.txns.flatMap((one) => {
    const zxid = asZxid(Number(one));
    return zxid > logEnd ? [{ first: zxid, last: zxid }] : [];
  });
  return zxidsIn(setOf([...known, ...rest]));
}

function zxidsIn(set: ZxidSet): Zxid64[] {
  return set.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => BigInt(first + i)));
}

/** Returns the spec of a server with the log files and the snapshots that its directory still has. */
export function withFilesAtStart(
  spec: ServerSpec,
  directory: DiskFacts | undefined,
  txns: readonly Zxid64[],
  { history }: ServerEvidence,
): ServerSpec {
  if (directory === undefined || spec.empty) return spec;
  const start = setOf(txns.map((zxid) => ({ first: asZxid(Number(zxid)), last: asZxid(Number(zxid)) })));
  const logged = new Set(history.disk.flatMap(({ kind, zxid }) => (kind === "snapshot-taken" ? [Number(zxid)] : [])));
  const last = start.at(-1)?.last ?? 0;
  const possible = directory.snapshots.filter(
    (zxid) => zxid <= last && (counterOf(zxid) === 0 || includes(start, zxid)),
  );
  const kept = intersection(directory.log, start);
  // A TRUNC has removed the last records.
  const log = kept.length === 0 ? [] : union(kept, above(start, kept.at(-1)?.last ?? 0));
  // A snapshot that the log reports can replace one with the same zxid. It counts if the others lead to no database.
  const snapshots = [possible.filter((zxid) => !logged.has(zxid)), possible].find((zxids) => {
    const newest = zxids.at(-1);
    return newest !== undefined && difference(above(start, newest), log).length === 0;
  });
  if (snapshots === undefined) return spec;
  const { log: _log, logFrom: _logFrom, ...rest } = spec;
  return {
    ...rest,
    snapshots: snapshots.map(formatZxid),
    ...(textOf(log) !== textOf(start) && { log: textOf(log) }),
    logFilesFrom: directory.logFiles
      .filter((zxid) => includes(log, zxid))
      .slice(1)
      .map(formatZxid),
  };
}

/** Returns the disk of a server without a log: its directory, if it is older than what the logs show. */
export function silentDisk({ spec, tree }: DiskFacts, firstNew: number): ServerSpec | undefined {
  const epochs = [spec.acceptedEpoch, spec.currentEpoch].map((epoch) => (typeof epoch === "number" ? epoch : 0));
  return Math.max(...epochs, epochOf(tree.at(-1)?.last ?? ZERO_ZXID)) < firstNew ? spec : undefined;
}
