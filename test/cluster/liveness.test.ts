/** Liveness: settled servers are live once one of them has committed a write and all of them have delivered it. */
import { expect, it } from "vitest";
import type { Cluster } from "../../cluster/cluster.ts";
import { Liveness } from "../../cluster/liveness.ts";
import type { ProtocolRecord } from "../../cluster/records.ts";
import { settle } from "../../cluster/settle.ts";
import { asServerId, type FailureReason, type ReconfigRequest, type ServerId, type Txn } from "../../protocol/index.ts";
import { kill, leaderOf, runFor, runUntil, S1, S2, S3, startAndServe, testCluster } from "./test-cluster.ts";

const S4 = asServerId(4);

it("3 serving servers are settled: they are live after one write, and no further write follows", () => {
  const cluster = testCluster("servers: 3");
  startAndServe(cluster);
  const liveness = new Liveness(cluster);
  settle(cluster, [S1, S2, S3]);
  liveness.settled([S1, S2, S3]);
  const { settledUs } = liveness;
  runUntil(cluster, () => liveness.liveUs !== undefined);
  expect(settledUs).toBeDefined();
  expect(liveness.liveUs).toBeGreaterThan(settledUs ?? 0);
  runFor(cluster, 1_000_000);
  expect(valuesOf(cluster.leader?.peer.database.history.txns() ?? [])).toEqual(["alive?"]);
});

it("3 servers, only 1 is settled: it has no quorum and never becomes live", () => {
  const cluster = testCluster("servers: 3");
  startAndServe(cluster);
  const liveness = new Liveness(cluster);
  settle(cluster, [S1]);
  liveness.settled([S1]);
  runFor(cluster, 60_000_000);
  expect(liveness.liveUs).toBeUndefined();
});

it("3 servers, the leader crashes before it commits the write: the next leader gets another write", () => {
  const cluster = testCluster("servers: 3\ndisk: { sync: 40ms }");
  startAndServe(cluster);
  const liveness = new Liveness(cluster);
  settle(cluster, [S1, S2, S3]);
  liveness.settled([S1, S2, S3]);
  const first = leaderOf(cluster);
  cluster.crash({ ...kill(first), unsynced: "lost" });
  runUntil(cluster, () => liveness.liveUs !== undefined);
  const { database } = cluster.leader?.peer ?? {};
  expect(valuesOf(database?.history.txns() ?? [])).toContain("alive?");
  expect(cluster.leader?.peer.currentEpoch).toBe(2);
});

const PENDING = "{ config: { voters: [1, 2], version: '1:0' }, nextConfig: { voters: [1, 2, 3, 4], version: '2:0' } }";
const ENABLED = "settings: { reconfigEnabled: true }";
const RECONFIG = `servers: 4\n${ENABLED}`;

/** Starts 4 servers, lets the leader change the configuration, and waits until the servers in `knows` have it. */
function reconfigured(request: ReconfigRequest, knows: readonly ServerId[]): Cluster {
  const cluster = testCluster(RECONFIG);
  startAndServe(cluster);
  const version = (sid: ServerId): number => cluster.configurationsOf(sid).committed.version;
  const before = version(S1);
  expect(cluster.leader?.reconfig(request)).toBe("proposed");
  runUntil(cluster, () => knows.every((sid) => version(sid) > before));
  return cluster;
}

function settledIn(cluster: Cluster, servers: readonly ServerId[]): Liveness {
  const liveness = new Liveness(cluster);
  settle(cluster, servers);
  liveness.settled(servers);
  return liveness;
}

it("a removed server is settled and exits at its start: the others are live without it", () => {
  const cluster = reconfigured({ leaving: [S1] }, [S1, S2, S3, S4]);
  cluster.crash(kill(S1));
  const liveness = settledIn(cluster, [S1, S2, S3, S4]);
  runUntil(cluster, () => liveness.liveUs !== undefined);
  expect(cluster.server(S1)).toBeUndefined();
  expect(cluster.isMember(S1)).toBe(false);
});

