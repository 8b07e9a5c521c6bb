/** ZooKeeper's LearnerTest, and its tests of files: epoch files, truncation, missing snapshots. */
import { describe, expect, it } from "vitest";
import { ServerDisk } from "../../cluster/server-disk.ts";
import { asZxid, DISK_ACCEPTED_EPOCH, ELECTION_PORT, NO_FIXES, QUORUM_PORT } from "../../protocol/index.ts";
import { World } from "../../sim/index.ts";
import { IDLE_PROGRAM } from "../sim/idle-program.ts";
import { BarePeer, diff, leaderInfo, newLeader, proposal, snap, trunc, txn, z } from "./bare-peer.ts";

const leaderConnects = (bare: BarePeer): BarePeer["connects"] =>
  bare.connects.filter(({ port }) => port === QUORUM_PORT);

/** Makes a follower of server 2 whose first connection to it is not open yet. */
function connecting(settings: Record<string, number>): BarePeer {
  const bare = new BarePeer({ settings: { tickTimeMs: 2000, ...settings } }).start();
  bare.notify(1, { state: 1, leader: 2 }).notify(2, { state: 2, leader: 2 });
  expect(leaderConnects(bare)).toHaveLength(1);
  return bare;
}

describe("LearnerTest", () => {
  it("connectionRetryTimeoutTest: the leader refuses all connections: five tries, 100 ms apart", () => {
    const bare = connecting({ initLimit: 5 });
    for (let i = 0; i < 5; i++) {
      bare.refused(leaderConnects(bare).at(-1)?.connection as number);
      if (i < 4) bare.advance(100);
    }
    expect(leaderConnects(bare)).toHaveLength(5);
    const times = leaderConnects(bare).map(({ atUs }) => atUs);
    expect(times.slice(1).map((at, i) => at - (times[i] as number))).toEqual([100_000, 100_000, 100_000, 100_000]);
    expect(bare.failures).toEqual(["connect-failed"]);
  });

  /** Returns the number of times that a learner tries to connect if each try takes 4 s and then fails. */
  const triesOfFourSeconds = (settings: Record<string, number>): number => {
    const bare = connecting(settings);
    while (bare.failures.length === 0) {
      const tries = leaderConnects(bare).length;
      bare.advance(4000);
      if (bare.failures.length > 0) break;
      bare.refused(leaderConnects(bare).at(-1)?.connection as number);
      bare.advance(100);
      expect(leaderConnects(bare).length).toBeLessThanOrEqual(tries + 1);
    }
    expect(bare.failures).toEqual(["connect-failed"]);
    return leaderConnects(bare).length;
  };

  it("connectionInitLimitTimeoutTest: tick 2000, initLimit 5, 4 s a try: exactly 3 attempts", () => {
    expect(triesOfFourSeconds({ initLimit: 5 })).toBe(3);
  });

  it("connectToLearnerMasterLimitTest: initLimit 2, connectToLearnerMasterLimit 5: exactly 3 attempts", () => {
    expect(triesOfFourSeconds({ initLimit: 2, connectToLearnerMasterLimit: 5 })).toBe(3);
  });

  it("syncTest: the connection closes after a SNAP and a proposal: the disk is unchanged", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.packet(leader, leaderInfo(1));
    bare.packet(leader, snap("1:1", bare.history("1:1")));
    bare.packet(leader, proposal("1:2"));
    bare.disconnect(leader);
    expect(bare.failures).toEqual(["connection-closed"]);
    expect([bare.snapshots.length, bare.log.length, bare.currentEpoch]).toEqual([1, 0, 0]);
    // The synchronization was incomplete, so the server reloads its database before the next election.
    expect(bare.peer.database.lastProcessedZxid).toBe(0);
  });

  it("truncFailTest: TRUNC with no log ends the process with exit code 13", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.packet(leader, leaderInfo(1)).packet(leader, trunc("0:0"));
    expect(bare.exitCode).toBe(13);
    expect(bare.failures).toEqual(["truncate-failed"]);
  });
});

