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
  type BufferLimit,
  DISK_ACCEPTED_EPOCH,
  DISK_BACKGROUND_SNAPSHOT,
  DISK_CURRENT_EPOCH,
  DISK_LOAD,
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  DISK_TRUNCATE_LOG,
  type DiskImage,
  type Epoch,
  formatZxid,
  type History,
  hexOf,
  type LogFile,
  largestIn,
  NO_BUFFER_LIMIT,
  type Snapshot,
  type Truncation,
  type Txn,
  tooLargeText,
  type Zxid,
} from "../protocol/index.ts";
import { type Disk, NO_OPERATION } from "../sim/index.ts";

const MAIN_THREAD = 0;
const LOG_THREAD = 1;
const SNAPSHOT_THREAD = 2;

const ACCEPTED_EPOCH = "acceptedEpoch";
const CURRENT_EPOCH = "currentEpoch";
const CURRENT_EPOCH_TMP = "currentEpoch.tmp";
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

/**
 * What a `disk` step can delete: a file, or all files of a directory. dataLogDir contains the log files, dataDir the
 * snapshots and the epoch files.
 */
export type DeletableFile = "log" | "snapshot" | "accepted-epoch" | "current-epoch" | "data-log-dir" | "data-dir";

/**
 * The kinds of damage that a `disk` step can do to a file. A log file can have a last record with a wrong checksum
 * (`log`) or a wrong end mark (`log-end`), no byte (`log-empty`), or an incomplete header (`log-header`). A snapshot
 * can have a wrong checksum (`snapshot`), lack its end (`snapshot-cut`), or have content that makes the reader fail
 * with a RuntimeException (`snapshot-format`).
 */
export type CorruptibleFile =
  | Exclude<DeletableFile, "data-log-dir" | "data-dir">
  | "log-empty"
  | "log-header"
  | "log-end"
  | "snapshot-cut"
  | "snapshot-format"
  | "current-epoch-tmp";

/**
 * The damage of a file, as FileTxnLog.FileTxnIterator, FileSnap and QuorumPeer#readLongFromFile notice it. If one log
 * record is damaged, the value ends with the index of the record, as in `end:3`.
 */
export type Damage = "unreadable" | "empty" | "header" | "cut" | "format" | `record:${number}` | `end:${number}`;

type FileKind = Exclude<DeletableFile, "data-log-dir" | "data-dir"> | "current-epoch-tmp";

const DAMAGE_OF: Readonly<Record<CorruptibleFile, readonly [FileKind, "record" | "end" | Damage]>> = {
  log: ["log", "record"],
  "log-empty": ["log", "empty"],
  "log-header": ["log", "header"],
  "log-end": ["log", "end"],
  snapshot: ["snapshot", "unreadable"],
  "snapshot-cut": ["snapshot", "cut"],
  "snapshot-format": ["snapshot", "format"],
  "accepted-epoch": ["accepted-epoch", "unreadable"],
  "current-epoch": ["current-epoch", "unreadable"],
  "current-epoch-tmp": ["current-epoch-tmp", "unreadable"],
};

/** Returns the index of the record in a damage such as `end:3`; undefined if the damage is not of this kind. */
function recordIn(damage: string | undefined, kind: "record" | "end"): number | undefined {
  return damage?.startsWith(`${kind}:`) ? Number(damage.slice(kind.length + 1)) : undefined;
}

/** Returns the zxid in the name of a log file or a snapshot. */
export function zxidInName(file: string): Zxid {
  return asZxid(Number.parseInt(file.slice(file.indexOf(".") + 1), 16));
}

/** The behaviors that decide which damaged files stop a server. */
type UnreadableFiles = Pick<Behavior, "corruptSnapshotExits" | "deletesEmptyLog">;

export class ServerDisk {
  private readonly disk: Disk;
  private readonly limit: BufferLimit;
  /** The log file open for appending; undefined until the first append after a start, a roll or a truncation. */
  private openLog: string | undefined;
  private readonly saving: Snapshot[] = [];
  private savingInBackground: Snapshot | null = null;

