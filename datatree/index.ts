/**
 * The data tree of a ZooKeeper server: it applies transactions as a release does, and reads and writes snapshots. Pure:
 * no file access, no clock, and bytes never cause an exception.
 */
export { applyTxn, type DigestCheck, type TreeTxn, type TxnOutcome, type TxnResult } from "./apply-txn.ts";
export { DataNode } from "./data-node.ts";
export { DataTree } from "./data-tree.ts";
export type { ErrorCode } from "./error-codes.ts";
export {
  encodeTreeFile,
  type LoadException,
  type LoadedTree,
  snapshotSource,
  TreeFileLoader,
  TreeStreamLoader,
  type UnusableTree,
} from "./snapshots.ts";
export type { JavaException } from "./tree-exception.ts";
export { type TreeRules, type TreeSettings, treeRulesOf } from "./tree-rules.ts";
