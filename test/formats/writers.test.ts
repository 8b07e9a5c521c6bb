import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Acl,
  bodyReaderOf,
  decodeTxn,
  decodeTxnBody,
  diskFormatOf,
  encodeEpochFile,
  encodeSnapshotFile,
  encodeTxn,
  encodeTxnBody,
  encodeTxnLogHeader,
  encodeTxnLogRecord,
  logFileName,
  PRE_ALLOC_BYTES,
  paddedLogSize,
  readEpochFile,
  SnapshotDecoder,
  type SnapshotSource,
  snapshotFileName,
  type Txn,
  type TxnBody,
  TxnLogDecoder,
  type Znode,
  zxidInName,
} from "../../formats/index.ts";
import * as codes from "../../formats/op-codes.ts";
import { asZxid } from "../../protocol/zxid.ts";

fc.configureGlobal({ seed: 1 });

const MAX_BYTES = 10_000;
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const text = fc.string({ unit: fc.constantFrom("a", "/", "ü", "€", "\0"), maxLength: 12 });
const nullable = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 5 });
const bytes = fc.uint8Array({ maxLength: 40 });
const acl: fc.Arbitrary<Acl> = fc.record({ perms: int, scheme: nullable(text), id: nullable(text) });
const newZnode = fc.record({
  path: nullable(text),
  data: nullable(bytes),
  acls: nullable(fc.array(acl, { maxLength: 3 })),
  parentCversion: int,
});

const BODIES: readonly (readonly [number, fc.Arbitrary<TxnBody>])[] = [
  [
    codes.CREATE,
    fc.tuple(newZnode, fc.boolean()).map(([fields, isEphemeral]) => ({ kind: "create", ...fields, isEphemeral })),
  ],
  [codes.CREATE_CONTAINER, newZnode.map((fields) => ({ kind: "create-container", ...fields }))],
  [codes.CREATE_TTL, fc.tuple(newZnode, long).map(([fields, ttlMs]) => ({ kind: "create-ttl", ...fields, ttlMs }))],
  [codes.DELETE, fc.record({ kind: fc.constant("delete"), path: nullable(text) })],
  [
    codes.RECONFIG,
    fc.record({ kind: fc.constant("set-data"), path: nullable(text), data: nullable(bytes), version: int }),
  ],
  [
    codes.SET_ACL,
    fc.record({
      kind: fc.constant("set-acl"),
      path: nullable(text),
      acls: nullable(fc.array(acl, { maxLength: 3 })),
      version: int,
    }),
  ],
  [codes.CHECK, fc.record({ kind: fc.constant("check"), path: nullable(text), version: int })],
  [codes.CREATE_SESSION, fc.record({ kind: fc.constant("create-session"), timeoutMs: int })],
  [
    codes.CLOSE_SESSION,
    fc.record({ kind: fc.constant("close-session"), paths: nullable(fc.array(nullable(text), { maxLength: 3 })) }),
  ],
  [codes.ERROR, fc.record({ kind: fc.constant("error"), error: int })],
  [
    codes.MULTI,
    fc.record({
      kind: fc.constant("multi"),
      txns: nullable(fc.array(fc.record({ type: int, data: nullable(bytes) }), { maxLength: 3 })),
    }),
  ],
];
const typedBody = fc.oneof(...BODIES.map(([type, body]) => body.map((one) => [type, one] as const)));

const txn: fc.Arbitrary<Txn> = fc
  .tuple(
    typedBody.filter(([type]) => type !== codes.CHECK),
    fc.record({ clientId: long, cxid: int, timeMs: fc.bigInt({ min: 0n, max: 2n ** 50n }) }),
    fc.bigInt({ min: 0n, max: 2n ** 52n }),
    nullable(fc.record({ version: int, treeDigest: long })),
  )
  .map(([[type, body], fields, zxid, digest]) => ({
    ...fields,
    zxid,
    type,
    body: encodeTxnBody(body),
    // A digest after a closeSession without a body would be read as the body.
    digest: body.kind === "close-session" && body.paths === null ? null : digest,
    rest: new Uint8Array(0),
  }));

