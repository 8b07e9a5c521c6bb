/**
 * ZooKeeper's tests of fast leader election: the order of votes, votes of servers that follow or lead, rounds,
 * malformed messages, servers that join late, and servers with weight 0.
 */

import { describe, expect, it } from "vitest";
import {
  asEpoch,
  asServerId,
  asZxid,
  encodeNotification,
  FOLLOWING,
  hierarchical,
  isBetterVote,
  LEADING,
  LOOKING,
  QUORUM_PORT,
} from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import { recordsOf, type ScenarioRun } from "../../scenarios/scenario-run.ts";
import { type BareNotification, BarePeer, ensemble, vote, z } from "./bare-peer.ts";

const FIVE = ensemble([1, 2, 3, 4, 5]);
/**
 * Starts the server with the lowest id of five. The other servers have higher ids, so the server keeps the connections
 * that they open.
 */
const zero = (): BarePeer => new BarePeer({ myid: 0, verifier: ensemble([0, 1, 2, 3, 4]) }).start();

const run = (text: string, seed = 1): ScenarioRun => runScenario(loadScenario(text, "inline.yaml"), { seed });

describe("FLEPredicateTest", () => {
  it.each([
    [[4, 0, 0], [3, 0, 2], false],
    [[0, 0, 1], [1, 0, 0], true],
    [[0, 1, 0], [1, 0, 0], true],
    [[1, 1, 0], [0, 1, 0], true],
  ] as const)("(id, zxid, epoch) %j against %j: %s", ([id, zxid, epoch], [curId, curZxid, curEpoch], better) => {
    const vote = [asServerId(id), asZxid(zxid), asEpoch(epoch)] as const;
    expect(isBetterVote(FIVE, ...vote, asServerId(curId), asZxid(curZxid), asEpoch(curEpoch))).toBe(better);
  });
});

describe("FLEOutOfElectionTest", () => {
  const joins = (votes: readonly (readonly [number, BareNotification])[]): BarePeer => {
    const bare = zero();
    for (const [from, vote] of votes) bare.notify(from, vote);
    return bare;
  };

  it("a: votes with the same leader and epoch but different zxids and rounds form a quorum", () => {
    const vote = { leader: 4, peerEpoch: 2 };
    const bare = joins([
      [1, { ...vote, state: FOLLOWING, zxid: z("1:1"), electionEpoch: 1 }],
      [2, { ...vote, state: FOLLOWING, zxid: z("1:2"), electionEpoch: 1 }],
      [3, { ...vote, state: FOLLOWING, zxid: z("2:1"), electionEpoch: 2 }],
      [4, { ...vote, state: LEADING, zxid: z("2:2"), electionEpoch: 2 }],
    ]);
    expect([bare.peer.state, bare.peer.currentVote.id]).toEqual([FOLLOWING, 4]);
  });

  it("b: votes from before ZOOKEEPER-1732 compare by leader only and form a quorum", () => {
    const bare = joins([
      [1, { leader: 4, state: FOLLOWING, peerEpoch: 1, version: 1, electionEpoch: 5 }],
      [2, { leader: 4, state: FOLLOWING, peerEpoch: 1, version: 1, electionEpoch: 5 }],
      [3, { leader: 4, state: FOLLOWING, peerEpoch: 2, version: 0, electionEpoch: 5 }],
      [4, { leader: 4, state: LEADING, peerEpoch: 2, version: 0, electionEpoch: 5 }],
    ]);
    expect(bare.peer.state).toBe(FOLLOWING);
  });

  it("c: equal votes of LOOKING servers form a quorum", () => {
    const vote = { leader: 4, zxid: 1, peerEpoch: 1, electionEpoch: 1 };
    const bare = joins([
      [1, { ...vote, state: LOOKING }],
      [2, { ...vote, state: LOOKING }],
      [3, { ...vote, state: LOOKING }],
    ]);
    bare.advance(200);
    expect(bare.peer.state).toBe(FOLLOWING);
  });

  it("d: votes of LOOKING servers in rounds 1, 2 and 3 form no quorum", () => {
    const vote = { leader: 4, zxid: 1, peerEpoch: 1, state: LOOKING } as const;
    const bare = joins([
      [1, { ...vote, electionEpoch: 1 }],
      [2, { ...vote, electionEpoch: 2 }],
      [3, { ...vote, electionEpoch: 3 }],
    ]);
    bare.advance(200);
    expect(bare.peer.state).toBe(LOOKING);
  });

  it("e: with mixed versions and epochs, the server follows once the leader itself says that it leads", () => {
    const bare = joins([
      [1, { leader: 4, state: FOLLOWING, peerEpoch: 0x17, version: 0, electionEpoch: 2 }],
      [2, { leader: 4, state: FOLLOWING, peerEpoch: 0x17, version: 0, electionEpoch: 2 }],
      [3, { leader: 4, state: FOLLOWING, peerEpoch: 0x18, version: 1, electionEpoch: 2 }],
    ]);
    expect(bare.peer.state).toBe(LOOKING);
    bare.notify(4, { leader: 4, state: LEADING, peerEpoch: 0x18, version: 1, electionEpoch: 2 });
    expect(bare.peer.state).toBe(FOLLOWING);
  });

  it("a server does not join a quorum of followers until the leader itself says that it leads", () => {
    const vote = { leader: 4, state: FOLLOWING, electionEpoch: 3 } as const;
    const bare = joins([
      [1, vote],
      [2, vote],
      [3, vote],
    ]);
    expect(bare.peer.state).toBe(LOOKING);
  });
});

