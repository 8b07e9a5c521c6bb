import { describe, expect, it } from "vitest";
import {
  asConnectionId,
  asServerId,
  DISK_CURRENT_EPOCH,
  DISK_LOAD,
  DISK_SYNC_LOG,
  FOLLOWING,
  LEADING,
  LOOKING,
  Peer,
  QUORUM_PORT,
  TIMER_CONNECT,
  TIMER_ELECTION,
  WORK_APPLY_COMMITS,
} from "../../protocol/index.ts";
import {
  asLearner,
  BarePeer,
  commit,
  diff,
  leaderInfo,
  newLeader,
  proposal,
  snap,
  txn,
  upToDate,
  vote,
  z,
} from "../conformance/bare-peer.ts";

describe("startup", () => {
  it("writes missing files in order: snapshot, currentEpoch, acceptedEpoch", () => {
    const bare = new BarePeer({ disk: { acceptedEpoch: undefined, currentEpoch: undefined, snapshots: [] } });
    bare.slowDisk = true;
    const pending: string[][] = [];
    bare.peer.start(bare.image());
    for (; bare.pendingDisk.length > 0; bare.disk(1)) pending.push(bare.pendingDisk);
    expect(pending).toEqual([["save snapshot"], ["write currentEpoch"], ["write acceptedEpoch"]]);
    expect(bare.connects).toHaveLength(2);
  });

  it("patched: syncs the log, and drops a log that ends below the snapshot", () => {
    const snapshots = [{ zxid: z("1:3"), history: new BarePeer().history("1:1 1:2 1:3") }];
    const disk = { acceptedEpoch: 1, currentEpoch: 1, snapshots, log: [txn("1:1")] };
    const bare = new BarePeer({ release: "patched", disk });
    bare.slowDisk = true;
    bare.peer.start(bare.image());
    expect([bare.log, bare.pendingDisk]).toEqual([[], ["sync log"]]);
    bare.disk();
    expect(bare.peer.state).toBe(LOOKING);
  });

  it.each([DISK_CURRENT_EPOCH, DISK_SYNC_LOG] as const)("exits if a write fails (operation %i)", (operation) => {
    const bare = new BarePeer({ release: "patched", disk: { currentEpoch: undefined } });
    bare.failNext = operation;
    bare.start();
    expect([bare.failures, bare.exitCode]).toEqual([["disk-error"], 1]);
  });

  it("in 3.4, adopts the epoch of the last zxid if updatingEpoch exists, and refuses to start otherwise", () => {
    const disk = { acceptedEpoch: 2, currentEpoch: 1, log: [txn("2:1")] };
    const release = "3.4.14";
    expect(new BarePeer({ release, disk: { ...disk, updatingEpoch: true } }).start().currentEpoch).toBe(2);
    expect(new BarePeer({ release, disk }).start().failures).toEqual(["epoch-older-than-zxid"]);
  });

  it("patched: starts although the epoch of the last zxid is newer than currentEpoch", () => {
    const disk = { acceptedEpoch: 2, currentEpoch: 1, log: [txn("2:1")] };
    const bare = new BarePeer({ release: "patched", disk }).start();
    expect([bare.failures, bare.peer.currentEpoch]).toEqual([[], 1]);
  });

  it("exits if its configuration does not list it", () => {
    const bare = new BarePeer({ view: [1, 2] }).start();
    expect([bare.failures, bare.exitCode, bare.connects]).toEqual([["not-in-configuration"], 1, []]);
  });

  it("exits if the database cannot be loaded", () => {
    const bare = new BarePeer({ disk: { snapshots: [], log: [txn("1:1")] } }).start();
    expect([bare.failures, bare.exitCode]).toEqual([["log-without-snapshot"], 1]);
  });

  it("has the behavior of the newest release by default", () => {
    const { peer } = new BarePeer();
    const config = { myid: peer.myid, verifier: peer.configurations.committed, settings: peer.settings };
    const other = new Peer({ ...config, emptyHistory: peer.database.history }, peer.effects, peer.notes);
    expect(other.behavior).toEqual(peer.behavior);
    expect(other.stateHash()).toBe(peer.stateHash());
  });
});

