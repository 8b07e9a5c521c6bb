/**
 * Builds the history of one server from the events of its log, one event after another. The memory is bounded: if a
 * server has changed its role very often, only the newest entries are kept.
 */

import { operationShownBy, type RuleLine } from "../decide/sync-log.ts";
import type { LogEventName, LoggedEvent, LoggedSettings } from "../logs/index.ts";
import type { SyncOperation } from "../protocol/packets.ts";
import type {
  Election,
  Evidence,
  LeaderSync,
  LearnerSync,
  Problem,
  ProcessRun,
  Role,
  RolePeriod,
  ServerHistory,
} from "./history.ts";

/** The number of entries of each kind that are kept at least. */
const KEPT = 20_000;
const KEPT_LINES = 40;

type EventOf<E extends LogEventName> = Extract<LoggedEvent, { readonly event: E }>;
type Handlers = {
  readonly [E in LogEventName]?: (builder: HistoryBuilder, event: EventOf<E>, at: Evidence) => unknown;
};

/** Builds the history of one server. */
export class HistoryBuilder {
  readonly history: ServerHistory;
  private process: ProcessRun | undefined;
  private election: Election | undefined;
  private period: RolePeriod | undefined;
  /** The current synchronization of each LearnerHandler thread. */
  private readonly byThread = new Map<string, LeaderSync>();
  /** The learner of each LearnerHandler thread. */
  private readonly learnerOfThread = new Map<string, number>();
  private readonly votes = new Set<string>();

  constructor(server: number) {
    this.history = {
      ...{ server, processes: [], elections: [], periods: [], firstVotes: [], disk: [], oddities: [] },
      ...{ firstMs: undefined, lastMs: undefined, dropped: 0 },
    };
  }

  /** Adds the next event of the log. */
  add(event: LoggedEvent, file: string): void {
    const at = this.evidence(event, file);
    if (event.timeMs !== undefined) this.history.firstMs ??= event.timeMs;
    if (event.event !== "config-read" && event.event !== "server-starting") {
      const run = this.currentProcess(at);
      run.lastMs = event.timeMs ?? run.lastMs;
      run.lastAt = at;
    }
    const handle = HANDLERS[event.event] as ((b: HistoryBuilder, e: LoggedEvent, at: Evidence) => unknown) | undefined;
    handle?.(this, event, at);
    this.history.lastMs = event.timeMs ?? this.history.lastMs;
  }

  /** Notes that a file ends at a time, with a line that zabsim may not know. */
  endOfFile(lastMs: number | undefined): void {
    if (lastMs === undefined) return;
    this.history.lastMs = Math.max(this.history.lastMs ?? lastMs, lastMs);
    if (this.process !== undefined) this.process.lastMs = Math.max(this.process.lastMs ?? lastMs, lastMs);
  }

  private evidence({ exception, line, text, timeMs }: LoggedEvent, file: string): Evidence {
    const first = exception[0];
    const server = this.history.server;
    return { server, file, line, timeMs, text: first === undefined ? text.trimEnd() : `${text.trimEnd()} ${first}` };
  }

  // ---- processes

  /** Starts a process. The lines of one start follow one another, so the second one continues the first. */
  startProcess(at: Evidence, isFirstLine: boolean, previousMs: number | undefined): void {
    const isContinued =
      !isFirstLine && this.process?.hasStart === true && !this.process.isUp && this.period === undefined;
    if (isContinued) return;
    if (this.process !== undefined) {
      this.process.hasEnded = true;
      this.process.lastMs = previousMs ?? this.process.lastMs;
    }
    this.endPeriod("process", this.process?.lastMs);
    this.election = undefined;
    this.process = newProcess(at, true);
    keep(this.history, this.history.processes, this.process);
  }

  currentProcess(at: Evidence): ProcessRun {
    if (this.process === undefined) {
      this.process = newProcess(at, false);
      this.history.processes.push(this.process);
    }
    return this.process;
  }

  addSettings(fields: LoggedSettings, at: Evidence): void {
    const process = this.currentProcess(at);
    process.settings = { ...process.settings, ...fields };
    const lines = Object.keys(fields).map((name) => [name, at]);
    process.settingLines = { ...process.settingLines, ...Object.fromEntries(lines) };
  }

