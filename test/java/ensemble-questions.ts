/**
 * Scenarios with reconfigurations, run on real ensembles and in the simulator: the same configurations, roles, epochs
 * and refusals at the end.
 */
import type { ConfigChange, EnsembleConfig, ServerSpec } from "../../cluster/cluster-spec.ts";
import { ensembleConfigOf } from "../../cluster/verifier.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import {
  configText,
  FOLLOWING,
  LEADING,
  OBSERVING,
  parseZxid,
  type ServerId,
  serverIdsOf,
} from "../../protocol/index.ts";
import { ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario, Step } from "../../scenarios/scenario.ts";
import { recordsOf, type ScenarioRun } from "../../scenarios/scenario-run.ts";
import type { Kind } from "./kinds.ts";

/** The scenario that zabsim runs, and its cluster and steps as the Java program reads them. */
export interface EnsembleQuestion {
  readonly scenario: string;
  readonly servers: Readonly<Record<ServerId, object>>;
  readonly steps: readonly object[];
}

/** The state of the ensemble at the end. */
interface EnsembleAnswer {
  /** The results of the writes and reconfigurations, in order. */
  readonly results: readonly string[];
  /** The versions of all configurations with which servers started, or that were committed, ascending. */
  readonly versions: readonly string[];
  /** The running servers. */
  readonly servers: Readonly<Record<string, ServerState>>;
}

interface ServerState {
  readonly mode: "leader" | "follower" | "observer" | "none";
  /** The configuration in the files, and that in zoo.cfg.dynamic.next. */
  readonly committed: string;
  readonly pending?: string;
  /** The configuration that a client reads. */
  readonly znode?: string;
  readonly acceptedEpoch?: number;
  readonly currentEpoch?: number;
}

/** The scenarios of `zabsim list scenarios` that are asked. Their `until` leaves the time for each of their steps. */
const SHIPPED = [
  "reconfig-follower-becomes-observer-and-participant",
  "reconfig-initial-configuration-gets-a-version",
  "reconfig-majority-becomes-groups-with-weights",
  "reconfig-observer-cannot-be-counted-for-the-request",
  "reconfig-pending-configuration-already-active",
  "reconfig-pending-configuration-completed",
  "reconfig-pending-configuration-without-quorum-never-serves",
  "reconfig-reconfiguration-enabled-by-rolling-restart",
  "reconfig-remove-a-follower-and-add-it-back",
  "reconfig-remove-the-leader-designated-follower-leads",
  "reconfig-remove-two-of-five-that-are-down",
  "reconfig-voters-are-observers-in-the-pending-configuration",
];

/** Scenarios that are asked in addition. */
const OWN: Readonly<Record<string, string>> = {
  // Servers 1 and 2 have forgotten the pending configuration, so they elect a leader of their own.
  "pending-configuration-forgotten-at-the-second-restart": `
servers:
  1: &old { config: { voters: [1, 2], version: "1:0" }, nextConfig: { voters: [1, 2, 3, 4, 5], version: "2:0" } }
  2: *old
  3: &new { config: { voters: [1, 2, 3, 4, 5], version: "2:0" }, down: true }
  4: *new
  5: *new
settings: { reconfigEnabled: true }
steps:
  - { at: 3s, restart: 1 }
  - { after: 0ms, restart: 2 }
  - { after: 3s, write: 1 }
until: 8s
`,
  // With two voters, the leader can designate only one server.
  "change-ports": `
servers: { 1: {}, 2: {}, 3: { role: observer } }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, reconfig: { ports: { 1: { client: 2191 } } } }
  - { after: 1s, write: 1 }
  - { after: 1s, reconfig: { ports: { 2: { quorum: 2898 } } } }
  - { after: 5s, write: 1 }
  - { after: 1s, reconfig: { ports: { 1: { election: 3891 }, 2: { election: 3892 } } } }
  - { after: 1s, write: 1 }
  - { after: 1s, restart: 1 }
  - { after: 5s, write: 1 }
until: 30s
`,
  // Server 1 dials only the committed election ports of the others, which do not connect to it.
  "changed-election-ports-pending": `
servers:
  1:
    config: { voters: [1, 2, 3], version: "1:0" }
    nextConfig: &moved { voters: [1, 2, 3], ports: { 2: { election: 3898 }, 3: { election: 3899 } }, version: "2:0" }
    down: true
  2: &new { config: *moved }
  3: *new
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, start: 1 }
  - { after: 5s, write: 1 }
until: 15s
`,
  // Leader 3 shows the list in its snapshot. Without server 1, no other server can lead in the meantime.
  "leader-shows-old-list": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: { voters: [1, 2, 3], observers: [4] }, empty: true, down: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, crash: 1 }
  - { after: 1s, restart: { server: 3, config: { voters: [1, 2, 3], observers: [4] } } }
  - { after: 5s, write: 1 }
