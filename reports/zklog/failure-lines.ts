/** The lines with which a server reports why it leaves its role, drops a learner, or exits. */
import type { RecordOf } from "../../cluster/records.ts";
import type { FailureReason } from "../../protocol/notes.ts";
import { handlerOf, handlerThread, writeHandlerEnded } from "./leader-lines.ts";
import { masterAddress, writeNotConnected } from "./learner-lines.ts";
import { MAIN_THREAD } from "./line-pattern.ts";
import type { Handler, LoggedServer } from "./logged-server.ts";
import { isAtLeast } from "./written-release.ts";

type Failed = RecordOf<"failed">;

/** What else happened when a server failed. */
export interface FailureContext {
  /** The exit code, if the process ends. */
  readonly exitCode: number | undefined;
  /** The connection to the leader's port that was refused or ended at that moment. */
  readonly connection: number | undefined;
  /** The port of a connection that was refused at that moment. */
  readonly refusedPort: number | undefined;
  /** Whether the connection was reset, and not closed. */
  readonly wasReset: boolean;
  /** The last anomaly of the server. */
  readonly anomaly: RecordOf<"anomaly"> | undefined;
}

/** Logs why a server leaves its role, and that it shuts the role down. */
export function writeRoleFailure(one: LoggedServer, failed: Failed, context: FailureContext): void {
  if (one.state === "leading") writeLeaderFailure(one, failed);
  else if (one.state !== "looking") writeLearnerFailure(one, failed, context);
}

// ---- the leader

/** The ends of leading that are no exception in Java: Leader#lead calls #shutdown with a reason. */
function shutdownReason(one: LoggedServer, { detail, reason }: Failed): string | undefined {
  const sids = (servers: readonly number[]): string =>
    isAtLeast(one.release, "3.5.0") ? `[ [${servers.join(", ")}] ]` : `[ ${servers.join(",")} ]`;
  const acks = [...(one.role?.acks ?? []), one.sid].filter((sid) => one.isVoter(sid)).sort((a, b) => a - b);
  switch (reason) {
    case "newleader-ack-timeout":
      return `Waiting for a quorum of followers, only synced with sids: ${sids(acks)}`;
    case "not-enough-followers":
      return `Not sufficient followers synced, only synced with sids: ${sids(numbersIn(/sids: ([\d,]*)/, detail))}`;
    case "zxid-rollover":
      return "zxid lower 32 bits have rolled over, forcing re-election, and therefore new epoch start";
    case "acceptor-failed":
      return isAtLeast(one.release, "3.5.0") ? "Unexpected internal error" : undefined;
    default:
      return undefined;
  }
}

function numbersIn(pattern: RegExp, text: string): number[] {
  return (pattern.exec(text)?.[1] ?? "").split(",").filter(Boolean).map(Number);
}

function writeLeaderFailure(one: LoggedServer, failed: Failed): void {
  const { reason } = failed;
  if (isOfLogThread(failed)) sayLogThreadFailed(one, failed);
  if (reason === "epoch-quit") one.say("voter-changed-mind", {});
  const called = shutdownReason(one, failed);
  if (called === undefined) {
    one.say("peer-exception", {}, { exception: [exceptionOf(one, failed, false)] });
    writeShutdown(one, "Forcing shutdown");
    return;
  }
  writeShutdown(one, called);
  if (reason === "newleader-ack-timeout" && hasQuorumOfHandlers(one)) one.say("init-limit-too-short", {});
}

/** Up to 3.5, the reason is in an exception. */
function writeShutdown(one: LoggedServer, reason: string): void {
  const exception = isAtLeast(one.release, "3.6.0") ? [] : [`java.lang.Exception: shutdown Leader! reason: ${reason}`];
  one.say("leader-shutdown", { reason }, { exception });
}

