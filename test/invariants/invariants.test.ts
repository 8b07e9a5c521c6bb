/**
 * For each invariant, the shortest sequence of notes that violates it, and the most similar legal sequence, which
 * violates no invariant.
 */
import { describe, expect, it } from "vitest";
import { type InvariantId, listInvariants } from "../../invariants/index.ts";
import {
  ACK,
  asEpoch,
  asServerId,
  asZxid,
  BROADCAST,
  COMMIT,
  DISCOVERY,
  FOLLOWING,
  LEADING,
  majority,
  makeZxid,
  PROPOSAL,
  type Txn,
} from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import { HandwrittenRun, type HandwrittenServer, LARGE_ZXID } from "./handwritten-run.ts";

interface Sequence {
  readonly name: string;
  readonly notes: (run: HandwrittenRun) => unknown;
}

interface Case {
  readonly violation: Sequence;
  readonly legal: Sequence;
  /** Other invariants that the same sequence violates. */
  readonly also?: readonly InvariantId[];
  readonly options?: { readonly notesAreComplete: boolean };
}

const NO_ANOMALY: Sequence = {
  name: "server 1 leads and notes no anomaly",
  notes: (run) => run.server(1).leads(1, ""),
};

const CASES: Readonly<Record<InvariantId, Case>> = {
  "primary-uniqueness": {
    violation: {
      name: "two servers are established in one epoch",
      notes: (run) => run.server(1).leads(2, "").server(2).leads(2, ""),
    },
    legal: {
      name: "two servers are established in two epochs",
      notes: (run) => run.server(1).leads(2, "").server(2).leads(3, ""),
    },
  },
  integrity: {
    violation: {
      name: "a leader delivers a transaction that no primary broadcast",
      notes: (run) => run.server(1).leads(1, "").delivers("1:1"),
    },
    legal: {
      name: "a leader delivers a transaction that it broadcast",
      notes: (run) => run.server(1).leads(1, "").proposes("1:1").delivers("1:1"),
    },
  },
  agreement: {
    violation: {
      name: "two servers deliver different transactions at one position",
      notes: (run) => {
        run.server(1).leads(1, "").server(2).follows(1, 1, "");
        run.server(1).proposes("1:1").delivers("1:1").server(2).delivers("1:1'");
      },
    },
    legal: {
      name: "one server has delivered fewer transactions than another",
      notes: (run) => {
        run.server(1).leads(1, "").server(2).follows(1, 1, "");
        run.server(1).proposes("1:1", "1:2").delivers("1:1").delivers("1:1 1:2").server(2).delivers("1:1");
      },
    },
  },
  "total-order": {
    violation: {
      name: "two servers deliver one transaction at different positions",
      notes: (run) => {
        run.allStart("1:1 1:2").server(1).leads(2, "1:1 1:2").server(2).follows(2, 1, "1:1 1:2");
        run.server(1).proposes("2:1").delivers("1:1 1:2 2:1").server(2).delivers("1:1 2:1");
      },
    },
    legal: {
      name: "two servers deliver one transaction at the same position",
      notes: (run) => {
        run.allStart("1:1 1:2").server(1).leads(2, "1:1 1:2").server(2).follows(2, 1, "1:1 1:2");
        run.server(1).proposes("2:1").delivers("1:1 1:2 2:1").server(2).delivers("1:1 1:2 2:1");
      },
    },
    also: ["commit-completeness"],
  },
  "local-primary-order": {
    violation: {
      name: "a server skips a transaction of the primary",
      notes: (run) => run.server(1).leads(1, "").proposes("1:1", "1:2", "1:3").delivers("1:1").delivers("1:1 1:3"),
    },
    legal: {
      name: "a primary fails before its second transaction is delivered, and the next primary broadcasts",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1", "1:2").delivers("1:1");
        run.server(2).leads(2, "1:1").proposes("2:1").delivers("1:1 2:1");
      },
    },
  },
  "global-primary-order": {
    violation: {
      name: "a server delivers a transaction of epoch 1 after one of epoch 2",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1");
        run.server(2).leads(2, "").proposes("2:1").delivers("2:1").delivers("2:1 1:1");
      },
    },
    legal: {
      name: "a server delivers a transaction of epoch 2 after one of epoch 1",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1").delivers("1:1");
        run.server(2).leads(2, "1:1").proposes("2:1").delivers("1:1 2:1");
      },
    },
  },
  "primary-integrity": {
    violation: {
      name: "a primary broadcasts without a transaction of an older epoch that was delivered",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1");
        run.server(2).leads(2, "");
        run.server(1).delivers("1:1");
        run.server(2).proposes("2:1");
      },
    },
    legal: {
      name: "a primary broadcasts with every delivered transaction in its initial history",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1").delivers("1:1");
        run.server(2).leads(2, "1:1").proposes("2:1");
      },
    },
    also: ["leader-is-complete"],
  },
  "initial-history-agreement": {
    violation: {
      name: "epoch 3 starts without the initial history of epoch 2",
      notes: (run) => run.allStart("1:1").server(1).leads(2, "1:1").server(2).leads(3, ""),
    },
    legal: {
      name: "epoch 3 starts with the initial history of epoch 2 and one more transaction",
      notes: (run) => run.allStart("1:1").server(1).leads(2, "1:1").proposes("2:1").server(2).leads(3, "1:1 2:1"),
    },
    also: ["committed-history-grows"],
  },
  "commit-completeness": {
    violation: {
      name: "a follower delivers a transaction without the initial history of its epoch",
      notes: (run) => {
        run.allStart("1:1").server(1).leads(2, "1:1").proposes("2:1");
        run.server(2).follows(2, 1, "1:1").delivers("2:1");
      },
    },
    legal: {
      name: "a follower delivers a transaction after the initial history of its epoch",
      notes: (run) => {
        run.allStart("1:1").server(1).leads(2, "1:1").proposes("2:1").delivers("1:1 2:1");
        run.server(2).follows(2, 1, "1:1").delivers("1:1 2:1");
      },
    },
    also: ["agreement"],
  },
  "process-consistency": {
    violation: {
      name: "two participants of an epoch log different transactions at one position",
      notes: (run) => {
        run.server(1).leads(1, "").server(2).follows(1, 1, "");
        run.server(1).logs("1:1").server(2).logs("1:1'");
      },
    },
    legal: {
      name: "one of two participants has left the epoch before it logs another transaction",
      notes: (run) => {
        run.server(1).leads(1, "").server(2).follows(1, 1, "");
        run.server(1).logs("1:1").server(2).looks().logs("1:1'");
      },
    },
  },
  "no-bad-state": {
    violation: {
      name: "a server reads a packet that is illegal in its state",
      notes: (run) => run.server(1).notes.anomaly("bad-state", asServerId(2), ACK, asZxid(0), ""),
    },
    legal: NO_ANOMALY,
  },
  "no-bad-ack": {
    violation: {
      name: "a leader reads an ACK that does not match",
      notes: (run) => run.server(1).notes.anomaly("bad-ack", asServerId(2), ACK, asZxid(0), ""),
    },
    legal: NO_ANOMALY,
  },
  "no-bad-proposal": {
    violation: {
      name: "a follower reads a PROPOSAL that does not match",
      notes: (run) => run.server(1).notes.anomaly("bad-proposal", asServerId(2), PROPOSAL, asZxid(0), ""),
    },
    legal: NO_ANOMALY,
  },
  "no-bad-commit": {
    violation: {
      name: "a follower reads a COMMIT that does not match",
      notes: (run) => run.server(1).notes.anomaly("bad-commit", asServerId(2), COMMIT, asZxid(0), ""),
    },
    legal: NO_ANOMALY,
  },
  "committed-history-grows": {
    violation: {
      name: "a new leader lacks a delivered transaction",
      notes: (run) => run.server(1).leads(1, "").proposes("1:1").delivers("1:1").server(2).leads(2, ""),
    },
    legal: {
      name: "a deposed leader learns late that a quorum has acknowledged it",
      notes: (run) => {
        run.server(1).proposesEpoch(1);
        run.server(2).leads(2, "").proposes("2:1").delivers("2:1");
        run.server(1).establishes(1, "");
      },
    },
  },
  "trunc-keeps-committed": {
    violation: {
      name: "a TRUNC removes a delivered transaction",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1").delivers("1:1");
        run.server(2).truncates("1:1 1:2", "");
      },
    },
    legal: {
      name: "a TRUNC removes a transaction that was not delivered",
      notes: (run) => {
        run.server(1).leads(1, "").proposes("1:1").delivers("1:1");
        run.server(2).truncates("1:1 1:2", "1:1");
      },
    },
  },
  "follower-is-prefix": {
    violation: {
      name: "a follower acknowledges NEWLEADER with a transaction that its leader does not have",
      notes: (run) => {
        run.allStart("1:1").server(1).proposesEpoch(2);
        run.server(2).acksNewLeader(2, "1:1 1:2");
      },
    },
    legal: {
      name: "a follower acknowledges NEWLEADER with fewer transactions than its leader has",
      notes: (run) => {
        run.allStart("1:1 1:2").server(1).proposesEpoch(2);
        run.server(2).acksNewLeader(2, "1:1");
      },
    },
  },
  "leader-is-complete": {
    violation: {
      name: "a follower delivers a transaction that its leader has neither in memory nor in its log",
      notes: (run) =>
        run.server(1).leads(1, "").server(2).follows(1, 1, "").server(1).proposes("1:1").server(2).delivers("1:1"),
    },
    legal: {
      name: "a follower delivers a transaction that its leader has only in its log",
      notes: (run) => {
        run.server(1).leads(1, "").server(2).follows(1, 1, "");
        run.server(1).proposes("1:1").logs("1:1").server(2).delivers("1:1");
      },
    },
  },
  "memory-equals-disk": {
    violation: {
      name: "a participant votes while a record of its log is missing from its memory",
      notes: (run) => run.server(1).fastForwards("1:1", "1:1 1:2").looks(),
    },
    legal: {
      name: "a serving follower has logged a transaction that it has not delivered",
      notes: (run) => {
        run.server(1).leads(1, "").server(2).follows(1, 1, "").notes.stateChanged(FOLLOWING, BROADCAST);
        run.server(1).logs("1:1").server(2).logs("1:1");
      },
    },
  },
  "zxid-covers-tree": {
    violation: {
      name: "a participant loads a snapshot that holds more than its zxid covers",
      notes: (run) =>
        run.server(1).notes.loaded(run.history("1:1 1:2"), run.history("1:1 1:2"), run.history("1:1").zxid),
    },
    legal: {
      name: "the zxid of a participant is the start of an epoch, after its last transaction",
      notes: (run) => run.server(1).notes.loaded(run.history("1:1"), run.history("1:1"), makeZxid(asEpoch(2), 0)),
    },
  },
  "config-agreement": {
    violation: {
      name: "two servers have different configurations with the same version",
      notes: (run) => run.server(1).sees([1, 2], 7).server(2).sees([1, 2, 3], 7),
    },
    legal: {
      name: "two servers have the same configuration",
      notes: (run) => run.server(1).sees([1, 2], 7).server(2).sees([2, 1], 7),
    },
  },
  "seen-config-kept": {
    violation: {
      name: "a server starts without the configuration that it has seen in a PROPOSAL",
      notes: (run) => run.server(1).startsWith([1, 2, 3], 6).sees([1, 2], 7).crashes().startsWith([1, 2, 3], 6),
    },
    legal: {
      name: "a later leader has replaced the configuration by an older one before the start",
      notes: (run) =>
        run.server(1).startsWith([1, 2, 3], 6).sees([1, 2], 7).sees([1, 2, 3], 6).crashes().startsWith([1, 2, 3], 6),
    },
  },
  "newest-config-leads": {
    violation: {
      name: "a leader with voters 1, 2 and 3 is established, although server 2 has committed voters 1 and 2",
      notes: (run) => run.server(2).commits([1, 2], 7).server(1).commits([1, 2, 3], 6).leads(1, ""),
    },
    legal: {
      name: "the newer configuration has the same voters",
      notes: (run) => run.server(2).commits([1, 2, 3], 7).server(1).commits([1, 2, 3], 6).leads(1, ""),
    },
  },
  "leader-config-adopted": {
    violation: {
      name: "a follower serves without the configuration that its leader has committed when it was established",
      notes: (run) => run.server(1).commits([1, 2, 3], 7).leads(1, "").server(2).follows(1, 1, ""),
    },
    legal: {
      name: "the leader commits a newer configuration after it was established",
      notes: (run) => run.server(1).leads(1, "").commits([1, 2, 3], 7).server(2).follows(1, 1, ""),
    },
  },
  "config-znode-is-committed": {
    violation: {
      name: "a server starts to serve with an old list of servers in /zookeeper/config",
      notes: (run) => run.server(1).shows([1, 2], [1, 2, 3]),
    },
    legal: {
      name: "/zookeeper/config contains the committed configuration",
      notes: (run) => run.server(1).shows([1, 2], [2, 1]),
    },
  },
  "claimed-quorums": {
    violation: {
      name: "a leader is established after ACKs of NEWLEADER from an observer only",
      notes: (run) => acknowledged(run, 4).establishes(2, ""),
    },
    legal: {
      name: "a leader is established after an ACK of NEWLEADER from a quorum",
      notes: (run) => acknowledged(run, 2).establishes(2, ""),
    },
    options: { notesAreComplete: true },
  },
};

