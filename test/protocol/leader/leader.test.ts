import { describe, expect, it } from "vitest";
import {
  asServerId,
  DISK_ACCEPTED_EPOCH,
  DISK_CURRENT_EPOCH,
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  hierarchical,
  LEADING,
  LOOKING,
  MAX_EPOCH,
  QUORUM_PORT,
  type ReconfigRequest,
  type ReconfigResult,
  WORK_APPLY_COMMITS,
} from "../../../protocol/index.ts";
import { ack, ackEpoch, type BareOptions, BarePeer, ensemble, info, ping } from "../../conformance/bare-peer.ts";

const F1 = 1;
const F2 = 2;

/** Makes a leader of three servers that serves with follower 1. */
const serving = (options: BareOptions = {}): BarePeer => {
  const bare = new BarePeer(options).becomeLeader();
  return bare.accept(F1).packet(F1, info(1, 0)).packet(F1, ackEpoch(0, "0:0")).packet(F1, ack("1:0"));
};

const write = (bare: BarePeer, value: string): BarePeer => bare.input(() => void bare.peer.write(value));

describe("a new leader", () => {
  it("exits if it cannot save its snapshot", () => {
    const bare = new BarePeer();
    bare.start();
    bare.failNext = DISK_SNAPSHOT;
    bare.notify(1, { leader: 0 }).notify(2, { leader: 0 }).advance(200);
    expect([bare.failures, bare.exitCode]).toEqual([["disk-error"], 10]);
  });

  it("saves no snapshot in 3.4", () => {
    expect(new BarePeer({ release: "3.4.14" }).becomeLeader().notes).toEqual([]);
  });

  it.each(["closed", "reset"] as const)(
    "reads what a learner sent on a connection in the backlog that was %s",
    (how) => {
      const bare = new BarePeer();
      bare.slowDisk = true;
      bare.becomeLeader().accept(F1).packet(F1, info(1, 4)).disconnect(F1, how);
      bare.slowDisk = false;
      bare.disk();
      expect(bare.sentOn(F1)).toEqual(["LEADERINFO 5:0"]);
      expect([bare.failures, bare.peer.acceptedEpoch]).toEqual([["1: connection-closed"], 5]);
    },
  );

  it("proposes no epoch before its stalled main thread counts itself; handlers wait for initLimit", () => {
    const bare = new BarePeer();
    bare.peer.stallLeader();
    bare.becomeLeader();
    for (const sid of [F1, F2]) bare.accept(sid).packet(sid, info(sid, 4));
    expect([bare.sentOn(F1), bare.peer.acceptedEpoch]).toEqual([[], 0]);
    bare.advance(20_000);
    expect(bare.failures).toEqual(["1: epoch-timeout", "2: epoch-timeout"]);
    // The two servers stay counted, as in Leader#connectingFollowers.
    bare.peer.resumeLeader(false);
    bare.input(() => bare.peer.runLeader());
    expect([bare.peer.acceptedEpoch, bare.peer.state]).toEqual([5, LEADING]);
  });

  it("stops leading in 3.4.10 if an observer counts in a hierarchical quorum before its stalled main thread", () => {
    const verifier = hierarchical([[0, 1, 2].map(asServerId)], new Map(), [asServerId(3)]);
    const bare = new BarePeer({ release: "3.4.10", verifier });
    bare.peer.stallLeader();
    bare
      .becomeLeader()
      .accept(F1)
      .packet(F1, info(3, 0, true));
    bare.peer.resumeLeader(true);
    bare.input(() => bare.peer.runLeader());
    expect([bare.failures, bare.peer.state]).toEqual([["observer-without-group"], LOOKING]);
  });

  it("reads ACKEPOCHs before its stalled main thread counts itself; handlers wait for initLimit", () => {
    const bare = new BarePeer().becomeLeader().accept(F1);
    bare.peer.stallLeader();
    bare.peer.stallLeader();
    bare.packet(F1, info(1, 0)).packet(F1, ackEpoch(0, "0:0"));
    bare.peer.resumeLeader(false);
    bare.input(() => bare.peer.runLeader()).advance(2000);
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0")).advance(3000);
    expect([bare.failures, bare.sentOn(F2)]).toEqual([["1: epoch-ack-timeout"], ["LEADERINFO 1:0"]]);
    bare.peer.resumeLeader(true);
    bare.input(() => bare.peer.runLeader());
    expect(bare.sentOn(F2)).toEqual(["LEADERINFO 1:0", "DIFF 0:0", "NEWLEADER 1:0"]);
    bare.packet(F2, ack("1:0"));
    expect([bare.sentOn(F2).at(-1), bare.failures.length]).toEqual(["UPTODATE -1", 1]);
  });

  it("closes the connections in the backlog if its own acceptedEpoch is the largest possible", () => {
    const bare = new BarePeer({ disk: { acceptedEpoch: MAX_EPOCH, currentEpoch: 1 } });
    bare.slowDisk = true;
    bare.becomeLeader().accept(F1).packet(F1, info(1, 4));
    bare.slowDisk = false;
    bare.disk();
    expect([bare.failures, bare.peer.state]).toEqual([["epoch-limit"], LOOKING]);
    expect([bare.sentOn(F1), bare.closed]).toEqual([[], [F1]]);
  });

  it("uses the epoch although acceptedEpoch could not be written; the writer's connection closes", () => {
    const bare = new BarePeer().becomeLeader().accept(F1);
    bare.failNext = DISK_ACCEPTED_EPOCH;
    bare.packet(F1, info(1, 0));
    expect(bare.failures).toEqual(["1: disk-error"]);
    bare.accept(F2).packet(F2, info(2, 0));
    expect(bare.sentOn(F2)).toEqual(["LEADERINFO 1:0"]);
    bare.advance(3800);
    expect(bare.peer.state).toBe(LEADING);
  });

  it("fails if its own thread completes the quorum and cannot write acceptedEpoch", () => {
    const bare = new BarePeer({ verifier: ensemble([0]) }).start();
    bare.failNext = DISK_ACCEPTED_EPOCH;
    bare.advance(200);
    expect(bare.failures).toEqual(["disk-error"]);
  });

  it("with unwrittenEpochNotUsed, fails if acceptedEpoch could not be written", () => {
    const bare = new BarePeer({ behavior: { unwrittenEpochNotUsed: true } }).becomeLeader().accept(F1);
    bare.failNext = DISK_ACCEPTED_EPOCH;
    bare.packet(F1, info(1, 0));
    expect([bare.failures, bare.peer.state]).toEqual([["disk-error"], LOOKING]);
  });

  it("fails if it cannot write currentEpoch", () => {
    const bare = new BarePeer().becomeLeader().accept(F1).packet(F1, info(1, 0));
    bare.failNext = DISK_CURRENT_EPOCH;
    bare.packet(F1, ackEpoch(0, "0:0"));
    expect(bare.failures).toEqual(["disk-error"]);
  });

  it("alone in its ensemble, serves without learners", () => {
    const bare = new BarePeer({ verifier: ensemble([0]) }).start().advance(200);
    expect(bare.peer.leads).toBe(true);
    write(bare, "a");
    expect(bare.peer.database.history.length).toBe(1);
  });
});

