/**
 * The tree of znodes of one server (DataTree, ZKDatabase), with its ACL lists, sessions, quotas and digest.
 * apply-txn.ts applies transactions to it, and snapshots.ts reads and writes it.
 *
 * The methods here are the ones of DataTree that a transaction calls. They return a code of KeeperException, and throw
 * a TreeException where Java throws a RuntimeException.
 */
import type { Acl, SnapshotDigest } from "../formats/index.ts";
import { AclCache } from "./acl-cache.ts";
import { copyOf, DataNode } from "./data-node.ts";
import { DIGEST_VERSION, digestOf, isInDigest } from "./digest.ts";
import { isSession } from "./ephemeral-owner.ts";
import { type ErrorCode, NO_NODE, NODE_EXISTS, OK } from "./error-codes.ts";
import { QUOTA_PATH, Quotas } from "./quotas.ts";
import { Sessions } from "./sessions.ts";
import { TreeException } from "./tree-exception.ts";
import type { TreeRules } from "./tree-rules.ts";

const ROOT = "/";
const PROC_PATH = "/zookeeper";
const CONFIG_PATH = "/zookeeper/config";
/** ZooDefs.Ids.READ_ACL_UNSAFE. */
const READ_ONLY: readonly Acl[] = [{ perms: 1, scheme: "world", id: "anyone" }];

/** A znode to create. */
export interface NewNode {
  readonly path: string | null;
  readonly data: Uint8Array | null;
  readonly acls: readonly Acl[] | null;
  readonly ephemeralOwner: bigint;
  /** The cversion of the parent after the transaction; -1 if the parent counts. */
  readonly parentCversion: number;
}

/** The zxid and time of a transaction. */
export interface TxnTime {
  readonly zxid: bigint;
  readonly timeMs: bigint;
}

/** The tree of one server. */
export class DataTree {
  readonly rules: TreeRules;
  /** The znodes by their paths. The root has two: "" and "/". */
  readonly nodes = new Map<string, DataNode>();
  readonly acls = new AclCache();
  readonly sessions = new Sessions();
  /** The paths of the ephemeral znodes of each session. A session whose last znode is deleted keeps an empty set. */
  readonly ephemerals = new Map<bigint, Set<string>>();
  readonly quotas: Quotas;
  /** The zxid of the last transaction, or that of the snapshot. */
  lastProcessedZxid = 0n;
  /** The digest after the last transaction; null if there is none yet (DataTree.lastProcessedZxidDigest). */
  lastDigest: SnapshotDigest | null = null;
  /**
   * The digest in the snapshot from which the tree was loaded, until the transaction of its zxid is replayed
   * (DataTree.digestFromLoadedSnapshot). A snapshot is fuzzy: up to there, digests cannot be compared.
   */
  snapshotDigest: SnapshotDigest | null = null;
  private root = new DataNode();
  private hash = 0n;

  /** Makes the tree of a new server: the root, /zookeeper, /zookeeper/quota and, from 3.5 on, /zookeeper/config. */
  constructor(rules: TreeRules) {
    this.rules = rules;
    this.quotas = new Quotas(this.nodes, rules);
    this.put("", this.root);
    this.nodes.set(ROOT, this.root);
    this.root.addChild("zookeeper");
    this.put(PROC_PATH, new DataNode());
    this.nodes.get(PROC_PATH)?.addChild("quota");
    this.put(QUOTA_PATH, new DataNode());
    if (rules.hasConfig) this.addConfigNode();
  }

  /** The digest of the tree, a signed integer of 64 bits (#getTreeDigest); 0 if the release has none. */
  get digest(): bigint {
    return this.hash;
  }

  /** The number of paths, of which the root has two (#getNodeCount). */
  get nodeCount(): number {
    return this.nodes.size;
  }

