/**
 * The differences between releases. The expected values come from the Java code at the tag of each release. The first
 * tests check in which order a follower acts between NEWLEADER and UPTODATE (Learner#syncWithLeader) after a DIFF with
 * 1:4, which is committed, and 1:5, which is not.
 */
import { describe, expect, it } from "vitest";
import {
  asEpoch,
  asServerId,
  type Behavior,
  type ConnectionId,
  decideSync,
  ELECTION_PORT,
  type Epoch,
  LOOKING,
  PROFILES,
  QUORUM_PORT,
  type QuorumPacket,
  type Txn,
  type Zxid,
} from "../../protocol/index.ts";
import { EpochAck } from "../../protocol/leader/epoch-ack.ts";
import {
  ack,
  ackEpoch,
  type BareDisk,
  BarePeer,
  commit,
  diff,
  info,
  leaderInfo,
  newLeader,
  ping,
  proposal,
  txn,
  upToDate,
  z,
} from "./bare-peer.ts";

const LEADER = 2;
const ACK = 3;

/** A peer that records, in order, the packets and disk operations with which it acts on the outside. */
class Observed extends BarePeer {
  readonly order: string[] = [];

  override append(one: Txn): void {
    this.order.push(`append ${one.zxid % 2 ** 32}`);
    super.append(one);
  }
  override syncLog(): void {
    this.order.push("sync");
    super.syncLog();
  }
  override writeCurrentEpoch(epoch: Epoch): void {
    this.order.push("currentEpoch");
    super.writeCurrentEpoch(epoch);
  }
  override markUpdatingEpoch(updating: boolean): void {
    this.order.push(updating ? "updatingEpoch" : "no updatingEpoch");
  }
  override send(connection: ConnectionId, message: Parameters<BarePeer["send"]>[1]): void {
    const { type, zxid } = message as QuorumPacket;
    if (type === ACK) this.order.push(zxid === z("2:0") ? "ACK" : `ACK ${zxid % 2 ** 32}`);
    super.send(connection, message);
  }
}

const diskWith = (...zxids: readonly string[]): BareDisk => ({
  acceptedEpoch: 1,
  currentEpoch: 1,
  log: zxids.map((zxid) => txn(zxid)),
});

/** Makes a follower with last zxid 1:3 that has registered with the leader of epoch 2. */
function follower(release: string): Observed & { connection: ConnectionId } {
  const bare = new Observed({ release, disk: diskWith("1:1", "1:2", "1:3") });
  const connection = bare.becomeLearner(LEADER, { peerEpoch: 1 });
  bare.packet(connection, leaderInfo(2));
  return Object.assign(bare, { connection });
}

/** Sends NEWLEADER to a follower, lets the follower complete its work, and sends UPTODATE. */
function follow(release: string): { order: string[]; tree: number; committedLog: number[] } {
  const bare = follower(release);
  const { connection } = bare;
  for (const message of [diff("1:5"), proposal("1:4"), commit("1:4"), proposal("1:5")]) {
    bare.packet(connection, message);
  }
  bare.order.length = 0;
  bare.packet(connection, newLeader(2)).advance(10);
  const { database } = bare.peer;
  const before = { order: [...bare.order], tree: database.history.zxid % 2 ** 32 };
  const committedLog = database.committedLog.map(({ zxid }) => zxid % 2 ** 32);
  bare.order.length = 0;
  bare.packet(connection, upToDate()).advance(10);
  return { order: [...before.order, "|", ...bare.order], tree: before.tree, committedLog };
}

/**
 * For each group of releases: the actions at NEWLEADER and, after `|`, the actions at UPTODATE; then the last zxid in
 * the tree and the last zxid in committedLog.
 */
