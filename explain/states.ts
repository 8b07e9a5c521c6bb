/** The states of all servers over time, as rows of a table. */
import { type Ensemble, endOf } from "./ensemble.ts";
import type { Evidence, ProcessRun, RolePeriod, ServerHistory } from "./history.ts";

/** A change of a server's state. */
export interface StateChange {
  readonly server: number;
  /** By the reference clock. */
  readonly timeMs: number;
  /** The state from then on, e.g. `FOLLOWING 2, epoch 1`. */
  readonly state: string;
  readonly at: Evidence;
}

/** One row: the states of all servers after all changes that follow one another quickly. */
export interface StatesRow {
  readonly timeMs: number;
  /** The state of each server. Absent if it is unknown. */
  readonly states: ReadonlyMap<number, string>;
  /** The servers whose state has changed. */
  readonly changed: ReadonlySet<number>;
}

/** Changes that follow one another within this time belong to one row. */
const ROW_GAP_MS = 500;
/** The longest time between the first and the last change in one row. */
const ROW_SPAN_MS = 1500;

/** Returns every change of a state, in the order of time. */
export function stateChanges(ensemble: Ensemble): StateChange[] {
  const { aligned, histories } = ensemble;
  const changes: StateChange[] = [];
  for (const history of histories) {
    const add = (timeMs: number | undefined, state: string, at: Evidence): void => {
      const time = aligned(history.server, timeMs);
      if (time !== undefined) changes.push({ server: history.server, timeMs: time, state, at });
    };
    for (const run of history.processes) addProcess(history, run, add);
    for (const { at } of history.elections) add(at.timeMs, "LOOKING", at);
    for (const period of history.periods) addPeriod(period, add);
    const left = leftBehind(history, ensemble);
    if (left !== undefined) changes.push(left);
  }
  // A process ends not after the time at which the next one starts.
  return changes.sort((a, b) => a.timeMs - b.timeMs || a.at.line - b.at.line);
}

/**
 * Returns the change to `log ends` of a server whose log shows no end of its last role, although the logs of others do:
 * it was killed, or the log is incomplete. Returns undefined for every other server.
 */
function leftBehind({ lastMs, periods, server }: ServerHistory, ensemble: Ensemble): StateChange | undefined {
  const period = periods.at(-1);
  if (period === undefined || period.end !== undefined || period.process.hasEnded) return undefined;
  const leaderEndMs = endOf(period, ensemble);
  const logEndMs = ensemble.aligned(server, lastMs);
  if (leaderEndMs === undefined || logEndMs === undefined) return undefined;
  return { server, timeMs: Math.max(leaderEndMs, logEndMs), state: "log ends", at: period.process.lastAt };
}

type Add = (timeMs: number | undefined, state: string, at: Evidence) => void;

function addProcess({ processes }: ServerHistory, run: ProcessRun, add: Add): void {
  if (run.hasStart) add(run.at.timeMs, run.release === undefined ? "starts" : `starts ${run.release}`, run.at);
  const isLast = processes.at(-1) === run;
  if (run.hasEnded || (isLast && hasExited(run))) add(run.lastMs, "down", run.lastAt);
}

/** The time after a fatal error within which a process must have written its last line. */
const EXIT_MS = 5000;

/** Returns whether a process has exited because of an error: it wrote nothing more after it. */
export function hasExited({ exitCode, fatal, lastMs }: ProcessRun): boolean {
  const time = fatal.at(-1)?.timeMs;
  if (exitCode !== undefined) return true;
  return time !== undefined && lastMs !== undefined && lastMs - time <= EXIT_MS;
}

function addPeriod({ at, epoch, established, leader, role, servingMs, sync }: RolePeriod, add: Add): void {
  const leads = role === "LEADING";
  const of = leads ? "" : ` ${leader ?? "?"}`;
  const inEpoch = epoch === undefined ? "" : `, epoch ${epoch}`;
  add(at.timeMs, leads || sync === undefined ? `${role}${of}` : `${role}${of} (syncs)`, at);
  if (leads && established !== undefined) add(established.timeMs, `${role}${inEpoch}`, established);
  if (!leads && servingMs !== undefined) add(servingMs, `${role}${of}${inEpoch}`, sync?.at ?? at);
  // 3.4 does not log when a follower serves.
  if (!leads && servingMs === undefined && sync !== undefined) add(sync.at.timeMs, `${role}${of}${inEpoch}`, sync.at);
}

/** Returns whether a server can stay in this state. A row does not hide such a state by a later one. */
function isStable(state: string): boolean {
  return state === "down" || state === "log ends" || state.includes("epoch");
}

/** Returns the states as rows of a table. Changes that follow one another quickly are in one row. */
export function statesRows(changes: readonly StateChange[]): StatesRow[] {
  const rows: StatesRow[] = [];
  const states = new Map<number, string>();
  let cluster: StateChange[] = [];
  const close = (): void => {
    const first = cluster[0];
    if (first === undefined) return;
    const before = new Map(states);
    for (const { server, state } of cluster) states.set(server, state);
    const changed = new Set([...states.keys()].filter((server) => before.get(server) !== states.get(server)));
    if (changed.size > 0) rows.push({ timeMs: first.timeMs, states: new Map(states), changed });
    cluster = [];
  };
  for (const change of changes) {
    const last = cluster.at(-1);
    const first = cluster[0];
    const isLate =
      (last !== undefined && change.timeMs - last.timeMs > ROW_GAP_MS) ||
      (first !== undefined && change.timeMs - first.timeMs > ROW_SPAN_MS);
    if (isLate || cluster.some(({ server, state }) => server === change.server && isStable(state))) close();
    cluster.push(change);
  }
  close();
  return rows;
}
