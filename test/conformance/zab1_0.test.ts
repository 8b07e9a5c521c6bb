/**
 * Zab1_0Test: one server under test, id 0 of three, and the test plays the others packet by packet. tickTime 2000,
 * initLimit 2, syncLimit 2.
 */
import { describe, expect, it } from "vitest";
import { BROADCAST, majority, packet, QUORUM_PORT, type Snapshot } from "../../protocol/index.ts";
import { EpochAck } from "../../protocol/leader/epoch-ack.ts";
import { EpochProposal } from "../../protocol/leader/epoch-proposal.ts";
import type { Waiter } from "../../protocol/leader/quorum-wait.ts";
import {
  ack,
  ackEpoch,
  BarePeer,
  commit,
  info,
  leaderInfo,
  newLeader,
  proposal,
  txn,
  upToDate,
  z,
} from "./bare-peer.ts";

const F1 = 1;
const F2 = 2;

const withTwoTxns = (): BarePeer => {
  const bare = new BarePeer({ disk: { acceptedEpoch: 1, currentEpoch: 1 } });
  bare.snapshots = [{ zxid: z("1:2"), history: bare.history("1:1 1:2") }];
  return bare;
};

const waiter = (log: string[], name: string): Waiter => ({
  arrived: () => log.push(`${name} goes on`),
  timedOut: () => log.push(`${name} timed out`),
  calledOff: () => log.push(`${name} called off`),
});

