/**
 * ZooKeeper's tests of fast leader election: predicates, votes of servers that follow or lead, rounds, malformed messages,
 * late and zero-weight servers.
 */
import { describe, expect, it } from "vitest";
import {
  encodeNotification,
  FOLLOWING,
  hierarchical,
  isBetterVote,
  LEADING,
  LOOKING,
  majority,
  type Notification,
  QUORUM_PORT,
} from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { recordsOf, runScenario, type ScenarioRun } from "../../scenarios/run.ts";
import { BarePeer, z } from "./bare-peer.ts";

const FIVE = majority([1, 2, 3, 4, 5]);
/** A server of five whose own id is below all, so that the others keep the connections to it. */
const zero = (): BarePeer => new BarePeer({ myid: 0, verifier: majority([0, 1, 2, 3, 4]) }).start();

const run = (text: string, seed = 1): ScenarioRun => runScenario(loadScenario(text, "inline.yaml"), { seed });

describe("FLEPredicateTest", () => {
  it.each([
    [[4, 0, 0], [3, 0, 2], false],
    [[0, 0, 1], [1, 0, 0], true],
    [[0, 1, 0], [1, 0, 0], true],
    [[1, 1, 0], [0, 1, 0], true],
  ] as const)("(id, zxid, epoch) %j against %j: %s", ([id, zxid, epoch], [curId, curZxid, curEpoch], better) => {
    expect(isBetterVote(FIVE, id, zxid, epoch, curId, curZxid, curEpoch)).toBe(better);
  });
});