/** Returns whether the connected followers alone are a majority. Groups and weights are not considered. */
function hasQuorumOfHandlers(one: LoggedServer): boolean {
  const { committedVoters, handlers, config } = one;
  const { ensemble } = config ?? {};
  if (ensemble !== undefined && "groups" in ensemble && ensemble.groups !== undefined) return false;
  const open = [...handlers.values()].filter(({ isClosed, sid }) => sid !== undefined && !isClosed);
  const followers = new Set(open.map(({ sid }) => sid as number).filter((sid) => committedVoters.includes(sid)));
  return followers.size > committedVoters.length / 2;
}

// ---- a learner

function writeLearnerFailure(one: LoggedServer, failed: Failed, context: FailureContext): void {
  const { log, role } = one;
  if (failed.reason === "leader-unknown") one.say("leader-unknown", { sid: role?.leader ?? 0 });
  writeConnectFailure(one, failed, context);
  if (isOfLogThread(failed)) sayLogThreadFailed(one, failed);
  const className = one.learnerClass;
  one.hasLostLeader = one.state === "following" && role?.hasSynced === true;
  const event = className === "Observer" ? "observe-failed" : "follow-failed";
  one.say(event, {}, { exception: [exceptionOf(one, failed, context.wasReset)] });
  if (role?.connectedUs !== undefined) {
    const ms = Math.floor((log.nowUs - role.connectedUs) / 1000);
    one.say("disconnected", { address: masterAddress(one, 0), ms, synced: String(role.hasSynced) }, { className });
  }
  const exception = isAtLeast(one.release, "3.6.0") ? [] : [`java.lang.Exception: shutdown ${className}`];
  one.say("learner-shutdown", {}, { className, exception });
}

/**
 * Logs that the log thread of a follower without a leader has written transactions, and cannot send the ACK
 * (SendAckRequestProcessor#flush). From 3.7.0 to 3.9.2, the socket is null then, which ends the thread
 * (ZOOKEEPER-4409).
 */
export function writeAckNotSent(one: LoggedServer): void {
  if (!one.hasLostLeader) return;
  const thread = `SyncThread:${one.sid}`;
  one.say("ack-not-sent", {}, { thread, exception: ["java.net.SocketException: Socket closed"] });
  if (!isAtLeast(one.release, "3.7.0") || isAtLeast(one.release, "3.9.3")) return;
  one.hasLostLeader = false;
  const exception = ['java.lang.NullPointerException: Cannot invoke "java.net.Socket.isClosed()"'];
  one.say("fatal-thread", { thread }, { thread, exception });
}

function writeConnectFailure(one: LoggedServer, { detail, reason }: Failed, { refusedPort }: FailureContext): void {
  if (reason === "connect-failed") {
    const next = / within /.test(detail) ? "no-time-left" : "no-tries-left";
    writeNotConnected(one, refusedPort ?? 0, next, refusedPort !== undefined);
  } else if (refusedPort !== undefined) {
    writeNotConnected(one, refusedPort, "again");
  }
}

function sayTruncFailed(one: LoggedServer, { detail }: Failed): void {
  const { truncatedTo } = one;
  if (truncatedTo !== undefined && detail.includes("could not be truncated")) {
    one.say("trunc-failed", { zxid: BigInt(truncatedTo) });
  }
}

// ---- the leader's thread for one learner

/** Logs that the thread for a learner has failed, and ended. `connection`: its connection, if it is known. */
export function writeHandlerFailure(one: LoggedServer, failed: Failed, connection: number | undefined): void {
  const byConnection = connection === undefined ? undefined : one.handlers.get(connection);
  const handler =
    handlerOf(one, failed.learner as number, connection) ??
    (byConnection !== undefined && !byConnection.isClosed ? byConnection : undefined);
  if (handler === undefined) return;
  writeHandlerProblem(one, failed, handler);
  writeHandlerEnded(one, handler);
}

/** The failures after which the thread returns without an exception. */
const SILENT: ReadonlySet<FailureReason> = new Set(["first-packet-not-info", "not-ackepoch", "not-ack"]);
/** The failures that are an InterruptedException in Java. */
const INTERRUPTED: ReadonlySet<FailureReason> = new Set([
  ...(["epoch-timeout", "epoch-quit", "epoch-ack-timeout", "newleader-ack-timeout"] as const),
]);

