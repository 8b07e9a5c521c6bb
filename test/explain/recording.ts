/** Reads the recordings of real ensembles in test/recordings/: logs, and the truth of what was done. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type Ensemble, ensembleOf } from "../../explain/ensemble.ts";
import type { ServerHistory } from "../../explain/history.ts";
import { HistoryBuilder } from "../../explain/history-builder.ts";
import { LogReader } from "../../logs/index.ts";

export const RECORDINGS_FOLDER = fileURLToPath(new URL("../recordings/", import.meta.url));

/** The names of all recordings: releases, and `mixed-R1-R2-R3`. */
export const RECORDINGS: readonly string[] = readdirSync(RECORDINGS_FOLDER)
  .filter((name) => /^(\d|mixed-)/.test(name))
  .sort();

export const SERVERS = [1, 2, 3] as const;

export interface TrueJoin {
  readonly leader: number;
  readonly learner: number;
  readonly decided: string;
  readonly maxCommittedLog: string;
  readonly minCommittedLog: string;
  readonly lastProcessedZxid?: string;
  readonly peerLastZxid: string;
  readonly zxid: string | null;
  readonly txnsFrom?: string | null;
  readonly leaderLines: readonly (readonly [line: number, text: string])[];
  readonly learnerLines: readonly (readonly [line: number, text: string])[];
}

export interface TrueStep {
  readonly step: string;
  readonly after: Readonly<Record<string, { readonly mode: string }>>;
  readonly lastLine: Readonly<Record<string, number>>;
  readonly joins: readonly TrueJoin[];
  readonly uncommittedTail?: { readonly server: number; readonly zxids: readonly string[] };
}

export interface Truth {
  readonly releases: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, number>>;
  readonly steps: readonly TrueStep[];
  readonly epochs: readonly {
    readonly epoch: number;
    readonly leader: number;
    readonly supporters: string;
    readonly line: number;
  }[];
}

export function truthOf(name: string): Truth {
  return JSON.parse(readFileSync(`${RECORDINGS_FOLDER}${name}/truth.json`, "utf8")) as Truth;
}

/** Returns the text of a server's log. */
export function logOf(name: string, server: number): string {
  return gunzipSync(readFileSync(`${RECORDINGS_FOLDER}${name}/server-${server}/zookeeper.log.gz`)).toString("utf8");
}

/** Builds the history of one server from the text of its log. */
export function historyOf(server: number, text: string, file = `server-${server}.log`): ServerHistory {
  const builder = new HistoryBuilder(server);
  const reader = new LogReader((event) => builder.add(event, file));
  for (const line of text.split("\n")) reader.read(line);
  for (const ms of reader.end().lastMs.values()) builder.endOfFile(ms);
  return builder.history;
}

/** Returns what the logs of a recording say. `change` can change the text of each log first. */
export function ensembleIn(name: string, change = (text: string, _server: number): string => text): Ensemble {
  return ensembleOf(SERVERS.map((server) => historyOf(server, change(logOf(name, server), server))));
}
