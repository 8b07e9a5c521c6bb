/** The facts in the logs from which the first scenario is built, server by server, with the times of the run. */
import type { Ensemble } from "../explain/ensemble.ts";
import type { ProcessRun, ServerHistory } from "../explain/history.ts";
import { profileFor } from "../explain/releases.ts";
import type { LogEventName, LoggedEvent, Zxid64 } from "../logs/index.ts";
import { isOutsideInfo, type Observation, type Observations, ServerObserver } from "./observation.ts";

/** A process of a server. Times are in milliseconds since the start of the run. */
export interface ProcessEvidence {
  readonly run: ProcessRun;
  /** The time of its first line. */
  readonly startMs: number;
  /** The time at which it first looks for a leader. Undefined if it never does. */
  readonly lookingMs: number | undefined;
  /** The time of its last line. */
  readonly lastMs: number;
  /** The zxid and the epoch with which it starts. Undefined if its log does not contain them. */
  readonly zxid: Zxid64 | undefined;
  readonly epoch: number | undefined;
  /** Whether the process itself logs that it exits. */
  readonly exits: boolean;
}

/** A zxid that a server has at a time. */
export interface ZxidFact {
  readonly server: number;
  readonly atMs: number;
  readonly zxid: Zxid64;
  /** Whether the server got the transaction at this time. Otherwise, it had it at the latest then. */
  readonly isExact: boolean;
  readonly event: LogEventName;
  /**
   * The number of the process, from 0, at whose end the server had it, because the next process starts with it. `atMs`
   * is then the time of the last line of this process.
   */
  readonly process?: number;
}

/** A connection of the election that breaks: `server` sees that the one to `peer` is broken. */
export interface BrokenLink {
  readonly server: number;
  readonly peer: number;
  readonly atMs: number;
}

/** The version of a server's newest configuration at a time, in milliseconds since the start of the run. */
export interface ConfigVersionFact {
  readonly server: number;
  readonly atMs: number;
  readonly version: bigint;
}

/** A learner that its leader does not find in its configuration. */
export interface Outsider {
  readonly server: number;
  readonly atMs: number;
}

/** What the logs show of configurations. */
export interface ConfigurationFacts {
  /** The times at which a leader that serves begins to work with another configuration. */
  readonly activatedMs: readonly number[];
  readonly versions: readonly ConfigVersionFact[];
  readonly outsiders: readonly Outsider[];
}

/** What the log of one server shows. */
export interface ServerEvidence {
  readonly server: number;
  readonly isObserver: boolean;
  readonly history: ServerHistory;
  readonly processes: readonly ProcessEvidence[];
  /** The release of its first process. */
  readonly release: string;
}

/** What all logs show. */
export interface Evidence {
  readonly ensemble: Ensemble;
  /** The time of the start of the run, in milliseconds since 1970 by the reference clock. */
  readonly startMs: number;
  /** The duration of the logs, in milliseconds. */
  readonly endMs: number;
  readonly servers: readonly ServerEvidence[];
  /** The servers that the logs mention and whose logs are not given. */
  readonly silent: readonly number[];
  readonly zxids: readonly ZxidFact[];
  readonly broken: readonly BrokenLink[];
  readonly configurations: ConfigurationFacts;
  /** The connections of the election that were refused: `server` could not connect to `peer`. */
  readonly refused: readonly BrokenLink[];
  readonly observations: Observations;
}

/** The events that show a zxid of the server that logs them. */
const ZXID_EVENTS: { readonly [E in LogEventName]?: readonly string[] } = {
  "database-loaded": ["zxid"],
  "election-started": ["zxid"],
  "snapshot-taken": ["zxid"],
  "log-file-created": ["zxid"],
  "zxid-unexpected": ["zxid"],
  "sync-started": ["maxCommittedLog", "lastProcessedZxid"],
  "got-snap": ["zxid"],
  "got-diff": ["zxid"],
};

const EXACT: ReadonlySet<LogEventName> = new Set(["log-file-created", "zxid-unexpected"]);

