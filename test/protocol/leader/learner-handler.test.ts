import { describe, expect, it } from "vitest";
import {
  asConnectionId,
  asServerId,
  asZxid,
  DISK_ACCEPTED_EPOCH,
  LOOKING,
  packet,
  type QuorumPacket,
  WORK_QUEUE_NEWLEADER,
  WORK_SEND_SNAPSHOT,
} from "../../../protocol/index.ts";
import { ack, ackEpoch, BarePeer, diff, ensemble, info, ping, txn, upToDate, z } from "../../conformance/bare-peer.ts";

const F1 = 1;
const F2 = 2;
const OBSERVER = 3;

/** Makes a leader that serves with follower 1. The ensemble has three voters and two observers. */
const serving = (options: ConstructorParameters<typeof BarePeer>[0] = {}): BarePeer => {
  const bare = new BarePeer({ verifier: ensemble([0, 1, 2], [3, 4]), ...options }).becomeLeader();
  bare.accept(F1).packet(F1, info(1, 0)).packet(F1, ackEpoch(0, "0:0")).packet(F1, ack("1:0"));
  return bare;
};

const write = (bare: BarePeer, value: string): BarePeer => bare.input(() => void bare.peer.write(value));

/** Returns a FOLLOWERINFO of a learner from before Zab 1.0. */
const oldInfo = (sid: number): QuorumPacket =>
  packet(11, z("0:0"), { serverId: asServerId(sid), protocolVersion: 1, configVersion: 0 });

describe("registration", () => {
  it("closes the connection if the first packet is neither FOLLOWERINFO nor OBSERVERINFO", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, upToDate());
    expect([bare.failures, bare.anomalies, bare.closed]).toEqual([["-1: first-packet-not-info"], ["bad-state"], [F1]]);
  });

  it("refuses a learner with a newer configuration", () => {
    const bare = new BarePeer().becomeLeader();
    const data = { serverId: asServerId(1), protocolVersion: 0x10000, configVersion: 1 };
    bare.accept(F1).packet(F1, packet(11, z("0:0"), data));
    expect(bare.failures).toEqual(["1: config-ahead"]);
  });

  it("does not read while it waits for an epoch, and closes the connection with the unread packet", () => {
    const bare = new BarePeer({ verifier: ensemble([0, 1, 2, 3, 4]) }).becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0));
    bare.accept(F2).disconnect(F2);
    expect(bare.peer.hasUnread(asConnectionId(F1))).toBe(false);
    bare.packet(F1, ping("0:0"));
    expect(bare.peer.hasUnread(asConnectionId(F1))).toBe(true);
    bare.advance(4000);
    expect([bare.failures.at(-1), bare.closed, bare.closedUnread]).toEqual(["epoch-timeout", [F2, F1], [F1]]);
  });

  it("has not read a connection in the backlog", () => {
    const bare = new BarePeer();
    bare.start().slowDisk = true;
    bare.becomeLeaderAgain().accept(F1);
    expect(bare.peer.hasUnread(asConnectionId(F1))).toBe(true);
    bare.disk();
    expect(bare.peer.hasUnread(asConnectionId(F1))).toBe(false);
  });

  it("gives a learner without LearnerInfo a negative id", () => {
    const bare = serving();
    bare
      .accept(F2)
      .packet(F2, packet(11, z("0:0"), null))
      .packet(F2, upToDate());
    expect(bare.failures).toEqual(["-1: not-ack"]);
  });

  it("sends no LEADERINFO to a learner from before Zab 1.0, and sends it NEWLEADER before the queued packets", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, oldInfo(1));
    expect(bare.sentOn(F1)).toEqual(["NEWLEADER 1:0", "DIFF 0:0"]);
    bare.packet(F1, ack("1:0"));
    expect(bare.sentOn(F1).at(-1)).toBe("UPTODATE -1");
  });

  it("closes the connection if the packet after LEADERINFO is not ACKEPOCH", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0)).packet(F1, diff("0:0"));
    expect([bare.failures, bare.anomalies]).toEqual([["1: not-ackepoch"], ["bad-state"]]);
  });

  it("closes the connection if the packet after NEWLEADER is not an ACK", () => {
    const bare = new BarePeer().becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0)).packet(F1, ackEpoch(0, "0:0")).packet(F1, diff("0:0"));
    expect([bare.failures, bare.anomalies]).toEqual([["1: not-ack"], ["bad-ack"]]);
  });

  it("closes the connection if the learner sends nothing in time", () => {
    const bare = serving();
    bare.accept(F2);
    bare.packet(F1, ping("1:0")).advance(3000).packet(F1, ping("1:0")).advance(1000);
    expect(bare.failures).toEqual(["-1: read-timeout"]);
  });
});

