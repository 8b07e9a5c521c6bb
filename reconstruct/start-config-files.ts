/**
 * The configuration files with which processes start, as far as their logs show them: a server logs only votes of
 * voters, and warns about an even number of voters.
 */
import type { ConfigChange, EnsembleConfig, ServerSpec } from "../cluster/cluster-spec.ts";
import type { Zxid64 } from "../logs/index.ts";
import { asServerId, formatZxid64, type ServerId } from "../protocol/index.ts";
import type { FileFacts } from "./config-file-facts.ts";
import type { Evidence } from "./evidence.ts";
import { isReconfigEnabled, reconfigurationsIn, versionAtStart } from "./reconfigurations.ts";

/** The file of a process. */
export interface StartFile {
  readonly server: number;
  /** The number of the process, from 0. */
  readonly process: number;
  readonly facts: FileFacts;
  /** The voters in the file. Undefined if no list explains what the process logs. */
  readonly voters: readonly number[] | undefined;
}

type Process = Omit<StartFile, "voters">;

const NO_VOTERS: ReadonlySet<number> = new Set();

/** With more servers, only the lists that a log shows are tried. */
const SERVERS_MAX = 9;

/**
 * Returns the files of the processes. A server with dynamic reconfiguration writes its file itself, so only its first
 * process counts.
 */
export function startFiles(evidence: Evidence): StartFile[] {
  const seen = new Map<number, number>();
  const all = evidence.configurations.files.map((facts) => {
    const process = seen.get(facts.server) ?? 0;
    seen.set(facts.server, process + 1);
    return { server: facts.server, process, facts };
  });
  const open = new Set(isReconfigEnabled(evidence) ? all.filter(({ process }) => process === 0) : all);
  const lists = possibleLists(evidence);
  const found = new Map<Process, readonly number[]>();
  const participants = participantsIn(evidence);
  const usual = [...open].every(({ facts }) => explains(participants, facts)) ? participants : undefined;
  const outside = new Set(evidence.configurations.outsiders.map(({ server }) => server));
  while (open.size > 0) {
    // A server that joins has the list of the others and itself, so the lists of the others come first.
    const inside = [...open].filter(({ server }) => !outside.has(server));
    const next = inside.length === 0 ? [...open] : inside;
    const known = [...found.values()];
    const joins = inside.length === 0;
    const strict = usual ?? bestList(next.map(factsOf), lists, known, joins);
    // The votes of a pending configuration's voters are logged, too, so a list may lack them.
    const used = strict === undefined ? withoutVoters : factsOf;
    const list = strict ?? bestList(next.map(used), lists, known, joins);
    for (const one of next) {
      if (list !== undefined && !explains(list, used(one))) continue;
      if (list !== undefined) found.set(one, list);
      open.delete(one);
    }
  }
  return all.map((one) => ({ ...one, voters: found.get(one) }));
}

const factsOf = ({ facts }: Process): FileFacts => facts;
const withoutVoters = ({ facts }: Process): FileFacts => ({ ...facts, voters: NO_VOTERS });

/** Returns the servers that are no observers. */
function participantsIn({ ensemble, servers }: Evidence): number[] {
  const observers = new Set(servers.filter(({ isObserver }) => isObserver).map(({ server }) => server));
  return ensemble.members.filter((sid) => !observers.has(sid));
}

/** Returns whether a list of voters explains what a process logs. */
export function explains(voters: readonly number[], facts: FileFacts): boolean {
  const { lacks, observes, server, size, votes } = facts;
  const isVoter = voters.includes(server);
  if ((votes !== undefined && votes !== isVoter) || (observes && isVoter)) return false;
  if (voters.some((sid) => lacks.has(sid)) || [...facts.voters].some((sid) => !voters.includes(sid))) return false;
  const { length } = voters;
  return size === undefined || size === (length === 2 ? "few" : length % 2 === 0 ? "even" : "other");
}

/** Returns the lists of voters that are possible at all. */
export function possibleLists({ configurations, ensemble }: Evidence): number[][] {
  const ids = ensemble.members;
  if (ids.length > SERVERS_MAX) {
    const texts = new Set(configurations.files.map(({ voters }) => [...voters].sort(byNumber).join()));
    return [...texts].filter((text) => text !== "").map((text) => text.split(",").map(Number));
  }
  return Array.from({ length: (1 << ids.length) - 1 }, (_, bits) => ids.filter((_sid, i) => ((bits + 1) >> i) & 1));
}

