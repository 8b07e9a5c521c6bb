/** Divides the arguments of `zabsim reconstruct` into data directories and paths of logs, by their content. */
import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { diskRulesOf } from "../doctor/disk-rules.ts";
import type { ServerDisk } from "../doctor/histories.ts";
import type { Evidence } from "../reconstruct/evidence.ts";
import { type DirectorySource, namedSource, readDisks } from "./ensemble-disks.ts";
import { MAX_DEPTH } from "./log-files.ts";
import { UsageError } from "./usage-error.ts";

const VERSION_FOLDER = "version-2";
/** The files of a data directory in which a server has not started yet. */
const FILES_BEFORE_START = ["initialize", "myid"];

/** The arguments by their content. A folder with both kinds is in both lists. */
export interface IncidentFiles {
  /** The files and folders that can contain logs. */
  readonly logs: readonly string[];
  /** The values of --server that name files with logs. */
  readonly servers: readonly string[];
  readonly directories: readonly DirectorySource[];
}

/** Divides the arguments, and the values of `--server`, which are `N=FILE`, `N=DIR` or `N=DIR,LOGDIR`. */
export function divideIncidentFiles(paths: readonly string[], servers: readonly string[]): IncidentFiles {
  const isDirectory = servers.map(namesDirectory);
  const named = servers.filter((_, i) => isDirectory[i]).map(namedSource);
  const found = paths.map((path) => ({ path, directories: isFolder(path) ? directoriesIn(path, MAX_DEPTH) : [] }));
  const known = new Set(named.flatMap(({ logPath = "", path }) => [resolve(path), resolve(logPath)]));
  return {
    logs: found
      .filter(({ directories, path }) => directories.length === 0 || hasOtherFiles(path, MAX_DEPTH))
      .map(pathOf),
    servers: servers.filter((_, i) => !isDirectory[i]),
    directories: [
      ...found.flatMap(({ directories }) =>
        directories.filter((path) => !known.has(resolve(path))).map((path) => ({ path })),
      ),
      ...named,
    ],
  };
}

/** Reads data directories with the rules of the releases that the logs show. */
export async function readIncidentDisks(
  directories: readonly DirectorySource[],
  { servers, silent }: Evidence,
): Promise<ServerDisk[]> {
  const release = (sid: number | undefined): string =>
    (servers.find(({ server }) => server === sid) ?? servers[0])?.release ?? "newest";
  const disks = await readDisks(directories, (sid) => diskRulesOf(release(sid)));
  const members = [...servers.map(({ server }) => server), ...silent].sort((a, b) => a - b);
  const stranger = disks.find(({ sid }) => !members.includes(sid));
  if (stranger === undefined) return disks;
  const accepted = `directories of the servers ${members.join(", ")}; --server N=DIR gives another id`;
  throw new UsageError(
    `${stranger.directory.path}: is of server ${stranger.sid}, which the logs do not mention (accepted: ${accepted})`,
  );
}

const pathOf = ({ path }: { readonly path: string }): string => path;

function namesDirectory(value: string): boolean {
  const [, path = ""] = /^\d{1,9}=([^,]+)/.exec(value) ?? [];
  return isFolder(path);
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** Returns the data directories in a folder, at any depth. The folder version-2 stands for the one that contains it. */
function directoriesIn(folder: string, depth: number): string[] {
  if (basename(resolve(folder)) === VERSION_FOLDER) return [dirname(folder)];
  const entries = entriesOf(folder);
  const isNew = entries.length > 0 && entries.every(({ name }) => FILES_BEFORE_START.includes(name));
  if (isNew || entries.some(isVersionFolder)) return [folder];
  if (depth === 0) return [];
  return entries.flatMap((entry) => (entry.isDirectory() ? directoriesIn(join(folder, entry.name), depth - 1) : []));
}

/** Returns whether a folder contains files that are not those of a data directory, such as logs next to version-2. */
function hasOtherFiles(folder: string, depth: number): boolean {
  if (depth === 0 || basename(resolve(folder)) === VERSION_FOLDER) return false;
  return entriesOf(folder).some((entry) =>
    entry.isDirectory() ? hasOtherFiles(join(folder, entry.name), depth - 1) : !FILES_BEFORE_START.includes(entry.name),
  );
}

function isVersionFolder(entry: Dirent): boolean {
  return entry.name === VERSION_FOLDER && entry.isDirectory();
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw new UsageError(`${folder}: cannot be read (${code}; accepted: folders that this user may read)`);
  }
}