describe("a connection that the learner closes", () => {
  it("while the handler reads: it fails immediately", () => {
    expect(serving().disconnect(F1).failures).toEqual(["1: connection-closed"]);
  });

  it("while the handler waits: it fails when it reads again", () => {
    const bare = new BarePeer({ verifier: ensemble([0, 1, 2, 3, 4]) }).becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0)).disconnect(F1);
    expect(bare.failures).toEqual([]);
    bare.accept(F2).packet(F2, info(2, 0));
    expect(bare.failures).toEqual(["1: connection-closed"]);
  });
});

describe("waiting", () => {
  const ofFive = (): BarePeer => new BarePeer({ verifier: ensemble([0, 1, 2, 3, 4]) }).becomeLeader();

  it("ends with the leader's own timeout if no quorum sends FOLLOWERINFO", () => {
    const bare = ofFive();
    bare.accept(F1).packet(F1, info(1, 0)).advance(4000);
    expect(bare.failures).toEqual(["epoch-timeout"]);
    expect(bare.closed).toContain(F1);
  });

  it("ends with its own timeout if no quorum sends ACKEPOCH", () => {
    const bare = ofFive();
    bare.accept(F1).packet(F1, info(1, 0)).accept(F2).packet(F2, info(2, 0));
    bare.packet(F1, ackEpoch(-1, "0:0")).advance(4000);
    expect(bare.failures[0]).toBe("epoch-ack-timeout");
  });

  it("of a learner in the backlog ends with the leader's own, which begins first", () => {
    const bare = new BarePeer({ verifier: ensemble([0, 1, 2, 3, 4]) });
    bare.slowDisk = true;
    bare.becomeLeader().accept(F1).packet(F1, info(1, 0));
    bare.slowDisk = false;
    bare.disk().advance(4000);
    expect(bare.failures).toEqual(["epoch-timeout"]);
  });

  it("of a learner from before Zab 1.0, which sends no ACKEPOCH, ends with the leader's own", () => {
    const bare = new BarePeer({ verifier: ensemble([0, 1, 2, 3, 4]) });
    bare.slowDisk = true;
    bare.becomeLeader().accept(F1).packet(F1, oldInfo(1));
    bare.slowDisk = false;
    bare.disk().accept(F2).packet(F2, info(2, 0)).advance(4000);
    expect(bare.failures).toEqual(["epoch-ack-timeout"]);
    expect(bare.sentOn(F1)).toEqual([]);
  });

  it("for the quorum of ACKEPOCH can end before the leader's own begins, if acceptedEpoch could not be written", () => {
    const bare = new BarePeer({ verifier: ensemble([0, 1, 2, 3, 4]) }).becomeLeader();
    for (const sid of [F1, 3]) bare.accept(sid);
    bare.packet(F1, info(1, 0));
    bare.failNext = DISK_ACCEPTED_EPOCH;
    bare.packet(3, info(3, 0)).accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0"));
    bare.advance(4000);
    expect(bare.failures.slice(0, 2)).toEqual(["3: disk-error", "2: epoch-ack-timeout"]);
  });

  it("a learner whose wait for the quorum of NEWLEADER times out still counts", () => {
    const bare = ofFive();
    for (const sid of [F1, F2]) bare.accept(sid).packet(sid, info(sid, 0));
    bare.slowDisk = true;
    for (const sid of [F1, F2]) bare.packet(sid, ackEpoch(0, "0:0"));
    bare.packet(F1, ack("1:0")).advance(1000);
    bare.slowDisk = false;
    bare.disk().accept(3).packet(3, info(3, 0)).packet(3, ackEpoch(0, "0:0")).advance(3000);
    expect(bare.failures).toContain("1: newleader-ack-timeout");
    expect(bare.peer.leads).toBe(false);
    bare.packet(3, ack("1:0"));
    expect(bare.peer.leads).toBe(true);
  });

  it("ends without UPTODATE if the leader gives up its epoch while it notifies another learner", () => {
    const bare = new BarePeer({ verifier: ensemble([0, 1, 2, 3, 4]), settings: { initialCounter: 0xffff_fffe } });
    bare.becomeLeader();
    for (const sid of [F1, F2]) bare.accept(sid).packet(sid, info(sid, 0));
    for (const sid of [F1, F2]) bare.packet(sid, ackEpoch(0, "0:0"));
    bare.packet(F1, ack("1:0")).packet(F1, packet(1, asZxid(-1), { value: "x" }));
    bare.packet(F2, ack("1:0"));
    expect([bare.failures, bare.peer.state]).toEqual([["zxid-rollover"], LOOKING]);
    expect([bare.sentOn(F1).at(-1), bare.sentOn(F2).at(-1)]).toEqual(["UPTODATE -1", "NEWLEADER 1:0"]);
    expect(bare.closed.filter((connection) => connection === F2)).toHaveLength(1);
  });

  it("ends with a timeout if no quorum acknowledges NEWLEADER", () => {
    const bare = ofFive();
    for (const sid of [F1, F2]) bare.accept(sid).packet(sid, info(sid, 0));
    for (const sid of [F1, F2]) bare.packet(sid, ackEpoch(0, "0:0"));
    bare.advance(1000).packet(F1, ack("1:0")).advance(3000);
    expect(bare.failures).toEqual(["newleader-ack-timeout"]);
  });

  it("keeps packets that arrive too early, and handles them later", () => {
    const bare = ofFive();
    bare.accept(F1).packet(F1, info(1, 0)).packet(F1, ackEpoch(0, "0:0")).packet(F1, ack("1:0"));
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0")).packet(F2, ack("1:0"));
    expect(bare.sentOn(F1)).toEqual(["LEADERINFO 1:0", "DIFF 0:0", "NEWLEADER 1:0", "UPTODATE -1"]);
    expect(bare.peer.leads).toBe(true);
  });
});

