/**
 * Whether servers that were settled come back to life: within a bounded time one of them leads in BROADCAST, takes a
 * write, and all of them have delivered it and serve.
 */
import type { ServerId } from "../protocol/index.ts";
import type { Cluster } from "./cluster.ts";
import type { ProtocolRecord, RecordOf } from "./records.ts";

const LOOK_EVERY_US = 50_000;

export class Liveness {
  /** Who was settled; none before. */
  servers: readonly ServerId[] = [];
  settledUs: number | undefined;
  /** When they were alive; undefined: not yet. */
  liveUs: number | undefined;
  /** What the settled servers have failed of since, and how often, where that is recorded. */
  readonly failures = new Map<RecordOf<"failed">["reason"], number>();
  private readonly cluster: Cluster;
  private writtenIn = -1;
  private writtenZxid = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  settled(servers: readonly ServerId[]): void {
    const { world } = this.cluster;
    this.servers = servers;
    this.settledUs = world.nowUs;
    const look = (): void => {
      if (this.alive()) this.liveUs = world.nowUs;
      else world.at(world.nowUs + LOOK_EVERY_US, look, "live?");
    };
    look();
  }

  recorded(record: ProtocolRecord): void {
    if (record.event !== "failed" || record.learner !== undefined || !this.servers.includes(record.server)) return;
    this.failures.set(record.reason, (this.failures.get(record.reason) ?? 0) + 1);
  }

  private alive(): boolean {
    const { cluster, servers } = this;
    const leader = servers.map((sid) => cluster.server(sid)).find((server) => server?.peer.leads);
    if (leader === undefined) return false;
    const { currentEpoch } = leader.peer;
    if (this.writtenIn !== currentEpoch) {
      // A write of a leader that is deposed before it commits may be lost: the next one is asked again.
      if (!leader.write("alive?")) return false;
      this.writtenIn = currentEpoch;
      this.writtenZxid = leader.peer.database.lastProcessedZxid;
    }
    const { lastProcessedZxid } = leader.peer.database;
    if (lastProcessedZxid <= this.writtenZxid) return false;
    return servers.every((sid) => {
      const peer = cluster.server(sid)?.peer;
      return peer?.serving && peer.database.lastProcessedZxid >= lastProcessedZxid;
    });
  }
}