/** Makes server 1 propose epoch 2 to server 2, and read the ACK of NEWLEADER of one server. */
function acknowledged(run: HandwrittenRun, learner: number): HandwrittenServer {
  const leader = run.server(1).looks().counts(1, { leader: 1 }).counts(2, { leader: 1 });
  leader.notes.epochOffered(asServerId(2), false, asEpoch(1));
  leader.proposesEpoch(2);
  leader.notes.newLeaderAckRead(asServerId(learner), makeZxid(asEpoch(2), 0));
  return leader;
}

describe.each(Object.entries(CASES))("%s", (id, { violation, legal, also = [], options }) => {
  it(`is violated if ${violation.name}`, () => {
    const run = new HandwrittenRun(options);
    violation.notes(run);
    expect(run.violatedIds).toContain(id);
    expect(run.violatedIds.filter((other) => other !== id && !also.includes(other as InvariantId))).toEqual([]);
  });

  it(`holds if ${legal.name}`, () => {
    const run = new HandwrittenRun(options);
    legal.notes(run);
    expect(run.violatedIds).toEqual([]);
  });
});

describe("a server that starts with lists in zoo.cfg", () => {
  it("may forget only the version that the first leader gave to the lists", () => {
    const forgotten = (counter: number, isRead: boolean): string[] => {
      const run = new HandwrittenRun();
      run.server(1).startsWithLists([1, 2], [1, 2, 3], makeZxid(asEpoch(3), counter), isRead);
      return run.violatedIds;
    };
    expect([forgotten(1, false), forgotten(0, false), forgotten(1, true)]).toEqual([["seen-config-kept"], [], []]);
  });

  it("still has the pending configuration that it has read after it commits an older one", () => {
    const run = new HandwrittenRun();
    const version = makeZxid(asEpoch(3), 1);
    const server = run.server(1).sees([1, 2, 3], version).crashes().startsWithLists([1, 2], [1, 2, 3], version, true);
    server.commits([1, 2], makeZxid(asEpoch(3), 0)).notes.newLeaderAcked(asEpoch(3), run.empty);
    expect(run.violatedIds).toEqual([]);
  });

  it("can elect a voter of the pending configuration only if it reads zoo.cfg.dynamic.next", () => {
    const electsServer3 = (isRead: boolean): string[] => {
      const run = new HandwrittenRun({ notesAreComplete: true });
      const server = run.server(1).startsWithLists([1, 2], [1, 2, 3], makeZxid(asEpoch(3), 0), isRead);
      server.notes.voted(1, asServerId(3), LARGE_ZXID, asEpoch(0));
      for (const from of [1, 2, 3]) server.counts(from, { leader: 3 });
      server.notes.elected(asServerId(3), 1);
      return run.violatedIds;
    };
    expect([electsServer3(true), electsServer3(false)]).toEqual([[], ["claimed-quorums"]]);
  });
});

