import { describe, expect, it } from "vitest";
import {
  asConnectionId,
  DISK_ACCEPTED_EPOCH,
  DISK_CURRENT_EPOCH,
  DISK_SYNC_LOG,
  ELECTION_PORT,
  LOOKING,
  QUORUM_PORT,
  TIMER_ROLE,
  WORK_APPLY_COMMITS,
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
  upToDate,
} from "../../conformance/bare-peer.ts";

const following = (options: BareOptions = {}): ReturnType<typeof asLearner> =>
  asLearner(new BarePeer(options), [leaderInfo(1), diff("0:0"), newLeader(1), upToDate()]);

describe("connecting", () => {
  it("fails if the leader is not in the view", () => {
    const bare = new BarePeer({ view: [0, 1], release: "3.4.10" }).start();
    bare.notify(1, { leader: 2 }).advance(200);
    expect(bare.failures).toEqual(["leader-unknown"]);
  });

  it("ignores connections and refusals that it does not expect", () => {
    const { bare, leader } = asLearner(new BarePeer());
    bare.refused(leader).connected(leader).refused(77);
    expect([bare.failures, bare.sentOn(leader)]).toEqual([[], ["FOLLOWERINFO 0:0"]]);
    bare.packet(55, leaderInfo(1)).disconnect(55);
    expect(bare.failures).toEqual([]);
  });

  it("closes a connection attempt that takes too long, and tries again after a pause", () => {
    const bare = new BarePeer({
      release: "3.5.5",
      settings: { syncLimit: 1, tickTimeMs: 1000, initLimit: 10 },
    }).start();
    bare.notify(1, { state: 1, leader: 2 }).notify(2, { state: 2, leader: 2 });
    const toLeader = (): number => bare.connects.filter(({ port }) => port === QUORUM_PORT).length;
    bare.advance(999);
    expect([toLeader(), bare.closed.length]).toEqual([1, 0]);
    bare.advance(1001);
    expect(toLeader()).toBe(2);
  });
});

describe("the epoch", () => {
  it("a learner that cannot write acceptedEpoch fails", () => {
    const { bare, send } = asLearner(new BarePeer());
    bare.failNext = DISK_ACCEPTED_EPOCH;
    send(leaderInfo(1));
    expect(bare.failures).toEqual(["disk-error"]);
  });

  it("a learner that is reset while it writes acceptedEpoch fails when the write ends", () => {
    const { bare, leader, send } = asLearner(new BarePeer());
    bare.slowDisk = true;
    send(leaderInfo(1));
    bare.disconnect(leader, "reset").disconnect(leader, "reset");
    expect(bare.failures).toEqual([]);
    bare.disk();
    expect([bare.failures, bare.acceptedEpoch]).toEqual([["connection-closed"], 1]);
  });

  it("a learner whose connection closes during a write still handles the packets before", () => {
    const { bare, leader, send } = asLearner(new BarePeer());
    bare.slowDisk = true;
    send(leaderInfo(1), diff("0:0"));
    bare.disconnect(leader);
    bare.disk();
    expect([bare.failures, bare.sentOn(leader).at(-1)]).toEqual([["connection-closed"], "ACKEPOCH 0:0"]);
  });

  it("a learner that cannot read the next packet fails after its write, with unread packets in the kernel", () => {
    const { bare, leader, send } = asLearner(new BarePeer());
    bare.slowDisk = true;
    send(leaderInfo(1), diff("0:0"));
    expect(bare.peer.hasUnread(asConnectionId(leader))).toBe(true);
    bare.failNext = DISK_ACCEPTED_EPOCH;
    bare.disk();
    expect([bare.failures, bare.closed.at(-1), bare.closedUnread]).toEqual([["disk-error"], leader, [leader]]);
  });

  it("a learner that fails at a packet has read the packets that arrived before the same read", () => {
    const { bare, leader, send } = asLearner(new BarePeer());
    bare.slowDisk = true;
    send(leaderInfo(1), newLeader(1), diff("0:0"));
    bare.disk();
    expect([bare.failures, bare.closedUnread]).toEqual([["unexpected-sync-packet"], []]);
    expect(bare.peer.hasUnread(asConnectionId(leader))).toBe(false);
  });

  it("an old leader's NEWLEADER with a lower epoch is refused", () => {
    const { bare, send } = asLearner(new BarePeer({ disk: { acceptedEpoch: 3, currentEpoch: 2 } }));
    send(newLeader(2));
    expect(bare.failures).toEqual(["leader-epoch-lower"]);
  });

  it("a learner that needs a SNAP reports zxid 0", () => {
    const { bare, leader, send } = asLearner(new BarePeer());
    bare.peer.needsSnap = true;
    send(leaderInfo(1));
    expect(bare.sentOn(leader).at(-1)).toBe("ACKEPOCH 0:0");
  });
});

