/**
 * Starts the ensemble from its disks in the simulator, for every set of servers that can elect a leader and every order
 * in which they can start. The core decides who leads and what is truncated.
 */
import type { InvariantId } from "../invariants/index.ts";
import type { Epoch, History, ServerId, Zxid } from "../protocol/index.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { recordsOf, type ScenarioRun } from "../scenarios/scenario-run.ts";
import type { CommitStatus, TxnGroup } from "./commit-status.ts";
import type { EnsembleDisks } from "./ensemble.ts";
import type { ServerHistory } from "./histories.ts";
import { type DiskChanges, forgottenBelow, scenarioOf } from "./start-state.ts";
import { above, difference, setOf, union, type ZxidSet } from "./zxid-set.ts";

/** The time between the starts of two servers. It is longer than an election and a synchronization. */
const START_INTERVAL = "5s";

/** What one server loses in a run. */
export interface Dropped {
  readonly server: ServerId;
  /** The transactions that the server had loaded, and that it does not have at the end. */
  readonly txns: ZxidSet;
}

/** The result of one start of the ensemble. */
export interface StartResult {
  /** The servers in the order of their starts. */
  readonly order: readonly ServerId[];
  /** The leader at the end; undefined if there is none. */
  readonly leader: ServerId | undefined;
  readonly epoch: Epoch | undefined;
  /** Servers that started and do not serve at the end. */
  readonly idle: readonly ServerId[];
  readonly dropped: readonly Dropped[];
  /** Transactions that the ensemble lacks at the end, by whether they were committed. */
  readonly lost: Readonly<Partial<Record<CommitStatus, ZxidSet>>>;
  /** How each server was synchronized. */
  readonly decisions: readonly { readonly learner: ServerId; readonly decision: string; readonly zxid: Zxid }[];
  readonly violations: readonly InvariantId[];
  /** Servers whose process ended by itself. */
  readonly exits: readonly ServerId[];
}

/** Returns the servers that can start, by the predictions and the changes. */
export function startable({ disks, config }: EnsembleDisks, changes: DiskChanges = {}): ServerId[] {
  const starts = (sid: ServerId): boolean => disks.some((disk) => disk.sid === sid && disk.start.failure === undefined);
  return [...config.voters, ...config.observers]
    .filter((sid) => {
      const change = changes[sid];
      if (change === undefined) return starts(sid);
      return change.kind === "empty" || starts(change.from);
    })
    .sort((a, b) => a - b);
}

/** Returns the scenario in which the servers start in this order. */
export function startScenario(ensemble: EnsembleDisks, order: readonly ServerId[], changes: DiskChanges): Scenario {
  const steps: Step[] = order.map((start, i) => ({ after: i === 0 ? "0us" : START_INTERVAL, start }));
  return scenarioOf(ensemble, changes, steps);
}

/** Starts the servers in this order in the simulator. */
export function simulateStart(
  ensemble: EnsembleDisks,
  order: readonly ServerId[],
  changes: DiskChanges = {},
): StartResult {
  const scenario = startScenario(ensemble, order, changes);
  return resultOf(ensemble, order, runScenario(scenario, { seed: 1, digest: false }));
}

function resultOf(ensemble: EnsembleDisks, order: readonly ServerId[], run: ScenarioRun): StartResult {
  const { histories } = ensemble;
  const forgotten = forgottenBelow(histories);
  const leader = run.servers.find(({ active, leading }) => leading && active);
  const kept = leader?.history === undefined ? undefined : setOfHistory(leader.history);
  return {
    order,
    leader: leader?.sid,
    epoch: leader?.epoch,
    idle: run.servers.filter(({ active, sid }) => order.includes(sid) && !active).map(({ sid }) => sid),
    dropped: droppedIn(run, order, histories, forgotten),
    lost: kept === undefined ? {} : lostFrom(ensemble.groups, kept, forgotten),
    decisions: recordsOf(run.records, "sync-decided").map(({ decision, learner, zxid }) => ({
      learner,
      decision,
      zxid,
    })),
    violations: [...new Set(run.violations.map(({ id }) => id))],
    exits: recordsOf(run.records, "crashed").flatMap(({ exitCode, server }) =>
      exitCode === undefined ? [] : [server],
    ),
  };
}

