/** The requests of clients that learners forward to a leader (REQUEST), as values. */
import { type Acl, readAcl } from "../formats/acl.ts";
import {
  CHECK,
  CLOSE_SESSION,
  CREATE,
  CREATE_CONTAINER,
  CREATE_SESSION,
  CREATE_TTL,
  CREATE2,
  DELETE,
  MULTI,
  SET_ACL,
  SET_DATA,
} from "../formats/op-codes.ts";
import { Damage, RecordReader } from "../jute/index.ts";
import type { AuthId } from "../wire/index.ts";

/** A request as it arrives: the session, the code of the operation and the bytes of its record. */
export interface ClientRequest {
  readonly session: bigint;
  readonly cxid: number;
  readonly opType: number;
  readonly request: Uint8Array;
  readonly authinfo: readonly AuthId[];
}

/** The operations that change znodes. */
export type ZnodeOperation =
  | {
      readonly kind: "create";
      readonly type: number;
      readonly path: string | null;
      readonly data: Uint8Array | null;
      readonly acls: readonly Acl[] | null;
      /** The flag of CreateMode. */
      readonly flags: number;
    }
  | { readonly kind: "delete" | "check"; readonly type: number; readonly path: string | null; readonly version: number }
  | {
      readonly kind: "set-data";
      readonly type: number;
      readonly path: string | null;
      readonly data: Uint8Array | null;
      readonly version: number;
    }
  | {
      readonly kind: "set-acl";
      readonly type: number;
      readonly path: string | null;
      readonly acls: readonly Acl[] | null;
      readonly version: number;
    };

/** The record of a request. */
export type Operation =
  | ZnodeOperation
  | { readonly kind: "multi"; readonly operations: readonly ZnodeOperation[] }
  | { readonly kind: "create-session"; readonly timeoutMs: number }
  | { readonly kind: "close-session" }
  /** An operation that this leader does not perform, such as reconfig. */
  | { readonly kind: "unsupported" };

type Read = (record: RecordReader, type: number) => ZnodeOperation;

const readCreate: Read = (record, type) => {
  const [path, data] = [record.text(), record.buffer()];
  const operation = { kind: "create", type, path, data, acls: record.vector(readAcl), flags: record.int() } as const;
  if (type === CREATE_TTL) record.long();
  return operation;
};

const READERS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [CREATE, readCreate],
  [CREATE2, readCreate],
  [CREATE_CONTAINER, readCreate],
  [CREATE_TTL, readCreate],
  [DELETE, (record, type) => ({ kind: "delete", type, path: record.text(), version: record.int() })],
  [CHECK, (record, type) => ({ kind: "check", type, path: record.text(), version: record.int() })],
  [
    SET_DATA,
    (record, type) => ({
      kind: "set-data",
      type,
      path: record.text(),
      data: record.buffer(),
      version: record.int(),
    }),
  ],
  [
    SET_ACL,
    (record, type) => ({
      kind: "set-acl",
      type,
      path: record.text(),
      acls: record.vector(readAcl),
      version: record.int(),
    }),
  ],
]);

/** Reads the record of a request; undefined if its bytes are no such record. */
export function readOperation({ opType, request }: ClientRequest): Operation | undefined {
  if (opType === CLOSE_SESSION) return { kind: "close-session" };
  try {
    const record = new RecordReader(request);
    if (opType === CREATE_SESSION) return { kind: "create-session", timeoutMs: record.int() };
    if (opType === MULTI) return readMulti(record);
    return READERS.get(opType)?.(record, opType) ?? { kind: "unsupported" };
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return undefined;
  }
}

/** MultiOperationRecord#deserialize: a MultiHeader before each record, and one that says that all are read. */
function readMulti(record: RecordReader): Operation {
  const operations: ZnodeOperation[] = [];
  for (;;) {
    const type = record.int();
    const isDone = record.bool();
    record.int();
    if (isDone) return { kind: "multi", operations };
    const read = READERS.get(type);
    // In Java, an IOException: the request cannot be read.
    if (read === undefined) throw new Damage("unsupported-type");
    operations.push(read(record, type));
  }
}
