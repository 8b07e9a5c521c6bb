/**
 * Finds and reads log files: plain or gzip, single files or folders, several files of one server. Reads line by
 * line, so that the memory does not depend on the size of a file.
 */
import { closeSync, createReadStream, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";
import { NoLogsError, UsageError } from "./usage-error.ts";

/** The size of the pieces in which a file is read. */
const CHUNK_BYTES = 1 << 20;
/** The maximum length of a line, in UTF-16 units. The rest of a longer line is skipped. */
const MAX_LINE = 1 << 16;
/** How deep folders are searched. */
export const MAX_DEPTH = 6;
/** The folder with the transaction logs and snapshots of a server. It contains no logs in this sense. */
const DATA_FOLDER = "version-2";

const GZIP_MAGIC = 0x1f8b;
/** The first bytes of ZooKeeper's own files, which are no logs in this sense: transaction logs and snapshots. */
const DATA_MAGIC = ["ZKLG", "ZKSN"];

/** A file to read, and whether the user named it. A file in a folder may be something else than a log. */
export interface FoundFile {
  readonly path: string;
  readonly isNamed: boolean;
}

/** Returns the files that the arguments mean, each one once. */
export function findLogFiles(paths: readonly string[]): FoundFile[] {
  const found = new Map<string, FoundFile>();
  const add = (path: string, isNamed: boolean): void => {
    const real = realpathSync(path);
    const known = found.get(real);
    found.set(real, { path: known?.path ?? path, isNamed: isNamed || (known?.isNamed ?? false) });
  };
  for (const path of paths) {
    if (path === "-" || !isFolder(path)) {
      if (path === "-") found.set("-", { path, isNamed: true });
      else add(path, true);
      continue;
    }
    const files = filesIn(path, MAX_DEPTH);
    if (files.length === 0)
      throw new NoLogsError(`${path}: the folder contains no file (accepted: a folder with logs)`);
    for (const file of files) add(file, false);
  }
  return [...found.values()];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function filesIn(folder: string, depth: number): string[] {
  if (depth === 0) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === DATA_FOLDER ? [] : filesIn(path, depth - 1);
    return entry.isFile() && !entry.name.startsWith(".") ? [path] : [];
  });
}

/** Returns whether a file is one of ZooKeeper's data files or another archive, which contains no lines. */
export function isDataFile(path: string): boolean {
  const head = headOf(path);
  return (
    DATA_MAGIC.includes(head.toString("latin1", 0, 4)) || /\.(tar|tgz|zip)(\.\w+)?$/.test(path) || head.includes(0)
  );
}

function headOf(path: string): Buffer {
  if (path === "-") return Buffer.alloc(0);
  const head = Buffer.alloc(512);
  try {
    const file = openSync(path, "r");
    try {
      const bytes = readSync(file, head, 0, head.length, 0);
      // Gzip contains zero bytes, but may contain a log.
      if (bytes >= 2 && head.readUInt16BE(0) === GZIP_MAGIC) return head.subarray(0, 2);
      return head.subarray(0, bytes);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What `readLines` calls for each line. If it returns false, reading ends. */
export type OnLine = (line: string) => boolean | undefined;

/** The first characters of a trace of `zabsim join`, as live/live-server.ts writes them. */
const TRACE_START = '{"server":{"release":';

/** Returns whether a file is a trace of `zabsim join`. */
export function isLiveTrace(path: string): boolean {
  return path !== "-" && headOf(path).toString("latin1").startsWith(TRACE_START);
}

/**
 * Reads a file line by line. The lines of a trace of `zabsim join` are those of the log that a ZooKeeper server would
 * have written. `onBytes` is called with the number of bytes of each piece.
 */
export async function readLines(path: string, onLine: OnLine, onBytes?: (bytes: number) => void): Promise<void> {
  if (isLiveTrace(path)) {
    const { logOfTrace } = await import("./live-trace.ts");
    for (const line of logOfTrace(path)) if (onLine(line) === false) return;
    return;
  }
  const source = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (onBytes !== undefined) source.on("data", (piece: Buffer) => onBytes(piece.length));
  const isGzip = path !== "-" && isGzipFile(path);
  const input = isGzip ? source.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : source;
  if (isGzip) source.on("error", (error: Error) => void input.emit("error", error));
  const splitter = new LineSplitter(onLine);
  try {
    for await (const piece of input) {
      if (!splitter.add(piece as Buffer)) break;
    }
    splitter.end();
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    source.destroy();
  }
}

function isGzipFile(path: string): boolean {
  const head = headOf(path);
  return head.length >= 2 && head.readUInt16BE(0) === GZIP_MAGIC;
}

class LineSplitter {
  private readonly decoder = new StringDecoder("utf8");
  private readonly onLine: OnLine;
  private rest = "";
  private goesOn = true;

  constructor(onLine: OnLine) {
    this.onLine = onLine;
  }

  /** Reads the lines in the next piece. Returns whether reading goes on. */
  add(piece: Buffer): boolean {
    const text = this.decoder.write(piece);
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0 && this.goesOn; end = text.indexOf("\n", start)) {
      const line = this.rest === "" ? text.slice(start, end) : this.rest + text.slice(start, end);
      this.rest = "";
      start = end + 1;
      this.give(line);
    }
    // A line without an end would otherwise fill the memory.
    this.rest = (this.rest + text.slice(start)).slice(0, MAX_LINE);
    return this.goesOn;
  }

  end(): void {
    const rest = this.rest + this.decoder.end();
    if (this.goesOn && rest !== "") this.give(rest);
  }

  private give(line: string): void {
    const isCr = line.charCodeAt(line.length - 1) === 13;
    const text = isCr ? line.slice(0, -1) : line;
    this.goesOn = this.onLine(text.length > MAX_LINE ? text.slice(0, MAX_LINE) : text) !== false;
  }
}

function unreadable(path: string, error: unknown): Error {
  if (error instanceof UsageError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  const why = code.startsWith("Z_") ? `is damaged (${message})` : `cannot be read (${code === "" ? message : code})`;
  return new UsageError(`${path}: ${why} (accepted: a log file, plain or gzip, or a folder with logs)`);
}