describe("rounds", () => {
  it("FLEBackwardElectionRoundTest: FOLLOWING notifications of an earlier round do not end a later round", () => {
    const bare = new BarePeer().start();
    bare.notify(1, { leader: 0, state: FOLLOWING, electionEpoch: 1 });
    bare.notify(2, { leader: 0, state: FOLLOWING, electionEpoch: 1 });
    expect(bare.peer.state).toBe(LEADING);
    // No learner connects, so leading fails and a new round begins.
    bare.advance(4000);
    expect([bare.peer.state, bare.failures]).toEqual([LOOKING, ["epoch-timeout"]]);
    bare.notify(1, { leader: 0, state: FOLLOWING, electionEpoch: 1 });
    bare.notify(2, { leader: 0, state: FOLLOWING, electionEpoch: 1 });
    bare.advance(200);
    expect(bare.peer.state).toBe(LOOKING);
  });

  it("FLELostMessageTest: a server sends its last message again on a new connection", () => {
    const bare = new BarePeer({ myid: 2, verifier: ensemble([0, 1, 2]) }).start();
    const [first] = bare.connects.filter(({ to }) => to === 1);
    bare.connected(first?.connection as number);
    expect(bare.sent.map(({ message }) => Object.keys(message)[0])).toEqual(["hello", "state"]);
    bare.disconnect(first?.connection as number, "reset");
    bare.advance(200);
    const second = bare.connects.filter(({ to }) => to === 1).at(-1);
    expect(second).not.toBe(first);
    bare.connected(second?.connection as number);
    expect(bare.sent.filter(({ connection }) => connection === second?.connection)).toHaveLength(2);
    // The other servers already follow, although this server never received their LOOKING notifications.
    bare.electionMessage(second?.connection as number, vote(1, { state: FOLLOWING, leader: 2 }));
    const [third] = bare.connects.filter(({ to }) => to === 0);
    bare.connected(third?.connection as number);
    bare.electionMessage(third?.connection as number, vote(0, { state: FOLLOWING, leader: 2 }));
    expect(bare.peer.state).toBe(LEADING);
  });

  it("a server does not count a vote of a lower round, and joins a higher round", () => {
    const bare = new BarePeer().start();
    bare.advance(60_000);
    bare.notify(1, { leader: 1, electionEpoch: 0 });
    expect(bare.peer.state).toBe(LOOKING);
    bare.notify(2, { leader: 2, electionEpoch: 9 });
    bare.advance(200);
    expect([bare.peer.state, bare.peer.currentVote.id, bare.peer.currentVote.electionEpoch]).toEqual([FOLLOWING, 2, 9]);
  });

  it("a server ignores a vote with zxid -1", () => {
    const bare = new BarePeer().start();
    bare.notify(1, { leader: 1, zxid: -1 }).notify(2, { leader: 2, zxid: -1 }).advance(1000);
    expect(bare.peer.state).toBe(LOOKING);
  });

  it("a better vote within finalizeWait continues the round; 200 ms without a better vote end it", () => {
    const bare = zero();
    bare.notify(1, { leader: 2 }).notify(2, { leader: 2 });
    bare.advance(199);
    bare.notify(3, { leader: 3 });
    bare.advance(5000);
    expect(bare.peer.state).toBe(LOOKING);
    bare.notify(1, { leader: 3 }).notify(2, { leader: 3 }).advance(200);
    expect([bare.peer.state, bare.peer.currentVote.id]).toEqual([FOLLOWING, 3]);
  });
});

