/**
 * The lines of a server's log in the pattern of the release's own configuration: log4j up to 3.7
 * (conf/log4j.properties), logback from 3.8 on (conf/logback.xml). A simulated server has no addresses and no lines of
 * code, so the addresses are made up, and the number of the line is a question mark, which log4j writes if it does not
 * know the number.
 */
import { formatTimeMs, type LogMessage, type WrittenMessage } from "../../logs/index.ts";
import { isAtLeast } from "./written-release.ts";

/** The wall-clock time at virtual time 0: 2026-01-01 00:00:00.000. */
export const START_OF_RUN_MS = Date.UTC(2026, 0, 1);

const CLIENT_PORT = 2181;
/** The quorum port, to which learners connect. */
export const QUORUM_PORT_NUMBER = 2888;
/** The election port. */
export const ELECTION_PORT_NUMBER = 3888;

/** Returns the address of a server, such as `10.0.0.3`. */
export function hostOf(sid: number): string {
  return `10.${(sid >> 16) & 255}.${(sid >> 8) & 255}.${sid & 255}`;
}

/** Returns the address of a server's port, such as `/10.0.0.3:2888`. */
export function addressOf(sid: number, port: number): string {
  return `/${hostOf(sid)}:${port}`;
}

/** Returns the folder with the snapshots and log files of a server. */
export function dataFolderOf(sid: number): string {
  return `/var/lib/zookeeper/server-${sid}/version-2`;
}

/** Returns the name of the main thread of a server (QuorumPeer). */
export function peerThreadOf(sid: number, release: string): string {
  const address = `${hostOf(sid)}:${CLIENT_PORT}`;
  if (!isAtLeast(release, "3.5.0")) return `QuorumPeer[myid=${sid}]/${address}`;
  const plain = isAtLeast(release, "3.5.6") ? address : `/${address}`;
  return `QuorumPeer[myid=${sid}](plain=${plain})(secure=disabled)`;
}

/** The thread in which a process starts. Only this thread shows the id in `[myid:…]` from 3.8 on. */
export const MAIN_THREAD = "main";

/** Returns the name of the thread of a leader that takes requests (PrepRequestProcessor). */
export function requestThreadOf(sid: number): string {
  return `ProcessThread(sid:${sid} cport:${CLIENT_PORT}):`;
}

/** Where and when a message is logged. */
export interface LineOrigin {
  readonly atUs: number;
  readonly thread: string;
  /** The content of the file myid. Undefined before the process has read it. */
  readonly myid: number | undefined;
  readonly release: string;
}

/** The packages of the classes that are not in `server.quorum`, in the short form of logback. */
const PACKAGES: Readonly<Record<string, string>> = {
  Environment: "o.a.z",
  ServiceUtils: "o.a.z.u",
  ZKDatabase: "o.a.z.s",
  DatadirCleanupManager: "o.a.z.s",
  ZooKeeperCriticalThread: "o.a.z.s",
  FileTxnSnapLog: "o.a.z.s.p",
  FileTxnLog: "o.a.z.s.p",
  FileSnap: "o.a.z.s.p",
  PrepRequestProcessor: "o.a.z.s",
};

/** Returns the line of a message. `startMs` is the time of day of virtual time 0. */
export function lineOf(
  { message, text }: WrittenMessage,
  { atUs, myid, release, thread }: LineOrigin,
  startMs = START_OF_RUN_MS,
): string {
  const time = formatTimeMs(startMs + Math.floor(atUs / 1000)).replace(".", ",");
  const usesLogback = isAtLeast(release, "3.8.0");
  // logback does not hand the id to other threads.
  const shown = myid === undefined || (usesLogback && thread !== MAIN_THREAD) ? "" : String(myid);
  const location = `${thread}:${usesLogback ? loggerOf(message) : classOf(message)}@?`;
  return `${time} [myid:${shown}] - ${message.level.padEnd(5)} [${location}] - ${text}`;
}

function classOf({ className, nested }: LogMessage): string {
  return className + nested;
}

function loggerOf(message: LogMessage): string {
  return `${PACKAGES[message.className] ?? "o.a.z.s.q"}.${classOf(message)}`;
}