  constructor(disk: Disk, limit: BufferLimit = NO_BUFFER_LIMIT) {
    this.disk = disk;
    this.limit = limit;
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

  /** Returns the zxids of the snapshots, and their content; the content is undefined if the file is damaged. */
  snapshotFiles(): readonly { readonly zxid: Zxid; readonly history: History | undefined }[] {
    return this.filesOf(SNAPSHOT).map(({ file, zxid }) => ({
      zxid,
      history: this.damageOf(file) === undefined ? (this.disk.read(file) as Snapshot).history : undefined,
    }));
  }

  /** Returns the content of an epoch file; undefined if there is none. */
  epochFile(which: "accepted" | "current"): Epoch | undefined {
    return this.disk.read(which === "accepted" ? ACCEPTED_EPOCH : CURRENT_EPOCH) as Epoch | undefined;
  }

  /** Returns the operations that the disk has not completed, in words. */
  pendingOperations(): readonly string[] {
    return this.disk.pending().map(({ file, kind }) => (file ? `${kind} ${file}` : kind));
  }

  image(): DiskImage {
    return {
      acceptedEpoch: this.disk.read(ACCEPTED_EPOCH) as Epoch | undefined,
      currentEpoch: this.disk.read(CURRENT_EPOCH) as Epoch | undefined,
      // A server that needs this file refuses to start if it cannot read the file, as if the file did not exist.
      currentEpochTmp: this.isDamaged(CURRENT_EPOCH_TMP)
        ? undefined
        : (this.disk.read(CURRENT_EPOCH_TMP) as Epoch | undefined),
      updatingEpoch: this.disk.read(UPDATING_EPOCH) === true,
      snapshots: this.validSnapshots(),
      logFiles: this.logFiles(),
    };
  }

  /**
   * Damages a file: the one whose name ends with this zxid, or the newest of its kind. Returns false if there is none.
   *
   * A server skips a snapshot with a wrong checksum and uses an older one (FileSnap#deserialize); it does not even
   * consider a snapshot without its end (SnapStream#isValidSnapshot). It stops at a log record with a wrong checksum
   * and at an incomplete header (FileTxnIterator), at an epoch file that is not a number, and at a snapshot whose
   * content has a wrong format. It takes a record with a wrong end mark for the end of the file. An empty log file
   * stops it, too, but from ZOOKEEPER-2332 on, it deletes the newest log file if that file is empty.
   */
  corrupt(what: CorruptibleFile, zxid?: Zxid): boolean {
    const [kind, damage] = DAMAGE_OF[what];
    const file = this.find(kind, zxid);
    if (file === undefined) return false;
    if (damage !== "record" && damage !== "end") return this.disk.corrupt(file, damage);
    const last = this.disk.records(file).length - 1;
    return last >= 0 && this.disk.corrupt(file, `${damage}:${last}` satisfies Damage);
  }

  /**
   * Deletes the files of a directory, or one file: the one whose name ends with this zxid, or the newest of its kind.
   * Returns the number of deleted files.
   */
  delete(kind: DeletableFile, zxid?: Zxid): number {
    const files = this.filesToDelete(kind, zxid);
    for (const file of files) this.disk.discard(file);
    return files.length;
  }

  private filesToDelete(kind: DeletableFile, zxid: Zxid | undefined): readonly string[] {
    if (kind === "data-log-dir") return this.disk.list().filter((file) => file.startsWith(LOG));
    if (kind === "data-dir") return this.disk.list().filter((file) => !file.startsWith(LOG));
    const file = this.find(kind, zxid);
    return file === undefined ? [] : [file];
  }

  /** Returns the name of a file: the one whose name ends with `zxid`, or the newest of its kind. */
  private find(kind: FileKind, zxid: Zxid | undefined): string | undefined {
    if (kind === "log" || kind === "snapshot") {
      const files = this.filesOf(kind === "log" ? LOG : SNAPSHOT);
      return (zxid === undefined ? files.at(-1) : files.find((one) => one.zxid === zxid))?.file;
    }
    const name = {
      "accepted-epoch": ACCEPTED_EPOCH,
      "current-epoch": CURRENT_EPOCH,
      "current-epoch-tmp": CURRENT_EPOCH_TMP,
    };
    return this.disk.read(name[kind]) === undefined ? undefined : name[kind];
  }

  /**
   * Returns the damage of a file. A log record or a snapshot with a buffer above the limit is unreadable for this
   * server: the reader throws the same IOException as for a wrong checksum (BinaryInputArchive#checkLength).
   */
  private damageOf(file: string): Damage | undefined {
    const damage = this.disk.damageOf(file) as Damage | undefined;
    if (file.startsWith(SNAPSHOT)) {
      return damage ?? (this.largestInSnapshot(file) > this.limit.maxBytes ? "unreadable" : undefined);
    }
    if (!file.startsWith(LOG) || damage === "empty" || damage === "header") return damage;
    const index = this.indexOfTooLarge(file);
    const damaged = recordIn(damage, "record") ?? recordIn(damage, "end") ?? Number.POSITIVE_INFINITY;
    return index < 0 || damaged <= index ? damage : `record:${index}`;
  }

  private indexOfTooLarge(log: string): number {
    const { maxBytes } = this.limit;
    return (this.disk.records(log) as readonly Txn[]).findIndex(({ bytes }) => bytes > maxBytes);
  }

  private largestInSnapshot(file: string): number {
    return largestIn((this.disk.read(file) as Snapshot).history);
  }

  /** Says which buffer of an unreadable file is above the limit; undefined if there is none. */
  tooLarge(file: string): string | undefined {
    const { limit } = this;
    if (file.startsWith(SNAPSHOT)) {
      const bytes = this.largestInSnapshot(file);
      return bytes > limit.maxBytes ? `a znode ${tooLargeText(bytes, limit)}` : undefined;
    }
    const txn = file.startsWith(LOG) ? this.disk.records(file)[this.indexOfTooLarge(file)] : undefined;
    if (txn === undefined) return undefined;
    const { bytes, zxid } = txn as Txn;
    return `transaction ${formatZxid(zxid)} ${tooLargeText(bytes, limit)}`;
  }

  private isDamaged(file: string): boolean {
    return this.damageOf(file) !== undefined;
  }

  /** Deletes the newest log file if it has no byte (ZOOKEEPER-2332). */
  deleteEmptyLog(): void {
    const newest = this.find("log", undefined);
    if (newest !== undefined && this.damageOf(newest) === "empty") this.disk.discard(newest);
  }

  /**
   * Returns the name of a damaged file that prevents the start of the server; undefined if there is none. With the fix
   * corruptSnapshotExits, or if every snapshot has a wrong checksum (FileSnap#deserialize), a corrupt snapshot also
   * prevents the start.
   */
  unreadable({ corruptSnapshotExits, deletesEmptyLog }: UnreadableFiles): string | undefined {
    return this.disk.list().find((name) => {
      const damage = this.damageOf(name);
      if (damage === undefined || name === CURRENT_EPOCH_TMP) return false;
      if (name.startsWith(SNAPSHOT)) {
        if (corruptSnapshotExits) return true;
        // The reader begins with the newest snapshot, and reads an older one only if it must.
        if (damage === "format") return name === this.newestComplete();
        return damage === "unreadable" && this.validSnapshots().length === 0;
      }
      if (name.startsWith(LOG) && this.isBelowSnapshot(name)) return false;
      if (damage === "empty") return !deletesEmptyLog || name !== this.find("log", undefined);
      return recordIn(damage, "end") === undefined;
    });
  }

  /** Returns whether a server that starts skips this log file, because a later one starts below its snapshot. */
  private isBelowSnapshot(file: string): boolean {
    const snapshot = Math.max(...this.validSnapshots().map(({ zxid }) => zxid));
    const first = this.filesOf(LOG).findLast(({ zxid }) => zxid <= snapshot);
    return first !== undefined && zxidInName(file) < first.zxid;
  }

  /** Returns the newest snapshot that the reader tries and does not skip. */
  private newestComplete(): string | undefined {
    const skipped: readonly (string | undefined)[] = ["cut", "unreadable"];
    return this.filesOf(SNAPSHOT).findLast(({ file }) => !skipped.includes(this.damageOf(file)))?.file;
  }

  /** Sets the content that the disk has when the run starts. All of it is durable. */
  preset(image: DiskImage): void {
    const { acceptedEpoch, currentEpoch, currentEpochTmp } = image;
    const value = (name: string, content: unknown): void => {
      if (content !== undefined) this.disk.preset(name, { value: content });
    };
    value(ACCEPTED_EPOCH, acceptedEpoch);
    value(CURRENT_EPOCH, currentEpoch);
    value(CURRENT_EPOCH_TMP, currentEpochTmp);
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
      if (this.damageOf(file) === undefined) snapshots.push(this.disk.read(file) as Snapshot);
    }
    return snapshots;
  }