it("a removed server that did not hear of its removal is settled: the others are live without it", () => {
  const cluster = testCluster(RECONFIG);
  startAndServe(cluster);
  cluster.world.node(S1).pause();
  cluster.leader?.reconfig({ leaving: [S1] });
  runUntil(cluster, () => cluster.configurationsOf(S2).committed.members.length === 3);
  cluster.crash({ ...kill(S1), connectionsReset: false });
  const liveness = settledIn(cluster, [S1, S2, S3]);
  runUntil(cluster, () => liveness.liveUs !== undefined);
  expect(cluster.leader?.peer.configurations.committed.members).toEqual([2, 3, 4]);
});

it("a voter that became an observer must serve, too", () => {
  const cluster = reconfigured({ joining: [{ sid: S1, role: "observer" }] }, [S1, S2, S3, S4]);
  cluster.crash(kill(S1));
  const liveness = settledIn(cluster, [S1, S2, S3, S4]);
  runUntil(cluster, () => liveness.liveUs !== undefined);
  expect(cluster.server(S1)?.peer.serving).toBe(true);
});

it.each([
  ["", true],
  [", ports: { 1: { election: 4001 } }", true],
  [", ports: { 1: { election: 4001 }, 2: { election: 4002 } }", false],
])("a server whose file lacks changed ports must serve if it knows one of the others (%s)", (ports, serves) => {
  const others = `{ config: { voters: [1, 2], observers: [3], version: "1:1"${ports} } }`;
  const file = "{ config: { voters: [1, 2, 3] }, empty: true }";
  const cluster = testCluster(`servers: { 1: ${others}, 2: ${others}, 3: ${file} }\n${ENABLED}`);
  cluster.start();
  const liveness = settledIn(cluster, [S1, S2, S3]);
  runUntil(cluster, () => liveness.liveUs !== undefined);
  expect(cluster.server(S3)?.peer.serving).toBe(serves);
});

it("a server that knows only an observer at its election address need not serve", () => {
  const ports = "ports: { 1: { election: 4001 }, 2: { election: 4002 } }";
  const others = `config: { voters: [1, 2], observers: [3, 4], version: "1:1", ${ports} }`;
  const servers = `1: { ${others} }, 2: { ${others} }, 3: { role: observer, ${others} }`;
  const file = "{ role: observer, config: { voters: [1, 2], observers: [3, 4] }, empty: true }";
  const cluster = testCluster(`servers: { ${servers}, 4: ${file} }\n${ENABLED}`);
  cluster.start();
  const liveness = settledIn(cluster, cluster.ids);
  runUntil(cluster, () => liveness.liveUs !== undefined);
  expect([3, 4].map((sid) => cluster.server(asServerId(sid))?.peer.serving)).toEqual([true, false]);
});

it("a server has missed a change of all election ports: it and the server that it needs need not serve", () => {
  const lists = (port: number, version: string): string => {
    const ports = [1, 2, 3].map((sid) => `${sid}: { election: ${port} }`);
    return `config: { voters: [1, 2, 3], version: "${version}", ports: { ${ports} } }`;
  };
  const [old, changed] = [lists(3888, "1:1"), lists(4001, "1:2")];
  const cluster = testCluster(`servers: { 1: { ${old} }, 2: { ${changed} }, 3: { ${changed} } }\n${ENABLED}`);
  cluster.start();
  expect(settledIn(cluster, [S1, S2]).missingQuorum).toMatchObject({
    server: S2,
    available: [],
    unreachable: [S1, S2],
  });
  const live = settledIn(cluster, [S1, S2, S3]);
  expect(live.missingQuorum).toBeUndefined();
  runUntil(cluster, () => live.liveUs !== undefined);
  expect(cluster.server(S1)?.peer.serving).toBe(false);
});

