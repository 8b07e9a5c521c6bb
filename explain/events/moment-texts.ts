/** The title of each moment, as a sentence, and the sign with which a diagram shows it. */
import type { LogEventName, LoggedEvent } from "../../logs/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import type { ExplainedHandshake } from "../ensemble.ts";
import { listOf, spanText } from "../finding.ts";
import type { ProcessRun, RolePeriod } from "../history.ts";
import { NO_VOTE } from "../joins.ts";
import { type Moment, phaseIn } from "./moment.ts";

/** What the histories know about a moment. */
export interface MomentFacts {
  /** The process that starts. */
  readonly process: ProcessRun | undefined;
  /** The role that begins. */
  readonly period: RolePeriod | undefined;
  /** The synchronization that a leader decides. */
  readonly handshake: ExplainedHandshake | undefined;
}

type EventOf<E extends LogEventName> = Extract<LoggedEvent, { readonly event: E }>;
type Title<E extends LogEventName> = (fields: EventOf<E>["fields"], facts: MomentFacts, moment: Moment) => string;

const following = (_: object, { period }: MomentFacts, { name }: Moment): string =>
  `is ${name.toUpperCase()}${period?.leader === undefined ? "" : ` ${period.leader}`}`;

/** The predicates of the titles. The subject is the server. A line without an entry is its own title. */
const TITLES: { readonly [E in LogEventName]?: Title<E> } = {
  looking: (_, _facts, { lines }) => `is LOOKING${lines.length > 1 ? " and starts an election" : ""}`,
  "election-started": ({ zxid }) =>
    `starts an election${zxid === NO_VOTE ? "; it has no vote" : ` with zxid ${formatZxid64(zxid)}`}`,
  leading: () => "is LEADING",
  following,
  observing: following,
  "notification-timeout": ({ ms }) => `receives no vote for ${spanText(ms)}`,
  "vote-of-stranger-ignored": ({ sid }) => `ignores a vote of ${sid}: a server that is not a member`,
  "channel-failed": ({ address, sid }) => `cannot connect to the election port of ${sid} at ${address}`,
  "state-changed": ({ state }) => `enters ${phaseIn(state).toUpperCase()}`,
  established: ({ supporters, zxid }) =>
    `is established in epoch ${zxid >> 32n} with the ACKs of ${listOf([...supporters])}`,
  "leader-shutdown": ({ reason }) => `stops leading${reason === undefined ? "" : `: ${reason}`}`,
  "learner-registered": ({ sid }) => `reads FOLLOWERINFO of ${sid}`,
  "sync-started": ({ sid }, { handshake }) => `synchronizes ${sid}: ${packetText(handshake)}`,
  "newleader-acked": ({ sid }) => `reads the ACK of NEWLEADER of ${sid}`,
  "handler-ended": ({ address }) => `closes the connection to the learner at ${address}`,
  "leader-connected": ({ address }) => `is connected to the leader at ${address}`,
  "got-diff": ({ zxid }) => `receives DIFF ${formatZxid64(zxid)}`,
  "got-snap": ({ zxid }) => `receives SNAP${zxid === undefined ? "" : ` ${formatZxid64(zxid)}`}`,
  "got-trunc": ({ zxid }) => `receives TRUNC ${formatZxid64(zxid)}`,
  "newleader-received": () => "receives NEWLEADER",
  "newleader-ack-sent": ({ zxid }) => `sends the ACK of NEWLEADER ${formatZxid64(zxid)}`,
  "uptodate-received": () => "receives UPTODATE",
  "current-epoch-set": ({ epoch }) => `writes currentEpoch ${epoch}`,
  "snapshot-taken": ({ zxid }) => `takes a snapshot at ${formatZxid64(zxid)}`,
  "log-file-created": ({ zxid }) => `creates the log file that starts at ${formatZxid64(zxid)}`,
  "fsync-slow": ({ ms }) => `waits ${spanText(ms)} for an fsync of its log`,
  "jvm-paused": ({ ms }) => `pauses for about ${spanText(ms)}`,
  "jvm-exit": ({ code }) => `exits with code ${code}`,
  "channel-broken": ({ sid }) => `loses the election connection with ${sid}`,
};

/** Returns what happens in a moment, such as `2 receives DIFF 1:43`. */
export function titleOf(moment: Moment, facts: MomentFacts): string {
  const { isLast, lines, logged, name, server } = moment;
  if (name === "started") {
    const release = facts.process?.release;
    return `${server} starts${release === undefined ? "" : ` ZooKeeper ${release}`}`;
  }
  if (name === "ended") {
    return isLast
      ? `the log of ${server} ends: the server has stopped, or the log is not complete`
      : `the process of ${server} has ended after this line`;
  }
  if (logged?.event === "notification") return voteText(server, logged.fields);
  const title = TITLES[name] as Title<LogEventName> | undefined;
  if (title === undefined || logged === undefined) return `${server} logs: ${lines[0]?.text ?? name}`;
  return `${server} ${title(logged.fields, facts, moment)}`;
}

function voteText(server: number, { leader, peerEpoch, round, sid, state, zxid }: EventOf<"notification">["fields"]) {
  const vote = `${leader} (zxid ${formatZxid64(zxid)}, epoch ${peerEpoch}, round ${round})`;
  return sid === server ? `${server} votes for ${vote}` : `${server} hears the vote of ${sid} (${state}) for ${vote}`;
}

/** Returns the packet of a handshake, such as `TRUNC 1:43`. */
export function packetText(handshake: Pick<ExplainedHandshake, "operation" | "zxid"> | undefined): string {
  const { operation, zxid } = handshake ?? {};
  if (operation === undefined) return "no line shows the packet";
  return zxid === undefined ? operation : `${operation} ${formatZxid64(zxid)}`;
}

/** The sign of a moment on the line of its server. */
export type MomentSign = "start" | "end" | "disk" | "decision";

const SIGNS: Readonly<Partial<Record<Moment["name"], MomentSign>>> = {
  started: "start",
  ended: "end",
  "sync-started": "decision",
  "snapshot-taken": "disk",
  "log-file-created": "disk",
  "current-epoch-set": "disk",
};

/** Returns the sign of a moment. Undefined if it has none. */
export function signOf({ name }: Moment): MomentSign | undefined {
  return SIGNS[name];
}

/** Moments that a diagram shows only if it shows all, or if it shows their message. */
const QUIET: ReadonlySet<Moment["name"]> = new Set([
  ...(["notification", "notification-timeout", "channel-broken", "log-file-created", "handler-ended"] as const),
]);

/** Returns whether a diagram shows a moment only if it shows all. */
export function isQuiet({ name }: Moment): boolean {
  return QUIET.has(name);
}
