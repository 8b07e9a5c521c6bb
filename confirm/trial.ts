/** One try: real servers are set up for a scenario, run in the order of its simulated run, and stopped. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startImage } from "../cluster/start-disk.ts";
import { DEFAULT_SETTINGS, History, type Settings, serverIdsOf } from "../protocol/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { writeDiskFiles } from "./disk-files.ts";
import type { Evidence } from "./evidence.ts";
import { RealRun, type RealRunEnd } from "./real-run.ts";
import { PORTS, RealServer } from "./real-server.ts";
import type { Schedule } from "./schedule.ts";
import { isStoppable } from "./stoppable-threads.ts";

/** The shortest tick of a real server, so that starts of processes do not exceed its limits. */
const TICK_MS_MIN = 1000;
/** The shortest time limits, so that a loaded machine does not exceed them. A scenario can set shorter ones. */
const INIT_MS_MIN = 20_000;
const SYNC_MS_MIN = 10_000;
/** The longest interval between two notifications. ZooKeeper's default is a minute, in which an election may wait. */
const NOTIFICATION_MS_MAX = 1000;
/** A follower tries five times to connect to a leader, which can know later that it is elected. */
const CONNECT_RETRY_MS = 500;
const PRE_ALLOC_BYTES = 65_536;
const TOTAL_MS = 180_000;
const DEVIATIONS_MAX = 12;
const NETWORK_PART_MAX = 250;

/** What a try needs. */
export interface TrialOptions {
  readonly release: string;
  readonly classPath: string;
  readonly library: string;
  readonly signal: AbortSignal;
  readonly log?: ((text: string) => void) | undefined;
}

/** Servers that have run, still running where they were at the end. */
export interface Trial {
  readonly end: RealRunEnd;
  readonly servers: ReadonlyMap<number, RealServer>;
}

/** Runs the servers, and calls `use` while they still run. Kills them and removes their files afterwards. */
export async function withTrial<Result>(
  scenario: Scenario,
  schedule: Schedule,
  evidence: Evidence,
  options: TrialOptions,
  use: (trial: Trial) => Promise<Result>,
): Promise<Result> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "zabsim-confirm-")));
  const simulated = { ...DEFAULT_SETTINGS, ...scenario.settings };
  const tickMs = Math.max(TICK_MS_MIN, simulated.tickTimeMs);
  const servers = serversOf(scenario, folder, tickMs, options);
  const { initLimit } = limitsOf(scenario.settings, tickMs);
  const scale = (tickMs * initLimit) / (simulated.tickTimeMs * simulated.initLimit);
  const limits = { scale, totalMs: TOTAL_MS, deviationsMax: DEVIATIONS_MAX };
  const { log = () => undefined, release, signal } = options;
  const run = new RealRun({ schedule, servers, release, evidence, limits, log });
  try {
    const end = await run.run(signal);
    return await use({ end, servers });
  } finally {
    run.stop();
    await Promise.all([...servers.values()].map((server) => server.kill()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the prefix of the addresses of the servers. Processes have the same one only if their ids are far apart. */
function network(): string {
  const id = process.pid % (NETWORK_PART_MAX * NETWORK_PART_MAX);
  return `127.${1 + Math.floor(id / NETWORK_PART_MAX)}.${1 + (id % NETWORK_PART_MAX)}.`;
}

/** Returns the limits of real servers in ticks. */
function limitsOf(
  settings: Partial<Settings>,
  tickMs: number,
): { readonly initLimit: number; readonly syncLimit: number } {
  return {
    initLimit: settings.initLimit ?? Math.max(DEFAULT_SETTINGS.initLimit, Math.ceil(INIT_MS_MIN / tickMs)),
    syncLimit: settings.syncLimit ?? Math.max(DEFAULT_SETTINGS.syncLimit, Math.ceil(SYNC_MS_MIN / tickMs)),
  };
}

function serversOf(
  scenario: Scenario,
  folder: string,
  tickMs: number,
  { classPath, library, release }: TrialOptions,
): Map<number, RealServer> {
  const ids = serverIdsOf(scenario.servers);
  const prefix = network();
  const lists = ids.map((id) => {
    const role = scenario.servers[id]?.role === "observer" ? ":observer" : "";
    return `server.${id}=${prefix}${id}:${PORTS.quorum}:${PORTS.election}${role}`;
  });
  const empty = History.empty();
  const isDebugged = scenario.steps.some((step) => "stall" in step && isStoppable(step.stall.thread));
  const servers = new Map<number, RealServer>();
  for (const id of ids) {
    const spec = scenario.servers[id];
    if (spec === undefined) continue;
    const settings: Partial<Settings> = {
      ...{ maxNotificationIntervalMs: NOTIFICATION_MS_MAX, leaderConnectDelayDuringRetryMs: CONNECT_RETRY_MS },
      ...{ ...scenario.settings, ...spec.settings },
    };
    const { preAllocSizeBytes = PRE_ALLOC_BYTES } = settings;
    const { initLimit, syncLimit } = limitsOf(settings, tickMs);
    const config = [
      ...[`tickTime=${tickMs}`, `initLimit=${initLimit}`, `syncLimit=${syncLimit}`],
      ...(spec.role === "observer" ? ["peerType=observer"] : []),
      ...["localSessionsEnabled=true", ...lists],
    ];
    mkdirSync(join(folder, `server-${id}`));
    const server = new RealServer({
      ...{ id, host: `${prefix}${id}`, folder: join(folder, `server-${id}`), classPath, library, network: prefix },
      ...{ config, settings, preAllocKb: Math.ceil(preAllocSizeBytes / 1024), isDebugged },
    });
    writeDiskFiles(server.dataDir, startImage(spec, empty), release);
    servers.set(id, server);
  }
  return servers;
}
