import { describe, expect, it } from "vitest";
import {
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  LOOKING,
  packet,
  type QuorumPacket,
  SNAP,
  SNAPSHOT_PART,
  WORK_RESUME_LEARNER,
} from "../../../protocol/index.ts";
import {
  asLearner,
  type BareOptions,
  BarePeer,
  commit,
  diff,
  leaderInfo,
  newLeader,
  ping,
  proposal,
  snap,
  trunc,
  txn,
  upToDate,
  z,
} from "../../conformance/bare-peer.ts";

const inform = (zxid: string): QuorumPacket => packet(8, z(zxid), txn(zxid));

/** Makes a follower that has registered in epoch 2; its log contains 1:1 to 1:3. */
const registered = (options: BareOptions = {}): ReturnType<typeof asLearner> => {
  const disk = { acceptedEpoch: 1, currentEpoch: 1, log: ["1:1", "1:2", "1:3"].map((zxid) => txn(zxid)) };
  return asLearner(new BarePeer({ disk, ...options }), [leaderInfo(2)], 1);
};

describe("the first packet", () => {
  it("that is not DIFF, TRUNC or SNAP ends the process", () => {
    const { bare, send } = registered();
    send(newLeader(2));
    expect([bare.exitCode, bare.failures, bare.anomalies]).toEqual([13, ["unexpected-sync-packet"], ["bad-state"]]);
  });

  it("TRUNC cuts the log and reloads the database", () => {
    const { bare, leader, send } = registered();
    send(trunc("1:2"), newLeader(2));
    expect(bare.log.map(({ zxid }) => zxid)).toEqual([z("1:1"), z("1:2")]);
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:2"));
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 2:0");
  });

  it.each([
    ["3.5.5", undefined],
    ["newest", 13],
  ])("TRUNC beyond the end of the log: %s exits with %s", (release, exitCode) => {
    const { bare, send } = registered({ release });
    send(trunc("1:9"));
    expect([bare.failures, bare.exitCode]).toEqual([["truncate-failed"], exitCode]);
  });

  it("TRUNC fails if the truncated database cannot be loaded; then the server cannot start an election either", () => {
    const { bare, send } = registered();
    bare.snapshots = [];
    send(trunc("1:2"));
    expect([bare.failures, bare.exitCode]).toEqual([["log-without-snapshot", "log-without-snapshot"], 1]);
  });

  it("patched: TRUNC below the only snapshot makes the learner ask for a SNAP", () => {
    const snapshots = [{ zxid: z("1:3"), history: new BarePeer().history("1:1 1:2 1:3") }];
    const disk = { acceptedEpoch: 1, currentEpoch: 1, snapshots };
    const { bare, send } = asLearner(new BarePeer({ disk, release: "patched" }), [leaderInfo(2)], 1);
    send(trunc("1:2"));
    expect([bare.failures, bare.peer.needsSnap]).toEqual([["truncate-failed"], true]);
    const again = bare.becomeLearnerAgain(2, 1);
    bare.packet(again, leaderInfo(3));
    expect(bare.sentOn(again).at(-1)).toBe("ACKEPOCH 0:0");
    bare.packet(again, snap("3:0", bare.history("1:1"))).packet(again, newLeader(3));
    expect([bare.peer.needsSnap, bare.log]).toEqual([false, []]);
  });

  it("a server that needs a SNAP does not keep its transactions after an empty DIFF", () => {
    const { bare, send } = registered();
    bare.peer.needsSnap = true;
    send(diff("0:0"));
    expect([bare.failures, bare.peer.needsSnap]).toEqual([["truncate-failed"], true]);
  });

  it.each([
    ["reset", "ACKEPOCH 1:3"],
    ["closed", "ACK 2:0"],
  ] as const)(
    "a learner whose connection is %s during the truncation reads NEWLEADER, and last sends %s",
    (how, last) => {
      const { bare, leader, send } = registered();
      bare.slowDisk = true;
      send(trunc("1:2"), newLeader(2));
      bare.disconnect(leader, how).disk();
      expect([bare.failures, bare.currentEpoch]).toEqual([["connection-closed"], 2]);
      expect(bare.sentOn(leader).at(-1)).toBe(last);
    },
  );

  it("3.8.4: an ACK of the log thread on a reset connection makes the main thread fail when it reads again", () => {
    const { bare, leader, send } = registered({ release: "3.8.4" });
    bare.slowThreads = true;
    send(diff("1:4"), proposal("1:4"), commit("1:4"));
    bare.slowDisk = true;
    send(newLeader(2), upToDate());
    bare.disconnect(leader, "reset").disk();
    expect([bare.failures, bare.currentEpoch]).toEqual([[], 2]);
    bare.work();
    expect([bare.failures, bare.sentOn(leader).at(-1)]).toEqual([["connection-closed"], "ACKEPOCH 1:3"]);
  });

  it("a reset during the truncation ends following when the database is reloaded", () => {
    const { bare, leader, send } = registered();
    bare.slowDisk = true;
    send(trunc("1:2"));
    bare.disconnect(leader, "reset");
    expect(bare.failures).toEqual([]);
    bare.disk();
    expect([bare.failures, bare.peer.database.lastProcessedZxid]).toEqual([["connection-closed"], z("1:2")]);
  });

  it("a SNAP that arrives in parts does not time out", () => {
    const { bare, send } = registered();
    for (let i = 0; i < 10; i++) {
      bare.advance(1000);
      send(packet(SNAP, z("2:0"), SNAPSHOT_PART));
    }
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:3"));
    send(snap("2:0", bare.history("1:1")));
    expect(bare.peer.database.lastProcessedZxid).toBe(z("2:0"));
    expect(bare.failures).toEqual([]);
  });

  it.each(["3.4.14", "newest"])("%s loads the database again if only a part of a SNAP has arrived", (release) => {
    const { bare, leader, send } = registered({ release });
    bare.log = [...bare.log, txn("1:4")];
    send(packet(SNAP, z("2:0"), SNAPSHOT_PART));
    bare.disconnect(leader);
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:4"));
  });

  it("an interrupted SNAP is loaded from disk again, except in early releases", () => {
    const interrupted = (release: string): BarePeer => {
      const { bare, leader, send } = registered({ release });
      send(snap("2:0", bare.history("1:1")));
      return bare.disconnect(leader);
    };
    expect(interrupted("newest").peer.database.lastProcessedZxid).toBe(z("1:3"));
    expect(interrupted("3.6.2").peer.database.lastProcessedZxid).toBe(z("2:0"));
  });
});