describe("a TRUNC of a transaction that was committed after the leader's decision", () => {
  /** Returns the violations after server 2 truncates 1:1, which servers 1 and 3 keep. */
  function truncates(change: (leader: HandwrittenServer) => void): string[] {
    const majorityOf3 = (servers: readonly number[]): boolean => servers.length >= 2;
    const run = new HandwrittenRun({ isQuorum: majorityOf3 });
    for (const sid of [1, 2, 3]) run.server(sid).starts("");
    run.server(1).leads(1, "").decidesSync(2).proposes("1:1").logs("1:1").syncs("1:1");
    run.server(3).logs("1:1").syncs("1:1");
    run.server(1).delivers("1:1");
    change(run.server(1));
    run.server(2).truncates("1:1", "");
    return run.violatedIds;
  }

  it("is compared with the configuration that the leader had while it led", () => {
    const five = [1, 2, 3, 4, 5];
    expect(truncates(() => {})).toEqual([]);
    expect(truncates((leader) => leader.crashes().startsWith(five, 0))).toEqual([]);
    expect(truncates((leader) => leader.commits(five, 7))).toEqual(["trunc-keeps-committed"]);
    expect(truncates((leader) => leader.crashes().commits(five, 7))).toEqual([]);
  });
});

describe("the invariants", () => {
  it("have a statement that ends with a period, and a source", () => {
    expect(listInvariants().map(({ id }) => id)).toEqual(Object.keys(CASES));
    for (const { statement, source } of listInvariants()) {
      expect(statement).toMatch(/\.$/);
      expect(source).not.toBe("");
    }
  });

  it("report a repeated violation once per server, with a count", () => {
    const run = new HandwrittenRun();
    const badAck = (reader: number, sender: number): void =>
      run.server(reader).notes.anomaly("bad-ack", asServerId(sender), ACK, asZxid(0), "again");
    for (let i = 0; i < 5; i++) badAck(1, 2);
    badAck(2, 1);
    expect(run.invariants.violations.map(({ server, count }) => [server, count])).toEqual([
      [1, 5],
      [2, 1],
    ]);
  });
});

