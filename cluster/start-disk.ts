/**
 * What a server's disk holds when a scenario starts, from the few words its file says about it.
 *
 * Servers that name the same zxid hold the same transaction: their histories share the nodes of one tree.
 */

import {
  type DiskImage,
  epochOf,
  type History,
  type LogFile,
  makeTxn,
  parseZxid,
  type Txn,
} from "../protocol/index.ts";
import type { ServerSpec } from "./cluster-spec.ts";
import { parseHistory } from "./zxid-range.ts";

/** What every transaction from before the run is called. */
const BEFORE = "before";

export function startImage(spec: ServerSpec, empty: History): DiskImage {
  if (spec.empty) {
    return {
      acceptedEpoch: undefined,
      currentEpoch: undefined,
      currentEpochTmp: undefined,
      updatingEpoch: false,
      snapshots: [],
      logFiles: [],
    };
  }
  const history = historyOf(spec.history, empty);
  const epoch = Math.max(0, epochOf(history.zxid));
  const fileOr = (value: number | "missing" | undefined): number | undefined =>
    value === "missing" ? undefined : (value ?? epoch);
  return {
    acceptedEpoch: fileOr(spec.acceptedEpoch),
    currentEpoch: fileOr(spec.currentEpoch),
    currentEpochTmp: spec.currentEpochTmp,
    updatingEpoch: false,
    snapshots: (spec.snapshots ?? ["0:0"]).map((text) => {
      const zxid = zxidOf(text);
      return { zxid, history: history.upTo(zxid) };
    }),
    logFiles: logFiles(spec, history.txns()),
  };
}

/** The history that a list such as `1:1..1:5, 2:1` stands for. */
export function historyOf(text: string, empty: History): History {
  let history = empty;
  for (const zxid of parseHistory(text)) history = history.extend(makeTxn(zxid, BEFORE));
  return history;
}

function logFiles(spec: ServerSpec, txns: readonly Txn[]): LogFile[] {
  const kept = spec.logFrom === undefined ? txns : txns.filter((txn) => txn.zxid >= zxidOf(spec.logFrom as string));
  const starts = spec.logFilesFrom.map(zxidOf);
  const files: { name: number; txns: Txn[] }[] = [];
  for (const txn of kept) {
    const last = files[files.length - 1];
    if (last === undefined || starts.includes(txn.zxid)) files.push({ name: txn.zxid, txns: [txn] });
    else last.txns.push(txn);
  }
  return files;
}

/** A zxid that a loaded scenario is known to hold. */
export function zxidOf(text: string): number {
  return parseZxid(text) ?? 0;
}
