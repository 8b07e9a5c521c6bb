/**
 * Writes the disk of a simulated server as ZooKeeper's own files, for a release. Each transaction creates a znode with
 * the value that the client wrote. A reconfiguration sets the data of /zookeeper/config.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VALUE_BEFORE_RUN } from "../cluster/start-disk.ts";
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
import { writeConfig } from "../protocol/election/config-wire.ts";
import { counterOf, type DiskImage, epochOf, type Txn, type Zxid } from "../protocol/index.ts";

const CREATE = 1;
const RECONFIG = 16;
const MAX_BYTES = 0xfffff;
/** A time before every run, so that all servers of a scenario have the same bytes for the same transaction. */
const START_MS = 1_700_000_000_000n;
const CONFIG_PATH = "/zookeeper/config";
const NO_VERSION = -1;
const OPEN_ACL = [{ perms: 31, scheme: "world", id: "anyone" }];

/** Returns the path of the znode that a transaction from before the run creates. */
export function startPath(zxid: Zxid): string {
  return `/before-${epochOf(zxid)}-${counterOf(zxid)}`;
}

/** Returns the path of the znode that a transaction of the run creates. */
function runPath(zxid: Zxid): string {
  return `/run-${epochOf(zxid)}-${counterOf(zxid)}`;
}

/** Writes the files of a disk below `version-2` of a data directory. */
export function writeDiskFiles(dataDir: string, image: DiskImage, release: string): void {
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
  for (const { name, txns, unreadableFrom } of image.logFiles) {
    const records = txns.map((txn) => encodeTxnLogRecord(encodeTxn(logTxn(txn))));
    const damaged = records[unreadableFrom ?? -1];
    // The first byte of a record is part of its checksum.
    damaged?.fill((damaged[0] ?? 0) ^ 0xff, 0, 1);
    write(logFileName(name), Buffer.concat([encodeTxnLogHeader(), ...records]));
  }
}

/** Writes the file myid. */
export function writeMyid(dataDir: string, sid: number): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, "myid"), `${sid}\n`);
}

function treeTxn({ config, value, zxid }: Txn): TreeTxn {
  const header = { clientId: 0n, zxid: BigInt(zxid), timeMs: START_MS, digest: null };
  if (config !== undefined) {
    const data = new TextEncoder().encode(writeConfig(config));
    return {
      ...header,
      type: RECONFIG,
      body: encodeTxnBody({ kind: "set-data", path: CONFIG_PATH, data, version: NO_VERSION }),
    };
  }
  const isOfStart = value === VALUE_BEFORE_RUN;
  const body = encodeTxnBody({
    kind: "create",
    path: isOfStart ? startPath(zxid) : runPath(zxid),
    data: new TextEncoder().encode(isOfStart ? "" : String(value)),
    acls: OPEN_ACL,
    isEphemeral: false,
    parentCversion: -1,
  });
  return { ...header, type: CREATE, body };
}

function logTxn(txn: Txn): Parameters<typeof encodeTxn>[0] {
  return { ...treeTxn(txn), cxid: 0, rest: new Uint8Array(0) };
}