it.each([
  [7, []],
  [6, ["leader-config-adopted"]],
])("a server that serves with version %i may apply a configuration if that one is not newer", (version, violated) => {
  const run = new HandwrittenRun();
  run.server(1).leads(1, "");
  const server = run.server(2).follows(1, 1, "").commits([1, 2, 3], version);
  const history = run.history("1:1");
  const config = majority([1, 2, 3].map(asServerId), [], 7);
  server.notes.delivered({ ...(history.txn as Txn), config }, history);
  expect(run.violatedIds.filter((id) => id === "leader-config-adopted")).toEqual(violated);
});

it.each([
  [7, []],
  [6, ["leader-config-adopted"]],
])("a learner that starts to serve with version %i may have applied a configuration before", (version, violated) => {
  const run = new HandwrittenRun();
  run.server(1).leads(1, "");
  const server = run.server(2).learnsFrom(1).acksNewLeader(1, "").commits([1, 2, 3], version);
  const history = run.history("1:1");
  const config = majority([1, 2, 3].map(asServerId), [], 7);
  server.notes.delivered({ ...(history.txn as Txn), config }, history);
  server.serves(1, 1, "1:1");
  expect(run.violatedIds.filter((id) => id === "leader-config-adopted")).toEqual(violated);
});

it("a server that starts again does not need a configuration that it has applied before", () => {
  const run = new HandwrittenRun();
  run.server(1).leads(1, "");
  const server = run.server(2).learnsFrom(1).acksNewLeader(1, "");
  const history = run.history("1:1");
  server.notes.delivered({ ...(history.txn as Txn), config: majority([1, 2].map(asServerId), [], 7) }, history);
  server.crashes().starts("").follows(1, 1, "");
  expect(run.violatedIds.filter((id) => id === "leader-config-adopted")).toEqual([]);
});

