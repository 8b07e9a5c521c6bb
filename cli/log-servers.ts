/**
 * Reads the logs of all servers: finds out whose log each file is, in which order the files of one server follow one
 * another, and builds the history of each server.
 */
import { EventList } from "../explain/events/event-list.ts";
import type { ServerHistory } from "../explain/history.ts";
import { HistoryBuilder } from "../explain/history-builder.ts";
import { type LoggedEvent, LogReader } from "../logs/index.ts";
import { type FoundFile, isDataFile, readLines } from "./log-files.ts";
import { NoLogsError, UsageError } from "./usage-error.ts";

/** A file whose server is known. */
interface IdentifiedFile {
  readonly path: string;
  readonly isNamed: boolean;
  /** The server of each origin in the file. A file of one server has one origin, which is often empty. */
  readonly servers: ReadonlyMap<string, number>;
  /** The server that the user named for the file. */
  readonly given: number | undefined;
  readonly firstMs: number | undefined;
}

/** What was read. */
export interface ReadLogs {
  readonly histories: readonly ServerHistory[];
  /** The events of each server. Empty if they are not wanted. */
  readonly events: readonly EventList[];
  readonly files: readonly { readonly path: string; readonly server: number; readonly lines: number }[];
  readonly warnings: readonly string[];
}

/** The number of lines after which an unidentified file that the user did not name is no log. */
const PEEK_LINES = 5000;

/** How to read the files. */
export interface ReadOptions {
  /** The servers that the user named for files. */
  readonly given: ReadonlyMap<string, number>;
  readonly onBytes: (path: string, bytes: number) => void;
  /** Whether to return the events of each server, too. */
  readonly keepsEvents: boolean;
  /** Receives each event with its server, in the order of the server's log. */
  readonly onEvent?: (server: number, event: LoggedEvent) => void;
}

/** Reads all files. */
export async function readServerLogs(files: readonly FoundFile[], options: ReadOptions): Promise<ReadLogs> {
  const { given } = options;
  const identified: IdentifiedFile[] = [];
  const warnings: string[] = [];
  for (const file of files) {
    const one = await identify(file, given.get(file.path));
    if (one !== undefined) identified.push(one);
    else if (file.isNamed) throw new UsageError(noLogMessage(file.path));
  }
  if (identified.length === 0) {
    throw new NoLogsError(
      "no file contains lines of a ZooKeeper server (accepted: logs in the patterns of ZooKeeper's log4j or logback " +
        "configuration, with prefixes of containers, syslog or JSON)",
    );
  }
  // The files of one server follow one another. Files without times keep the order of the arguments.
  identified.sort((a, b) => (a.firstMs ?? 0) - (b.firstMs ?? 0));
  const builders = new Map<number, ServerBuilder>();
  const read: { path: string; server: number; lines: number }[] = [];
  for (const file of identified) {
    for (const server of await readInto(file, builders, options)) read.push(server);
  }
  const all = [...builders.values()];
  return {
    histories: all.map(({ builder }) => builder.history),
    events: all.flatMap(({ events }) => events ?? []),
    files: read,
    warnings,
  };
}

function noLogMessage(path: string): string {
  return (
    `${path}: no line shows which server wrote it (accepted: a log of a ZooKeeper server; if the log does not ` +
    `contain the id, --server N=${path})`
  );
}

/** Reads the start of a file until it is clear whose log it is. Returns undefined if the file is no log. */
async function identify(file: FoundFile, given: number | undefined): Promise<IdentifiedFile | undefined> {
  const { isNamed, path } = file;
  if (path !== "-" && isDataFile(path)) return undefined;
  const servers = new Map<string, number>();
  let firstMs: number | undefined;
  let events = 0;
  let lines = 0;
  const reader = new LogReader((event) => {
    events++;
    firstMs ??= event.timeMs;
    const sid = serverOf(event);
    if (sid !== undefined && !servers.has(event.origin)) servers.set(event.origin, sid);
  });
  // Standard input cannot be read twice.
  if (path === "-") {
    if (given === undefined)
      throw new UsageError("-: standard input needs the id of its server (accepted: --server N=-)");
    return { path, isNamed, servers, given, firstMs: undefined };
  }
  await readLines(path, (line) => {
    reader.read(line);
    lines++;
    const isKnown = given !== undefined || servers.size > 0;
    return !(isKnown && events > 0 && lines > PEEK_LINES) && !(events === 0 && !isNamed && lines > PEEK_LINES);
  });
  const span = reader.end();
  if (events === 0 || (servers.size === 0 && given === undefined)) return undefined;
  return { path, isNamed, servers, given, firstMs: span.firstMs ?? firstMs };
}

/** Returns the id of the server that wrote a line, if the line shows it. */
function serverOf(event: LoggedEvent): number | undefined {
  if (event.myid !== undefined) return event.myid;
  if (event.event === "election-started") return event.fields.sid;
  if (event.event === "server-starting") return event.fields.myid;
  if (event.event === "channel-broken") return event.fields.myid;
  return undefined;
}

/** What collects the events of one server. */
interface ServerBuilder {
  readonly builder: HistoryBuilder;
  readonly events: EventList | undefined;
}

async function readInto(
  { given, path, servers }: IdentifiedFile,
  builders: Map<number, ServerBuilder>,
  { keepsEvents, onBytes, onEvent }: ReadOptions,
): Promise<{ path: string; server: number; lines: number }[]> {
  const known = new Map(servers);
  const used = new Set<number>();
  const builderOf = (sid: number): ServerBuilder => {
    const one = builders.get(sid) ?? {
      builder: new HistoryBuilder(sid),
      events: keepsEvents ? new EventList(sid) : undefined,
    };
    builders.set(sid, one);
    used.add(sid);
    return one;
  };
  const single = given ?? (servers.size === 1 ? [...servers.values()][0] : undefined);
  const reader = new LogReader((event) => {
    const shown = serverOf(event);
    if (shown !== undefined && given === undefined) known.set(event.origin, shown);
    const sid = given ?? known.get(event.origin) ?? single;
    if (sid === undefined) return;
    const { builder, events } = builderOf(sid);
    builder.add(event, path);
    events?.add(event, path);
    onEvent?.(sid, event);
  });
  await readLines(
    path,
    (line) => {
      reader.read(line);
      return undefined;
    },
    (bytes) => onBytes(path, bytes),
  );
  const { lastMs, lines } = reader.end();
  for (const [origin, ms] of lastMs) {
    const sid = given ?? known.get(origin) ?? single;
    if (sid !== undefined && used.has(sid)) builders.get(sid)?.builder.endOfFile(ms);
  }
  return [...used].map((server) => ({ path, server, lines }));
}
