/**
 * The end of all trouble for some of the servers: they are started, resumed and healed, their links and disks are as at the
 * start, and the others, whatever state they are in, are cut off from them. Whoever of them exits is started again, as a
 * supervisor does.
 */
import type { ServerId } from "../protocol/index.ts";
import type { Cluster } from "./cluster.ts";

const SUPERVISE_US = 500_000;

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
    node.disk.full = false;
    node.disk.unstall();
    node.resume();
  }
  for (const other of ids) {
    if (servers.includes(other)) continue;
    for (const sid of servers) {
      network.cut(other, sid);
      network.cut(sid, other);
    }
  }
  const supervise = (): void => {
    for (const sid of servers) cluster.startServer(sid);
    world.at(world.nowUs + SUPERVISE_US, supervise, "supervise");
  };
  supervise();
}