describe("FLEMalformedNotificationMessageTest", () => {
  const good = (leader: number): Uint8Array => encodeNotification(vote(leader));
  const withConfigLength = (length: number): Uint8Array => {
    const bytes = good(2);
    new DataView(bytes.buffer).setInt32(40, length);
    return bytes;
  };

  it.each([
    ["12 bytes", good(2).slice(0, 12)],
    ["30 bytes", good(2).slice(0, 30)],
    ["config length -123", withConfigLength(-123)],
    ["config length 10000 with a short buffer", withConfigLength(10_000)],
    ["an unknown state", new Uint8Array(44).fill(9)],
  ])("%s: the server ignores the message, and valid notifications still elect a leader", (_, bytes) => {
    const bare = new BarePeer().start();
    bare.notifyBytes(1, bytes).notifyBytes(2, bytes).advance(1000);
    expect(bare.peer.state).toBe(LOOKING);
    bare.notifyBytes(1, good(2)).notifyBytes(2, good(2)).advance(200);
    expect([bare.peer.state, bare.peer.currentVote.id]).toEqual([FOLLOWING, 2]);
  });

  it("the server reads the older forms of 28 and 40 bytes", () => {
    const bare = new BarePeer().start();
    bare.notifyBytes(1, good(2).slice(0, 28)).notifyBytes(2, good(2).slice(0, 40)).advance(200);
    expect(bare.peer.state).toBe(FOLLOWING);
  });
});

describe("CnxManagerTest", () => {
  it("a server closes a connection whose first message is no hello, or has its own id or a smaller id", () => {
    const bare = new BarePeer({ myid: 1, verifier: ensemble([0, 1, 2]) }).start();
    const connects = bare.connects.length;
    bare.acceptElection(900).electionMessage(900, encodeNotification(vote(0)));
    bare.acceptElection(901).electionMessage(901, { hello: asServerId(1) });
    expect(bare.closed).toEqual([900, 901]);
    // The server is already connecting to server 0, so it only closes the connection.
    bare.acceptElection(902).electionMessage(902, { hello: asServerId(0) });
    expect(bare.closed).toEqual([900, 901, 902]);
    expect(bare.connects.slice(0, connects).map(({ to }) => to)).toContain(0);
  });
});

