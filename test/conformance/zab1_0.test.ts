/**
 * ZooKeeper's Zab1_0Test. The server under test has id 0 in an ensemble of three. The test sends the packets of the
 * other servers. tickTime is 2000 ms, initLimit 2, syncLimit 2.
 */
import { describe, expect, it } from "vitest";
import { asEpoch, asServerId, BROADCAST, packet, QUORUM_PORT } from "../../protocol/index.ts";
import { EpochAck, type EpochAckWaiter } from "../../protocol/leader/epoch-ack.ts";
import { EpochProposal, type EpochWaiter } from "../../protocol/leader/epoch-proposal.ts";
import {
  ack,
  ackEpoch,
  BarePeer,
  commit,
  diff,
  ensemble,
  info,
  leaderInfo,
  newLeader,
  ping,
  proposal,
  snap,
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

const waiter = (log: string[], name: string): EpochWaiter & EpochAckWaiter => ({
  epochProposed: (epoch) => log.push(`${name} gets epoch ${epoch}`),
  epochTimedOut: () => log.push(`${name} timed out`),
  epochAborted: () => log.push(`${name} aborted`),
  epochLimitReached: () => log.push(`${name} reached the limit`),
  acceptedEpochNotWritten: () => log.push(`${name} could not write`),
  epochAcked: () => log.push(`${name} continues`),
  epochAckTimedOut: () => log.push(`${name} timed out`),
  quorumUndecidable: () => log.push(`${name} cannot count`),
});

describe("leader", () => {
  it("testLeaderInConnectingFollowers: followers without the leader time out; the leader then gets epoch 6", () => {
    const bare = new BarePeer();
    const log: string[] = [];
    const proposal = new EpochProposal(asServerId(0), ensemble([0, 1, 2]), bare, 4_000_000);
    proposal.propose(waiter(log, "1"), asServerId(1), asEpoch(0), 0);
    proposal.propose(waiter(log, "2"), asServerId(2), asEpoch(0), 0);
    proposal.timeout(3_999_999);
    expect(log).toEqual([]);
    proposal.timeout(4_000_000);
    expect(log).toEqual(["1 timed out", "2 timed out"]);
    // The leader still counts the servers whose wait timed out, so the leader itself completes the quorum.
    proposal.propose(waiter(log, "leader"), asServerId(0), asEpoch(5), 5_000_000);
    expect([proposal.epoch, bare.pendingDisk]).toEqual([6, ["write acceptedEpoch"]]);
    proposal.written(true);
    expect(log.at(-1)).toBe("leader gets epoch 6");
  });

  it("followers that connect before the leader's acceptor runs wait in the listener's backlog", () => {
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

  it("testLastAcceptedEpoch (ZOOKEEPER-1343): a follower with the proposed epoch as acceptedEpoch raises it", () => {
    const bare = new BarePeer({ disk: { acceptedEpoch: 5, currentEpoch: 0 } }).becomeLeader();
    bare.accept(F1).packet(F1, info(1, 6));
    expect(bare.acceptedEpoch).toBe(7);
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 7:0"]);
  });

  it("a leader without an epoch quorum times out after initLimit * tickTime and closes its connections", () => {
    const bare = new BarePeer({ disk: { acceptedEpoch: 5, currentEpoch: 0 } });
    bare.becomeLeader();
    // An observer waits for the quorum but does not count for it.
    bare.accept(F1).packet(F1, info(7, 0, true));
    bare.advance(3999);
    expect(bare.failures).toEqual([]);
    bare.advance(1);
    expect(bare.failures[0]).toBe("epoch-timeout");
    expect(bare.closed).toContain(F1);
  });

  it("testLeaderInElectingFollowers: a quorum of ACKEPOCHs without the leader's own times out", () => {
    const bare = new BarePeer();
    const log: string[] = [];
    const none = { currentEpoch: asEpoch(0), lastZxid: z("0:0") };
    const acks = new EpochAck({
      myid: asServerId(0),
      verifier: ensemble([0, 1, 2]),
      leader: none,
      knowsMissingDatabase: true,
      effects: bare,
      timeoutUs: 4_000_000,
    });
    expect(acks.ack(waiter(log, "1"), asServerId(1), none, 0)).toBe(true);
    expect(acks.ack(waiter(log, "2"), asServerId(2), none, 0)).toBe(true);
    acks.timeout(3_999_999);
    expect(log).toEqual([]);
    acks.timeout(4_000_000);
    expect(log).toEqual(["1 timed out", "2 timed out"]);
  });

  it("testUnnecessarySnap: a follower with the leader's history gets a DIFF, not a SNAP", () => {
    const bare = withTwoTxns().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0));
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 2:0"]);
    expect([bare.acceptedEpoch, bare.currentEpoch]).toEqual([2, 1]);
    bare.packet(F1, ackEpoch(1, "1:2"));
    expect(bare.sentOn(F1).slice(1)).toEqual(["DIFF 1:2", "NEWLEADER 2:0"]);
  });

  it("testNormalRun: LEADERINFO, DIFF, NEWLEADER, UPTODATE, and each epoch file written at its step", () => {
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

  it("testTxnTimeout: a follower that answers PINGs but acknowledges no proposal is dropped within 6 PINGs", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0)).packet(F1, ackEpoch(0, "0:0")).packet(F1, ack("1:0")).packet(F1, ack("1:0"));
    bare.input(() => void bare.peer.write("x"));
    let pings = 0;
    while (!bare.closed.includes(F1) && pings <= 6) {
      bare.advance(1000);
      if (bare.sentOn(F1).filter((one) => one.startsWith("PING")).length > pings) {
        pings++;
        bare.packet(F1, ping("1:1"));
      }
    }
    expect(bare.failures).toContain("1: txn-timeout");
    expect(pings).toBeLessThanOrEqual(6);
  });

  it("testLeaderBehind: a follower with acceptedEpoch 20 makes the leader propose epoch 21", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 20));
    expect(bare.acceptedEpoch).toBe(21);
    bare.packet(F1, ackEpoch(0, "0:0")).packet(F1, ack("21:0"));
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 21:0", "DIFF 0:0", "NEWLEADER 21:0", "UPTODATE -1"]);
  });

  it("testAbandonBeforeACKEpoch (ZOOKEEPER-1192): without ACKEPOCH the leader keeps its currentEpoch", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0));
    bare.advance(2 * 2000 + 5000);
    expect([bare.acceptedEpoch, bare.currentEpoch]).toEqual([1, 0]);
    expect(bare.failures).toContain("epoch-ack-timeout");
    expect(bare.listening.has(QUORUM_PORT)).toBe(false);
  });

  it("a follower that is ahead of the leader loses its connection, unless the ACKEPOCH quorum is complete", () => {
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

  it("an ACKEPOCH with epoch -1 does not count", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0)).packet(F1, ackEpoch(-1, "0:0"));
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 1:0"]);
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0"));
    expect(bare.sentOn(F1).slice(1)).toEqual(["DIFF 0:0", "NEWLEADER 1:0"]);
  });

  it("an ACK of NEWLEADER with another zxid does not count, but keeps its connection (ZOOKEEPER-4685)", () => {
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

    bare.packet(leader, snap("1:1", bare.history("1:1")));
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
    for (const message of [diff("1:2"), proposal("1:2"), commit("1:2"), newLeader(1), upToDate()]) {
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
    bare.packet(leader, snap("1:1", bare.history("1:1")));
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

  it("a COMMIT without a pending proposal, or a gap inside an epoch, ends following (ZOOKEEPER-4925)", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.packet(leader, leaderInfo(1)).packet(leader, diff("1:2")).packet(leader, commit("1:1"));
    expect(bare.failures).toEqual(["commit-without-proposal"]);

    const gap = new BarePeer();
    const other = gap.becomeLearner(2);
    gap.packet(other, leaderInfo(1)).packet(other, diff("1:3"));
    gap.packet(other, proposal("1:1")).packet(other, proposal("1:3"));
    expect(gap.failures).toEqual(["proposal-gap"]);
  });

  it("a learner answers PING after UPTODATE, not before", () => {
    const bare = new BarePeer();
    const leader = bare.becomeLearner(2);
    bare.packet(leader, leaderInfo(1)).packet(leader, diff("0:0")).packet(leader, ping("1:0"));
    bare.packet(leader, newLeader(1)).packet(leader, ping("1:0"));
    expect(bare.sentOn(leader)).not.toContain("PING 1:0");
    bare.packet(leader, upToDate()).packet(leader, ping("1:0"));
    expect(bare.sentOn(leader).at(-1)).toBe("PING 1:0");
  });

  it("LEADERINFO with an epoch above, at and below acceptedEpoch", () => {
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

  it("a learner accepts LEADERINFO, or NEWLEADER from a leader before Zab 1.0, as the first packet", () => {
    const wrong = new BarePeer();
    const to = wrong.becomeLearner(2);
    wrong.packet(to, upToDate());
    expect(wrong.failures).toEqual(["first-packet-not-leaderinfo"]);

    const old = new BarePeer();
    const leader = old.becomeLearner(2);
    old.packet(leader, newLeader(1)).packet(leader, diff("0:1"));
    expect([old.acceptedEpoch, old.currentEpoch]).toEqual([1, 0]);
    old.packet(leader, proposal("0:1")).packet(leader, commit("0:1")).packet(leader, upToDate());
    expect(old.currentEpoch).toBe(1);
    expect(old.sentOn(leader).at(-2)).toBe("ACK 1:0");
  });
});

describe("observer", () => {
  it("testNormalObserverRun: SNAP, a proposal with its commit, an INFORM, UPTODATE", () => {
    const bare = new BarePeer({ myid: 4, verifier: ensemble([5, 6, 7], [4]) });
    const leader = bare.becomeLearner(7);
    expect(bare.sentOn(leader)).toEqual(["OBSERVERINFO 0:0"]);
    bare.packet(leader, leaderInfo(1));
    bare.packet(leader, snap("1:2", bare.history("1:1 1:2")));
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
