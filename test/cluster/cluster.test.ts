/** Tests that a cluster starts, crashes, wipes and upgrades servers, and knows which server leads. */
import { describe, expect, it } from "vitest";
import { behaviorOf, EXIT_UNEXPECTED, type ServerId, type Zxid } from "../../protocol/index.ts";
import { kill, leaderOf, runFor, runUntil, S1, S2, S3, startAndServe, testCluster } from "./test-cluster.ts";

describe("start", () => {
  it("3 servers: all serve, and the leader is one of them", () => {
    const cluster = testCluster("servers: 3");
    expect(cluster.leader).toBeUndefined();
    startAndServe(cluster);
    expect(cluster.running.map(({ peer }) => peer.myid)).toEqual([S1, S2, S3]);
    expect([S1, S2, S3]).toContain(leaderOf(cluster));
  });

  it("3 servers, one is down: it does not run until startServer", () => {
    const cluster = testCluster("servers: { 1: {}, 2: {}, 3: { down: true } }");
    startAndServe(cluster);
    expect(cluster.server(S3)).toBeUndefined();
    cluster.startServer(S3);
    expect(cluster.server(S3)).toBeDefined();
  });

  it("1 running server is started again: it stays the same process", () => {
    const cluster = testCluster("servers: 3");
    cluster.start();
    const before = cluster.server(S1);
    cluster.startServer(S1);
    expect(cluster.server(S1)).toBe(before);
  });

  it("1 server with acceptedEpoch below currentEpoch: it exits, and the watcher gets the exit code", () => {
    const ended: [ServerId, number | undefined][] = [];
    const cluster = testCluster("servers: { 1: { acceptedEpoch: 0, currentEpoch: 1, history: '1:1' }, 2: {}, 3: {} }", {
      lifeCycle: { started: () => {}, ended: (server, exitCode) => ended.push([server, exitCode]) },
    });
    cluster.start();
    runFor(cluster, 1_000_000);
    expect(ended).toEqual([[S1, EXIT_UNEXPECTED]]);
    expect(cluster.server(S1)).toBeUndefined();
  });
});

describe("leader", () => {
  it("3 servers, the leader is paused: the next leader is returned, because its epoch is higher", () => {
    const cluster = testCluster("servers: 3");
    startAndServe(cluster);
    const paused = leaderOf(cluster);
    cluster.world.node(paused).pause();
    runUntil(cluster, () => leaderOf(cluster) !== paused);
    expect(cluster.server(paused)?.peer.leads).toBe(true);
    expect(cluster.leader?.peer.currentEpoch).toBe(2);
  });
});

describe("tcpKeepAlive, during a cut of one direction that is longer than keepAliveTimeout", () => {
  it.each([
    ["3.4.10", true, false],
    ["3.4.11", true, true],
    ["newest", true, true],
    ["newest", false, false],
  ])("%s with tcpKeepAlive %s: idle election connections end: %s", (zookeeper, tcpKeepAlive, end) => {
    const cluster = testCluster(
      `{ servers: 3, zookeeper: ${zookeeper}, settings: { tcpKeepAlive: ${tcpKeepAlive}, syncLimit: 100 },
         network: { keepAliveTimeout: 10s, retransmissionTimeout: 1h } }`,
    );
    startAndServe(cluster);
    cluster.world.network.cut(S1, S2);
    runFor(cluster, 30_000_000);
    expect(cluster.world.network.effects.endedByTimeout).toBe(end ? 2 : 0);
    expect(cluster.running.every(({ peer }) => peer.serving)).toBe(true);
  });
});

describe("retransmissionTimeout", () => {
  it("3 servers, the leader cannot reach 1 follower: the timeout ends their connection before syncLimit does", () => {
    const cluster = testCluster("{ servers: 3, network: { retransmissionTimeout: 1500ms } }");
    startAndServe(cluster);
    const leader = leaderOf(cluster);
    const follower = leader === S1 ? S2 : S1;
    cluster.world.network.cut(leader, follower);
    runFor(cluster, 4_000_000);
    expect(cluster.world.network.effects.endedByTimeout).toBeGreaterThan(0);
    expect(cluster.server(leader)?.peer.leads).toBe(true);
  });
});

describe("crash", () => {
  it("3 servers, the leader loses power with an unsynced record: the watcher gets the zxid of the lost record", () => {
    const lost: Zxid[] = [];
    const cluster = testCluster("servers: 3", {
      lifeCycle: { started: () => {}, ended: (_server, _exitCode, zxids) => lost.push(...zxids) },
    });
    startAndServe(cluster);
    const { leader } = cluster;
    leader?.write("x");
    const effect = cluster.crash({ server: "leader", unsynced: "lost", connectionsReset: true });
    expect(effect?.lostRecords).toBe(1);
    expect(lost).toHaveLength(1);
    expect(cluster.server(leader?.peer.myid as ServerId)).toBeUndefined();
  });

  it("a server that does not run: undefined, and no effect", () => {
    const cluster = testCluster("servers: 3");
    expect(cluster.crash(kill(S1))).toBeUndefined();
    expect(cluster.crash(kill("leader"))).toBeUndefined();
  });
});

it("wipe, 3 serving servers: the server is down and its disk is empty", () => {
  const cluster = testCluster("servers: 3");
  startAndServe(cluster);
  cluster.wipe(S2);
  expect(cluster.server(S2)).toBeUndefined();
  expect(cluster.world.node(S2).disk.list()).toEqual([]);
});

it("install, 3 servers of 3.8.4: the server stops and has the new release after its next start", () => {
  const cluster = testCluster("zookeeper: 3.8.4\nservers: 3");
  startAndServe(cluster);
  cluster.install(S1, "3.9.4");
  expect(cluster.server(S1)).toBeUndefined();
  cluster.startServer(S1);
  expect(cluster.server(S1)?.peer.behavior).toEqual(behaviorOf("3.9.4"));
  expect(cluster.server(S2)?.peer.behavior).toEqual(behaviorOf("3.8.4"));
});

it("change, 3 servers of 3.8.4: every server has the changed behavior", () => {
  const cluster = testCluster("zookeeper: 3.8.4\nservers: 3", { change: () => behaviorOf("3.9.4") });
  cluster.start();
  for (const { peer } of cluster.running) expect(peer.behavior).toEqual(behaviorOf("3.9.4"));
});

it("watchMessages, 2 servers: the watcher sees each message when it is sent and when it is delivered", () => {
  const cluster = testCluster("servers: 2");
  const counts = { sent: 0, delivered: 0 };
  cluster.watchMessages({ sent: () => counts.sent++, delivered: () => counts.delivered++ });
  startAndServe(cluster);
  expect(counts.delivered).toBeGreaterThan(10);
  expect(counts.sent).toBeGreaterThanOrEqual(counts.delivered);
});

it("resetCharacters, 1 link with its own latency: all links and disks are as in the scenario", () => {
  const cluster = testCluster(
    "servers: 3\nnetwork: { latency: 1ms, links: [{ from: 1, to: 2, latency: 5ms }] }\ndisk: { sync: 3ms }",
  );
  const { network } = cluster.world;
  network.setCharacter(1, 2, { latencyMaxUs: 9000 });
  network.setCharacter(2, 3, { latencyMaxUs: 9000, lossRate: 0.5 });
  cluster.resetCharacters();
  expect(network.characterOf(1, 2)).toMatchObject({ latencyMinUs: 5000, latencyMaxUs: 5000 });
  expect(network.characterOf(2, 3)).toMatchObject({ latencyMinUs: 1000, latencyMaxUs: 1000, lossRate: 0 });
});