describe("ensembles", () => {
  it("FLETest: seven servers, the leader is killed three times: the others agree on a new leader each time", () => {
    const result = run(`
servers: 7
threads: { electionWakeUp: 0ms }
steps:
  - { when: { event: active, server: 1 }, after: 1s, crash: leader }
  - { when: { event: established }, after: 3s, crash: leader }
  - { when: { event: established }, after: 3s, crash: leader }
expect: { leader: 4, epoch: 4, active: [1, 2, 3, 4] }
`);
    expect(result.unmet).toEqual([]);
  });

  it("testJoin (ZOOKEEPER-975): a third server that joins an established pair never leads", () => {
    const result = run(`
servers: { 1: {}, 2: {}, 3: { down: true } }
steps: [{ when: { event: active, server: 1 }, start: 3 }]
expect: { leader: 2, active: [1, 2, 3] }
`);
    expect(result.unmet).toEqual([]);
    expect(recordsOf(result.records, "leading").filter(({ server }) => server === 3)).toEqual([]);
  });

  it("testJoinInconsistentEnsemble (ZOOKEEPER-1732): a server joins others with different rounds", () => {
    const bare = new BarePeer().start();
    bare.notify(1, { leader: 2, state: FOLLOWING, electionEpoch: 4, zxid: 7, peerEpoch: 3 });
    bare.notify(2, { leader: 2, state: LEADING, electionEpoch: 9, zxid: 1, peerEpoch: 3 });
    expect([bare.peer.state, bare.peer.currentVote.id]).toEqual([FOLLOWING, 2]);
  });

  it("FLENewEpochTest, FLERestartTest: a restarted server with an older round joins", () => {
    const result = run(`
servers: 3
steps:
  - { when: { event: active, server: 1 }, after: 1s, crash: 1 }
  - { after: 1s, restart: 2 }
  - { after: 5s, start: 1 }
expect: { active: [1, 2, 3] }
`);
    expect(result.unmet).toEqual([]);
  });

  it("FLEZeroWeightTest: nine servers in three groups: a server of weight 0 is never elected", () => {
    const weights = new Map([3, 4, 5, 6, 7, 8].map((sid) => [asServerId(sid), 0]));
    const groups = [
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ];
    const verifier = hierarchical(
      groups.map((group) => group.map(asServerId)),
      weights,
    );
    const weightless = [asServerId(8), asZxid(9), asEpoch(9)] as const;
    expect(isBetterVote(verifier, ...weightless, asServerId(0), asZxid(0), asEpoch(0))).toBe(false);
    const result = run(`
servers: { 0: {}, 1: {}, 2: {}, 3: {}, 4: {}, 5: {}, 6: {}, 7: {}, 8: {} }
quorum:
  groups: { a: [0, 1, 2], b: [3, 4, 5], c: [6, 7, 8] }
  weights: { 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0 }
expect: { leader: 2 }
`);
    expect(result.unmet).toEqual([]);
  });

  it("testElectionFraud: a server that false votes make LEADING later follows the real leader", () => {
    const bare = new BarePeer().start();
    bare.notify(1, { leader: 0 }).notify(2, { leader: 0 }).advance(200);
    expect(bare.peer.state).toBe(LEADING);
    bare.advance(4000);
    expect(bare.peer.state).toBe(LOOKING);
    bare.notify(1, { leader: 2, state: FOLLOWING, electionEpoch: 1 });
    bare.notify(2, { leader: 2, state: LEADING, electionEpoch: 1 });
    expect([bare.peer.state, bare.peer.currentVote.id]).toEqual([FOLLOWING, 2]);
    expect(bare.connects.some(({ to, port }) => to === 2 && port === QUORUM_PORT)).toBe(true);
  });

  it("testLeaderOutOfView: server 1, whose view lacks server 3, has no role; 2 and 3 form a quorum", () => {
    const result = run(`
servers: { 1: { view: [1, 2] }, 2: {}, 3: {} }
threads: { electionWakeUp: 0ms }
until: 20s
expect: { leader: 3, active: [2, 3] }
`);
    expect(result.unmet).toEqual([]);
    const roles = result.records.filter(
      ({ event, server }) => server === 1 && (event === "leading" || event === "following"),
    );
    expect(roles).toEqual([]);
  });
});
