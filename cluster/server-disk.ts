/**
 * The dataDir of a ZooKeeper server on a simulated disk. Turns the effects of the core (append, syncLog, truncateLog,
 * …) into operations on these files:
 *
 *   acceptedEpoch, currentEpoch   each is written as .tmp, synced and renamed
 *   snapshot.<zxid>               one file for each snapshot
 *   log.<zxid>                    records in the order of their append; the name is the zxid of the first record
 *
 * Each thread of the server has its own queue of operations, so operations of different threads overlap. File names
 * contain the zxid in hex, as in ZooKeeper. File sizes, checksums and padding are not modeled; a corrupt file is a
 * flag.
 */
import {
  asZxid,
  type Behavior,
  DISK_ACCEPTED_EPOCH,
  DISK_BACKGROUND_SNAPSHOT,
  DISK_CURRENT_EPOCH,
  DISK_LOAD,
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  DISK_TRUNCATE_LOG,
  type DiskImage,
  type Epoch,
  hexOf,
  type LogFile,
  type Snapshot,
  type Truncation,
  type Txn,
  type Zxid,
} from "../protocol/index.ts";
import { type Disk, NO_OPERATION } from "../sim/index.ts";

const MAIN_THREAD = 0;
const LOG_THREAD = 1;
const SNAPSHOT_THREAD = 2;

const ACCEPTED_EPOCH = "acceptedEpoch";
const CURRENT_EPOCH = "currentEpoch";
const UPDATING_EPOCH = "updatingEpoch";
const LOG = "log.";
const SNAPSHOT = "snapshot.";

/** Returns the name of a log file, such as `log.200000001`, by the zxid of its first record (Util#makeLogName). */
export function logName(zxid: Zxid): string {
  return LOG + hexOf(zxid);
}

/** Returns the name of a snapshot, such as `snapshot.200000001` (Util#makeSnapshotName). */
export function snapshotName(zxid: Zxid): string {
  return SNAPSHOT + hexOf(zxid);
}

/** The kinds of files that a `disk` step can delete. */
export type DeletableFile = "log" | "snapshot" | "accepted-epoch" | "current-epoch";

/**
 * The kinds of damage that a `disk` step can do to the newest file of a kind. A log file can have a record with a wrong
 * checksum (`log`), no byte (`log-empty`), an incomplete header (`log-header`), or a last record with a wrong end mark
 * (`log-end`).
 */
export type CorruptibleFile = DeletableFile | "log-empty" | "log-header" | "log-end";

/** What a damaged file means to FileTxnLog.FileTxnIterator, FileSnap and QuorumPeer#readLongFromFile. */
type Damage = "unreadable" | "empty" | "header" | "end";

const DAMAGE_OF: Readonly<Record<CorruptibleFile, readonly [DeletableFile, Damage]>> = {
  log: ["log", "unreadable"],
  "log-empty": ["log", "empty"],
  "log-header": ["log", "header"],
  "log-end": ["log", "end"],
  snapshot: ["snapshot", "unreadable"],
  "accepted-epoch": ["accepted-epoch", "unreadable"],
  "current-epoch": ["current-epoch", "unreadable"],
};

/** The behaviors that decide which damaged files stop a server. */
type UnreadableFiles = Pick<Behavior, "corruptSnapshotExits" | "deletesEmptyLog">;

export class ServerDisk {
  private readonly disk: Disk;
  /** The log file open for appending; undefined until the first append after a start, a roll or a truncation. */
  private openLog: string | undefined;
  private readonly saving: Snapshot[] = [];
  private savingInBackground: Snapshot | null = null;

  constructor(disk: Disk) {
    this.disk = disk;
  }

  append(txn: Txn): void {
    if (this.openLog === undefined) {
      this.openLog = logName(txn.zxid);
      this.disk.create(this.openLog);
    }
    this.disk.append(this.openLog, txn);
  }

  rollLog(): void {
    this.openLog = undefined;
  }

  syncLog(): void {
    this.disk.sync(DISK_SYNC_LOG, LOG_THREAD);
  }

  writeAcceptedEpoch(epoch: Epoch): void {
    this.disk.replaceFile(ACCEPTED_EPOCH, epoch, DISK_ACCEPTED_EPOCH, MAIN_THREAD);
  }

  writeCurrentEpoch(epoch: Epoch): void {
    this.disk.replaceFile(CURRENT_EPOCH, epoch, DISK_CURRENT_EPOCH, MAIN_THREAD);
  }