describe("epoch files", () => {
  it("EpochWriteFailureTest: a learner that cannot write acceptedEpoch does not accept the epoch", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.failNext = DISK_ACCEPTED_EPOCH;
    bare.packet(leader, leaderInfo(1));
    expect(bare.failures).toEqual(["disk-error"]);
    expect([bare.peer.acceptedEpoch, bare.peer.currentEpoch]).toEqual([0, 0]);
    expect(bare.sentOn(leader)).toEqual(["FOLLOWERINFO 0:0"]);
  });

  it("CurrentEpochWriteFailureTest (ZOOKEEPER-4269): a server adopts currentEpoch.tmp", () => {
    const disk = { acceptedEpoch: 2, currentEpoch: 1, log: [txn("1:1"), txn("2:1")] };
    const bare = new BarePeer({ disk: { ...disk, currentEpochTmp: 2 } }).start();
    expect([bare.currentEpoch, bare.peer.currentEpoch]).toEqual([2, 2]);
    const without = new BarePeer({ disk }).start();
    expect(without.failures).toEqual(["epoch-older-than-zxid"]);
    expect(without.exitCode).toBe(1);
  });

  it("testInitialAcceptedCurrent: missing epoch files get the epoch of the last zxid", () => {
    const disk = { acceptedEpoch: undefined, currentEpoch: undefined, log: [txn("3:3")] };
    const bare = new BarePeer({ disk }).start();
    expect([bare.acceptedEpoch, bare.currentEpoch]).toEqual([3, 3]);
    expect([bare.peer.acceptedEpoch, bare.peer.currentEpoch]).toEqual([3, 3]);
  });

  it("a server whose acceptedEpoch is lower than its currentEpoch refuses to start", () => {
    expect(new BarePeer({ disk: { acceptedEpoch: 1, currentEpoch: 2 } }).start().failures).toEqual([
      "accepted-older-than-current",
    ]);
  });

  it("an empty disk is an empty database with db.autocreate; without it, the server cannot vote", () => {
    const disk = { acceptedEpoch: undefined, currentEpoch: undefined, snapshots: [] };
    const auto = new BarePeer({ disk }).start();
    expect([auto.peer.database.lastProcessedZxid, auto.acceptedEpoch, auto.snapshots.length]).toEqual([0, 0, 1]);
    const none = new BarePeer({ disk, settings: { dbAutocreate: false } }).start();
    expect(none.peer.database.lastProcessedZxid).toBe(-1);
    none.notify(1, {}).notify(2, {}).advance(1000);
    expect(none.peer.state).toBe(0);
    expect(none.listening.has(ELECTION_PORT)).toBe(true);
  });
});

describe("TruncateTest", () => {
  const diskWith = (zxids: string[]): { disk: ServerDisk; world: World<unknown> } => {
    const world = new World<unknown>({ seed: 1, nodes: [1] });
    world.node(1).start(IDLE_PROGRAM);
    const disk = new ServerDisk(world.node(1).disk);
    for (const zxid of zxids) disk.append(txn(zxid));
    return { disk, world };
  };
  const log = (disk: ServerDisk): number[] => disk.image().logFiles.flatMap((file) => file.txns.map((one) => one.zxid));

  it("1: a log 1..100 is truncated to 1, and 200 is appended: the log contains 1 and 200", () => {
    const { disk, world } = diskWith(Array.from({ length: 100 }, (_, i) => `0:${i + 1}`));
    expect(disk.truncateLog(asZxid(1), NO_FIXES)).toBe(true);
    world.run({ untilUs: 1_000_000 });
    disk.append(txn("0:200"));
    expect(log(disk)).toEqual([1, 200]);
  });

  it("2: without log files, truncation fails without an exception", () => {
    expect(diskWith([]).disk.truncateLog(asZxid(1), NO_FIXES)).toBe(false);
  });

  it("if the zxid is not in the log, the next higher record stays; if it is above the end, truncation fails", () => {
    const { disk, world } = diskWith(["0:1", "0:2", "0:3", "0:5", "0:8"]);
    expect(disk.truncateLog(asZxid(9), NO_FIXES)).toBe(false);
    expect(disk.truncateLog(asZxid(4), NO_FIXES)).toBe(true);
    world.run({ untilUs: 1_000_000 });
    expect(log(disk)).toEqual([1, 2, 3, 5]);
  });
});

describe("EmptiedSnapshotRecoveryTest", () => {
  const disk = { acceptedEpoch: 1, currentEpoch: 1, snapshots: [], log: [txn("1:1")] };

  it("a server with a log but no snapshot refuses to start", () => {
    expect(new BarePeer({ disk }).start().failures).toEqual(["log-without-snapshot"]);
  });

  it("with snapshot.trust.empty set, the server starts, and saves a snapshot after its first DIFF", () => {
    const bare = new BarePeer({ disk, settings: { trustEmptySnapshot: true } });
    const leader = bare.becomeLearner(2, { peerEpoch: 1 });
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:1"));
    bare.packet(leader, leaderInfo(2)).packet(leader, diff("1:1")).packet(leader, newLeader(2));
    expect(bare.notes).toEqual(["snapshot 1:1 synced"]);
  });
});
