/**
 * Settles a set of servers: undoes every fault of the network, the disks and the clocks, cuts off all other servers,
 * and starts the servers of the set. If a server of the set exits, it is started again, as a supervisor would do. A
 * server that a reconfiguration has removed from its own configuration starts only once, because it exits each time.
 */
import type { ServerId } from "../protocol/index.ts";
import type { Cluster } from "./cluster.ts";

/** The interval in which the supervisor checks for settled servers that are down. */
const SUPERVISION_INTERVAL_US = 500_000;

/** Settles `servers` and cuts all other servers off from them. */
export function settle(cluster: Cluster, servers: readonly ServerId[]): void {
  const { ids, world } = cluster;
  const { network } = world;
  network.healAll();
  network.unclogAll();
  network.removeAllRules();
  cluster.resetCharacters();
  for (const sid of ids) {
    const node = world.node(sid);
    node.refusing = false;
    node.clockRate = 1;
    node.disk.repair();
    node.resume();
    cluster.server(sid)?.resumeAll();
  }
  for (const other of ids) {
    if (servers.includes(other)) continue;
    for (const sid of servers) {
      network.cut(other, sid);
      network.cut(sid, other);
    }
  }
  const isRemoved = (sid: ServerId): boolean =>
    cluster.configurationsOf(sid).committed.version > 0 && !cluster.isMember(sid);
  const supervise = (isFirst: boolean): void => {
    for (const sid of servers) if (isFirst || !isRemoved(sid)) cluster.startServer(sid);
    world.at(world.nowUs + SUPERVISION_INTERVAL_US, () => supervise(false), "supervise");
  };
  supervise(true);
}