interface RawFact extends Omit<ZxidFact, "atMs"> {
  readonly timeMs: number;
}

/** Collects the facts of one log, event by event. */
export class EvidenceCollector {
  readonly server: number;
  readonly facts: RawFact[] = [];
  readonly broken: { readonly peer: number; readonly timeMs: number }[] = [];
  readonly configVersions: { readonly server: number; readonly version: bigint; readonly timeMs: number }[] = [];
  readonly outsiders: { readonly server: number; readonly timeMs: number }[] = [];
  readonly refused: { readonly peer: number; readonly timeMs: number }[] = [];
  readonly observed: { readonly observation: Observation; readonly timeMs: number }[] = [];
  /** The epoch in the first vote of each process, by the number of the process. */
  readonly epochs = new Map<number, number>();
  /** The times at which the server has restarted its election service, and whether it served as the leader. */
  readonly restarts: { readonly serves: boolean; readonly timeMs: number }[] = [];
  isObserver = false;
  private processes = 0;
  private serves = false;
  private readonly observer: ServerObserver;

  constructor(server: number) {
    this.server = server;
    this.observer = new ServerObserver(server);
  }

  add(event: LoggedEvent): void {
    const { timeMs } = event;
    if (event.event === "config-read" || this.processes === 0) this.processes++;
    if (timeMs === undefined) return;
    const observation = this.observer.observe(event.event, event.fields, event.exception, 0);
    if (observation !== undefined) this.observed.push({ observation, timeMs });
    if (event.event === "observing") this.isObserver = true;
    if (event.event === "channel-broken") this.broken.push({ peer: event.fields.sid, timeMs });
    if (event.event === "channel-failed") this.refused.push({ peer: event.fields.sid, timeMs });
    if (event.event === "notification" && event.fields.sid === this.server && event.fields.state === "LOOKING") {
      if (!this.epochs.has(this.processes)) this.epochs.set(this.processes, Number(event.fields.peerEpoch));
    }
    if (event.event === "notification" && event.fields.configVersion !== undefined) {
      const { configVersion: version, sid: server } = event.fields;
      this.configVersions.push({ server, version, timeMs });
    }
    if (event.event === "established" || event.event === "election-started")
      this.serves = event.event === "established";
    if (event.event === "election-restarted") this.restarts.push({ serves: this.serves, timeMs });
    if (event.event === "learner-registered" && isOutsideInfo(event.fields.info)) {
      this.outsiders.push({ server: event.fields.sid, timeMs });
    }
    for (const name of ZXID_EVENTS[event.event] ?? []) {
      const zxid = (event.fields as unknown as Record<string, Zxid64 | undefined>)[name];
      if (zxid === undefined || zxid <= 0n) continue;
      const isFirst = event.event !== "zxid-unexpected" || event.fields.expected === 1n;
      if (isFirst) {
        const { server } = this;
        this.facts.push({ server, zxid, timeMs, isExact: EXACT.has(event.event), event: event.event });
      }
    }
  }
}