const ORDERS: Readonly<Record<string, { releases: readonly string[]; order: string; tree: number; last: number }>> = {
  "with a marker file": {
    releases: ["3.4.10", "3.4.14"],
    order: "updatingEpoch, currentEpoch, no updatingEpoch, ACK, |, ACK, append 4, sync, ACK 4, append 5, sync, ACK 5",
    tree: 3,
    last: 3,
  },
  "logged after UPTODATE (ZOOKEEPER-2678)": {
    releases: ["3.5.5", "3.5.8", "3.6.0", "3.6.2"],
    order: "currentEpoch, ACK, |, ACK, append 4, sync, ACK 4, append 5, sync, ACK 5",
    tree: 3,
    last: 3,
  },
  "queued before the ACK (ZOOKEEPER-3911)": {
    releases: ["3.5.10", "3.6.4", "3.7.2", "3.8.0", "3.8.4", "3.9.1"],
    order: "currentEpoch, append 4, sync, ACK 4, append 5, sync, ACK 5, ACK, |, ACK",
    tree: 3,
    last: 3,
  },
  "synced before the epoch (ZOOKEEPER-4646)": {
    releases: ["3.8.6", "3.9.2"],
    order: "append 4, append 5, sync, currentEpoch, ACK, |, ACK, ACK 4, ACK 5",
    tree: 3,
    last: 3,
  },
  "only committed transactions, applied but not in committedLog (ZOOKEEPER-4394)": {
    releases: ["3.9.3"],
    order: "append 4, sync, currentEpoch, ACK, |, ACK, append 5, sync, ACK 5",
    tree: 4,
    last: 3,
  },
  "only committed transactions, applied and in committedLog (ZOOKEEPER-4925)": {
    releases: ["3.9.4", "newest", "patched"],
    order: "append 4, sync, currentEpoch, ACK, |, ACK, append 5, sync, ACK 5",
    tree: 4,
    last: 4,
  },
};

describe.each(Object.entries(ORDERS))("%s", (_name, { last, order, releases, tree }) => {
  it.each(releases)("%s", (release) => {
    const observed = follow(release);
    expect(observed.order.join(", ")).toBe(order);
    expect(observed.tree).toBe(tree);
    expect(observed.committedLog.at(-1)).toBe(last);
  });
});

describe("a connection that closes after DIFF, before the first proposal", () => {
  // In 3.4.10, Learner#syncWithLeader sets lastProcessedZxid not only for a SNAP and a TRUNC, but also for a DIFF
  // (ZOOKEEPER-2355).
  it.each([
    ["3.4.10", "1:5"],
    ["3.4.14", "1:3"],
    ["newest", "1:3"],
  ])("%s votes with %s", (release, last) => {
    const bare = follower(release);
    bare.packet(bare.connection, diff("1:5")).disconnect(bare.connection);
    expect(bare.peer.database.lastProcessedZxid).toBe(z(last));
  });
});

describe("a new leader's snapshot (ZOOKEEPER-1558)", () => {
  it.each([
    ["3.4.14", []],
    ["3.5.5", ["snapshot 1:3"]],
    ["newest", ["snapshot 1:3"]],
  ])("%s: %j", (release, snapshots) => {
    expect(new BarePeer({ release, disk: diskWith("1:1", "1:2", "1:3") }).becomeLeader().notes).toEqual(snapshots);
  });
});

// ZKDatabase#addCommittedProposal drops the oldest entry before it adds the new one. Since ZOOKEEPER-4925, it adds the
// new entry first.
describe("committedLog with commitLogCount 2", () => {
  it.each([
    ["3.9.3", 3],
    ["3.9.4", 2],
  ])("%s holds %i", (release, count) => {
    const disk = diskWith("1:1", "1:2", "1:3", "1:4", "1:5");
    const bare = new BarePeer({ release, disk, settings: { commitLogCount: 2 } }).start();
    expect(bare.peer.database.committedLog).toHaveLength(count);
  });
});

describe("a DIFF that leaves a gap after committedLog", () => {
  it.each([
    ["3.9.3", []],
    ["3.9.4", ["proposal-gap"]],
  ])("%s: %j", (release, failures) => {
    const bare = follower(release);
    for (const message of [diff("1:6"), proposal("1:5"), commit("1:5"), newLeader(2)]) {
      bare.packet(bare.connection, message);
    }
    expect(bare.failures).toEqual(failures);
    expect(bare.log.map(({ zxid }) => zxid)).toContain(z("1:5"));
  });
});

describe("a connection that is reset while currentEpoch is written", () => {
  // The follower notices the reset only when it sends an ACK. By then, it has executed the part of syncWithLeader
  // before the ACK. No thread can send on the connection (SendAckRequestProcessor).
  it.each([
    ["3.6.2", []],
    ["3.6.4", ["append 4"]],
  ])("%s appends %j before it notices", (release, appended) => {
    const bare = follower(release);
    for (const message of [diff("1:4"), proposal("1:4"), commit("1:4")]) bare.packet(bare.connection, message);
    bare.slowDisk = true;
    bare.packet(bare.connection, newLeader(2));
    expect(bare.pendingDisk).toEqual(["write currentEpoch"]);
    bare.disconnect(bare.connection, "reset");
    bare.slowDisk = false;
    bare.disk().advance(10);
    expect(bare.order.filter((one) => one.startsWith("append"))).toEqual(appended);
    expect(bare.order.filter((one) => one.startsWith("ACK"))).toEqual([]);
    expect(bare.failures).toEqual(["connection-closed"]);
  });
});