describe("transactions", () => {
  test("a body is read as it was written", () => {
    fc.assert(
      fc.property(typedBody, ([type, body]) => {
        expect(decodeTxnBody(type, encodeTxnBody(body), MAX_BYTES)).toEqual(body);
      }),
    );
  });

  test("a body that is cut off is damage, or an earlier form of the same transaction", () => {
    fc.assert(
      fc.property(typedBody, fc.nat(), ([type, body], cut) => {
        const whole = encodeTxnBody(body);
        if (whole.length === 0) return;
        const { kind } = decodeTxnBody(type, whole.subarray(0, cut % whole.length), MAX_BYTES);
        const isOldForm = (type === codes.CREATE || type === codes.CLOSE_SESSION) && kind === body.kind;
        expect(kind === "damage" || isOldForm).toBe(true);
      }),
    );
  });

  test("a create from before 3.4 lets the parent count", () => {
    const body = { kind: "create", path: "/a", data: null, acls: [], isEphemeral: true, parentCversion: 7 } as const;
    const v0 = encodeTxnBody(body).subarray(0, -4);
    expect(decodeTxnBody(codes.CREATE, v0, MAX_BYTES)).toEqual({ ...body, parentCversion: -1 });
    expect(decodeTxnBody(codes.CREATE2, v0, MAX_BYTES)).toEqual({ kind: "damage", reason: "short" });
  });

  test("an unknown type and an unreasonable length are damage", () => {
    expect(decodeTxnBody(99, new Uint8Array(4), MAX_BYTES)).toEqual({ kind: "damage", reason: "unsupported-type" });
    const tooLong = Uint8Array.from([0, 0, 0x7f, 0xff]);
    expect(decodeTxnBody(codes.DELETE, tooLong, MAX_BYTES)).toEqual({ kind: "damage", reason: "unreasonable-length" });
    expect(decodeTxn(new Uint8Array(10), bodyReaderOf("3.9.5", MAX_BYTES))).toEqual({ damage: "short" });
  });

  test("20,000 random bodies are read without an exception", () => {
    const types = Object.values(codes);
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 40 }), (type, body) => {
        decodeTxnBody(type, body, MAX_BYTES);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe("log files", () => {
  const reader = bodyReaderOf("3.9.5", MAX_BYTES);

  test("the decoder reads what was written, with padding", () => {
    fc.assert(
      fc.property(fc.array(txn, { maxLength: 5 }), fc.nat({ max: 50 }), (txns, padding) => {
        const decoder = new TxnLogDecoder(reader);
        decoder.push(encodeTxnLogHeader());
        for (const one of txns) decoder.push(encodeTxnLogRecord(encodeTxn(one)));
        decoder.push(new Uint8Array(padding));
        decoder.end();
        expect(decoder.next()).toEqual({ kind: "header", version: 2, dbid: 0n });
        for (const one of txns) {
          expect(decoder.next()).toMatchObject({ kind: "record", zxid: Number(one.zxid), type: one.type });
          expect(decodeTxn(decoder.lastEntry, reader)).toEqual(one);
        }
        expect(decoder.next()).toMatchObject({ kind: "stop", isDamage: false });
      }),
    );
  });

  test.each<[string, number, number, number, number]>([
    // Release, end of the content, size of the file, zookeeper.preAllocSize, new size: FilePadding's own test and more.
    ["3.9.5", 7 * 1024, 10 * 1024, 0, 10 * 1024],
    ["3.9.5", 7 * 1024, 10 * 1024, 10 * 1024, 20 * 1024],
    ["3.9.5", 5 * 1024, 10 * 1024, 10 * 1024, 10 * 1024],
    ["3.9.5", 30 * 1024, 10 * 1024, 10 * 1024, 40 * 1024],
    ["3.4.12", 30 * 1024, 10 * 1024, 10 * 1024, 40 * 1024],
    ["3.4.11", 30 * 1024, 10 * 1024, 10 * 1024, 20 * 1024],
    ["3.9.5", 16, 16, PRE_ALLOC_BYTES, PRE_ALLOC_BYTES + 16],
  ])("%s pads a log with %i of %i bytes, by %i, to %i", (version, position, size, preAlloc, expected) => {
    expect(paddedLogSize(position, size, preAlloc, diskFormatOf(version))).toBe(expected);
  });
});

describe("snapshot files", () => {
  const znode = fc.record({
    data: nullable(bytes),
    aclId: long,
    czxid: long,
    mzxid: long,
    ctimeMs: long,
    mtimeMs: long,
    version: int,
    cversion: int,
    aversion: int,
    ephemeralOwner: long,
    pzxid: long,
  });
  const source: fc.Arbitrary<SnapshotSource & { readonly nodes: Znode[] }> = fc.record({
    sessions: fc.array(fc.record({ id: long, timeoutMs: int }), { maxLength: 4 }),
    aclLists: fc.array(
      fc.record({
        id: long,
        acls: fc.array(fc.record({ perms: int, scheme: text, id: text }), { maxLength: 3 }),
      }),
      { maxLength: 4 },
    ),
    nodes: fc
      .array(znode, { minLength: 1, maxLength: 6 })
      .map((nodes) => nodes.map((node, i) => ({ ...node, path: i === 0 ? "" : `/node-${i}` }))),
  });
  const end = fc.record({
    digest: fc.record({ zxid: fc.bigInt({ min: 1n, max: 2n ** 52n }), version: fc.constant(2), treeDigest: long }),
    lastZxid: fc.bigInt({ min: 0n, max: 2n ** 52n }),
  });

  test("a decoder with a sink reads what was written", () => {
    fc.assert(
      fc.property(source, end, fc.integer({ min: 1, max: 200 }), (drawn, sections, cut) => {
        const read = { sessions: [] as object[], aclLists: [] as object[], nodes: [] as Znode[] };
        const decoder = new SnapshotDecoder(
          { maxBytes: MAX_BYTES, readsDigest: true, readsLastZxid: true },
          {
            session: (id, timeoutMs) => read.sessions.push({ id, timeoutMs }),
            aclList: (id, acls) => read.aclLists.push({ id, acls }),
            znode: (one) => read.nodes.push({ ...one, data: one.data && new Uint8Array(one.data) }),
          },
        );
        const file = Buffer.concat([...encodeSnapshotFile(drawn, sections)]);
        for (let at = 0; at < file.length; at += cut) decoder.push(file.subarray(at, at + cut));
        decoder.end();
        expect(decoder.result).toMatchObject({ kind: "snapshot", digest: sections.digest });
        expect(decoder.result).toMatchObject({ lastZxid: Number(sections.lastZxid), nodes: drawn.nodes.length });
        expect(read).toEqual(drawn);
      }),
    );
  });

  test("a flipped bit anywhere makes a file unusable, or cuts its optional end off", () => {
    fc.assert(
      fc.property(source, end, fc.nat(), fc.integer({ min: 0, max: 7 }), (drawn, sections, place, bit) => {
        const file = Buffer.concat([...encodeSnapshotFile(drawn, sections)]);
        const at = place % file.length;
        file[at] = (file[at] as number) ^ (1 << bit);
        const decoder = new SnapshotDecoder({ maxBytes: MAX_BYTES, readsDigest: true, readsLastZxid: true });
        decoder.push(file);
        decoder.end();
        // ZooKeeper does not compare the strings of the seals and the version in the header.
        if (decoder.result?.kind === "snapshot") expect(at < 16 || at > file.length - 90).toBe(true);
      }),
    );
  });
});

test("what a release writes", () => {
  expect(diskFormatOf("3.4.10")).toEqual({
    hasDigest: false,
    hasLastZxid: false,
    closeSessionHasBody: false,
    paddingCoversContent: false,
  });
  expect(diskFormatOf("3.8.6")).toMatchObject({ hasDigest: true, hasLastZxid: false, closeSessionHasBody: true });
  expect(diskFormatOf("3.9.0")).toMatchObject({ hasDigest: true, hasLastZxid: true });
});

test("names and epochs are read as they were written", () => {
  expect(logFileName(asZxid(0x1_0000_0001))).toBe("log.100000001");
  expect(snapshotFileName(asZxid(0))).toBe("snapshot.0");
  expect(snapshotFileName(asZxid(-1), "gzip")).toBe("snapshot.ffffffffffffffff.gz");
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (zxid) => {
      expect(zxidInName(logFileName(asZxid(zxid)), "log", true)).toBe(zxid);
      expect(zxidInName(snapshotFileName(asZxid(zxid), "snappy"), "snapshot", false)).toBe(zxid);
      expect(readEpochFile(encodeEpochFile(zxid % 2 ** 31))).toEqual({ epoch: zxid % 2 ** 31 });
    }),
  );
});
