/**
 * Turns the requests of clients into transactions, as a leader does (PrepRequestProcessor). All transactions that the
 * leader has proposed are applied to a tree of their own, so that the next request sees their results.
 */

import { isSession } from "../datatree/ephemeral-owner.ts";
import { applyTxn, type DataTree } from "../datatree/index.ts";
import { type Acl, encodeTxn, encodeTxnBody, type Txn, type TxnBody } from "../formats/index.ts";
import { CREATE_CONTAINER, CREATE_TTL, ERROR } from "../formats/op-codes.ts";
import { fixedAcls, isPermitted, PERMS } from "./acl-check.ts";
import type { LeaderSessions } from "./leader-sessions.ts";
import { isValidPath } from "./path-check.ts";
import { type ClientRequest, type Operation, readOperation, type ZnodeOperation } from "./requests.ts";

/** The codes of KeeperException that a request can get. */
const CODE = {
  runtimeInconsistency: -2,
  marshallingError: -5,
  unimplemented: -6,
  badArguments: -8,
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  noChildrenForEphemerals: -108,
  nodeExists: -110,
  notEmpty: -111,
  sessionExpired: -112,
  invalidAcl: -114,
  reconfigDisabled: -123,
} as const;

/** CreateMode. TTL znodes need the setting extendedTypesEnabled, which this server does not have. */
const EPHEMERAL_FLAGS = [1, 3];
const SEQUENTIAL_FLAGS = [2, 3, 6];
const CONTAINER_FLAG = 4;
const TTL_FLAGS = [5, 6];
const FLAG_MAX = 6;
const ANY_VERSION = -1;
const DIGEST_VERSION = 2;
const SEQUENCE_DIGITS = 10;
/** DataTree#isSpecialPath. */
const SPECIAL_PATHS = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

/** A request that fails: the transaction becomes an error. */
class RequestFailure extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`error ${code}`);
    this.code = code;
  }
}

/** What a request sees of a znode (PrepRequestProcessor.ChangeRecord). */
interface ZnodeRecord {
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: bigint;
  readonly childCount: number;
  readonly acls: readonly Acl[] | undefined;
}

/** The znodes as one request sees them: the tree, and the earlier operations of the same multi. */
class Znodes {
  private readonly tree: DataTree;
  /** Null for a deleted znode. */
  private readonly changed = new Map<string, ZnodeRecord | null>();

  constructor(tree: DataTree) {
    this.tree = tree;
  }

  get(path: string): ZnodeRecord | undefined {
    const key = path === "/" ? "" : path;
    const changed = this.changed.get(key);
    if (changed !== undefined) return changed ?? undefined;
    const node = this.tree.nodes.get(key);
    if (node === undefined) return undefined;
    const { aclId, aversion, childCount, cversion, ephemeralOwner, version } = node;
    return { version, cversion, aversion, ephemeralOwner, childCount, acls: this.tree.acls.listOf(aclId) };
  }

  need(path: string): ZnodeRecord {
    const record = this.get(path);
    if (record === undefined) throw new RequestFailure(CODE.noNode);
    return record;
  }

  set(path: string, record: ZnodeRecord | null): void {
    this.changed.set(path === "/" ? "" : path, record);
  }
}

/** The type and the body of a transaction. */
interface Prepared {
  readonly type: number;
  readonly body: TxnBody;
}

/** Prepares the requests of one leader, from its start until it stops leading. */
export class PrepRequests {
  private readonly tree: DataTree;
  private readonly sessions: LeaderSessions;

  /** `tree` has everything that the leader has committed when it starts. It belongs to this object from now on. */
  constructor(tree: DataTree, sessions: LeaderSessions, nowMs: number) {
    this.tree = tree;
    this.sessions = sessions;
    for (const { id, timeoutMs } of tree.sessions.inOrder()) sessions.track(id, timeoutMs, nowMs);
  }

  /** Returns the bytes of the transaction of a request, and applies it (PrepRequestProcessor#pRequest). */
  prepare(request: ClientRequest, zxid: bigint, nowMs: number): Uint8Array {
    const { body, type } = this.preparedOf(request, nowMs);
    const { cxid, session: clientId } = request;
    const header = { clientId, cxid, zxid, timeMs: BigInt(nowMs), type };
    const txn: Txn = { ...header, body: encodeTxnBody(body), digest: null, rest: new Uint8Array(0) };
    applyTxn(this.tree, txn);
    if (!this.tree.rules.hasDigest || body.kind === "error") return encodeTxn(txn);
    return encodeTxn({ ...txn, digest: { version: DIGEST_VERSION, treeDigest: this.tree.digest } });
  }