describe("an unreachable voter, and the connection to the next one (ZOOKEEPER-3756)", () => {
  // QuorumCnxManager#connectOne is a synchronized method and waits up to cnxTimeout for the connection.
  it.each([
    ["3.4.14", 5000],
    ["3.5.5", 5000],
    ["3.5.8", 0],
    ["3.6.0", 5000],
    ["3.6.2", 0],
  ])("%s connects after %i ms", (release, afterMs) => {
    const bare = new BarePeer({ release }).start().advance(5000);
    const connects = bare.connects.filter(({ port, to }) => port === ELECTION_PORT && to !== 0);
    expect(connects.find(({ to }) => to === 2)?.atUs).toBe(afterMs * 1000);
    expect(connects[0]).toMatchObject({ to: 1, atUs: 0 });
  });

  it("when the connection is refused, the server sends its vote to the other servers", () => {
    const bare = new BarePeer({ release: "3.6.0" }).start();
    bare.refused(bare.connects[0]?.connection as number);
    const second = bare.connects[1]?.connection as number;
    bare.connected(second);
    expect(bare.connects.map(({ to }) => to)).toEqual([1, 2]);
    expect(bare.sent.map(({ connection }) => connection)).toContain(second);
  });
});

describe("a log without a snapshot, with zookeeper.snapshot.trust.empty (ZOOKEEPER-3056, ZOOKEEPER-3781)", () => {
  it.each([
    ["3.5.5", ["log-without-snapshot"], []],
    ["3.5.8", [], []],
    ["3.5.10", [], ["snapshot 1:3 synced"]],
    ["3.6.2", [], []],
    ["3.6.4", [], ["snapshot 1:3 synced"]],
  ])("%s fails with %j; after a DIFF it saves %j", (release, failures, snapshots) => {
    const disk = { ...diskWith("1:1", "1:2", "1:3"), snapshots: [] };
    const bare = new BarePeer({ release, disk, settings: { trustEmptySnapshot: true } });
    if (failures.length > 0) {
      expect(bare.start().failures).toEqual(failures);
      return;
    }
    const connection = bare.becomeLearner(LEADER, { peerEpoch: 1 });
    for (const message of [leaderInfo(2), diff("1:3"), newLeader(2)]) bare.packet(connection, message);
    expect(bare.notes).toEqual(snapshots);
  });
});

describe("a proposal that leaves a gap after committedLog, and then a lost connection", () => {
  // ZooKeeperServer#shutdown replays the log. Since 3.9.4, ZKDatabase#addCommittedProposal throws because of the
  // gap.
  it.each([
    ["3.9.3", undefined],
    ["3.9.4", 1],
  ])("%s exits with %s", (release, exitCode) => {
    const bare = follower(release);
    const messages = [diff("1:3"), newLeader(2), upToDate(), proposal("1:5")];
    for (const message of messages) bare.packet(bare.connection, message);
    bare.disconnect(bare.connection);
    expect(bare.exitCode).toBe(exitCode);
  });
});

describe("a server without a database, zxid -1 (ZOOKEEPER-261)", () => {
  it.each([
    ["3.5.5", true],
    ["3.6.0", false],
  ])("its ACKEPOCH, and its vote, count in %s: %s", (release, counts) => {
    const { knowsMissingDatabase } = PROFILES[release] as Behavior;
    const bare = new BarePeer({ release });
    const { configurations, myid } = bare.peer;
    const verifier = configurations.committed;
    const leader = { currentEpoch: asEpoch(0), lastZxid: z("0:0") };
    const acks = new EpochAck({ myid, verifier, leader, knowsMissingDatabase, effects: bare, timeoutUs: 1000 });
    let hasQuorum = false;
    const waiter = { epochAcked: () => (hasQuorum = true), epochAckTimedOut: () => {}, quorumUndecidable: () => {} };
    acks.ackLeader({ epochAcked: () => {}, epochAckTimedOut: () => {}, quorumUndecidable: () => {} }, 0);
    acks.ack(waiter, asServerId(1), { currentEpoch: asEpoch(0), lastZxid: -1 as Zxid }, 0);
    expect(hasQuorum).toBe(counts);
    bare.start().notify(1, { leader: 1, zxid: -1, peerEpoch: 1 }).advance(300);
    expect(bare.peer.state !== LOOKING).toBe(counts);
  });
});