until: 15s
`,
  "expand-with-reconfig": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: { voters: [1, 2, 3, 4] }, empty: true, down: true }
  5: { config: { voters: [1, 2, 3, 5] }, empty: true, down: true }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, reconfig: { add: { 4: participant, 5: participant }, remove: 1, refused: NewConfigNoQuorum } }
  - { after: 1s, start: 4 }
  - { after: 3s, reconfig: { add: { 4: participant } } }
  - { after: 1s, start: 5 }
  - { after: 3s, reconfig: { add: { 5: participant } } }
  - { after: 1s, write: 1 }
until: 15s
`,
  // The order that `zabsim plan-roll` advises for this roll.
  "expand-with-static-lists": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: &new { config: &five { voters: [1, 2, 3, 4, 5] }, empty: true, down: true }
  5: *new
steps:
  - { when: established, write: 1 }
  - { after: 1s, reconfig: { remove: 1, refused: ReconfigDisabled } }
  - { after: 1s, start: 4 }
  - { after: 3s, write: 1 }
  - { after: 1s, restart: { server: 1, config: *five } }
  - { after: 5s, restart: { server: 2, config: *five } }
  - { after: 5s, write: 1 }
  - { after: 1s, restart: { server: 3, config: *five } }
  - { after: 5s, write: 1 }
  - { after: 1s, start: 5 }
  - { after: 3s, write: 1 }
