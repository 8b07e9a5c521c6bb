import { describe, expect, it } from "vitest";
import {
  DISK_SYNC_LOG,
  FOLLOWING,
  LOOKING,
  packet,
  type QuorumPacket,
  WORK_APPLY_COMMITS,
  WORK_RESUME_LEARNER,
} from "../../../protocol/index.ts";
import {
  asLearner,
  BarePeer,
  commit,
  diff,
  leaderInfo,
  newLeader,
  ping,
  proposal,
  txn,
  upToDate,
  z,
} from "../../conformance/bare-peer.ts";

/**
 * Makes a follower of server 2 that serves in epoch 1. The leader sends the packets `synced` between DIFF and
 * NEWLEADER.
 */
const following = (options = {}, synced: readonly QuorumPacket[] = []): ReturnType<typeof asLearner> =>
  asLearner(new BarePeer(options), [leaderInfo(1), diff("0:0"), ...synced, newLeader(1), upToDate()]);

describe("a follower", () => {
  it("stops after the next packet if a commit leaves a gap in committedLog (ZOOKEEPER-4925)", () => {
    const { bare, send } = following();
    send(proposal("1:1"), proposal("1:3"), commit("1:1"), commit("1:3"));
    const { database } = bare.peer;
    expect([bare.failures, database.history.zxid, database.committedLog.length]).toEqual([[], z("1:3"), 1]);
    send(ping("1:0"));
    expect([bare.failures, bare.peer.state]).toEqual([["proposal-gap"], LOOKING]);
  });

  it("stops after the next packet if a sync of its log fails, and then tries this sync once more", () => {
    const { bare, send } = following();
    bare.failNext = DISK_SYNC_LOG;
    send(proposal("1:1"));
    expect([bare.failures, bare.peer.state]).toEqual([[], FOLLOWING]);
    bare.slowDisk = true;
    // The log thread has ended, so it does not log this packet.
    send(proposal("1:2"));
    expect([bare.failures, bare.peer.state, bare.pendingDisk]).toEqual([["disk-error"], FOLLOWING, ["sync log"]]);
    bare.disk();
    expect([bare.peer.state, bare.log.length, bare.syncedTxns]).toEqual([LOOKING, 1, 1]);
  });

  it("applies nothing after the commit that leaves a gap, and exits if the log goes on", () => {
    const { bare, send } = following();
    send(proposal("1:1"), proposal("1:3"), proposal("1:4"), commit("1:1"), commit("1:3"), commit("1:4"));
    // At shutdown, the server applies the rest of the log, which leaves a gap again.
    expect([bare.failures, bare.exitCode]).toEqual([["proposal-gap", "proposal-gap"], 1]);
    expect(bare.peer.database.history.zxid).toBe(z("1:3"));
  });

  it("serves after a gap in committedLog in 3.9.3", () => {
    const { bare, send } = following({ release: "3.9.3" });
    send(proposal("1:1"), proposal("1:3"), proposal("1:4"), commit("1:1"), commit("1:3"), commit("1:4"));
    expect([bare.failures, bare.peer.database.committedLog.length]).toEqual([[], 3]);
  });

  it("logs a proposal, acknowledges it when it is durable, and applies it when it is committed", () => {
    const { bare, leader, send } = following();
    bare.slowDisk = true;
    send(proposal("1:1"));
    expect([bare.log.length, bare.sentOn(leader).at(-1)]).toEqual([1, "ACK 1:0"]);
    bare.disk();
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 1:1");
    expect(bare.peer.database.history.length).toBe(0);
    send(commit("1:1"));
    expect(bare.peer.database.history.length).toBe(1);
  });

  it("reports a gap in the proposals and logs the proposal nevertheless", () => {
    const { bare, send } = following();
    send(proposal("1:1"), proposal("1:3"));
    expect([bare.anomalies, bare.log.length]).toEqual([["bad-proposal"], 2]);
  });

  it("reports a COMMIT without a pending proposal", () => {
    const { bare, send } = following();
    send(commit("1:1"));
    expect([bare.anomalies, bare.exitCode]).toEqual([["bad-commit"], undefined]);
  });

  it("exits if a COMMIT does not match the oldest pending proposal", () => {
    const { bare, send } = following();
    send(proposal("1:1"), commit("1:2"));
    expect([bare.exitCode, bare.failures]).toEqual([12, ["unmatched-commit"]]);
  });

  it("ignores REVALIDATE and SYNC, and reports a packet that a leader sends only to observers", () => {
    const { bare, send } = following();
    send(packet(6, z("1:0"), null), packet(7, z("1:0"), null));
    expect(bare.anomalies).toEqual([]);
    send(packet(8, z("1:1"), txn("1:1")));
    expect(bare.anomalies).toEqual(["bad-state"]);
  });

  it("forwards a client's write to the leader", () => {
    const { bare, leader } = following();
    let accepted = false;
    bare.input(() => {
      accepted = bare.peer.write("x");
    });
    expect([accepted, bare.sentOn(leader).at(-1)]).toEqual([true, "REQUEST -1"]);
  });

  it("before ZOOKEEPER-3023, applies a COMMIT that arrives after UPTODATE immediately", () => {
    const { bare, send } = following({ release: "3.8.6" });
    expect(bare.pendingWork).toEqual([]);
    const late = asLearner(new BarePeer({ release: "3.8.6" }), [leaderInfo(1), diff("0:0"), proposal("1:1")]);
    late.bare.slowThreads = true;
    late.send(newLeader(1), commit("1:1"), upToDate(), proposal("1:2"), commit("1:2"));
    expect([late.bare.pendingWork, late.bare.peer.database.history.length]).toEqual([[], 0]);
    send(proposal("1:1"), commit("1:1"));
    expect(bare.peer.database.history.length).toBe(1);
  });

  it("in 3.6.2, the commit thread applies the commits of the synchronization", () => {
    const { bare, send } = asLearner(new BarePeer({ release: "3.6.2" }), [leaderInfo(1), diff("0:0")]);
    bare.slowThreads = true;
    send(proposal("1:1"), commit("1:1"), newLeader(1), upToDate(), proposal("1:2"), commit("1:2"));
    expect(bare.pendingWork).toEqual([WORK_APPLY_COMMITS]);
    expect(bare.peer.database.history.length).toBe(0);
    bare.work();
    expect(bare.peer.database.history.length).toBe(2);
  });

  it("applies the commits of the synchronization only when the commit thread runs", () => {
    const { bare, leader, send } = asLearner(new BarePeer({ release: "3.6.2" }), [leaderInfo(1), diff("0:0")]);
    bare.slowThreads = true;
    send(proposal("1:1"), commit("1:1"), newLeader(1), upToDate());
    bare.input(() => bare.peer.workDone(WORK_RESUME_LEARNER, leader));
    expect(bare.peer.database.history.length).toBe(0);
    bare.work();
    expect(bare.peer.database.history.length).toBe(1);
  });

  it("that has lost its leader ignores the commit thread", () => {
    const { bare, leader, send } = asLearner(new BarePeer({ release: "3.5.5" }), [leaderInfo(1), diff("0:0")]);
    bare.slowThreads = true;
    send(proposal("1:1"), commit("1:1"), newLeader(1), upToDate());
    bare.disconnect(leader);
    const { length } = bare.peer.database.history;
    bare.work();
    expect(bare.peer.database.history.length).toBe(length);
  });
});