  /** Creates a znode (#createNode). */
  createNode({ acls, data, ephemeralOwner, parentCversion, path }: NewNode, { timeMs, zxid }: TxnTime): ErrorCode {
    const { name, parentPath } = splitPath(path);
    const parent = this.nodes.get(parentPath);
    if (parent === undefined) return NO_NODE;
    if (this.rules.needsAclLists) this.acls.check(parent.aclId);
    let aclId = this.rules.countsAclFirst ? this.acls.use(acls) : undefined;
    if (this.exists(parent, path as string, name, aclId)) return NODE_EXISTS;
    this.change(parentPath, parent, () => {
      const cversion = parentCversion === -1 ? (parent.cversion + 1) | 0 : parentCversion;
      if (!this.rules.cversionOnlyGrows || cversion > parent.cversion) {
        parent.cversion = cversion;
        parent.pzxid = zxid;
      }
      parent.addChild(name);
    });
    aclId ??= this.acls.use(acls);
    const node = Object.assign(new DataNode(), { data: copyOf(data), aclId, ephemeralOwner });
    Object.assign(node, { czxid: zxid, mzxid: zxid, pzxid: zxid, ctimeMs: timeMs, mtimeMs: timeMs });
    this.put(path as string, node);
    if (isSession(ephemeralOwner, this.rules)) this.addEphemeral(ephemeralOwner, path as string);
    this.quotas.created(path as string, parentPath, name, data);
    return OK;
  }

  /** Whether a znode exists. In some releases, it gets the ACL list of the transaction then. */
  private exists(parent: DataNode, path: string, name: string, aclId: bigint | undefined): boolean {
    if (!this.rules.adoptsAcl) return parent.hasChild(name);
    const existing = this.nodes.get(path);
    if (existing === undefined) return false;
    if (aclId !== undefined) existing.aclId = aclId;
    return true;
  }

  /** Deletes a znode (#deleteNode). */
  deleteNode(path: string | null, zxid: bigint): ErrorCode {
    const { name, parentPath } = splitPath(path);
    const node = this.nodes.get(path as string);
    const parent = this.nodes.get(parentPath);
    const isFirst = this.rules.deletesFromParentFirst;
    if (isFirst) {
      if (parent === undefined) return NO_NODE;
      this.change(parentPath, parent, () => removeChild(parent, name, zxid, zxid > parent.pzxid));
    }
    // The parent can be the znode itself, if the path is "/".
    if (node === undefined) return NO_NODE;
    this.remove(path as string, node);
    if (this.rules.needsAclLists) this.acls.check(node.aclId);
    this.acls.removeUse(node.aclId);
    if (parent === undefined) return NO_NODE;
    if (this.rules.needsAclLists) this.acls.check(parent.aclId);
    if (!isFirst) removeChild(parent, name, zxid, true);
    if (isSession(node.ephemeralOwner, this.rules)) this.ephemerals.get(node.ephemeralOwner)?.delete(path as string);
    this.quotas.deleted(path as string, parentPath, name, node.data);
    return OK;
  }

  /** Sets the data of a znode (#setData). */
  setData(path: string | null, data: Uint8Array | null, version: number, { timeMs, zxid }: TxnTime): ErrorCode {
    const node = this.nodes.get(notNull(path));
    if (node === undefined) return NO_NODE;
    if (this.rules.needsAclLists) this.acls.check(node.aclId);
    const earlier = node.data;
    this.change(path as string, node, () => {
      node.data = copyOf(data);
      node.mtimeMs = timeMs;
      node.mzxid = zxid;
      node.version = version;
    });
    this.quotas.dataSet(path as string, data, earlier);
    return OK;
  }

  /** Sets the ACL list of a znode (#setACL). */
  setAcl(path: string | null, acls: readonly Acl[] | null, version: number): ErrorCode {
    const node = this.nodes.get(notNull(path));
    if (node === undefined) return NO_NODE;
    this.acls.removeUse(node.aclId);
    this.change(path as string, node, () => {
      node.aversion = version;
      node.aclId = this.acls.use(acls);
    });
    return OK;
  }

  /** Raises the cversion of the parent of a znode that exists already (#setCversionPzxid). -1 adds one. */
  raiseCversion(path: string | null, cversion: number, zxid: bigint): ErrorCode {
    const { parentPath } = splitPath(path);
    const key = parentPath.endsWith("/") ? parentPath.slice(0, -1) : parentPath;
    const node = this.nodes.get(key);
    if (node === undefined) return NO_NODE;
    const raised = cversion === -1 ? (node.cversion + 1) | 0 : cversion;
    if (raised <= node.cversion) return OK;
    this.change(key, node, () => {
      node.cversion = raised;
      node.pzxid = zxid;
    });
    return OK;
  }

  /**
   * Deletes the ephemeral znodes of a session (#killSession). `listed`: the paths in the transaction; null if it has
   * none.
   */
  killSession(session: bigint, zxid: bigint, listed: readonly (string | null)[] | null): void {
    const paths = this.ephemerals.get(session);
    this.ephemerals.delete(session);
    for (const path of listed ?? []) this.deleteNode(path, zxid);
    const rest = new Set(paths);
    for (const path of listed ?? []) if (path !== null) rest.delete(path);
    for (const path of rest) this.deleteNode(path, zxid);
  }