it.each([
  ["a leader", 1],
  ["a server", 2],
])("%s with reconfigEnabled=false has the list that the operator chose, newer or older", (_, sid) => {
  const run = new HandwrittenRun();
  run.invariants.setRules(asServerId(sid), { adoptsConfigs: false, electsOnlyVoters: true, keepsOwnConfig: true });
  run.server(2).commits([1, 2], 7).server(1).commits([1, 2, 3], 6).leads(1, "");
  expect(run.violatedIds).toEqual([]);
});

describe("a configuration that a server replaces by an older one", () => {
  it.each([
    [1, ["seen-config-kept"]],
    [2, []],
  ])("must not be of epoch 1 if the server acknowledges NEWLEADER of epoch %i", (epoch, violated) => {
    const run = new HandwrittenRun();
    const server = run
      .server(1)
      .startsWith([1, 2, 3], 6)
      .sees([1, 2], makeZxid(asEpoch(1), 7))
      .sees([1, 2, 3], 6);
    server.notes.newLeaderAcked(asEpoch(epoch), run.empty);
    expect(run.violatedIds).toEqual(violated);
  });
});

it("a leader that is not established may forget the version that it gave to its lists", () => {
  const forgotten = (role: typeof LEADING | typeof FOLLOWING, counter: number): string[] => {
    const run = new HandwrittenRun();
    const server = run.server(1).startsWith([1, 2, 3], 6);
    server.notes.stateChanged(role, DISCOVERY);
    server.sees([1, 2, 3], makeZxid(asEpoch(1), counter)).sees([1, 2, 3], 6);
    server.notes.newLeaderAcked(asEpoch(1), run.empty);
    return run.violatedIds;
  };
  expect(forgotten(LEADING, 0)).toEqual([]);
  expect(forgotten(LEADING, 1)).toEqual(["seen-config-kept"]);
  expect(forgotten(FOLLOWING, 0)).toEqual(["seen-config-kept"]);
});

