import { describe, expect, it } from "vitest";
import {
  asConnectionId,
  ELECTION_PORT,
  OBSERVER_MASTER_PORT,
  QUORUM_PORT,
  type QuorumPacket,
} from "../../../protocol/index.ts";
import {
  ack,
  ackEpoch,
  asLearner,
  type BareLearner,
  BarePeer,
  commit,
  diff,
  ensemble,
  info,
  leaderInfo,
  newLeader,
  proposal,
  upToDate,
  z,
} from "../../conformance/bare-peer.ts";

const OBSERVER = 50;
const MASTER_PORT = { observerMasterPort: 2191 };

/** Makes a follower, server 0, that serves in epoch 1 with an ObserverMaster. `synced` comes before UPTODATE. */
function follower(options = {}, settings = {}, synced: readonly QuorumPacket[] = []): BareLearner {
  const bare = new BarePeer({
    verifier: ensemble([0, 1, 2], [3]),
    settings: { ...MASTER_PORT, ...settings },
    ...options,
  });
  return asLearner(bare, [leaderInfo(1), diff("0:0"), newLeader(1), ...synced, upToDate()]);
}

function connect(bare: BarePeer, first = info(3, 0, true)): void {
  bare.input(() => bare.peer.accepted(asConnectionId(OBSERVER), OBSERVER_MASTER_PORT));
  bare.packet(OBSERVER, first);
}

/** Lets observer 3 connect, and handles its packets until it serves. */
function join(bare: BarePeer, lastZxid = "0:0"): void {
  connect(bare);
  bare.packet(OBSERVER, ackEpoch(0, lastZxid)).packet(OBSERVER, ack("1:0"));
}

describe("an ObserverMaster", () => {
  it("listens while its follower serves", () => {
    const { bare, leader } = follower();
    expect(bare.listening).toEqual(new Set([ELECTION_PORT, OBSERVER_MASTER_PORT]));
    join(bare);
    bare.disconnect(leader);
    expect(bare.listening).toEqual(new Set([ELECTION_PORT]));
    expect(bare.closed).toContain(OBSERVER);
  });

  it("calls accept() again after an error, until it succeeds, and then reads what the observer has sent", () => {
    const { bare } = follower();
    bare.peer.failAccepts("acceptor");
    bare.peer.failAccepts("acceptor");
    connect(bare);
    expect([bare.sentOn(OBSERVER), bare.peer.hasUnread(asConnectionId(OBSERVER))]).toEqual([[], true]);
    bare.peer.endAcceptErrors("acceptor");
    bare.input(() => bare.peer.acceptAgain());
    expect(bare.sentOn(OBSERVER)).toEqual([]);
    bare.peer.endAcceptErrors("acceptor");
    bare.input(() => bare.peer.acceptAgain());
    expect([bare.sentOn(OBSERVER), bare.closed]).toEqual([["LEADERINFO 1:0"], []]);
  });

  it("resets the connections that wait for accept() when its follower stops", () => {
    const { bare, leader } = follower();
    bare.peer.failAccepts("acceptor");
    connect(bare);
    bare.disconnect(leader);
    expect([bare.closed.includes(OBSERVER), bare.closedUnread.includes(OBSERVER)]).toEqual([true, true]);
  });

  it("does not exist without the setting or before 3.6.0", () => {
    const off = follower({}, { observerMasterPort: 0 }).bare.listening;
    const old = follower({ release: "3.5.10" }).bare.listening;
    expect([off, old]).toEqual([new Set([ELECTION_PORT]), new Set([ELECTION_PORT])]);
  });

  it("synchronizes an observer in the epoch of its follower, without a quorum", () => {
    const { bare } = follower();
    join(bare);
    expect(bare.sentOn(OBSERVER)).toEqual(["LEADERINFO 1:0", "DIFF 0:0", "NEWLEADER 1:0", "UPTODATE -1"]);
    bare.packet(OBSERVER, ack("1:0")).advance(1000);
    expect([bare.failures, bare.sentOn(OBSERVER).at(-1)]).toEqual([[], "PING 0:0"]);
  });

  it("sends INFORM when its follower reads a COMMIT, and the kept ones to a new observer", () => {
    const { bare, send } = follower();
    bare.slowThreads = true;
    join(bare);
    bare.work();
    bare.packet(OBSERVER, ack("1:0"));
    send(proposal("1:1"), proposal("1:2"), commit("1:1"));
    expect(bare.sentOn(OBSERVER).filter((text) => text.startsWith("INFORM"))).toEqual(["INFORM 1:1"]);
  });

  it("forwards the writes of an observer to the leader", () => {
    const { bare, leader } = follower();
    join(bare);
    bare.packet(OBSERVER, { type: 1, zxid: z("0:0"), data: { value: "w" } } as QuorumPacket);
    expect(bare.sentOn(leader).at(-1)).toMatch(/^REQUEST/);
  });

  it("refuses a server that is no observer, and an ACK of a transaction", () => {
    const { bare } = follower();
    connect(bare, info(2, 0));
    expect([bare.failures, bare.closed]).toEqual([["2: first-packet-not-info"], [OBSERVER]]);
    const { bare: other } = follower();
    join(other);
    other.packet(OBSERVER, ack("1:1"));
    expect([other.anomalies, other.failures]).toEqual([["bad-ack"], ["3: not-ack"]]);
  });

  it("refuses an observer if it has dropped the transaction after the observer's last zxid", () => {
    const { bare, send } = follower({}, { observerMasterSizeLimitBytes: 200 });
    bare.slowThreads = true;
    send(proposal("1:1"), proposal("1:2"), commit("1:1"), commit("1:2"));
    connect(bare);
    bare.packet(OBSERVER, ackEpoch(0, "0:0"));
    expect([bare.failures, bare.closed]).toEqual([["3: too-far-behind"], [OBSERVER]]);
  });

  it.each([
    [0, [], ["INFORM 1:2", "INFORM 1:3"]],
    [900, ["3: too-far-behind"], []],
  ])("counts the sizes of the transactions that it keeps (%s bytes)", (bytes, failures, informs) => {
    const { bare, send } = follower({}, { observerMasterSizeLimitBytes: 1000 });
    send(proposal("1:1"), commit("1:1"));
    bare.slowThreads = true;
    const sized = proposal("1:2");
    send({ ...sized, data: { ...(sized.data as object), bytes } } as QuorumPacket, proposal("1:3"));
    send(commit("1:2"), commit("1:3"));
    connect(bare);
    bare.packet(OBSERVER, ackEpoch(0, "1:1"));
    bare.work();
    expect(bare.failures).toEqual(failures);
    expect(bare.sentOn(OBSERVER).filter((text) => text.startsWith("INFORM"))).toEqual(informs);
  });

  it.each([
    [false, ["INFORM 1:2"]],
    [true, ["INFORM 1:1", "INFORM 1:2"]],
  ])("ZOOKEEPER-5088: informs about earlier proposals only with the fix (%s)", (fixed, informs) => {
    const options = { behavior: { observerMasterKnowsPending: fixed } };
    const { bare, send } = follower(options, {}, [proposal("1:1")]);
    join(bare);
    send(commit("1:1"), proposal("1:2"), commit("1:2"));
    expect(bare.sentOn(OBSERVER).filter((text) => text.startsWith("INFORM"))).toEqual(informs);
  });
});

