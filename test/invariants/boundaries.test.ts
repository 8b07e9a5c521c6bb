/**
 * The boundary between violations and legal behavior, in sequences with crashes, late learners, deposed leaders,
 * snapshots and truncations. The shortest violation of each invariant is in invariants.test.ts.
 */
import { describe, expect, it } from "vitest";
import {
  asEpoch,
  asServerId,
  asZxid,
  ELECTION,
  FOLLOWING,
  LOOKING,
  makeZxid,
  type ServerId,
  SYNCHRONIZATION,
} from "../../protocol/index.ts";
import { HandwrittenRun, LARGE_ZXID } from "./handwritten-run.ts";

interface Case {
  readonly name: string;
  readonly notes: (run: HandwrittenRun) => unknown;
  /** The violations to expect; default: none. */
  readonly violations?: string[];
  /** The history that clients may have read before the run; default: none. */
  readonly before?: string;
}

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "primary-uniqueness": [
    {
      name: "a server is established twice in one epoch, because it lost acceptedEpoch in a crash",
      notes: (run) => run.server(1).leads(2, "").crashes().starts("").leads(2, ""),
      violations: ["primary-uniqueness at 1"],
    },
    {
      name: "two servers propose one epoch, and one of them is established",
      notes: (run) => {
        run.server(1).starts("").proposesEpoch(2);
        run.server(2).starts("").leads(2, "");
      },
    },
  ],
  integrity: [
    {
      name: "a leader has a transaction from before the run that was on no disk",
      notes: (run) => {
        run.server(1).starts("1:1").leads(2, "1:1 1:2");
      },
      violations: ["integrity at 1"],
    },
    {
      name: "a leader has a transaction from before the run with another value than on its disk",
      notes: (run) => {
        run.server(1).starts("1:1").leads(2, "1:1'");
      },
      violations: ["integrity at 1"],
    },
    {
      name: "a transaction from before the run was on the disk of a server that starts late",
      notes: (run) => {
        run.server(1).starts("");
        run.server(2).starts("1:1").leads(2, "1:1");
      },
    },
    {
      name: "two primaries broadcast different transactions with one zxid, and one of these is delivered",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1");
        run.server(2).proposesEpoch(1).proposes("1:1'");
        run.server(1).delivers("1:1");
      },
    },
  ],
  "agreement and total-order": [
    {
      name: "a restarted server replays a log with a transaction that was never committed, and then truncates it",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1").logs("1:1").crashes();
        run.server(2).leads(2, "").proposes("2:1").logs("2:1").delivers("2:1");
        run.server(1).starts("1:1").learnsFrom(2);
        run.server(2).decidesSync(1);
        run.server(1).truncates("1:1", "").delivers("2:1").acksNewLeader(2, "").serves(2, 2, "2:1");
      },
    },
    {
      name: "a learner catches up on transactions before it serves",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1", "1:2").delivers("1:1").delivers("1:1 1:2");
        run.server(2).starts("").learnsFrom(1).delivers("1:1").delivers("1:1 1:2").acksNewLeader(1, "1:1 1:2");
      },
    },
    {
      name: "an observer starts to serve with another transaction at one position",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1").delivers("1:1");
        run.server(4).serves(1, 1, "1:1'");
      },
      violations: ["agreement at 4"],
    },
  ],
  "primary-integrity": [
    {
      name: "a transaction of epoch 1 is first delivered after the primary of epoch 2 has broadcast without it",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1");
        run.server(2).leads(2, "").proposes("2:1");
        run.server(1).delivers("1:1");
      },
      violations: ["primary-integrity at 2", "leader-is-complete at 2"],
    },
    {
      name: "a transaction of epoch 1 is first delivered late, and the primary of epoch 2 had it from the start",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1");
        run.server(2).leads(2, "1:1").proposes("2:1");
        run.server(1).delivers("1:1");
      },
    },
  ],
  "initial-history-agreement": [
    {
      name: "epoch 2 is established after epoch 3, which lacks the initial history of epoch 2",
      notes: (run) => {
        run.server(1).starts("1:1").proposesEpoch(2);
        run.server(2).leads(3, "");
        run.server(1).establishes(2, "1:1");
      },
      violations: ["initial-history-agreement at 1", "leader-is-complete at 2"],
    },
    {
      name: "epoch 2 is established after epoch 3, with a prefix of the initial history of epoch 3",
      notes: (run) => {
        run.server(1).starts("1:1 1:2").proposesEpoch(2);
        run.server(2).leads(3, "1:1 1:2");
        run.server(1).establishes(2, "1:1");
      },
    },
    {
      name: "epochs are established in the order 2, 4, 3, and the initial history of epoch 3 is too short",
      notes: (run) => {
        run.server(1).starts("1:1 1:2");
        run.server(1).leads(2, "1:1");
        run.server(3).proposesEpoch(3);
        run.server(2).leads(4, "1:1 1:2");
        run.server(3).establishes(3, "");
      },
      violations: ["initial-history-agreement at 3"],
    },
  ],
  "process-consistency": [
    {
      name: "the log of a late follower is shorter than all earlier logs, and stays a prefix of them as it grows",
      notes: (run) => {
        run.server(1).starts("1:1 1:2 1:3").leads(2, "1:1 1:2 1:3");
        run.server(2).starts("").learnsFrom(1).acksNewLeader(2, "").logs("1:1").logs("1:1 1:2");
      },
    },
    {
      name: "the log of a late follower is shorter than all earlier logs, and differs from them as it grows",
      notes: (run) => {
        run.server(1).starts("1:1 1:2 1:3").leads(2, "1:1 1:2 1:3");
        run.server(2).starts("").learnsFrom(1).acksNewLeader(2, "").logs("1:1").logs("1:1 1:2'");
      },
      violations: ["process-consistency at 2"],
    },
    {
      name: "a follower with a hole in its log joins the epoch before the leader, which is complete, is established",
      notes: (run) => {
        run.server(1).starts("1:1 1:2 1:3");
        run.server(2).starts("1:1 1:3").learnsFrom(1).acksNewLeader(2, "1:1 1:3");
        run.server(1).leads(2, "1:1 1:2 1:3");
      },
      violations: ["process-consistency at 2"],
    },
    {
      name: "an observer logs other transactions than the participants",
      notes: (run) => {
        run.server(1).starts("1:1").leads(2, "1:1").proposes("2:1").logs("1:1 2:1");
        run.server(4).starts("").learnsFrom(1).acksNewLeader(2, "").logs("2:1");
      },
    },
    {
      name: "a participant crashes, starts with another log, and does not rejoin the epoch",
      notes: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1");
        run.server(2).starts("").follows(1, 1, "").crashes().starts("").logs("1:1'");
      },
    },
  ],
  "committed-history-grows": [
    {
      name: "the first leader lacks a transaction that clients may have read before the run",
      before: "1:1 1:2",
      notes: (run) => run.server(1).starts("1:1").leads(2, "1:1"),
      violations: ["committed-history-grows at 1"],
    },
    {
      name: "the first leader has all transactions that clients may have read before the run, and one more",
      before: "1:1",
      notes: (run) => run.server(1).starts("1:1 1:2").leads(2, "1:1 1:2"),
    },
    {
      name: "wiped servers elect a leader with a lower epoch",
      notes: (run) => {
        run.server(1).leads(5, "").proposes("5:1").delivers("5:1").crashes();
        run.server(2).starts("").leads(1, "");
      },
      violations: ["committed-history-grows at 2"],
    },
    {
      name: "a leader that was deposed before servers were wiped is established after the leader of the wiped servers",
      notes: (run) => {
        run.server(3).starts("").proposesEpoch(4);
        run.server(1).leads(5, "").proposes("5:1").delivers("5:1").crashes();
        run.server(2).starts("").leads(3, "");
        run.server(3).establishes(4, "");
      },
      violations: ["committed-history-grows at 2"],
    },
    {
      name: "the leader of the next epoch after a wipe lacks a delivered transaction, too",
      notes: (run) => {
        run.server(1).leads(5, "").proposes("5:1").delivers("5:1").crashes();
        run.server(2).starts("").leads(1, "");
        run.server(3).starts("").leads(2, "");
      },
      violations: ["committed-history-grows at 2", "committed-history-grows at 3"],
    },
    {
      name: "a transaction that was proposed and logged, but not delivered, is lost",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1").logs("1:1").crashes();
        run.server(2).leads(2, "");
      },
    },
  ],
  "trunc-keeps-committed": [
    {
      name: "a TRUNC removes a transaction that was committed at the sync decision, although a quorum keeps it",
      before: "1:1",
      notes: (run) => {
        for (const sid of [1, 2, 3]) run.server(sid).starts("1:1");
        run.server(1).leads(2, "1:1").decidesSync(3);
        run.server(3).truncates("1:1", "");
      },
      violations: ["trunc-keeps-committed at 3"],
    },
    {
      name: "a TRUNC removes a transaction that was committed after the sync decision, and a quorum keeps it",
      notes: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").syncs("1:1").decidesSync(3).delivers("1:1");
        run.server(2).starts("").follows(1, 1, "").logs("1:1").syncs("1:1");
        run.server(3).truncates("1:1", "");
      },
    },
    {
      name: "the server that truncates gave the ACK that committed the transaction, and the leader has not synced it",
      notes: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").decidesSync(3).delivers("1:1");
        run.server(2).starts("").follows(1, 1, "").logs("1:1").syncs("1:1");
        run.server(3).truncates("1:1", "");
      },
      violations: ["trunc-keeps-committed at 3"],
    },
    {
      name: "a deposed leader sends TRUNC for a transaction that the new leader has committed, and a quorum keeps it",
      notes: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1");
        for (const sid of [2, 3]) run.server(sid).starts("1:1");
        run.server(2).leads(2, "1:1");
        run.server(1).decidesSync(4);
        run.server(4).truncates("1:1", "");
      },
    },
    {
      name: "a deposed leader sends TRUNC for a transaction that it has delivered itself",
      notes: (run) => {
        run.server(1).starts("1:1").leads(2, "1:1");
        for (const sid of [2, 3]) run.server(sid).starts("1:1");
        run.server(2).leads(3, "1:1");
        run.server(1).decidesSync(4);
        run.server(4).truncates("1:1", "");
      },
      violations: ["trunc-keeps-committed at 4"],
    },
    {
      name: "a follower sends TRUNC to its observer for a committed transaction that the follower has not delivered",
      notes: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").syncs("1:1");
        run.server(2).starts("").follows(1, 1, "").logs("1:1").syncs("1:1");
        run.server(1).delivers("1:1");
        run.server(2).decidesSync(4);
        run.server(4).truncates("1:1", "");
      },
    },
    {
      name: "a follower sends TRUNC to its observer for a transaction that the follower has delivered",
      notes: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").syncs("1:1");
        run.server(2).starts("").follows(1, 1, "").logs("1:1").syncs("1:1");
        run.server(1).delivers("1:1");
        run.server(2).delivers("1:1").decidesSync(4);
        run.server(4).truncates("1:1", "");
      },
      violations: ["trunc-keeps-committed at 4"],
    },
    {
      name: "a TRUNC removes transactions that were never committed, one with the zxid of a committed transaction",
      before: "1:1 1:2",
      notes: (run) => run.server(1).truncates("1:1 1:2' 1:3'", "1:1"),
    },
    {
      name: "a TRUNC removes nothing",
      before: "1:1",
      notes: (run) => run.server(1).truncates("1:1 1:2", "1:1 1:2"),
    },
  ],
  "follower-is-prefix": [
    {
      name: "a follower holds a transaction that its leader has proposed but not applied",
      notes: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1");
        run.server(2).starts("1:1").learnsFrom(1).acksNewLeader(1, "1:1");
      },
    },
    {
      name: "a follower starts to serve with a transaction that its leader never had",
      notes: (run) => {
        run.server(1).starts("").leads(1, "");
        run.server(2).starts("").learnsFrom(1).acksNewLeader(1, "").serves(1, 1, "1:1");
      },
      violations: ["follower-is-prefix at 2", "integrity at 2", "leader-is-complete at 1"],
    },
    {
      name: "another server has proposed the same epoch later, with a shorter history",
      notes: (run) => {
        run.server(1).starts("1:1").proposesEpoch(2);
        run.server(3).starts("").proposesEpoch(2);
        run.server(2).starts("1:1").learnsFrom(1).acksNewLeader(2, "1:1");
      },
    },
    {
      name: "the leader has lost the epoch and truncated its log before its follower acknowledges NEWLEADER",
      notes: (run) => {
        run.server(1).starts("1:1").proposesEpoch(2).looks();
        run.server(3).starts("").leads(3, "").decidesSync(1);
        run.server(1).learnsFrom(3).truncates("1:1", "");
        run.server(2).starts("1:1").learnsFrom(1).acksNewLeader(2, "1:1");
      },
    },
    {
      name: "a follower acknowledges NEWLEADER of an epoch that no server proposed in this run",
      notes: (run) => run.server(2).starts("1:1").learnsFrom(1).acksNewLeader(2, "1:1"),
    },
  ],
  "leader-is-complete": [
    {
      name: "a follower delivers a transaction that its leader has only in its log, before a later transaction",
      notes: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1", "1:2").logs("1:1").logs("1:1 1:2");
        run.server(2).follows(1, 1, "").delivers("1:1");
      },
    },
    {
      name: "a follower delivers a transaction after the leader of the newest epoch has crashed",
      notes: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1");
        run.server(2).follows(1, 1, "");
        run.server(1).crashes();
        run.server(2).delivers("1:1");
      },
    },
  ],
  "memory-equals-disk": [
    {
      name: "a leader loses its quorum and votes without a logged transaction in memory (ZOOKEEPER-2845)",
      notes: (run) => run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").looks(),
      violations: ["memory-equals-disk at 1"],
    },
    {
      name: "a leader loses its quorum, replays its log into memory and votes",
      notes: (run) =>
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").fastForwards("1:1", "1:1").looks(),
    },
    {
      name: "a learner votes with a SNAP in memory that it has not saved (ZOOKEEPER-3642)",
      notes: (run) => run.server(1).starts("").learnsFrom(2).installs("1:1", "").looks(),
      violations: ["memory-equals-disk at 1"],
    },
    {
      name: "a learner drops an unsaved SNAP, loads its disk and votes",
      notes: (run) => {
        const { notes } = run.server(1).starts("").learnsFrom(2).installs("1:1", "");
        notes.stateChanged(LOOKING, ELECTION);
        notes.loaded(run.empty, run.empty, asZxid(0));
        notes.voted(2, asServerId(1), LARGE_ZXID, asEpoch(0));
      },
    },
    {
      name: "an observer without a log votes",
      notes: (run) => run.server(4).starts("").learnsFrom(1).serves(1, 1, "").delivers("1:1").looks(),
      before: "1:1",
    },
    {
      name: "a learner saves a SNAP and votes",
      notes: (run) => {
        const { notes } = run.server(1).starts("").learnsFrom(2).installs("1:1", "");
        notes.stateChanged(FOLLOWING, SYNCHRONIZATION);
        notes.snapshotSaved(run.history("1:1").zxid, run.history("1:1"));
        run.server(1).looks();
      },
    },
  ],
};

