/**
 * The crash table of a reconfiguration: a server of three crashes at each of its writes to the files of its
 * configuration. The test checks what the files contain after the crash, and that the server joins again with the new
 * configuration.
 */
import { describe, expect, it } from "vitest";
import { Cluster } from "../../cluster/cluster.ts";
import { CONFIG_WRITES, type ConfigWrite } from "../../cluster/config-files.ts";
import { Invariants } from "../../invariants/index.ts";
import { asServerId, configText, serverIdsOf } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { SECOND } from "../../sim/index.ts";

const OLD = "voters 1,2,3; version 1:0";
const NEW = "voters 1,2,3; observers 4; version 1:1";

const scenario = loadScenario(
  `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: { voters: [1, 2, 3], observers: [4] }, down: true }
settings: { reconfigEnabled: true }
`,
  "crashes.yaml",
);

/** Lets a server crash at a write while the ensemble adds observer 4. */
function crashAt(sid: number, write: ConfigWrite): { cluster: Cluster; invariants: Invariants } {
  const ids = serverIdsOf(scenario.servers);
  let cluster: Cluster;
  const invariants = new Invariants({ servers: ids, now: () => cluster.world.nowUs });
  cluster = new Cluster(scenario, {
    seed: 1,
    watch: (server) => [invariants.notesFor(server)],
    lifeCycle: {
      started: (server) => {
        const { committed, next } = cluster.configFiles(server);
        if (committed !== undefined) invariants.startsWith(server, committed, next);
      },
      ended: (server) => invariants.crashed(server),
    },
  });
  cluster.start();
  runFor(cluster, 3);
  cluster.crashAtConfigWrite(asServerId(sid), write);
  const add = [{ sid: asServerId(4), role: "observer" as const }];
  cluster.leader?.reconfig({ joining: add });
  runFor(cluster, 0.2);
  return { cluster, invariants };
}

function runFor({ world }: Cluster, seconds: number): void {
  world.run({ untilUs: world.nowUs + seconds * SECOND });
}

function filesOf(cluster: Cluster, sid: number): [string | undefined, string | undefined] {
  const { committed, next } = cluster.configFiles(asServerId(sid));
  return [committed && configText(committed), next && configText(next)];
}

/** The committed and the pending configuration in the files after a crash just before the write. */
const AFTER: Readonly<Record<ConfigWrite, [string, string | undefined]>> = {
  next: [OLD, undefined],
  dynamic: [OLD, NEW],
  pointer: [OLD, NEW],
  "delete-next": [NEW, NEW],
};

const CASES = [1, 2, 3].flatMap((sid) => CONFIG_WRITES.map((write) => [sid, write] as const));

describe("a server that crashes at a write of its configuration", () => {
  it.each(CASES)("server %i at %s: has the files of the crash table, and joins again", (sid, write) => {
    const { cluster, invariants } = crashAt(sid, write);
    expect(cluster.server(asServerId(sid))).toBeUndefined();
    expect(filesOf(cluster, sid)).toEqual(AFTER[write]);
    runFor(cluster, 5);
    cluster.startServer(asServerId(sid));
    runFor(cluster, 60);
    const configs = cluster.running.map(({ peer }) => [peer.serving, configText(peer.configurations.committed)]);
    // If the leader crashes before it has written .next, no other server has seen the configuration.
    const isLost = sid === 3 && write === "next";
    for (const [serves, config] of configs) {
      expect(serves).toBe(true);
      expect(isLost ? config === OLD : String(config).startsWith("voters 1,2,3; observers 4; ")).toBe(true);
    }
    expect(new Set(configs.map(([, config]) => config)).size).toBe(1);
    expect(invariants.violations).toEqual([]);
  });
});

it("a server deletes the pending configuration when it has read it, so it forgets it at the second start", () => {
  const { cluster } = crashAt(1, "dynamic");
  const sid = asServerId(1);
  const pending = (): (string | undefined)[] => {
    cluster.startServer(sid);
    const { committed, pending } = cluster.server(sid)?.peer.configurations ?? {};
    return [committed && configText(committed), pending && configText(pending)];
  };
  for (const other of [2, 3]) cluster.crash({ server: asServerId(other), unsynced: "kept", connectionsReset: true });
  expect(filesOf(cluster, 1)).toEqual([OLD, NEW]);
  expect(pending()).toEqual([OLD, NEW]);
  expect(filesOf(cluster, 1)).toEqual([OLD, undefined]);
  cluster.crash({ server: sid, unsynced: "kept", connectionsReset: true });
  expect(pending()).toEqual([OLD, OLD]);
});
