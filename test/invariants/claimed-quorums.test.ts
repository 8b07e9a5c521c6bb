/** claimed-quorums: the votes that a server counts in its election, and the COMMITs that a learner reads. */
import { describe, expect, it } from "vitest";
import { quorumTest } from "../../invariants/quorum-test.ts";
import {
  asEpoch,
  asServerId,
  asZxid,
  BROADCAST,
  DISCOVERY,
  ELECTION,
  FOLLOWING,
  LEADING,
  LOOKING,
  makeZxid,
  OBSERVING,
  parseZxid,
  type Zxid,
} from "../../protocol/index.ts";
import { HandwrittenRun, type HandwrittenServer, LARGE_ZXID } from "./handwritten-run.ts";

function lookingServer(): { readonly run: HandwrittenRun; readonly server: HandwrittenServer } {
  const run = new HandwrittenRun({ notesAreComplete: true, isQuorum: quorumTest([1, 2, 3].map(asServerId)) });
  run.allStart("1:1");
  return { run, server: run.server(1) };
}

/** Returns the violations after server 1 has counted votes and elected a leader. */
function afterElection(leader: number, count: (server: HandwrittenServer) => unknown): string[] {
  const { run, server } = lookingServer();
  count(server);
  server.notes.elected(asServerId(leader), 1);
  return run.violations;
}

const VIOLATED = ["claimed-quorums at 1"];
const follows = { leader: 3, state: FOLLOWING, electionEpoch: 7, peerEpoch: asEpoch(2) } as const;
const leads = { ...follows, state: LEADING } as const;

describe("a server that is not a voter", () => {
  const vote = { leader: 4 };
  const elects4 = ({ run, server }: ReturnType<typeof lookingServer>): string[] => {
    server.counts(2, vote).counts(3, vote).counts(1, vote);
    server.notes.voted(1, asServerId(4), LARGE_ZXID, asEpoch(0));
    server.notes.elected(asServerId(4), 1);
    return run.violations;
  };

  it("is not elected, except by a release that takes such votes (ZOOKEEPER-2988)", () => {
    expect(elects4(lookingServer())).toEqual(VIOLATED);
    const old = lookingServer();
    old.run.invariants.setRules(asServerId(1), { adoptsConfigs: false, electsOnlyVoters: false });
    expect(elects4(old)).toEqual([]);
  });

  it("is elected if it is a voter of the pending configuration", () => {
    const looking = lookingServer();
    looking.server.sees([1, 2, 3, 4], 7);
    expect(elects4(looking)).toEqual([]);
  });

  it("is not established, even if a quorum acknowledges NEWLEADER", () => {
    const establish = (sid: number): string[] => {
      const { run } = lookingServer();
      const server = run.server(sid);
      for (const voter of [2, 3]) server.notes.epochOffered(asServerId(voter), false, asEpoch(1));
      server.notes.epochProposed(asEpoch(2), asEpoch(1));
      for (const voter of [2, 3]) server.notes.newLeaderAckRead(asServerId(voter), makeZxid(asEpoch(2), 0));
      server.establishes(2, "1:1");
      return run.invariants.violations.map(({ text }) => text);
    };
    expect(establish(4)).toEqual(["is established in epoch 2, although it is not a voter of its configuration"]);
    expect(establish(1)).toEqual([]);
  });
});

describe("a server that elects itself", () => {
  it("needs votes of a quorum with its own zxid, epoch and round", () => {
    const own = { leader: 1 };
    expect(afterElection(1, (server) => server.counts(1, own).counts(2, own))).toEqual([]);
    expect(afterElection(1, (server) => server.counts(1, own).counts(2, { ...own, zxid: asZxid(9) }))).toEqual(
      VIOLATED,
    );
    expect(afterElection(1, (server) => server.counts(1, own).counts(2, { ...own, peerEpoch: asEpoch(1) }))).toEqual(
      VIOLATED,
    );
    expect(afterElection(1, (server) => server.counts(1, own).counts(2, { ...own, electionEpoch: 0 }))).toEqual(
      VIOLATED,
    );
  });

  it("counts the last vote of each server in its round", () => {
    const own = { leader: 1 };
    expect(afterElection(1, (server) => server.counts(1, own).counts(2, own).counts(2, { leader: 2 }))).toEqual(
      VIOLATED,
    );
    const inNextRound = (server: HandwrittenServer): void => {
      server.counts(1, own).counts(2, own);
      server.notes.voted(2, asServerId(1), LARGE_ZXID, asEpoch(0));
    };
    expect(afterElection(1, inNextRound)).toEqual(VIOLATED);
  });
});

