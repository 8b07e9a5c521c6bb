/** What real servers cannot be made to do. A scenario that needs it gets the verdict "not stageable". */
import { compareVersions, DEFAULT_SETTINGS, type Settings, serverIdsOf } from "../protocol/index.ts";
import { verbOf } from "../scenarios/actions.ts";
import type { Scenario, Step, Verb } from "../scenarios/scenario.ts";
import { isStoppable } from "./stoppable-threads.ts";

/** The release that first has local sessions, whose clients cost no zxid. */
const OLDEST = "3.5.5";
/** ZKDatabase raises a smaller commitLogCount to this value. */
const COMMIT_LOG_COUNT_MIN = 500;

/** Steps that have no counterpart on real servers, with the reason. */
const VERBS: Readonly<Partial<Record<Verb, string>>> = {
  clock: "the clock of one process cannot run at another rate",
  alter: "the content of packets is not changed",
  reconfig: "reconfigurations are not staged",
  failDns: "host names are not used",
  crashAtConfigWrite: "writes of configuration files are not held",
  acceptError: "errors of accept() are not staged",
  upgrade: "all servers run one release",
  wipe: "disks are not wiped",
};

/** Changes of a disk that are not made on real files. */
const DISK_FAULTS = ["corrupt", "delete", "copyFrom", "full", "readOnly", "loseSyncs"] as const;

/** Threads whose stalls leave no trace on the disk or the network at the place where they stop. */
const UNHELD_THREADS: ReadonlySet<string> = new Set(["leader", "listener", "acceptor"]);

/** Settings that a real server does not have. */
const MODEL_SETTINGS: Readonly<Partial<Record<keyof Settings, string>>> = {
  electionTransport: "ZooKeeper sends notifications only over TCP",
  finalizeWaitMs: "FastLeaderElection.finalizeWait is a constant",
  protocolVersion: "the protocol version of a server is a constant",
  configVersion: "configurations have no version here",
  initialCounter: "the first counter of an epoch is a constant",
  observerMasterPort: "observer masters are not staged",
  txnBytes: "the size of a transaction is that of its znode",
  readOnlyMode: "read-only mode is not staged",
  reconfigEnabled: "reconfigurations are not staged",
};

/** Returns why a scenario cannot be staged on a release, and the step or field; undefined if it can be tried. */
export function notStageable(scenario: Scenario, release: string): string | undefined {
  if (compareVersions(release, OLDEST) < 0) {
    return `zookeeper ${release}: clients have no local sessions before ${OLDEST}, so each client costs a zxid`;
  }
  return ofServers(scenario) ?? ofSteps(scenario);
}

function ofServers({ servers, settings }: Scenario): string | undefined {
  for (const sid of serverIdsOf(servers)) {
    const spec = servers[sid];
    if (spec === undefined) continue;
    const own = (["config", "nextConfig", "view", "myid", "zookeeper"] as const).find(
      (field) => spec[field] !== undefined,
    );
    if (own !== undefined) return `servers.${sid}.${own}: all servers have one configuration and one release here`;
    const reason = ofSettings({ ...settings, ...spec.settings });
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function ofSettings(settings: Partial<Settings>): string | undefined {
  for (const [name, reason] of Object.entries(MODEL_SETTINGS)) {
    const field = name as keyof Settings;
    if (settings[field] !== undefined && settings[field] !== DEFAULT_SETTINGS[field])
      return `settings.${name}: ${reason}`;
  }
  return undefined;
}

function ofSteps({ steps }: Scenario): string | undefined {
  for (const [index, step] of steps.entries()) {
    const reason = ofStep(step);
    if (reason !== undefined) return `step ${index + 1} (${verbOf(step)}): ${reason}`;
  }
  return undefined;
}

function ofStep(step: Step): string | undefined {
  const verb = verbOf(step);
  const reason = VERBS[verb];
  if (reason !== undefined) return reason;
  const action = step as Partial<Record<Verb, unknown>>;
  if (verb === "crash") {
    const { connectionsReset, unsynced } = action.crash as { connectionsReset: boolean; unsynced: unknown };
    if (unsynced === "torn" || (typeof unsynced === "number" && unsynced > 0))
      return "writes are lost all or not at all";
    if (!connectionsReset) return "the kernel of a killed process always ends its connections";
  }
  if (verb === "stall") {
    const { server, thread } = action.stall as { server: number | string; thread: string };
    if (isStoppable(thread) && typeof server !== "number") return "the server of a stalled thread must have an id here";
    if (UNHELD_THREADS.has(thread))
      return `the thread ${thread} stops where it neither uses the disk nor sends a packet`;
  }
  if (verb === "disk") {
    const fault = DISK_FAULTS.find((field) => (action.disk as Record<string, unknown>)[field] !== undefined);
    if (fault !== undefined) return `disk.${fault}: files of a server are not changed`;
  }
  if ((verb === "start" || verb === "restart") && typeof action[verb] === "object")
    return "configurations do not change";
  return undefined;
}

/** Returns the scenario with the settings that real servers accept, on one release. */
export function realScenario(scenario: Scenario, release: string): Scenario {
  const raised = (settings: Partial<Settings>): Partial<Settings> => {
    const { commitLogCount } = settings;
    if (commitLogCount === undefined || commitLogCount >= COMMIT_LOG_COUNT_MIN) return settings;
    return { ...settings, commitLogCount: COMMIT_LOG_COUNT_MIN };
  };
  const servers = Object.fromEntries(
    Object.entries(scenario.servers).map(([id, spec]) => [id, { ...spec, settings: raised(spec.settings) }]),
  );
  return { ...scenario, zookeeper: release, settings: raised(scenario.settings), servers };
}

/** Returns the settings that `realScenario` changes, as text; undefined if there are none. */
export function changedSettings(scenario: Scenario): string | undefined {
  const all = [scenario.settings, ...Object.values(scenario.servers).map(({ settings }) => settings)];
  const small = all.find(({ commitLogCount = COMMIT_LOG_COUNT_MIN }) => commitLogCount < COMMIT_LOG_COUNT_MIN);
  if (small === undefined) return undefined;
  return `settings.commitLogCount ${small.commitLogCount}: ZooKeeper raises it to ${COMMIT_LOG_COUNT_MIN}`;
}