describe("leader", () => {
  it("testLeaderInConnectingFollowers: followers without the leader time out; the leader then gets 6 at once", () => {
    const bare = new BarePeer();
    const log: string[] = [];
    const proposal = new EpochProposal(0, majority([0, 1, 2]), bare, 4_000_000);
    proposal.propose(waiter(log, "1"), 1, 0, 0);
    proposal.propose(waiter(log, "2"), 2, 0, 0);
    proposal.timeout(3_999_999);
    expect(log).toEqual([]);
    proposal.timeout(4_000_000);
    expect(log).toEqual(["1 timed out", "2 timed out"]);
    // Who timed out stays in the set.
    proposal.propose(waiter(log, "leader"), 0, 5, 5_000_000);
    expect([proposal.epoch, bare.pendingDisk]).toEqual([6, ["write acceptedEpoch"]]);
    proposal.written(true);
    expect(log.at(-1)).toBe("leader goes on");
  });

  it("followers that come before the leader's acceptor runs wait in its backlog", () => {
    const bare = new BarePeer({ disk: { acceptedEpoch: 5, currentEpoch: 0 } });
    bare.slowDisk = true;
    bare.becomeLeader();
    expect(bare.pendingDisk).toEqual(["save snapshot"]);
    bare.accept(F1).packet(F1, info(1, 0)).accept(F2).packet(F2, info(2, 0));
    expect(bare.acceptedEpoch).toBe(5);
    bare.slowDisk = false;
    bare.disk();
    expect(bare.acceptedEpoch).toBe(6);
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 6:0"]);
  });

  it("testLastAcceptedEpoch (ZOOKEEPER-1343): a follower at the proposed epoch raises it", () => {
    const bare = new BarePeer({ disk: { acceptedEpoch: 5, currentEpoch: 0 } }).becomeLeader();
    bare.accept(F1).packet(F1, info(1, 6));
    expect(bare.acceptedEpoch).toBe(7);
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 7:0"]);
  });

  it("a follower that waits for the epoch alone with a leader that never comes times out after initLimit * tickTime", () => {
    const bare = new BarePeer({ disk: { acceptedEpoch: 5, currentEpoch: 0 } });
    bare.becomeLeader();
    // Not a voter: it waits, and does not count.
    bare.accept(F1).packet(F1, info(7, 0, true));
    bare.advance(3999);
    expect(bare.failures).toEqual([]);
    bare.advance(1);
    expect(bare.failures[0]).toBe("epoch-timeout");
    expect(bare.closed).toContain(F1);
  });

  it("testLeaderInElectingFollowers: acks of a quorum without the leader's own time out after initLimit * tickTime", () => {
    const bare = new BarePeer();
    const log: string[] = [];
    const none = { currentEpoch: 0, lastZxid: 0 };
    const acks = new EpochAck(0, majority([0, 1, 2]), none, bare, 4_000_000, true);
    expect(acks.ack(waiter(log, "1"), 1, none, 0)).toBe(true);
    expect(acks.ack(waiter(log, "2"), 2, none, 0)).toBe(true);
    acks.room.timeout(3_999_999);
    expect(log).toEqual([]);
    acks.room.timeout(4_000_000);
    expect(log).toEqual(["1 timed out", "2 timed out"]);
  });

  it("testUnnecessarySnap: a follower that has what the leader has gets a DIFF, not a SNAP", () => {
    const bare = withTwoTxns().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0));
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 2:0"]);
    expect([bare.acceptedEpoch, bare.currentEpoch]).toEqual([2, 1]);
    bare.packet(F1, ackEpoch(1, "1:2"));
    expect(bare.sentOn(F1).slice(1)).toEqual(["DIFF 1:2", "NEWLEADER 2:0"]);
  });

  it("testNormalRun: LEADERINFO, DIFF, NEWLEADER, UPTODATE, with each epoch file at its moment", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0));
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 1:0"]);
    expect([bare.acceptedEpoch, bare.currentEpoch]).toEqual([1, 0]);
    bare.packet(F1, ackEpoch(0, "0:0"));
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 1:0", "DIFF 0:0", "NEWLEADER 1:0"]);
    expect(bare.currentEpoch).toBe(1);
    bare.packet(F1, ack("1:0"));
    expect(bare.sentOn(F1).at(-1)).toBe("UPTODATE -1");
    expect(bare.peer.phase).toBe(BROADCAST);
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:0"));
  });

  it("testTxnTimeout: a follower that answers pings but acknowledges no proposal is dropped within 6 pings", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0)).packet(F1, ackEpoch(0, "0:0")).packet(F1, ack("1:0")).packet(F1, ack("1:0"));
    bare.input(() => void bare.peer.write("x"));
    let pings = 0;
    while (!bare.closed.includes(F1) && pings <= 6) {
      bare.advance(1000);
      if (bare.sentOn(F1).filter((one) => one.startsWith("PING")).length > pings) {
        pings++;
        bare.packet(F1, packet(5, z("1:1"), null));
      }
    }
    expect(bare.failures).toContain("1: txn-timeout");
    expect(pings).toBeLessThanOrEqual(6);
  });

  it("testLeaderBehind: a follower that has accepted epoch 20 makes the leader propose 21", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 20));
    expect(bare.acceptedEpoch).toBe(21);
    bare.packet(F1, ackEpoch(0, "0:0")).packet(F1, ack("21:0"));
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 21:0", "DIFF 0:0", "NEWLEADER 21:0", "UPTODATE -1"]);
  });

  it("testAbandonBeforeACKEpoch (ZOOKEEPER-1192): without ACKEPOCH the leader's currentEpoch stays", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0));
    bare.advance(2 * 2000 + 5000);
    expect([bare.acceptedEpoch, bare.currentEpoch]).toEqual([1, 0]);
    expect(bare.failures).toContain("epoch-ack-timeout");
    expect(bare.listening.has(QUORUM_PORT)).toBe(false);
  });

  it("a follower that is ahead fails only its own handler, and only before the quorum is complete", () => {
    const before = withTwoTxns().becomeLeader();
    before.accept(F1).packet(F1, info(1, 1)).packet(F1, ackEpoch(1, "1:3"));
    expect(before.failures).toEqual(["1: follower-ahead"]);
    expect(before.closed).toContain(F1);

    const after = withTwoTxns().becomeLeader();
    after.accept(F1).packet(F1, info(1, 1)).packet(F1, ackEpoch(1, "1:2"));
    after.accept(F2).packet(F2, info(2, 1)).packet(F2, ackEpoch(1, "1:3"));
    expect(after.failures).toEqual([]);
    expect(after.sentOn(F2)).toEqual(["LEADERINFO 2:0", "TRUNC 1:2", "NEWLEADER 2:0"]);
  });

  it("an ACKEPOCH of -1 does not count", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0)).packet(F1, ackEpoch(-1, "0:0"));
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 1:0"]);
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0"));
    expect(bare.sentOn(F1).slice(1)).toEqual(["DIFF 0:0", "NEWLEADER 1:0"]);
  });

  it("an ACK of NEWLEADER with another zxid is not counted, and its sender goes on (ZOOKEEPER-4685)", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0)).packet(F1, ackEpoch(0, "0:0")).packet(F1, ack("0:7"));
    expect(bare.peer.phase).not.toBe(BROADCAST);
    expect(bare.closed).not.toContain(F1);
  });
});