  markUpdatingEpoch(updating: boolean): void {
    if (updating) this.disk.preset(UPDATING_EPOCH, { value: true });
    else this.disk.discard(UPDATING_EPOCH);
  }

  saveSnapshot(snapshot: Snapshot, synced: boolean): void {
    this.saving.push(snapshot);
    this.disk.writeFile(snapshotName(snapshot.zxid), snapshot, synced, DISK_SNAPSHOT, MAIN_THREAD);
  }

  saveSnapshotInBackground(snapshot: Snapshot): void {
    this.savingInBackground = snapshot;
    this.disk.writeFile(snapshotName(snapshot.zxid), snapshot, false, DISK_BACKGROUND_SNAPSHOT, SNAPSHOT_THREAD);
  }

  load(): void {
    this.openLog = undefined;
    this.disk.readAll(DISK_LOAD, MAIN_THREAD);
  }

  /**
   * Truncates the log as FileTxnLog#truncate does: finds the first record at or above `zxid`, cuts its file after that
   * record, and deletes the later files one by one. Returns false if there is no such record: ZooKeeper then has no
   * position at which to cut, so the truncation fails. With the behavior truncRemovesEverythingAbove, every record and
   * snapshot above `zxid` is removed, and the truncation succeeds even if there is no such record.
   */
  truncateLog(zxid: Zxid, { truncRemovesEverythingAbove: cutsAll, truncDeletesNewestFirst }: Truncation): boolean {
    this.openLog = undefined;
    if (cutsAll) this.removeSnapshotsAbove(zxid);
    const files = this.logFiles();
    let first = 0;
    while (first + 1 < files.length && (files[first + 1] as LogFile).name < zxid) first++;
    for (let i = first; i < files.length; i++) {
      const { name, txns } = files[i] as LogFile;
      const index = txns.findIndex((txn) => txn.zxid >= zxid);
      if (index < 0) continue;
      const keep = cutsAll && (txns[index] as Txn).zxid > zxid ? index : index + 1;
      const steps = [
        (operation: number) => this.disk.truncate(logName(name), keep, operation, MAIN_THREAD),
        ...files
          .slice(i + 1)
          .map((later) => (operation: number) => this.disk.remove(logName(later.name), operation, MAIN_THREAD)),
      ];
      if (truncDeletesNewestFirst) steps.reverse();
      for (const [n, step] of steps.entries()) step(n === steps.length - 1 ? DISK_TRUNCATE_LOG : NO_OPERATION);
      return true;
    }
    if (cutsAll) this.disk.readAll(DISK_TRUNCATE_LOG, MAIN_THREAD);
    return cutsAll;
  }

  dropAllBut(snapshotZxid: Zxid): void {
    this.openLog = undefined;
    this.removeSnapshotsAbove(snapshotZxid);
    for (const { file } of this.filesOf(LOG)) this.disk.remove(file, NO_OPERATION, MAIN_THREAD);
  }

  /** Returns the result of a completed operation: the loaded image, or the saved snapshot. */
  resultOf(operation: number): DiskImage | Snapshot | null {
    switch (operation) {
      case DISK_LOAD:
        return this.image();
      case DISK_SNAPSHOT:
        return this.saving.shift() ?? null;
      case DISK_BACKGROUND_SNAPSHOT:
        return this.savingInBackground;
      default:
        return null;
    }
  }

  /** Returns the records of the log that a crash could lose, oldest first. */
  unsyncedLog(): { readonly file: string; readonly from: number; readonly txns: readonly Txn[] }[] {
    return this.filesOf(LOG).map(({ file }) => {
      const from = this.disk.durableRecords(file);
      return { file, from, txns: (this.disk.records(file) as readonly Txn[]).slice(from) };
    });
  }

  image(): DiskImage {
    return {
      acceptedEpoch: this.disk.read(ACCEPTED_EPOCH) as Epoch | undefined,
      currentEpoch: this.disk.read(CURRENT_EPOCH) as Epoch | undefined,
      currentEpochTmp: this.disk.read(`${CURRENT_EPOCH}.tmp`) as Epoch | undefined,
      updatingEpoch: this.disk.read(UPDATING_EPOCH) === true,
      snapshots: this.validSnapshots(),
      logFiles: this.logFiles(),
    };
  }