describe("a server that has exited", () => {
  it("ignores all inputs", () => {
    const bare = new BarePeer({ disk: { snapshots: [], log: [txn("1:1")] } }).start();
    const connection = asConnectionId(5);
    const { peer } = bare;
    bare.accept(5).packet(5, diff("1:1")).connected(5).refused(5).disconnect(5).electionMessage(5, vote(1));
    bare.input(() => peer.timer(TIMER_ELECTION)).input(() => peer.workDone(WORK_APPLY_COMMITS, connection));
    bare.input(() => peer.notification(asServerId(1), vote(1))).input(() => peer.diskDone(DISK_LOAD, false, null));
    peer.exit(1, "disk-error", "again");
    peer.look();
    expect([peer.write("x"), bare.failures, bare.sent, bare.closed]).toEqual([
      ...[false, ["log-without-snapshot"], [], []],
    ]);
  });
});

describe("reloading the database before an election", () => {
  const interrupted = (): BarePeer => {
    const { bare, leader, send } = asLearner(new BarePeer(), [leaderInfo(1)]);
    send(snap("1:1", bare.history("1:1")));
    bare.slowDisk = true;
    return bare.disconnect(leader);
  };

  it("starts the election when the database is loaded", () => {
    const bare = interrupted();
    expect([bare.pendingDisk, bare.peer.state]).toEqual([["load database"], LOOKING]);
    bare.disk();
    expect(bare.peer.database.lastProcessedZxid).toBe(0);
  });

  it("exits if the disk cannot be read", () => {
    const bare = interrupted();
    bare.failNext = DISK_LOAD;
    expect([bare.disk().failures.at(-1), bare.exitCode]).toEqual(["disk-error", 1]);
  });
});

describe("a former role", () => {
  it("can leave a timer of a connection attempt, which a leader ignores", () => {
    const bare = new BarePeer().becomeLeader();
    const { length } = bare.sent;
    bare.input(() => bare.peer.timer(TIMER_CONNECT));
    expect([bare.peer.state, bare.sent.length]).toEqual([LEADING, length]);
  });
});

describe("other inputs", () => {
  it("a connection to the quorum port of a server that does not lead is closed", () => {
    expect(new BarePeer().start().accept(5).closed).toEqual([5]);
  });

  it("notifications can arrive as datagrams", () => {
    const bare = new BarePeer({ settings: { electionTransport: "datagram" } }).start();
    for (const sid of [1, 2]) {
      bare.input(() => bare.peer.notification(asServerId(sid), vote(sid, { leader: 2 })));
    }
    bare.advance(200);
    expect([bare.peer.state, bare.connects.filter(({ port }) => port === QUORUM_PORT).length]).toEqual([FOLLOWING, 1]);
  });

  it("packets and writes for a server without a role have no effect", () => {
    const bare = new BarePeer().start().packet(5, upToDate()).disconnect(5).refused(5).connected(5);
    expect([bare.peer.write("x"), bare.failures]).toEqual([false, []]);
  });
});

describe("a server with readOnlyMode that has logged 1:4 but not applied it, because it left before UPTODATE,", () => {
  /** Lets server 0 look for a leader for some time after it has left leader 2, and then wins the election. */
  function elected(release: string, lookingMs: number, readOnlyMode = true): BarePeer {
    const log = ["1:1", "1:2", "1:3"].map((zxid) => txn(zxid));
    const disk = { acceptedEpoch: 1, currentEpoch: 1, log };
    const bare = new BarePeer({ release, disk, settings: { readOnlyMode, tickTimeMs: 1000 } });
    const connection = bare.becomeLearner(2, { peerEpoch: 1 });
    const packets = [leaderInfo(2), diff("1:4"), proposal("1:4"), commit("1:4"), newLeader(2)];
    for (const message of packets) bare.packet(connection, message);
    bare.disconnect(connection).advance(lookingMs - 200);
    for (const sid of [1, 2]) bare.notify(sid, { leader: 0, electionEpoch: 2, zxid: z("1:3"), peerEpoch: 2 });
    return bare.advance(200);
  }

  it.each([
    ["3.9.2", 1999, true, "1:3"],
    ["3.9.2", 2000, true, "1:4"],
    ["3.9.2", 2000, false, "1:3"],
    ["3.8.6", 2000, true, "1:4"],
  ])("%s: after an election of %i ms, with the setting %s, leads with %s", (release, lookingMs, setting, zxid) => {
    const { peer } = elected(release, lookingMs, setting);
    expect([peer.state, peer.database.lastProcessedZxid]).toEqual([LEADING, z(zxid)]);
  });
});
