/**
 * Questions about data trees: what is the tree after these transactions, which log and snapshot does a server write,
 * and what does a server load from a directory that zabsim wrote?
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  applyTxn,
  DataTree,
  encodeTreeFile,
  snapshotSource,
  TreeFileLoader,
  treeRulesOf,
} from "../../datatree/index.ts";
import {
  type BodyReader,
  bodyReaderOf,
  checkBody,
  type DiskFormat,
  decodeTxnBody,
  diskFormatOf,
  encodeSnapshotBody,
  encodeTxn,
  encodeTxnBody,
  encodeTxnLogHeader,
  encodeTxnLogRecord,
  logFileName,
  paddedLogSize,
  snapshotFileName,
  type Txn,
  type TxnBody,
} from "../../formats/index.ts";
import { CLOSE_SESSION } from "../../formats/op-codes.ts";
import { asZxid } from "../../protocol/zxid.ts";
import type { Kind } from "./kinds.ts";
import { type DrawnTxn, drawnTxn, growingHistory, prologue } from "./tree-txns.ts";

interface TreeQuestion {
  readonly txns: readonly DrawnTxn[];
  /** The number of transactions before the tree is written to a snapshot and loaded from it. */
  readonly reload: number;
  /** The number of transactions in the snapshot of zabsim's directory that its log contains once more. */
  readonly fuzzy: number;
}

const MAX_BYTES = 0xfffff;
/** zookeeper.preAllocSize of the Java process, in bytes. */
const PRE_ALLOC_BYTES = 4096;
const FIRST_ZXID = 0x1_0000_0001n;
/** The first session of a server, as SessionTrackerImpl#initializeNextSessionId makes it. */
const SESSION = 0x1000_02d8_fc50_0000n;
const TIME_MS = 1_700_000_000_000n;

interface Release {
  readonly rules: ReturnType<typeof treeRulesOf>;
  readonly format: DiskFormat;
  readonly body: BodyReader;
}

function releaseOf(version: string): Release {
  return {
    rules: treeRulesOf(version, { maxBytes: MAX_BYTES }),
    format: diskFormatOf(version),
    body: bodyReaderOf(version, MAX_BYTES),
  };
}

/** Returns the transactions that a release knows. */
function txnsOf({ txns }: TreeQuestion, { body }: Release): Txn[] {
  const all = txns.map(
    (txn, i): Txn => ({
      clientId: SESSION + BigInt(txn.session),
      cxid: i,
      zxid: FIRST_ZXID + BigInt(i),
      timeMs: TIME_MS + BigInt(i),
      type: txn.type,
      body: Buffer.from(txn.body, "hex"),
      digest: null,
      rest: new Uint8Array(0),
    }),
  );
  return all.filter((txn) => checkBody(encodeTxn(txn), txn.type, body).check === "ok");
}

/** The answer about a tree. */
interface TreeAnswer {
  readonly zxid: string;
  readonly nodes: number;
  readonly digest: string;
  readonly stream: string;
}

const hex = (value: bigint): string => BigInt.asUintN(64, value).toString(16);
const base64 = (pieces: Iterable<Uint8Array>): string => Buffer.concat([...pieces]).toString("base64");

function describeTree(tree: DataTree): TreeAnswer {
  return {
    zxid: hex(tree.lastProcessedZxid),
    nodes: tree.nodeCount,
    digest: hex(tree.digest),
    stream: base64(encodeSnapshotBody(snapshotSource(tree))),
  };
}

/** A run of transactions on one tree. */
interface Run {
  tree: DataTree;
  readonly errors: string[];
  /** The transactions with the digests after them, as they are logged. */
  readonly logged: Txn[];
  exception?: string;
}

function load(tree: DataTree, { format, rules }: Release, zxid: bigint): DataTree | string {
  const reader = { maxBytes: MAX_BYTES, readsDigest: format.hasDigest, readsLastZxid: format.hasLastZxid };
  const loader = new TreeFileLoader(rules, reader, zxid);
  for (const piece of encodeTreeFile(tree, format)) loader.push(piece);
  loader.end();
  const { result } = loader;
  if (result?.kind === "tree") return result.tree;
  if (result?.kind === "exception") return result.exception;
  throw new Error(`zabsim cannot read its own snapshot: ${JSON.stringify(result)}`);
}

/** Applies transactions until one of them throws. */
function applyAll(run: Run, txns: readonly Txn[], { body, rules }: Release): void {
  for (const txn of txns) {
    const outcome = applyTxn(run.tree, txn);
    if (outcome.kind === "damage") throw new Error(outcome.reason);
    if (outcome.kind === "exception") {
      run.exception = outcome.exception;
      return;
    }
    run.errors.push([outcome, ...(outcome.results ?? [])].map(({ error }) => error).join(" "));
    const logged = { ...txn, body: reencoded(txn, body) };
    // A server would read a digest after a closeSession without a body as its body.
    const hasDigest = rules.hasDigest && logged.body.length > 0;
    run.logged.push({ ...logged, digest: hasDigest ? { version: 2, treeDigest: run.tree.digest } : null });
  }
}

/** Java writes the values that it has read. */
function reencoded({ body, type }: Txn, { closeSessionHasBody }: BodyReader): Uint8Array {
  if (type === CLOSE_SESSION && !closeSessionHasBody) return new Uint8Array(0);
  return encodeTxnBody(decodeTxnBody(type, body, MAX_BYTES) as TxnBody);
}