  /**
   * Damages the newest file of a kind. Returns false if there is none.
   *
   * A server skips a corrupt snapshot and uses an older one (FileSnap#deserialize). It stops at a log record with a
   * wrong checksum and at an incomplete header (FileTxnIterator), and at an epoch file that is not a number. It takes a
   * record with a wrong end mark for the end of the file. An empty log file stops it, too, but from ZOOKEEPER-2332 on,
   * it deletes the newest log file if that file is empty.
   */
  corrupt(what: CorruptibleFile): boolean {
    const [kind, damage] = DAMAGE_OF[what];
    const file = this.newest(kind);
    return file !== undefined && this.disk.corrupt(file, damage);
  }

  /** Deletes the newest file of a kind. Returns false if there is none. */
  delete(kind: DeletableFile): boolean {
    const file = this.newest(kind);
    if (file === undefined) return false;
    this.disk.discard(file);
    return true;
  }

  private newest(kind: DeletableFile): string | undefined {
    if (kind === "log" || kind === "snapshot") return this.filesOf(kind === "log" ? LOG : SNAPSHOT).at(-1)?.file;
    const name = kind === "accepted-epoch" ? ACCEPTED_EPOCH : CURRENT_EPOCH;
    return this.disk.read(name) === undefined ? undefined : name;
  }

  /** Deletes the newest log file if it has no byte (ZOOKEEPER-2332). */
  deleteEmptyLog(): void {
    const newest = this.newest("log");
    if (newest !== undefined && this.disk.damageOf(newest) === "empty") this.disk.discard(newest);
  }

  /**
   * Returns the name of a damaged file that prevents the start of the server; undefined if there is none. With the fix
   * corruptSnapshotExits, or if no snapshot is valid (FileSnap#deserialize), a corrupt snapshot also prevents the
   * start.
   */
  unreadable({ corruptSnapshotExits, deletesEmptyLog }: UnreadableFiles): string | undefined {
    return this.disk.list().find((name) => {
      switch (this.disk.damageOf(name) as Damage | undefined) {
        case "unreadable":
          return corruptSnapshotExits || !name.startsWith(SNAPSHOT) || this.validSnapshots().length === 0;
        case "empty":
          return !deletesEmptyLog || name !== this.newest("log");
        case "header":
          return true;
        default:
          return false;
      }
    });
  }

  /** Sets the content that the disk has when the run starts. All of it is durable. */
  preset(image: DiskImage): void {
    const { acceptedEpoch, currentEpoch, currentEpochTmp } = image;
    const value = (name: string, content: unknown): void => {
      if (content !== undefined) this.disk.preset(name, { value: content });
    };
    value(ACCEPTED_EPOCH, acceptedEpoch);
    value(CURRENT_EPOCH, currentEpoch);
    value(`${CURRENT_EPOCH}.tmp`, currentEpochTmp);
    for (const snapshot of image.snapshots) value(snapshotName(snapshot.zxid), snapshot);
    for (const { name, txns } of image.logFiles) this.disk.preset(logName(name), { records: txns });
  }

  private removeSnapshotsAbove(zxid: Zxid): void {
    for (const snapshot of this.filesOf(SNAPSHOT)) {
      if (snapshot.zxid > zxid) this.disk.remove(snapshot.file, NO_OPERATION, MAIN_THREAD);
    }
  }

  private validSnapshots(): Snapshot[] {
    const snapshots: Snapshot[] = [];
    for (const { file } of this.filesOf(SNAPSHOT)) {
      if (this.disk.damageOf(file) === undefined) snapshots.push(this.disk.read(file) as Snapshot);
    }
    return snapshots;
  }

  /** Returns the log files as a reader sees them. */
  private logFiles(): LogFile[] {
    const logs: LogFile[] = [];
    for (const { file, zxid } of this.filesOf(LOG)) {
      const txns = this.disk.records(file) as readonly Txn[];
      const damage = this.disk.damageOf(file) as Damage | undefined;
      if (damage !== "empty") logs.push({ name: zxid, txns: damage === "end" ? txns.slice(0, -1) : txns });
    }
    return logs;
  }

  /** Returns the files whose names start with `prefix`, ascending by the zxids in their names. */
  private filesOf(prefix: string): { readonly file: string; readonly zxid: Zxid }[] {
    const files: { readonly file: string; readonly zxid: Zxid }[] = [];
    for (const file of this.disk.list()) {
      if (!file.startsWith(prefix)) continue;
      files.push({ file, zxid: asZxid(Number.parseInt(file.slice(prefix.length), 16)) });
    }
    return files.length > 1 ? files.sort((a, b) => a.zxid - b.zxid) : files;
  }
}
