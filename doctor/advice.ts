/**
 * Advice for an operator. Each piece of advice is carried out in the simulator before it is given, and comes with the
 * result. Advice that loses data in any of its runs is not given.
 */
import type { ServerId } from "../protocol/zxid.ts";
import type { EnsembleDisks } from "./ensemble.ts";
import { losesData, servers } from "./findings.ts";
import { type SetResult, type StartResult, simulateStart, startable } from "./simulate-starts.ts";
import type { DiskChanges } from "./start-state.ts";
import { sizeOf, textOf } from "./zxid-set.ts";

/** One piece of advice. */
export interface Advice {
  readonly text: string;
  /** What the simulator showed; undefined for advice that changes nothing. */
  readonly trial: string | undefined;
}

/** Calls this function before each run. */
type OnRun = () => void;

/** Returns advice, in the order in which to follow it. `sets` are the starts without any change. */
export function adviceFor(ensemble: EnsembleDisks, sets: readonly SetResult[], onRun: OnRun): Advice[] {
  return [...startAdvice(ensemble, sets), ...repairAdvice(ensemble, onRun), ...keepAdvice(ensemble)];
}

function isGood(result: StartResult): boolean {
  return result.leader !== undefined && result.idle.length === 0 && !losesData(result);
}

/** Says in which order to start the servers that start. */
function startAdvice({ disks }: EnsembleDisks, sets: readonly SetResult[]): Advice[] {
  const results = sets.flatMap((set) => set.results);
  if (results.length === 0) return [];
  const all = sets.at(-1) as SetResult;
  const isWhole = disks.length === all.servers.length;
  if (results.every(isGood)) {
    const who = isWhole ? "the servers" : servers(all.servers);
    return [{ text: `Start ${who} in any order.`, trial: trialText(results, `${sets.length} sets of servers`) }];
  }
  const first = bestFirst(sets);
  if (first === undefined) return [];
  const good = all.results.filter(({ order }) => startsWith(order, first));
  const rest = all.servers.filter((sid) => !first.includes(sid));
  const then = rest.length === 0 ? "" : ` When they serve, start ${servers(rest)}.`;
  return [{ text: `Start ${servers(first)} first.${then}`, trial: trialText(good) }];
}

/** Returns the smallest set that loses nothing in any order, also if the other servers start after it. */
function bestFirst(sets: readonly SetResult[]): readonly ServerId[] | undefined {
  const all = sets.at(-1) as SetResult;
  return sets.find(
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
  return `${runs} (${what}): ${servers(leaders)} ${leaders.length === 1 ? "leads" : "lead"}, all serve, nothing committed is lost.${also}`;
}

/** Says what to do with voters that do not start, and with those whose disks are empty. */
function repairAdvice(ensemble: EnsembleDisks, onRun: OnRun): Advice[] {
  const { disks, voters } = ensemble;
  const others = startable(ensemble).filter((sid) => voters.ids.includes(sid));
  const broken = disks.filter(({ sid, start }) => voters.ids.includes(sid) && start.failure !== undefined);
  return broken.flatMap(({ sid }) => {
    const moved = voters.isQuorum(others) ? moveAway(ensemble, sid, others, onRun) : undefined;
    return moved ?? copyTo(ensemble, sid, others, onRun) ?? [];
  });
}

/** Tries an empty directory for a server that starts after the others serve. */
function moveAway(
  ensemble: EnsembleDisks,
  sid: ServerId,
  others: readonly ServerId[],
  onRun: OnRun,
): Advice | undefined {
  const changes: DiskChanges = { [sid]: { kind: "empty" } };
  const results = rotations(others).map((order) => {
    onRun();
    return simulateStart(ensemble, [...order, sid], changes);
  });
  if (!results.every(isGood)) return undefined;
  const text =
    `Move the folder version-2 of server ${sid} away, and keep it. Start ${servers(others)} first. When they serve, ` +
    `start server ${sid} with an empty folder: it gets a snapshot from the leader. Do not start it earlier.`;
  return { text, trial: trialText(results) };
}

/** Tries a copy of the most complete directory that can be loaded. */
function copyTo(ensemble: EnsembleDisks, sid: ServerId, others: readonly ServerId[], onRun: OnRun): Advice | undefined {
  const from = mostComplete(ensemble, others);
  if (from === undefined) return undefined;
  const changes: DiskChanges = { [sid]: { kind: "copy", from } };
  const all = [...others, sid];
  const results = rotations(all).map((order) => {
    onRun();
    return simulateStart(ensemble, order, changes);
  });
  if (!results.every(isGood)) return undefined;
  const text =
    `Move the folder version-2 of server ${sid} away, and keep it. Copy version-2 of server ${from} to server ${sid} while ` +
    `server ${from} is stopped. Keep the file myid of server ${sid}. Start ${servers(all)} in any order.`;
  return { text, trial: trialText(results) };
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

/** Names the directories that nobody may delete, because only they have transactions that were possibly committed. */
function keepAdvice({ disks, groups, voters }: EnsembleDisks): Advice[] {
  const advice: Advice[] = [];
  for (const { holders, range, status } of groups) {
    if (status !== "possibly-committed" && status !== "committed") continue;
    if (holders.length === 0 || voters.isQuorum(holders.slice(1))) continue;
    const few = status === "committed" && holders.length > 1;
    if (few && !isNewest(groups, range.last)) continue;
    const why = status === "committed" ? "was committed" : "was possibly committed";
    const who = holders.length === 1 ? "it" : "they";
    const text = `Never delete the data of ${servers(holders)}: only ${who} ${holders.length === 1 ? "has" : "have"} ${textOf([range])}, which ${why}.`;
    advice.push({ text, trial: undefined });
  }
  for (const { directory, sid } of disks) {
    const unread = directory.logs.filter((log) => log.unread.length > 0);
    const count = unread.reduce((sum, log) => sum + log.unread.length, 0);
    if (count === 0) continue;
    const names = unread.map(({ name }) => name).join(", ");
    advice.push({
      text: `Keep ${names} of server ${sid}: ${count} whole records follow the damage.`,
      trial: undefined,
    });
  }
  return advice;
}

function isNewest(groups: EnsembleDisks["groups"], last: number): boolean {
  const committed = groups.filter(({ status }) => status === "committed");
  return sizeOf(committed.map(({ range }) => range)) > 0 && committed.at(-1)?.range.last === last;
}
