import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyTxn,
  DataTree,
  snapshotSource,
  TreeStreamLoader,
  type TreeTxn,
  type TxnOutcome,
  treeRulesOf,
} from "../../datatree/index.ts";
import { type Acl, encodeSnapshotBody, encodeTxnBody, type TxnBody } from "../../formats/index.ts";
import {
  CLOSE_SESSION,
  CREATE,
  CREATE_CONTAINER,
  CREATE_SESSION,
  CREATE_TTL,
  CREATE2,
  DELETE,
  ERROR,
  MULTI,
  SET_ACL,
  SET_DATA,
} from "../../formats/op-codes.ts";
import { drawnTxn } from "../java/tree-txns.ts";

const OPEN: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];
const SESSION = 7n;

function newTree(version = "3.9.5", settings = {}): DataTree {
  return new DataTree(treeRulesOf(version, { maxBytes: 1000, ...settings }));
}

function txn(type: number, body: TxnBody, zxid = 1n, clientId = SESSION): TreeTxn {
  return { clientId, zxid, timeMs: 10n * zxid, type, body: encodeTxnBody(body), digest: null };
}

function create(path: string | null, fields: Partial<Extract<TxnBody, { kind: "create" }>> = {}): TxnBody {
  return { kind: "create", path, data: null, acls: OPEN, isEphemeral: false, parentCversion: -1, ...fields };
}

/** Applies transactions of the zxids 1, 2, 3, and so on. */
function apply(tree: DataTree, ...txns: readonly (readonly [number, TxnBody])[]): TxnOutcome[] {
  const first = tree.lastProcessedZxid + 1n;
  return txns.map(([type, body], i) => applyTxn(tree, txn(type, body, first + BigInt(i))));
}