describe("a leader that proposes an epoch", () => {
  function proposes(epoch: number, offers: readonly (readonly [number, number])[]): string[] {
    const { run, server } = lookingServer();
    server.counts(1, { leader: 1 }).counts(2, { leader: 1 });
    server.notes.elected(asServerId(1), 1);
    for (const [sid, accepted] of offers) server.notes.epochOffered(asServerId(sid), false, asEpoch(accepted));
    server.notes.epochProposed(asEpoch(epoch), asEpoch(0));
    return run.violations;
  }

  it("proposes more than each acceptedEpoch that it has counted", () => {
    expect(proposes(3, [[2, 2]])).toEqual([]);
    expect(proposes(3, [[2, 3]])).toEqual(VIOLATED);
  });

  it("does not count what arrives after a quorum, or from a server that does not vote", () => {
    const late = [2, 1] as const;
    expect(proposes(2, [late, [3, 5]])).toEqual([]);
    expect(proposes(2, [[4, 5], late])).toEqual([]);
  });
});

describe("a leader that reads an ACKEPOCH that is more recent than its own state", () => {
  /** Returns the violations after leader 1 synchronizes server 3, which has sent currentEpoch 3 to it. */
  function synchronizes3(...acks: number[]): string[] {
    const { run, server } = lookingServer();
    for (const sid of acks) server.notes.epochAcked(asServerId(sid), asEpoch(0), asZxid(0));
    server.commits([1, 3, 4], 7);
    server.notes.epochAcked(asServerId(3), asEpoch(3), asZxid(0));
    server.decidesSync(3);
    return run.violations;
  }

  it("refuses the learner until a quorum has sent ACKEPOCH, also if the configuration changes then", () => {
    expect(synchronizes3()).toEqual(VIOLATED);
    expect(synchronizes3(4)).toEqual(VIOLATED);
    expect(synchronizes3(2)).toEqual([]);
  });
});

describe("a leader that commits a transaction", () => {
  /** Returns the violations after leader 1 commits 2:1, which server 2 has synced and lost in a crash. */
  function commitsAfterLoss(damage: (run: HandwrittenRun) => void): string[] {
    const { run, server } = lookingServer();
    for (const from of [1, 2]) server.counts(from, { leader: 1 });
    server.notes.epochOffered(asServerId(2), false, asEpoch(1));
    server.proposesEpoch(2).notes.newLeaderAckRead(asServerId(2), makeZxid(asEpoch(2), 0));
    server.establishes(2, "1:1").proposes("2:1").logs("1:1 2:1").syncs("1:1 2:1");
    run.server(2).follows(2, 1, "1:1").logs("1:1 2:1").syncs("1:1 2:1");
    damage(run);
    run.server(2).crashes().starts("1:1").crashes().starts("1:1");
    server.notes.committed(run.txn("2:1"));
    return run.violations.filter((violation) => violation.endsWith(" at 1"));
  }

  it("may count an ACK of a server whose disk has been damaged since", () => {
    expect(commitsAfterLoss((run) => run.invariants.damaged(asServerId(2)))).toEqual([]);
    expect(commitsAfterLoss(() => {})).toEqual(VIOLATED);
    expect(commitsAfterLoss((run) => run.invariants.damaged(asServerId(3)))).toEqual(VIOLATED);
  });
});