  // ---- elections and roles

  startElection(at: Evidence): void {
    this.endPeriod("looking", at.timeMs);
    this.currentProcess(at).isUp = true;
    this.election = {
      ...{
        at,
        zxidAt: at,
        process: this.currentProcess(at),
        zxid: undefined,
        heard: new Map(),
        unreachable: new Map(),
      },
      ...{ timeouts: 0, longestTimeoutMs: 0, endMs: undefined, result: undefined, leader: undefined },
    };
    keep(this.history, this.history.elections, this.election);
  }

  get currentElection(): Election | undefined {
    return this.election;
  }

  startPeriod(role: Role, at: Evidence): void {
    this.endPeriod("looking", at.timeMs);
    const election = this.election;
    if (election !== undefined) {
      election.endMs = at.timeMs;
      election.result = role;
      election.leader = role === "LEADING" ? this.history.server : electedIn(election, this.history.server);
    }
    this.period = {
      ...{ server: this.history.server, role, at, process: this.currentProcess(at), election },
      ...{ leader: role === "LEADING" ? this.history.server : election?.leader, epoch: undefined, phases: [] },
      ...{ established: undefined, supporters: [], servingMs: undefined, syncs: [], sync: undefined },
      ...{ registered: new Map(), problems: [], end: undefined },
    };
    this.election = undefined;
    this.byThread.clear();
    this.learnerOfThread.clear();
    keep(this.history, this.history.periods, this.period);
  }

  /**
   * Returns the current role. If the log starts within a role, the first event of this role starts it.
   */
  periodOf(role: Role, at: Evidence): RolePeriod {
    if (this.period?.role !== role) this.startPeriod(role, at);
    return this.period as RolePeriod;
  }

  get currentPeriod(): RolePeriod | undefined {
    return this.period;
  }

  endPeriod(kind: "process" | "looking", timeMs: number | undefined): void {
    if (this.period !== undefined) this.period.end = { kind, timeMs };
    this.period = undefined;
  }

  addProblem(problem: Problem): void {
    const { period } = this;
    if (period !== undefined) {
      // The first problems and the last ones say the most.
      if (period.problems.length >= KEPT_LINES) period.problems.splice(KEPT_LINES / 2, 1);
      period.problems.push(problem);
      return;
    }
    // An exception can be logged after LOOKING, which has ended the role to which it belongs.
    const last = this.history.periods.at(-1);
    if (last !== undefined && last.process === this.process && last.problems.length < KEPT_LINES)
      last.problems.push(problem);
  }

  // ---- votes

  addVote({ fields, timeMs }: EventOf<"notification">, at: Evidence): void {
    const { leader, peerEpoch, round, sid, state, zxid } = fields;
    const key = `${sid} ${round} ${zxid}`;
    if (state === "LOOKING" && timeMs !== undefined && leader === sid && !this.votes.has(key)) {
      if (this.votes.size >= KEPT) this.votes.clear();
      this.votes.add(key);
      keep(this.history, this.history.firstVotes, { at, sid, round, zxid });
    }
    const election = this.election;
    if (election === undefined) return;
    const heard = election.heard.get(sid);
    if (heard === undefined) {
      election.heard.set(sid, { count: 1, first: at, last: at, state, leader, zxid, round, peerEpoch });
      return;
    }
    Object.assign(heard, { count: heard.count + 1, last: at, state, leader, zxid, round, peerEpoch });
  }

  // ---- the leader's threads for learners

  registerLearner({ fields: { sid }, thread }: EventOf<"learner-registered">, at: Evidence): void {
    this.byThread.delete(thread);
    this.learnerOfThread.set(thread, sid);
    this.handlerPeriod(at).registered.set(sid, at);
  }

  /** The role of a server with threads for learners: LEADING, or FOLLOWING with an ObserverMaster. */
  private handlerPeriod(at: Evidence): RolePeriod {
    return this.period?.role === "FOLLOWING" ? this.period : this.periodOf("LEADING", at);
  }

