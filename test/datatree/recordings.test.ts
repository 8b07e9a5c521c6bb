import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type DataTree, encodeTreeFile, snapshotSource, TreeStreamLoader } from "../../datatree/index.ts";
import {
  diskFormatOf,
  encodeSnapshotBody,
  encodeTxn,
  encodeTxnLogHeader,
  encodeTxnLogRecord,
  type Znode,
} from "../../formats/index.ts";
import { diskTruth, RECORDINGS, unpackDisks } from "../recordings/disks.ts";
import {
  type DigestCounts,
  type DiskFile,
  filesOf,
  loadTree,
  type Release,
  releaseOf,
  replay,
  txnsIn,
} from "./replay.ts";

const CONFIG_PATH = "/zookeeper/config";
const FILE_HEADER_BYTES = 16;

/** The data directory of a server at the end of its recording. */
interface Disk {
  readonly name: string;
  readonly release: Release;
  readonly snapshots: readonly DiskFile[];
  readonly logs: readonly DiskFile[];
}

function disksOf(recording: string): Disk[] {
  const root = unpackDisks(recording);
  const { releases } = diskTruth(recording);
  const disks = Object.entries(releases).map(([server, version]) => {
    const folder = join(root, "end", server, "version-2");
    const files = { snapshots: filesOf(folder, "snapshot"), logs: filesOf(folder, "log") };
    return { name: `server ${server}`, release: releaseOf(version), ...files };
  });
  rmSync(root, { recursive: true, force: true });
  return disks;
}

/** The bytes of a snapshot without its header and its end. */
function bodyOf(tree: DataTree): Buffer {
  return Buffer.concat([...encodeSnapshotBody(snapshotSource(tree))]);
}

/**
 * The bytes of a tree without the stat and data of /zookeeper/config, which each server writes on its own. The znodes
 * keep their order.
 */
function comparable(tree: DataTree): string {
  const source = snapshotSource(tree);
  const plain = (node: Znode): Znode =>
    node.path === CONFIG_PATH ? { ...node, data: null, mzxid: 0n, mtimeMs: 0n, version: 0 } : node;
  const nodes = [...source.nodes].map(plain);
  return Buffer.concat([...encodeSnapshotBody({ ...source, nodes })]).toString("latin1");
}

/** Whether a log starts at or before the first transaction after a snapshot. */
function isCovered({ zxid }: DiskFile, logs: readonly DiskFile[]): boolean {
  return logs.some((log) => log.zxid <= zxid + 1n);
}

/** Whether a znode of a snapshot is newer than the zxid in its name. */
function isFuzzy(tree: DataTree, zxid: bigint): boolean {
  return [...tree.nodes].some(
    ([path, { czxid, mzxid, pzxid }]) => path !== CONFIG_PATH && (czxid > zxid || mzxid > zxid || pzxid > zxid),
  );
}

describe.each(RECORDINGS)("%s", (recording) => {
  const disks = disksOf(recording);

  test("a loaded snapshot is written with the same bytes", () => {
    for (const { release, snapshots } of disks) {
      for (const file of snapshots) {
        const body = bodyOf(loadTree(file, release));
        expect(body.equals(file.bytes.subarray(FILE_HEADER_BYTES, FILE_HEADER_BYTES + body.length)), file.name).toBe(
          true,
        );
      }
    }
  });

  test("a log is written with the same bytes up to its padding", () => {
    for (const { logs, name, release } of disks) {
      for (const file of logs) {
        const records = [...txnsIn(file.bytes, release.version)].map((txn) => encodeTxnLogRecord(encodeTxn(txn)));
        const bytes = Buffer.concat([encodeTxnLogHeader(), ...records]);
        expect(bytes.equals(file.bytes.subarray(0, bytes.length)), `${name} ${file.name}`).toBe(true);
        expect(file.bytes.subarray(bytes.length).every((byte) => byte === 0)).toBe(true);
      }
    }
  });

  test("a replay gives the digests in the log and the bytes of later snapshots, also from a fuzzy snapshot", () => {
    const digests: DigestCounts = { equal: 0, different: 0, unchecked: 0 };
    const later = new Map<string, boolean>();
    for (const { logs, name, release, snapshots } of disks) {
      const trees = new Map(snapshots.map((file) => [file.zxid, { file, loaded: loadTree(file, release) }]));
      const ends = new Map<bigint, string>();
      for (const file of startsOf(snapshots, logs)) {
        const tree = loadTree(file, release);
        const counts = replay(tree, logs, release.version, ({ zxid }) => {
          const other = trees.get(zxid);
          if (other === undefined || isFuzzy(other.loaded, zxid)) return;
          const what = `${name} ${file.name} 0x${zxid.toString(16)}`;
          expect(comparable(tree) === comparable(other.loaded), what).toBe(true);
          later.set(what, hasSameFile(tree, other.file, release));
        });
        for (const key of ["equal", "different", "unchecked"] as const) digests[key] += counts[key];
        const end = comparable(tree);
        expect(end === (ends.get(tree.lastProcessedZxid) ?? end), `${name} ${file.name}`).toBe(true);
        ends.set(tree.lastProcessedZxid, end);
      }
    }
    expect(digests.different).toBe(0);
    const hasDigest = disks.some(({ release }) => release.rules.hasDigest);
    expect(hasDigest ? digests.equal : digests.unchecked).toBeGreaterThan(1000);
    expect(later.size).toBeGreaterThan(0);
    // A restarted server writes /zookeeper/config, so that some files differ there.
    expect([...later.values()]).toContain(true);
  });
});

/** The snapshots from which a log is replayed: the two oldest ones and the newest one that it continues. */
function startsOf(snapshots: readonly DiskFile[], logs: readonly DiskFile[]): DiskFile[] {
  const covered = snapshots.filter((snapshot) => isCovered(snapshot, logs));
  return covered.filter((_, i) => i < 2 || i === covered.length - 1);
}

/** Whether the file of a tree has the same bytes as the one of the server, up to its end. */
function hasSameFile(tree: DataTree, { bytes }: DiskFile, { version }: Release): boolean {
  return Buffer.concat([...encodeTreeFile(tree, diskFormatOf(version))]).equals(bytes);
}

test("a snapshot stream in small pieces gives the same tree as the file", () => {
  const { release, snapshots } = disksOf("3.9.5").at(-1) as Disk;
  const file = snapshots.at(-1) as DiskFile;
  const tree = loadTree(file, release);
  const loader = new TreeStreamLoader(release.rules, file.zxid);
  const bytes = Buffer.concat([...encodeSnapshotBody(snapshotSource(tree)), Buffer.from("\0\0\0\nBenWasHere")]);
  for (let at = 0; at < bytes.length; at += 4093) loader.push(bytes.subarray(at, at + 4093));
  if (loader.result?.kind !== "tree") throw new Error("no tree");
  expect(bodyOf(loader.result.tree).equals(bodyOf(tree))).toBe(true);
  expect(loader.result.tree).toMatchObject({ lastProcessedZxid: file.zxid, lastDigest: null });
  expect(loader.result.tree.digest).toBe(tree.digest);
});
