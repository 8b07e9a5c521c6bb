/** One try: real servers are set up for a scenario, run in the order of its simulated run, and stopped. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startImage } from "../cluster/start-disk.ts";
import { DEFAULT_SETTINGS, History, type Settings, serverIdsOf } from "../protocol/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { wireRulesOf } from "../wire/index.ts";
import { type Evidence, RealRun, type RealRunEnd } from "./real-run.ts";
import { PORTS, RealServer } from "./real-server.ts";
import type { Schedule } from "./schedule.ts";
import { writeStartFiles } from "./start-files.ts";

/** The shortest tick of a real server, so that starts of processes do not exceed its limits. */
const TICK_MS_MIN = 1000;
const TOTAL_MS = 120_000;
const DEVIATIONS_MAX = 12;

/** What a try needs. */
export interface TrialOptions {
  readonly release: string;
  readonly classPath: string;
  readonly library: string;
  readonly signal: AbortSignal;
  readonly log?: ((text: string) => void) | undefined;
  /** Keeps the folder of the servers. */
  readonly keep?: boolean;
}

/** Servers that have run, still running where they were at the end. */
export interface Trial {
  readonly end: RealRunEnd;
  readonly servers: ReadonlyMap<number, RealServer>;
  readonly folder: string;
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
  const tickMs = Math.max(TICK_MS_MIN, scenario.settings.tickTimeMs ?? DEFAULT_SETTINGS.tickTimeMs);
  const servers = serversOf(scenario, folder, tickMs, options);
  const scale = tickMs / (scenario.settings.tickTimeMs ?? DEFAULT_SETTINGS.tickTimeMs);
  const limits = { scale, totalMs: TOTAL_MS, deviationsMax: DEVIATIONS_MAX };
  const run = new RealRun(schedule, servers, wireRulesOf(options.release), evidence, limits);
  if (options.log !== undefined) run.log = options.log;
  try {
    const end = await run.run(options.signal);
    return await use({ end, servers, folder });
  } finally {
    run.stop();
    await Promise.all([...servers.values()].map((server) => server.kill()));
    if (options.keep !== true) rmSync(folder, { recursive: true, force: true });
  }
}

let networks = 0;

/** Returns the prefix of addresses that no other run on this machine uses at the same time. */
function network(): string {
  const id = (process.pid * 7 + networks++) % 60_000;
  return `127.${1 + Math.floor(id / 250)}.${1 + (id % 250)}.`;
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
  const servers = new Map<number, RealServer>();
  for (const id of ids) {
    const spec = scenario.servers[id];
    if (spec === undefined) continue;
    const settings: Partial<Settings> = { ...scenario.settings, ...spec.settings };
    const { initLimit, preAllocSizeBytes, syncLimit } = { ...DEFAULT_SETTINGS, preAllocSizeBytes: 65_536, ...settings };
    const config = [
      ...[`tickTime=${tickMs}`, `initLimit=${initLimit}`, `syncLimit=${syncLimit}`],
      ...(spec.role === "observer" ? ["peerType=observer"] : []),
      ...["localSessionsEnabled=true", ...lists],
    ];
    mkdirSync(join(folder, `server-${id}`));
    const server = new RealServer({
      ...{ id, host: `${prefix}${id}`, folder: join(folder, `server-${id}`), classPath, library, network: prefix },
      ...{ config, settings, preAllocKb: Math.ceil(preAllocSizeBytes / 1024) },
    });
    writeStartFiles(server.dataDir, startImage(spec, empty), release);
    servers.set(id, server);
  }
  return servers;
}
