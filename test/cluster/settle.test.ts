/** Settling undoes every fault, cuts off all other servers, and starts settled servers again when they exit. */
import { expect, it } from "vitest";
import { settle } from "../../cluster/settle.ts";
import { kill, runFor, runUntil, S1, S2, S3, startAndServe, testCluster } from "./test-cluster.ts";

it("3 servers with faults of nodes, disks, clocks and links: all faults are undone", () => {
  const cluster = testCluster("servers: 3");
  startAndServe(cluster);
  const { network } = cluster.world;
  const node = cluster.world.node(S2);
  network.cut(S1, S2);
  network.clog(S2, S3);
  network.setCharacter(S1, S3, { lossRate: 0.9 });
  node.pause();
  node.refusing = true;
  node.clockRate = 2;
  node.disk.full = true;
  node.disk.stall();
  node.disk.failNext(() => true, "error");
  settle(cluster, [S1, S2, S3]);
  expect(network.isCut(S1, S2)).toBe(false);
  expect(network.characterOf(S1, S3).lossRate).toBe(0);
  expect([node.paused, node.refusing, node.clockRate, node.disk.full]).toEqual([false, false, 1, false]);
  const { failed } = node.disk.effects;
  runUntil(cluster, () => cluster.running.length === 3 && cluster.running.every(({ peer }) => peer.serving));
  cluster.leader?.write("after settling");
  runFor(cluster, 1_000_000);
  expect(node.disk.effects.failed).toBe(failed);
});

it("3 servers, 1 and 2 are settled: server 3 is cut off from both, in both directions", () => {
  const cluster = testCluster("servers: 3");
  startAndServe(cluster);
  settle(cluster, [S1, S2]);
  const { network } = cluster.world;
  for (const sid of [S1, S2]) expect([network.isCut(S3, sid), network.isCut(sid, S3)]).toEqual([true, true]);
  expect(network.isCut(S1, S2)).toBe(false);
});

it("3 servers, settled servers are down: they start immediately, and again after a crash", () => {
  const cluster = testCluster("servers: { 1: { down: true }, 2: { down: true }, 3: {} }");
  cluster.start();
  settle(cluster, [S1, S2]);
  expect([S1, S2].map((sid) => cluster.server(sid) !== undefined)).toEqual([true, true]);
  cluster.crash(kill(S1));
  runFor(cluster, 600_000);
  expect(cluster.server(S1)).toBeDefined();
});
