/**
 * The data directories of recorded ensembles. `disks.tar.br` of a recording has two moments of the three servers:
 * `tail`, when the old leader is down with an uncommitted tail, and `end`, when all servers are stopped. truth.json
 * says what each disk holds, in `saved`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const ROOT = join(projectFolder(), "test", "recordings");

/** The moments at which the disks were saved. */
export const MOMENTS = ["tail", "end"] as const;
export type Moment = (typeof MOMENTS)[number];

/** One disk in truth.json. */
export interface SavedDisk {
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  readonly lastLoggedZxid: string;
  readonly logs: readonly {
    readonly file: string;
    readonly first: string;
    readonly last: string;
    readonly txns: number;
  }[];
  readonly snapshots: readonly string[];
}

/** The part of truth.json about disks. */
export interface DiskTruth {
  readonly releases: Readonly<Record<string, string>>;
  readonly saved: Readonly<Record<`disk-${Moment}`, { readonly servers: Readonly<Record<string, SavedDisk>> }>>;
}

/** The names of all recordings: a release, or `mixed-` and three releases. */
export const RECORDINGS: readonly string[] = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Returns what a recording says about its disks. */
export function diskTruth(recording: string): DiskTruth {
  return JSON.parse(readFileSync(join(ROOT, recording, "truth.json"), "utf8")) as DiskTruth;
}

/** Unpacks the disks of a recording into a new temporary folder. The caller removes it. */
export function unpackDisks(recording: string): string {
  const folder = mkdtempSync(join(tmpdir(), "zabsim-disks-"));
  const input = brotliDecompressSync(readFileSync(join(ROOT, recording, "disks.tar.br")));
  execFileSync("tar", ["-x", "-C", folder], { input });
  return folder;
}

/** Returns the folder of the project, wherever this module is bundled to. */
function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}
