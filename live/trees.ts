/**
 * The data trees of a live server. The core knows a database as a History of transactions; this keeps the tree that
 * belongs to a History, and builds it when a snapshot of it is needed.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  applyTxn,
  DataTree,
  encodeTreeFile,
  snapshotSource,
  TreeFileLoader,
  TreeStreamLoader,
  treeRulesOf,
} from "../datatree/index.ts";
import type { DiskRules } from "../doctor/disk-rules.ts";
import { decodeTxn, diskFormatOf } from "../formats/index.ts";
import { type History, makeTxn, type Txn, type Zxid } from "../protocol/index.ts";
import { PUBLISHED_RELEASES } from "../protocol/releases.ts";
import { encodeSnapshotStream } from "../wire/index.ts";
import { DiskProblem } from "./disk-problem.ts";
import { entryOf } from "./transactions.ts";

/** Loads the tree of a snapshot; undefined if its bytes are no snapshot. */
type Load = () => DataTree | undefined;

export class Trees {
  private readonly rules: DiskRules;
  private readonly emptyHistory: History;
  private readonly treeRules: DataTree["rules"];
  private readonly hasLastZxid: boolean;
  /** The trees of the snapshots from which histories grow. */
  private readonly bases = new WeakMap<History, Load>();
  /** The tree that was needed last. It grows with its history. */
  private latest: { readonly history: History; readonly tree: DataTree } | undefined;

  constructor(rules: DiskRules, emptyHistory: History) {
    const version = /^\d/.test(rules.release) ? rules.release : (PUBLISHED_RELEASES.at(-1) as string);
    this.rules = rules;
    this.emptyHistory = emptyHistory;
    this.treeRules = treeRulesOf(version, { maxBytes: rules.snapshot.maxBytes });
    this.hasLastZxid = diskFormatOf(version).hasLastZxid;
  }

  /**
   * Returns the history whose tree is in a snapshot file, up to the zxid in its name; undefined if ZooKeeper would not
   * use the file.
   */
  adoptFile(path: string, zxid: Zxid): History | undefined {
    const load = (): DataTree | undefined => {
      const loader = new TreeFileLoader(this.treeRules, this.rules.snapshot, BigInt(zxid));
      loader.push(readFileSync(path));
      loader.end();
      return loader.result?.kind === "tree" ? loader.result.tree : undefined;
    };
    return load() === undefined ? undefined : this.adopt(zxid, basename(path), load);
  }

  /** Returns the history whose tree is in the stream after a SNAP packet with this zxid. */
  adoptStream(pieces: readonly Uint8Array[], zxid: Zxid): History {
    return this.adopt(zxid, "SNAP", () => {
      const loader = new TreeStreamLoader(this.treeRules, BigInt(zxid));
      for (const piece of pieces) loader.push(piece);
      loader.end();
      return loader.result?.kind === "tree" ? loader.result.tree : undefined;
    });
  }

  /** The transactions of a snapshot are not known. One transaction with its zxid stands for them. */
  private adopt(zxid: Zxid, label: string, load: Load): History {
    const history = zxid <= 0 ? this.emptyHistory : this.emptyHistory.extend(makeTxn(zxid, label));
    this.bases.set(history, load);
    this.latest = undefined;
    return history;
  }

  /** Returns the content of a snapshot file in pieces. Throws a DiskProblem if there is no tree for the history. */
  fileOf(history: History, zxid: Zxid): Iterable<Uint8Array> {
    const tree = this.treeOf(history);
    tree.lastProcessedZxid = BigInt(zxid);
    return encodeTreeFile(tree, { hasLastZxid: this.hasLastZxid });
  }

  /** Returns the stream after a SNAP packet in pieces. Throws a DiskProblem if there is no tree for the history. */
  streamOf(history: History): Iterable<Uint8Array> {
    return encodeSnapshotStream(snapshotSource(this.treeOf(history)));
  }

  /** Returns a new tree for a history. The caller may change it. */
  newTreeOf(history: History): DataTree {
    const base = this.baseOf(history);
    for (const txn of history.txns(base.history.length)) this.apply(base.tree, txn);
    return base.tree;
  }

  private treeOf(history: History): DataTree {
    const { latest } = this;
    const known = latest?.history.isPrefixOf(history) === true ? latest : this.baseOf(history);
    for (const txn of history.txns(known.history.length)) this.apply(known.tree, txn);
    this.latest = { history, tree: known.tree };
    return known.tree;
  }

  private baseOf(history: History): { readonly history: History; readonly tree: DataTree } {
    for (let at: History | null = history; at !== null; at = at.previous) {
      const load = this.bases.get(at);
      const tree = load?.() ?? (load === undefined && at.txn === null ? new DataTree(this.treeRules) : undefined);
      if (tree !== undefined) return { history: at, tree };
    }
    throw new DiskProblem(`no snapshot is known from which the history up to ${history.zxid} grows`);
  }

  private apply(tree: DataTree, txn: Txn): void {
    const decoded = decodeTxn(entryOf(txn), this.rules.log);
    if ("damage" in decoded) throw new DiskProblem(`transaction ${txn.zxid} cannot be read: ${decoded.damage}`);
    const outcome = applyTxn(tree, decoded);
    if (outcome.kind !== "applied") throw new DiskProblem(`transaction ${txn.zxid} cannot be applied: ${outcome.kind}`);
  }
}