  /**
   * Deletes the ephemeral znodes of sessions that do not exist, as a leader does before it serves
   * (ZooKeeperServer#loadData). A fuzzy snapshot can contain them.
   */
  killDeadSessions(): void {
    for (const session of [...this.ephemerals.keys()]) {
      if (this.sessions.has(session)) continue;
      this.killSession(session, this.lastProcessedZxid, null);
      this.sessions.delete(session);
    }
  }

  /**
   * Sets the data of /zookeeper/config to the text of the configuration in use (ZKDatabase#initConfigInZKDatabase).
   * `timeMs` is the clock of the server. Releases before 3.5 have no such znode.
   */
  setConfig(text: string, configVersion: bigint, timeMs: bigint): void {
    if (!this.rules.hasConfig) return;
    if (!this.nodes.has(CONFIG_PATH)) this.addConfigNode();
    this.setData(CONFIG_PATH, new TextEncoder().encode(text), -1, { zxid: configVersion, timeMs });
  }

  /** Removes all znodes and ACL lists, before the ones of a snapshot are added (#deserialize). */
  clear(): void {
    this.nodes.clear();
    this.acls.clear();
    this.hash = 0n;
  }

  /** Adds a znode of a snapshot. Its parent must be present. */
  load(path: string, node: DataNode): void {
    this.put(path, node);
    this.acls.addUse(node.aclId);
    if (!path.includes("/")) {
      this.root = node;
      return;
    }
    const { name, parentPath } = splitPath(path);
    this.nodes.get(parentPath)?.addChild(name);
    if (isSession(node.ephemeralOwner, this.rules)) this.addEphemeral(node.ephemeralOwner, path);
  }

  /** Says that all znodes of a snapshot are present. */
  endLoading(): void {
    this.nodes.set(ROOT, this.root);
    this.quotas.load();
    this.acls.purgeUnused();
  }

  /** Remembers the digest after a transaction (#logZxidDigest). */
  recordDigest(zxid: bigint): void {
    if (this.rules.hasDigest) this.lastDigest = { zxid, version: DIGEST_VERSION, treeDigest: this.hash };
  }

  private addConfigNode(): void {
    this.nodes.get(PROC_PATH)?.addChild("config");
    this.put(CONFIG_PATH, new DataNode());
    this.setAcl(CONFIG_PATH, READ_ONLY, -1);
  }

  private addEphemeral(session: bigint, path: string): void {
    const paths = this.ephemerals.get(session);
    if (paths === undefined) this.ephemerals.set(session, new Set([path]));
    else paths.add(path);
  }

  /** NodeHashMapImpl#put. */
  private put(path: string, node: DataNode): void {
    const earlier = this.nodes.get(path);
    this.nodes.set(path, node);
    this.addDigest(path, node, 1n);
    if (earlier !== undefined) this.addDigest(path, earlier, -1n);
  }

  private remove(path: string, node: DataNode): void {
    this.nodes.delete(path);
    this.addDigest(path, node, -1n);
  }

  /** Changes a znode and the digest of the tree (NodeHashMapImpl#preChange, #postChange). */
  private change(path: string, node: DataNode, apply: () => void): void {
    this.addDigest(path, node, -1n);
    apply();
    node.digest = undefined;
    this.addDigest(path, node, 1n);
  }

  private addDigest(path: string, node: DataNode, sign: 1n | -1n): void {
    if (!this.rules.hasDigest || !isInDigest(path)) return;
    node.digest ??= digestOf(path, node);
    this.hash = BigInt.asIntN(64, this.hash + sign * BigInt(node.digest));
  }
}

function removeChild(parent: DataNode, name: string, zxid: bigint, setsPzxid: boolean): void {
  parent.removeChild(name);
  if (setsPzxid) parent.pzxid = zxid;
}

/** Returns the path of the parent and the name of a znode. Throws where String#substring does. */
function splitPath(path: string | null): { readonly parentPath: string; readonly name: string } {
  const slash = notNull(path).lastIndexOf("/");
  if (slash < 0) throw new TreeException("StringIndexOutOfBoundsException", `the path "${path}" has no "/"`);
  return { parentPath: (path as string).slice(0, slash), name: (path as string).slice(slash + 1) };
}

function notNull(path: string | null): string {
  if (path === null) throw new TreeException("NullPointerException", "the path is null");
  return path;
}