describe("serving", () => {
  it("a learner that hears nothing within syncLimit fails", () => {
    const { bare, send } = following();
    bare.advance(3000);
    send(ping("1:0"));
    bare.advance(3999);
    expect(bare.failures).toEqual([]);
    bare.advance(1);
    expect([bare.failures, bare.peer.state]).toEqual([["read-timeout"], LOOKING]);
  });

  it("a timer of the former role has no effect", () => {
    const { bare, leader } = following();
    bare.disconnect(leader).input(() => bare.peer.timer(TIMER_ROLE));
    expect(bare.failures).toEqual(["connection-closed"]);
  });

  it("a learner refuses writes before it serves", () => {
    const { bare } = asLearner(new BarePeer(), [leaderInfo(1)]);
    expect(bare.peer.write("x")).toBe(false);
  });
});

it("work that a former learner started has no effect", () => {
  const { bare, send } = following();
  send(proposal("1:1"));
  bare.input(() => bare.peer.workDone(WORK_APPLY_COMMITS, 9999));
  expect(bare.peer.database.history.length).toBe(0);
});

describe("shutdown", () => {
  /** Makes a follower of this release. The follower then loses its leader while the log thread syncs. */
  const losesLeader = (release: string): BarePeer => {
    const { bare, leader, send } = following({ release });
    bare.slowDisk = true;
    send(proposal("1:1"), proposal("1:2"));
    return bare.disconnect(leader);
  };

  it("waits for the log thread, then applies the log to the tree (3.9.3 and later)", () => {
    const bare = losesLeader("newest");
    expect([bare.peer.state, bare.peer.database.history.length]).toEqual([1, 0]);
    bare.disk();
    expect([bare.peer.state, bare.peer.database.history.length]).toEqual([LOOKING, 2]);
  });

  it("applies the log to the tree, and leaves the log thread running (3.6.4 to 3.9.2)", () => {
    const bare = losesLeader("3.6.4");
    expect([bare.peer.state, bare.peer.database.history.length]).toEqual([LOOKING, 1]);
    bare.disk();
    expect(bare.log).toHaveLength(2);
  });

  it("applies the log to the tree, then waits for the log thread (up to 3.6.2)", () => {
    const bare = losesLeader("3.6.2");
    expect([bare.peer.state, bare.peer.database.history.length]).toEqual([1, 1]);
    bare.disk();
    expect([bare.peer.state, bare.peer.database.history.length]).toEqual([LOOKING, 1]);
  });

  it("does not apply the log to the tree in 3.4.10", () => {
    const bare = losesLeader("3.4.10");
    bare.disk();
    expect([bare.log.length, bare.peer.database.history.length]).toEqual([2, 0]);
  });

  it("reports a second failure during the shutdown only once", () => {
    const { bare, leader, send } = following();
    bare.slowDisk = true;
    send(proposal("1:1"));
    bare.disconnect(leader);
    bare.failNext = DISK_SYNC_LOG;
    bare.disk();
    expect(bare.failures).toEqual(["connection-closed"]);
  });

  it("a log that does not fit the tree ends the process", () => {
    const { bare, leader, send } = following();
    send(proposal("1:1"), commit("1:1"), proposal("1:3"));
    bare.disconnect(leader);
    expect([bare.exitCode, bare.failures]).toEqual([1, ["connection-closed", "proposal-gap"]]);
  });
});

describe("a learner that cannot write currentEpoch", () => {
  it.each([
    ["3.4.14", 1],
    ["newest", 0],
  ])("%s then has currentEpoch %s in memory", (release, epoch) => {
    const { bare, send } = asLearner(new BarePeer({ release }), [leaderInfo(1), diff("0:0")]);
    bare.failNext = DISK_CURRENT_EPOCH;
    send(newLeader(1));
    expect([bare.failures, bare.peer.currentEpoch]).toEqual([["disk-error"], epoch]);
  });
});

it("a leader's connections on the quorum port of a learner are closed", () => {
  const { bare } = following();
  bare.accept(9);
  expect(bare.closed).toContain(9);
  expect(bare.listening).toEqual(new Set([ELECTION_PORT]));
});