it("the settled servers have no quorum of the new configuration: they need not serve", () => {
  const cluster = reconfigured({ leaving: [S1, S2] }, [S1, S2, S3, S4]);
  cluster.crash(kill(S3));
  const liveness = settledIn(cluster, [S1, S2, S4]);
  runFor(cluster, 30_000_000);
  expect(liveness.liveUs).toBeUndefined();
  expect(liveness.missingQuorum).toEqual({
    server: S1,
    config: "voters 3,4; version 1:1",
    pending: false,
    available: [S4],
  });
});

it("a pending configuration has no quorum among the settled servers: they need not serve", () => {
  const cluster = testCluster(
    `servers: { 1: ${PENDING}, 2: ${PENDING}, 3: { down: true }, 4: { down: true } }\n${ENABLED}`,
  );
  cluster.start();
  const stuck = settledIn(cluster, [S1, S2]);
  runFor(cluster, 30_000_000);
  expect(stuck.liveUs).toBeUndefined();
  expect(stuck.missingQuorum).toMatchObject({ server: S1, pending: true, available: [S1, S2] });
});

it("a joiner restarts before its addition is committed, and exits: the servers that need it need not serve", () => {
  const restarted = addsObserverAndJoiner();
  restarted.crash(kill(S3));
  const stuck = settledIn(restarted, [S1, S2, S3]);
  runFor(restarted, 30_000_000);
  expect(stuck.liveUs).toBeUndefined();
  expect(stuck.missingQuorum).toMatchObject({ server: S2, pending: true, available: [S2], exiting: [S3] });

  const undisturbed = addsObserverAndJoiner();
  const live = settledIn(undisturbed, [S1, S2, S3]);
  expect(live.missingQuorum).toBeUndefined();
  runUntil(undisturbed, () => live.liveUs !== undefined);
});

/** Lets server 2 add servers 1 and 3 as voters. Until then, server 1 observes: it acknowledges no proposals. */
function addsObserverAndJoiner(): Cluster {
  const old = "config: { voters: [2], observers: [1] }";
  const joiner = "{ empty: true, config: { voters: [2, 3], observers: [1] } }";
  const cluster = testCluster(`servers: { 1: { role: observer, ${old} }, 2: { ${old} }, 3: ${joiner} }\n${ENABLED}`);
  cluster.start();
  runUntil(cluster, () => cluster.server(S3)?.peer.serving === true);
  const joining = [S1, S3].map((sid) => ({ sid, role: "participant" as const }));
  expect(cluster.server(S2)?.reconfig({ joining })).toBe("proposed");
  return cluster;
}

it("3 of 4 voters of a pending configuration are settled: they must serve, and do", () => {
  const joiner = "{ config: { voters: [1, 2, 3] } }";
  const cluster = testCluster(`servers: { 1: ${PENDING}, 2: ${PENDING}, 3: ${joiner}, 4: {} }\n${ENABLED}`);
  cluster.start();
  const liveness = settledIn(cluster, [S1, S2, S3]);
  expect(liveness.missingQuorum).toBeUndefined();
  runUntil(cluster, () => liveness.liveUs !== undefined);
  expect(cluster.configurationsOf(S3).committed.voters).toEqual([1, 2, 3, 4]);
});

it("failures are counted by reason, only those of settled servers that left their role", () => {
  const liveness = new Liveness(testCluster("servers: 3"));
  liveness.servers = [S1, S2];
  liveness.recorded(failed(S1, "epoch-timeout"));
  liveness.recorded(failed(S2, "epoch-timeout"));
  liveness.recorded(failed(S2, "connection-closed"));
  liveness.recorded(failed(S2, "read-timeout", S1));
  liveness.recorded(failed(S3, "disk-error"));
  liveness.recorded({ atUs: 0, server: S1, event: "started" });
  expect([...liveness.failures]).toEqual([
    ["epoch-timeout", 2],
    ["connection-closed", 1],
  ]);
});

function failed(server: ServerId, reason: FailureReason, learner?: ServerId): ProtocolRecord {
  return { atUs: 0, server, event: "failed", reason, learner, detail: "" };
}

function valuesOf(txns: readonly Txn[]): (string | number)[] {
  return txns.map(({ value }) => value);
}