describe("a leader that does not serve", () => {
  it("refuses writes, and ignores work that is not its own", () => {
    const bare = new BarePeer().becomeLeader().accept(F1).packet(F1, info(1, 0));
    bare.input(() => bare.peer.workDone(WORK_APPLY_COMMITS, F1));
    expect([bare.peer.write("x"), bare.failures]).toEqual([false, []]);
  });

  it("reports a second failure during its shutdown only once", () => {
    const bare = write(serving(), "a");
    bare.slowDisk = true;
    write(bare, "b").disconnect(F1).advance(2000);
    bare.failNext = DISK_SYNC_LOG;
    bare.disk();
    expect(bare.failures).toEqual(["1: connection-closed", "not-enough-followers"]);
  });
});

describe("a leader that waits for FOLLOWERINFO (maxTimeToWaitForEpoch)", () => {
  const waiting = (maxTimeToWaitForEpochMs: number): BarePeer => {
    const bare = new BarePeer({ verifier: ensemble([0, 1, 2, 3, 4]), settings: { maxTimeToWaitForEpochMs } });
    return bare.becomeLeader().accept(F1).packet(F1, info(1, 0)).advance(1000);
  };

  it("gives up, with its handlers, if a voter that elected it is LOOKING again", () => {
    const bare = waiting(500).notify(2, { electionEpoch: 2 });
    expect(bare.failures).toEqual(["epoch-quit"]);
    expect(bare.closed).toContain(F1);
  });

  it.each([-1, 2000])("continues with a limit of %i ms", (limit) => {
    expect(waiting(limit).notify(2, { electionEpoch: 2 }).failures).toEqual([]);
  });

  it("continues in releases before ZOOKEEPER-3109", () => {
    const bare = new BarePeer({ release: "3.5.10", settings: { maxTimeToWaitForEpochMs: 0 } }).becomeLeader();
    expect(bare.advance(1000).notify(2, { electionEpoch: 2 }).failures).toEqual([]);
  });

  it("continues once the epoch is final", () => {
    expect(serving({ settings: { maxTimeToWaitForEpochMs: 0 } }).notify(2, { electionEpoch: 2 }).failures).toEqual([]);
  });
});