describe("the commit processor of a follower", () => {
  it("applies committed transactions later than their COMMITs, in order", () => {
    const { bare, send } = following();
    bare.slowThreads = true;
    send(proposal("1:1"), proposal("1:2"), commit("1:1"), commit("1:2"));
    expect([bare.pendingWork, bare.peer.database.history.length]).toEqual([[WORK_APPLY_COMMITS], 0]);
    bare.work();
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:2"));
  });

  it("applies nothing after the follower has left", () => {
    const { bare, leader, send } = following({ behavior: { shutdownFastForwards: false } });
    bare.slowThreads = true;
    send(proposal("1:1"), commit("1:1"));
    bare.disconnect(leader).work();
    expect([bare.peer.state, bare.peer.database.history.length]).toEqual([LOOKING, 0]);
  });
});

describe("a follower that cannot write its log", () => {
  it.each([
    [{}, undefined],
    [{ failedLogWriteExits: true }, 1],
  ])("with %j exits with %s", (behavior, exitCode) => {
    const { bare, send } = following({ behavior });
    bare.failNext = 0;
    send(proposal("1:1"));
    if (exitCode === undefined) expect(bare.failures).toEqual([]);
    send(ping("1:0"));
    expect([bare.failures, bare.exitCode]).toEqual([["disk-error"], exitCode]);
  });

  it("does not write what arrives later, and syncs the log once more when it stops", () => {
    const { bare, send } = following();
    bare.failNext = 0;
    send(proposal("1:1"));
    expect([bare.log.length, bare.syncedTxns]).toEqual([1, 0]);
    send(proposal("1:2"));
    expect([bare.log.length, bare.syncedTxns, bare.failures]).toEqual([1, 1, ["disk-error"]]);
    expect(bare.peer.state).toBe(LOOKING);
  });

  it("stops even if that second sync fails", () => {
    const { bare, send } = following();
    bare.failNext = 0;
    send(proposal("1:1"));
    bare.failNext = 0;
    send(ping("1:0"));
    expect([bare.syncedTxns, bare.failures, bare.peer.state]).toEqual([0, ["disk-error"], LOOKING]);
  });
});
