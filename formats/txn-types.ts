/**
 * The transactions of ZooKeeper's log (SerializeUtils#deserializeTxn, zookeeper.jute): the codes of their types, and
 * the fields of their bodies. A body is checked and skipped; its content is never kept.
 */
import { int32At } from "../jute/index.ts";

/** The size of a TxnHeader in bytes: clientId, cxid, zxid, time, type. */
export const TXN_HEADER_BYTES = 32;
/** The size of a TxnDigest in bytes: version, treeDigest. */
export const TXN_DIGEST_BYTES = 12;

type Field = "string" | "buffer" | "acls" | "strings" | "txns" | "byte" | "int" | "long";

interface TxnType {
  /** The name of the type in ZooDefs.OpCode. */
  readonly name: string;
  readonly fields: readonly Field[];
  /** Whether 3.4 lacks the type. */
  readonly since35?: true;
}

const CREATE: readonly Field[] = ["string", "buffer", "acls", "byte", "int"];

/** The types that a log contains, by their codes (ZooDefs.OpCode). */
export const TXN_TYPES: ReadonlyMap<number, TxnType> = new Map<number, TxnType>([
  [-11, { name: "closeSession", fields: ["strings"] }],
  [-10, { name: "createSession", fields: ["int"] }],
  [-1, { name: "error", fields: ["int"] }],
  [1, { name: "create", fields: CREATE }],
  [2, { name: "delete", fields: ["string"] }],
  [5, { name: "setData", fields: ["string", "buffer", "int"] }],
  [7, { name: "setACL", fields: ["string", "acls", "int"] }],
  [14, { name: "multi", fields: ["txns"] }],
  [15, { name: "create2", fields: CREATE, since35: true }],
  [16, { name: "reconfig", fields: ["string", "buffer", "int"], since35: true }],
  [19, { name: "createContainer", fields: ["string", "buffer", "acls", "int"], since35: true }],
  [20, { name: "deleteContainer", fields: ["string"], since35: true }],
  [21, { name: "createTTL", fields: ["string", "buffer", "acls", "int", "long"], since35: true }],
]);
const CREATE_CODE = 1;
const CLOSE_SESSION_CODE = -11;
/** The body of a `create` before 3.4 (CreateTxnV0), which has no parentCVersion. */
const CREATE_V0 = CREATE.slice(0, -1);

/** Returns the name of a type, or its code if ZooKeeper has no such type. */
export function txnTypeName(code: number): string {
  return TXN_TYPES.get(code)?.name ?? `type ${code}`;
}

/** The result of checking the body of a transaction. */
export type BodyCheck =
  | "ok"
  /** No release knows the type, or 3.4 reads a type that is newer. */
  | "unsupported-type"
  /** The body ends inside a field: an EOFException in ZooKeeper. */
  | "short"
  /** A length is negative or above the limit: an IOException in ZooKeeper. */
  | "unreasonable-length";

/** What a reader accepts. */
export interface BodyReader {
  /** Whether the reader knows only the types of 3.4. */
  readonly is34: boolean;
  /** Whether closeSession has a body (CloseSessionTxn, from 3.6.0 on). */
  readonly closeSessionHasBody: boolean;
  /** The largest string or buffer that the reader reads. */
  readonly maxBytes: number;
}

/** The body of one transaction: the check, where it ends, and whether a digest follows it (3.6.0 and later). */
export interface CheckedBody {
  readonly check: BodyCheck;
  /** The position after the body in the entry. Only meaningful if the check is "ok". */
  readonly end: number;
  readonly hasDigest: boolean;
}

/** Checks the body of a transaction as SerializeUtils#deserializeTxn reads it. `entry` starts with the TxnHeader. */
export function checkBody(entry: Uint8Array, code: number, reader: BodyReader): CheckedBody {
  const type = TXN_TYPES.get(code);
  if (type === undefined || (type.since35 && reader.is34)) return failed("unsupported-type");
  if (code === CLOSE_SESSION_CODE && !reader.closeSessionHasBody) return bodyUntil(entry, TXN_HEADER_BYTES);
  const end = skipFields(entry, TXN_HEADER_BYTES, type.fields, reader.maxBytes);
  if (end !== "short") return typeof end === "number" ? bodyUntil(entry, end) : failed(end);
  if (code === CLOSE_SESSION_CODE) return { check: "ok", end: entry.length, hasDigest: false };
  if (code !== CREATE_CODE) return failed("short");
  const v0 = skipFields(entry, TXN_HEADER_BYTES, CREATE_V0, reader.maxBytes);
  return typeof v0 === "number" ? { check: "ok", end: v0, hasDigest: false } : failed(v0);
}

function failed(check: BodyCheck): CheckedBody {
  return { check, end: 0, hasDigest: false };
}

function bodyUntil(entry: Uint8Array, end: number): CheckedBody {
  return { check: "ok", end, hasDigest: entry.length - end >= TXN_DIGEST_BYTES };
}

type Skipped = number | "short" | "unreasonable-length";

/** Returns the position after the fields, or why they cannot be read. */
function skipFields(bytes: Uint8Array, start: number, fields: readonly Field[], maxBytes: number): Skipped {
  let at: Skipped = start;
  for (const field of fields) {
    at = SKIP[field](bytes, at, maxBytes);
    if (typeof at === "string") return at;
  }
  return at;
}

type Skip = (bytes: Uint8Array, at: number, maxBytes: number) => Skipped;

const fixed =
  (size: number): Skip =>
  ({ length }, at) =>
    at + size <= length ? at + size : "short";

/** A string or a buffer: a length, -1 for null, and the bytes (BinaryInputArchive#readString). */
const skipBuffer: Skip = (bytes, at, maxBytes) => {
  if (at + 4 > bytes.length) return "short";
  const length = int32At(bytes, at);
  if (length === -1) return at + 4;
  if (length < 0 || length > maxBytes) return "unreasonable-length";
  return at + 4 + length <= bytes.length ? at + 4 + length : "short";
};

/** A vector: a count, which is empty or null if it is not positive, and the items. Each item has at least 4 bytes. */
const vectorOf =
  (fields: readonly Field[]): Skip =>
  (bytes, at, maxBytes) => {
    if (at + 4 > bytes.length) return "short";
    let next: Skipped = at + 4;
    for (let rest = int32At(bytes, at); rest > 0; rest--) {
      next = skipFields(bytes, next, fields, maxBytes);
      if (typeof next === "string") return next;
    }
    return next;
  };

const SKIP: Readonly<Record<Field, Skip>> = {
  byte: fixed(1),
  int: fixed(4),
  long: fixed(8),
  string: skipBuffer,
  buffer: skipBuffer,
  strings: vectorOf(["string"]),
  acls: vectorOf(["int", "string", "string"]),
  txns: vectorOf(["int", "buffer"]),
};
