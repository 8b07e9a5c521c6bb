/** Writes the disk of a scenario's server as ZooKeeper's own files, for a release. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyTxn, DataTree, encodeTreeFile, type TreeTxn, treeRulesOf } from "../datatree/index.ts";
import {
  diskFormatOf,
  encodeEpochFile,
  encodeTxn,
  encodeTxnBody,
  encodeTxnLogHeader,
  encodeTxnLogRecord,
  logFileName,
  snapshotFileName,
} from "../formats/index.ts";
import { counterOf, type DiskImage, epochOf, type Txn, type Zxid } from "../protocol/index.ts";

const CREATE = 1;
const MAX_BYTES = 0xfffff;
/** A time before every run, so that all servers of a scenario have the same bytes for the same transaction. */
const START_MS = 1_700_000_000_000n;
const OPEN_ACL = [{ perms: 31, scheme: "world", id: "anyone" }];

/** Returns the path of the znode that a transaction from before the run creates. */
export function startPath(zxid: Zxid): string {
  return `/before-${epochOf(zxid)}-${counterOf(zxid)}`;
}

/** Writes the files of a disk below `version-2` of a data directory. */
export function writeStartFiles(dataDir: string, image: DiskImage, release: string): void {
  const folder = join(dataDir, "version-2");
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content);
  const { acceptedEpoch, currentEpoch, currentEpochTmp } = image;
  if (acceptedEpoch !== undefined) write("acceptedEpoch", encodeEpochFile(acceptedEpoch));
  if (currentEpoch !== undefined) write("currentEpoch", encodeEpochFile(currentEpoch));
  if (currentEpochTmp !== undefined) write("currentEpoch.tmp", encodeEpochFile(currentEpochTmp));
  for (const { history, zxid } of image.snapshots) {
    const tree = new DataTree(treeRulesOf(release, { maxBytes: MAX_BYTES }));
    for (const txn of history.txns()) applyTxn(tree, treeTxn(txn));
    tree.lastProcessedZxid = BigInt(zxid);
    write(snapshotFileName(zxid), Buffer.concat([...encodeTreeFile(tree, diskFormatOf(release))]));
  }
  for (const { name, txns } of image.logFiles) {
    const records = txns.map((txn) => encodeTxnLogRecord(encodeTxn(logTxn(txn))));
    write(logFileName(name), Buffer.concat([encodeTxnLogHeader(), ...records]));
  }
}

function treeTxn({ zxid }: Txn): TreeTxn {
  const body = encodeTxnBody({
    kind: "create",
    path: startPath(zxid),
    data: new Uint8Array(0),
    acls: OPEN_ACL,
    isEphemeral: false,
    parentCversion: -1,
  });
  return { clientId: 0n, zxid: BigInt(zxid), timeMs: START_MS, type: CREATE, body, digest: null };
}

function logTxn(txn: Txn): Parameters<typeof encodeTxn>[0] {
  return { ...treeTxn(txn), cxid: 0, rest: new Uint8Array(0) };
}
