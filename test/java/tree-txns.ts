/** Draws transactions: most of them are those of a server, and some have content that no server writes. */
import fc from "fast-check";
import { type Acl, encodeTxnBody, type TxnBody } from "../../formats/index.ts";
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
} from "../../formats/op-codes.ts";

/** A transaction without its zxid. Its body is in hex, so that a question is JSON. */
export interface DrawnTxn {
  readonly type: number;
  readonly session: number;
  readonly body: string;
}

const QUOTA = "/zookeeper/quota/a";
const PATHS = ["/a", "/a/b", "/a/b/c", "/b", "/ü €", "/😀", "/zookeeper/config", QUOTA];
const STATS_PATH = `${QUOTA}/zookeeper_stats`;
const QUOTA_PATHS = [QUOTA, STATS_PATH, `${QUOTA}/zookeeper_limits`];
/** Paths with which ZooKeeper throws an exception, or which no server writes. */
const ODD_PATHS = [null, "", "a", "//", "/a/", "/zookeeper/quota/zookeeper_limits", "/zookeeper/zookeeper_limits"];
const QUOTA_TEXTS = ["count=1,bytes=2", "count=-1,bytes=100", "count=5,bytes=9=;countHardLimit=7"];
const ODD_TEXTS = [
  "",
  "count=1",
  "count=x,bytes=1",
  "count=1,bytes",
  "count=3;bytes==,a=1",
  "count=2147483647,bytes=1",
];

const OPEN: Acl = { perms: 31, scheme: "world", id: "anyone" };
const READ: Acl = { perms: 1, scheme: "world", id: "anyone" };
const OWNER: Acl = { perms: 31, scheme: "digest", id: "user:ü" };
const ACL_LISTS: readonly (readonly Acl[] | null)[] = [null, [], [OPEN], [READ], [OWNER], [READ, OWNER]];

