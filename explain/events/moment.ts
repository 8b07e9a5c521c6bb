/**
 * The moments of one server: what its log shows, one moment for each line that says something new. Lines that only
 * complete another line, such as the settings after a start, belong to the same moment.
 */
import type { LogEventName, LoggedEvent } from "../../logs/index.ts";
import type { LineAnswer } from "../answer.ts";
import type { Ensemble } from "../ensemble.ts";
import type { Evidence, ServerHistory } from "../history.ts";
import { type StateChange, stateChanges } from "../states.ts";
import type { EventList, ListedEvent } from "./event-list.ts";

/** Something that a log shows at one time. */
export interface Moment {
  readonly server: number;
  /** `started` and `ended` are the start and the end of a process. No line says that a process ended. */
  readonly name: LogEventName | "started" | "ended";
  /** The first line. Undefined for the end of a process. */
  readonly logged: LoggedEvent | undefined;
  readonly lines: LineAnswer[];
  /** By the reference clock. */
  readonly timeMs: number;
  /** For `ended`: whether the log of the server ends here. */
  readonly isLast: boolean;
}

/** Lines that complete the line before them. */
const COMPLETING: ReadonlySet<LogEventName> = new Set([
  ...([
    "server-starting",
    "version",
    "settings",
    "server-created",
    "txn-log-sync-on",
    "txn-log-sync-off",
    "force-snapshot-sync",
  ] as const),
  ...(["election-port-bound", "snapshot-read", "database-loaded", "database-empty", "epoch-file-missing"] as const),
  ...(["epoch-file-recovered", "exiting-normally", "peer-thread-exited", "peer-looking", "election-took"] as const),
  ...(["learner-closed", "learner-shutdown", "disconnected", "txns-logged-async", "txns-committed"] as const),
  ...(["synced-txns-persisted", "first-proposal", "new-epoch-proposal", "channel-broken"] as const),
]);

/** Lines of a LearnerHandler that complete its line "Synchronizing with". */
const OF_DECISION: ReadonlySet<LogEventName> = new Set([
  ...(["sync-in-sync", "sync-forced-snap", "sync-from-committed-log", "sync-from-txn-log", "sync-not-found"] as const),
  ...(["sync-log-too-large", "sync-log-unreadable", "sync-gap", "sync-cross-epoch", "sync-unhandled"] as const),
  ...(["sync-fall-back", "sync-sending", "sync-snapshot"] as const),
]);

/** The number of lines that a moment keeps. */
const LINES_MAX = 40;

/** Returns a key that identifies a line of a log. */
export function lineKey({ file, line, server }: Pick<Evidence, "server" | "file" | "line">): string {
  return `${server} ${line} ${file}`;
}

/** Returns the moments of each server, in the order of its log. */
export function momentsOf(ensemble: Ensemble, lists: readonly EventList[]): ReadonlyMap<number, readonly Moment[]> {
  const ends = stateChanges(ensemble).filter(({ state }) => state === "down" || state === "log ends");
  const endAt = new Map(ends.map((end) => [lineKey(end.at), end]));
  return new Map(
    ensemble.histories.map((history) => {
      const builder = new MomentBuilder(history, ensemble, endAt);
      for (const one of lists.find(({ server }) => server === history.server)?.events ?? []) builder.add(one);
      return [history.server, builder.moments];
    }),
  );
}

class MomentBuilder {
  readonly moments: Moment[] = [];
  private readonly server: number;
  private readonly aligned: Ensemble["aligned"];
  private readonly starts: ReadonlySet<string>;
  /** The end of a process by its last line. */
  private readonly endAt: ReadonlyMap<string, StateChange>;
  /** The decision of each LearnerHandler thread. */
  private readonly decisions = new Map<string, Moment>();
  private phase = "";

  constructor({ processes, server }: ServerHistory, { aligned }: Ensemble, endAt: ReadonlyMap<string, StateChange>) {
    this.server = server;
    this.aligned = aligned;
    this.endAt = endAt;
    this.starts = new Set(processes.filter(({ hasStart }) => hasStart).map(({ at }) => lineKey(at)));
  }

  /** Adds the next line, and the end of the process if this is its last line. */
  add({ file, logged }: ListedEvent): void {
    const { exception, line, text } = logged;
    const cause = exception[0];
    const shown = cause === undefined ? text.trimEnd() : `${text.trimEnd()} ${cause}`;
    const at: LineAnswer = { server: this.server, file, line, text: shown };
    this.addLine(at, logged);
    const end = this.endAt.get(lineKey(at));
    if (end === undefined) return;
    const timeMs = Math.max(end.timeMs, this.moments.at(-1)?.timeMs ?? end.timeMs);
    const isLast = end.state === "log ends";
    this.moments.push({ server: this.server, name: "ended", logged: undefined, lines: [at], timeMs, isLast });
  }

  private addLine(at: LineAnswer, logged: LoggedEvent): void {
    const isStart = this.starts.has(lineKey(at));
    const owner = isStart ? undefined : this.ownerOf(logged);
    if (owner !== undefined) {
      if (owner.lines.length < LINES_MAX) owner.lines.push(at);
      return;
    }
    const moment: Moment = {
      ...{ server: this.server, name: isStart ? "started" : logged.event, logged, lines: [at], isLast: false },
      timeMs: this.aligned(this.server, logged.timeMs) ?? this.moments.at(-1)?.timeMs ?? 0,
    };
    this.moments.push(moment);
    if (logged.event === "sync-started") this.decisions.set(logged.thread, moment);
  }

  /** Returns the moment that a line completes. Undefined if the line is a moment of its own. */
  private ownerOf(logged: LoggedEvent): Moment | undefined {
    const last = this.moments.at(-1);
    if (OF_DECISION.has(logged.event)) return this.decisions.get(logged.thread) ?? last;
    if (COMPLETING.has(logged.event)) return last;
    switch (logged.event) {
      case "election-started":
        return last?.name === "looking" ? last : undefined;
      case "handler-ended":
        return last?.name === "handler-failed" && last.logged?.thread === logged.thread ? last : undefined;
      case "zxid-unexpected":
        // The first transaction after a join is always unexpected.
        return logged.fields.expected === 1n ? last : undefined;
      case "state-changed":
        return this.isNewPhase(logged.fields.state) ? undefined : last;
      case "looking":
      case "leading":
      case "following":
      case "observing":
        this.phase = "";
        return undefined;
      default:
        return undefined;
    }
  }

  private isNewPhase(state: string): boolean {
    const phase = phaseIn(state);
    const isNew = phase !== "" && phase !== this.phase;
    if (phase !== "") this.phase = phase;
    return isNew;
  }
}

/** Returns the phase in a line such as `following - synchronization - diff`. Empty if there is none. */
export function phaseIn(state: string): string {
  return state.split(" - ")[1] ?? "";
}
