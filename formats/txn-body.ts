/** The bodies of transactions as values (the module org.apache.zookeeper.txn of zookeeper.jute). */
import { Damage, type JuteDamage, JuteWriter, RecordReader } from "../jute/index.ts";
import { type Acl, readAcl, writeAcls } from "./acl.ts";
import {
  CHECK,
  CLOSE_SESSION,
  CREATE,
  CREATE_CONTAINER,
  CREATE_SESSION,
  CREATE_TTL,
  CREATE2,
  DELETE,
  DELETE_CONTAINER,
  ERROR,
  MULTI,
  RECONFIG,
  SET_ACL,
  SET_DATA,
} from "./op-codes.ts";

/** The fields that all transactions share that create a znode. */
interface NewZnode {
  readonly path: string | null;
  readonly data: Uint8Array | null;
  /** Null if anyone may do anything. */
  readonly acls: readonly Acl[] | null;
  /** The cversion of the parent after the transaction; -1 if the parent counts. */
  readonly parentCversion: number;
}

/** The body of a transaction. Strings, buffers and vectors can be null, because jute has null. */
export type TxnBody =
  /** CreateTxn of create and create2, and CreateTxnV0, in which parentCversion is -1. */
  | ({ readonly kind: "create"; readonly isEphemeral: boolean } & NewZnode)
  | ({ readonly kind: "create-container" } & NewZnode)
  | ({ readonly kind: "create-ttl"; readonly ttlMs: bigint } & NewZnode)
  | { readonly kind: "delete"; readonly path: string | null }
  /** SetDataTxn of setData and reconfig. */
  | {
      readonly kind: "set-data";
      readonly path: string | null;
      readonly data: Uint8Array | null;
      readonly version: number;
    }
  | {
      readonly kind: "set-acl";
      readonly path: string | null;
      readonly acls: readonly Acl[] | null;
      readonly version: number;
    }
  | { readonly kind: "check"; readonly path: string | null; readonly version: number }
  | { readonly kind: "create-session"; readonly timeoutMs: number }
  /** `paths`: the znodes to delete. Null without a CloseSessionTxn, as before 3.6.0. */
  | { readonly kind: "close-session"; readonly paths: readonly (string | null)[] | null }
  /** The code of the error (KeeperException.Code). */
  | { readonly kind: "error"; readonly error: number }
  | { readonly kind: "multi"; readonly txns: readonly SubTxn[] | null };

/** One transaction of a multi. */
export interface SubTxn {
  /** The code of the type. */
  readonly type: number;
  readonly data: Uint8Array | null;
}

/** The reasons why a body cannot be read. */
export type TxnBodyDamage = JuteDamage | "unsupported-type";

type Read = (record: RecordReader) => TxnBody;

const READERS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [CREATE, readCreate],
  [CREATE2, readCreate],
  [CREATE_CONTAINER, (record) => ({ kind: "create-container", ...readNewZnode(record), parentCversion: record.int() })],
  [
    CREATE_TTL,
    (record) => ({
      kind: "create-ttl",
      ...readNewZnode(record),
      parentCversion: record.int(),
      ttlMs: record.long(),
    }),
  ],
  [DELETE, readDelete],
  [DELETE_CONTAINER, readDelete],
  [SET_DATA, readSetData],
  [RECONFIG, readSetData],
  [SET_ACL, (record) => ({ kind: "set-acl", path: record.text(), acls: readAcls(record), version: record.int() })],
  [CHECK, (record) => ({ kind: "check", path: record.text(), version: record.int() })],
  [CREATE_SESSION, (record) => ({ kind: "create-session", timeoutMs: record.int() })],
  [CLOSE_SESSION, readCloseSession],
  [ERROR, (record) => ({ kind: "error", error: record.int() })],
  [MULTI, (record) => ({ kind: "multi", txns: record.vector((one) => ({ type: one.int(), data: one.buffer() })) })],
]);

/** A body that cannot be read. */
export interface DamagedBody {
  readonly kind: "damage";
  readonly reason: TxnBodyDamage;
}

