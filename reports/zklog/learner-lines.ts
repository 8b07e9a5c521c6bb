/** The lines of a follower or an observer (Learner, Follower, Observer). */
import type { RecordOf } from "../../cluster/records.ts";
import { DIFF, PACKET_NAMES, type QuorumPacket, SNAP, TRUNC } from "../../protocol/packets.ts";
import { LearnerReader, type PacketLines } from "./learner-reader.ts";
import { addressOf, QUORUM_PORT_NUMBER } from "./line-pattern.ts";
import type { LoggedRole, LoggedServer, LoggedState } from "./logged-server.ts";
import { writeVersion } from "./start-lines.ts";
import { isAtLeast } from "./written-release.ts";

const OBSERVER_MASTER_PORT_NUMBER = 2889;

/** Logs that an election has ended, and the role of the server. */
export function writeRole(one: LoggedServer, event: "following" | "observing" | "leading", phase: string): void {
  const { log } = one;
  if (phase === "ELECTION") {
    Object.assign(one, { state: event, phase });
    one.role = newRole(one, event);
    one.sayState();
    one.say(event, {});
    return;
  }
  one.role ??= newRole(one, event);
  one.phase = phase;
  if (phase === "DISCOVERY") {
    writeVersion(one);
    if (event !== "observing") {
      const amount = Math.floor((log.nowUs - one.lookingSinceUs) / 1000);
      const className = event === "leading" ? "Leader" : "Follower";
      one.say("election-took", { role: event.toUpperCase(), amount, unit: "MS" }, { className });
    }
    if (event !== "leading") one.role.reader = new LearnerReader(new LearnerLines(one));
  }
  if (event === "leading" && phase === "BROADCAST") return;
  one.sayState();
  if (event !== "leading" && phase === "SYNCHRONIZATION") one.role.reader?.registered();
  if (event !== "leading" && phase === "BROADCAST") one.role.hasSynced = true;
}

function newRole(one: LoggedServer, event: LoggedState): LoggedRole {
  const { elected, log, sid } = one;
  one.hasLostLeader = false;
  const leader = event === "leading" ? sid : (elected ?? sid);
  return {
    ...{ sinceUs: log.nowUs, leader, master: leader, connection: undefined, connectedUs: undefined },
    ...{ tries: 0, hasSynced: false, reader: undefined, epoch: undefined, acks: new Set(), lastProposed: 0 },
  };
}

/** Returns the address of the leader, or of the ObserverMaster, to which a learner connects. */
export function masterAddress({ role }: LoggedServer, port: number): string {
  return addressOf(role?.master ?? 0, port === 0 ? QUORUM_PORT_NUMBER : OBSERVER_MASTER_PORT_NUMBER);
}

/** Logs that the learner has connected to its leader. */
export function writeConnected(one: LoggedServer, port: number): void {
  const address = masterAddress(one, port);
  one.say("leader-connected", { address }, { thread: `LeaderConnector-${address}` });
}

/** Whether a learner tries again to connect, and if not, which limit it has reached. */
export type NextTry = "again" | "no-tries-left" | "no-time-left";

/** Logs that the learner could not connect to its leader. */
export function writeNotConnected(one: LoggedServer, port: number, next: NextTry, wasRefused = true): void {
  const { log, role, settings } = one;
  if (role === undefined) return;
  const address = masterAddress(one, port);
  const tries = role.tries++;
  const limitMs = (settings.connectToLearnerMasterLimit || settings.initLimit) * settings.tickTimeMs;
  const remainingMs = limitMs - Math.floor((log.nowUs - role.sinceUs) / 1000);
  const thread = isAtLeast(one.release, "3.6.0") ? `LeaderConnector-${address}` : one.peerThread;
  const fields = { tries, remainingMs, address };
  const exception = [
    wasRefused ? "java.net.ConnectException: Connection refused" : "java.net.SocketTimeoutException: connect timed out",
  ];
  if (next === "again") one.say("leader-not-connected", fields, { thread, exception });
  else one.say("leader-given-up", fields, { thread, exception, form: limitForm(one.release, next) });
}

