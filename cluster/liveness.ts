/**
 * Measures whether settled servers make progress: one of them leads in BROADCAST and takes a write, and all of them
 * that must serve deliver the write and serve. The measurement uses no client sessions and no reads.
 *
 * A reconfiguration changes which servers must serve, so each check uses the configurations that the servers have at
 * that time. A pending configuration is committed before the write, because the leader proposes the write later.
 */
import { asEpoch, asZxid, type QuorumVerifier, type ServerId } from "../protocol/index.ts";
import type { Cluster } from "./cluster.ts";
import { knowsAddress } from "./election-addresses.ts";
import { type MissingQuorum, missingQuorum } from "./missing-quorum.ts";
import type { ProtocolRecord, RecordOf } from "./records.ts";
import type { Server } from "./server.ts";

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

  /**
   * The configuration because of which the settled servers may fail to serve: it has no quorum among them. Undefined if
   * they must serve.
   */
  get missingQuorum(): MissingQuorum | undefined {
    return this.liveUs === undefined ? missingQuorum(this.cluster, this.servers) : undefined;
  }

  recorded(record: ProtocolRecord): void {
    if (record.event !== "failed" || record.learner !== undefined || !this.servers.includes(record.server)) return;
    if (!this.cluster.isMember(record.server)) return;
    this.failures.set(record.reason, (this.failures.get(record.reason) ?? 0) + 1);
  }

  private isLive(): boolean {
    const { cluster } = this;
    const leader = this.leader;
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
    const { committed } = leader.peer.configurations;
    return this.servers.every((sid) => {
      const peer = cluster.server(sid)?.peer;
      if (peer?.serving && peer.database.lastProcessedZxid >= lastProcessedZxid) return true;
      return !this.mustServe(sid, committed);
    });
  }

  /** The settled server that leads; undefined if there is none. If several lead, one with the newest configuration. */
  private get leader(): Server | undefined {
    const versionOf = ({ peer }: Server): number => peer.configurations.committed.version;
    let leader: Server | undefined;
    for (const sid of this.servers) {
      const server = this.cluster.server(sid);
      if (!server?.peer.leads) continue;
      if (leader === undefined || versionOf(server) > versionOf(leader)) leader = server;
    }
    return leader;
  }

  /**
   * Returns whether a server must serve with a leader that has this configuration. A server that its own committed
   * configuration lacks exits at its start. Once the configuration has a version, servers that it lacks, and servers
   * that know no serving voter with the election address at which it listens, need not serve: a LOOKING server sends
   * its vote only to voters (FastLeaderElection#sendNotifications).
   */
  private mustServe(sid: ServerId, { members, version }: QuorumVerifier): boolean {
    const { cluster } = this;
    if (cluster.server(sid) === undefined && !cluster.isMember(sid)) return false;
    if (version === 0) return true;
    if (!members.includes(cluster.myidOf(sid))) return false;
    const { committed, pending } = cluster.configurationsOf(sid);
    return this.servers.some((other) => {
      const peer = cluster.server(other)?.peer;
      return peer?.serving && [committed, pending].some((config) => knowsAddress(config, peer));
    });
  }
}