function writeHandlerProblem(one: LoggedServer, failed: Failed, handler: Handler): void {
  const { reason } = failed;
  const thread = handlerThread(handler);
  if (SILENT.has(reason)) return;
  if (reason === "unreadable-log") one.say("sync-log-unreadable", {}, { thread });
  if (reason === "txn-timeout") {
    // The leader's main thread notices it.
    one.say("transaction-timeout", {});
    return;
  }
  if (reason === "sync-throttled") {
    one.say("sync-throttled", { rest: isAtLeast(one.release, "3.6.0") ? "sync." : "snapshots: " }, { thread });
    return;
  }
  const isInterrupted = INTERRUPTED.has(reason);
  const isOld = !isAtLeast(one.release, "3.7.0");
  const rest = isOld ? (isInterrupted ? "" : " while sock still open") : isInterrupted ? "." : ": ";
  one.say("handler-failed", { rest }, { thread, exception: [exceptionOf(one, failed, false)] });
}

// ---- exits

/** Logs why a process exits. */
export function writeExit(one: LoggedServer, failed: Failed, context: FailureContext): void {
  const { exitCode = 1 } = context;
  if (one.hasStarted) writeExitOfRole(one, failed, context);
  else writeExitAtStart(one, failed);
  one.say("jvm-exit", { code: exitCode });
}

const LOAD_FAILURES: ReadonlySet<FailureReason> = new Set([
  ...(["epoch-older-than-zxid", "accepted-older-than-current", "log-without-snapshot", "disk-error"] as const),
]);

function writeExitAtStart(one: LoggedServer, failed: Failed): void {
  const exception = exceptionOf(one, failed, false);
  if (LOAD_FAILURES.has(failed.reason)) {
    one.say("database-not-loaded", {}, { exception: [exception] });
    const outer = "java.lang.RuntimeException: Unable to run quorum server ";
    one.say("start-failed", {}, { thread: MAIN_THREAD, exception: [outer, `Caused by: ${exception}`] });
  } else {
    one.say("start-failed", {}, { thread: MAIN_THREAD, exception: [exception] });
  }
}

/** The default number of tries to open the election port, and its property (QuorumCnxManager.Listener, from 3.5.6). */
const PORT_RETRIES = { errors: 3, property: "zookeeper.electionPortBindRetry" } as const;

/** Logs that the thread that listens on the election port has ended. */
export function writeElectionPortLost(one: LoggedServer, exception: readonly string[] = []): void {
  const thread = "ListenerHandler";
  one.say("election-port-failed", { address: "", ...PORT_RETRIES }, { thread, exception });
}

function writeExitOfRole(one: LoggedServer, failed: Failed, { anomaly }: FailureContext): void {
  const { reason } = failed;
  const exception = [exceptionOf(one, failed, false)];
  switch (reason) {
    case "truncate-failed":
      sayTruncFailed(one, failed);
      break;
    case "unmatched-commit": {
      const pending = one.role?.reader?.pending[0];
      if (anomaly !== undefined && pending !== undefined) {
        one.say("commit-unmatched", { zxid: BigInt(anomaly.zxid), pending: BigInt(pending) });
      }
      break;
    }
    case "listener-failed":
      writeElectionPortLost(one, exception);
      break;
    case "unexpected-sync-packet":
      // The line about the packet is already written.
      break;
    default:
      if (isOfLogThread(failed)) sayLogThreadFailed(one, failed);
  }
}

/** Returns whether the thread that writes the log failed (SyncRequestProcessor). */
function isOfLogThread({ detail, reason }: Failed): boolean {
  return reason === "disk-error" && /^the log could not be (?:written|synced)/.test(detail);
}

function sayLogThreadFailed(one: LoggedServer, failed: Failed): void {
  const thread = `SyncThread:${one.sid}`;
  one.say("fatal-thread", { thread }, { thread, exception: [exceptionOf(one, failed, false)] });
}

