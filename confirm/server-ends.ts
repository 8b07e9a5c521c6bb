/** The states of the servers at the end of a run, and their differences from the simulated ones. */
import { setTimeout as sleep } from "node:timers/promises";
import { formatHistory } from "../scenarios/expectation.ts";
import type { FinalServer, ScenarioRun } from "../scenarios/scenario-run.ts";
import { type Mode, modeOf } from "./client.ts";
import { PORTS, type RealServer } from "./real-server.ts";
import type { Witness } from "./witness.ts";

/** The state of a server at the end. */
export interface ServerEnd {
  readonly server: number;
  /** The role that the server reports with `srvr`; "down" if its process has ended, "none" if it does not serve. */
  readonly mode: Mode | "none" | "down";
  /** The transactions that a client reads from it, such as `1:1..1:5, 2:1`; null if it does not serve. */
  readonly memory: string | null;
  /** The transactions that it would load from its disk. */
  readonly disk: string;
}

const SETTLE_MS_MAX = 4000;
const SETTLE_POLL_MS = 250;
const MODE_MS_MAX = 800;

const ROLES: Readonly<Record<ServerEnd["mode"], string>> = {
  leader: "leads",
  follower: "serves as a learner",
  observer: "serves as a learner",
  none: "does not serve",
  down: "is down",
};

/**
 * Waits until the servers are as at the end of the simulated run, or until it takes too long. Rejects if the signal
 * aborts.
 */
export async function settle(
  run: ScenarioRun,
  servers: readonly RealServer[],
  witness: Witness,
  signal: AbortSignal,
): Promise<ServerEnd[]> {
  const endMs = Date.now() + SETTLE_MS_MAX;
  for (;;) {
    await witness.read();
    const ends = await Promise.all(servers.map((server) => endOf(server, witness)));
    signal.throwIfAborted();
    const isRead = ends.every(({ memory, mode }) => memory !== null || mode === "none" || mode === "down");
    if (Date.now() > endMs || (isRead && endDifferences(run, ends).length === 0)) return ends;
    await sleep(SETTLE_POLL_MS);
  }
}

async function endOf(server: RealServer, witness: Witness): Promise<ServerEnd> {
  const mode = server.isRunning ? await modeOf(server.plan.host, PORTS.client, MODE_MS_MAX) : undefined;
  const memory = mode === undefined ? undefined : witness.treeOf(server.id);
  return {
    server: server.id,
    mode: server.isRunning ? (mode ?? "none") : "down",
    memory: memory === undefined ? null : formatHistory(memory),
    disk: formatHistory(witness.diskOf(server)),
  };
}

/** Returns the differences between the ends of the servers and those of the simulated ones, as sentences. */
export function endDifferences(run: ScenarioRun, servers: readonly ServerEnd[]): string[] {
  return servers.flatMap((real) => {
    const simulated = run.servers.find(({ sid }) => Number(sid) === real.server);
    return simulated === undefined ? [] : differencesOf(real, simulated);
  });
}

function differencesOf({ memory, mode, server }: ServerEnd, simulated: FinalServer): string[] {
  const { active, history, leading, running } = simulated;
  const expected = !running ? "is down" : !active ? "does not serve" : leading ? "leads" : "serves as a learner";
  const real = ROLES[mode];
  if (real !== expected) return [`server ${server} ${real} at the end, where it ${expected} in the simulated run`];
  if (memory === null || history === undefined || memory === formatHistory(history)) return [];
  return [
    `server ${server} has ${memory} in memory at the end, where it has ${formatHistory(history)} in the simulated run`,
  ];
}