until: 30s
`,
};

function scenarioOf(name: string, release = "3.9.5"): Scenario {
  const own = OWN[name];
  const options = { set: [`zookeeper=${release}`] };
  return own === undefined ? loadScenario(name, options) : loadScenario(own, `${name}.yaml`, options);
}

function questionOf(name: string): EnsembleQuestion {
  const scenario = scenarioOf(name);
  const run = runOf(name, "3.9.5").run;
  const versions = versionsOf(run);
  const servers = Object.fromEntries(
    serverIdsOf(scenario.servers).map((sid) => [sid, serverOf(scenario, scenario.servers[sid] as ServerSpec)]),
  );
  return { scenario: name, servers, steps: scenario.steps.map((step) => stepOf(step, versions)) };
}

function serverOf(scenario: Scenario, server: ServerSpec): object {
  if (server.history !== "") throw new Error(`${scenario.name}: a real server cannot start with a history`);
  const { nextConfig } = server;
  const { reconfigEnabled = false } = { ...scenario.settings, ...server.settings };
  return {
    config: configOf(ensembleConfigOf(scenario, server)),
    ...(nextConfig && { next: configOf(nextConfig) }),
    reconfigEnabled,
    down: server.down,
  };
}

function configOf({ groups, observers, ports, version, voters, weights = {} }: EnsembleConfig): object {
  return {
    voters,
    observers,
    ...(ports && { ports }),
    ...(groups && { groups: Object.values(groups), weights }),
    ...(version !== undefined && { version: parseZxid(version) }),
  };
}

/** Real steps take as long as they need: each one waits until the ensemble is settled, unless `after` is 0. */
function stepOf(step: Step, versions: readonly string[]): object {
  return { settle: step.after !== "0ms", ...actionOf(step, versions) };
}

function actionOf(step: Step, versions: readonly string[]): object {
  if ("write" in step) return { do: "write" };
  if ("start" in step) return { do: "start", ...startOf(step.start) };
  if ("restart" in step) return { do: "start", ...startOf(step.restart) };
  if ("crash" in step) return { do: "crash", server: step.crash.server };
  if (!("reconfig" in step)) throw new Error(`a real ensemble cannot perform the step ${JSON.stringify(step)}`);
  const { add, config, fromVersion, ports, remove } = step.reconfig;
  return {
    do: "reconfig",
    ...(add && { add }),
    ...(ports && { ports }),
    ...(remove && { remove }),
    ...(config && { config: configOf(config) }),
    ...(fromVersion !== undefined && { fromIndex: versions.indexOf(fromVersion) }),
  };
}

function startOf(start: ServerId | ConfigChange): object {
  if (typeof start !== "object") return { server: start };
  const { config, server, settings } = start;
  return { server, ...(config && { config: configOf(config) }), ...settings };
}

function runOf(name: string, release: string): { readonly run: ScenarioRun; readonly runner: ScenarioRunner } {
  const runner = new ScenarioRunner(scenarioOf(name, release), { seed: 1n });
  return { run: runner.run(), runner };
}

/** Returns the versions of all committed configurations, with those that the servers start with, ascending. */
function versionsOf({ records, scenario }: ScenarioRun): string[] {
  const committed = recordsOf(records, "config-committed").map(({ config }) => versionOf(config));
  const first = serverIdsOf(scenario.servers).map((sid) => scenario.servers[sid]?.config?.version ?? "0:0");
  return [...new Set([...first, ...committed])].sort((a, b) => (parseZxid(a) ?? 0) - (parseZxid(b) ?? 0));
}

function versionOf(config: string): string {
  return config.slice(config.lastIndexOf(" ") + 1);
}

function answerOf(name: string, release: string): EnsembleAnswer {
  const { run, runner } = runOf(name, release);
  const servers = Object.fromEntries(
    run.servers.filter(({ running }) => running).map(({ sid }) => [sid, stateOf(runner, sid)]),
  );
  const results = run.scenario.steps.flatMap((step, i) => {
    const problem = run.steps[i]?.problem;
    if ("write" in step) return [problem ?? "ok"];
    return "reconfig" in step ? [problem ?? step.reconfig.refused ?? "ok"] : [];
  });
  return { results, versions: versionsOf(run), servers };
}

const MODES: Readonly<Record<number, ServerState["mode"]>> = {
  [LEADING]: "leader",
  [FOLLOWING]: "follower",
  [OBSERVING]: "observer",
};

function stateOf({ cluster }: ScenarioRunner, sid: ServerId): ServerState {
  const peer = cluster.server(sid)?.peer;
  if (peer === undefined) throw new Error(`server ${sid} is down`);
  const { committed, next } = cluster.configFiles(sid);
  const mode = (peer.serving ? MODES[peer.state] : undefined) ?? "none";
  const lists = { ...peer.configurations.committed, version: 0 };
  return {
    mode,
    committed: configText(committed ?? lists),
    ...(mode !== "none" && peer.database.configZnode && { znode: configText(peer.database.configZnode) }),
    ...(next && { pending: configText(next) }),
    acceptedEpoch: peer.acceptedEpoch,
    currentEpoch: peer.currentEpoch,
  };
}

/**
 * Returns an answer in which versions are comparable: the number of transactions between two reconfigurations is
 * another one on real servers, because the sessions of clients are transactions, too. The epoch and the order stay.
 */
export function comparable(answer: EnsembleAnswer): EnsembleAnswer {
  const texts = Object.values(answer.servers).flatMap(({ committed, pending, znode }) => [committed, pending, znode]);
  const versions = texts.filter((text) => text !== undefined).map(versionOf);
  const sorted = [...new Set(versions)].sort((a, b) => (parseZxid(a) ?? 0) - (parseZxid(b) ?? 0));
  const named = (version: string): string =>
    `${epochOnly(version)} (${sorted.indexOf(version) + 1} of ${sorted.length})`;
  const text = (config: string): string => config.replace(/[^ ]+$/, named);
  const servers = Object.entries(answer.servers).map(([sid, state]) => {
    const { committed, pending, znode, ...rest } = state;
    const optional = { ...(pending && { pending: text(pending) }), ...(znode && { znode: text(znode) }) };
    return [sid, { ...rest, committed: text(committed), ...optional }];
  });
  return { results: answer.results, versions: answer.versions.map(epochOnly), servers: Object.fromEntries(servers) };
}

function epochOnly(version: string): string {
  return version.replace(/[1-9]\d*$/, "x");
}

export const ensembleQuestions: Kind<EnsembleQuestion> = {
  name: "ensembles",
  releases: ["3.5.10", "3.8.6", "3.9.5"],
  get fixed() {
    return [...Object.keys(OWN), ...SHIPPED].map(questionOf);
  },
  repeats: 1,
  ownProcess: true,
  answer: ({ scenario }, release) => answerOf(scenario, release),
  agrees({ scenario }, release, java) {
    return (
      "servers" in (java as object) && same(comparable(java as EnsembleAnswer), comparable(answerOf(scenario, release)))
    );
  },
};

/** Compares without regard to the order of fields. */
function same(a: unknown, b: unknown): boolean {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
      : value;
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}