describe.each(Object.entries(CASES))("%s", (_id, cases) => {
  it.each(cases)("$name", ({ notes, violations = [], before }) => {
    const run = new HandwrittenRun(before === undefined ? {} : { before });
    notes(run);
    expect(run.violations.toSorted()).toEqual(violations.toSorted());
  });
});

describe("a violation", () => {
  it("has the facts in conflict as plain data, and the server that it conflicts with", () => {
    const run = new HandwrittenRun();
    run.server(1).starts("1:1").leads(2, "1:1");
    run.server(2).starts("").leads(3, "");
    const grows = run.invariants.violations.find(({ id }) => id === "committed-history-grows");
    expect(grows).toMatchObject({
      server: 2,
      atUs: 7,
      facts: { epoch: 3, history: 0, committed: makeZxid(asEpoch(1), 1) },
    });
    const initial = run.invariants.violations.find(({ id }) => id === "initial-history-agreement");
    expect(initial).toMatchObject({
      server: 2,
      other: 1,
      facts: { epoch: 3, otherEpoch: 2, otherInitial: makeZxid(asEpoch(1), 1) },
    });
    expect(JSON.parse(JSON.stringify(run.invariants.violations))).toEqual(run.invariants.violations);
  });

  it("of trunc-keeps-committed depends on the quorum test that the run is given", () => {
    const violationsWith = (isQuorum: (servers: readonly ServerId[]) => boolean): string[] => {
      const run = new HandwrittenRun({ isQuorum });
      run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").syncs("1:1").decidesSync(3).delivers("1:1");
      run.server(3).truncates("1:1", "");
      return run.violations;
    };
    expect(violationsWith((servers) => servers.includes(asServerId(1)))).toEqual([]);
    expect(violationsWith((servers) => servers.includes(asServerId(2)))).toEqual(["trunc-keeps-committed at 3"]);
  });
});
