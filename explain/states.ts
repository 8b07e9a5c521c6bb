/** The states of all servers over time, as rows of a table. */
import { type Ensemble, type ExplainedHandshake, endOf } from "./ensemble.ts";
import type { Evidence, LearnerSync, ProcessRun, RolePeriod, ServerHistory } from "./history.ts";

/** A change of a server's state. */
export interface StateChange {
  readonly server: number;
  /** By the reference clock. */
  readonly timeMs: number;
  /** The state from then on, e.g. `FOLLOWING 2, epoch 1`. */
  readonly state: string;
  readonly at: Evidence;
}

/** One row: the states of all servers after changes that happen together. */
export interface StatesRow {
  /** The time of the last of these changes, so that every server has its state at this time. */
  readonly timeMs: number;
  /** The state of each server. Absent if it is unknown. */
  readonly states: ReadonlyMap<number, string>;
  /** The servers whose state has changed. */
  readonly changed: ReadonlySet<number>;
}

/** Changes of several servers within this time are one row. */
const ROW_SPAN_MS = 150;
/** A row shows a state in which a server cannot stay, such as LOOKING, only if it lasts longer than this. */
const SHOWN_MS = 300;

/** Returns every change of a state, in the order of time. */
export function stateChanges(ensemble: Ensemble): StateChange[] {
  const { aligned, clocks, handshakes, histories } = ensemble;
  const changes: StateChange[] = [];
  const bySync = new Map(handshakes.map((one) => [one.learnerSide, one]));
  for (const history of histories) {
    const offsetMs = clocks.find(({ server }) => server === history.server)?.offsetMs ?? 0;
    const add = (timeMs: number | undefined, state: string, at: Evidence): void => {
      const time = aligned(history.server, timeMs);
      if (time !== undefined) changes.push({ server: history.server, timeMs: time, state, at });
    };
    for (const run of history.processes) addProcess(history, run, add);
    for (const { at } of history.elections) add(at.timeMs, "LOOKING", at);
    for (const period of history.periods) addPeriod(period, { of: bySync, offsetMs }, add);
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

/** The handshake of each synchronization of a learner, and the offset of the learner's clock. */
interface Handshakes {
  readonly of: ReadonlyMap<LearnerSync | undefined, ExplainedHandshake>;
  readonly offsetMs: number;
}

function addPeriod(period: RolePeriod, handshakes: Handshakes, add: Add): void {
  const { at, epoch, established, leader, role, sync } = period;
  const leads = role === "LEADING";
  const of = leads ? "" : ` ${leader ?? "?"}`;
  const inEpoch = epoch === undefined ? "" : `, epoch ${epoch}`;
  add(at.timeMs, leads || sync === undefined ? `${role}${of}` : `${role}${of} (syncs)`, at);
  if (leads && established !== undefined) add(established.timeMs, `${role}${inEpoch}`, established);
  if (!leads) add(servesFrom(period, handshakes), `${role}${of}${inEpoch}`, sync?.at ?? at);
}

/**
 * Returns the time from which a learner serves, by its own clock: that of UPTODATE. 3.4 does not log it, so there it is
 * the time at which its leader had the ACK of NEWLEADER and a quorum, or else that of the packet.
 */
function servesFrom({ process, servingMs, sync }: RolePeriod, handshakes: Handshakes): number | undefined {
  if (servingMs !== undefined || sync === undefined) return servingMs;
  if (process.release !== undefined && !process.release.startsWith("3.4.")) return undefined;
  const shown = handshakes.of.get(sync);
  if (shown?.servingMs !== undefined) return shown.servingMs + handshakes.offsetMs;
  return shown?.leaderSide === undefined ? sync.at.timeMs : undefined;
}

/** Returns whether a server can stay in this state. */
function isStable(state: string): boolean {
  return state === "down" || state === "log ends" || state.includes("epoch");
}

/** Returns the states as rows of a table. A state that a server leaves quickly is in no row. */
export function statesRows(changes: readonly StateChange[]): StatesRow[] {
  const rows: StatesRow[] = [];
  const states = new Map<number, string>();
  const shown = longerStates(changes);
  for (let i = 0; i < shown.length; ) {
    const first = shown[i] as StateChange;
    const before = new Map(states);
    let timeMs = first.timeMs;
    const seen = new Set<number>();
    for (; i < shown.length; i++) {
      const next = shown[i] as StateChange;
      if (next.timeMs - first.timeMs > ROW_SPAN_MS || seen.has(next.server)) break;
      seen.add(next.server);
      states.set(next.server, next.state);
      timeMs = next.timeMs;
    }
    const changed = new Set([...seen].filter((server) => before.get(server) !== states.get(server)));
    if (changed.size > 0) rows.push({ timeMs, states: new Map(states), changed });
  }
  return rows;
}

/** Returns the changes without those to a state that a server cannot keep and that it left quickly. */
function longerStates(changes: readonly StateChange[]): StateChange[] {
  const nextMs = new Map<number, number>();
  const longer = changes.toReversed().filter(({ server, state, timeMs }) => {
    const next = nextMs.get(server);
    nextMs.set(server, timeMs);
    return isStable(state) || next === undefined || next - timeMs > SHOWN_MS;
  });
  return longer.reverse();
}
