/**
 * What an operator can observe of a server: the events of its log that say what it did and decided, in order. The logs
 * of real servers and those of a simulated run give observations of the same form, so that both can be compared.
 */
import type { LogEventName, LogEvents, Zxid64 } from "../logs/index.ts";

/** One observed event of a server. */
export interface Observation {
  /** The kind of event and the values in which two events must agree to be the same one. */
  readonly text: string;
  /** The time since the start of the run, in milliseconds. */
  readonly atMs: number;
  /** How much a run differs from the logs if it lacks the event. */
  readonly weight: number;
  /** Why the event depends on nothing but the speed of a thread, which no log shows. */
  readonly chance?: Chance;
}

/**
 * Events that depend on the speed of a thread. `log-roll`: the name of a log file that a process begins after a
 * snapshot is the first transaction that its log thread has not written yet (SyncRequestProcessor#run). `late-ack`: the
 * log thread sends an ACK after its server has left the leader (SendAckRequestProcessor#flush, ZOOKEEPER-4409).
 */
export type Chance = "log-roll" | "late-ack";

/** The observations of each server, by its id. */
export type Observations = ReadonlyMap<number, readonly Observation[]>;

/** An event with at least this weight says what the handshake decided. A run that lacks it is another incident. */
export const DECISIVE = 3;

/** Returns whether a leader that logs this about a learner lacks it in its configuration (LearnerHandler#run). */
export function isOutsideInfo(info: string): boolean {
  return info === "null" || /^[0-9a-f]*$/.test(info);
}

type Observe = (fields: never) => string;

const none = (): string => "";
const zxidOnly = ({ zxid }: { readonly zxid?: Zxid64 }): string => (zxid === undefined ? "" : text(zxid));
const sidOnly = ({ sid }: { readonly sid?: number }): string => String(sid ?? "");

/** The events that count, with their weights and the values that must agree. */
const TABLE: { readonly [E in LogEventName]?: readonly [number, (fields: LogEvents[E]) => string] } = {
  "config-read": [4, none],
  "few-voters": [2, none],
  "even-voters": [2, none],
  "database-loaded": [3, zxidOnly],
  "epoch-file-missing": [2, ({ epoch, file }) => `${file} ${epoch}`],
  "epoch-file-recovered": [2, ({ epoch }) => String(epoch)],
  "snapshot-taken": [1, zxidOnly],
  "snapshot-invalid": [3, none],
  "log-file-created": [3, zxidOnly],
  "zxid-not-higher": [2, zxidOnly],
  "log-order-broken": [2, none],
  "database-not-loaded": [4, none],
  "start-failed": [4, none],
  "exiting-normally": [2, none],
  "jvm-exit": [4, ({ code }) => String(code)],
  "fatal-thread": [3, none],
  "election-port-failed": [3, none],
  "own-id-connected": [1, none],

  "election-started": [5, zxidOnly],
  leading: [5, none],
  following: [4, none],
  observing: [4, none],
  "vote-of-stranger-ignored": [0.5, ({ leader, sid }) => `${sid} ${leader ?? ""}`],
  "channel-failed": [0.1, sidOnly],
  "channel-broken": [0.2, sidOnly],

  established: [5, zxidOnly],
  "election-restarted": [3, none],
  "role-changed": [3, ({ role }) => role],
  "config-stale": [3, ({ current, version }) => `${text(version)} ${text(current)}`],
  "config-received": [0.3, ({ mine, received }) => `${text(received)} ${text(mine)}`],
  "config-adopted": [2, none],
  "requests-started": [1, ({ reconfigEnabled }) => reconfigEnabled],
  "reconfig-requested": [3, none],
  "reconfig-changes-leader": [3, none],
  "leader-shutdown": [2, ({ reason }) => wordsOf(reason ?? "")],
  "init-limit-too-short": [1, none],
  "voter-changed-mind": [2, none],
  "leader-port-failed": [2, none],
  "newleader-ack-of-other-epoch": [3, ({ received, sid }) => `${sid} ${text(received)}`],
  "ack-out-of-order": [1, zxidOnly],
  "commit-not-first": [2, zxidOnly],

  "learner-registered": [3, ({ info, sid }) => `${sid}${isOutsideInfo(info) ? " outside" : ""}`],
  "sync-started": [
    6,
    ({ lastProcessedZxid, maxCommittedLog, minCommittedLog, peerLastZxid, sid }) =>
      `${sid} ${text(minCommittedLog)}..${text(maxCommittedLog)} ${text(lastProcessedZxid)} ${text(peerLastZxid)}`,
  ],
  "sync-in-sync": [1, zxidOnly],
  "sync-forced-snap": [1, none],
  "sync-from-committed-log": [1, sidOnly],
  "sync-from-txn-log": [1, sidOnly],
  "sync-not-found": [1, zxidOnly],
  "sync-log-too-large": [1, none],
  "sync-log-unreadable": [2, none],
  "sync-gap": [2, ({ end, start }) => `${text(end)} ${text(start)}`],
  "sync-cross-epoch": [1, sidOnly],
  "sync-unhandled": [1, none],
  "sync-fall-back": [1, sidOnly],
  "sync-sending": [4, ({ operation, sid, zxid }) => `${operation} ${text(zxid)} ${sid ?? ""}`],
  "sync-snapshot": [2, ({ leader, peer, sent }) => `${text(peer)} ${text(leader)} ${text(sent)}`],
  "sync-throttled": [2, none],
  "newleader-acked": [1, sidOnly],
  "handler-failed": [1, none],
  "learner-closed": [0.5, sidOnly],
  "transaction-timeout": [1, none],

  "leader-given-up": [2, none],
  "leader-unknown": [3, sidOnly],
  "leader-epoch-too-old": [4, ({ accepted, proposed }) => `${proposed} ${accepted}`],
  "got-diff": [6, zxidOnly],
  "got-snap": [6, zxidOnly],
  "got-trunc": [6, zxidOnly],
  "trunc-failed": [4, zxidOnly],
  "unexpected-packet": [3, none],
  "newleader-received": [2, none],
  "uptodate-received": [3, none],
  "current-epoch-set": [2, ({ epoch }) => String(epoch)],
  "newleader-ack-sent": [1, zxidOnly],
  "txns-committed": [2, ({ txns }) => String(txns)],
  "txns-logged-async": [2, ({ txns }) => String(txns)],
  "new-epoch-proposal": [2, zxidOnly],
  "zxid-unexpected": [2, ({ expected, zxid }) => `${text(zxid)} ${text(expected)}`],
  "commit-not-next": [3, zxidOnly],
  "commit-without-proposal": [3, zxidOnly],
  "commit-unmatched": [4, zxidOnly],
  "ack-not-sent": [0.5, none],
  "follow-failed": [3, none],
  "observe-failed": [3, none],
};

