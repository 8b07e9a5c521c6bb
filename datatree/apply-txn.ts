/**
 * Applies transactions to a tree (FileTxnSnapLog#processTransaction, DataTree#processTxn), live or from a log. A replay
 * starts at the zxid of a snapshot, whose znodes can be newer: creating a znode that exists and deleting one that does
 * not are then no errors of the log, and the cversion and pzxid of the parent become the right ones.
 */
import {
  decodeSubTxnBody,
  decodeTxnBody,
  type SubTxn,
  type Txn,
  type TxnBody,
  type TxnBodyDamage,
} from "../formats/index.ts";
import { CLOSE_SESSION, CREATE, CREATE_SESSION, ERROR } from "../formats/op-codes.ts";
import type { DataTree } from "./data-tree.ts";
import { DIGEST_VERSION } from "./digest.ts";
import { CONTAINER_OWNER, ownerOfTtl } from "./ephemeral-owner.ts";
import { type ErrorCode, NODE_EXISTS, OK, RUNTIME_INCONSISTENCY } from "./error-codes.ts";
import { type JavaException, TreeException } from "./tree-exception.ts";

/** A transaction: the fields of its TxnHeader, and its body. */
export type TreeTxn = Pick<Txn, "clientId" | "zxid" | "timeMs" | "type" | "body" | "digest">;

/** What a transaction did. */
export interface TxnResult {
  /** The code of the KeeperException; 0 if there is none. A transaction with an error can have changed the tree. */
  readonly error: ErrorCode;
  /** The path of the znode; null if the transaction has none. */
  readonly path: string | null;
  /** The results of the transactions of a multi. */
  readonly results?: readonly TxnResult[];
}

/**
 * Whether the digest of the tree equals the one in the transaction, or the one in the snapshot from which it was
 * loaded.
 */
export type DigestCheck =
  | "equal"
  | "different"
  /**
   * The transaction has no digest, or one of another version, or the tree was loaded and is not yet as in the snapshot.
   */
  | "unchecked";

/** The outcome of a transaction. */
export type TxnOutcome =
  | ({ readonly kind: "applied"; readonly digest: DigestCheck } & TxnResult)
  /** The body cannot be read. The tree has not changed. */
  | { readonly kind: "damage"; readonly reason: TxnBodyDamage }
  /** A server throws this RuntimeException and ends. The tree must not be used any more. */
  | { readonly kind: "exception"; readonly exception: JavaException; readonly detail: string };

/** Applies a transaction to a tree. Never throws. */
export function applyTxn(tree: DataTree, txn: TreeTxn): TxnOutcome {
  const body = decodeTxnBody(txn.type, txn.body, tree.rules.maxBytes);
  if (body.kind === "damage") return body;
  try {
    changeSessions(tree, txn, body);
    const result = processTxn(tree, txn, body);
    if (txn.zxid > tree.lastProcessedZxid) tree.lastProcessedZxid = txn.zxid;
    return { kind: "applied", ...result, digest: checkDigest(tree, txn) };
  } catch (error) {
    if (!(error instanceof TreeException)) throw error;
    return { kind: "exception", exception: error.exception, detail: error.detail };
  }
}

function changeSessions(tree: DataTree, { clientId, type }: TreeTxn, body: TxnBody): void {
  if (type === CLOSE_SESSION) tree.sessions.delete(clientId);
  else if (type === CREATE_SESSION && body.kind === "create-session") tree.sessions.set(clientId, body.timeoutMs);
}

/** The fields of the header that a transaction of a multi shares. */
type Header = Pick<TreeTxn, "clientId" | "zxid" | "timeMs" | "type">;

function processTxn(tree: DataTree, header: Header, body: TxnBody): TxnResult {
  if (body.kind === "multi") return processMulti(tree, header, body.txns);
  const path = "path" in body ? body.path : null;
  const error = processBody(tree, header, body);
  // Only create fixes the parent: create2, createTTL and createContainer do not.
  if (error !== NODE_EXISTS || header.type !== CREATE || body.kind !== "create") return { error, path };
  const raised = tree.raiseCversion(body.path, body.parentCversion, header.zxid);
  return { error: raised === OK ? error : raised, path };
}

function processBody(tree: DataTree, header: Header, body: Exclude<TxnBody, { readonly kind: "multi" }>): ErrorCode {
  const { clientId, zxid } = header;
  switch (body.kind) {
    case "create":
      return tree.createNode({ ...body, ephemeralOwner: body.isEphemeral ? clientId : 0n }, header);
    case "create-container":
      return tree.createNode({ ...body, ephemeralOwner: CONTAINER_OWNER }, header);
    case "create-ttl":
      return tree.createNode({ ...body, ephemeralOwner: ownerOfTtl(body.ttlMs) }, header);
    case "delete":
      return tree.deleteNode(body.path, zxid);
    case "set-data":
      return tree.setData(body.path, body.data, body.version, header);
    case "set-acl":
      return tree.setAcl(body.path, body.acls, body.version);
    case "close-session":
      tree.killSession(clientId, zxid, tree.rules.closesListedPaths ? body.paths : null);
      return OK;
    case "error":
      return body.error;
    case "check":
    case "create-session":
      return OK;
  }
}

/**
 * A multi that contains an error changes nothing: each of its transactions becomes an error. A transaction that cannot
 * be read ends the multi, but does not undo it.
 */
function processMulti(tree: DataTree, header: Header, txns: readonly SubTxn[] | null): TxnResult {
  if (txns === null) throw new TreeException("NullPointerException", "the multi has no transactions");
  const hasError = txns.some(({ type }) => type === ERROR);
  const results: TxnResult[] = [];
  let isAfterError = false;
  for (const { data, type } of txns) {
    if (data === null) throw new TreeException("NullPointerException", "a transaction of a multi has no data");
    if (!tree.rules.multiTypes.has(type)) break;
    isAfterError ||= type === ERROR;
    const body = decodeSubTxnBody({ data, type }, tree.rules.maxBytes);
    if (body.kind === "damage") break;
    if (hasError && body.kind !== "error") {
      results.push({ error: isAfterError ? RUNTIME_INCONSISTENCY : OK, path: null });
    } else results.push(processTxn(tree, { ...header, type }, body));
  }
  return { error: results.find(({ error }) => error !== OK)?.error ?? OK, path: null, results };
}

/** The end of DataTree#processTxn, and DataTree#compareDigest. */
function checkDigest(tree: DataTree, { digest, zxid }: TreeTxn): DigestCheck {
  if (!tree.rules.hasDigest) return "unchecked";
  const snapshotCheck = checkSnapshotDigest(tree, zxid);
  if (snapshotCheck === undefined) tree.recordDigest(zxid);
  if (snapshotCheck === "different") return "different";
  if (digest === null || tree.snapshotDigest !== null || digest.version !== DIGEST_VERSION) {
    return snapshotCheck ?? "unchecked";
  }
  return digest.treeDigest === tree.digest ? "equal" : "different";
}

/**
 * Compares the tree with the digest in the snapshot from which it was loaded, if it has the same zxid
 * (DataTree#compareSnapshotDigests). Returns undefined if there is no such digest, or no longer.
 */
export function checkSnapshotDigest(tree: DataTree, zxid: bigint): DigestCheck | undefined {
  const { snapshotDigest } = tree;
  if (snapshotDigest === null) return undefined;
  if (snapshotDigest.zxid !== zxid) return "unchecked";
  tree.snapshotDigest = null;
  if (snapshotDigest.version !== DIGEST_VERSION) return "unchecked";
  return snapshotDigest.treeDigest === tree.digest ? "equal" : "different";
}
