/**
 * Scenarios with reconfigurations, run on real ensembles and in the simulator: the same configurations, roles, epochs
 * and refusals at the end.
 */
import type { ServerSpec } from "../../cluster/cluster-spec.ts";
import type { RecordOf } from "../../cluster/records.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import {
  configText,
  FOLLOWING,
  type History,
  LEADING,
  OBSERVING,
  parseZxid,
  type ServerId,
  serverIdsOf,
} from "../../protocol/index.ts";
import type { EnsembleAnswer, EnsembleServer } from "../../reports/ensemble-answers.ts";
import { ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario, Step } from "../../scenarios/scenario.ts";
import { recordsOf, type ScenarioRun } from "../../scenarios/scenario-run.ts";
import { JOINERS, OWN, SHIPPED } from "./ensemble-scenarios.ts";
import { serverOf, stepsOf } from "./ensemble-steps.ts";
import type { Kind } from "./kinds.ts";

/** The scenario that zabsim runs, and its cluster and steps as the Java program reads them. */
export interface EnsembleQuestion {
  readonly scenario: string;
  readonly servers: Readonly<Record<ServerId, object>>;
  readonly steps: readonly object[];
  /** A server whose connections to leaders are counted. */
  readonly joiner?: number;
}

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
  const joiner = JOINERS[name];
  return { scenario: name, servers, ...(joiner && { joiner }), steps: stepsOf(scenario, versions) };
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
  const results = run.scenario.steps.flatMap((step, i) => resultOf(run, step, i) ?? []);
  const lastWrite = run.scenario.steps.findLastIndex((step) => "write" in step);
  const commits = lastWrite < 0 || resultOf(run, run.scenario.steps[lastWrite] as Step, lastWrite) !== OUTSTANDING;
  const servers = Object.fromEntries(
    run.servers.filter(({ running }) => running).map(({ sid }) => [sid, stateOf(runner, sid, commits)]),
  );
  const joiner = JOINERS[name];
  const joins = recordsOf(run.records, "epoch-offered").filter(({ learner }) => learner === joiner).length;
  return { results, versions: versionsOf(run), servers, ...(joiner && { joins }) };
}

/** The result of a request that is not committed before the next step. */
const OUTSTANDING = "outstanding";

/** Returns the result of a write or a reconfiguration. Returns undefined for other steps. */
function resultOf({ endUs, records, steps }: ScenarioRun, step: Step, i: number): string | undefined {
  const { atUs = 0, problem } = steps[i] ?? {};
  if (!("write" in step || "reconfig" in step)) return undefined;
  if (problem !== undefined) return problem;
  if ("reconfig" in step && step.reconfig.refused !== undefined) return step.reconfig.refused;
  const proposal = recordsOf(records, "proposed").find((record) => record.atUs >= atUs);
  const nextUs = steps[i + 1]?.atUs ?? endUs;
  const isCommit = (record: RecordOf<"committed">): boolean =>
    record.zxid === proposal?.zxid && record.atUs >= atUs && record.atUs <= nextUs;
  return recordsOf(records, "committed").some(isCommit) ? "ok" : OUTSTANDING;
}

const MODES: Readonly<Record<number, EnsembleServer["mode"]>> = {
  [LEADING]: "leader",
  [FOLLOWING]: "follower",
  [OBSERVING]: "observer",
};

function stateOf({ cluster }: ScenarioRunner, sid: ServerId, commits: boolean): EnsembleServer {
  const peer = cluster.server(sid)?.peer;
  if (peer === undefined) throw new Error(`server ${sid} is down`);
  const { committed, next } = cluster.configFiles(sid);
  const mode = (peer.serving ? MODES[peer.state] : undefined) ?? "none";
  const { configZnode } = peer.database;
  const lists = { ...peer.configurations.committed, version: 0 };
  return {
    mode,
    committed: configText(committed ?? lists),
    ...(mode !== "none" && commits && configZnode && { znode: configText(configZnode) }),
    ...(mode !== "none" && commits && { writes: String(writesIn(peer.database.history)) }),
    ...(next && { pending: configText(next) }),
    acceptedEpoch: peer.acceptedEpoch,
    currentEpoch: peer.currentEpoch,
  };
}

/** Returns the number of writes. A refused reconfiguration is a transaction, too. */
function writesIn(history: History): number {
  let count = 0;
  for (let rest: History | null = history; rest !== null && rest.txn !== null; rest = rest.previous) {
    const { config, value } = rest.txn;
    if (config === undefined && !String(value).startsWith("error: ")) count++;
  }
  return count;
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
  const { joins, results } = answer;
  return {
    results,
    ...(joins && { joins }),
    versions: answer.versions.map(epochOnly),
    servers: Object.fromEntries(servers),
  };
}

function epochOnly(version: string): string {
  return version.replace(/[1-9]\d*$/, "x");
}

export const ensembleQuestions: Kind<EnsembleQuestion> = {
  name: "ensembles",
  releases: ["3.5.8", "3.5.10", "3.8.6", "3.9.5"],
  asks({ scenario }, release) {
    if (release === "3.5.8") return scenario.startsWith("zookeeper-3829");
    // In 3.5.10, the last synchronization may fail because of ZOOKEEPER-4685, which depends on the order of two ACKs.
    return release !== "3.5.10" || scenario !== FORGOTTEN;
  },
  get fixed() {
    return [...Object.keys(OWN), ...SHIPPED].map(questionOf);
  },
  repeats: 2,
  ownProcess: true,
  answer: ({ scenario }, release) => answerOf(scenario, release),
  agrees({ scenario }, release, java, zabsim = answerOf(scenario, release)) {
    if (!("servers" in (java as object)) || !("servers" in (zabsim as object))) return false;
    return same(comparable(java as EnsembleAnswer), comparable(zabsim as EnsembleAnswer));
  },
};

/** The scenario in which a server forgets a configuration whose transaction it has in its log. */
const FORGOTTEN = "newleader-names-replaced-configuration";

/** Compares without regard to the order of fields. */
function same(a: unknown, b: unknown): boolean {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
      : value;
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}