/**
 * Reads the body of a transaction of this type (SerializeUtils#deserializeTxn). Never throws. `maxBytes` is the largest
 * string or buffer. Bytes after the body are ignored.
 */
export function decodeTxnBody(type: number, body: Uint8Array, maxBytes: number): TxnBody | DamagedBody {
  const read = READERS.get(type);
  if (read === undefined) return { kind: "damage", reason: "unsupported-type" };
  const result = readWith(read, body, maxBytes);
  if (result.kind !== "damage" || result.reason !== "short") return result;
  // These two are also read in the form of earlier releases.
  if (type === CREATE) return readWith(readCreateV0, body, maxBytes);
  return type === CLOSE_SESSION ? { kind: "close-session", paths: null } : result;
}

/** Reads the body of a transaction in a multi (ByteBufferInputStream#byteBuffer2Record). Never throws. */
export function decodeSubTxnBody(
  { data, type }: SubTxn & { readonly data: Uint8Array },
  maxBytes: number,
): TxnBody | DamagedBody {
  const read = READERS.get(type);
  return read === undefined ? { kind: "damage", reason: "unsupported-type" } : readWith(read, data, maxBytes);
}

function readWith(read: Read, body: Uint8Array, maxBytes: number): TxnBody | DamagedBody {
  try {
    return read(new RecordReader(body, maxBytes));
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return { kind: "damage", reason: error.reason };
  }
}

function readNewZnode(record: RecordReader): Omit<NewZnode, "parentCversion"> {
  return { path: record.text(), data: record.buffer(), acls: readAcls(record) };
}

function readAcls(record: RecordReader): Acl[] | null {
  return record.vector(readAcl);
}

function readCreate(record: RecordReader): TxnBody {
  const znode = readNewZnode(record);
  return { kind: "create", ...znode, isEphemeral: record.bool(), parentCversion: record.int() };
}

/** CreateTxnV0, from before 3.4, has no parentCVersion. */
function readCreateV0(record: RecordReader): TxnBody {
  return { kind: "create", ...readNewZnode(record), isEphemeral: record.bool(), parentCversion: -1 };
}

function readDelete(record: RecordReader): TxnBody {
  return { kind: "delete", path: record.text() };
}

function readSetData(record: RecordReader): TxnBody {
  return { kind: "set-data", path: record.text(), data: record.buffer(), version: record.int() };
}

function readCloseSession(record: RecordReader): TxnBody {
  return { kind: "close-session", paths: record.vector((one) => one.text()) };
}

/**
 * Returns the bytes of a body. A closeSession without `paths` has none. From 3.6.0 on, a digest must not follow it: a
 * server would read the digest as the paths.
 */
export function encodeTxnBody(body: TxnBody): Uint8Array {
  const writer = new JuteWriter();
  switch (body.kind) {
    case "create":
      return writeNewZnode(writer, body).bool(body.isEphemeral).int(body.parentCversion).bytes();
    case "create-container":
      return writeNewZnode(writer, body).int(body.parentCversion).bytes();
    case "create-ttl":
      return writeNewZnode(writer, body).int(body.parentCversion).long(body.ttlMs).bytes();
    case "delete":
      return writer.text(body.path).bytes();
    case "set-data":
      return writer.text(body.path).buffer(body.data).int(body.version).bytes();
    case "set-acl":
      return writeAcls(writer.text(body.path), body.acls).int(body.version).bytes();
    case "check":
      return writer.text(body.path).int(body.version).bytes();
    case "create-session":
      return writer.int(body.timeoutMs).bytes();
    case "error":
      return writer.int(body.error).bytes();
    case "close-session":
      if (body.paths === null) return writer.bytes();
      writer.int(body.paths.length);
      for (const path of body.paths) writer.text(path);
      return writer.bytes();
    case "multi":
      if (body.txns === null) return writer.int(-1).bytes();
      writer.int(body.txns.length);
      for (const { data, type } of body.txns) writer.int(type).buffer(data);
      return writer.bytes();
  }
}

function writeNewZnode(writer: JuteWriter, { acls, data, path }: NewZnode): JuteWriter {
  return writeAcls(writer.text(path).buffer(data), acls);
}
