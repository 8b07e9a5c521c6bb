/** The disks of an ensemble as a scenario, which the simulator starts from. */
import { DEFAULT_THREADS, type ServerSpec } from "../cluster/cluster-spec.ts";
import { EMPTY_SERVER } from "../cluster/empty-disk.ts";
import { asServerId, formatZxid, MAX_EPOCH, type ServerId, type Zxid } from "../protocol/zxid.ts";
import { DEFAULT_DISK, DEFAULT_NETWORK } from "../scenarios/loading/short-forms-and-defaults.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import type { EpochFileState } from "./data-directory.ts";
import type { EnsembleDisks } from "./ensemble.ts";
import type { ServerDisk, ServerHistory } from "./histories.ts";
import { above, includes, sizeOf, textOf, type ZxidSet } from "./zxid-set.ts";

/** What happens to a disk before the servers start. */
export type DiskChange =
  /** The data directory is moved away: the server starts with an empty one. */
  | { readonly kind: "empty" }
  /** The folder version-2 of another server replaces that of this one. */
  | { readonly kind: "copy"; readonly from: ServerId };

/** The changes to the disks, by server. */
export type DiskChanges = Readonly<Record<ServerId, DiskChange>>;

/** Returns the ensemble as a scenario in which all servers are down, with these steps. */
export function scenarioOf(ensemble: EnsembleDisks, changes: DiskChanges, steps: readonly Step[]): Scenario {
  const { config, histories, settings, zookeeper } = ensemble;
  const members = [...config.voters, ...config.observers].sort((a, b) => a - b);
  const forgotten = forgottenBelow(histories);
  const specOf = (sid: ServerId): ServerSpec => {
    const change = changes[sid];
    const source = change?.kind === "copy" ? change.from : sid;
    const spec = change?.kind === "empty" ? EMPTY_SERVER : specOfDisk(ensemble, source, forgotten);
    const release = ensemble.disks.find((disk) => disk.sid === sid)?.directory.rules.release ?? zookeeper;
    const role = config.voters.includes(sid) ? "participant" : "observer";
    return { ...spec, role, ...(release !== zookeeper && { zookeeper: release }) };
  };
  const { groups, observers: _observers, weights, voters: _voters } = config;
  const committed = lastCommitted(ensemble, changes, forgotten);
  return {
    name: "doctor",
    about: "",
    zookeeper,
    servers: Object.fromEntries(members.map((sid) => [sid, specOf(sid)])),
    ...(groups && { quorum: { groups, weights: weights ?? {} } }),
    settings,
    network: { ...DEFAULT_NETWORK, links: [] },
    disk: DEFAULT_DISK,
    threads: DEFAULT_THREADS,
    ...(committed && { committed: formatZxid(committed) }),
    steps,
    expect: { violates: [] },
  };
}

/** Returns the ensemble as a scenario in which all servers that can start do so simultaneously. */
export function scenarioOfDisks(ensemble: EnsembleDisks, name: string): Scenario {
  const scenario = scenarioOf(ensemble, {}, []);
  const { disks, missing } = ensemble;
  const starting = disks.filter(({ start }) => start.failure === undefined).map(({ sid }) => sid);
  const servers = Object.entries(scenario.servers).map(([id, spec]) => [
    id,
    { ...spec, down: !starting.includes(asServerId(Number(id))) },
  ]);
  const failing = disks.filter(({ start }) => start.failure !== undefined).map(({ sid }) => sid);
  const about = [
    "The disks that zabsim doctor read.",
    ...(failing.length > 0 ? [`These servers do not start: ${failing.join(", ")}.`] : []),
    ...(missing.length > 0 ? [`The disks of these servers are not known: ${missing.join(", ")}.`] : []),
  ].join(" ");
  return { ...scenario, name, about, servers: Object.fromEntries(servers) };
}

/**
 * The number of transactions of a server that a scenario describes. Older ones that all servers have make a scenario
 * slow and change no decision: a leader keeps 500 transactions in committedLog.
 */
const TXNS_MAX = 5000;
const KEPT_BELOW = 1000;

