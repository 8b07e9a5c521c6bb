/** Puts the facts of all logs together. */
import type { Ensemble } from "../explain/ensemble.ts";
import type { ServerHistory } from "../explain/history.ts";
import { profileFor } from "../explain/releases.ts";
import type {
  BrokenLink,
  ConfigVersionFact,
  Evidence,
  Outsider,
  ProcessEvidence,
  ReconfigRequest,
  ServerEvidence,
  VoteFact,
  ZxidFact,
} from "./evidence.ts";
import type { ElectionRestart, EvidenceCollector, Timed } from "./evidence-collector.ts";
import { firstVoteMs } from "./first-votes.ts";
import type { Observation } from "./observation.ts";

/** Returns a time of a server's log as the time since the start of the run. */
type Since = (server: number, timeMs: number) => number;

/** Puts the facts of all logs on one clock that starts with the first line. */
export function evidenceOf(ensemble: Ensemble, collectors: ReadonlyMap<number, EvidenceCollector>): Evidence {
  const { aligned, histories } = ensemble;
  const firsts = histories.map(({ firstMs, server }) => aligned(server, firstMs)).filter((ms) => ms !== undefined);
  const lasts = histories.map(({ lastMs, server }) => aligned(server, lastMs)).filter((ms) => ms !== undefined);
  const startMs = Math.min(...firsts);
  const since: Since = (server, timeMs) => (aligned(server, timeMs) ?? timeMs) - startMs;
  const all = [...collectors.values()];
  const factsOf = <T extends At>(list: (log: EvidenceCollector) => readonly Timed<T>[]): T[] =>
    all.flatMap((log) => list(log).map((fact) => onClock<T>(fact, log.server, since)));
  const servers = histories.map((history) =>
    serverEvidence(history, collectors.get(history.server), since, ensemble, startMs),
  );
  const known = new Set(histories.map(({ server }) => server));
  const restarts = byTime(factsOf<ElectionRestart>((log) => log.restarts));
  return {
    ensemble,
    startMs,
    endMs: Math.max(...lasts) - startMs,
    servers,
    silent: ensemble.members.filter((sid) => !known.has(sid)),
    zxids: byTime(factsOf<ZxidFact>((log) => log.zxids).map((fact) => atEndOfProcess(fact, servers))),
    broken: byTime(factsOf<BrokenLink>((log) => log.broken)).filter(
      ({ atMs, peer, server }) => !restarts.some((one) => closes(one, [peer, server], atMs)),
    ),
    refused: byTime(factsOf<BrokenLink>((log) => log.refused)),
    configurations: {
      files: all.flatMap(({ files, server }) =>
        files.map(({ facts, timeMs }) => ({ ...facts, server, startMs: since(server, timeMs) })),
      ),
      requests: byTime(factsOf<ReconfigRequest>((log) => log.requests)),
      isEnabled: enabledIn(all),
      activatedMs: restarts.filter(({ serves }) => serves).map(({ atMs }) => atMs),
      versions: byTime(factsOf<ConfigVersionFact>((log) => log.configVersions)),
      outsiders: byTime(factsOf<Outsider>((log) => log.outsiders)),
    },
    votes: factsOf<VoteFact>((log) => log.votes),
    observations: new Map(
      all.map(({ observed, server }) => [server, observed.map((one) => onClock<Observation>(one, server, since))]),
    ),
    disks: [],
  };
}

interface At {
  readonly atMs: number;
}

/** Puts a fact from the log of a server on the clock of the run. */
function onClock<T extends At>({ timeMs, ...fact }: Timed<T>, server: number, since: Since): T {
  return { ...fact, atMs: since(server, timeMs) } as unknown as T;
}

function byTime<T extends At>(facts: readonly T[]): T[] {
  return [...facts].sort((a, b) => a.atMs - b.atMs);
}

function enabledIn(all: readonly EvidenceCollector[]): boolean | undefined {
  const found = all.flatMap(({ enabled }) => enabled);
  return found.length === 0 ? undefined : found.includes(true);
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

/** The time from LOOKING to the line that shows the zxid of the first vote. */
const FIRST_VOTE_MS = 100;

/** What a process finds on its disk when it starts was there when the process before it ended. */
function atEndOfProcess(fact: ZxidFact, servers: readonly ServerEvidence[]): ZxidFact {
  const processes = servers.find(({ server }) => server === fact.server)?.processes ?? [];
  const index = processes.findLastIndex(({ startMs }) => startMs <= fact.atMs);
  const process = index - 1;
  const [current, previous] = [processes[index], processes[process]];
  const isFirstVote = fact.event === "election-started" && fact.atMs - (current?.lookingMs ?? 0) < FIRST_VOTE_MS;
  const isStart = fact.event === "database-loaded" || isFirstVote;
  return isStart && previous !== undefined ? { ...fact, atMs: previous.lastMs, process } : fact;
}

function serverEvidence(
  history: ServerHistory,
  collector: EvidenceCollector | undefined,
  since: Since,
  ensemble: Ensemble,
  runStartMs: number,
): ServerEvidence {
  const { elections, server } = history;
  const processes = history.processes.map((run, index): ProcessEvidence => {
    const election = elections.find((one) => one.process === run);
    const startMs = since(server, run.at.timeMs ?? history.firstMs ?? 0);
    const looking = ensemble.aligned(server, election?.at.timeMs);
    const vote = looking === undefined ? undefined : firstVoteMs(ensemble, server, looking);
    return {
      run,
      startMs,
      lookingMs: election?.at.timeMs === undefined ? undefined : since(server, election.at.timeMs),
      votedMs: vote === undefined ? undefined : vote - runStartMs,
      lastMs: run.lastMs === undefined ? startMs : since(server, run.lastMs),
      zxid: run.loadedZxid ?? election?.zxid,
      epoch: collector?.epochs.get(index + 1),
      exits: run.fatal.length > 0 || run.exitCode !== undefined,
    };
  });
  const release = profileFor(history.processes[0]?.release ?? "newest");
  const isObserver = collector?.isObserver === true && history.periods[0]?.role === "OBSERVING";
  return { server, isObserver, history, processes, release };
}