describe("packets before NEWLEADER", () => {
  it("after a SNAP, the learner applies committed transactions immediately", () => {
    const { bare, send } = registered();
    send(snap("1:1", bare.history("1:1")), proposal("1:2"), commit("1:2"), inform("1:3"));
    expect(bare.peer.database.history.zxid).toBe(z("1:3"));
  });

  it("after a SNAP, a COMMIT that does not match the oldest proposal is only reported", () => {
    const { bare, send } = registered();
    send(snap("1:1", bare.history("1:1")), proposal("1:2"), commit("1:9"), ping("1:0"));
    expect([bare.anomalies, bare.failures]).toEqual([["bad-commit"], []]);
  });

  it("a COMMIT without a proposal is kept in 3.4, and ends following later", () => {
    const { bare, send } = registered({ release: "3.4.14" });
    send(diff("1:4"), commit("1:4"));
    expect(bare.failures).toEqual([]);
    const late = registered();
    late.send(diff("1:4"), commit("1:4"));
    expect(late.bare.failures).toEqual(["commit-without-proposal"]);
  });

  it("an INFORM that leaves a gap ends following, or is only reported before 3.9.4", () => {
    const gap = (release: string): BarePeer => {
      const { bare, send } = registered({ release });
      send(diff("1:9"), inform("1:4"), inform("1:6"));
      return bare;
    };
    expect([gap("newest").failures, gap("newest").anomalies]).toEqual([["proposal-gap"], ["bad-proposal"]]);
    expect([gap("3.9.3").failures, gap("3.9.3").anomalies]).toEqual([[], ["bad-proposal"]]);
  });
});

