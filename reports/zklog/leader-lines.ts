/**
 * The lines of a leader, and of its threads for learners (Leader, LearnerHandler). An ObserverMaster has such threads,
 * too.
 */
import type { DecisionRecord, RecordOf } from "../../cluster/records.ts";
import { addressOf, ELECTION_PORT_NUMBER, QUORUM_PORT_NUMBER } from "./line-pattern.ts";
import type { Handler, LoggedServer } from "./logged-server.ts";
import { writeRequestsStarted } from "./reconfig-lines.ts";
import { writeSnapSync, writeSync } from "./sync-lines.ts";
import { isAtLeast } from "./written-release.ts";

/** The first ephemeral port. */
const FIRST_PORT = 32_768;
const EPHEMERAL_PORTS = 28_232;

/** Returns the address of a learner's end of a connection. */
function remoteAddress({ connection, peer }: Handler): string {
  return addressOf(peer, FIRST_PORT + (connection % EPHEMERAL_PORTS));
}

/** Returns the name of a handler's thread. */
export function handlerThread(handler: Handler): string {
  return `LearnerHandler-${remoteAddress(handler)}`;
}

/** Notes that a learner has connected. */
export function addHandler(one: LoggedServer, connection: number, peer: number): void {
  one.handlers.set(connection, {
    ...{ connection, peer, offered: undefined, sid: undefined },
    ...{ sendsSnapshot: false, hasAcked: false, isClosed: false },
  });
}

/** Returns the handler of a learner that still runs: the newest one, or the one of the given connection. */
export function handlerOf(one: LoggedServer, sid: number, connection?: number): Handler | undefined {
  const found = [...one.handlers.values()].filter((handler) => handler.sid === sid && !handler.isClosed);
  return found.find((handler) => handler.connection === connection) ?? found.at(-1);
}

/** Logs that a leader has read the first packet of a learner. */
export function writeRegistered(one: LoggedServer, { learner }: RecordOf<"epoch-offered">): void {
  const waiting = [...one.handlers.values()].filter(({ isClosed, sid }) => sid === undefined && !isClosed);
  const handler = waiting.find(({ offered }) => offered === learner) ?? waiting.find(({ offered }) => offered === -1);
  if (handler === undefined) return;
  handler.sid = learner;
  const info = memberInfo(one, learner);
  const version = one.committedVersion.toString(16);
  // A leader of 3.4 has no other message for a server that its list lacks.
  const [found, form] = isAtLeast(one.release, "3.5.0")
    ? [info ?? version, info === undefined ? OUTSIDE : INSIDE]
    : [info ?? "null"];
  one.say("learner-registered", { sid: learner, info: found }, { thread: handlerThread(handler), form });
}

const [INSIDE, OUTSIDE] = [" : info : ", " not in the current config "];

/** Returns what a leader logs about a member of its committed configuration. Undefined for other servers. */
function memberInfo({ committedObservers, committedVoters, release }: LoggedServer, sid: number): string | undefined {
  const isObserver = committedObservers.includes(sid);
  if (!isObserver && !committedVoters.includes(sid)) return undefined;
  if (!isAtLeast(release, "3.5.0")) {
    return `org.apache.zookeeper.server.quorum.QuorumPeer$QuorumServer@${sid.toString(16)}`;
  }
  const address = addressOf(sid, QUORUM_PORT_NUMBER).slice(1);
  return `${address}:${ELECTION_PORT_NUMBER}:${isObserver ? "observer" : "participant"}`;
}

/** Logs a sync decision. `isThrottled`: the handler fails before it sends the snapshot. */
export function writeDecided(one: LoggedServer, decision: DecisionRecord, isThrottled: boolean): void {
  const handler = handlerOf(one, decision.learner);
  if (handler === undefined) return;
  const thread = handlerThread(handler);
  writeSync(one, decision, decision.learner, thread);
  if (decision.decision !== "SNAP" || isThrottled) return;
  handler.sendsSnapshot = true;
  writeSnapSync(one, decision, thread);
}

/** Logs that a leader has read the ACK of NEWLEADER. */
export function writeAckRead(one: LoggedServer, { learner, zxid }: RecordOf<"newleader-ack-read">): void {
  const handler = handlerOf(one, learner);
  const { epoch = -1 } = one.role ?? {};
  if (handler !== undefined) {
    handler.hasAcked = true;
    one.say("newleader-acked", { sid: learner }, { thread: handlerThread(handler) });
  }
  const current = BigInt(epoch) << 32n;
  if (BigInt(zxid) === current) one.role?.acks.add(learner);
  else if (handler !== undefined) {
    const fields = { sid: learner, current, received: BigInt(zxid) };
    one.say("newleader-ack-of-other-epoch", fields, { thread: handlerThread(handler) });
  }
}

/**
 * Logs that a quorum has acknowledged NEWLEADER, and that the leader serves. `quorums`: the quorums of two
 * configurations, if both are in force. `designatesAnother`: the leader designates another server to lead.
 */
export function writeEstablished(
  one: LoggedServer,
  atUs: number,
  quorums: RecordOf<"established">["quorums"],
  designatesAnother: boolean,
): void {
  const { epoch = 0 } = one.role ?? {};
  if (one.role !== undefined) one.role.establishedUs = atUs;
  const acks = [...(one.role?.acks ?? []), one.sid];
  const counted = quorums?.map(({ servers }) => servers) ?? [acks.filter((sid) => one.isVoter(sid))];
  const sets = counted.map((servers) => [...new Set(servers)].sort((a, b) => a - b));
  const [supporters = [], second = versionIsZero(one) ? supporters : undefined] = sets;
  one.say("established", {
    supporters,
    zxid: BigInt(epoch) << 32n,
    next: second === undefined ? "" : `,[${second.join(", ")}]`,
  });
  if (designatesAnother) one.say("leader-not-designated", {});
  writeRequestsStarted(one);
  one.sayState();
}

/** Logs that the thread that accepts connections of learners ends. */
export function writeAcceptorEnded(one: LoggedServer): void {
  const thread = `LearnerCnxAcceptor-${addressOf(one.sid, QUORUM_PORT_NUMBER)}`;
  one.say("acceptor-failed", {}, { thread, exception: ["java.net.SocketException: Too many open files"] });
}

/**
 * Returns whether the configuration comes from zoo.cfg. From 3.5 on, a new leader then proposes a copy of it with the
 * zxid of its epoch as the version, and counts the quorum of each of the two.
 */
function versionIsZero({ config }: LoggedServer): boolean {
  return config?.dynamicFile === undefined;
}

/** Logs that a handler has ended. */
export function writeHandlerEnded(one: LoggedServer, handler: Handler): void {
  if (handler.isClosed) return;
  handler.isClosed = true;
  const thread = handlerThread(handler);
  if (handler.sid !== undefined) one.say("learner-closed", { sid: handler.sid }, { thread });
  one.say("handler-ended", { address: remoteAddress(handler) }, { thread });
}
