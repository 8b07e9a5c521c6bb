/**
 * The log files of a live server (FileTxnLog). All operations but `sync` are complete when the call returns.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  type BodyReader,
  encodeTxnLogHeader,
  encodeTxnLogRecord,
  logFileName,
  TxnLogDecoder,
  zxidInName,
} from "../formats/index.ts";
import type { LogFile, Truncation, Zxid } from "../protocol/index.ts";
import { entryOf, type LiveTxn, liveTxn } from "./transactions.ts";

interface OpenFile {
  readonly name: Zxid;
  readonly path: string;
  readonly txns: LiveTxn[];
  /** The position after each record. */
  readonly ends: number[];
  readonly unreadableFrom: number | undefined;
}

const RECORD_START_BYTES = 12;

export class LogDirectory {
  private readonly folder: string;
  private readonly reader: BodyReader;
  private files: OpenFile[] = [];
  /** The file that `append` writes to; undefined until the first append after a start, a roll or a truncation. */
  private open: { readonly file: OpenFile; readonly fd: number } | undefined;
  /** Files that were rolled and not synced. */
  private unsynced: number[] = [];
  /** Whether a file was created since the last sync. */
  private hasNewFile = false;

  /** Opens the folder version-2 of a dataLogDir. Does not read it yet. */
  constructor(folder: string, reader: BodyReader) {
    this.folder = folder;
    this.reader = reader;
  }

  /** Reads the log as FileTxnLog.FileTxnIterator does. Deletes the newest file if it is empty (ZOOKEEPER-2332). */
  load(deletesEmptyLog: boolean): readonly LogFile[] {
    this.close();
    const names = readdirSync(this.folder)
      .flatMap((file) => {
        const name = zxidInName(file, "log", true);
        return name === undefined ? [] : [{ file, name }];
      })
      .sort((a, b) => a.name - b.name);
    this.files = [];
    for (const [i, { file, name }] of names.entries()) {
      const path = join(this.folder, file);
      const bytes = readFileSync(path);
      if (bytes.length === 0 && deletesEmptyLog && i === names.length - 1) rmSync(path);
      else this.files.push(this.decode(name, path, bytes));
    }
    return this.logFiles();
  }

  private decode(name: Zxid, path: string, bytes: Uint8Array): OpenFile {
    const decoder = new TxnLogDecoder(this.reader);
    decoder.push(bytes);
    decoder.end();
    const txns: LiveTxn[] = [];
    const ends: number[] = [];
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
      if (item.kind === "record") {
        const start = item.offset + RECORD_START_BYTES;
        txns.push(liveTxn(bytes.slice(start, start + item.length)));
        ends.push(start + item.length + 1);
      } else if (item.kind === "stop") {
        const unreadableFrom = item.isDamage ? txns.length : undefined;
        return { name, path, txns, ends, unreadableFrom };
      }
    }
    return { name, path, txns, ends, unreadableFrom: undefined };
  }

  /** Returns the files as a reader finds them now, oldest first. */
  logFiles(): readonly LogFile[] {
    return this.files.map(({ name, txns, unreadableFrom }) => ({ name, txns, unreadableFrom }));
  }

  /** FileTxnLog#append. Creates log.<zxid> if no file is open. */
  append(txn: LiveTxn): void {
    this.open ??= this.create(txn.zxid);
    const { fd, file } = this.open;
    const record = encodeTxnLogRecord(entryOf(txn));
    writeFileSync(fd, record);
    file.txns.push(txn);
    file.ends.push((file.ends.at(-1) ?? HEADER.length) + record.length);
  }

  private create(name: Zxid): { readonly file: OpenFile; readonly fd: number } {
    const path = join(this.folder, logFileName(name));
    const fd = openSync(path, "w");
    writeFileSync(fd, HEADER);
    this.hasNewFile = true;
    const file: OpenFile = { name, path, txns: [], ends: [], unreadableFrom: undefined };
    this.files = [...this.files.filter((one) => one.path !== path), file].sort((a, b) => a.name - b.name);
    return { file, fd };
  }

  /** FileTxnLog#rollLog: the next append opens a new file. */
  roll(): void {
    if (this.open !== undefined) this.unsynced.push(this.open.fd);
    this.open = undefined;
  }

  /**
   * FileTxnLog#commit: makes everything durable that was appended before this call, while the server goes on. Calls
   * `done` with whether it succeeded. The log must not be closed before.
   */
  sync(done: (isDurable: boolean) => void): void {
    const rolled = this.unsynced;
    const fds = [...rolled, ...(this.open === undefined ? [] : [this.open.fd])];
    this.unsynced = [];
    let left = fds.length;
    let isDurable = true;
    const end = (): void => {
      for (const fd of rolled) closeSync(fd);
      if (isDurable && this.hasNewFile) syncFolder(this.folder);
      if (isDurable) this.hasNewFile = false;
      done(isDurable);
    };
    if (left === 0) setImmediate(end);
    for (const fd of fds) {
      fdatasync(fd, (error) => {
        isDurable &&= error === null;
        if (--left === 0) end();
      });
    }
  }

  /**
   * FileTxnLog#truncate: cuts the log after the first record at or above `zxid`. Returns false if there is no such
   * record and the release needs one.
   */
  truncate(zxid: Zxid, { truncRemovesEverythingAbove: cutsAll }: Truncation): boolean {
    this.close();
    let first = 0;
    while (first + 1 < this.files.length && (this.files[first + 1] as OpenFile).name < zxid) first++;
    for (let i = first; i < this.files.length; i++) {
      const file = this.files[i] as OpenFile;
      const index = file.txns.findIndex((txn) => txn.zxid >= zxid);
      if (index < 0) continue;
      this.cut(file, cutsAll && (file.txns[index] as LiveTxn).zxid > zxid ? index : index + 1);
      for (const { path } of this.files.splice(i + 1)) rmSync(path, { force: true });
      syncFolder(this.folder);
      return true;
    }
    return cutsAll;
  }

  private cut({ ends, path, txns }: OpenFile, keep: number): void {
    const fd = openSync(path, "r+");
    ftruncateSync(fd, ends[keep - 1] ?? HEADER.length);
    fsyncSync(fd);
    closeSync(fd);
    txns.splice(keep);
    ends.splice(keep);
  }

  /** Removes all files. */
  removeAll(): void {
    this.close();
    for (const { path } of this.files) rmSync(path, { force: true });
    this.files = [];
  }

  /** Closes the open files without a sync. */
  close(): void {
    for (const fd of [...this.unsynced, ...(this.open === undefined ? [] : [this.open.fd])]) closeSync(fd);
    this.unsynced = [];
    this.open = undefined;
  }
}

const HEADER = encodeTxnLogHeader();

/** Makes new, renamed and removed files of a folder durable. */
export function syncFolder(folder: string): void {
  if (!existsSync(folder)) return;
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