describe("a packet that the test environment has altered", () => {
  const badCommit = (run: HandwrittenRun): void =>
    run.server(1).notes.anomaly("bad-commit", asServerId(3), COMMIT, asZxid(1), "altered");
  const tolerated = (): HandwrittenRun => {
    const run = new HandwrittenRun();
    run.invariants.tolerate(asServerId(1), asServerId(3));
    return run;
  };

  it("violates no invariant, while a packet of another sender does", () => {
    const run = tolerated();
    badCommit(run);
    expect(run.violatedIds).toEqual([]);
    run.server(1).notes.anomaly("bad-commit", asServerId(2), COMMIT, asZxid(1), "not altered");
    expect(run.violatedIds).toEqual(["no-bad-commit"]);
  });

  it.each<[string, (run: HandwrittenRun) => unknown]>([
    ["the receiver looks for a leader", (run) => run.server(1).looks()],
    ["the receiver crashes", (run) => run.server(1).crashes()],
    [
      "the receiver, a leader, closes the connection",
      (run) => run.server(1).notes.failed("not-ack", asServerId(3), "another packet"),
    ],
  ])("is forgotten when %s", (_event, happen) => {
    const run = tolerated();
    happen(run);
    badCommit(run);
    expect(run.violatedIds).toEqual(["no-bad-commit"]);
  });
});

/**
 * The log of server 3 has 1:1, which no other server has. Server 3 loses its leader directly after a SNAP has replaced
 * its memory and its log.
 */
const SNAP_REPLACED_LOG = `
zookeeper: patched
servers: 3
settings: { tickTimeMs: 500, syncLimit: 3, forceSnapSync: true }
network: { latency: 0.2ms }
disk: { sync: 2ms, write: 0.05ms..10ms }
steps:
  - { from: 500ms, when: { event: epoch-current, server: 2 }, crash: 2 }
  - { at: 4.218s, isolate: leader, for: 1.304s }
  - { at: 4.5s, write: 1 }
until: 5765ms
`;

it("3 servers, a follower loses its leader after a SNAP has replaced its log: no violation", () => {
  const run = runScenario(loadScenario(SNAP_REPLACED_LOG, "snap-replaced-log.yaml"), { seed: 55693n });
  expect(run.events).toBe(246);
  expect(run.violations).toEqual([]);
});
