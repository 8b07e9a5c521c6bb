/**
 * LearnerTest, and the tests of what lies on disk: epoch files, truncation, emptied snapshots.
 */
import { describe, expect, it } from "vitest";
import { ServerDisk } from "../../cluster/server-disk.ts";
import { DISK_ACCEPTED_EPOCH, ELECTION_PORT, NO_FIXES, packet, QUORUM_PORT } from "../../protocol/index.ts";
import { World } from "../../sim/index.ts";
import { BarePeer, leaderInfo, newLeader, proposal, txn, z } from "./bare-peer.ts";

const leaderConnects = (bare: BarePeer): BarePeer["connects"] =>
  bare.connects.filter(({ port }) => port === QUORUM_PORT);

/** A follower of 2 whose first connection is not answered yet. */
function connecting(settings: Record<string, number>): BarePeer {
  const bare = new BarePeer({ settings: { tickTimeMs: 2000, ...settings } }).start();
  bare.notify(1, { state: 1, leader: 2 }).notify(2, { state: 2, leader: 2 });
  expect(leaderConnects(bare)).toHaveLength(1);
  return bare;
}

describe("LearnerTest", () => {
  it("connectionRetryTimeoutTest: every try is refused, five in all, 100 ms apart", () => {
    const bare = connecting({ initLimit: 5 });
    for (let i = 0; i < 5; i++) {
      const { connection } = leaderConnects(bare).at(-1) as { connection: number };
      bare.input(() => bare.peer.refused(connection));
      if (i < 4) bare.advance(100);
    }
    expect(leaderConnects(bare)).toHaveLength(5);
    const times = leaderConnects(bare).map(({ atUs }) => atUs);
    expect(times.slice(1).map((at, i) => at - (times[i] as number))).toEqual([100_000, 100_000, 100_000, 100_000]);
    expect(bare.failures).toEqual(["connect-failed"]);
  });

  /** Each try takes 4 s and then fails: how many there are before the limit is reached. */
  const triesOfFourSeconds = (settings: Record<string, number>): number => {
    const bare = connecting(settings);
    while (bare.failures.length === 0) {
      const tries = leaderConnects(bare).length;
      bare.advance(4000);
      if (bare.failures.length > 0) break;
      const { connection } = leaderConnects(bare).at(-1) as { connection: number };
      bare.input(() => bare.peer.refused(connection));
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

  it("syncTest: a SNAP and a proposal, then the connection ends: on disk nothing has changed", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.packet(leader, leaderInfo(1));
    bare.packet(leader, packet(15, z("1:1"), { zxid: z("1:1"), history: bare.history("1:1") }));
    bare.packet(leader, proposal("1:2"));
    bare.input(() => bare.peer.closed(leader, "closed"));
    expect(bare.failures).toEqual(["connection-closed"]);
    expect([bare.snapshots.length, bare.log.length, bare.currentEpoch]).toEqual([1, 0, 0]);
    // Half taken over, it is read back from disk before the next election.
    expect(bare.peer.database.lastProcessedZxid).toBe(0);
  });

  it("truncFailTest: TRUNC with no log ends the process with exit code 13", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.packet(leader, leaderInfo(1)).packet(leader, packet(14, 0, null));
    expect(bare.exitCode).toBe(13);
    expect(bare.failures).toEqual(["truncate-failed"]);
  });
});

