import { describe, expect, it } from "vitest";
import { FOLLOWING, LOOKING, OBSERVING, QUORUM_PORT, type ServerState } from "../../../protocol/index.ts";
import { behaviorOf } from "../../../protocol/releases.ts";
import { asLearner, BarePeer, leaderInfo, snap, vote } from "../../conformance/bare-peer.ts";

const HIGHER_ROUND = 5;

describe("the receive queue of a server that does not read it", () => {
  /** Makes server 0 reload its database, which delays its election. */
  const reloading = (): BarePeer => {
    const { bare, leader, send } = asLearner(new BarePeer(), [leaderInfo(1)]);
    send(snap("1:1", bare.history("1:1")));
    bare.slowDisk = true;
    return bare.disconnect(leader);
  };

  it.each([
    [98, 2],
    [99, 1],
  ])("keeps 100 notifications: with %i after the vote for server 2, server %i is elected", (count, leader) => {
    const bare = reloading().notify(2, { leader: 2, electionEpoch: HIGHER_ROUND });
    for (let i = 0; i < count; i++) bare.notify(1, { leader: 1, electionEpoch: HIGHER_ROUND });
    bare.slowDisk = false;
    bare.disk().advance(200);
    expect(bare.peer.state).toBe(FOLLOWING);
    expect(bare.connects.filter(({ port }) => port === QUORUM_PORT).at(-1)?.to).toBe(leader);
  });
});

it("ignores the vote of a voter that observes", () => {
  const votes = (state: ServerState): BarePeer => {
    const bare = new BarePeer().start();
    return bare.notify(1, { state, leader: 2 }).notify(2, { state: 2, leader: 2 });
  };
  expect([votes(FOLLOWING).peer.state, votes(OBSERVING).peer.state]).toEqual([FOLLOWING, LOOKING]);
});

describe("a vote of the same round that is worse than the server's own", () => {
  /** Returns the answers of server 0, which is in epoch 1, to a vote of server 1 for `leader` with peerEpoch 0. */
  const answers = (answersWorseVotes: boolean, leader: number): unknown[] => {
    const disk = { acceptedEpoch: 1, currentEpoch: 1 };
    const bare = new BarePeer({ disk, behavior: { answersWorseVotes } }).start().notify(1, {});
    const { length } = bare.sent;
    bare.notify(1, { leader });
    return bare.sent.slice(length).map(({ message }) => message);
  };

  it("gets no answer", () => {
    expect(answers(false, 1)).toEqual([]);
  });

  it("with answersWorseVotes, gets the server's own vote as an answer, unless both name the same leader", () => {
    expect(answers(true, 1)).toEqual([vote(0, { peerEpoch: 1 })]);
    expect(answers(true, 0)).toEqual([]);
  });
});

it.each([
  ["3.4.10", ["leader-unknown"]],
  ["3.4.12", ["leader-unknown"]],
  ["3.4.14", []],
  ["newest", []],
])(
  "%s: votes of a quorum for a server outside the configuration: failures %j (ZOOKEEPER-2988)",
  (release, failures) => {
    const behavior = behaviorOf(release);
    const bare = new BarePeer({ behavior }).start().notify(1, { leader: 9 }).notify(2, { leader: 9 }).advance(1000);
    expect(bare.failures).toEqual(failures);
  },
);

it("a server that is not a voter gets the current vote as an answer, and its vote does not count", () => {
  const bare = new BarePeer().start();
  bare.notify(9, { leader: 9 }).notify(1, { leader: 9 }).advance(1000);
  expect(bare.sent.filter(({ connection }) => connection === 1009)).toHaveLength(1);
  expect(bare.peer.state).toBe(LOOKING);
});