/** Puts the facts of all logs on one clock that starts with the first line. */
export function evidenceOf(ensemble: Ensemble, collectors: ReadonlyMap<number, EvidenceCollector>): Evidence {
  const { aligned, histories } = ensemble;
  const firsts = histories.map(({ firstMs, server }) => aligned(server, firstMs)).filter((ms) => ms !== undefined);
  const lasts = histories.map(({ lastMs, server }) => aligned(server, lastMs)).filter((ms) => ms !== undefined);
  const startMs = Math.min(...firsts);
  const since = (server: number, timeMs: number): number => (aligned(server, timeMs) ?? timeMs) - startMs;
  const all = [...collectors.values()];
  const observations = new Map(
    all.map(({ observed, server }) => [
      server,
      observed.map(({ observation, timeMs }) => ({ ...observation, atMs: since(server, timeMs) })),
    ]),
  );
  const restarts = all
    .flatMap(({ restarts, server }) => timed(server, restarts, since).map((one) => ({ ...one, server })))
    .sort((a, b) => a.atMs - b.atMs);
  const linksIn = (list: "broken" | "refused"): BrokenLink[] =>
    all
      .flatMap((one) =>
        one[list].map(({ peer, timeMs }) => ({ server: one.server, peer, atMs: since(one.server, timeMs) })),
      )
      .sort((a, b) => a.atMs - b.atMs);
  const servers = histories.map((history) => serverEvidence(history, collectors.get(history.server), since));
  const known = new Set(histories.map(({ server }) => server));
  return {
    ensemble,
    startMs,
    endMs: Math.max(...lasts) - startMs,
    servers,
    silent: ensemble.members.filter((sid) => !known.has(sid)),
    zxids: all
      .flatMap(({ facts }) => facts.map(({ timeMs, ...fact }) => ({ ...fact, atMs: since(fact.server, timeMs) })))
      .map((fact) => atEndOfProcess(fact, servers))
      .sort((a, b) => a.atMs - b.atMs),
    broken: linksIn("broken").filter(
      ({ atMs, peer, server }) => !restarts.some((one) => closes(one, [peer, server], atMs)),
    ),
    refused: linksIn("refused"),
    configurations: {
      activatedMs: restarts.filter(({ serves }) => serves).map(({ atMs }) => atMs),
      versions: all.flatMap((one) => timed(one.server, one.configVersions, since)).sort((a, b) => a.atMs - b.atMs),
      outsiders: all.flatMap((one) => timed(one.server, one.outsiders, since)).sort((a, b) => a.atMs - b.atMs),
    },
    observations,
  };
}

/** The time in which the other server sees that a connection is closed. */
const CLOSED_MS = 5;

/** Returns whether a server closes a connection because it restarts its election service (QuorumCnxManager#halt). */
function closes(
  { atMs: restartMs, server }: { readonly atMs: number; readonly server: number },
  ends: readonly number[],
  atMs: number,
): boolean {
  return ends.includes(server) && atMs >= restartMs && atMs <= restartMs + CLOSED_MS;
}

/** Puts facts from the log of one server on the clock of the run. */
function timed<T extends { readonly timeMs: number }>(
  log: number,
  facts: readonly T[],
  since: (server: number, timeMs: number) => number,
): (Omit<T, "timeMs"> & { readonly atMs: number })[] {
  return facts.map(({ timeMs, ...fact }) => ({ ...fact, atMs: since(log, timeMs) }));
}

/** What a process finds on its disk when it starts was there when the process before it ended. */
function atEndOfProcess(fact: ZxidFact, servers: readonly ServerEvidence[]): ZxidFact {
  const processes = servers.find(({ server }) => server === fact.server)?.processes ?? [];
  const index = processes.findLastIndex(({ startMs }) => startMs <= fact.atMs);
  const process = index - 1;
  const [current, previous] = [processes[index], processes[process]];
  const isStart = fact.event === "database-loaded" || fact.atMs === current?.lookingMs;
  return isStart && previous !== undefined ? { ...fact, atMs: previous.lastMs, process } : fact;
}

function serverEvidence(
  history: ServerHistory,
  collector: EvidenceCollector | undefined,
  since: (server: number, timeMs: number) => number,
): ServerEvidence {
  const { elections, server } = history;
  const processes = history.processes.map((run, index): ProcessEvidence => {
    const election = elections.find((one) => one.process === run);
    const startMs = since(server, run.at.timeMs ?? history.firstMs ?? 0);
    return {
      run,
      startMs,
      lookingMs: election?.at.timeMs === undefined ? undefined : since(server, election.at.timeMs),
      lastMs: run.lastMs === undefined ? startMs : since(server, run.lastMs),
      zxid: run.loadedZxid ?? election?.zxid,
      epoch: collector?.epochs.get(index + 1),
      exits: run.fatal.length > 0 || run.exitCode !== undefined,
    };
  });
  const release = profileFor(history.processes[0]?.release ?? "newest");
  const isObserver = collector?.isObserver === true && history.periods.every(({ role }) => role === "OBSERVING");
  return { server, isObserver, history, processes, release };
}
