/**
 * Advice for an operator. Each piece of advice is carried out in the simulator before it is given, and comes with the
 * result. Advice that loses data in any of its runs is not given.
 */
import type { ServerId } from "../protocol/zxid.ts";
import type { EnsembleDisks } from "./ensemble.ts";
import { losesData, servers } from "./findings.ts";
import type { ServerDisk } from "./histories.ts";
import { type SetResult, type StartResult, simulateStart, startable } from "./simulate-starts.ts";
import type { DiskChanges } from "./start-state.ts";
import { textOf, union, type ZxidSet } from "./zxid-set.ts";

/** One piece of advice. */
export interface Advice {
  readonly text: string;
  /** What the simulator showed; undefined for advice that changes nothing. */
  readonly trial: string | undefined;
}

/** Calls this function before each run. */
type OnRun = () => void;

/** Returns the steps to take, in their order. `sets` are the starts without any change. */
export function adviceFor(ensemble: EnsembleDisks, sets: readonly SetResult[], onRun: OnRun): Advice[] {
  const whole = wholeVoters(ensemble);
  const first = startAdvice(
    ensemble,
    sets.filter((set) => set.servers.every((sid) => whole.includes(sid))),
  );
  const advice = first === undefined ? [] : [first.advice];
  return [...advice, ...repairAdvice(ensemble, whole, first?.orders, onRun), ...keepAdvice(ensemble)];
}

function isGood(result: StartResult): boolean {
  return result.leader !== undefined && result.idle.length === 0 && !losesData(result);
}

/** The voters that start, and that lack nothing below later transactions. */
function wholeVoters(ensemble: EnsembleDisks): ServerId[] {
  const { histories, voters } = ensemble;
  const hasHole = (sid: ServerId): boolean => histories.some((one) => one.sid === sid && one.holes.length > 0);
  return startable(ensemble).filter((sid) => voters.ids.includes(sid) && !hasHole(sid));
}

/** A start of voters, and the orders in which it is safe. */
interface SafeStart {
  readonly advice: Advice;
  readonly orders: readonly (readonly ServerId[])[];
}

/** Says in which order to start the servers that are whole. Servers with a repair are started later. */
function startAdvice({ disks, voters }: EnsembleDisks, sets: readonly SetResult[]): SafeStart | undefined {
  const results = sets.flatMap((set) => set.results);
  const all = sets.at(-1);
  if (all === undefined) return undefined;
  const isWhole = disks.length === all.servers.length;
  if (results.every(isGood)) {
    const who = isWhole ? "the servers" : servers(all.servers);
    const what = sets.length === 1 ? "all orders" : `all orders of ${sets.length} sets of servers`;
    const advice = { text: `Start ${who} in any order.`, trial: trialText(results, what) };
    return { advice, orders: rotations(all.servers) };
  }
  const first = bestFirst(disks, sets);
  if (first === undefined) return undefined;
  const good = all.results.filter(({ order }) => startsWith(order, first));
  const rest = all.servers.filter((sid) => !first.includes(sid));
  const then = rest.length === 0 ? "" : ` When they serve, start ${servers(rest)}.`;
  const advice = { text: `Start ${servers(first)} first.${then}`, trial: trialText(good) };
  return { advice, orders: good.map(({ order }) => order.filter((sid) => voters.ids.includes(sid))) };
}

/**
 * Returns the smallest set that loses nothing in any order, also if the other servers start after it. Servers with an
 * empty disk start late if possible.
 */
function bestFirst(disks: readonly ServerDisk[], sets: readonly SetResult[]): readonly ServerId[] | undefined {
  const all = sets.at(-1) as SetResult;
  const emptyIn = (ids: readonly ServerId[]): number =>
    disks.filter(({ sid, start }) => ids.includes(sid) && (start.database?.lastZxid ?? 0) <= 0).length;
  return sets
    .toSorted((a, b) => emptyIn(a.servers) - emptyIn(b.servers))
    .find(
      ({ results, servers: set }) =>
        results.every(isGood) && all.results.filter(({ order }) => startsWith(order, set)).every(isGood),
    )?.servers;
}

function startsWith(order: readonly ServerId[], set: readonly ServerId[]): boolean {
  return order.slice(0, set.length).every((sid) => set.includes(sid));
}

function trialText(results: readonly StartResult[], what = "orders"): string {
  const leaders = [...new Set(results.map(({ leader }) => leader as ServerId))].sort((a, b) => a - b);
  const removed = [
    ...new Set(
      results.flatMap(({ dropped }) => dropped.map(({ server, txns }) => `${textOf(txns)} from server ${server}`)),
    ),
  ];
  const also = removed.length === 0 ? "" : ` They remove ${removed.join(" and ")}, which was not committed.`;
  const runs = results.length === 1 ? "1 run" : `${results.length} runs`;
  const lead = `${servers(leaders)} ${leaders.length === 1 ? "leads" : "lead"}`;
  return `${runs} (${what}): ${lead}, all serve, nothing committed is lost.${also}`;
}

/** The repairs so far, and the orders in which the voters start with them. */
interface Repaired {
  readonly changes: DiskChanges;
  readonly starting: readonly ServerId[];
  readonly orders: readonly (readonly ServerId[])[];
  /** Whether a step before says to start these servers. */
  readonly isAdvised: boolean;
}

/**
 * Says what to do with voters that do not start, or that lack transactions below later ones. Each step is tried after
 * those before it. `orders` are the safe orders of the start that was advised before, if any.
 */
