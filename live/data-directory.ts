/**
 * The data directory of a live server, in ZooKeeper's own formats (FileTxnSnapLog, QuorumPeer). All operations are
 * synchronous.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { DiskRules } from "../doctor/disk-rules.ts";
import { encodeEpochFile, readEpochFile, snapshotFileName, zxidInName } from "../formats/index.ts";
import type { DiskImage, Epoch, Snapshot, Truncation, Txn, Zxid } from "../protocol/index.ts";
import { DiskProblem } from "./disk-problem.ts";
import { LogDirectory, syncFolder } from "./log-directory.ts";
import type { LiveTxn } from "./transactions.ts";
import type { Trees } from "./trees.ts";

const VERSION_FOLDER = "version-2";

export class DataDirectory {
  readonly log: LogDirectory;
  private readonly folder: string;
  private readonly rules: DiskRules;
  private readonly trees: Trees;

  /** Creates the folder version-2 if it does not exist. */
  constructor(dataDir: string, dataLogDir: string, rules: DiskRules, trees: Trees) {
    this.folder = join(dataDir, VERSION_FOLDER);
    const logFolder = join(dataLogDir, VERSION_FOLDER);
    for (const folder of [this.folder, logFolder]) mkdirSync(folder, { recursive: true });
    this.rules = rules;
    this.trees = trees;
    this.log = new LogDirectory(logFolder, this.rules.log);
  }

  /** Reads everything. Throws a DiskProblem if ZooKeeper would not start. */
  load(): DiskImage {
    const logFiles = this.log.load(this.rules.behavior.deletesEmptyLog);
    return {
      acceptedEpoch: this.epoch("acceptedEpoch"),
      currentEpoch: this.epoch("currentEpoch"),
      currentEpochTmp: this.epochOrNothing("currentEpoch.tmp"),
      updatingEpoch: existsSync(join(this.folder, "updatingEpoch")),
      snapshots: this.snapshots(),
      logFiles,
    };
  }

  private epoch(name: string): Epoch | undefined {
    const path = join(this.folder, name);
    if (!existsSync(path)) return undefined;
    const file = readEpochFile(readFileSync(path, "utf8"));
    if ("epoch" in file) return file.epoch as Epoch;
    throw new DiskProblem(`${path}: contains no epoch (accepted: a whole number)`);
  }

  private epochOrNothing(name: string): Epoch | undefined {
    try {
      return this.epoch(name);
    } catch {
      return undefined;
    }
  }

  private snapshots(): Snapshot[] {
    const found = readdirSync(this.folder)
      .flatMap((file) => {
        const zxid = zxidInName(file, "snapshot", this.rules.namesHaveTwoParts);
        return zxid === undefined ? [] : [{ file, zxid }];
      })
      .sort((a, b) => a.zxid - b.zxid);
    return found.flatMap(({ file, zxid }) => {
      const history = this.trees.adoptFile(join(this.folder, file), zxid);
      return history === undefined ? [] : [{ zxid, history }];
    });
  }

  append(txn: Txn): void {
    this.log.append(txn as LiveTxn);
  }

  /** Writes an epoch file: a temporary file, a sync and a rename (AtomicFileWritingIdiom). */
  writeEpoch(name: "acceptedEpoch" | "currentEpoch", epoch: Epoch): void {
    const path = join(this.folder, name);
    this.writeDurably(`${path}.tmp`, [new TextEncoder().encode(encodeEpochFile(epoch))]);
    renameSync(`${path}.tmp`, path);
    syncFolder(this.folder);
  }

  markUpdatingEpoch(updating: boolean): void {
    const path = join(this.folder, "updatingEpoch");
    if (updating) writeFileSync(path, "");
    else rmSync(path, { force: true });
  }

  truncate(zxid: Zxid, how: Truncation): boolean {
    if (how.truncRemovesEverythingAbove) this.removeSnapshotsAbove(zxid);
    return this.log.truncate(zxid, how);
  }

  dropAllBut(snapshotZxid: Zxid): void {
    this.removeSnapshotsAbove(snapshotZxid);
    this.log.removeAll();
  }

  private removeSnapshotsAbove(limit: Zxid): void {
    for (const file of readdirSync(this.folder)) {
      const zxid = zxidInName(file, "snapshot", this.rules.namesHaveTwoParts);
      if (zxid !== undefined && zxid > limit) rmSync(join(this.folder, file), { force: true });
    }
  }

  /** FileTxnSnapLog#save. */
  saveSnapshot({ history, zxid }: Snapshot): void {
    this.writeDurably(join(this.folder, snapshotFileName(zxid)), this.trees.fileOf(history, zxid));
    syncFolder(this.folder);
  }

  private writeDurably(path: string, pieces: Iterable<Uint8Array>): void {
    const fd = openSync(path, "w");
    try {
      for (const piece of pieces) writeFileSync(fd, piece);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
