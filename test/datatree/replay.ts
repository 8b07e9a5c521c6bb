/** Loads and replays the data directories of recorded servers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { applyTxn, type DataTree, TreeFileLoader, type TreeRules, treeRulesOf } from "../../datatree/index.ts";
import { bodyReaderOf, readTxn, type SnapshotReader, type Txn, TxnLogDecoder } from "../../formats/index.ts";

const MAX_BYTES = 0xfffff;

/** What a release reads and writes. */
export interface Release {
  readonly version: string;
  readonly rules: TreeRules;
  readonly reader: SnapshotReader;
}

/** Returns what a release reads and writes. */
export function releaseOf(version: string): Release {
  const rules = treeRulesOf(version, { maxBytes: MAX_BYTES });
  return { version, rules, reader: { maxBytes: MAX_BYTES, readsDigest: rules.hasDigest, readsLastZxid: false } };
}

/** A file of a data directory. */
export interface DiskFile {
  readonly name: string;
  /** The zxid in the name. */
  readonly zxid: bigint;
  readonly bytes: Uint8Array;
}

/** Returns the files of a kind in a data directory, by their zxids. */
export function filesOf(folder: string, kind: "log" | "snapshot"): DiskFile[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${kind}.`))
    .map((name) => ({ name, zxid: BigInt(`0x${name.split(".")[1]}`), bytes: readFileSync(join(folder, name)) }))
    .sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
}

/** Loads the tree in a snapshot. Throws an Error if it is not usable. */
export function loadTree(file: Pick<DiskFile, "bytes" | "zxid">, { reader, rules }: Release): DataTree {
  const loader = new TreeFileLoader(rules, reader, file.zxid);
  loader.push(file.bytes);
  loader.end();
  const { result } = loader;
  if (result?.kind !== "tree" || result.digest === "different") throw new Error(JSON.stringify(result));
  return result.tree;
}

/** Returns the transactions in a log file. */
export function* txnsIn(bytes: Uint8Array, version: string): Generator<Txn> {
  const reader = bodyReaderOf(version, MAX_BYTES);
  const decoder = new TxnLogDecoder(reader);
  decoder.push(bytes);
  decoder.end();
  for (let item = decoder.next(); item?.kind === "header" || item?.kind === "record"; item = decoder.next()) {
    if (item.kind === "record") yield readTxn(decoder.lastEntry, reader);
  }
}

/** Counts of the digests that were compared. */
export interface DigestCounts {
  equal: number;
  different: number;
  unchecked: number;
}

/**
 * Replays the transactions after the last one of the tree, up to the first one that is missing: a server that got a
 * snapshot from the leader has no log of what it contains. `after` is called after each transaction.
 */
export function replay(
  tree: DataTree,
  logs: readonly DiskFile[],
  version: string,
  after: (txn: Txn) => void = () => {},
): DigestCounts {
  const counts: DigestCounts = { equal: 0, different: 0, unchecked: 0 };
  for (const { bytes } of logs) {
    for (const txn of txnsIn(bytes, version)) {
      if (txn.zxid <= tree.lastProcessedZxid) continue;
      if (!follows(txn.zxid, tree.lastProcessedZxid)) return counts;
      const outcome = applyTxn(tree, txn);
      if (outcome.kind !== "applied") throw new Error(`${txn.zxid}: ${JSON.stringify(outcome)}`);
      counts[outcome.digest]++;
      after(txn);
    }
  }
  return counts;
}

/** Whether a transaction is the next one of its epoch, or the first one of a later epoch. */
function follows(zxid: bigint, earlier: bigint): boolean {
  return zxid === earlier + 1n || (zxid > earlier && (zxid & 0xffff_ffffn) === 1n);
}