describe("a proposal that a leader made with two configurations", () => {
  /** Returns the violations after leader 1 commits 2:2, proposed before 2:1 made servers 1 and 4 the only voters. */
  function commitsWithout3(activationEndsOldQuorum: boolean, next?: readonly number[]): string[] {
    const { run, server } = lookingServer();
    run.invariants.setRules(asServerId(1), { adoptsConfigs: true, electsOnlyVoters: true, activationEndsOldQuorum });
    for (const from of [1, 2]) server.counts(from, { leader: 1 });
    server.notes.epochOffered(asServerId(2), false, asEpoch(1));
    server.proposesEpoch(2).notes.newLeaderAckRead(asServerId(2), makeZxid(asEpoch(2), 0));
    const version = makeZxid(asEpoch(2), 1);
    server.notes.stateChanged(LEADING, DISCOVERY);
    server.establishes(2, "1:1").sees([1, 4], version).proposes("2:1", "2:2");
    for (const sid of [1, 2, 4]) run.server(sid).logs("1:1 2:1").syncs("1:1 2:1");
    server.notes.committed(run.txn("2:1"));
    server.commits([1, 4], version);
    if (next !== undefined) server.sees(next, version + 1);
    for (const sid of [1, 4]) run.server(sid).logs("1:1 2:1 2:2").syncs("1:1 2:1 2:2");
    server.notes.committed(run.txn("2:2"));
    return run.violations.filter((violation) => violation.endsWith(" at 1"));
  }

  it("needs a quorum of the old one, too, in releases of ZooKeeper", () => {
    expect(commitsWithout3(false)).toEqual(VIOLATED);
  });

  it("needs only the active one with the fix, even if the leader has seen a third one", () => {
    expect(commitsWithout3(true)).toEqual([]);
    expect(commitsWithout3(true, [1, 2, 3])).toEqual([]);
  });
});

describe("a server that commits a configuration while it serves", () => {
  const version = makeZxid(asEpoch(2), 1);

  /** Returns a run in which leader 1 serves epoch 2 and proposes 2:1, and servers 1 and 2 have it on disk. */
  function proposed(): ReturnType<typeof lookingServer> {
    const { run, server } = lookingServer();
    for (const from of [1, 2]) server.counts(from, { leader: 1 });
    server.notes.epochOffered(asServerId(2), false, asEpoch(1));
    server.proposesEpoch(2).notes.newLeaderAckRead(asServerId(2), makeZxid(asEpoch(2), 0));
    server.notes.stateChanged(LEADING, DISCOVERY);
    server.establishes(2, "1:1").proposes("2:1");
    for (const from of [1, 2]) run.server(2).counts(from, { leader: 1 });
    run.server(2).counts(1, { leader: 1, state: LEADING }).counts(3, { leader: 1, state: FOLLOWING });
    run.server(2).follows(2, 1, "1:1");
    for (const sid of [1, 2]) run.server(sid).logs("1:1 2:1").syncs("1:1 2:1");
    return { run, server };
  }

  it("must have committed its transaction as a leader", () => {
    const { run, server } = proposed();
    server.notes.committed(run.txn("2:1"));
    server.commits([1, 2], version);
    expect(run.violations).toEqual([]);
    const early = proposed();
    early.server.commits([1, 2], version);
    expect(early.run.violations).toEqual(VIOLATED);
  });

  it("must have committed it before it proposes another one", () => {
    const { run, server } = proposed();
    server.sees([1, 2], version).sees([1, 2, 3], version + 1);
    expect(run.violations).toEqual(VIOLATED);
    const later = proposed();
    later.server.sees([1, 2], version).notes.committed(later.run.txn("2:1"));
    later.server.commits([1, 2], version).sees([1, 2, 3], version + 1);
    expect(later.run.violations).toEqual([]);
  });

  it("must have read its commit as a follower", () => {
    const { run } = proposed();
    run.server(2).notes.commitRead(version);
    run.server(2).commits([1, 2], version);
    expect(run.violations).toEqual([]);
    const early = proposed();
    early.run.server(2).commits([1, 2], version);
    expect(early.run.violations).toEqual(["claimed-quorums at 2"]);
  });
});

describe("a learner that accepts an epoch again", () => {
  /** Returns the violations after server 1 has read an ACKEPOCH of server 2, which had accepted the epoch before. */
  function readsAckEpoch(state: typeof LEADING | typeof FOLLOWING, currentEpoch: number): string[] {
    const { run, server } = lookingServer();
    run.server(2).notes.epochAccepted(asEpoch(3));
    server.notes.stateChanged(state, BROADCAST);
    server.notes.epochAcked(asServerId(2), asEpoch(currentEpoch), LARGE_ZXID);
    return run.violations;
  }

  it("must send -1 to a leader", () => {
    expect(readsAckEpoch(LEADING, -1)).toEqual([]);
    expect(readsAckEpoch(LEADING, 2)).toEqual(["claimed-quorums at 2"]);
  });

  it("may send any currentEpoch to an ObserverMaster that takes it for a voter", () => {
    expect(readsAckEpoch(FOLLOWING, 2)).toEqual([]);
  });
});