function limitForm(release: string, next: NextTry): string {
  if (next === "no-tries-left") return "retries exceeded";
  return isAtLeast(release, "3.6.0") ? "connectToLeader exceeded" : "initLimit exceeded";
}

/** Logs the packets that a learner reads. */
class LearnerLines implements PacketLines {
  private readonly one: LoggedServer;
  private newLeaderUs = 0;

  constructor(one: LoggedServer) {
    this.one = one;
  }

  op({ type, zxid: number }: QuorumPacket): void {
    const { one } = this;
    const zxid = BigInt(number);
    if (type === DIFF) {
      one.say("got-diff", { zxid });
      this.setSyncMode("diff");
    } else if (type === SNAP) {
      this.setSyncMode("snap");
      one.say("got-snap", { zxid });
    } else if (type === TRUNC) {
      this.setSyncMode("trunc");
      one.say("got-trunc", { zxid });
      one.truncatedTo = number;
    } else {
      one.say("unexpected-packet", { rest: `${PACKET_NAMES[type] || "UNKNOWN"} ${zxid.toString(16)} null` });
    }
  }

  private setSyncMode(mode: LoggedServer["syncMode"]): void {
    if (!isAtLeast(this.one.release, "3.5.10")) return;
    this.one.syncMode = mode;
    this.one.sayState();
  }

  proposal(zxid: number, lastQueued: number, inSync: boolean): void {
    const { one } = this;
    const fields = { zxid: BigInt(zxid), expected: BigInt(lastQueued) + 1n };
    if (inSync && lastQueued === 0) one.say("first-proposal", { zxid: fields.zxid });
    if (one.role !== undefined) one.role.lastProposed = Math.max(one.role.lastProposed, zxid);
    if (zxid === lastQueued + 1) return;
    if (inSync && lastQueued !== 0) one.lastGap = { zxid, last: lastQueued };
    if (!inSync) one.say("zxid-unexpected", fields, { className: "Follower" });
    else if (lastQueued !== 0 && zxid % 0x1_0000_0000 === 1 && zxid > lastQueued) {
      const written = one.say("new-epoch-proposal", { ...fields, last: BigInt(lastQueued) });
      if (!written) one.say("zxid-unexpected", fields, { className: "Learner" });
    } else one.say("zxid-unexpected", fields, { className: "Learner" });
  }

  newLeader(): void {
    this.newLeaderUs = this.one.log.nowUs;
    this.one.say("newleader-received", {});
  }

  /** The time at which the learner read NEWLEADER, in microseconds. */
  get sinceUs(): number {
    return this.newLeaderUs;
  }

  upToDate(): void {
    this.one.say("uptodate-received", {});
  }
}

/** Logs that a learner has written currentEpoch while it handles NEWLEADER. */
export function writeCurrentEpoch(one: LoggedServer, epoch: number): void {
  one.currentEpoch = epoch;
  if (one.state !== "leading" && one.phase === "SYNCHRONIZATION") one.say("current-epoch-set", { epoch });
}

/** Logs that the learner has acknowledged NEWLEADER. */
export function writeNewLeaderAcked(one: LoggedServer, { epoch }: RecordOf<"newleader-acked">): void {
  if (one.state === "leading") return;
  // 3.5.9 and 3.5.10 forget the mode only when the synchronization ends.
  if (isAtLeast(one.release, "3.6.0") && one.syncMode !== "") {
    one.syncMode = "";
    one.sayState();
  }
  one.say("newleader-ack-sent", { zxid: BigInt(epoch) << 32n });
  one.role?.reader?.newLeaderDone();
}

/** Logs that a learner serves. */
export function writeServing(one: LoggedServer): void {
  const { role } = one;
  if (role?.reader === undefined || one.state !== "following") return;
  one.say("txns-logged-async", { txns: role.reader.notLogged.length });
  one.say("txns-committed", { txns: role.reader.committed.length });
}