  startSync({ fields, thread }: EventOf<"sync-started">, at: Evidence): void {
    const period = this.handlerPeriod(at);
    const sync: LeaderSync = {
      ...{
        at,
        leader: this.history.server,
        learner: fields.sid,
        process: this.currentProcess(at),
        period,
        facts: fields,
      },
      ...{ lines: [at], operation: undefined, zxid: undefined, ruleLines: new Set(), txnLogSize: undefined },
      ...{ ackedMs: undefined, failed: undefined, endMs: undefined },
    };
    this.byThread.set(thread, sync);
    this.learnerOfThread.set(thread, fields.sid);
    keep(this.history, period.syncs, sync);
  }

  /** Returns the synchronization of a thread, and adds a line to it. */
  syncOf(thread: string, at: Evidence): LeaderSync | undefined {
    const sync = this.byThread.get(thread) ?? (thread === "" ? this.period?.syncs.at(-1) : undefined);
    if (sync !== undefined && sync.lines.length < KEPT_LINES) sync.lines.push(at);
    return sync;
  }

  handlerFailed({ event, exception, thread }: LoggedEvent, at: Evidence): void {
    const sync = this.byThread.get(thread);
    if (sync !== undefined) {
      sync.failed ??= at;
      sync.endMs ??= at.timeMs;
    }
    const learner = this.learnerOfThread.get(thread);
    this.addProblem({ event, at, exception, thread, ...(learner !== undefined && { learner }) });
  }

  handlerEnded(thread: string, timeMs: number | undefined): void {
    const sync = this.byThread.get(thread);
    if (sync !== undefined) sync.endMs ??= timeMs;
  }

  // ---- the learner's side

  /** The role of a learner: the current one, or FOLLOWING if the log starts within it. */
  learnerPeriod(at: Evidence): RolePeriod {
    if (this.period !== undefined && this.period.role !== "LEADING") return this.period;
    return this.periodOf("FOLLOWING", at);
  }

  startLearnerSync(operation: SyncOperation, zxid: bigint | undefined, at: Evidence): void {
    const period = this.learnerPeriod(at);
    const sync: LearnerSync = {
      ...{ at, learner: this.history.server, period, operation, zxid, lines: [at] },
      ...{ newLeaderMs: undefined, epoch: undefined, upToDateMs: undefined },
    };
    period.sync = sync;
  }

  /** Returns the synchronization of this learner, and adds a line to it. */
  learnerSync(at: Evidence): LearnerSync | undefined {
    const sync = this.period?.sync;
    if (sync !== undefined && sync.lines.length < KEPT_LINES) sync.lines.push(at);
    return sync;
  }
}

function newProcess(at: Evidence, hasStart: boolean): ProcessRun {
  return {
    ...{
      at,
      hasStart,
      release: undefined,
      settings: {},
      settingLines: {},
      txnLogSync: undefined,
      forceSnapshotSync: false,
    },
    ...{ loadedZxid: undefined, missingEpochFiles: [], digestMismatches: [], logThreadEnds: [] },
    ...{ isUp: !hasStart, fatal: [], exitCode: undefined },
    ...{ lastMs: at.timeMs, lastAt: at, hasEnded: false, slowFsync: undefined, pauses: undefined },
  };
}

/** Adds an entry to a list. If the list is too long, drops the oldest entries. */
function keep<T>(history: ServerHistory, list: T[], entry: T): void {
  list.push(entry);
  if (list.length < 2 * KEPT) return;
  list.splice(0, KEPT);
  history.dropped += KEPT;
}

/**
 * Returns the server that an election chose: the one that says that it leads, or else the server's own last vote. If
 * several candidates are possible, such as a leader whose followers have left it, the one with the most votes.
 */
function electedIn({ heard }: Election, self: number): number | undefined {
  const votesFor = (leader: number): number =>
    [...heard].filter(([sid, vote]) => sid !== self && vote.leader === leader).length;
  const own = heard.get(self)?.leader;
  // Of candidates with equally many votes, the server's own one counts, and then the one that it heard last.
  const leading = [...heard]
    .filter(([sid, { leader, state }]) => state === "LEADING" && leader === sid)
    .sort(([, a], [, b]) => b.last.line - a.last.line)
    .map(([sid]) => sid);
  // An observer has no vote.
  const voted = own === undefined ? [...heard.values()].map(({ leader }) => leader) : [];
  const candidates = [...(own === undefined ? [] : [own]), ...leading, ...voted];
  const most = Math.max(...candidates.map(votesFor));
  return candidates.find((sid) => votesFor(sid) === most) ?? [...heard.values()].at(-1)?.leader;
}