  /**
   * Returns the log files as a running server reads them. If `skipsEmpty` is true, leaves out the newest file if it has
   * no byte (ZOOKEEPER-2332).
   */
  readLog(skipsEmpty: boolean): LogFile[] {
    const files = this.filesOf(LOG);
    const newest = files.at(-1);
    if (skipsEmpty && newest !== undefined && this.damageOf(newest.file) === "empty") files.pop();
    return files.map(({ file, zxid }) => {
      const damage = this.damageOf(file);
      if (damage === "empty" || damage === "header") return { name: zxid, txns: [], unreadableFrom: 0 };
      const records = this.disk.records(file) as readonly Txn[];
      const end = recordIn(damage, "end");
      const txns = end === undefined ? records : records.slice(0, end);
      return { name: zxid, txns, unreadableFrom: recordIn(damage, "record") };
    });
  }

  /** Returns the log files of a server that starts, without empty ones. */
  private logFiles(): LogFile[] {
    return this.readLog(false).filter(({ name }) => this.damageOf(logName(name)) !== "empty");
  }

  /** Returns the files whose names start with `prefix`, ascending by the zxids in their names. */
  private filesOf(prefix: string): { readonly file: string; readonly zxid: Zxid }[] {
    const files: { readonly file: string; readonly zxid: Zxid }[] = [];
    for (const file of this.disk.list()) {
      if (!file.startsWith(prefix)) continue;
      files.push({ file, zxid: zxidInName(file) });
    }
    return files.length > 1 ? files.sort((a, b) => a.zxid - b.zxid) : files;
  }
}