describe("a serving leader", () => {
  it("with learnerAheadEndsLeading, gives up if a learner has accepted a later epoch", () => {
    const bare = serving({ behavior: { learnerAheadEndsLeading: true } });
    bare.accept(F2).packet(F2, info(2, 7));
    expect([bare.failures, bare.peer.state]).toEqual([["follower-ahead"], LOOKING]);
  });

  it("with learnerAheadEndsLeading, gives up only after the write of currentEpoch that it has begun", () => {
    const bare = new BarePeer({ behavior: { learnerAheadEndsLeading: true } }).becomeLeader();
    bare.accept(F1).packet(F1, info(1, 0));
    bare.slowDisk = true;
    bare.packet(F1, ackEpoch(0, "0:0")).accept(F2).packet(F2, info(2, 7));
    expect([bare.failures, bare.peer.state, bare.pendingDisk]).toEqual([[], LEADING, ["write currentEpoch"]]);
    bare.disk();
    expect([bare.failures, bare.peer.state, bare.peer.currentEpoch]).toEqual([["follower-ahead"], LOOKING, 1]);
  });

  it("fails when its quorum of followers is lost", () => {
    const bare = serving().disconnect(F1).advance(2000);
    expect(bare.failures).toEqual(["1: connection-closed", "not-enough-followers"]);
    expect(bare.listening.has(QUORUM_PORT)).toBe(false);
  });

  it("pings its followers every half tick", () => {
    const bare = serving();
    for (let i = 0; i < 4; i++) bare.advance(1000).packet(F1, ping("1:0"));
    expect(bare.sentOn(F1).filter((one) => one === "PING 1:0")).toHaveLength(4);
    expect(bare.failures).toEqual([]);
  });

  it("queues writes while PrepRequestProcessor stalls, and proposes them in order after the last stall", () => {
    const bare = serving();
    expect([bare.peer.stallRequests(), bare.peer.stallRequests()]).toEqual([true, true]);
    write(write(bare, "a"), "b");
    expect([bare.peer.resumeRequests(false), bare.sentOn(F1).includes("PROPOSAL 1:1")]).toEqual([true, false]);
    bare.input(() => bare.peer.runRequests());
    expect(bare.sentOn(F1).includes("PROPOSAL 1:1")).toBe(false);
    bare.peer.resumeRequests(false);
    write(bare, "c");
    bare.input(() => bare.peer.runRequests());
    const sent = bare.sentOn(F1).filter((one) => one.startsWith("PROPOSAL"));
    expect(sent).toEqual(["PROPOSAL 1:1", "PROPOSAL 1:2", "PROPOSAL 1:3"]);
  });

  it("drops the writes that wait for PrepRequestProcessor if it stops leading, or if the counter is used up", () => {
    const bare = serving({ settings: { initialCounter: 0xffff_fffd } });
    bare.peer.stallRequests();
    write(write(write(bare, "a"), "b"), "c");
    expect(bare.peer.resumeRequests(true)).toBe(true);
    bare.input(() => bare.peer.runRequests());
    expect(bare.failures).toEqual(["zxid-rollover"]);
    expect([bare.peer.stallRequests(), bare.peer.resumeRequests(true)]).toEqual([false, false]);
  });

  it("gives up its epoch when the counter is used up", () => {
    const bare = serving({ settings: { initialCounter: 0xffff_fffd } });
    write(bare, "a");
    expect(bare.failures).toEqual([]);
    write(bare, "b");
    expect(bare.failures).toEqual(["zxid-rollover"]);
    expect(bare.peer.write("c")).toBe(false);
  });

  it.each([
    [{}, undefined],
    [{ failedLogWriteExits: true }, 1],
  ])("that cannot write its log fails at the next half tick; with %j it exits with %s", (behavior, exitCode) => {
    const bare = serving({ behavior });
    bare.failNext = DISK_SYNC_LOG;
    write(bare, "a");
    if (exitCode === undefined) expect(bare.failures).toEqual([]);
    bare.advance(1000);
    expect([bare.failures, bare.exitCode]).toEqual([["disk-error"], exitCode]);
  });

  it("that fails waits for its log thread, counts ACKs meanwhile, and applies its log before it looks again", () => {
    const bare = serving({ verifier: ensemble([0, 1, 2]) });
    bare.slowDisk = true;
    write(bare, "a");
    bare.disconnect(F1).advance(2000);
    expect(bare.failures.at(-1)).toBe("not-enough-followers");
    expect([bare.peer.state, bare.peer.database.history.length]).toEqual([LEADING, 0]);
    bare.accept(F2).packet(F2, info(2, 0));
    bare.disk();
    expect([bare.peer.state, bare.peer.database.history.length]).toEqual([LOOKING, 1]);
  });

  it("that shuts down still queues newly committed transactions for learners that synchronize", () => {
    const bare = serving({ verifier: ensemble([0, 1, 2]), settings: { initialCounter: 0xffff_fffc } });
    bare.slowDisk = true;
    write(write(write(bare, "a"), "b"), "c");
    expect(bare.failures).toEqual(["zxid-rollover"]);
    bare.packet(F1, ack(`1:${0xffff_fffd}`)).packet(F1, ack(`1:${0xffff_fffe}`));
    bare.disk(1);
    expect(bare.sentOn(F1).at(-1)).toBe(`COMMIT 1:${0xffff_fffd}`);
    bare.disk();
    expect([bare.peer.state, bare.peer.database.history.length]).toEqual([LOOKING, 2]);
  });
});

