/** Keeps the znodes zookeeper_stats of a tree, as DataTree does on each server, without a transaction (Quotas). */
import type { DataNode } from "./data-node.ts";
import { QuotaTrie } from "./quota-paths.ts";
import { changedStatsText, newStatsText, readPlainStats } from "./quota-stats.ts";
import { TreeException } from "./tree-exception.ts";
import type { TreeRules } from "./tree-rules.ts";

/** The parent of all quotas. */
export const QUOTA_PATH = "/zookeeper/quota";
const PROC_PATH = "/zookeeper";
const LIMITS = "zookeeper_limits";
const STATS = "zookeeper_stats";

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The quotas of a tree. The znodes belong to the tree. */
export class Quotas {
  private readonly nodes: ReadonlyMap<string, DataNode>;
  private readonly rules: TreeRules;
  private readonly trie: QuotaTrie;

  constructor(nodes: ReadonlyMap<string, DataNode>, rules: TreeRules) {
    this.nodes = nodes;
    this.rules = rules;
    this.trie = new QuotaTrie(rules.quotaPaths);
  }

  /** Counts a new znode (the end of DataTree#createNode). */
  created(path: string, parentPath: string, name: string, data: Uint8Array | null): void {
    if (parentPath.startsWith(QUOTA_PATH)) {
      const subject = parentPath.slice(QUOTA_PATH.length);
      if (name === LIMITS) this.trie.add(subject);
      if (name === STATS) this.count(subject);
    }
    this.change(path, 1, lengthOf(data));
  }

  /** Counts a deleted znode (the end of DataTree#deleteNode). */
  deleted(path: string, parentPath: string, name: string, data: Uint8Array | null): void {
    if (parentPath.startsWith(PROC_PATH) && name === LIMITS) {
      if (parentPath.length < QUOTA_PATH.length) {
        throw new TreeException("StringIndexOutOfBoundsException", `${path} is not below ${QUOTA_PATH}`);
      }
      this.trie.delete(parentPath.slice(QUOTA_PATH.length));
    }
    this.change(path, -1, -lengthOf(data));
  }

  /** Counts new data of a znode (the end of DataTree#setData). */
  dataSet(path: string, data: Uint8Array | null, earlier: Uint8Array | null): void {
    this.change(path, 0, lengthOf(data) - lengthOf(earlier));
  }

  /** Counts the subtrees of all quotas in a loaded tree (DataTree#setupQuota). */
  load(): void {
    if (this.nodes.has(QUOTA_PATH)) this.visit(QUOTA_PATH);
  }

  private visit(path: string): void {
    const node = this.nodes.get(path) as DataNode;
    if (node.childCount > 0) {
      for (const name of node.children) this.visit(`${path}/${name}`);
      return;
    }
    if (!path.endsWith(`/${LIMITS}`)) return;
    const subject = path.slice(QUOTA_PATH.length, path.indexOf(`/${LIMITS}`));
    this.count(subject);
    this.trie.add(subject);
  }

  /** DataTree#updateQuotaForPath. */
  private count(subject: string): void {
    const stats = this.nodes.get(statsPathOf(subject));
    if (stats === undefined) return;
    const { bytes, count } = this.sizeOf(subject);
    stats.data = utf8Encoder.encode(newStatsText(count, bytes));
  }

  /** DataTree#getCounts. A quota can be on a path that does not exist. */
  private sizeOf(subject: string): { readonly count: number; readonly bytes: number } {
    let count = 0;
    let bytes = 0;
    const paths = [subject];
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const node = this.nodes.get(path);
      if (node === undefined) continue;
      count += 1;
      bytes += lengthOf(node.data);
      for (const name of node.children) paths.push(`${path}/${name}`);
    }
    return { count, bytes };
  }

  /**
   * DataTree#updateQuotaStat; up to 3.6, #updateCountBytes, or #updateCount and #updateBytes, which read the limits,
   * too.
   */
  private change(path: string, count: number, bytes: number): void {
    const subject = this.trie.prefixOf(path);
    if (subject === undefined) return;
    const stats = this.nodes.get(statsPathOf(subject));
    if (stats === undefined) return;
    const { knowsHardQuotas } = this.rules;
    stats.data = utf8Encoder.encode(changedStatsText(textOf(stats), count, bytes, knowsHardQuotas));
    if (knowsHardQuotas) return;
    const limits = this.nodes.get(`${QUOTA_PATH}${subject}/${LIMITS}`);
    if (limits !== undefined) readPlainStats(textOf(limits));
  }
}

function statsPathOf(subject: string): string {
  return `${QUOTA_PATH}${subject}/${STATS}`;
}

function lengthOf(data: Uint8Array | null): number {
  return data?.length ?? 0;
}

function textOf({ data }: DataNode): string {
  if (data === null) throw new TreeException("NullPointerException", "the text of a quota is null");
  return utf8Decoder.decode(data);
}