describe("an observer with observerMasterPort", () => {
  const observer = (settings = {}, options = {}): BarePeer =>
    new BarePeer({
      myid: 0,
      verifier: ensemble([1, 2, 3], [0]),
      settings: { ...MASTER_PORT, observerElectionDelayMs: 0, ...settings },
      ...options,
    });
  const elect = (bare: BarePeer): void => {
    for (const sid of [1, 2, 3]) {
      bare.notify(sid, { state: sid === 2 ? 2 : 1, leader: 2, electionEpoch: 1, peerEpoch: 0 });
    }
  };
  const roleConnects = (bare: BarePeer): readonly (readonly [number, number])[] =>
    bare.connects.filter(({ port }) => port !== ELECTION_PORT).map(({ port, to }) => [port, to] as const);

  it("tries all voters in turn, once per election", () => {
    const bare = observer().start();
    for (let i = 0; i < 4; i++) {
      elect(bare);
      const { connection } = bare.connects.at(-1) as { connection: number };
      bare.connected(connection).disconnect(connection).advance(10);
    }
    const masters = roleConnects(bare);
    expect(masters.map(([port]) => port)).toEqual(Array(4).fill(OBSERVER_MASTER_PORT));
    expect(new Set(masters.slice(0, 3).map(([, to]) => to))).toEqual(new Set([1, 2, 3]));
    expect(masters[3]).toEqual(masters[0]);
  });

  it("observes the leader before 3.6.0", () => {
    const bare = observer({}, { release: "3.5.10" }).start();
    elect(bare);
    expect(roleConnects(bare)).toEqual([[QUORUM_PORT, 2]]);
  });

  it("waits for reconnectDelayMs before it connects to the leader", () => {
    const bare = observer({ observerMasterPort: 0, observerReconnectDelayMs: 500 }).start();
    elect(bare);
    expect(roleConnects(bare)).toEqual([]);
    bare.advance(0);
    expect(roleConnects(bare)).toEqual([[QUORUM_PORT, 2]]);
  });
});