describe("NEWLEADER", () => {
  it("appends, applies and syncs the committed transactions only, before currentEpoch", () => {
    const { bare, leader, send } = registered();
    bare.slowDisk = true;
    send(diff("1:5"), proposal("1:4"), commit("1:4"), proposal("1:5"), newLeader(2));
    expect([bare.log.length, bare.pendingDisk]).toEqual([4, ["sync log"]]);
    bare.disk(1);
    expect(bare.pendingDisk).toEqual(["write currentEpoch"]);
    bare.disk(1);
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 2:0");
  });

  it("skips a COMMIT that does not match the oldest proposal", () => {
    const { bare, send } = registered();
    send(diff("1:5"), proposal("1:4"), commit("1:5"), commit("1:4"), newLeader(2));
    expect([bare.anomalies, bare.log.at(-1)?.zxid]).toEqual([["bad-commit"], z("1:4")]);
  });

  it("fails if an applied transaction leaves a gap after committedLog", () => {
    const { bare, send } = registered();
    send(diff("1:6"), proposal("1:5"), commit("1:5"), newLeader(2));
    expect(bare.failures).toEqual(["proposal-gap"]);
  });

  it("fails if the log cannot be synced; with failedLogWriteExits, the process ends", () => {
    const failed = (behavior = {}): BarePeer => {
      const { bare, send } = registered({ behavior });
      bare.failNext = DISK_SYNC_LOG;
      send(diff("1:4"), proposal("1:4"), commit("1:4"), newLeader(2));
      return bare;
    };
    expect([failed().failures, failed().exitCode]).toEqual([["disk-error"], undefined]);
    expect(failed({ failedLogWriteExits: true }).exitCode).toBe(1);
  });

  it("ends the process if the snapshot of a SNAP cannot be written", () => {
    const { bare, send } = registered();
    bare.failNext = DISK_SNAPSHOT;
    send(snap("2:0", bare.history("1:1")), newLeader(2));
    expect([bare.exitCode, bare.failures]).toEqual([10, ["disk-error"]]);
  });

  it("with queued-before-ack, the learner's thread continues when the host completes its work", () => {
    const { bare, leader, send } = registered({ release: "3.6.4" });
    bare.slowThreads = true;
    send(diff("1:4"), proposal("1:4"), commit("1:4"), newLeader(2));
    expect([bare.pendingWork, bare.sentOn(leader).at(-1)]).toEqual([[WORK_RESUME_LEARNER], "ACK 1:4"]);
    bare.work();
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 2:0");
    bare.input(() => bare.peer.workDone(WORK_RESUME_LEARNER, leader));
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 2:0");
  });

  it("with synced-before-ack, the learner writes currentEpoch before it logs", () => {
    const { bare, leader, send } = registered({ release: "3.6.4", behavior: { diffLogging: "synced-before-ack" } });
    bare.slowDisk = true;
    send(diff("1:4"), proposal("1:4"), commit("1:4"), newLeader(2));
    expect(bare.pendingDisk).toEqual(["write currentEpoch"]);
    bare.disk(1);
    expect(bare.pendingDisk).toEqual(["sync log"]);
    bare.disk();
    expect(bare.sentOn(leader).slice(-2)).toEqual(["ACK 1:4", "ACK 2:0"]);
  });

  it.each(["3.8.6", "3.6.4"])("%s acknowledges without logging if there is no proposal", (release) => {
    const { bare, leader, send } = registered({ release });
    send(diff("1:3"), newLeader(2));
    expect([bare.log.length, bare.sentOn(leader).at(-1)]).toEqual([3, "ACK 2:0"]);
  });

  it("a learner that is reset before its ACK does not acknowledge", () => {
    const { bare, leader, send } = registered();
    bare.slowDisk = true;
    send(diff("1:3"), newLeader(2));
    bare.disconnect(leader, "reset").disk();
    expect([bare.failures, bare.peer.state]).toEqual([["connection-closed"], LOOKING]);
    expect(bare.sentOn(leader).at(-1)).toBe("ACKEPOCH 1:3");
  });

  it("a learner that is reset while an old leader's epoch is written does not serve", () => {
    const { bare, leader, send } = asLearner(new BarePeer(), [newLeader(1), diff("0:0")]);
    bare.slowDisk = true;
    send(upToDate());
    bare.disconnect(leader, "reset").disk();
    expect(bare.failures).toEqual(["connection-closed"]);
  });
});
