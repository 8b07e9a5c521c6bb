/**
 * Each invariant fires when what it forbids is servers in notes, and keeps quiet at the nearest thing that is allowed.
 */
import { describe, expect, it } from "vitest";
import { type InvariantId, Invariants, listInvariants } from "../../invariants/index.ts";
import {
  asEpoch,
  asServerId,
  asZxid,
  BROADCAST,
  ELECTION,
  FOLLOWING,
  History,
  LOOKING,
  makeTxn,
  type Notes,
  parseZxid,
  type Txn,
} from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";

/** A run servers by hand: three servers and an observer, their notes, and histories in short. */
class ScriptedServers {
  readonly invariants = new Invariants({
    servers: [asServerId(1), asServerId(2), asServerId(3), asServerId(4)],
    observers: [asServerId(4)],
    now: () => 0,
  });
  private readonly empty = History.empty();
  private readonly servers = new Map<number, Notes>();

  server(sid: number): Notes {
    const known = this.servers.get(sid) ?? this.invariants.notesFor(asServerId(sid));
    this.servers.set(sid, known);
    return known;
  }

  /** `1:1 1:2 2:1'`: a quote makes it another txn with the same zxid. */
  history(text: string): History {
    let history = this.empty;
    for (const word of text.split(" ").filter((part) => part !== "")) history = history.extend(this.txn(word));
    return history;
  }

  txn(word: string): Txn {
    return makeTxn(asZxid(parseZxid(word.replace("'", "")) as number), word.endsWith("'") ? "other" : "one");
  }

  starts(text: string): this {
    for (const sid of [1, 2, 3, 4]) {
      const history = this.history(text);
      this.server(sid).loaded(history, history, history.zxid);
    }
    return this;
  }

  leads(sid: number, epoch: number, text: string): this {
    this.server(sid).epochProposed(asEpoch(epoch));
    this.server(sid).established(asEpoch(epoch), this.history(text));
    return this;
  }

  follows(sid: number, epoch: number, leader: number, text: string): this {
    this.server(sid).newLeaderAcked(asEpoch(epoch), this.history(text));
    this.server(sid).active(asEpoch(epoch), asServerId(leader), this.history(text));
    return this;
  }

  proposes(sid: number, ...words: string[]): this {
    for (const word of words) this.server(sid).proposed(this.txn(word));
    return this;
  }

  /** The last txn of the history is delivered on top of the others. */
  delivers(sid: number, text: string): this {
    const history = this.history(text);
    this.server(sid).delivered(history.txn as Txn, history);
    return this;
  }

  logs(sid: number, text: string): this {
    const history = this.history(text);
    this.server(sid).logged(history.txn as Txn, history);
    return this;
  }

  looks(sid: number): this {
    this.server(sid).stateChanged(LOOKING, ELECTION);
    return this;
  }

  get violated(): InvariantId[] {
    return [...new Set(this.invariants.violations.map((violation) => violation.id))].sort();
  }
}

interface Case {
  readonly name: string;
  readonly run: (servers: ScriptedServers) => unknown;
}