describe("epoch files", () => {
  it("EpochWriteFailureTest: acceptedEpoch can not be written: not joined, nothing accepted in memory", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.failNext = DISK_ACCEPTED_EPOCH;
    bare.packet(leader, leaderInfo(1));
    expect(bare.failures).toEqual(["disk-error"]);
    expect([bare.peer.acceptedEpoch, bare.peer.currentEpoch]).toEqual([0, 0]);
    expect(bare.sentOn(leader)).toEqual(["FOLLOWERINFO 0:0"]);
  });

  it("CurrentEpochWriteFailureTest (ZOOKEEPER-4269): currentEpoch.tmp is adopted when currentEpoch is behind the data", () => {
    const disk = { acceptedEpoch: 2, currentEpoch: 1, logFiles: [{ name: z("1:1"), txns: [txn("1:1"), txn("2:1")] }] };
    const bare = new BarePeer({ disk: { ...disk, currentEpochTmp: 2 } }).start();
    expect([bare.currentEpoch, bare.peer.currentEpoch]).toEqual([2, 2]);
    const without = new BarePeer({ disk }).start();
    expect(without.failures).toEqual(["epoch-older-than-zxid"]);
    expect(without.exitCode).toBe(1);
  });

  it("testInitialAcceptedCurrent: without epoch files both default to the last zxid's epoch, and are written", () => {
    const logFiles = [{ name: z("3:3"), txns: [txn("3:3")] }];
    const bare = new BarePeer({ disk: { acceptedEpoch: undefined, currentEpoch: undefined, logFiles } }).start();
    expect([bare.acceptedEpoch, bare.currentEpoch]).toEqual([3, 3]);
    expect([bare.peer.acceptedEpoch, bare.peer.currentEpoch]).toEqual([3, 3]);
  });

  it("acceptedEpoch below currentEpoch is refused", () => {
    expect(new BarePeer({ disk: { acceptedEpoch: 1, currentEpoch: 2 } }).start().failures).toEqual([
      "accepted-older-than-current",
    ]);
  });

  it("an empty disk is an empty database (db.autocreate), or none: then it can not vote", () => {
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
    world.node(1).start({
      onTimer: () => {},
      onConnected: () => {},
      onRefused: () => {},
      onAccepted: () => {},
      onMessage: () => {},
      onClosed: () => {},
      onDatagram: () => {},
      onDiskDone: () => {},
      stateHash: () => 0,
    });
    const disk = new ServerDisk(world.node(1).disk);
    for (const zxid of zxids) disk.append(txn(zxid));
    return { disk, world };
  };
  const log = (disk: ServerDisk): number[] => disk.image().logFiles.flatMap((file) => file.txns.map((one) => one.zxid));

  it("1: log 1..100, truncated to 1, then 200 is appended: the log reads 1, 200", () => {
    const { disk, world } = diskWith(Array.from({ length: 100 }, (_, i) => `0:${i + 1}`));
    expect(disk.truncateLog(1, NO_FIXES)).toBe(true);
    world.run({ untilUs: 1_000_000 });
    disk.append(txn("0:200"));
    expect(log(disk)).toEqual([1, 200]);
  });

  it("2: no log files: not truncated, no exception", () => {
    expect(diskWith([]).disk.truncateLog(1, NO_FIXES)).toBe(false);
  });

  it("a zxid that is not in the log keeps the next higher record; beyond the end nothing is truncated", () => {
    const { disk, world } = diskWith(["0:1", "0:2", "0:3", "0:5", "0:8"]);
    expect(disk.truncateLog(9, NO_FIXES)).toBe(false);
    expect(disk.truncateLog(4, NO_FIXES)).toBe(true);
    world.run({ untilUs: 1_000_000 });
    expect(log(disk)).toEqual([1, 2, 3, 5]);
  });
});

describe("EmptiedSnapshotRecoveryTest", () => {
  const disk = { acceptedEpoch: 1, currentEpoch: 1, snapshots: [], logFiles: [{ name: z("1:1"), txns: [txn("1:1")] }] };

  it("a log without a snapshot is refused", () => {
    expect(new BarePeer({ disk }).start().failures).toEqual(["log-without-snapshot"]);
  });

  it("unless snapshot.trust.empty is set; then the first DIFF brings a snapshot", () => {
    const bare = new BarePeer({ disk, settings: { trustEmptySnapshot: true } });
    const leader = bare.becomeLearner(2, { peerEpoch: 1 });
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:1"));
    bare
      .packet(leader, leaderInfo(2))
      .packet(leader, packet(13, z("1:1"), null))
      .packet(leader, newLeader(2));
    expect(bare.notes).toEqual(["snapshot 1:1 synced"]);
  });
});
