/** Connections that wait for a stalled thread: unit tests, and their effect on a cluster. */
import { describe, expect, it } from "vitest";
import { AcceptQueues } from "../../cluster/accept-queues.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import type { Server, StallableThread } from "../../cluster/server.ts";
import { ELECTION_PORT, LEADING, LOOKING, QUORUM_PORT, type ServerId } from "../../protocol/index.ts";
import { kill, leaderOf, runFor, runUntil, S1, S2, S3, startAndServe, testCluster } from "./test-cluster.ts";

describe("the accept queues", () => {
  it("queue only connections to a port whose thread stalls", () => {
    const queues = new AcceptQueues<string>();
    expect([queues.add(1, 2, QUORUM_PORT), queues.find(1)]).toEqual([false, undefined]);
    queues.stall("acceptor");
    expect([queues.add(2, 2, ELECTION_PORT), queues.add(3, 2, QUORUM_PORT)]).toEqual([false, true]);
    expect([queues.find(2), queues.find(3)?.from, queues.waitingFor(QUORUM_PORT)]).toEqual([undefined, 2, [3]]);
    expect(queues.waitingFor(ELECTION_PORT)).toEqual([]);
  });

  it("release the connections of a port after the last stall, in order, and no others", () => {
    const queues = new AcceptQueues<string>();
    for (const thread of ["listener", "listener", "acceptor"] as const) queues.stall(thread);
    queues.add(1, 2, ELECTION_PORT);
    queues.add(2, 2, QUORUM_PORT);
    queues.add(3, 3, ELECTION_PORT);
    queues.resume("listener");
    expect(queues.takeReady()).toEqual([]);
    queues.resume("listener");
    expect(queues.takeReady().map(({ connection }) => connection)).toEqual([1, 3]);
    expect([queues.find(1), queues.find(2)?.port]).toEqual([undefined, QUORUM_PORT]);
    expect([queues.resumeAll(), queues.resumeAll()]).toEqual([true, false]);
    expect(queues.takeReady().map(({ connection }) => connection)).toEqual([2]);
  });

  it("are empty after their port is closed, and the next thread of that port does not stall", () => {
    const queues = new AcceptQueues<string>();
    queues.stall("listener");
    queues.stall("acceptor");
    queues.add(1, 2, QUORUM_PORT);
    queues.portClosed(QUORUM_PORT);
    expect([queues.find(1), queues.add(2, 2, QUORUM_PORT), queues.add(3, 2, ELECTION_PORT)]).toEqual([
      undefined,
      false,
      true,
    ]);
  });
});

/** Returns a cluster of three servers in which servers 2 and 3 serve, a thread of the leader stalls, and 1 is down. */
function stalling(thread: StallableThread): { cluster: Cluster; leader: ServerId } {
  const cluster = testCluster("{ servers: { 1: { down: true }, 2: {}, 3: {} }, settings: { tickTimeMs: 200 } }");
  startAndServe(cluster);
  const leader = leaderOf(cluster);
  cluster.server(leader)?.stall(thread);
  return { cluster, leader };
}

describe("3 servers, a thread of the leader stalls, and server 1 starts:", () => {
  it("acceptor: server 1 is connected and waits; it serves after the end of the stall", () => {
    const { cluster, leader } = stalling("acceptor");
    cluster.startServer(S1);
    runFor(cluster, 10_000_000);
    expect(cluster.server(S1)?.peer.serving).toBe(false);
    expect(cluster.server(leader)?.peer.leads).toBe(true);
    cluster.server(leader)?.resume("acceptor");
    runUntil(cluster, () => cluster.server(S1)?.peer.serving === true);
  });

  it("listener: server 1 does not hear from the leader, and hears from it after the end of the stall", () => {
    const { cluster, leader } = stalling("listener");
    const other = leader === S3 ? S2 : S3;
    cluster.world.network.cut(S1, other);
    cluster.world.network.cut(other, S1);
    cluster.startServer(S1);
    runFor(cluster, 10_000_000);
    expect(cluster.server(S1)?.peer.state).toBe(LOOKING);
    expect(cluster.server(leader)?.peer.leads).toBe(true);
    cluster.world.network.healAll();
    cluster.server(leader)?.resumeAll();
    runUntil(cluster, () => cluster.server(S1)?.peer.serving === true);
  });

  it("requests: server 1 serves, a write waits, and its commit follows the end of the stall", () => {
    for (const resume of [(one: Server) => one.resume("requests"), (one: Server) => one.resumeAll()]) {
      const { cluster, leader } = stalling("requests");
      const server = cluster.server(leader) as Server;
      const last = server.peer.database.lastProcessedZxid;
      expect(server.write("x")).toBe(true);
      cluster.startServer(S1);
      runUntil(cluster, () => cluster.server(S1)?.peer.serving === true);
      expect([server.peer.database.lastProcessedZxid, server.peer.leads]).toEqual([last, true]);
      resume(server);
      runUntil(cluster, () => server.peer.database.lastProcessedZxid > last);
    }
  });

  it("acceptor, and the leader is killed or stops leading: the connection of server 1 is reset", () => {
    for (const kills of [true, false]) {
      const { cluster, leader } = stalling("acceptor");
      const other = leader === S3 ? S2 : S3;
      cluster.startServer(S1);
      runFor(cluster, 1_000_000);
      expect(cluster.server(S1)?.peer.state).not.toBe(LOOKING);
      if (kills) cluster.crash(kill(leader));
      else cluster.crash(kill(other));
      runUntil(cluster, () => cluster.server(S1)?.peer.state === LOOKING);
      cluster.startServer(leader);
      cluster.startServer(other);
      runUntil(cluster, () => cluster.server(S1)?.peer.serving === true);
      expect(cluster.running.filter(({ peer }) => peer.state === LEADING).length).toBe(1);
    }
  });
});

it.each([
  ["one stall", (one: Server) => one.resume("leader")],
  ["all stalls", (one: Server) => one.resumeAll()],
] as const)("a new leader whose main thread stalls proposes an epoch only after the end of %s", (_what, resume) => {
  const cluster = testCluster("{ servers: 3, settings: { tickTimeMs: 1000 } }");
  cluster.start();
  const server = cluster.server(S3) as Server;
  expect(server.stall("leader")).toBe(true);
  runUntil(cluster, () => server.peer.state === LEADING);
  runFor(cluster, 3_000_000);
  expect([server.peer.state, server.peer.acceptedEpoch]).toEqual([LEADING, 0]);
  resume(server);
  runUntil(cluster, () => server.peer.serving);
  expect(server.peer.acceptedEpoch).toBe(1);
});
