/**
 * Measures whether settled servers make progress: one of them leads in BROADCAST and takes a write, and all of them
 * deliver the write and serve. The measurement uses no client sessions and no reads.
 */
import { asEpoch, asZxid, type ServerId } from "../protocol/index.ts";
import type { Cluster } from "./cluster.ts";
import type { ProtocolRecord, RecordOf } from "./records.ts";

const CHECK_INTERVAL_US = 50_000;

export class Liveness {
  /** The settled servers; empty until servers are settled. */
  servers: readonly ServerId[] = [];
  settledUs: number | undefined;
  /** The time at which the settled servers became live; undefined if they are not live yet. */
  liveUs: number | undefined;
  /**
   * The number of failures of settled servers since they were settled, by reason. Empty if the run does not record
   * failures.
   */
  readonly failures = new Map<RecordOf<"failed">["reason"], number>();
  private readonly cluster: Cluster;
  /** The epoch of the leader that took the last test write. */
  private writeEpoch = asEpoch(-1);
  /** The lastProcessedZxid of that leader when it took the write. */
  private zxidBeforeWrite = asZxid(0);

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** Starts to measure the liveness of these servers, which have just been settled. */
  settled(servers: readonly ServerId[]): void {
    const { world } = this.cluster;
    this.servers = servers;
    this.settledUs = world.nowUs;
    const check = (): void => {
      if (this.isLive()) this.liveUs = world.nowUs;
      else world.at(world.nowUs + CHECK_INTERVAL_US, check, "live?");
    };
    check();
  }

  recorded(record: ProtocolRecord): void {
    if (record.event !== "failed" || record.learner !== undefined || !this.servers.includes(record.server)) return;
    this.failures.set(record.reason, (this.failures.get(record.reason) ?? 0) + 1);
  }

  private isLive(): boolean {
    const { cluster, servers } = this;
    const leader = servers.map((sid) => cluster.server(sid)).find((server) => server?.peer.leads);
    if (leader === undefined) return false;
    const { currentEpoch } = leader.peer;
    if (this.writeEpoch !== currentEpoch) {
      // If a leader is deposed before it commits the write, the write may be lost. The next leader gets a new write.
      if (!leader.write("alive?")) return false;
      this.writeEpoch = currentEpoch;
      this.zxidBeforeWrite = leader.peer.database.lastProcessedZxid;
    }
    const { lastProcessedZxid } = leader.peer.database;
    if (lastProcessedZxid <= this.zxidBeforeWrite) return false;
    return servers.every((sid) => {
      const peer = cluster.server(sid)?.peer;
      return peer?.serving && peer.database.lastProcessedZxid >= lastProcessedZxid;
    });
  }
}