  private preparedOf(request: ClientRequest, nowMs: number): Prepared {
    const operation = readOperation(request);
    if (operation === undefined) return errorOf(CODE.marshallingError);
    try {
      return this.prepareOperation(operation, request, nowMs);
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      return errorOf(error.code);
    }
  }

  private prepareOperation(operation: Operation, request: ClientRequest, nowMs: number): Prepared {
    const { opType: type, session } = request;
    switch (operation.kind) {
      case "create-session":
        this.sessions.track(session, operation.timeoutMs, nowMs);
        return { type, body: operation };
      case "close-session":
        this.sessions.close(session);
        return { type, body: { kind: "close-session", paths: this.pathsOf(session) } };
      case "multi":
        return { type, body: this.prepareMulti(operation.operations, request) };
      case "unsupported":
        throw new RequestFailure(CODE.reconfigDisabled);
      default:
        return { type, body: this.prepareZnode(new Znodes(this.tree), operation, request) };
    }
  }

  /** The ephemeral znodes of a session, which a closeSession lists from 3.6.0 on. */
  private pathsOf(session: bigint): string[] | null {
    return this.tree.rules.closesListedPaths ? [...(this.tree.ephemerals.get(session) ?? [])] : null;
  }

  /** If one operation fails, all become errors. Those after it get the code RUNTIMEINCONSISTENCY. */
  private prepareMulti(operations: readonly ZnodeOperation[], request: ClientRequest): TxnBody {
    const znodes = new Znodes(this.tree);
    let hasFailed = false;
    const prepare = (operation: ZnodeOperation): Prepared => {
      if (hasFailed) return errorOf(CODE.runtimeInconsistency);
      try {
        return { type: operation.type, body: this.prepareZnode(znodes, operation, request) };
      } catch (error) {
        if (!(error instanceof RequestFailure)) throw error;
        hasFailed = true;
        return errorOf(error.code);
      }
    };
    const prepared = operations.map(prepare);
    return { kind: "multi", txns: prepared.map(({ body, type }) => ({ type, data: encodeTxnBody(body) })) };
  }

  /** PrepRequestProcessor#pRequest2Txn. Throws a RequestFailure. */
  private prepareZnode(znodes: Znodes, operation: ZnodeOperation, request: ClientRequest): TxnBody {
    if (!this.sessions.isOpen(request.session)) throw new RequestFailure(CODE.sessionExpired);
    switch (operation.kind) {
      case "create":
        return this.prepareCreate(znodes, operation, request);
      case "delete":
        return prepareDelete(znodes, operation, request);
      case "set-data":
        return prepareSetData(znodes, operation, request);
      case "set-acl":
        return prepareSetAcl(znodes, operation, request);
      case "check":
        return prepareCheck(znodes, operation, request);
    }
  }

  /** PrepRequestProcessor#pRequest2TxnCreate. */
  private prepareCreate(
    znodes: Znodes,
    operation: Extract<ZnodeOperation, { kind: "create" }>,
    request: ClientRequest,
  ): TxnBody {
    const { data, flags, type } = operation;
    if (!(flags >= 0 && flags <= FLAG_MAX)) throw new RequestFailure(CODE.badArguments);
    if (TTL_FLAGS.includes(flags) || type === CREATE_TTL) throw new RequestFailure(CODE.unimplemented);
    const parentPath = parentOf(operation.path);
    const acls = fixedAcls(operation.acls, request.authinfo);
    if (acls === undefined) throw new RequestFailure(CODE.invalidAcl);
    const parent = znodes.need(parentPath);
    permit(parent, PERMS.create, request);
    const isSequential = SEQUENTIAL_FLAGS.includes(flags);
    const sequence = isSequential ? sequenceOf(parent.cversion) : "";
    const path = `${operation.path}${sequence}`;
    if (!isValidPath(path)) throw new RequestFailure(CODE.badArguments);
    if (znodes.get(path) !== undefined) throw new RequestFailure(CODE.nodeExists);
    if (isSession(parent.ephemeralOwner, this.tree.rules)) throw new RequestFailure(CODE.noChildrenForEphemerals);
    const parentCversion = parent.cversion + 1;
    const isEphemeral = EPHEMERAL_FLAGS.includes(flags);
    znodes.set(parentPath, { ...parent, cversion: parentCversion, childCount: parent.childCount + 1 });
    const ephemeralOwner = isEphemeral ? request.session : 0n;
    znodes.set(path, { version: 0, cversion: 0, aversion: 0, ephemeralOwner, childCount: 0, acls });
    if (type === CREATE_CONTAINER || flags === CONTAINER_FLAG) {
      return { kind: "create-container", path, data, acls, parentCversion };
    }
    return { kind: "create", path, data, acls, isEphemeral, parentCversion };
  }
}