const ruleLine = (
  builder: HistoryBuilder,
  { event, thread }: Pick<LoggedEvent, "thread"> & { readonly event: RuleLine },
  at: Evidence,
): LeaderSync | undefined => {
  const sync = builder.syncOf(thread, at);
  sync?.ruleLines.add(event);
  return sync;
};
const problem = (builder: HistoryBuilder, { event, exception, fields, thread }: LoggedEvent, at: Evidence): void => {
  const zxid = "zxid" in fields && typeof fields.zxid === "bigint" ? { zxid: fields.zxid } : {};
  builder.addProblem({ event, at, exception, thread, ...zxid });
};
const oddity = (builder: HistoryBuilder, { event, exception, thread }: LoggedEvent, at: Evidence): void => {
  keep(builder.history, builder.history.oddities, { event, at, exception, thread });
};
const fatal = (builder: HistoryBuilder, _: LoggedEvent, at: Evidence): void => {
  const { fatal } = builder.currentProcess(at);
  if (fatal.length < KEPT_LINES) fatal.push(at);
};

/** What each event changes in the history. */
const HANDLERS: Handlers = {
  "config-read": (builder, { previousMs }, at) => builder.startProcess(at, true, previousMs),
  "server-starting": (builder, { previousMs }, at) => builder.startProcess(at, false, previousMs),
  version: (builder, { fields }, at) => {
    builder.currentProcess(at).release = /^\d+\.\d+\.\d+/.exec(fields.version)?.[0];
  },
  settings: (builder, { fields }, at) => builder.addSettings(fields, at),
  "server-created": (builder, { fields: { tickTimeMs } }, at) => {
    if (builder.currentProcess(at).settings.tickTimeMs === undefined) builder.addSettings({ tickTimeMs }, at);
  },
  "txn-log-sync-on": (builder, { fields }, at) => {
    const process = builder.currentProcess(at);
    process.txnLogSync = true;
    process.settings = { ...process.settings, ...fields };
  },
  "txn-log-sync-off": (builder, _, at) => {
    builder.currentProcess(at).txnLogSync = false;
  },
  "force-snapshot-sync": (builder, _, at) => {
    builder.currentProcess(at).forceSnapshotSync = true;
  },
  "election-port-bound": (builder, _, at) => {
    builder.currentProcess(at).isUp = true;
  },
  "election-port-failed": fatal,
  "database-loaded": (builder, { fields }, at) => {
    builder.currentProcess(at).loadedZxid ??= fields.zxid;
  },
  "epoch-file-missing": (builder, { fields }, at) => {
    // Above 0, the server has a database of a release without epoch files.
    if (fields.epoch === 0) builder.currentProcess(at).missingEpochFiles.push(at);
  },
  "database-not-loaded": fatal,
  "config-invalid": fatal,
  "datadir-inaccessible": fatal,
  "admin-server-failed": fatal,
  "start-failed": fatal,
  "digest-mismatch": (builder, { fields: { zxid } }, at) => {
    const { digestMismatches } = builder.currentProcess(at);
    if (digestMismatches.length < KEPT_LINES) digestMismatches.push({ zxid, at });
  },
  "fatal-thread": (builder, event, at) => {
    const { logThreadEnds } = builder.currentProcess(at);
    if (event.fields.thread.startsWith("SyncThread") && logThreadEnds.length < KEPT_LINES) logThreadEnds.push(at);
    // A log thread that is left behind after a change of role fails in this way when it sends an ACK, without effect.
    if (!event.exception[0]?.includes("NullPointerException")) oddity(builder, event, at);
  },
  "log-order-broken": oddity,
  "snapshot-invalid": oddity,
  "own-id-connected": oddity,
  "vote-of-stranger-ignored": oddity,
  "jvm-exit": (builder, { fields }, at) => {
    const process = builder.currentProcess(at);
    process.exitCode = fields.code;
    process.fatal.push(at);
  },
  "fsync-slow": (builder, { fields }, at) => {
    const process = builder.currentProcess(at);
    process.slowFsync = slower(process.slowFsync, fields.ms, at);
  },
  "jvm-paused": (builder, { fields }, at) => {
    const process = builder.currentProcess(at);
    process.pauses = slower(process.pauses, fields.ms, at);
  },
  "snapshot-taken": (builder, { fields: { zxid } }, at) =>
    keep(builder.history, builder.history.disk, { kind: "snapshot-taken", zxid, at }),
  "log-file-created": (builder, { fields: { zxid } }, at) =>
    keep(builder.history, builder.history.disk, { kind: "log-created", zxid, at }),
  "zxid-not-higher": (builder, { fields: { zxid } }, at) =>
    keep(builder.history, builder.history.disk, { kind: "zxid-not-higher", zxid, at }),

  looking: (builder, _, at) => builder.startElection(at),
  leading: (builder, _, at) => builder.startPeriod("LEADING", at),
  following: (builder, _, at) => builder.startPeriod("FOLLOWING", at),
  observing: (builder, _, at) => builder.startPeriod("OBSERVING", at),
  "election-started": (builder, { fields }, at) => {
    const election = builder.currentElection;
    if (election === undefined || election.zxid !== undefined) return;
    election.zxid = fields.zxid;
    election.zxidAt = at;
  },
  notification: (builder, event, at) => builder.addVote(event, at),
  "notification-timeout": (builder, { fields }) => {
    const election = builder.currentElection;
    if (election === undefined) return;
    election.timeouts++;
    election.longestTimeoutMs = Math.max(election.longestTimeoutMs, fields.ms);
  },
  "channel-failed": (builder, { fields: { address, sid } }, at) => {
    const election = builder.currentElection;
    if (election === undefined) return;
    const known = election.unreachable.get(sid);
    if (known === undefined) election.unreachable.set(sid, { count: 1, address, at });
    else known.count++;
  },

  "state-changed": (builder, { fields }, at) => {
    const period = builder.currentPeriod;
    const [role = "", phase = ""] = fields.state.split(" - ");
    if (period === undefined || phase === "") return;
    if (period.phases.length < KEPT_LINES) period.phases.push({ phase, at });
    if (phase === "broadcast" && role !== "leading") period.servingMs ??= at.timeMs;
  },
  established: (builder, { fields }, at) => {
    const period = builder.periodOf("LEADING", at);
    period.established = at;
    period.supporters = fields.supporters;
    period.epoch = Number(fields.zxid >> 32n);
    period.servingMs ??= at.timeMs;
  },
  "leader-shutdown": problem,
  "init-limit-too-short": problem,
  "voter-changed-mind": problem,
  "leader-port-failed": problem,
  "newleader-ack-of-other-epoch": problem,
  "leader-not-designated": problem,
  "acceptor-failed": problem,
  "commit-not-first": problem,
  "peer-exception": problem,

  "learner-registered": (builder, event, at) => builder.registerLearner(event, at),
  "sync-started": (builder, event, at) => builder.startSync(event, at),
  "sync-in-sync": ruleLine,
  "sync-forced-snap": ruleLine,
  "sync-from-committed-log": ruleLine,
  "sync-from-txn-log": ruleLine,
  "sync-not-found": ruleLine,
  "sync-gap": ruleLine,
  "sync-cross-epoch": ruleLine,
  "sync-log-too-large": (builder, event, at) => {
    const sync = ruleLine(builder, event, at);
    if (sync !== undefined) sync.txnLogSize = event.fields;
  },
  "sync-unhandled": (builder, { thread }, at) => void builder.syncOf(thread, at),
  "sync-fall-back": (builder, { thread }, at) => void builder.syncOf(thread, at),
  "sync-sending": (builder, event, at) => {
    const { fields, thread } = event;
    const sync = builder.syncOf(thread, at);
    const operation = operationShownBy(event);
    if (sync === undefined || operation === undefined) return;
    sync.operation = operation;
    sync.zxid = fields.zxid ?? sync.zxid;
  },
  "sync-snapshot": (builder, { fields, thread }, at) => {
    const sync = builder.syncOf(thread, at);
    if (sync === undefined) return;
    sync.operation = "SNAP";
    sync.zxid = fields.sent;
  },
  "sync-log-unreadable": (builder, event, at) => {
    builder.syncOf(event.thread, at);
    problem(builder, event, at);
  },
  "sync-throttled": (builder, event, at) => {
    const sync = builder.syncOf(event.thread, at);
    if (sync !== undefined) {
      // The leader logs a DIFF or a TRUNC when it decides, and a SNAP only when it sends it.
      sync.operation ??= "SNAP";
      sync.failed ??= at;
      sync.endMs ??= at.timeMs;
    }
    problem(builder, event, at);
  },
  "newleader-acked": (builder, { thread, timeMs }, at) => {
    const sync = builder.syncOf(thread, at);
    if (sync !== undefined) sync.ackedMs = timeMs;
  },
  "handler-failed": (builder, event, at) => builder.handlerFailed(event, at),
  "transaction-timeout": (builder, event, at) => builder.handlerFailed(event, at),
  "handler-ended": (builder, { thread, timeMs }) => builder.handlerEnded(thread, timeMs),
  "ack-out-of-order": problem,

  "leader-not-connected": problem,
  "leader-given-up": problem,
  "leader-unknown": problem,
  "leader-epoch-too-old": problem,
  "got-diff": (builder, { fields }, at) => builder.startLearnerSync("DIFF", fields.zxid, at),
  "got-snap": (builder, { fields }, at) => builder.startLearnerSync("SNAP", fields.zxid, at),
  "got-trunc": (builder, { fields }, at) => builder.startLearnerSync("TRUNC", fields.zxid, at),
  "trunc-failed": (builder, event, at) => {
    problem(builder, event, at);
    fatal(builder, event, at);
  },
  "unexpected-packet": (builder, event, at) => {
    problem(builder, event, at);
    fatal(builder, event, at);
  },
  "signature-missing": problem,
  "newleader-received": (builder, { timeMs }, at) => {
    const sync = builder.learnerSync(at);
    if (sync !== undefined) sync.newLeaderMs = timeMs;
  },
  "uptodate-received": (builder, { timeMs }, at) => {
    const sync = builder.learnerSync(at);
    if (sync !== undefined) sync.upToDateMs = timeMs;
    const period = builder.currentPeriod;
    // A release that logs its phases also logs that the learner serves. A new configuration can prevent that.
    if (period !== undefined && period.phases.length === 0) period.servingMs ??= timeMs;
  },
  "current-epoch-set": (builder, { fields }, at) => {
    const sync = builder.learnerSync(at);
    if (sync !== undefined) sync.epoch = fields.epoch;
    const period = builder.currentPeriod;
    if (period !== undefined) period.epoch = fields.epoch;
  },
  "newleader-ack-sent": (builder, _, at) => void builder.learnerSync(at),
  "synced-txns-persisted": (builder, _, at) => void builder.learnerSync(at),
  "new-epoch-proposal": (builder, _, at) => void builder.learnerSync(at),
  "zxid-unexpected": (builder, event, at) => {
    // The first transaction after a join is always unexpected, because the learner has not queued one before.
    if (event.fields.expected !== 1n) problem(builder, event, at);
  },
  "commit-not-next": problem,
  "commit-without-proposal": problem,
  "commit-unmatched": (builder, event, at) => {
    problem(builder, event, at);
    fatal(builder, event, at);
  },
  "ack-not-sent": problem,
  "follow-failed": problem,
  "observe-failed": problem,
  disconnected: problem,
};

function slower(known: ProcessRun["slowFsync"], ms: number, at: Evidence): NonNullable<ProcessRun["slowFsync"]> {
  if (known === undefined) return { count: 1, maxMs: ms, worst: at };
  known.count++;
  if (ms > known.maxMs) Object.assign(known, { maxMs: ms, worst: at });
  return known;
}