describe.each([false, true])("with truncRemovesEverythingAbove: %s", (truncRemovesEverythingAbove) => {
  const empty = new BarePeer().history("1:1").prefix(0);
  const txn = new BarePeer().history("1:1").txns();
  const disk = { acceptedEpoch: 1, currentEpoch: 1, snapshots: [{ zxid: empty.zxid, history: empty }], log: txn };

  it.each([
    ["DIFF 0:0", "without transactions", {}],
    ["SNAP 1:1", "with 1:1", disk],
  ])("sends %s to a learner at zxid 0 as a leader %s", (first, _, ownDisk) => {
    const bare = new BarePeer({ behavior: { truncRemovesEverythingAbove }, disk: ownDisk }).becomeLeader();
    bare.accept(F1).packet(F1, info(1, 1)).packet(F1, ackEpoch(0, "0:0"));
    expect(bare.sentOn(F1)[1]).toBe(first);
  });
});

describe("with syncForgetsAcks", () => {
  it("a leader discards the ACKs of a learner that it synchronizes again", () => {
    const bare = serving({ verifier: ensemble([0, 1, 2, 3, 4]), behavior: { syncForgetsAcks: true } });
    expect(bare.peer.leads).toBe(false);
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0")).packet(F2, ack("1:0"));
    bare.accept(3).packet(3, info(3, 0)).packet(3, ackEpoch(0, "0:0")).packet(3, ack("1:0"));
    write(bare, "a").packet(F2, ack("1:1"));
    bare.accept(9).packet(9, info(2, 0)).packet(9, ackEpoch(0, "1:0")).packet(9, ack("1:0"));
    bare.packet(3, ack("1:1"));
    // The leader counts its own ACK and the ACK of server 3. It has discarded the ACK of server 2.
    expect(bare.peer.database.history.length).toBe(0);
    bare.packet(F2, ack("1:1"));
    expect(bare.peer.database.history.length).toBe(0);
    bare.packet(9, ack("1:1"));
    expect(bare.peer.database.history.length).toBe(1);
  });
});

