import { dirname, isAbsolute, join } from "node:path";
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import type { DataDirectory } from "../doctor/data-directory.ts";
import { type DiskRules, diskRulesOf } from "../doctor/disk-rules.ts";
import { compareDisks, type EnsembleDisks } from "../doctor/ensemble.ts";
import type { ServerDisk } from "../doctor/histories.ts";
import { predictStart } from "../doctor/predict-start.ts";
import { type ConfigFile, configInSnapshots, type FoundConfig, readConfigFile } from "../doctor/read-config.ts";
import { dataDirectoriesIn, readDataDirectory, readMyid } from "../doctor/read-data-directory.ts";
import { asServerId, type ServerId } from "../protocol/zxid.ts";
import { configText, namedConfigText } from "./config-text.ts";
import { parseRelease } from "./options.ts";
import { hint } from "./output.ts";
import { UsageError } from "./usage-error.ts";

/** The options that name directories. */
export interface DiskOptions {
  readonly zookeeper?: string;
  readonly config?: readonly string[];
  readonly server?: readonly string[];
  readonly release?: readonly string[];
}

/** An ensemble, and where its configuration comes from. */
export interface ReadEnsemble {
  readonly ensemble: EnsembleDisks;
  readonly source: string;
}

/** Reads the directories. Throws a UsageError or a DirectoryError for bad input. */
export async function readEnsembleDisks(folders: readonly string[], options: DiskOptions): Promise<ReadEnsemble> {
  const zookeeper = options.zookeeper ?? "newest";
  const configs = (options.config ?? []).map(configIn);
  const paths = (await Promise.all(folders.map(dataDirectoriesIn))).flat();
  const sources = sourcesOf(paths, options.server ?? [], configs);
  const disks = await readDisks(sources, releasesOf(options.release ?? [], zookeeper));
  const { config, source } = ensembleOf(disks, configs);
  return { ensemble: compareDisks(disks, config, zookeeper, configs[0]?.settings), source };
}

// ---- the directories

/** A data directory to read, and the id that the user gave it. */
export interface DirectorySource {
  readonly path: string;
  /** dataLogDir. Default: the same as `path`. */
  readonly logPath?: string;
  readonly sid?: ServerId;
}

function sourcesOf(
  folders: readonly string[],
  given: readonly string[],
  configs: readonly ConfigFile[],
): DirectorySource[] {
  const sources = [...folders.map((path) => ({ path })), ...given.map(namedSource)];
  if (sources.length > 0) return sources;
  if (configs.length === 0) {
    throw new UsageError("no data directory is given (accepted: directories, --server N=DIR, or --config zoo.cfg)");
  }
  return configs.map(({ dataDir, dataLogDir, file }) => {
    if (dataDir === undefined) throw new UsageError(`${file}: has no dataDir (accepted: a zoo.cfg with dataDir)`);
    const at = (path: string): string => (isAbsolute(path) ? path : join(dirname(file), path));
    return { path: at(dataDir), ...(dataLogDir !== undefined && { logPath: at(dataLogDir) }) };
  });
}

/** Parses a value of --server: `N=DIR` or `N=DIR,LOGDIR`. */
export function namedSource(text: string): DirectorySource {
  const [, id, path, logPath] = /^(\d{1,3})=([^,]+)(?:,(.+))?$/.exec(text) ?? [];
  if (id === undefined || path === undefined || Number(id) > 255) {
    const accepted = "accepted: N=DIR, or N=DIR,LOGDIR with a separate dataLogDir, e.g. 1=/backup/zk1";
    throw new UsageError(`--server ${text}: is not a server with its directory (${accepted})`);
  }
  return { sid: asServerId(Number(id)), path, ...(logPath !== undefined && { logPath }) };
}

/** Returns a function with the rules of a server. `given` has the releases of single servers. */
function releasesOf(given: readonly string[], zookeeper: string): (sid: ServerId | undefined) => DiskRules {
  const releases = new Map(
    given.map((text) => {
      const [, id, release = ""] = /^(\d{1,3})=(.+)$/.exec(text) ?? [];
      if (id !== undefined) return [Number(id), parseRelease("--release")(release)] as const;
      throw new UsageError(`--release ${text}: names no server (accepted: N=RELEASE, e.g. 2=3.6.4)`);
    }),
  );
  return (sid) => diskRulesOf(releases.get(sid ?? -1) ?? zookeeper);
}

/** Reads data directories, with the rules of the release of each server. Returns them in the order of their ids. */
export async function readDisks(
  sources: readonly DirectorySource[],
  rulesOf: (sid: ServerId | undefined) => DiskRules,
): Promise<ServerDisk[]> {
  const disks: ServerDisk[] = [];
  for (const source of sources) {
    const sid = source.sid ?? (await readMyid(source.path)).myid;
    const directory = await readDataDirectory(source.path, rulesOf(sid), source.logPath);
    if (sid === undefined) throw new UsageError(noIdMessage(directory));
    const other = disks.find((disk) => disk.sid === sid);
    if (other !== undefined) {
      const both = `${other.directory.path} and ${directory.path}`;
      throw new UsageError(
        `${both}: both are of server ${sid} (accepted: one directory for each server; --server N=DIR)`,
      );
    }
    disks.push({ sid, directory, start: predictStart(directory) });
  }
  return disks.sort((a, b) => a.sid - b.sid);
}

function noIdMessage({ badMyid, path }: DataDirectory): string {
  const problem = badMyid === undefined ? "has no file myid" : `the file myid contains '${badMyid}'`;
  return `${path}: ${problem}, so the id of the server is not known (accepted: a file myid, or --server N=${path})`;
}

// ---- the ensemble

/** The configuration files that are accepted. */
const ACCEPTED = "a zoo.cfg";

function configIn(file: string): ConfigFile {
  return readConfigFile(configText(file, ACCEPTED), file, (name) => namedConfigText(name, file, ACCEPTED));
}

function ensembleOf(disks: readonly ServerDisk[], configs: readonly ConfigFile[]): FoundConfig {
  const [first] = configs;
  const found = first === undefined ? configInSnapshots(disks) : { config: first.config, source: first.file };
  const voters = disks.map(({ sid }) => sid);
  if (found === undefined) return { config: { voters, observers: [] }, source: "the given directories" };
  for (const other of configs.slice(1)) {
    if (listsOf(other.config) === listsOf(found.config)) continue;
    hint(`zabsim: note: ${other.file} has other servers than ${found.source}; zabsim uses those of ${found.source}`);
  }
  const members = [...found.config.voters, ...found.config.observers];
  const stranger = voters.find((sid) => !members.includes(sid));
  if (stranger === undefined) return found;
  const accepted = `servers ${members.join(", ")}; --config gives another zoo.cfg`;
  throw new UsageError(`server ${stranger} is not in the ensemble of ${found.source} (accepted: ${accepted})`);
}

function listsOf({ groups, observers, voters, weights }: EnsembleConfig): string {
  return JSON.stringify({ groups, observers, voters, weights });
}
