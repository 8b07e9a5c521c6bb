/**
 * The boundaries between violations and what a correct ZooKeeper may do. invariants.test.ts has each of
 * them fire once: here are crashes, late learners, deposed leaders, snapshots and truncations.
 */
import { describe, expect, it } from "vitest";
import { asEpoch, asServerId, asZxid, FOLLOWING, makeZxid, SYNCHRONIZATION } from "../../protocol/index.ts";
import { ScriptedRun } from "./scripted-run.ts";

type Tell = (run: ScriptedRun) => unknown;
interface Case {
  readonly name: string;
  readonly tell: Tell;
  readonly violated?: string[];
  readonly before?: string;
}

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "primary-uniqueness": [
    {
      name: "one server is established in one epoch twice, having lost acceptedEpoch",
      tell: (run) => run.server(1).leads(2, "").crashes().starts("").leads(2, ""),
      violated: ["primary-uniqueness at 1"],
    },
    {
      name: "two propose one epoch, one is established",
      tell: (run) => {
        run.server(1).starts("").proposesEpoch(2);
        run.server(2).starts("").leads(2, "");
      },
    },
  ],
  integrity: [
    {
      name: "a txn of an epoch before the run that no disk held",
      tell: (run) => {
        run.server(1).starts("1:1").leads(2, "1:1 1:2");
      },
      violated: ["integrity at 1"],
    },
    {
      name: "a txn of that epoch, with another value than on the disks",
      tell: (run) => {
        run.server(1).starts("1:1").leads(2, "1:1'");
      },
      violated: ["integrity at 1"],
    },
    {
      name: "what a server that starts late brought",
      tell: (run) => {
        run.server(1).starts("");
        run.server(2).starts("1:1").leads(2, "1:1");
      },
    },
    {
      name: "two primaries gave out one zxid, and one of the two txns is delivered",
      tell: (run) => {
        run.server(1).leads(1, "").proposes("1:1");
        run.server(2).proposesEpoch(1).proposes("1:1'");
        run.server(1).delivers("1:1");
      },
    },
  ],
  "agreement and total-order": [
    {
      name: "a restarted server replays a log with what was never committed",
      tell: (run) => {
        run.server(1).leads(1, "").proposes("1:1").logs("1:1").crashes();
        run.server(2).leads(2, "").proposes("2:1").logs("2:1").delivers("2:1");
        run.server(1).starts("1:1").learnsFrom(2);
        run.server(2).decidesSync(1);
        run.server(1).truncates("1:1", "").delivers("2:1").acksNewLeader(2, "").serves(2, 2, "2:1");
      },
    },
    {
      name: "a learner catches up on txns before clients can see them",
      tell: (run) => {
        run.server(1).leads(1, "").proposes("1:1", "1:2").delivers("1:1").delivers("1:1 1:2");
        run.server(2).starts("").learnsFrom(1).delivers("1:1").delivers("1:1 1:2").acksNewLeader(1, "1:1 1:2");
      },
    },
    {
      name: "it begins to serve with another txn in one place",
      tell: (run) => {
        run.server(1).leads(1, "").proposes("1:1").delivers("1:1");
        run.server(4).serves(1, 1, "1:1'");
      },
      violated: ["agreement at 4"],
    },
  ],
  "primary-integrity": [
    {
      name: "a txn of an older epoch is first delivered when a newer primary broadcasts without it",
      tell: (run) => {
        run.server(1).leads(1, "").proposes("1:1");
        run.server(2).leads(2, "").proposes("2:1");
        run.server(1).delivers("1:1");
      },
      violated: ["primary-integrity at 2", "leader-is-complete at 2"],
    },
    {
      name: "the newer primary began with it",
      tell: (run) => {
        run.server(1).leads(1, "").proposes("1:1");
        run.server(2).leads(2, "1:1").proposes("2:1");
        run.server(1).delivers("1:1");
      },
    },
  ],
  "initial-history-agreement": [
    {
      name: "an older epoch is established late, and the newer one lacks what it began with",
      tell: (run) => {
        run.server(1).starts("1:1");
        run.server(2).leads(3, "");
        run.server(1).leads(2, "1:1");
      },
      violated: ["initial-history-agreement at 1", "leader-is-complete at 2"],
    },
    {
      name: "an older epoch is established late, with less than the newer",
      tell: (run) => {
        run.server(1).starts("1:1 1:2");
        run.server(2).leads(3, "1:1 1:2");
        run.server(1).leads(2, "1:1");
      },
    },
    {
      name: "of three epochs, established in the order 2, 4, 3, the middle one strays",
      tell: (run) => {
        run.server(1).starts("1:1 1:2");
        run.server(1).leads(2, "1:1");
        run.server(2).leads(4, "1:1 1:2");
        run.server(3).leads(3, "");
      },
      violated: ["initial-history-agreement at 3"],
    },
  ],
  "process-consistency": [
    {
      name: "a log that is shorter than all seen so far",
      tell: (run) => {
        run.server(1).starts("1:1 1:2 1:3").leads(2, "1:1 1:2 1:3");
        run.server(2).starts("").learnsFrom(1).acksNewLeader(2, "").logs("1:1").logs("1:1 1:2");
      },
    },
    {
      name: "a log that is shorter than all seen so far, and other",
      tell: (run) => {
        run.server(1).starts("1:1 1:2 1:3").leads(2, "1:1 1:2 1:3");
        run.server(2).starts("").learnsFrom(1).acksNewLeader(2, "").logs("1:1").logs("1:1 1:2'");
      },
      violated: ["process-consistency at 2"],
    },
    {
      name: "an observer's log is not checked",
      tell: (run) => {
        run.server(1).starts("1:1").leads(2, "1:1").proposes("2:1").logs("1:1 2:1");
        run.server(4).starts("").learnsFrom(1).acksNewLeader(2, "").logs("2:1");
      },
    },
    {
      name: "a participant that crashed comes back with another log, and takes part no more",
      tell: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1");
        run.server(2).starts("").follows(1, 1, "").crashes().starts("").logs("1:1'");
      },
    },
  ],
  "committed-history-grows": [
    {
      name: "the first leader lacks what was committed before the run",
      before: "1:1 1:2",
      tell: (run) => run.server(1).starts("1:1").leads(2, "1:1"),
      violated: ["committed-history-grows at 1"],
    },
    {
      name: "it has that and more",
      before: "1:1",
      tell: (run) => run.server(1).starts("1:1 1:2").leads(2, "1:1 1:2"),
    },
    {
      name: "what was proposed and logged but not delivered vanishes",
      tell: (run) => {
        run.server(1).leads(1, "").proposes("1:1").logs("1:1").crashes();
        run.server(2).leads(2, "");
      },
    },
  ],
  "trunc-keeps-committed": [
    {
      name: "committed when the leader decided, though a quorum keeps it",
      before: "1:1",
      tell: (run) => {
        for (const sid of [1, 2, 3]) run.server(sid).starts("1:1");
        run.server(1).leads(2, "1:1").decidesSync(3);
        run.server(3).truncates("1:1", "");
      },
      violated: ["trunc-keeps-committed at 3"],
    },
    {
      name: "committed since, and a quorum keeps it",
      tell: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").syncs("1:1").decidesSync(3).delivers("1:1");
        run.server(2).starts("").follows(1, 1, "").logs("1:1").syncs("1:1");
        run.server(3).truncates("1:1", "");
      },
    },
    {
      name: "committed since, by the ACK of the one who truncates it: the leader's own disk is slow",
      tell: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").decidesSync(3).delivers("1:1");
        run.server(2).starts("").follows(1, 1, "").logs("1:1").syncs("1:1");
        run.server(3).truncates("1:1", "");
      },
      violated: ["trunc-keeps-committed at 3"],
    },
    {
      name: "committed by a newer leader, of which the one that decides does not know; a quorum keeps it",
      tell: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1");
        for (const sid of [2, 3]) run.server(sid).starts("1:1");
        run.server(2).leads(2, "1:1");
        run.server(1).decidesSync(4);
        run.server(4).truncates("1:1", "");
      },
    },
    {
      name: "the one that decides is deposed, and has delivered it itself",
      tell: (run) => {
        run.server(1).starts("1:1").leads(2, "1:1");
        for (const sid of [2, 3]) run.server(sid).starts("1:1");
        run.server(2).leads(3, "1:1");
        run.server(1).decidesSync(4);
        run.server(4).truncates("1:1", "");
      },
      violated: ["trunc-keeps-committed at 4"],
    },
    {
      name: "the first that goes was never committed, a later one carries a committed zxid",
      before: "1:1 1:2",
      tell: (run) => run.server(1).truncates("1:1 1:2' 1:3'", "1:1"),
    },
    {
      name: "a snapshot survives, and nothing is removed",
      before: "1:1",
      tell: (run) => run.server(1).truncates("1:1 1:2", "1:1 1:2"),
    },
  ],
  "follower-is-prefix": [
    {
      name: "a follower holds what its leader proposed and has not applied yet",
      tell: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1");
        run.server(2).starts("1:1").learnsFrom(1).acksNewLeader(1, "1:1");
      },
    },
    {
      name: "it begins to serve with what its leader never had",
      tell: (run) => {
        run.server(1).starts("").leads(1, "");
        run.server(2).starts("").learnsFrom(1).acksNewLeader(1, "").serves(1, 1, "1:1");
      },
      violated: ["follower-is-prefix at 2", "integrity at 2", "leader-is-complete at 1"],
    },
    {
      name: "another server proposed the same epoch since, with less",
      tell: (run) => {
        run.server(1).starts("1:1").proposesEpoch(2);
        run.server(3).starts("").proposesEpoch(2);
        run.server(2).starts("1:1").learnsFrom(1).acksNewLeader(2, "1:1");
      },
    },
    {
      name: "its leader has since lost the epoch, and with it what the follower got from it",
      tell: (run) => {
        run.server(1).starts("1:1").proposesEpoch(2).looks();
        run.server(3).starts("").leads(3, "").decidesSync(1);
        run.server(1).learnsFrom(3).truncates("1:1", "");
        run.server(2).starts("1:1").learnsFrom(1).acksNewLeader(2, "1:1");
      },
    },
    {
      name: "a follower that knows its leader, in an epoch whose proposal was not watched",
      tell: (run) => run.server(2).starts("1:1").learnsFrom(1).acksNewLeader(2, "1:1"),
    },
  ],
  "leader-is-complete": [
    {
      name: "a follower delivers what its leader has on disk only, with more behind it",
      tell: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1", "1:2").logs("1:1").logs("1:1 1:2");
        run.server(2).follows(1, 1, "").delivers("1:1");
      },
    },
    {
      name: "the leader of the newest epoch has crashed",
      tell: (run) => {
        run.server(1).starts("").leads(1, "").proposes("1:1");
        run.server(2).follows(1, 1, "");
        run.server(1).crashes();
        run.server(2).delivers("1:1");
      },
    },
  ],
  "disk-tells-memory": [
    {
      name: "a leader lost its quorum and keeps a tree without what it logged (ZOOKEEPER-2845)",
      tell: (run) => run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").looks(),
      violated: ["disk-tells-memory at 1"],
    },
    {
      name: "it is fast-forwarded first",
      tell: (run) =>
        run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").shutdownFastForwards("1:1", "1:1").looks(),
    },
    {
      name: "a SNAP in memory only, kept for the next election (ZOOKEEPER-3642)",
      tell: (run) => run.server(1).starts("").learnsFrom(2).installs("1:1", "").looks(),
      violated: ["disk-tells-memory at 1"],
    },
    {
      name: "a SNAP in memory only is dropped, and the disk is read again",
      tell: (run) => {
        const { notes } = run.server(1).starts("").learnsFrom(2).installs("1:1", "");
        notes.stateChanged(0, 0);
        notes.loaded(run.empty, run.empty, asZxid(0));
        notes.voted(2, asServerId(1), asZxid(2 ** 50), asEpoch(0));
      },
    },
    {
      name: "an observer whose log is off",
      tell: (run) => run.server(4).starts("").learnsFrom(1).serves(1, 1, "").delivers("1:1").looks(),
      before: "1:1",
    },
    {
      name: "a follower that installs a SNAP and saves it",
      tell: (run) => {
        const { notes } = run.server(1).starts("").learnsFrom(2).installs("1:1", "");
        notes.stateChanged(FOLLOWING, SYNCHRONIZATION);
        notes.snapshotSaved(run.history("1:1").zxid, run.history("1:1"));
        run.server(1).looks();
      },
    },
  ],
};

describe.each(Object.entries(CASES))("%s", (_id, cases) => {
  it.each(cases)("$name", ({ tell, violated = [], before }) => {
    const run = new ScriptedRun(before === undefined ? {} : { before });
    tell(run);
    expect(run.violated.toSorted()).toEqual(violated.toSorted());
  });
});

describe("a violation", () => {
  it("carries the two facts in conflict as plain data, and whom it is in conflict with", () => {
    const run = new ScriptedRun();
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

  it("of a TRUNC goes by the quorums of the run, if it is given them", () => {
    const tell = (isQuorum: (servers: readonly number[]) => boolean): string[] => {
      const run = new ScriptedRun({ isQuorum });
      run.server(1).starts("").leads(1, "").proposes("1:1").logs("1:1").syncs("1:1").decidesSync(3).delivers("1:1");
      run.server(3).truncates("1:1", "");
      return run.violated;
    };
    expect(tell((servers) => servers.includes(1))).toEqual([]);
    expect(tell((servers) => servers.includes(2))).toEqual(["trunc-keeps-committed at 3"]);
  });
});