function runOf(question: TreeQuestion, release: Release): Run {
  const txns = txnsOf(question, release);
  const run: Run = { tree: new DataTree(release.rules), errors: [], logged: [] };
  applyAll(run, txns.slice(0, question.reload), release);
  if (run.exception !== undefined || question.reload >= txns.length) return run;
  const loaded = load(run.tree, release, run.tree.lastProcessedZxid);
  if (typeof loaded === "string") return { ...run, exception: loaded };
  const rest: Run = { ...run, tree: loaded };
  applyAll(rest, txns.slice(question.reload), release);
  return rest;
}

/**
 * Returns a log file as FileTxnLog writes it if it syncs after each record: its content, and its size with the padding.
 */
function logOf(logged: readonly Txn[], format: DiskFormat): { readonly bytes: Buffer; readonly size: number } {
  const parts = [encodeTxnLogHeader()];
  let position = (parts[0] as Uint8Array).length;
  let size = position;
  for (const txn of logged) {
    const record = encodeTxnLogRecord(encodeTxn(txn));
    size = paddedLogSize(position, size, PRE_ALLOC_BYTES, format);
    position += record.length;
    parts.push(record);
  }
  return { bytes: Buffer.concat(parts), size: Math.max(size, position) };
}

function describeLog(logged: readonly Txn[], format: DiskFormat): object {
  const [first] = logged;
  if (first === undefined) return {};
  const { bytes, size } = logOf(logged, format);
  return { name: logFileName(asZxid(Number(first.zxid))), size, content: bytes.toString("base64") };
}

/** The directory that zabsim writes: a snapshot that can be fuzzy, and the log after the zxid in its name. */
interface Directory {
  readonly zxid: bigint;
  readonly tree: DataTree;
  readonly logged: readonly Txn[];
}

/** Returns undefined if a transaction throws an exception. */
function directoryOf(question: TreeQuestion, release: Release): Directory | undefined {
  const txns = txnsOf(question, release);
  const whole: Run = { tree: new DataTree(release.rules), errors: [], logged: [] };
  applyAll(whole, txns, release);
  if (whole.exception !== undefined) return undefined;
  const start: Run = { tree: new DataTree(release.rules), errors: [], logged: [] };
  applyAll(start, txns.slice(0, question.reload), release);
  const covered = Math.max(0, Math.min(question.reload, txns.length) - question.fuzzy);
  const zxid = txns[covered - 1]?.zxid ?? 0n;
  return { zxid, tree: start.tree, logged: whole.logged.slice(covered) };
}

function restoredAnswer({ logged, tree, zxid }: Directory, release: Release): object {
  const loaded = load(tree, release, zxid);
  if (typeof loaded === "string") return { exception: loaded };
  const run: Run = { tree: loaded, errors: [], logged: [] };
  // A replay of transactions twice can give another tree than before, so that their digests differ.
  applyAll(
    run,
    logged.map((txn) => ({ ...txn, digest: null })),
    release,
  );
  if (run.exception !== undefined) return { exception: run.exception };
  return { highest: hex(run.tree.lastProcessedZxid), ...describeTree(run.tree) };
}

let folders: string | undefined;
let count = 0;

function write({ logged, tree, zxid }: Directory, { format }: Release): string {
  if (folders === undefined) {
    folders = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "zabsim-trees-"));
    process.once("exit", () => rmSync(folders as string, { recursive: true, force: true }));
  }
  const folder = join(folders, String(count++));
  mkdirSync(join(folder, "version-2"), { recursive: true });
  const snapshot = join(folder, "version-2", snapshotFileName(asZxid(Number(zxid))));
  writeFileSync(snapshot, Buffer.concat([...encodeTreeFile(tree, format)]));
  const [first] = logged;
  if (first !== undefined) {
    const { bytes, size } = logOf(logged, format);
    const padded = Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]);
    writeFileSync(join(folder, "version-2", logFileName(asZxid(Number(first.zxid)))), padded);
  }
  return folder;
}

function answer(question: TreeQuestion, version: string): object {
  const release = releaseOf(version);
  const { errors, exception, logged, tree } = runOf(question, release);
  const outcome =
    exception === undefined
      ? { ...describeTree(tree), file: base64(encodeTreeFile(tree, release.format)) }
      : { exception };
  const directory = directoryOf(question, release);
  return {
    applied: { errors, ...outcome, log: describeLog(logged, release.format) },
    ...(directory !== undefined && { restored: restoredAnswer(directory, release) }),
  };
}

export const treeQuestions: Kind<TreeQuestion> = {
  name: "tree",
  cost: 20,
  questions: fc.record({
    txns: fc.tuple(prologue, fc.array(drawnTxn, { maxLength: 60 })).map(([first, rest]) => [...first, ...rest]),
    reload: fc.nat({ max: 60 }),
    fuzzy: fc.oneof(fc.constant(0), fc.nat({ max: 20 })),
  }),
  fixed: [
    { txns: [], reload: 0, fuzzy: 0 },
    { txns: growingHistory(), reload: 1000, fuzzy: 0 },
    { txns: growingHistory(), reload: 200, fuzzy: 100 },
  ],
  toJava: (question, version) => {
    const release = releaseOf(version);
    const directory = directoryOf(question, release);
    return {
      entries: txnsOf(question, release).map((txn) => Buffer.from(encodeTxn(txn)).toString("base64")),
      reload: question.reload,
      ...(directory !== undefined && { folder: write(directory, release) }),
    };
  },
  answer,
};
