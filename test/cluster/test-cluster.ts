/** Clusters for the tests of cluster/, in the notation of scenario files. */
import { Cluster, type ClusterOptions } from "../../cluster/cluster.ts";
import type { CrashSpec } from "../../cluster/cluster-spec.ts";
import { asServerId, type ServerId } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";

export const [S1, S2, S3] = [asServerId(1), asServerId(2), asServerId(3)] as const;

/** Returns the crash of a killed process: the writes in the page cache survive. */
export const kill = (server: ServerId | "leader"): CrashSpec => ({ server, unsynced: "kept", connectionsReset: true });

/** Builds a cluster from the servers, network and disks of a scenario. The seed is 1, and nothing watches the notes. */
export function testCluster(yaml: string, options: Partial<ClusterOptions> = {}): Cluster {
  return new Cluster(loadScenario(yaml, "test-cluster.yaml"), { seed: 1, watch: () => [], ...options });
}

/** Starts the cluster and runs it until every running server serves. */
export function startAndServe(cluster: Cluster): void {
  cluster.start();
  runUntil(cluster, () => cluster.running.length > 0 && cluster.running.every(({ peer }) => peer.serving));
}

/** Runs the cluster until the condition holds. Throws if it does not hold within 120 virtual seconds. */
export function runUntil({ world }: Cluster, condition: () => boolean): void {
  const untilUs = world.nowUs + 120_000_000;
  world.run({ untilUs, stopWhen: condition });
  if (!condition()) throw new Error("the condition does not hold within 120 virtual seconds");
}

export function runFor({ world }: Cluster, durationUs: number): void {
  world.run({ untilUs: world.nowUs + durationUs });
}

/** Starts the cluster, runs it until every running server serves, and returns the leader. */
export function leaderOf(cluster: Cluster): ServerId {
  const { leader } = cluster;
  if (leader === undefined) throw new Error("no leader serves");
  return leader.peer.myid;
}