it("a leader of 3.4 with an unsorted committedLog decides by the first entry above the learner's zxid", () => {
  // LearnerHandler#run reads committedLog once and stops at the first proposal that the learner does not have.
  const committedLog = ["1:1", "1:5", "1:3"].map((zxid) => ({ zxid: z(zxid) }));
  const decision = decideSync({
    source: "committed-log",
    peerLastZxid: z("1:2"),
    lastProcessedZxid: z("1:5"),
    committedLog,
    txnLogFiles: [],
    txnLogSyncEnabled: true,
    txnLogExceedsSizeLimit: false,
    forceSnapSync: false,
    lastProposed: z("1:5"),
    toBeApplied: [],
    outstandingProposals: [],
    observer: false,
  });
  expect(decision.packets[0]).toMatchObject({ type: 14, zxid: z("1:1") });
});

describe("after an error of accept() on the quorum port,", () => {
  /** Returns a leader of three servers that serves with server 1, when server 2 connects and accept() fails. */
  function serving(release: string): BarePeer {
    const bare = new BarePeer({ release }).becomeLeader();
    bare.accept(1).packet(1, info(1, 0)).packet(1, ackEpoch(0, "0:0")).packet(1, ack("1:0"));
    bare.peer.failAccepts("acceptor");
    return bare.accept(2).packet(2, info(2, 0));
  }

  it.each([
    ["3.4.14", true, [], true],
    ["3.5.5", true, ["acceptor-failed"], false],
    ["3.6.0", false, ["acceptor-failed"], false],
    ["newest", false, ["acceptor-failed"], false],
  ])("%s: the port stays open: %s; failures half a tick later: %j", (release, isOpen, failures, leads) => {
    const bare = serving(release);
    expect([bare.listening.has(QUORUM_PORT), bare.peer.leads, bare.failures]).toEqual([isOpen, true, []]);
    bare.peer.endAcceptErrors("acceptor");
    bare.packet(1, ping("1:0")).advance(1000);
    expect([bare.peer.leads, bare.failures.filter((reason) => !reason.includes(":"))]).toEqual([leads, failures]);
    expect(bare.sentOn(2)).toEqual([]);
  });

  it.each([
    ["3.4.14", false, true],
    ["3.5.5", false, true],
    ["newest", false, true],
    ["newest", true, false],
  ])("%s with startupKeepsError %s: a leader that is not established then continues: %s", (release, fix, leads) => {
    const bare = new BarePeer({ release, behavior: { startupKeepsError: fix } }).becomeLeader();
    bare.accept(1).packet(1, info(1, 0)).packet(1, ackEpoch(0, "0:0"));
    bare.peer.failAccepts("acceptor");
    bare.accept(2);
    bare.peer.endAcceptErrors("acceptor");
    bare.packet(1, ack("1:0"));
    expect(bare.peer.leads).toBe(true);
    bare.packet(1, ping("1:0")).advance(1000);
    expect(bare.peer.leads).toBe(leads);
    bare.accept(3).packet(3, info(2, 0));
    expect(bare.sentOn(3)).toEqual([]);
  });
});

describe("after an error of accept() on the election port,", () => {
  function failing(release: string): BarePeer {
    const bare = new BarePeer({ release, myid: 1 }).start().acceptElection(900);
    bare.peer.failAccepts("listener");
    return bare.acceptElection(901).advance(1000);
  }

  it.each([
    ["3.4.14", []],
    ["3.5.5", [900]],
    ["newest", [900]],
  ])("%s: the server closes, after one second, the connections that it accepted: %j", (release, closed) => {
    expect(failing(release).closed.slice(1)).toEqual(closed);
  });

  it.each([
    ["3.4.14", undefined],
    ["3.5.5", undefined],
    ["3.5.6", 14],
    ["3.5.7", 14],
    ["3.5.8", 14],
    ["3.6.0", 14],
    ["newest", 14],
  ])("%s: after the third error in a row, the port stays closed, and the exit code is %s", (release, code) => {
    const bare = failing(release).acceptElection(902).advance(1000);
    expect([bare.listening.has(ELECTION_PORT), bare.exitCode]).toEqual([true, undefined]);
    bare.acceptElection(903).advance(60_000);
    expect([bare.listening.has(ELECTION_PORT), bare.exitCode]).toEqual([false, code]);
  });
});