describe("FLEOutOfElectionTest", () => {
  const joins = (votes: readonly (readonly [number, Partial<Notification>])[]): BarePeer => {
    const bare = zero();
    for (const [from, vote] of votes) bare.notify(from, vote);
    return bare;
  };

  it("a: same leader and epoch, other zxids and rounds: a quorum", () => {
    const vote = { leader: 4, peerEpoch: 2 };
    const bare = joins([
      [1, { ...vote, state: FOLLOWING, zxid: z("1:1"), electionEpoch: 1 }],
      [2, { ...vote, state: FOLLOWING, zxid: z("1:2"), electionEpoch: 1 }],
      [3, { ...vote, state: FOLLOWING, zxid: z("2:1"), electionEpoch: 2 }],
      [4, { ...vote, state: LEADING, zxid: z("2:2"), electionEpoch: 2 }],
    ]);
    expect([bare.peer.state, bare.peer.currentVote.id]).toEqual([FOLLOWING, 4]);
  });

  it("b: votes from before ZOOKEEPER-1732 compare by leader only", () => {
    const bare = joins([
      [1, { leader: 4, state: FOLLOWING, peerEpoch: 1, version: 1, electionEpoch: 5 }],
      [2, { leader: 4, state: FOLLOWING, peerEpoch: 1, version: 1, electionEpoch: 5 }],
      [3, { leader: 4, state: FOLLOWING, peerEpoch: 2, version: 0, electionEpoch: 5 }],
      [4, { leader: 4, state: LEADING, peerEpoch: 2, version: 0, electionEpoch: 5 }],
    ]);
    expect(bare.peer.state).toBe(FOLLOWING);
  });

  it("c: three LOOKING and the leader with the same vote: a quorum", () => {
    const vote = { leader: 4, zxid: 1, peerEpoch: 1, electionEpoch: 1 };
    const bare = joins([
      [1, { ...vote, state: LOOKING }],
      [2, { ...vote, state: LOOKING }],
      [3, { ...vote, state: LOOKING }],
    ]);
    bare.advance(200);
    expect(bare.peer.state).toBe(FOLLOWING);
  });

  it("d: LOOKING in rounds 1, 2, 3: no quorum in round 2", () => {
    const vote = { leader: 4, zxid: 1, peerEpoch: 1, state: LOOKING } as const;
    const bare = joins([
      [1, { ...vote, electionEpoch: 1 }],
      [2, { ...vote, electionEpoch: 2 }],
      [3, { ...vote, electionEpoch: 3 }],
    ]);
    bare.advance(200);
    expect(bare.peer.state).toBe(LOOKING);
  });

  it("e: mixed versions and epochs with the leader's own word: quorum and leader hold", () => {
    const bare = joins([
      [1, { leader: 4, state: FOLLOWING, peerEpoch: 0x17, version: 0, electionEpoch: 2 }],
      [2, { leader: 4, state: FOLLOWING, peerEpoch: 0x17, version: 0, electionEpoch: 2 }],
      [3, { leader: 4, state: FOLLOWING, peerEpoch: 0x18, version: 1, electionEpoch: 2 }],
    ]);
    expect(bare.peer.state).toBe(LOOKING);
    bare.notify(4, { leader: 4, state: LEADING, peerEpoch: 0x18, version: 1, electionEpoch: 2 });
    expect(bare.peer.state).toBe(FOLLOWING);
  });

  it("without the leader's own word that it leads, a quorum of followers is not joined", () => {
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
  it("FLEBackwardElectionRoundTest: stale FOLLOWING notices for me do not end a later round of mine", () => {
    const bare = new BarePeer().start();
    bare.notify(1, { leader: 0, state: FOLLOWING, electionEpoch: 1 });
    bare.notify(2, { leader: 0, state: FOLLOWING, electionEpoch: 1 });
    expect(bare.peer.state).toBe(LEADING);
    // Nobody comes: leading ends, and a new round begins.
    bare.advance(4000);
    expect([bare.peer.state, bare.failures]).toEqual([LOOKING, ["epoch-timeout"]]);
    bare.notify(1, { leader: 0, state: FOLLOWING, electionEpoch: 1 });
    bare.notify(2, { leader: 0, state: FOLLOWING, electionEpoch: 1 });
    bare.advance(200);
    expect(bare.peer.state).toBe(LOOKING);
  });

  it("FLELostMessageTest: the first message to a peer is sent again on a new connection", () => {
    const bare = new BarePeer({ myid: 2, verifier: majority([0, 1, 2]) }).start();
    const [first] = bare.connects.filter(({ to }) => to === 1);
    bare.input(() => bare.peer.connected(first?.connection as number));
    expect(bare.sent.map(({ message }) => Object.keys(message)[0])).toEqual(["hello", "state"]);
    bare.input(() => bare.peer.closed(first?.connection as number, "reset"));
    bare.advance(200);
    const second = bare.connects.filter(({ to }) => to === 1).at(-1);
    expect(second).not.toBe(first);
    bare.input(() => bare.peer.connected(second?.connection as number));
    expect(bare.sent.filter(({ connection }) => connection === second?.connection)).toHaveLength(2);
    // LOOKING, then FOLLOWING: it decides although one of them may never have come.
    bare.input(() => bare.peer.electionMessage(second?.connection as number, vote(1, { state: FOLLOWING })));
    const [third] = bare.connects.filter(({ to }) => to === 0);
    bare.input(() => bare.peer.connected(third?.connection as number));
    bare.input(() => bare.peer.electionMessage(third?.connection as number, vote(0, { state: FOLLOWING })));
    expect(bare.peer.state).toBe(LEADING);
  });

  const vote = (_from: number, more: Partial<Notification>): Notification => ({
    state: LOOKING,
    leader: 2,
    zxid: 0,
    electionEpoch: 1,
    peerEpoch: 0,
    version: 2,
    ...more,
  });

  it("a LOOKING server of a lower round is told our vote, and not counted; one of a higher round makes us join it", () => {
    const bare = new BarePeer().start();
    bare.advance(60_000);
    bare.notify(1, { leader: 1, electionEpoch: 0 });
    expect(bare.peer.state).toBe(LOOKING);
    bare.notify(2, { leader: 2, electionEpoch: 9 });
    bare.advance(200);
    expect([bare.peer.state, bare.peer.currentVote.id, bare.peer.currentVote.electionEpoch]).toEqual([FOLLOWING, 2, 9]);
  });

  it("a vote with zxid -1 is ignored, and so is every vote while our own is -1", () => {
    const bare = new BarePeer().start();
    bare.notify(1, { leader: 1, zxid: -1 }).notify(2, { leader: 2, zxid: -1 }).advance(1000);
    expect(bare.peer.state).toBe(LOOKING);
  });

  it("a better vote within finalizeWait reopens the round; silence for 200 ms closes it", () => {
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
  const good = (leader: number): Uint8Array =>
    encodeNotification({ state: LOOKING, leader, zxid: 0, electionEpoch: 1, peerEpoch: 0, version: 2 });
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
    ["a state that is none", new Uint8Array(44).fill(9)],
  ])("%s: ignored, and valid notices still elect", (_, bytes) => {
    const bare = new BarePeer().start();
    bare.notifyBytes(1, bytes).notifyBytes(2, bytes).advance(1000);
    expect(bare.peer.state).toBe(LOOKING);
    bare.notifyBytes(1, good(2)).notifyBytes(2, good(2)).advance(200);
    expect([bare.peer.state, bare.peer.currentVote.id]).toEqual([FOLLOWING, 2]);
  });

  it("the older forms of 28 and 40 bytes are understood", () => {
    const bare = new BarePeer().start();
    bare.notifyBytes(1, good(2).slice(0, 28)).notifyBytes(2, good(2).slice(0, 40)).advance(200);
    expect(bare.peer.state).toBe(FOLLOWING);
  });
});

describe("CnxManagerTest", () => {
  it("a first message without a name, or with our own, is hung up on; a smaller id is hung up on and called back", () => {
    const bare = new BarePeer({ myid: 1, verifier: majority([0, 1, 2]) }).start();
    const calls = bare.connects.length;
    bare
      .input(() => bare.peer.accepted(900, 1))
      .input(() => bare.peer.electionMessage(900, encodeNotification(NOTHING)));
    bare.input(() => bare.peer.accepted(901, 1)).input(() => bare.peer.electionMessage(901, { hello: 1 }));
    expect(bare.closed).toEqual([900, 901]);
    // 0 is called already, so nothing more is needed than to hang up.
    bare.input(() => bare.peer.accepted(902, 1)).input(() => bare.peer.electionMessage(902, { hello: 0 }));
    expect(bare.closed).toEqual([900, 901, 902]);
    expect(bare.connects.slice(0, calls).map(({ to }) => to)).toContain(0);
  });

  const NOTHING: Notification = { state: LOOKING, leader: 0, zxid: 0, electionEpoch: 0, peerEpoch: 0, version: 2 };
});

describe("ensembles", () => {
  it("FLETest: seven servers, the leader killed three times: the others agree each time", () => {
    const result = run(`
servers: 7
steps:
  - { when: { event: active, server: 1 }, after: 1s, crash: leader }
  - { when: { event: established }, after: 3s, crash: leader }
  - { when: { event: established }, after: 3s, crash: leader }
expect: { leader: 4, epoch: 4, active: [1, 2, 3, 4] }
`);
    expect(result.unmet).toEqual([]);
  });

  it("testJoin (ZOOKEEPER-975): a third server that joins a formed pair never leads", () => {
    const result = run(`
servers: { 1: {}, 2: {}, 3: { down: true } }
steps: [{ when: { event: active, server: 1 }, start: 3 }]
expect: { leader: 2, active: [1, 2, 3] }
`);
    expect(result.unmet).toEqual([]);
    expect(recordsOf(result.records, "leading").filter(({ server }) => server === 3)).toEqual([]);
  });

  it("testJoinInconsistentEnsemble (ZOOKEEPER-1732): it joins although the others tell of different rounds", () => {
    const bare = new BarePeer().start();
    bare.notify(1, { leader: 2, state: FOLLOWING, electionEpoch: 4, zxid: 7, peerEpoch: 3 });
    bare.notify(2, { leader: 2, state: LEADING, electionEpoch: 9, zxid: 1, peerEpoch: 3 });
    expect([bare.peer.state, bare.peer.currentVote.id]).toEqual([FOLLOWING, 2]);
  });

  it("FLENewEpochTest, FLERestartTest: a server back with an older round joins", () => {
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

  it("FLEZeroWeightTest: nine servers in three groups, a server of weight 0 is never elected", () => {
    const weights = new Map([3, 4, 5, 6, 7, 8].map((sid) => [sid, 0]));
    const verifier = hierarchical(
      [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
      ],
      weights,
    );
    expect(isBetterVote(verifier, 8, 9, 9, 0, 0, 0)).toBe(false);
    const result = run(`
servers: { 0: {}, 1: {}, 2: {}, 3: {}, 4: {}, 5: {}, 6: {}, 7: {}, 8: {} }
quorum:
  groups: { a: [0, 1, 2], b: [3, 4, 5], c: [6, 7, 8] }
  weights: { 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0 }
expect: { leader: 2 }
`);
    expect(result.unmet).toEqual([]);
  });

  it("testElectionFraud: a follower made to think it leads goes LEADING, LOOKING, FOLLOWING; the leader is untouched", () => {
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

  it("testLeaderOutOfView: server 1, without server 3 in its view, neither leads nor follows; 2 and 3 form a quorum", () => {
    const result = run(`
servers: { 1: { view: [1, 2] }, 2: {}, 3: {} }
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
