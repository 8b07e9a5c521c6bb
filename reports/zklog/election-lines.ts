/** The lines of the election, and of the connections between the election ports. */
import type { RecordOf } from "../../cluster/records.ts";
import { LOOKING, type Notification, SERVER_STATE_NAMES } from "../../protocol/packets.ts";
import { addressOf, ELECTION_PORT_NUMBER } from "./line-pattern.ts";
import type { LoggedServer } from "./logged-server.ts";
import { hasMembers, writeStarted } from "./start-lines.ts";
import { isAtLeast } from "./written-release.ts";

/** Logs that the server is LOOKING. */
export function writeLooking(one: LoggedServer): void {
  if (one.hasStarted) {
    Object.assign(one, { state: "looking", phase: "ELECTION", role: undefined });
    one.handlers.clear();
    one.sayState();
    one.say("peer-looking", {});
  } else {
    writeStarted(one);
  }
  one.lookingSinceUs = one.log.nowUs;
  one.hasVoted = false;
  one.vote = undefined;
  one.say("looking", {});
}

/** Logs the first vote of an election, and the vote that the server sends to itself. */
export function writeVote(one: LoggedServer, vote: RecordOf<"voted">): void {
  if (!one.hasVoted) {
    one.hasVoted = true;
    // The vote of a server that does not vote has the smallest number of 64 bits.
    one.say("election-started", { sid: one.sid, zxid: BigInt(vote.zxid) });
  }
  one.vote = vote;
  one.hasEndedReceiver = false;
  writeOwnVote(one);
}

/** A voter sends its vote to itself, too. */
function writeOwnVote(one: LoggedServer): void {
  const { log, sid, vote } = one;
  if (vote === undefined || !one.isVoter(sid)) return;
  const version = isAtLeast(log.release, "3.5.0") ? 2 : 1;
  const { leader, peerEpoch, round: electionEpoch, zxid } = vote;
  writeVoteOf(one, sid, { state: LOOKING, leader, zxid, electionEpoch, peerEpoch, version });
}

/**
 * Logs that a notification contains a newer configuration (FastLeaderElection.Messenger.WorkerReceiver#run). `adopted`:
 * the configuration with which a LOOKING server works from now on. If it has other members, the receiver ends.
 */
export function writeReceivedConfig(one: LoggedServer, { config }: Notification, adopted: string | undefined): void {
  const received = BigInt(config?.version ?? 0);
  if (one.hasEndedReceiver || received <= one.committedVersion) return;
  const options = { thread: receiverThreadOf(one) };
  one.say("config-received", { sid: one.sid, received, mine: one.committedVersion }, options);
  if (adopted === undefined || hasMembers(one, adopted)) return;
  one.say("config-adopted", {}, options);
  one.hasEndedReceiver = true;
}

function receiverThreadOf({ sid }: LoggedServer): string {
  return `WorkerReceiver[myid=${sid}]`;
}

/** Logs a notification of another server. Only those of voters are logged. */
export function writeNotification(one: LoggedServer, from: number, notification: Notification): void {
  if (!one.hasEndedReceiver && one.isVoter(from)) writeVoteOf(one, from, notification);
}

function writeVoteOf(one: LoggedServer, sid: number, notification: Notification): void {
  const { config, electionEpoch, leader, peerEpoch, state, version, zxid } = notification;
  const isNew = isAtLeast(one.release, "3.6.0");
  // A server also sends its vote to itself, with its committed configuration (FastLeaderElection#sendNotifications).
  const configVersion = sid === one.sid ? one.committedVersion : BigInt(config?.version ?? 0);
  one.say(
    "notification",
    {
      ...{ version: isNew ? BigInt(version) : version, leader, zxid: BigInt(zxid), round: BigInt(electionEpoch) },
      ...{ state: SERVER_STATE_NAMES[state] ?? "", sid, peerEpoch: BigInt(peerEpoch) },
      ...{ myState: one.state.toUpperCase(), configVersion },
    },
    { thread: receiverThreadOf(one) },
  );
}

/** Logs a notification that does not count because it is a vote for a server that does not vote. */
export function writeIgnored(one: LoggedServer, sid: number, vote: Notification | undefined): void {
  if (vote !== undefined) one.say("vote-of-stranger-ignored", { sid, leader: vote.leader });
}

/** Logs that no notification arrived in time, and the vote that the server then sends again. */
export function writeWaited(one: LoggedServer, { resends, waitedMs }: RecordOf<"election-waited">): void {
  if (resends) writeOwnVote(one);
  one.say("notification-timeout", { ms: Math.min(2 * waitedMs, one.settings.maxNotificationIntervalMs) });
}

/** Logs that a connection to an election port did not open, or broke. */
export function writeElectionLink(one: LoggedServer, { change, peer }: RecordOf<"election-link">): void {
  const { release, sid } = one;
  if (change === "refused" || change === "timed-out") {
    const thread = isAtLeast(release, "3.5.6") ? `QuorumConnectionThread-[myid=${sid}]-1` : `WorkerSender[myid=${sid}]`;
    const exception = [
      change === "refused"
        ? "java.net.ConnectException: Connection refused"
        : "java.net.SocketTimeoutException: connect timed out",
    ];
    one.say("channel-failed", { sid: peer, address: addressOf(peer, ELECTION_PORT_NUMBER) }, { thread, exception });
  } else if (change === "closed") {
    const exception = [isAtLeast(release, "3.8.0") ? "java.io.EOFException: null" : "java.io.EOFException"];
    one.say("channel-broken", { sid: peer, myid: sid, error: "" }, { thread: `RecvWorker:${peer}`, exception });
  }
}

/**
 * Logs that the election starts again with a new configuration (QuorumPeer#processReconfig). A server that begins to
 * lead takes its own configuration without that (Leader#startZkServer).
 */
export function writeElectionRestarted(one: LoggedServer, atUs: number): void {
  const { establishedUs = atUs } = one.role ?? {};
  const begins = one.state === "leading" && establishedUs === atUs;
  if (one.settings.reconfigEnabled && one.state !== "looking" && !begins) one.say("election-restarted", {});
}