describe("synchronization", () => {
  it("sends SNAP before the queued packets, and NEWLEADER after them", () => {
    const bare = write(serving({ settings: { forceSnapSync: true } }), "a").packet(F1, ack("1:1"));
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0"));
    expect(bare.sentOn(F2).slice(1)).toEqual(["SNAP 1:1", "NEWLEADER 1:0"]);
  });

  it("before ZOOKEEPER-3104, serializes the SNAP while the leader continues", () => {
    const bare = serving({ release: "3.4.14" });
    bare.slowThreads = true;
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0"));
    expect(bare.sentOn(F2)).toEqual(["LEADERINFO 1:0"]);
    expect(bare.pendingWork).toEqual([WORK_SEND_SNAPSHOT]);
    write(bare, "a").packet(F1, ack("1:1"));
    bare.work();
    expect(bare.sentOn(F2).slice(1)).toEqual(["SNAP 1:0", "NEWLEADER 1:0", "PROPOSAL 1:1", "COMMIT 1:1"]);
  });

  it("sends the packets that the leader forwards between the sync decision and NEWLEADER before NEWLEADER", () => {
    const bare = serving();
    bare.slowThreads = true;
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "1:0"));
    expect([bare.sentOn(F2), bare.pendingWork]).toEqual([["LEADERINFO 1:0"], [WORK_QUEUE_NEWLEADER]]);
    write(bare, "a").packet(F1, ack("1:1"));
    bare.work();
    const queued = ["DIFF 1:0", "PROPOSAL 1:1", "COMMIT 1:1", "NEWLEADER 1:0"];
    expect(bare.sentOn(F2).slice(1)).toEqual(queued);
  });

  it("sends the packets that the leader forwards during the serialization of a SNAP before NEWLEADER", () => {
    const bare = serving({ settings: { forceSnapSync: true } });
    bare.slowThreads = true;
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "1:0"));
    write(bare, "a").packet(F1, ack("1:1"));
    bare.work();
    const queued = ["SNAP 1:0", "PROPOSAL 1:1", "COMMIT 1:1", "NEWLEADER 1:0"];
    expect(bare.sentOn(F2).slice(1)).toEqual(queued);
  });

  it("truncates a committed transaction that the leader has not applied, and sends it again", () => {
    const synchronize = (syncWaitsForApply: boolean): string[] => {
      const bare = serving({ behavior: { syncWaitsForApply } });
      write(bare, "a").packet(F1, ack("1:1"));
      bare.slowThreads = true;
      write(bare, "b").packet(F1, ack("1:2"));
      bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "1:2")).work();
      return bare.sentOn(F2).slice(1);
    };
    expect(synchronize(false)).toEqual(["TRUNC 1:1", "PROPOSAL 1:2", "COMMIT 1:2", "NEWLEADER 1:0"]);
    expect(synchronize(true)).toEqual(["DIFF 1:2", "NEWLEADER 1:0"]);
  });

  it("sends a part of a SNAP with each tick, and the whole SNAP at the end", () => {
    const bare = serving({ settings: { tickTimeMs: 500 } });
    bare.slowThreads = true;
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0"));
    for (let i = 0; i < 4; i++) bare.advance(250).packet(F1, ping("1:0"));
    bare.work();
    const part = "SNAP 1:0 (part)";
    expect(bare.sentOn(F2).slice(1)).toEqual([part, part, part, part, "SNAP 1:0", "NEWLEADER 1:0"]);
  });

  it("drops a serialized SNAP if the connection has closed", () => {
    const bare = serving({ release: "3.4.14", settings: { tickTimeMs: 500 } });
    bare.slowThreads = true;
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0"));
    bare.advance(10_000);
    expect(bare.failures.at(-1)).toBe("not-enough-followers");
    bare.work();
    expect(bare.sentOn(F2)).not.toContain("SNAP 1:0");
  });

  it("refuses an observer over the limit of concurrent synchronizations, not a voter", () => {
    const bare = serving({ settings: { maxConcurrentDiffSyncs: 0, maxConcurrentSnapSyncs: 0 } });
    bare
      .accept(OBSERVER)
      .packet(OBSERVER, info(3, 0, true))
      .packet(OBSERVER, ackEpoch(0, "1:0"));
    expect(bare.failures).toEqual(["3: sync-throttled"]);
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "1:0"));
    expect(bare.failures).toEqual(["3: sync-throttled"]);
  });

  it("frees its place when the learner closes the connection", () => {
    const bare = serving({ settings: { maxConcurrentDiffSyncs: 1 } });
    bare
      .accept(OBSERVER)
      .packet(OBSERVER, info(3, 0, true))
      .packet(OBSERVER, ackEpoch(0, "1:0"))
      .disconnect(OBSERVER);
    bare
      .accept(4)
      .packet(4, info(4, 0, true))
      .packet(4, ackEpoch(0, "1:0"));
    expect(bare.failures).toEqual(["3: connection-closed"]);
  });
});