// ---- exceptions

/** Returns the first line of the exception of a failure, as far as its text is known. */
function exceptionOf(one: LoggedServer, { detail, reason }: Failed, wasReset: boolean): string {
  const fixed = EXCEPTIONS[reason];
  if (fixed !== undefined) return fixed;
  switch (reason) {
    case "connection-closed":
      return wasReset || detail.includes("reset")
        ? "java.net.SocketException: Connection reset"
        : isAtLeast(one.release, "3.8.0")
          ? "java.io.EOFException: null"
          : "java.io.EOFException";
    case "leader-epoch-lower": {
      const [epoch, accepted] = epochsIn(detail);
      return `java.io.IOException: Leaders epoch, ${epoch} is less than accepted epoch, ${accepted}`;
    }
    case "epoch-older-than-zxid": {
      const [current = 0] = epochsIn(detail);
      const zxid = BigInt(one.loadedZxid);
      return `java.io.IOException: The current epoch, ${current.toString(16)}, is older than the last zxid, ${zxid}`;
    }
    case "accepted-older-than-current": {
      const [accepted, current] = epochsIn(detail).map((epoch) => epoch.toString(16));
      return `java.io.IOException: The accepted epoch, ${accepted} is less than the current epoch, ${current}`;
    }
    case "follower-ahead": {
      const zxid = BigInt(one.vote?.zxid ?? 0);
      const summary = `leader summary: ${one.vote?.peerEpoch ?? 0} (current epoch), ${zxid} (last zxid)`;
      return `java.io.IOException: Follower is ahead of the leader, ${summary}`;
    }
    case "not-in-configuration":
      return `java.lang.RuntimeException: ${detail}`;
    case "proposal-gap":
      return gapException(one, detail);
    default:
      return `java.io.IOException: ${detail}`;
  }
}

function gapException(one: LoggedServer, detail: string): string {
  const { lastGap } = one;
  // ZKDatabase#addCommittedProposal. The run does not know the zxids that follow in the text.
  if (detail.startsWith("the database"))
    return "java.lang.IllegalStateException: Committed proposal cached out of order";
  if (lastGap === undefined || !detail.startsWith("the proposal")) return `java.io.IOException: ${detail}`;
  const [zxid, last, expected] = [lastGap.zxid, lastGap.last, lastGap.last + 1].map((one) => BigInt(one).toString(16));
  return `java.lang.Exception: DIFF sync got proposal 0x${zxid}, last queued 0x${last}, expected 0x${expected}`;
}

function epochsIn(detail: string): number[] {
  return (detail.match(/\d+/g) ?? []).map(Number);
}

const INTERRUPT = "java.lang.InterruptedException: Timeout while waiting for";

/** The exceptions whose text does not depend on the run. */
const EXCEPTIONS: Partial<Readonly<Record<FailureReason, string>>> = {
  "epoch-timeout": `${INTERRUPT} epoch from quorum`,
  "epoch-quit": `${INTERRUPT} epoch from quorum`,
  "epoch-ack-timeout": `${INTERRUPT} epoch to be acked by quorum`,
  "newleader-ack-timeout": `${INTERRUPT} NEWLEADER to be acked by quorum`,
  "config-ahead": "java.io.IOException: Follower is ahead of the leader (has a later activated configuration)",
  "read-timeout": "java.net.SocketTimeoutException: Read timed out",
  "connect-failed": "java.net.ConnectException: Connection refused",
  "leader-unknown": "java.lang.NullPointerException",
  "observer-without-group": "java.lang.NullPointerException",
  "commit-without-proposal": "java.lang.NullPointerException",
  "unreadable-log": "java.lang.NullPointerException",
  reconfigured: "java.lang.Exception: changes proposed in reconfig",
  "first-packet-not-leaderinfo": "java.io.IOException: First packet should have been NEWLEADER",
  "unreadable-packet": "java.io.EOFException",
  "log-without-snapshot": "java.io.IOException: No snapshot found, but there are log entries. Something is broken!",
};