const weighted = <T>(...choices: readonly (readonly [number, fc.Arbitrary<T>])[]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** Names that fill tables of several sizes. */
const numbered = fc.nat({ max: 30 });
const path = weighted<string | null>(
  [12, fc.constantFrom(...PATHS)],
  [8, numbered.map((n) => `/a/n${n}`)],
  [4, numbered.map((n) => `/member_000000${n}`)],
  [4, fc.constantFrom(...QUOTA_PATHS)],
);
/** The path of a znode that is created or deleted. */
const anyPath = weighted<string | null>([300, path], [1, fc.constantFrom(...ODD_PATHS)]);
/** The path of a znode that is changed. No server creates or deletes the root. */
const changedPath = weighted<string | null>([20, anyPath], [1, fc.constant("/")]);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const data = weighted<Uint8Array | null>(
  [1, fc.constant(null)],
  [4, fc.uint8Array({ maxLength: 20 })],
  [4, fc.constantFrom(...QUOTA_TEXTS).map(text)],
);
const quotaData = weighted<Uint8Array | null>(
  [40, fc.constantFrom(...QUOTA_TEXTS).map(text)],
  [1, fc.constantFrom(null, ...ODD_TEXTS.map(text))],
);
const acls = fc.constantFrom(...ACL_LISTS);
const version = fc.integer({ min: -1, max: 5 });
const parentCversion = weighted<number>([3, fc.integer({ min: 0, max: 100 })], [2, fc.constant(-1)]);
const ttlMs = weighted<bigint>([40, fc.constantFrom(1n, 60_000n, 2n ** 40n - 1n)], [1, fc.constantFrom(0n, 2n ** 40n)]);
const error = fc.constantFrom(-110, -101, -2, 0);

/** A znode, with the text of a quota where there must be one. */
const znode = fc
  .record({ path: anyPath, plain: data, quota: quotaData, acls, parentCversion })
  .map(({ path, plain, quota, ...rest }) => ({ ...rest, path, data: path?.includes("/zookeeper_") ? quota : plain }));
const dataChange = fc
  .record({ path: changedPath, plain: data, quota: quotaData, version })
  .map(({ path, plain, quota, version }) => ({ path, version, data: path?.includes("/zookeeper_") ? quota : plain }));

type Typed = readonly [type: number, body: TxnBody];
const create = fc
  .tuple(fc.constantFrom(CREATE, CREATE, CREATE2), znode, fc.boolean())
  .map(([type, fields, isEphemeral]): Typed => [type, { kind: "create", ...fields, isEphemeral }]);
const createContainer = znode.map((fields): Typed => [CREATE_CONTAINER, { kind: "create-container", ...fields }]);
const createTtl = fc
  .tuple(znode, ttlMs)
  .map(([fields, ttlMs]): Typed => [CREATE_TTL, { kind: "create-ttl", ...fields, ttlMs }]);
const remove = fc
  .tuple(fc.constantFrom(DELETE, DELETE, DELETE_CONTAINER), anyPath)
  .map(([type, path]): Typed => [type, { kind: "delete", path }]);
const setData = dataChange.map((fields): Typed => [SET_DATA, { kind: "set-data", ...fields }]);
const failure = error.map((code): Typed => [ERROR, { kind: "error", error: code }]);
const check = fc.record({ path: changedPath, version }).map((fields): Typed => [CHECK, { kind: "check", ...fields }]);

const part = weighted<Typed>(
  [6, create],
  [1, createContainer],
  [1, createTtl],
  [3, remove],
  [3, setData],
  [1, check],
  [1, failure],
);
/** A transaction of a multi, sometimes of a type that it cannot contain, or cut off. */
const subTxn = fc.tuple(part, fc.integer({ min: 0, max: 60 })).map(([[type, body], odd]) => {
  const bytes = encodeTxnBody(body);
  if (odd === 0) return { type: SET_ACL, data: bytes };
  return { type, data: odd === 1 ? bytes.subarray(0, -1) : bytes };
});

const typed = weighted<Typed>(
  [12, create],
  [2, createContainer],
  [2, createTtl],
  [6, remove],
  [5, setData],
  [1, dataChange.map((fields): Typed => [RECONFIG, { kind: "set-data", ...fields, path: "/zookeeper/config" }])],
  [
    3,
    fc.record({ path: changedPath, acls, version }).map((fields): Typed => [SET_ACL, { kind: "set-acl", ...fields }]),
  ],
  [2, fc.nat().map((timeoutMs): Typed => [CREATE_SESSION, { kind: "create-session", timeoutMs }])],
  [2, fc.constant<Typed>([CLOSE_SESSION, { kind: "close-session", paths: null }])],
  [2, fc.array(path, { maxLength: 3 }).map((paths): Typed => [CLOSE_SESSION, { kind: "close-session", paths }])],
  [1, failure],
  [4, fc.array(subTxn, { maxLength: 5 }).map((txns): Typed => [MULTI, { kind: "multi", txns }])],
);

/** Draws a transaction. */
export const drawnTxn: fc.Arbitrary<DrawnTxn> = fc
  .tuple(typed, fc.integer({ min: 1, max: 5 }))
  .map(([[type, body], session]) => drawn(type, session, body));

/** Returns a transaction in the form of a drawn one. */
export function drawn(type: number, session: number, body: TxnBody): DrawnTxn {
  return { type, session, body: Buffer.from(encodeTxnBody(body)).toString("hex") };
}

/** The start of most histories: two znodes and, sometimes, a quota on one of them. */
export const prologue: fc.Arbitrary<readonly DrawnTxn[]> = fc.boolean().map((hasQuota) => {
  const paths = ["/a", "/b", ...(hasQuota ? QUOTA_PATHS : [])];
  const fields = { acls: [OPEN], isEphemeral: false, parentCversion: -1, kind: "create" } as const;
  return paths.map((path) =>
    drawn(CREATE, 1, { ...fields, path, data: text(path.includes("/zookeeper_") ? "count=1,bytes=2" : "x") }),
  );
});

/** Histories that grow the tables of children, ACL lists and sessions. */
export function growingHistory(): DrawnTxn[] {
  const fields = { data: null, isEphemeral: true, parentCversion: -1, kind: "create" } as const;
  const txns = Array.from({ length: 150 }, (_, i) => [
    drawn(CREATE_SESSION, i % 60, { kind: "create-session", timeoutMs: i }),
    drawn(CREATE, i % 60, { ...fields, path: `/node-${i}`, acls: [{ ...OWNER, id: `user:${i % 50}` }] }),
  ]);
  const closed = Array.from({ length: 20 }, (_, i) =>
    drawn(CLOSE_SESSION, 3 * i, { kind: "close-session", paths: null }),
  );
  return [...txns.flat(), ...closed];
}