describe("a reconfiguration", () => {
  const settings = { reconfigEnabled: true };
  const removed = (sid: number): ReconfigRequest => ({ leaving: [asServerId(sid)] });
  const reconfig = (bare: BarePeer, request: ReconfigRequest): ReconfigResult => {
    let result: ReconfigResult = "none";
    bare.input(() => {
      result = bare.peer.reconfig(request);
    });
    return result;
  };

  it("is taken only by a leader that serves", () => {
    expect(reconfig(new BarePeer({ settings }).start(), removed(2))).toBe("none");
    expect(reconfig(new BarePeer({ settings }).becomeLeader(), removed(2))).toBe("none");
  });

  it("is refused with a transaction of its own", () => {
    const bare = serving();
    expect(reconfig(bare, removed(2))).toBe("ReconfigDisabled");
    expect(bare.sentOn(F1)).toContain("PROPOSAL 1:1");
  });

  it("waits while the requests stall", () => {
    const bare = serving({ settings });
    bare.peer.stallRequests();
    expect(reconfig(bare, removed(2))).toBe("queued");
    bare.peer.resumeRequests(true);
    bare.input(() => bare.peer.runRequests());
    expect(bare.configWrites.at(-1)).toBe("next voters 0,1; version 1:1");
  });

  it("is committed with COMMITANDACTIVATE, and so are the transactions after it", () => {
    const bare = serving({ settings });
    expect(reconfig(bare, removed(2))).toBe("proposed");
    write(bare, "w1");
    bare.packet(F1, ack("1:1")).packet(F1, ack("1:2"));
    expect(bare.sentOn(F1).slice(-2)).toEqual(["COMMITANDACTIVATE 1:1", "COMMIT 1:2"]);
    expect(bare.peer.configurations.committed.voters).toEqual([0, 1]);
    expect(bare.configWrites.slice(-3)).toEqual([
      "dynamic voters 0,1; version 1:1",
      "pointer voters 0,1; version 1:1",
      "delete next",
    ]);
  });

  it("without this leader designates another one, and the leader commits nothing more", () => {
    const bare = serving({ settings });
    bare.accept(F2).packet(F2, info(2, 0)).packet(F2, ackEpoch(0, "0:0")).packet(F2, ack("1:0"));
    reconfig(bare, removed(0));
    write(bare, "w1");
    for (const follower of [F1, F2]) bare.packet(follower, ack("1:1")).packet(follower, ack("1:2"));
    expect(bare.sentOn(F1)).toContain("COMMITANDACTIVATE 1:1");
    expect(bare.sentOn(F1)).not.toContain("COMMIT 1:2");
  });
});

describe("a leader with learners that its configuration lacks or lists as observers", () => {
  const STRANGER = 7;
  /** Makes a leader of servers 0, 1 and 2 to which only a server outside its configuration sends packets. */
  const withStranger = (release: string, bare = new BarePeer({ release }).becomeLeader()): BarePeer =>
    bare
      .accept(STRANGER)
      .packet(STRANGER, info(STRANGER, 0))
      .packet(STRANGER, ackEpoch(0, "0:0"))
      .packet(STRANGER, ack("1:0"));

  it.each([
    ["3.4.10", true],
    ["3.4.14", false],
    ["3.5.5", false],
    ["newest", false],
  ])("%s: FOLLOWERINFO, ACKEPOCH and the ACK of NEWLEADER of a stranger establish it: %s", (release, established) => {
    expect(withStranger(release).peer.leads).toBe(established);
  });

  it.each([
    ["3.4.10", true],
    ["3.4.14", true],
    ["3.5.5", false],
    ["newest", false],
  ])("%s: the ACK of a stranger commits a proposal: %s", (release, commits) => {
    const bare = withStranger(release, serving({ release }));
    write(bare, "w1");
    bare.disconnect(F1).packet(STRANGER, ack("1:1"));
    expect(bare.sentOn(STRANGER).includes("COMMIT 1:1")).toBe(commits);
  });

  it.each([
    ["3.4.14", true],
    ["newest", false],
  ])("%s: a stranger that sent FOLLOWERINFO keeps it leading: %s", (release, leads) => {
    const bare = withStranger(release, serving({ release }));
    bare.disconnect(F1);
    for (let i = 0; i < 4; i++) bare.packet(STRANGER, ping("0:0")).advance(2000);
    expect(bare.peer.leads).toBe(leads);
  });

  it("3.5 and later: a voter that connects as an observer counts, except for proposals", () => {
    const bare = new BarePeer()
      .becomeLeader()
      .accept(F2)
      .packet(F2, info(F2, 0, true));
    bare.packet(F2, ackEpoch(0, "0:0")).packet(F2, ack("1:0"));
    expect(bare.peer.leads).toBe(true);
    for (let i = 0; i < 4; i++) bare.packet(F2, ping("0:0")).advance(2000);
    expect(bare.peer.leads).toBe(true);
    write(bare, "w1");
    expect(bare.sentOn(F2).some((line) => line.startsWith("PROPOSAL"))).toBe(false);
  });
});