function droppedIn(
  run: ScenarioRun,
  order: readonly ServerId[],
  histories: readonly ServerHistory[],
  forgotten: number,
): Dropped[] {
  return order.flatMap((server) => {
    const before = histories.find(({ sid }) => sid === server)?.tree ?? [];
    const history = run.servers.find(({ active, sid }) => active && sid === server)?.history;
    const txns = history === undefined ? [] : difference(above(before, forgotten), setOfHistory(history));
    return txns.length === 0 ? [] : [{ server, txns }];
  });
}

/** Returns the transactions that the leader lacks, by whether they were committed. */
function lostFrom(groups: readonly TxnGroup[], kept: ZxidSet, forgotten: number): StartResult["lost"] {
  const lost: Partial<Record<CommitStatus, ZxidSet>> = {};
  for (const { range, status } of groups) {
    const missing = difference(above([range], forgotten), kept);
    if (missing.length > 0) lost[status] = union(lost[status] ?? [], missing);
  }
  return lost;
}

function setOfHistory(history: History): ZxidSet {
  return setOf(history.txns().map(({ zxid }) => ({ first: zxid, last: zxid })));
}

/** The starts of one set of servers, in every order. */
export interface SetResult {
  /** The servers, ascending. */
  readonly servers: readonly ServerId[];
  readonly results: readonly StartResult[];
  /** The number of all orders. It is higher than that of the results if there are too many. */
  readonly orders: number;
}

/** The largest number of orders of one set that are simulated, and the largest number of all runs. */
const ORDERS_MAX = 120;
const RUNS_MAX = 3000;
const ORDERS_MIN = 6;

/** Starts every set of servers that contains a quorum, in every order. `onRun` is called before each run. */
export function simulateAllStarts(ensemble: EnsembleDisks, changes: DiskChanges, onRun: () => void): SetResult[] {
  const servers = startable(ensemble, changes).filter((sid) => ensemble.voters.ids.includes(sid));
  const observers = startable(ensemble, changes).filter((sid) => !ensemble.voters.ids.includes(sid));
  const sets = subsetsOf(servers).filter((set) => ensemble.voters.isQuorum(set));
  const most = Math.max(ORDERS_MIN, Math.min(ORDERS_MAX, Math.floor(RUNS_MAX / sets.length)));
  return sets.map((set) => {
    const orders = permutationsOf(set, most);
    const results = orders.map((order) => {
      onRun();
      return simulateStart(ensemble, [...order, ...observers], changes);
    });
    return { servers: set, results, orders: set.reduce((product, _, i) => product * (i + 1), 1) };
  });
}

/** Returns all subsets, the smaller ones first. */
function subsetsOf(servers: readonly ServerId[]): ServerId[][] {
  let sets: ServerId[][] = [[]];
  for (const sid of servers) sets = sets.concat(sets.map((set) => [...set, sid]));
  return sets.sort((a, b) => a.length - b.length);
}

/** Returns all orders, or some of them, evenly chosen, if there are more than `max`. */
function permutationsOf(set: readonly ServerId[], max: number): ServerId[][] {
  const total = set.reduce((product, _, i) => product * (i + 1), 1);
  const count = Math.min(total, max);
  return Array.from({ length: count }, (_, i) => permutation(set, Math.floor((i * total) / count), total));
}

/** Returns the order with this number, in lexicographic order. */
function permutation(set: readonly ServerId[], index: number, total: number): ServerId[] {
  if (set.length === 0) return [];
  const each = total / set.length;
  const at = Math.floor(index / each);
  return [set[at] as ServerId, ...permutation(set.toSpliced(at, 1), index % each, each)];
}
