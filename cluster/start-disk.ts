/**
 * The content of a server's disk when a scenario starts, built from its ServerSpec.
 *
 * If the histories of two servers name the same zxid, both servers hold the same transaction. Equal prefixes of two
 * histories can share their History objects.
 */

import {
  asEpoch,
  asZxid,
  type DiskImage,
  type Epoch,
  epochOf,
  type History,
  type LogFile,
  makeTxn,
  parseZxid,
  type Txn,
  type Zxid,
} from "../protocol/index.ts";
import type { ServerSpec } from "./cluster-spec.ts";
import { parseHistory } from "./zxid-range.ts";

/** The value of every transaction that a disk holds before the run. */
export const VALUE_BEFORE_RUN = "before";

/**
 * Returns the image that the server loads at its first start. `empty` is the empty history that all servers of the
 * cluster share.
 */
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
  const epochFile = (value: number | "missing" | undefined): Epoch | undefined =>
    value === "missing" ? undefined : asEpoch(value ?? epoch);
  return {
    acceptedEpoch: epochFile(spec.acceptedEpoch),
    currentEpoch: epochFile(spec.currentEpoch),
    currentEpochTmp: spec.currentEpochTmp === undefined ? undefined : asEpoch(spec.currentEpochTmp),
    updatingEpoch: false,
    snapshots: (spec.snapshots ?? ["0:0"]).map((text) => {
      const zxid = zxidOf(text);
      return { zxid, history: history.upTo(zxid) };
    }),
    logFiles: logFiles(spec, history.txns()),
  };
}

/** Returns the history that a list such as `1:1..1:5, 2:1` describes, as an extension of `empty`. */
export function historyOf(text: string, empty: History): History {
  let history = empty;
  for (const zxid of parseHistory(text)) history = history.extend(startTxn(zxid));
  return history;
}

function logFiles(spec: ServerSpec, txns: readonly Txn[]): LogFile[] {
  const kept = spec.log === undefined ? logOf(spec, txns) : parseHistory(spec.log).map(startTxn);
  const starts = spec.logFilesFrom.map(zxidOf);
  const files: { name: Zxid; txns: Txn[] }[] = [];
  for (const txn of kept) {
    const last = files[files.length - 1];
    if (last === undefined || starts.includes(txn.zxid)) files.push({ name: txn.zxid, txns: [txn] });
    else last.txns.push(txn);
  }
  return files;
}

function logOf({ logFrom }: ServerSpec, txns: readonly Txn[]): readonly Txn[] {
  return logFrom === undefined ? txns : txns.filter((txn) => txn.zxid >= zxidOf(logFrom));
}

function startTxn(zxid: Zxid): Txn {
  return makeTxn(zxid, VALUE_BEFORE_RUN);
}

/** Parses a zxid of a loaded scenario, which the loader has checked. */
export function zxidOf(text: string): Zxid {
  return parseZxid(text) ?? asZxid(0);
}