describe("a new tree", () => {
  test.each<[string, string[]]>([
    ["3.4.14", ["", "/", "/zookeeper", "/zookeeper/quota"]],
    ["3.5.10", ["", "/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]],
  ])("of %s has the paths %j", (version, paths) => {
    expect([...newTree(version).nodes.keys()]).toEqual(paths);
  });

  test("has no digest before 3.6, and none if digests are off", () => {
    expect(newTree("3.5.10").digest).toBe(0n);
    expect(newTree("3.9.5", { digestEnabled: false }).digest).toBe(0n);
    expect(newTree("3.6.0").digest).not.toBe(0n);
  });
});

describe("transactions", () => {
  test("a create and a setData keep zxids, times and versions", () => {
    const tree = newTree();
    apply(tree, [CREATE, create("/a")], [SET_DATA, { kind: "set-data", path: "/a", data: null, version: 5 }]);
    const stat = { czxid: 1n, mzxid: 2n, pzxid: 1n, ctimeMs: 10n, mtimeMs: 20n, version: 5, cversion: 0, aversion: 0 };
    expect(tree.nodes.get("/a")).toMatchObject(stat);
    expect(tree.nodes.get("")).toMatchObject({ cversion: 1, pzxid: 1n });
    expect(tree.lastProcessedZxid).toBe(2n);
    expect(tree.lastDigest).toEqual({ zxid: 2n, version: 2, treeDigest: tree.digest });
  });

  test("a closeSession deletes the ephemeral znodes of its session, from 3.6 on first those in its body", () => {
    for (const version of ["3.5.10", "3.9.5"]) {
      const tree = newTree(version);
      apply(
        tree,
        [CREATE_SESSION, { kind: "create-session", timeoutMs: 4000 }],
        [CREATE, create("/a", { isEphemeral: true })],
        [CREATE, create("/b")],
      );
      expect(tree.sessions.inOrder()).toEqual([{ id: SESSION, timeoutMs: 4000 }]);
      apply(tree, [CLOSE_SESSION, { kind: "close-session", paths: ["/b"] }]);
      expect(tree.sessions.size).toBe(0);
      expect([tree.nodes.has("/a"), tree.nodes.has("/b")]).toEqual([false, version === "3.5.10"]);
    }
  });

  test("containers and TTL znodes belong to no session", () => {
    const { isEphemeral: _, ...fields } = create("/c") as Extract<TxnBody, { kind: "create" }>;
    const ttl = { ...fields, kind: "create-ttl", path: "/t", ttlMs: 5000n } as const;
    const container = { ...fields, kind: "create-container" } as const;
    const tree = newTree("3.9.5", { extendedTypesEnabled: true });
    apply(tree, [CREATE_CONTAINER, container], [CREATE_TTL, ttl]);
    expect(tree.nodes.get("/c")?.ephemeralOwner).toBe(-(2n ** 63n));
    expect(BigInt.asUintN(64, tree.nodes.get("/t")?.ephemeralOwner ?? 0n)).toBe(0xff00_0000_0000_1388n);
    expect(tree.ephemerals.size).toBe(0);
    const [outcome] = apply(tree, [CREATE_TTL, { ...ttl, path: "/u", ttlMs: 2n ** 40n }]);
    expect(outcome).toMatchObject({ kind: "exception", exception: "IllegalArgumentException" });
  });

  test("a multi with an error changes nothing", () => {
    const tree = newTree();
    const before = tree.digest;
    const sub = (type: number, body: TxnBody) => ({ type, data: encodeTxnBody(body) });
    const txns = [sub(CREATE, create("/a")), sub(ERROR, { kind: "error", error: -101 }), sub(CREATE, create("/b"))];
    const [outcome] = apply(tree, [MULTI, { kind: "multi", txns }]);
    expect(outcome).toMatchObject({ error: -101, results: [{ error: 0 }, { error: -101 }, { error: -2 }] });
    expect(tree.digest).toBe(before);
  });

  test("an ACL list has an id while a znode uses it", () => {
    const tree = newTree("3.4.14");
    const other: readonly Acl[] = [{ perms: 1, scheme: "digest", id: "x" }];
    apply(tree, [CREATE, create("/a")], [CREATE, create("/b")], [CREATE, create("/c", { acls: other })]);
    expect(tree.acls.inOrder(false)).toEqual([
      { id: 1n, acls: OPEN },
      { id: 2n, acls: other },
    ]);
    apply(tree, [SET_ACL, { kind: "set-acl", path: "/c", acls: OPEN, version: 1 }]);
    apply(tree, [SET_ACL, { kind: "set-acl", path: "/a", acls: other, version: 1 }]);
    expect(tree.acls.inOrder(false).map(({ id }) => id)).toEqual([1n, 3n]);
    expect(tree.nodes.get("/a")).toMatchObject({ aclId: 3n, aversion: 1 });
  });

  test("a quota counts the znodes and bytes of its subtree", () => {
    const tree = newTree();
    const data = new TextEncoder().encode("count=9,bytes=9");
    const stats = "/zookeeper/quota/a/zookeeper_stats";
    apply(tree, [CREATE, create("/a")], [CREATE, create("/zookeeper/quota/a")]);
    apply(tree, [CREATE, create("/zookeeper/quota/a/zookeeper_limits", { data })], [CREATE, create(stats, { data })]);
    apply(tree, [CREATE, create("/a/b", { data: new Uint8Array(5) })]);
    expect(Buffer.from(tree.nodes.get(stats)?.data ?? []).toString()).toBe("count=2,bytes=5");
    apply(tree, [DELETE, { kind: "delete", path: "/a/b" }]);
    expect(Buffer.from(tree.nodes.get(stats)?.data ?? []).toString()).toBe("count=1,bytes=0");
  });

  test("a body that cannot be read is damage, and the tree stays as it is", () => {
    const tree = newTree();
    const outcome = applyTxn(tree, { ...txn(DELETE, { kind: "delete", path: "/a" }), body: new Uint8Array(2) });
    expect(outcome).toEqual({ kind: "damage", reason: "short" });
    expect(tree.lastProcessedZxid).toBe(0n);
  });

  test.each<[string, string | null, string]>([
    ["no path", null, "NullPointerException"],
    ["a path without a slash", "a", "StringIndexOutOfBoundsException"],
  ])("%s is an exception", (_name, path, exception) => {
    expect(apply(newTree(), [DELETE, { kind: "delete", path }])[0]).toMatchObject({ kind: "exception", exception });
  });

  test("the digest in a transaction is compared", () => {
    const tree = newTree();
    const right = newTree();
    applyTxn(right, txn(CREATE, create("/a")));
    const digest = { version: 2, treeDigest: right.digest };
    expect(applyTxn(tree, { ...txn(CREATE, create("/a")), digest })).toMatchObject({ digest: "equal" });
    expect(applyTxn(tree, { ...txn(CREATE, create("/b"), 2n), digest })).toMatchObject({ digest: "different" });
    const other = { version: 3, treeDigest: 0n };
    expect(applyTxn(tree, { ...txn(CREATE, create("/c"), 3n), digest: other })).toMatchObject({ digest: "unchecked" });
  });
});

describe("a replay over a newer snapshot", () => {
  test("raises the cversion of the parent at a create of an existing znode, but not at a create2", () => {
    for (const [type, cversion] of [
      [CREATE, 9],
      [CREATE2, 1],
    ] as const) {
      const tree = newTree();
      apply(tree, [CREATE, create("/a")]);
      const [outcome] = apply(tree, [type, create("/a", { parentCversion: 9 })]);
      expect(outcome).toMatchObject({ kind: "applied", error: -110 });
      expect(tree.nodes.get("")?.cversion).toBe(cversion);
    }
  });

  test("sets the pzxid of the parent at a delete of a missing znode, from 3.5.5 on", () => {
    for (const [version, pzxid] of [
      ["3.4.14", 0n],
      ["3.5.5", 1n],
    ] as const) {
      const tree = newTree(version);
      expect(apply(tree, [DELETE, { kind: "delete", path: "/a" }])[0]).toMatchObject({ error: -101 });
      expect(tree.nodes.get("")?.pzxid).toBe(pzxid);
    }
  });

  test("never lowers the cversion of the parent, from 3.6 on", () => {
    for (const [version, cversion] of [
      ["3.5.10", 3],
      ["3.6.0", 8],
    ] as const) {
      const tree = newTree(version);
      apply(tree, [CREATE, create("/a", { parentCversion: 8 })], [CREATE, create("/b", { parentCversion: 3 })]);
      expect(tree.nodes.get("")?.cversion).toBe(cversion);
    }
  });
});

test("a leader deletes the znodes of dead sessions", () => {
  const tree = newTree();
  apply(tree, [CREATE_SESSION, { kind: "create-session", timeoutMs: 1 }]);
  applyTxn(tree, txn(CREATE, create("/dead", { isEphemeral: true }), 2n, 8n));
  applyTxn(tree, txn(CREATE, create("/alive", { isEphemeral: true }), 3n));
  tree.killDeadSessions();
  expect([tree.nodes.has("/dead"), tree.nodes.has("/alive")]).toEqual([false, true]);
});

test("the configuration in use becomes the data of /zookeeper/config, also after an upgrade", () => {
  const tree = newTree();
  tree.nodes.delete("/zookeeper/config");
  tree.setConfig("version=5", 5n, 77n);
  expect(tree.nodes.get("/zookeeper/config")).toMatchObject({ mzxid: 5n, mtimeMs: 77n, version: -1, aversion: -1 });
  const old = newTree("3.4.14");
  old.setConfig("version=5", 5n, 77n);
  expect(old.nodes.has("/zookeeper/config")).toBe(false);
});

test("data does not share its memory with the transaction", () => {
  const tree = newTree();
  const one = txn(CREATE, create("/a", { data: Uint8Array.from([1, 2]) }));
  const body = Buffer.from(one.body);
  applyTxn(tree, { ...one, body });
  body.fill(9);
  expect([...(tree.nodes.get("/a")?.data ?? [])]).toEqual([1, 2]);
});

test("drawn and damaged transactions never throw, and the digest is that of the loaded tree", () => {
  const damage = fc.option(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), { freq: 2 });
  const drawn = fc.array(fc.tuple(drawnTxn, damage), { maxLength: 40 });
  fc.assert(
    fc.property(drawn, fc.constantFrom("3.4.14", "3.5.10", "3.6.2", "3.9.5"), (txns, version) => {
      const tree = newTree(version);
      for (const [i, [one, change]] of txns.entries()) {
        const body = Buffer.from(one.body, "hex");
        if (change && body.length > 0) body[change.at % body.length] = change.byte;
        const zxid = BigInt(i + 1);
        const { type } = one;
        const outcome = applyTxn(tree, { clientId: BigInt(one.session), zxid, timeMs: 0n, type, body, digest: null });
        if (outcome.kind === "exception") return;
      }
      const written = [...snapshotSource(tree).nodes];
      // A znode whose parent is deleted is not written, and a path that ends with "/" can end a snapshot.
      if (written.length !== tree.nodeCount - 1 || written.some(({ path }) => path.endsWith("/"))) return;
      const loader = new TreeStreamLoader(tree.rules, tree.lastProcessedZxid);
      for (const piece of encodeSnapshotBody(snapshotSource(tree))) loader.push(piece);
      loader.end();
      if (loader.result?.kind === "tree") expect(loader.result.tree.digest).toBe(tree.digest);
      else expect(loader.result?.kind).toBe("exception");
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("damaged snapshot streams never throw", () => {
  const tree = newTree();
  apply(tree, [CREATE, create("/a", { isEphemeral: true, data: new Uint8Array(9) })], [CREATE, create("/a/b")]);
  const stream = Buffer.concat([...encodeSnapshotBody(snapshotSource(tree))]);
  fc.assert(
    fc.property(fc.nat({ max: stream.length - 1 }), fc.integer({ min: 0, max: 255 }), fc.nat(), (at, byte, cut) => {
      const damaged = Buffer.from(stream.subarray(0, stream.length - (cut % 3)));
      damaged[Math.min(at, damaged.length - 1)] = byte;
      const loader = new TreeStreamLoader(tree.rules, 1n);
      loader.push(damaged.subarray(0, 50));
      loader.push(damaged.subarray(50));
      loader.end();
      expect(["tree", "damage", "exception"]).toContain(loader.result?.kind);
    }),
    { numRuns: 3000, seed: 1 },
  );
});