/** Returns the zxid below which the scenario forgets the histories: all servers have the same ones there. */
export function forgottenBelow(histories: readonly ServerHistory[]): number {
  const trees = histories.map(({ tree }) => tree).filter(({ length }) => length > 0);
  if (trees.every((tree) => sizeOf(tree) <= TXNS_MAX)) return 0;
  const lowestEnd = Math.min(...trees.map((tree) => tree.at(-1)?.last ?? 0));
  const [tree = []] = trees;
  let rest = KEPT_BELOW;
  for (const { first, last } of tree.filter((range) => range.first <= lowestEnd).toReversed()) {
    const size = Math.min(last, lowestEnd) - first + 1;
    if (size > rest) return Math.min(last, lowestEnd) - rest;
    rest -= size;
  }
  return 0;
}

/**
 * Returns the disk of a server as the start of a simulated one, without the transactions up to `forgotten`. A server
 * whose database cannot be loaded is described by what its log has.
 */
export function specOfDisk(
  { disks, histories }: Pick<EnsembleDisks, "disks" | "histories">,
  sid: ServerId,
  forgotten: number,
): ServerSpec {
  const index = disks.findIndex((disk) => disk.sid === sid);
  const [disk, history] = [disks[index], histories[index]];
  if (disk === undefined || history === undefined || isEmptyDisk(disk)) return EMPTY_SERVER;
  const tree = above(disk.start.database === undefined ? history.log : history.tree, forgotten);
  const log = above(history.log, forgotten);
  const { acceptedEpoch, currentEpoch, currentEpochTmp, logs } = disk.directory;
  const tmp = epochField(currentEpochTmp);
  return {
    ...EMPTY_SERVER,
    empty: false,
    history: textOf(tree),
    snapshots: snapshotsOf(disk, tree, forgotten),
    ...(textOf(log) !== textOf(tree) && { log: textOf(log) }),
    logFilesFrom: logs
      .map(({ txns }) => txns.first)
      .filter((zxid): zxid is Zxid => zxid !== undefined && includes(log, zxid))
      .slice(1)
      .map(formatZxid),
    acceptedEpoch: epochField(acceptedEpoch),
    currentEpoch: epochField(currentEpoch),
    ...(typeof tmp === "number" && { currentEpochTmp: tmp }),
  };
}

function isEmptyDisk({ directory }: ServerDisk): boolean {
  return directory.logs.length === 0 && directory.snapshots.length === 0 && directory.currentEpoch === "missing";
}

function epochField(file: EpochFileState): number | "missing" {
  if (file === "missing" || !("epoch" in file)) return "missing";
  return Math.min(Math.max(0, file.epoch), MAX_EPOCH - 1);
}

/** The snapshots that the server can use, except those that the scenario forgets. */
function snapshotsOf({ directory }: ServerDisk, tree: ZxidSet, forgotten: number): string[] {
  const usable = directory.snapshots.filter(({ content, looksValid }) => looksValid && content.kind === "snapshot");
  const zxids = [...new Set(usable.map(({ zxid }) => zxid))];
  const kept = zxids.filter((zxid) => zxid > forgotten || zxid === 0);
  const isKnown = (zxid: Zxid): boolean => zxid % 0x1_0000_0000 === 0 || includes(tree, zxid);
  const texts = kept.filter(isKnown).map(formatZxid);
  return texts.length === 0 && zxids.length > 0 ? ["0:0"] : texts;
}

/** Returns the last zxid that a quorum of the changed disks has, so that a client can have read it. */
function lastCommitted({ groups, voters }: EnsembleDisks, changes: DiskChanges, forgotten: number): Zxid | undefined {
  const sourceOf = (sid: ServerId): ServerId => {
    const change = changes[sid];
    return change?.kind === "copy" ? change.from : sid;
  };
  const has = (holders: readonly ServerId[], sid: ServerId): boolean =>
    changes[sid]?.kind !== "empty" && holders.includes(sourceOf(sid));
  const committed = groups.findLast(
    ({ holders, range, status }) =>
      status === "committed" &&
      range.last > forgotten &&
      voters.isQuorum(voters.ids.filter((sid) => has(holders, sid) || changes[sid]?.kind === "empty")) &&
      voters.ids.some((sid) => has(holders, sid)),
  );
  return committed?.range.last;
}