/**
 * Returns the observation that an event of a log gives. Returns undefined if the event does not count: for example, one
 * that only says how long something took.
 */
function observationOf(
  event: LogEventName,
  fields: object,
  exception: readonly string[],
  atMs: number,
): Observation | undefined {
  const entry = TABLE[event];
  if (entry === undefined) return undefined;
  const values = (entry[1] as Observe)(fields as never);
  const cause = WITH_CAUSE.has(event) && exception[0] !== undefined ? ` ${causeOf(exception[0])}` : "";
  return { text: `${event} ${values}${cause}`.trimEnd(), atMs, weight: entry[0] };
}

/** Returns whether an event gives an observation. */
export function isObserved(event: LogEventName): boolean {
  return event === "notification" || TABLE[event] !== undefined;
}

/** The events after which the next log file begins with the first transaction that the process writes. */
const NEW_LOG: ReadonlySet<LogEventName> = new Set(["config-read", "got-trunc", "got-snap"]);

/** The exception of a log thread that finds no socket for its ACK. */
const LATE_ACK = /NullPointerException.*Socket\.isClosed/;

/** The weight of the epoch in the first vote of an election: the server has read it from its disk. */
const FIRST_VOTE_WEIGHT = 3;

/** Observes one server: also the epoch in the first vote of each election, which its own notification shows. */
export class ServerObserver {
  private readonly server: number;
  private hasVoted = true;
  /** Whether the process has written to a log file since it started or replaced its log. */
  private hasLogFile = false;

  constructor(server: number) {
    this.server = server;
  }

  /** Returns the observation that the next event of the server's log gives. */
  observe<E extends LogEventName>(
    event: E,
    fields: LogEvents[E],
    exception: readonly string[],
    atMs: number,
  ): Observation | undefined {
    if (event === "notification") return this.observeVote(fields as LogEvents["notification"], atMs);
    if (event === "election-started") this.hasVoted = false;
    if (NEW_LOG.has(event)) this.hasLogFile = false;
    const observation = observationOf(event, fields, exception, atMs);
    const chance = this.chanceOf(event, exception);
    if (event === "log-file-created") this.hasLogFile = true;
    return observation === undefined || chance === undefined ? observation : { ...observation, chance };
  }

  private chanceOf(event: LogEventName, [exception = ""]: readonly string[]): Chance | undefined {
    if (event === "log-file-created" && this.hasLogFile) return "log-roll";
    if (event === "fatal-thread" && LATE_ACK.test(exception)) return "late-ack";
    return undefined;
  }

  private observeVote({ peerEpoch, sid, state }: LogEvents["notification"], atMs: number): Observation | undefined {
    if (this.hasVoted || sid !== this.server || state !== "LOOKING") return undefined;
    this.hasVoted = true;
    return { text: `first-vote ${peerEpoch}`, atMs, weight: FIRST_VOTE_WEIGHT };
  }
}

/** The events whose exception says why a role or a process ended. */
const WITH_CAUSE: ReadonlySet<LogEventName> = new Set([
  "follow-failed",
  "observe-failed",
  "start-failed",
  "handler-failed",
]);

/** Returns the class of an exception and the words of its message, without numbers and addresses. */
function causeOf(line: string): string {
  const [, name = "", message = ""] = /^(?:[\w$]+\.)*([\w$]+)(?:: (.*))?$/s.exec(line) ?? [];
  // A broken connection shows as one of several exceptions, by the moment at which the thread uses it.
  if (/^(EOFException|SocketException)$/.test(name)) return "connection broken";
  return `${name} ${wordsOf(message)}`.trimEnd();
}

function wordsOf(message: string): string {
  return message.replace(/[/[(].*$|\bsids?:.*$|0x[0-9a-f]+|\d+/g, "#").slice(0, 60);
}

function text(zxid: Zxid64 | undefined): string {
  if (zxid === undefined) return "?";
  const unsigned = BigInt.asUintN(64, zxid);
  return `${unsigned >> 32n}:${unsigned & 0xffff_ffffn}`;
}