describe("serving", () => {
  it("forwards proposals and commits to followers, and INFORM to observers", () => {
    const bare = serving();
    bare
      .accept(OBSERVER)
      .packet(OBSERVER, info(3, 0, true))
      .packet(OBSERVER, ackEpoch(0, "1:0"));
    bare.packet(OBSERVER, ack("1:0"));
    write(bare, "a").packet(F1, ack("1:1"));
    expect(bare.sentOn(F1).slice(-2)).toEqual(["PROPOSAL 1:1", "COMMIT 1:1"]);
    expect(bare.sentOn(OBSERVER).slice(-2)).toEqual(["UPTODATE -1", "INFORM 1:1"]);
  });

  it("proposes the writes that a learner forwards", () => {
    const bare = serving().packet(F1, packet(1, asZxid(-1), { value: "x" }));
    expect(bare.sentOn(F1).at(-1)).toBe("PROPOSAL 1:1");
  });

  it("ignores PING and REVALIDATE, and reports a packet that a learner never sends", () => {
    const bare = serving()
      .packet(F1, ping("1:0"))
      .packet(F1, packet(6, asZxid(-1), null));
    expect(bare.anomalies).toEqual([]);
    expect(bare.packet(F1, packet(2, z("1:1"), txn("1:1"))).anomalies).toEqual(["bad-state"]);
  });

  it("reports an ACK of a proposal that the leader has not made", () => {
    const bare = write(serving(), "a").packet(F1, ack("1:5"));
    expect(bare.anomalies).toEqual(["bad-ack"]);
  });
});