const CASES: Readonly<Record<InvariantId, { fires: Case; quiet: Case; also?: InvariantId[] }>> = {
  "primary-uniqueness": {
    fires: { name: "two servers are established in one epoch", run: (t) => t.leads(1, 2, "").leads(2, 2, "") },
    quiet: { name: "two servers in two epochs", run: (t) => t.leads(1, 2, "").leads(2, 3, "") },
  },
  integrity: {
    fires: { name: "a delivered txn was never proposed", run: (t) => t.leads(1, 1, "").delivers(1, "1:1") },
    quiet: { name: "it was", run: (t) => t.leads(1, 1, "").proposes(1, "1:1").delivers(1, "1:1") },
  },
  agreement: {
    fires: {
      name: "two servers deliver different txns in one place",
      run: (t) => t.leads(1, 1, "").follows(2, 1, 1, "").proposes(1, "1:1").delivers(1, "1:1").delivers(2, "1:1'"),
    },
    quiet: {
      name: "one server is behind",
      run: (t) =>
        t
          .leads(1, 1, "")
          .follows(2, 1, 1, "")
          .proposes(1, "1:1", "1:2")
          .delivers(1, "1:1")
          .delivers(1, "1:1 1:2")
          .delivers(2, "1:1"),
    },
  },
  "total-order": {
    fires: {
      name: "a server delivers a txn in another place",
      run: (t) =>
        t
          .starts("1:1 1:2")
          .leads(1, 2, "1:1 1:2")
          .follows(2, 2, 1, "1:1 1:2")
          .proposes(1, "2:1")
          .delivers(1, "1:1 1:2 2:1")
          .delivers(2, "1:1 2:1"),
    },
    quiet: {
      name: "in the same place",
      run: (t) =>
        t
          .starts("1:1 1:2")
          .leads(1, 2, "1:1 1:2")
          .follows(2, 2, 1, "1:1 1:2")
          .proposes(1, "2:1")
          .delivers(1, "1:1 1:2 2:1")
          .delivers(2, "1:1 1:2 2:1"),
    },
    also: ["commit-completeness"],
  },
  "local-primary-order": {
    fires: {
      name: "a txn of a primary is left out",
      run: (t) => t.leads(1, 1, "").proposes(1, "1:1", "1:2", "1:3").delivers(1, "1:1").delivers(1, "1:1 1:3"),
    },
    quiet: {
      name: "a primary stops in the middle, the next goes on",
      run: (t) =>
        t
          .leads(1, 1, "")
          .proposes(1, "1:1", "1:2")
          .delivers(1, "1:1")
          .leads(2, 2, "1:1")
          .proposes(2, "2:1")
          .delivers(2, "1:1 2:1"),
    },
  },
  "global-primary-order": {
    fires: {
      name: "a txn of an older epoch comes after one of a newer",
      run: (t) =>
        t
          .leads(1, 1, "")
          .proposes(1, "1:1")
          .leads(2, 2, "")
          .proposes(2, "2:1")
          .delivers(2, "2:1")
          .delivers(2, "2:1 1:1"),
    },
    quiet: {
      name: "the other way round",
      run: (t) =>
        t
          .leads(1, 1, "")
          .proposes(1, "1:1")
          .delivers(1, "1:1")
          .leads(2, 2, "1:1")
          .proposes(2, "2:1")
          .delivers(2, "1:1 2:1"),
    },
  },
  "primary-integrity": {
    fires: {
      name: "a primary broadcasts without what was delivered in an older epoch",
      run: (t) => t.leads(1, 1, "").proposes(1, "1:1").leads(2, 2, "").delivers(1, "1:1").proposes(2, "2:1"),
    },
    quiet: {
      name: "with it",
      run: (t) => t.leads(1, 1, "").proposes(1, "1:1").delivers(1, "1:1").leads(2, 2, "1:1").proposes(2, "2:1"),
    },
    also: ["leader-is-complete"],
  },
  "initial-history-agreement": {
    fires: {
      name: "a later epoch starts without an earlier one's initial history",
      run: (t) => t.starts("1:1").leads(1, 2, "1:1").leads(2, 3, ""),
    },
    quiet: {
      name: "with more than that",
      run: (t) => t.starts("1:1").leads(1, 2, "1:1").proposes(1, "2:1").leads(2, 3, "1:1 2:1"),
    },
    also: ["committed-history-grows"],
  },
  "commit-completeness": {
    fires: {
      name: "a txn is delivered without the initial history of its epoch",
      run: (t) => t.starts("1:1").leads(1, 2, "1:1").proposes(1, "2:1").follows(2, 2, 1, "1:1").delivers(2, "2:1"),
    },
    quiet: {
      name: "with it",
      run: (t) =>
        t
          .starts("1:1")
          .leads(1, 2, "1:1")
          .proposes(1, "2:1")
          .delivers(1, "1:1 2:1")
          .follows(2, 2, 1, "1:1")
          .delivers(2, "1:1 2:1"),
    },
    also: ["agreement"],
  },
  "process-consistency": {
    fires: {
      name: "two participants log different txns in one place",
      run: (t) => t.leads(1, 1, "").follows(2, 1, 1, "").logs(1, "1:1").logs(2, "1:1'"),
    },
    quiet: {
      name: "one has left the epoch before",
      run: (t) => t.leads(1, 1, "").follows(2, 1, 1, "").logs(1, "1:1").looks(2).logs(2, "1:1'"),
    },
  },
  "no-bad-state": {
    fires: {
      name: "a packet out of place",
      run: (t) => t.server(1).anomaly("bad-state", asServerId(2), 3, asZxid(0), ""),
    },
    quiet: { name: "no anomaly", run: (t) => t.leads(1, 1, "") },
  },
  "no-bad-ack": {
    fires: {
      name: "an ACK that does not fit",
      run: (t) => t.server(1).anomaly("bad-ack", asServerId(2), 3, asZxid(0), ""),
    },
    quiet: { name: "no anomaly", run: (t) => t.leads(1, 1, "") },
  },
  "no-bad-proposal": {
    fires: {
      name: "a PROPOSAL that does not fit",
      run: (t) => t.server(1).anomaly("bad-proposal", asServerId(2), 2, asZxid(0), ""),
    },
    quiet: { name: "no anomaly", run: (t) => t.leads(1, 1, "") },
  },
  "no-bad-commit": {
    fires: {
      name: "a COMMIT that does not fit",
      run: (t) => t.server(1).anomaly("bad-commit", asServerId(2), 4, asZxid(0), ""),
    },
    quiet: { name: "no anomaly", run: (t) => t.leads(1, 1, "") },
  },
  "committed-history-grows": {
    fires: {
      name: "a new leader lacks what was delivered",
      run: (t) => t.leads(1, 1, "").proposes(1, "1:1").delivers(1, "1:1").leads(2, 2, ""),
    },
    quiet: {
      name: "a deposed leader learns late that it had a quorum",
      run: (t) => t.leads(2, 2, "").proposes(2, "2:1").delivers(2, "2:1").leads(1, 1, ""),
    },
  },
  "trunc-keeps-committed": {
    fires: {
      name: "a TRUNC removes what was delivered",
      run: (t) => {
        t.leads(1, 1, "").proposes(1, "1:1").delivers(1, "1:1");
        t.server(2).truncated(asZxid(0), t.history("1:1 1:2"), t.history(""));
      },
    },
    quiet: {
      name: "it removes what was not",
      run: (t) => {
        t.leads(1, 1, "").proposes(1, "1:1").delivers(1, "1:1");
        t.server(2).truncated(asZxid(0), t.history("1:1 1:2"), t.history("1:1"));
      },
    },
  },
  "follower-is-prefix": {
    fires: {
      name: "a follower acknowledges with a txn that its leader has not",
      run: (t) => {
        t.starts("1:1");
        t.server(1).epochProposed(asEpoch(2));
        t.server(2).newLeaderAcked(asEpoch(2), t.history("1:1 1:2"));
      },
    },
    quiet: {
      name: "with less than its leader has",
      run: (t) => {
        t.starts("1:1 1:2");
        t.server(1).epochProposed(asEpoch(2));
        t.server(2).newLeaderAcked(asEpoch(2), t.history("1:1"));
      },
    },
  },
  "leader-is-complete": {
    fires: {
      name: "a follower delivers what its leader has neither in memory nor in its log",
      run: (t) => t.leads(1, 1, "").follows(2, 1, 1, "").proposes(1, "1:1").delivers(2, "1:1"),
    },
    quiet: {
      name: "its leader has it in its log only",
      run: (t) => t.leads(1, 1, "").follows(2, 1, 1, "").proposes(1, "1:1").logs(1, "1:1").delivers(2, "1:1"),
    },
  },
  "disk-tells-memory": {
    fires: {
      name: "a participant looks for a leader without what its log holds",
      run: (t) => {
        t.server(1).fastForwarded(t.history("1:1"), t.history("1:1 1:2"));
        t.looks(1).server(1).voted(2, asServerId(1), t.history("1:1").zxid, asEpoch(0));
      },
    },
    quiet: {
      name: "a server that serves is behind its log",
      run: (t) => {
        t.leads(1, 1, "").follows(2, 1, 1, "");
        t.server(2).stateChanged(FOLLOWING, BROADCAST);
        t.logs(1, "1:1").logs(2, "1:1");
      },
    },
  },
  "zxid-covers-tree": {
    fires: {
      name: "a participant starts from a snapshot that holds more than its zxid says",
      run: (t) => t.server(1).loaded(t.history("1:1 1:2"), t.history("1:1 1:2"), t.history("1:1").zxid),
    },
    quiet: {
      name: "it stands at the start of an epoch, beyond its last txn",
      run: (t) => t.server(1).loaded(t.history("1:1"), t.history("1:1"), asZxid(2 * 2 ** 32)),
    },
  },
};

