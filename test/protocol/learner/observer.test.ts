import { describe, expect, it } from "vitest";
import { packet, type QuorumPacket, WORK_APPLY_COMMITS } from "../../../protocol/index.ts";
import {
  asLearner,
  BarePeer,
  commit,
  diff,
  ensemble,
  leaderInfo,
  newLeader,
  ping,
  proposal,
  txn,
  upToDate,
  z,
} from "../../conformance/bare-peer.ts";

const inform = (zxid: string): QuorumPacket => packet(8, z(zxid), txn(zxid));

/**
 * Makes an observer, server 0, that serves in epoch 1; the voters are 1, 2 and 3. The leader sends the packets `synced`
 * between NEWLEADER and UPTODATE.
 */
const observing = (options = {}, synced: readonly QuorumPacket[] = []): ReturnType<typeof asLearner> =>
  asLearner(new BarePeer({ myid: 0, verifier: ensemble([1, 2, 3], [0]), ...options }), [
    ...[leaderInfo(1), diff("0:0"), newLeader(1), ...synced, upToDate()],
  ]);

describe("an observer", () => {
  it("logs and applies an INFORM, and acknowledges nothing", () => {
    const { bare, leader, send } = observing();
    send(inform("1:1"), packet(19, z("1:2"), txn("1:2")));
    expect([bare.log.length, bare.peer.database.history.length]).toEqual([2, 2]);
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 1:0");
  });

  it("does not log if syncEnabled is off", () => {
    const { bare, send } = observing({ settings: { observerSyncEnabled: false } });
    send(inform("1:1"));
    expect([bare.log.length, bare.peer.database.history.length]).toEqual([0, 1]);
    expect(bare.peer.takeSnapshot()).toBe(false);
  });

  it("answers PING, ignores the packets of followers, and reports an illegal packet", () => {
    const { bare, leader, send } = observing();
    send(proposal("1:1"), commit("1:1"), packet(9, z("1:1"), bare.peer.myid), packet(6, z("1:0"), null));
    send(packet(7, z("1:0"), null), ping("1:1"));
    expect([bare.anomalies, bare.sentOn(leader).at(-1)]).toEqual([[], "PING 1:1"]);
    send(upToDate());
    expect(bare.anomalies).toEqual(["bad-state"]);
  });

  it("at UPTODATE, logs and applies the committed transactions of the synchronization", () => {
    const { bare } = observing({}, [proposal("1:1"), commit("1:1")]);
    expect([bare.log.length, bare.peer.database.history.length, bare.failures]).toEqual([1, 1, []]);
  });

  it("skips a proposal whose commit is not the next one", () => {
    const { bare } = observing({}, [proposal("1:1"), proposal("1:2"), commit("1:2")]);
    expect([bare.peer.database.history.zxid, bare.failures]).toEqual([z("1:2"), []]);
  });

  it("fails at UPTODATE if a proposal of the synchronization has no commit", () => {
    const { bare } = observing({}, [proposal("1:1"), commit("1:1"), proposal("1:2")]);
    expect(bare.failures).toEqual(["commit-without-proposal"]);
  });

  it("fails if it cannot write its log", () => {
    const { bare, send } = observing();
    bare.failNext = 0;
    send(inform("1:1"));
    expect(bare.failures).toEqual([]);
    send(inform("1:2"));
    expect(bare.failures).toEqual(["disk-error"]);
  });

  it("starts an election again after a random delay", () => {
    const { bare, leader } = observing();
    bare.disconnect(leader).advance(0);
    expect(bare.peer.state).toBe(0);
  });

  it("applies committed transactions later than their INFORMs", () => {
    const { bare, send } = observing();
    bare.slowThreads = true;
    send(inform("1:1"), inform("1:2"));
    expect([bare.pendingWork, bare.peer.database.history.length]).toEqual([[WORK_APPLY_COMMITS], 0]);
    bare.work();
    expect(bare.peer.database.history.length).toBe(2);
  });

  it("applies the commits of the synchronization before it serves only with syncedCommitsApplyBeforeServing", () => {
    const applied = (syncedCommitsApplyBeforeServing: boolean): number => {
      const synced = [proposal("1:1"), commit("1:1")];
      const bare = new BarePeer({
        myid: 0,
        verifier: ensemble([1, 2, 3], [0]),
        behavior: { syncedCommitsApplyBeforeServing },
      });
      const { send } = asLearner(bare, [leaderInfo(1), diff("0:0"), newLeader(1), ...synced]);
      bare.slowThreads = true;
      send(upToDate());
      return bare.peer.database.history.length;
    };
    expect([applied(false), applied(true)]).toEqual([0, 1]);
  });

  it("of a release whose log threads end at an ACK keeps its log thread, because it sends no ACKs", () => {
    const { bare, leader, send } = observing({ release: "3.8.6" });
    bare.slowDisk = true;
    send(inform("1:1"), inform("1:2"));
    bare.disconnect(leader).disk();
    expect(bare.log).toHaveLength(2);
  });

  it("of the release 3.5.10 does not log the proposals of the synchronization at NEWLEADER", () => {
    const { bare } = observing({ release: "3.5.10" }, [proposal("1:1"), commit("1:1")]);
    expect([bare.log.length, bare.failures]).toEqual([1, []]);
  });
});
