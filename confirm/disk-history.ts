/** Reads the transactions in the files of a real server: those that it loads when it starts. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { TreeFileLoader, treeRulesOf } from "../datatree/index.ts";
import { bodyReaderOf, decodeTxn, decodeTxnBody, diskFormatOf, TxnLogDecoder, zxidInName } from "../formats/index.ts";
import { asZxid, type Zxid } from "../protocol/index.ts";

const MAX_BYTES = 0xfffff;

/** A transaction that creates a znode below the root. */
export interface Creation {
  readonly zxid: Zxid;
  readonly path: string;
}

/** Returns the znodes in a snapshot file, by zxid; undefined if it cannot be read. */
export function creationsInSnapshot(path: string, release: string): Creation[] | undefined {
  const rules = treeRulesOf(release, { maxBytes: MAX_BYTES });
  const zxid = zxidInName(basename(path), "snapshot", false);
  if (zxid === undefined || !existsSync(path)) return undefined;
  const { hasLastZxid } = diskFormatOf(release);
  const reader = { maxBytes: MAX_BYTES, readsDigest: rules.hasDigest, readsLastZxid: hasLastZxid };
  const loader = new TreeFileLoader(rules, reader, BigInt(zxid));
  loader.push(new Uint8Array(readFileSync(path)));
  loader.end();
  const { result } = loader;
  if (result?.kind !== "tree") return undefined;
  const creations: Creation[] = [];
  for (const [name, { czxid }] of result.tree.nodes) {
    if (isOfClient(name)) creations.push({ zxid: asZxid(Number(czxid)), path: name });
  }
  return creations.sort((a, b) => a.zxid - b.zxid);
}

/** Whether a znode is one that the run or its start state has created. */
export function isOfClient(path: string): boolean {
  return path.length > 1 && !path.startsWith("/zookeeper");
}

/** Returns the zxid of the last whole record in a log file; undefined if the file has none. */
export function lastZxidInLog(path: string, release: string): Zxid | undefined {
  let last: Zxid | undefined;
  for (const { zxid } of recordsInLog(path, release)) last = zxid;
  return last;
}

/** Returns the creations in a log file, in their order. */
function creationsInLog(path: string, release: string): Creation[] {
  return [...recordsInLog(path, release)].flatMap(({ entry }) => creationOf(entry, release) ?? []);
}

function* recordsInLog(path: string, release: string): Generator<{ readonly zxid: Zxid; readonly entry: Uint8Array }> {
  if (!existsSync(path)) return;
  const decoder = new TxnLogDecoder(bodyReaderOf(release, MAX_BYTES));
  decoder.push(new Uint8Array(readFileSync(path)));
  decoder.end();
  for (let item = decoder.next(); item !== undefined && item.kind !== "stop"; item = decoder.next()) {
    if (item.kind === "record") yield { zxid: asZxid(Number(item.zxid)), entry: decoder.lastEntry };
  }
}

/** Returns the creation in the bytes of a transaction; undefined if it is another transaction. */
export function creationOf(entry: Uint8Array, release: string): Creation | undefined {
  const txn = decodeTxn(entry, bodyReaderOf(release, MAX_BYTES));
  if ("damage" in txn) return undefined;
  const body = decodeTxnBody(txn.type, txn.body, MAX_BYTES);
  return body.kind === "create" && body.path !== null ? { zxid: asZxid(Number(txn.zxid)), path: body.path } : undefined;
}

/** Returns what a server loads from its folder `version-2`: its newest snapshot, and the log after it. */
export function creationsOnDisk(folder: string, release: string): Creation[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder);
  const filesOf = (prefix: "log" | "snapshot") =>
    names
      .flatMap((name) => {
        const zxid = zxidInName(name, prefix, false);
        return zxid === undefined ? [] : [{ name, zxid }];
      })
      .sort((a, b) => a.zxid - b.zxid);
  let start = asZxid(-1);
  let creations: Creation[] = [];
  for (const { name, zxid } of filesOf("snapshot").reverse()) {
    const found = creationsInSnapshot(join(folder, name), release);
    if (found === undefined) continue;
    creations = found;
    start = zxid;
    break;
  }
  for (const { name } of filesOf("log")) {
    for (const creation of creationsInLog(join(folder, name), release)) {
      if (creation.zxid > start && !creations.some(({ path }) => path === creation.path)) creations.push(creation);
    }
  }
  return creations;
}