describe.each(Object.entries(CASES))("%s", (id, { fires, quiet, also = [] }) => {
  it(`fires: ${fires.name}`, () => {
    const servers = new ScriptedServers();
    fires.run(servers);
    expect(servers.violated).toContain(id);
    expect(servers.violated.filter((other) => other !== id && !also.includes(other))).toEqual([]);
  });

  it(`keeps quiet: ${quiet.name}`, () => {
    const servers = new ScriptedServers();
    quiet.run(servers);
    expect(servers.violated).toEqual([]);
  });
});

describe("all of them", () => {
  it("are listed with a statement and a source", () => {
    expect(listInvariants().map(({ id }) => id)).toEqual(Object.keys(CASES));
    for (const { statement, source } of listInvariants()) {
      expect(statement).toMatch(/\.$/);
      expect(source).not.toBe("");
    }
  });

  it("report a repeated violation once per server, and count it", () => {
    const servers = new ScriptedServers();
    for (let i = 0; i < 5; i++) servers.server(1).anomaly("bad-ack", asServerId(2), 3, asZxid(0), "again");
    servers.server(2).anomaly("bad-ack", asServerId(1), 3, asZxid(0), "again");
    expect(servers.invariants.violations.map(({ server, count }) => [server, count])).toEqual([
      [1, 5],
      [2, 1],
    ]);
  });

  it("cost the same for a txn behind a long history as behind a short one", () => {
    // Every step back along a history is counted: a checker that walked it would show.
    const steps = (length: number): number => {
      const servers = new ScriptedServers();
      servers.leads(1, 1, "").follows(2, 1, 1, "");
      let history = servers.history("");
      let walked = 0;
      const next = (): void => {
        const txn = makeTxn(asZxid((parseZxid("1:0") as number) + history.length + 1), "x");
        const base = history.extend(txn);
        history = new Proxy(base, {
          get: (target, name) => {
            if (name === "previous") walked++;
            const value = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
        servers.server(1).proposed(txn);
        for (const sid of [1, 2]) {
          servers.server(sid).logged(txn, history);
          servers.server(sid).delivered(txn, history);
        }
        history = base;
      };
      for (let i = 0; i < length; i++) next();
      walked = 0;
      for (let i = 0; i < 10; i++) next();
      expect(servers.violated).toEqual([]);
      return walked;
    };
    expect(steps(1000)).toBe(steps(10));
  });
});

/**
 * Server 3 loses its leader right after a SNAP has replaced its memory, and it alone has 1:1 in its log.
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

it("disk-tells-memory keeps quiet where a SNAP has replaced the log", () => {
  const run = runScenario(loadScenario(SNAP_REPLACED_LOG, "snap-replaced-log.yaml"), { seed: 55693n });
  expect(run.events).toBe(263);
  expect(run.violations).toEqual([]);
});