function repairAdvice(
  ensemble: EnsembleDisks,
  whole: readonly ServerId[],
  orders: SafeStart["orders"] | undefined,
  onRun: OnRun,
): Advice[] {
  const { disks, voters } = ensemble;
  const broken = disks.filter(({ sid }) => voters.ids.includes(sid) && !whole.includes(sid));
  let repaired: Repaired = {
    changes: {},
    starting: whole,
    orders: orders ?? rotations(whole),
    isAdvised: orders !== undefined,
  };
  return broken.flatMap(({ sid }) => {
    const repair = (voters.isQuorum(repaired.starting) ? moveAway : copyTo)(ensemble, sid, repaired, onRun);
    if (repair === undefined) return [];
    repaired = repair.repaired;
    return [repair.advice];
  });
}

interface Repair {
  readonly advice: Advice;
  readonly repaired: Repaired;
}

/** Tries these orders with these changes. Returns undefined if one of them is not good. */
function tryOrders(
  ensemble: EnsembleDisks,
  orders: readonly (readonly ServerId[])[],
  changes: DiskChanges,
  onRun: OnRun,
): string | undefined {
  const results = orders.map((order) => {
    onRun();
    return simulateStart(ensemble, order, changes);
  });
  return results.every(isGood) ? trialText(results) : undefined;
}

/** Tries an empty directory for a server that starts after the others serve. */
function moveAway(ensemble: EnsembleDisks, sid: ServerId, repaired: Repaired, onRun: OnRun): Repair | undefined {
  const { isAdvised, starting } = repaired;
  const changes: DiskChanges = { ...repaired.changes, [sid]: { kind: "empty" } };
  const orders = repaired.orders.map((order) => [...order, sid]);
  const trial = tryOrders(ensemble, orders, changes, onRun);
  if (trial === undefined) return undefined;
  const text =
    `${movedAway(sid)} ${isAdvised ? "" : `Start ${servers(starting)}. `}When ${servers(starting)} serve` +
    `${starting.length === 1 ? "s" : ""}, start server ${sid} with ` +
    "its file myid and no data: it gets its data from the leader. Do not start it earlier.";
  const next = { changes, starting: [...starting, sid].sort((a, b) => a - b), orders, isAdvised: true };
  return { advice: { text, trial }, repaired: next };
}

function movedAway(sid: ServerId): string {
  return `Move the folder version-2 of server ${sid} away, and keep it.`;
}

/** Tries a copy of the most complete directory that can be loaded. */
function copyTo(ensemble: EnsembleDisks, sid: ServerId, repaired: Repaired, onRun: OnRun): Repair | undefined {
  const { starting } = repaired;
  const from = mostComplete(ensemble, starting);
  if (from === undefined) return undefined;
  const changes: DiskChanges = { ...repaired.changes, [sid]: { kind: "copy", from } };
  const all = [...starting, sid].sort((a, b) => a - b);
  const trial = tryOrders(ensemble, rotations(all), changes, onRun);
  if (trial === undefined) return undefined;
  const isQuorum = ensemble.voters.isQuorum(all);
  const text =
    `${movedAway(sid)} Copy version-2 of server ${from} to server ${sid} while ` +
    `server ${from} is stopped. Keep the file myid of server ${sid}.` +
    `${isQuorum ? ` Then start ${servers(all)}.` : ""}`;
  return { advice: { text, trial }, repaired: { changes, starting: all, orders: rotations(all), isAdvised: isQuorum } };
}

function mostComplete({ disks }: EnsembleDisks, others: readonly ServerId[]): ServerId | undefined {
  const loaded = disks.filter(({ sid }) => others.includes(sid));
  const sorted = loaded.toSorted(
    (a, b) =>
      (b.start.currentEpoch ?? 0) - (a.start.currentEpoch ?? 0) ||
      (b.start.database?.lastZxid ?? 0) - (a.start.database?.lastZxid ?? 0),
  );
  return sorted[0]?.sid;
}

/** Each server starts first once. All orders would take too long for each piece of advice. */
function rotations(ids: readonly ServerId[]): ServerId[][] {
  return ids.map((_, i) => [...ids.slice(i), ...ids.slice(0, i)]);
}

/** Names the directories to keep, because only they have transactions that were, or can have been, committed. */
function keepAdvice({ disks, groups, voters }: EnsembleDisks): Advice[] {
  const isWhole = voters.ids.every((sid) =>
    disks.some((disk) => disk.sid === sid && (disk.start.database?.lastZxid ?? 0) > 0),
  );
  const byHolders = new Map<string, { readonly holders: readonly ServerId[]; ranges: ZxidSet; isSure: boolean }>();
  for (const { holders, range, status, unloadedAt } of groups) {
    const all = [...holders, ...unloadedAt];
    if (all.length === 0 || (status !== "possibly-committed" && (status !== "committed" || isWhole))) continue;
    if (voters.isQuorum(all.slice(1))) continue;
    const known = byHolders.get(all.join());
    const isSure = status === "committed" && known?.isSure !== false;
    byHolders.set(all.join(), { holders: all, ranges: union(known?.ranges ?? [], [range]), isSure });
  }
  const advice: Advice[] = [...byHolders.values()].map(({ holders, isSure, ranges }) => {
    const only = holders.length === 1 ? "only it has" : "only they have";
    const what = `${textOf(ranges)}, which ${isSure ? "was" : "was possibly"} committed`;
    return { text: `Never delete the data of ${servers(holders)}: ${only} ${what}.`, trial: undefined };
  });
  for (const { directory, sid } of disks) {
    const unread = directory.logs.filter((log) => log.unread.length > 0);
    const count = unread.reduce((sum, log) => sum + log.unread.length, 0);
    if (count === 0) continue;
    const records = count === 1 ? "1 whole record follows" : `${count} whole records follow`;
    const names = unread.map(({ name }) => name).join(", ");
    advice.push({
      text: `Keep ${names} of server ${sid}: ${records} the damage.`,
      trial: undefined,
    });
  }
  return advice;
}