/**
 * Returns the most likely list. A list is likely if a log names all of its voters, if the processes that it explains
 * hear all of its voters or cannot reach them, if it is close to the list of another process, and if these processes
 * are many. A server that joins takes over the list of the others before it hears them, so closeness comes first.
 */
function bestList(
  open: readonly FileFacts[],
  lists: readonly number[][],
  known: readonly (readonly number[])[],
  joins: boolean,
): readonly number[] | undefined {
  const rated = lists.flatMap((list) => {
    const explained = open.filter((facts) => explains(list, facts));
    if (explained.length === 0) return [];
    const named = new Set([...known.flat(), ...explained.flatMap(({ voters }) => [...voters])]);
    const silent = explained.flatMap(({ voters }) => list.filter((sid) => !voters.has(sid))).length;
    const unnamed = list.filter((sid) => !named.has(sid)).length;
    const changes = known.length === 0 ? 0 : Math.min(...known.map((other) => differenceOf(list, other)));
    const likeness = joins ? [changes, silent / explained.length] : [silent / explained.length, changes];
    return [{ list, costs: [list.length === 1 ? 1 : 0, unnamed, ...likeness, -explained.length] }];
  });
  return rated.sort((a, b) => compareCosts(a.costs, b.costs))[0]?.list;
}

/** Operators add servers more often than they remove them, and a server that joins keeps the others in its list. */
function differenceOf(list: readonly number[], other: readonly number[]): number {
  const added = list.filter((sid) => !other.includes(sid)).length;
  const removed = other.filter((sid) => !list.includes(sid)).length;
  return added + 2 * removed;
}

/** Compares by the first cost that differs. */
function compareCosts(one: readonly number[], other: readonly number[]): number {
  const index = one.findIndex((cost, i) => cost !== other[i]);
  return index < 0 ? 0 : (one[index] as number) - (other[index] as number);
}

/** Returns the servers with the files of their first processes, if these differ or a reconfiguration changes them. */
export function withFiles(
  specs: readonly (readonly [number, ServerSpec])[],
  files: readonly StartFile[],
  evidence: Evidence,
): (readonly [number, ServerSpec])[] {
  const { configurations } = evidence;
  const participants = specs.filter(([, { role }]) => role === "participant").map(([sid]) => sid);
  const outside = new Set(configurations.outsiders.map(({ server }) => server));
  const first = new Map(files.filter(({ process }) => process === 0).map((one) => [one.server, one]));
  const isDefault = (sid: number): boolean => {
    const voters = first.get(sid)?.voters;
    return voters === undefined || voters.join() === participants.join();
  };
  const changes =
    outside.size > 0 ||
    reconfigurationsIn(evidence).length > 0 ||
    files.some(({ facts }) => (facts.version ?? 0n) > 0n);
  if (!changes && specs.every(([sid]) => isDefault(sid))) return [...specs];
  return specs.map(([sid, spec]) => {
    const file = first.get(sid);
    const inside = participants.filter((one) => one === sid || !outside.has(one));
    const version = file?.facts.version ?? versionAtStart(sid, evidence);
    const knows = (observer: number): boolean => observer === sid || !outside.has(observer);
    return [sid, { ...spec, config: fileWith(file?.voters ?? inside, version, evidence, knows) }] as const;
  });
}

/** Returns the file with a list of voters. The observers are the servers that observe, if `knows` accepts them. */
export function fileWith(
  voters: readonly number[],
  version: Zxid64 | undefined,
  { servers }: Evidence,
  knows: (observer: number) => boolean,
): EnsembleConfig {
  const observers = servers.filter(({ isObserver }) => isObserver).map(({ server }) => server);
  return {
    voters: voters.map((sid) => asServerId(sid)),
    observers: observers.filter((sid) => !voters.includes(sid) && knows(sid)).map((sid) => asServerId(sid)),
    ...(version !== undefined && version > 0n && { version: formatZxid64(version) }),
  };
}

/** Returns how a process starts: with the file that the one before has left, or with another one. */
export function startOfProcess(
  files: readonly StartFile[],
  sid: number,
  process: number,
  evidence: Evidence,
): ServerId | ConfigChange {
  const server = asServerId(sid);
  const own = files.filter((one) => one.server === sid);
  const [before, now] = [own[process - 1]?.voters, own[process]];
  if (before === undefined || now?.voters === undefined || before.join() === now.voters.join()) return server;
  return { server, config: fileWith(now.voters, now.facts.version, evidence, () => true) };
}

const byNumber = (a: number, b: number): number => a - b;