describe("follower", () => {
  it("testNormalFollowerRun: SNAP, NEWLEADER, a proposal and its commit before UPTODATE", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    expect(bare.sentOn(leader)).toEqual(["FOLLOWERINFO 0:0"]);
    bare.packet(leader, leaderInfo(1));
    expect(bare.sentOn(leader).at(-1)).toBe("ACKEPOCH 0:0");
    expect([bare.acceptedEpoch, bare.currentEpoch]).toEqual([1, 0]);

    const snapshot: Snapshot = { zxid: z("1:1"), history: bare.history("1:1") };
    bare.packet(leader, packet(15, z("1:1"), snapshot));
    expect(bare.notes).toEqual([]);
    bare.packet(leader, newLeader(1));
    expect(bare.notes).toEqual(["snapshot 1:1 synced"]);
    expect(bare.currentEpoch).toBe(1);
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 1:0");

    bare.packet(leader, proposal("1:1000"));
    expect(bare.peer.database.history.zxid).toBe(z("1:1"));
    bare.packet(leader, commit("1:1000"));
    expect(bare.peer.database.history.zxid).toBe(z("1:1"));
    bare.packet(leader, upToDate());
    expect(bare.sentOn(leader).slice(-2)).toEqual(["ACK 1:0", "ACK 1:1000"]);
    expect(bare.peer.database.history.zxid).toBe(z("1:1000"));
    expect(bare.syncedTxns).toBe(1);
  });

  it("testNormalFollowerRunWithDiff (ZOOKEEPER-3023): at the ACK of NEWLEADER the DIFF is applied and durable", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.packet(leader, leaderInfo(1));
    bare.slowDisk = true;
    for (const message of [packet(13, z("1:2"), null), proposal("1:2"), commit("1:2"), newLeader(1), upToDate()]) {
      bare.packet(leader, message);
    }
    expect(bare.pendingDisk).toEqual(["sync log"]);
    bare.disk(1);
    expect(bare.pendingDisk).toEqual(["write currentEpoch"]);
    expect(bare.sentOn(leader)).not.toContain("ACK 1:0");
    bare.disk(1);
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:2"));
    expect([bare.currentEpoch, bare.syncedTxns]).toEqual([1, 1]);
    expect(bare.sentOn(leader).slice(-2)).toEqual(["ACK 1:0", "ACK 1:0"]);
    expect(bare.notes).toEqual([]);
  });

  it("testNormalFollowerRun_ProcessCommitInSyncAfterAckNewLeader (ZOOKEEPER-4394)", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.packet(leader, leaderInfo(1));
    bare.packet(leader, packet(15, z("1:1"), { zxid: z("1:1"), history: bare.history("1:1") }));
    bare.packet(leader, proposal("1:1001")).packet(leader, newLeader(1));
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 1:0");
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:1"));
    expect(bare.log).toEqual([]);
    bare.packet(leader, commit("1:1001"));
    expect(bare.failures).toEqual([]);
    bare.packet(leader, upToDate());
    expect(bare.sentOn(leader).slice(-2)).toEqual(["ACK 1:0", "ACK 1:1001"]);
    expect(bare.peer.database.lastProcessedZxid).toBe(z("1:1001"));
    expect(bare.syncedTxns).toBe(1);
  });

  it("a COMMIT with nothing pending ends the synchronization; a gap inside an epoch does too (ZOOKEEPER-4925)", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare
      .packet(leader, leaderInfo(1))
      .packet(leader, packet(13, z("1:2"), null))
      .packet(leader, commit("1:1"));
    expect(bare.failures).toEqual(["commit-without-proposal"]);

    const gap = new BarePeer();
    const other = gap.becomeLearner(2);
    gap.packet(other, leaderInfo(1)).packet(other, packet(13, z("1:3"), null));
    gap.packet(other, proposal("1:1")).packet(other, proposal("1:3"));
    expect(gap.failures).toEqual(["proposal-gap"]);
  });

  it("PING is not answered before UPTODATE, and is after it", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    const ping = packet(5, z("1:0"), null);
    bare
      .packet(leader, leaderInfo(1))
      .packet(leader, packet(13, z("0:0"), null))
      .packet(leader, ping);
    bare.packet(leader, newLeader(1)).packet(leader, ping);
    expect(bare.sentOn(leader)).not.toContain("PING 1:0");
    bare.packet(leader, upToDate()).packet(leader, ping);
    expect(bare.sentOn(leader).at(-1)).toBe("PING 1:0");
  });

  it("LEADERINFO above, at and below the accepted epoch", () => {
    const run = (epoch: number): BarePeer => {
      const bare = new BarePeer({ disk: { acceptedEpoch: 3, currentEpoch: 2 } });
      const leader = bare.becomeLearner(2);
      bare.packet(leader, leaderInfo(epoch));
      return bare;
    };
    const epochs = (bare: BarePeer): unknown[] =>
      bare.sent
        .filter(({ message }) => "type" in message && message.type === 18)
        .map(({ message }) => "data" in message && message.data);
    expect(epochs(run(4))).toEqual([2]);
    expect(run(4).acceptedEpoch).toBe(4);
    expect(epochs(run(3))).toEqual([-1]);
    expect(run(2).failures).toEqual(["leader-epoch-lower"]);
  });

  it("a first packet that is neither LEADERINFO nor NEWLEADER is refused; NEWLEADER is a leader from before Zab 1.0", () => {
    const wrong = new BarePeer();
    const to = wrong.becomeLearner(2);
    wrong.packet(to, upToDate());
    expect(wrong.failures).toEqual(["first-packet-not-leaderinfo"]);

    const old = new BarePeer();
    const leader = old.becomeLearner(2);
    old.packet(leader, newLeader(1)).packet(leader, packet(13, z("0:1"), null));
    expect([old.acceptedEpoch, old.currentEpoch]).toEqual([1, 0]);
    old.packet(leader, proposal("0:1")).packet(leader, commit("0:1")).packet(leader, upToDate());
    expect(old.currentEpoch).toBe(1);
    expect(old.sentOn(leader).at(-2)).toBe("ACK 1:0");
  });
});

describe("observer", () => {
  it("testNormalObserverRun: SNAP, a proposal with its commit, an INFORM, UPTODATE", () => {
    const bare = new BarePeer({ myid: 4, verifier: majority([5, 6, 7], [4]) });
    const leader = bare.becomeLearner(7);
    expect(bare.sentOn(leader)).toEqual(["OBSERVERINFO 0:0"]);
    bare.packet(leader, leaderInfo(1));
    bare.packet(leader, packet(15, z("1:2"), { zxid: z("1:2"), history: bare.history("1:1 1:2") }));
    bare.packet(leader, newLeader(1));
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 1:0");
    expect([bare.acceptedEpoch, bare.currentEpoch]).toEqual([1, 1]);
    expect(bare.notes).toEqual(["snapshot 1:2 synced"]);
    bare.packet(leader, proposal("1:1000")).packet(leader, commit("1:1000"));
    bare.packet(leader, packet(8, z("1:1001"), txn("1:1001"))).packet(leader, upToDate());
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 1:0");
    expect(bare.peer.database.history.txns().map((one) => one.zxid)).toEqual(["1:1", "1:2", "1:1000", "1:1001"].map(z));
    expect(bare.log.at(-1)?.zxid).toBe(z("1:1001"));
  });
});
