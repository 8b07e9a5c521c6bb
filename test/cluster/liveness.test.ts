/** Liveness: settled servers are live once one of them has committed a write and all of them have delivered it. */
import { expect, it } from "vitest";
import { Liveness } from "../../cluster/liveness.ts";
import type { ProtocolRecord } from "../../cluster/records.ts";
import { settle } from "../../cluster/settle.ts";
import type { FailureReason, ServerId, Txn } from "../../protocol/index.ts";
import { kill, leaderOf, runFor, runUntil, S1, S2, S3, startAndServe, testCluster } from "./test-cluster.ts";

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
