/** Reads the logs that the user names for `zabsim explain`, `view` and `reconstruct`, with their options. */
import { statSync } from "node:fs";
import { timeMsOf } from "../logs/index.ts";
import { findLogFiles } from "./log-files.ts";
import { type ReadLogs, type ReadOptions, readServerLogs } from "./log-servers.ts";
import { hint } from "./output.ts";
import { ProgressLine } from "./progress-line.ts";
import { NoLogsError, UsageError } from "./usage-error.ts";

/** The options that choose logs and times. */
export interface LogOptions {
  readonly server?: readonly string[];
  readonly from?: string;
  readonly until?: string;
}

/** The logs, and what the options say about them. */
export interface EnsembleLogs extends Pick<ReadLogs, "histories" | "events" | "files"> {
  /** The servers of the timeline that `--server` names. Undefined if it names none. */
  readonly ids: readonly number[] | undefined;
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** Reads logs. `reading` says what happens to the events. */
export async function readEnsembleLogs(
  paths: readonly string[],
  { from, server = [], until }: LogOptions,
  reading: Pick<ReadOptions, "keepsEvents" | "onEvent">,
): Promise<EnsembleLogs> {
  const { files, ids } = serversOf(server);
  const all = [...paths, ...[...files.keys()].filter((path) => !paths.includes(path))];
  if (all.length === 0) throw new NoLogsError("no log is given (accepted: log files, or folders with logs)");
  const found = findLogFiles(all);
  const read = await withProgress(found, (onBytes) => readServerLogs(found, { given: files, onBytes, ...reading }));
  for (const warning of read.warnings) hint(`zabsim: ${warning}`);
  const day = firstMsOf(read.histories.map(({ firstMs }) => firstMs));
  return {
    ...{ histories: read.histories, events: read.events, files: read.files, ids },
    fromMs: momentOf("--from", from, day),
    untilMs: momentOf("--until", until, day),
  };
}

/** Divides the values of --server into files of servers (`3=zk.log`), and servers of the timeline (`1,3`). */
function serversOf(values: readonly string[]): { files: Map<string, number>; ids: number[] | undefined } {
  const files = new Map<string, number>();
  let ids: number[] | undefined;
  for (const value of values) {
    const [, id, path] = /^(\d{1,9})=(.+)$/s.exec(value) ?? [];
    if (id !== undefined && path !== undefined) files.set(path, Number(id));
    else if (/^\d{1,9}(,\d{1,9})*$/.test(value)) ids = [...(ids ?? []), ...value.split(",").map(Number)];
    else throw new UsageError(`--server ${value}: not a server (accepted: a file as in 3=zk.log, or ids as in 1,3)`);
  }
  return { files, ids };
}

const CLOCK = /^(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,3}))?)?$/;
const DAY_MS = 86_400_000;

/** Parses a time of the timeline: a date and a time, or a time on the day of the first line. */
function momentOf(option: string, text: string | undefined, firstMs: number | undefined): number | undefined {
  if (text === undefined) return undefined;
  const full = timeMsOf(text);
  if (full !== undefined) return full;
  const match = CLOCK.exec(text);
  if (match === null || firstMs === undefined) {
    throw new UsageError(`${option} ${text}: not a time (accepted: 2026-11-25 18:19:43, 18:19 or 18:19:43.5)`);
  }
  const [hour = 0, minute = 0, second = 0] = match.slice(1, 4).map((part) => Number(part ?? 0));
  const ms = Number((match[4] ?? "0").padEnd(3, "0"));
  return Math.floor(firstMs / DAY_MS) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

function firstMsOf(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Shows how much of the files has been read. */
async function withProgress<T>(
  files: readonly { readonly path: string }[],
  work: (onBytes: (path: string, bytes: number) => void) => Promise<T>,
): Promise<T> {
  const total = files.reduce((sum, { path }) => sum + (path === "-" ? 0 : statSync(path).size), 0);
  const line = new ProgressLine();
  let done = 0;
  try {
    return await work((path, bytes) => {
      done += bytes;
      if (line.isDue) line.write(`${path}: ${Math.round((100 * done) / Math.max(1, total))} % of all files read`);
    });
  } finally {
    line.end();
  }
}