describe("an observer that follows a follower", () => {
  /** Returns the violations of observer 4, which serves in epoch 2 of server 2. */
  function serves(role: typeof FOLLOWING | typeof OBSERVING, epoch: number): string[] {
    const { run } = lookingServer();
    run.server(3).establishes(2, "1:1");
    run.server(2).notes.stateChanged(role, BROADCAST);
    run.server(2).serves(epoch, 3, "1:1");
    run.server(4).notes.stateChanged(OBSERVING, BROADCAST);
    run.server(4).serves(2, 2, "1:1");
    return run.violations.filter((violation) => violation.endsWith(" at 4"));
  }

  it("needs a follower that serves in the same epoch of an established leader", () => {
    expect(serves(FOLLOWING, 2)).toEqual([]);
    expect(serves(FOLLOWING, 1)).toEqual(["claimed-quorums at 4"]);
    expect(serves(OBSERVING, 2)).toEqual(["claimed-quorums at 4"]);
  });
});

describe("a server that joins a leader", () => {
  it("needs a quorum that follows the leader in one epoch, and the leader itself", () => {
    expect(afterElection(3, (server) => server.counts(3, leads).counts(2, follows))).toEqual([]);
    expect(afterElection(3, (server) => server.counts(2, follows).counts(1, follows))).toEqual(VIOLATED);
    expect(
      afterElection(3, (server) => server.counts(3, leads).counts(2, { ...follows, peerEpoch: asEpoch(1) })),
    ).toEqual(VIOLATED);
    expect(afterElection(3, (server) => server.counts(3, leads).counts(4, follows))).toEqual(VIOLATED);
  });

  it("compares only the leaders of votes in its own round, as ZooKeeper does", () => {
    const inRound = { electionEpoch: 1, peerEpoch: asEpoch(1) };
    expect(
      afterElection(3, (server) =>
        server.counts(3, { ...leads, ...inRound }).counts(2, { ...follows, electionEpoch: 1 }),
      ),
    ).toEqual([]);
  });
});

describe.each([
  ["a follower", FOLLOWING],
  ["an observer", OBSERVING],
] as const)("%s", (_role, state) => {
  function learner(): { readonly run: HandwrittenRun; readonly server: HandwrittenServer } {
    const { run } = lookingServer();
    const leader = run.server(3).counts(3, { leader: 3 }).counts(2, { leader: 3 });
    leader.notes.elected(asServerId(3), 1);
    const server = run.server(1);
    server.notes.stateChanged(state, BROADCAST);
    return { run, server };
  }
  const deliver = ({ run, server }: ReturnType<typeof learner>, zxid: string): string[] => {
    server.notes.delivered(run.txn(zxid), run.history(`1:1 ${zxid}`));
    return run.violations.filter((violation) => violation.startsWith("claimed-quorums"));
  };

  it("delivers a transaction after it has read the COMMIT", () => {
    const it = learner();
    it.server.notes.commitRead(parseZxid("1:2") as Zxid);
    expect(deliver(it, "1:2")).toEqual([]);
    expect(deliver(it, "1:3")).toEqual(VIOLATED);
  });

  it("does not deliver a transaction whose zxid differs from that in the COMMIT", () => {
    const it = learner();
    it.server.notes.commitRead(parseZxid("0:1") as Zxid);
    expect(deliver(it, "1:2")).toEqual(VIOLATED);
  });

  it("loses the COMMITs that it has read when it looks for a leader again", () => {
    const it = learner();
    it.server.notes.commitRead(parseZxid("1:2") as Zxid);
    it.server.notes.stateChanged(LOOKING, ELECTION);
    it.server.notes.stateChanged(state, BROADCAST);
    expect(deliver(it, "1:2")).toEqual(VIOLATED);
  });
});
