/**
 * Reads a data directory of ZooKeeper. Opens files only for reading: it takes no lock, repairs nothing and deletes
 * nothing, although a ZooKeeper server does when it starts.
 */
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type FilePrefix, readEpochFile, zxidInName } from "../formats/index.ts";
import { asServerId, type Zxid } from "../protocol/zxid.ts";
import type { DataDirectory, EpochFileState, LogFile, SnapshotFile } from "./data-directory.ts";
import { DirectoryError } from "./directory-error.ts";
import type { DiskRules } from "./disk-rules.ts";
import { bytesAt } from "./read-files.ts";
import { readLogFile } from "./read-log-file.ts";
import { readSnapshotFile } from "./read-snapshot-file.ts";

const VERSION_FOLDER = "version-2";
const SMALL_FILE_BYTES = 256;
const KNOWN_FILES = /^(acceptedEpoch|currentEpoch)(\.tmp)?$|^updatingEpoch$/;
const MYID_MAX = 255;

/**
 * Reads the data directory `path`, which contains the folder version-2. A path that ends with version-2 is accepted,
 * too. `logPath` is dataLogDir, if it is separate. Throws a DirectoryError if there is no such directory.
 */
export async function readDataDirectory(path: string, rules: DiskRules, logPath?: string): Promise<DataDirectory> {
  const dataDir = await directoryOf(path);
  const logDir = logPath === undefined ? dataDir : await directoryOf(logPath);
  const snapNames = await namesIn(join(dataDir, VERSION_FOLDER));
  const isSeparate = logDir !== dataDir;
  const logNames = isSeparate ? await namesIn(join(logDir, VERSION_FOLDER)) : snapNames;
  const snapshots: SnapshotFile[] = [];
  for (const { file, at } of await filesOf(join(dataDir, VERSION_FOLDER), snapNames, "snapshot", rules)) {
    snapshots.push(await readSnapshotFile(at, file, rules));
  }
  const logs: LogFile[] = [];
  for (const { file, at } of await filesOf(join(logDir, VERSION_FOLDER), logNames, "log", rules)) {
    logs.push(await readLogFile(at, file, rules));
  }
  const epoch = (name: string): Promise<EpochFileState> => epochFile(join(dataDir, VERSION_FOLDER, name));
  const read = new Set([...logs, ...snapshots].map(({ name }) => name));
  return {
    path,
    logPath: logPath ?? path,
    rules,
    ...(await readMyid(dataDir)),
    logs,
    snapshots,
    acceptedEpoch: await epoch("acceptedEpoch"),
    currentEpoch: await epoch("currentEpoch"),
    acceptedEpochTmp: await epoch("acceptedEpoch.tmp"),
    currentEpochTmp: await epoch("currentEpoch.tmp"),
    hasUpdatingEpoch: snapNames.includes("updatingEpoch"),
    hasInitialize: (await namesIn(logDir)).includes("initialize"),
    misplaced: isSeparate
      ? [
          ...logNames.filter((name) => name.startsWith("snapshot.")),
          ...snapNames.filter((name) => name.startsWith("log.")),
        ]
      : [],
    otherFiles: [...new Set([...snapNames, ...logNames])].filter((name) => !read.has(name) && !KNOWN_FILES.test(name)),
  };
}

/**
 * Returns the data directories that a path names: the path itself, or the folders in it that contain the folder
 * version-2 if it does not contain that folder itself.
 */
export async function dataDirectoriesIn(path: string): Promise<string[]> {
  const isDirectory = async (folder: string): Promise<boolean> => (await statOf(folder))?.isDirectory() === true;
  if (basename(path) === VERSION_FOLDER || (await isDirectory(join(path, VERSION_FOLDER)))) return [path];
  const found: string[] = [];
  for (const name of await namesIn(path)) {
    if (await isDirectory(join(path, name, VERSION_FOLDER))) found.push(join(path, name));
  }
  return found.length === 0 ? [path] : found;
}

/** Returns dataDir for a path that is dataDir or its folder version-2. */
async function directoryOf(path: string): Promise<string> {
  const accepted = "accepted: a data directory, which contains the folder version-2, or a folder with data directories";
  const found = await statOf(path);
  if (found === undefined) throw new DirectoryError(`${path}: there is no such directory (${accepted})`);
  if (!found.isDirectory()) throw new DirectoryError(`${path}: is not a directory (${accepted})`);
  if ((await statOf(join(path, VERSION_FOLDER)))?.isDirectory()) return path;
  if (basename(path) === VERSION_FOLDER) return dirname(path);
  if ((await namesIn(path)).every((name) => name === "myid" || name === "initialize")) return path;
  throw new DirectoryError(`${path}: contains no folder version-2 (${accepted})`);
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(folder, error);
  }
}

interface NamedFile {
  readonly at: string;
  readonly file: { readonly name: string; readonly zxid: Zxid; readonly bytes: number };
}

/** Returns the files with this prefix and a zxid in their name, ascending by zxid. */
async function filesOf(
  folder: string,
  names: readonly string[],
  prefix: FilePrefix,
  { namesHaveTwoParts }: DiskRules,
): Promise<NamedFile[]> {
  const result: NamedFile[] = [];
  for (const name of names) {
    const zxid = zxidInName(name, prefix, namesHaveTwoParts);
    const at = join(folder, name);
    const found = zxid === undefined ? undefined : await statOf(at);
    if (zxid === undefined || found === undefined || !found.isFile()) continue;
    result.push({ at, file: { name, zxid, bytes: found.size } });
  }
  return result.sort((a, b) => a.file.zxid - b.file.zxid);
}

async function epochFile(path: string): Promise<EpochFileState> {
  const text = await smallFile(path);
  return text === undefined ? "missing" : readEpochFile(text);
}

/** Reads the file myid of a data directory. */
export async function readMyid(dataDir: string): Promise<Pick<DataDirectory, "myid" | "badMyid">> {
  const text = (await smallFile(join(dataDir, "myid")))?.split(/\r?\n/, 1)[0]?.trim();
  if (text === undefined) return { myid: undefined, badMyid: undefined };
  const isId = /^\d{1,3}$/.test(text) && Number(text) <= MYID_MAX;
  return isId ? { myid: asServerId(Number(text)), badMyid: undefined } : { myid: undefined, badMyid: text };
}

/** Returns the start of a text file; undefined if there is no such file. */
async function smallFile(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await bytesAt(path, 0, SMALL_FILE_BYTES));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isMissing(error) || code === "EISDIR") return undefined;
    throw unreadable(path, error);
  }
}

function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function unreadable(path: string, error: unknown): DirectoryError {
  const { code = "unknown error" } = error as NodeJS.ErrnoException;
  return new DirectoryError(`${path}: cannot be read (${code}; accepted: files that this user may read)`);
}
