/**
 * The disks at the end of the logs, and at the end of a run, as observations: each is compared with those of the other
 * side, as the events of the logs are.
 */
import type { Cluster } from "../cluster/cluster.ts";
import { ServerDisk } from "../cluster/server-disk.ts";
import { above, type Range, setOf, textOf, type ZxidSet } from "../doctor/zxid-set.ts";
import type { Txn } from "../protocol/index.ts";
import { epochOf, formatZxid, type ServerId, type Zxid } from "../protocol/zxid.ts";
import type { DiskFacts, DiskState } from "./disk-state.ts";
import type { Evidence } from "./evidence.ts";
import type { Observation, Observations } from "./observation.ts";

/** The disks of servers, by server. */
export type DiskStates = ReadonlyMap<number, DiskState>;

/**
 * How much a run differs if a file of a disk differs. Only the moment of a snapshot is no decision: it depends on
 * random numbers (SyncRequestProcessor#shouldSnapshot).
 */
const WEIGHTS = { acceptedEpoch: 3, currentEpoch: 4, log: 4, snapshot: 0.5 } as const;

/** The first word of the observations of disks. */
const DISK = "disk";

/** Returns whether an observation is one of a disk. */
export function isOfDisk({ text }: Observation): boolean {
  return text.startsWith(`${DISK} `);
}

/** Returns the disks of the servers whose directories show the end of the incident, at the end of a run. */
export function disksOf(cluster: Cluster, { disks }: Evidence): DiskStates {
  const states = new Map<number, DiskState>();
  for (const { copied, server } of disks) {
    if (copied === "after") states.set(server, stateOf(cluster, server as ServerId));
  }
  return states;
}

function stateOf({ world }: Cluster, server: ServerId): DiskState {
  const { acceptedEpoch, currentEpoch, logFiles, snapshots } = new ServerDisk(world.node(server).disk).image();
  return {
    acceptedEpoch,
    currentEpoch,
    log: setOf(logFiles.flatMap(({ txns }) => rangesOf(txns))),
    snapshots: snapshots.map(({ zxid }) => zxid),
  };
}

/** Returns the zxids of records that follow each other. */
function rangesOf(txns: readonly Txn[]): Range[] {
  const ranges: { first: Zxid; last: Zxid }[] = [];
  for (const { zxid } of txns) {
    const range = ranges.at(-1);
    if (range !== undefined && zxid === range.last + 1) range.last = zxid;
    else ranges.push({ first: zxid, last: zxid });
  }
  return ranges;
}

/** Returns what the logs and the directories show. */
export function shownBy({ disks, endMs, observations }: Evidence): Observations {
  const after = disks.filter(({ copied }) => copied === "after");
  if (after.length === 0) return observations;
  return withDisks(observations, new Map(after.map((one) => [one.server, one])), { disks, endMs });
}

/** Returns what a run shows: its events until the end of the logs, and its disks at its end. */
export function shownByRun(observed: Observations, states: DiskStates, { disks, endMs }: Evidence): Observations {
  if (states.size === 0) return observed;
  const until = new Map([...observed].map(([server, list]) => [server, list.filter(({ atMs }) => atMs <= endMs + 1)]));
  return withDisks(until, states, { disks, endMs });
}

function withDisks(
  observed: Observations,
  states: DiskStates,
  { disks, endMs }: Pick<Evidence, "disks" | "endMs">,
): Observations {
  const result = new Map(observed);
  for (const facts of disks) {
    const state = states.get(facts.server);
    if (state === undefined) continue;
    result.set(facts.server, [...(observed.get(facts.server) ?? []), ...observationsOf(state, facts, endMs)]);
  }
  return result;
}

/** Each observation has the time at which its content was decided, because the search looks for causes there. */
function observationsOf(
  { acceptedEpoch, currentEpoch, log, snapshots }: DiskState,
  { comparedAbove, epochs }: Pick<DiskFacts, "comparedAbove" | "epochs">,
  endMs: number,
): Observation[] {
  const one = (name: keyof typeof WEIGHTS, value: string | number, atMs = endMs): Observation => ({
    ...{ text: `${DISK} ${name} ${value}`, atMs, weight: WEIGHTS[name] },
  });
  const ofEpoch = (name: keyof typeof WEIGHTS, epoch: number | undefined): Observation =>
    one(name, epoch ?? "missing", epochs.get(epoch ?? -1)?.startMs);
  return [
    ofEpoch("acceptedEpoch", acceptedEpoch),
    ofEpoch("currentEpoch", currentEpoch),
    ...byEpoch(above(log, comparedAbove)).map(([epoch, part]) => one("log", textOf(part), epochs.get(epoch)?.endMs)),
    ...snapshots.filter((zxid) => zxid > comparedAbove).map((zxid) => one("snapshot", formatZxid(zxid))),
  ];
}

/** Divides a log at its epochs, so that a difference in one epoch leaves the others equal. */
function byEpoch(log: ZxidSet): [number, ZxidSet][] {
  const parts = new Map<number, ZxidSet>();
  for (const range of log) {
    const epoch = epochOf(range.first);
    parts.set(epoch, [...(parts.get(epoch) ?? []), range]);
  }
  return [...parts];
}

/** Returns whether two disks are the same in all that a decision depends on: the epochs, and the log. */
export function isSameDisk(one: DiskState, other: DiskState, comparedAbove: number): boolean {
  const decisive = (state: DiskState): string =>
    [state.acceptedEpoch, state.currentEpoch, textOf(above(state.log, comparedAbove))].join(" ");
  return decisive(one) === decisive(other);
}