function prepareDelete(
  znodes: Znodes,
  { path, version }: { path: string | null; version: number },
  request: ClientRequest,
): TxnBody {
  const parentPath = parentOf(path);
  if (SPECIAL_PATHS.includes(path as string)) throw new RequestFailure(CODE.badArguments);
  const parent = znodes.need(parentPath);
  permit(parent, PERMS.delete, request);
  const node = znodes.need(path as string);
  nextVersion(node.version, version);
  if (node.childCount > 0) throw new RequestFailure(CODE.notEmpty);
  znodes.set(parentPath, { ...parent, childCount: parent.childCount - 1 });
  znodes.set(path as string, null);
  return { kind: "delete", path };
}

function prepareSetData(
  znodes: Znodes,
  { data, path, version }: Extract<ZnodeOperation, { kind: "set-data" }>,
  request: ClientRequest,
): TxnBody {
  if (!isValidPath(path)) throw new RequestFailure(CODE.badArguments);
  const node = znodes.need(path);
  permit(node, PERMS.write, request);
  const next = nextVersion(node.version, version);
  znodes.set(path, { ...node, version: next });
  return { kind: "set-data", path, data, version: next };
}

function prepareSetAcl(
  znodes: Znodes,
  operation: Extract<ZnodeOperation, { kind: "set-acl" }>,
  request: ClientRequest,
): TxnBody {
  const { path, version } = operation;
  if (!isValidPath(path)) throw new RequestFailure(CODE.badArguments);
  const acls = fixedAcls(operation.acls, request.authinfo);
  if (acls === undefined) throw new RequestFailure(CODE.invalidAcl);
  const node = znodes.need(path);
  permit(node, PERMS.admin, request);
  const next = nextVersion(node.aversion, version);
  znodes.set(path, { ...node, aversion: next, acls });
  return { kind: "set-acl", path, acls, version: next };
}

function prepareCheck(
  znodes: Znodes,
  { path, version }: { path: string | null; version: number },
  request: ClientRequest,
): TxnBody {
  if (!isValidPath(path)) throw new RequestFailure(CODE.badArguments);
  const node = znodes.need(path);
  permit(node, PERMS.read, request);
  return { kind: "check", path, version: nextVersion(node.version, version) };
}

function permit({ acls }: ZnodeRecord, perm: number, { authinfo }: ClientRequest): void {
  if (!isPermitted(acls, perm, authinfo)) throw new RequestFailure(CODE.noAuth);
}

/** PrepRequestProcessor#checkAndIncVersion. */
function nextVersion(current: number, expected: number): number {
  if (expected !== ANY_VERSION && expected !== current) throw new RequestFailure(CODE.badVersion);
  return current + 1;
}

/** The part of a path before its last slash: "" for a child of the root. */
function parentOf(path: string | null): string {
  const slash = path?.lastIndexOf("/") ?? -1;
  if (path === null || slash < 0 || path.includes("\0")) throw new RequestFailure(CODE.badArguments);
  return path.slice(0, slash);
}

/** The number in the name of a sequential znode (String.format "%010d"). */
function sequenceOf(cversion: number): string {
  const digits = String(Math.abs(cversion)).padStart(cversion < 0 ? SEQUENCE_DIGITS - 1 : SEQUENCE_DIGITS, "0");
  return cversion < 0 ? `-${digits}` : digits;
}

function errorOf(error: number): Prepared {
  return { type: ERROR, body: { kind: "error", error } };
}
