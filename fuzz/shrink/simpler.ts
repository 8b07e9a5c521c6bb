/**
 * The simplifications that shrinking tries: fewer steps, fewer servers, empty disks, simpler steps, rounder times,
 * default settings, and constant latencies, so that the scenario needs no seed.
 */

import { type ConfigChange, DEFAULT_THREADS, type ServerSpec, type ThreadSpec } from "../../cluster/cluster-spec.ts";
import { verifierOf, verifierOfConfig } from "../../cluster/verifier.ts";
import { parseZxidRanges } from "../../cluster/zxid-range.ts";
import { asServerId, epochOf, type ServerId, serverIdsOf } from "../../protocol/index.ts";
import { checkScenario } from "../../scenarios/loading/check-scenario.ts";
import type { Scenario, Step } from "../../scenarios/scenario.ts";
import { configWithoutServer, renumberServers, withoutServer } from "../../scenarios/servers-in-step.ts";
import { type Pass, simplerItems, simplerWhole, withoutItems } from "../../sim/index.ts";
import { durationUs } from "../../sim/time.ts";
import { allowsDisjointQuorums, commonFinalConfig } from "../final-config.ts";
import { canCommit, hasQuorums, possibleConfigs } from "../possible-configs.ts";

const stepsOf = (scenario: Scenario): readonly Step[] => scenario.steps;
const withSteps = (scenario: Scenario, steps: readonly Step[]): Scenario => ({ ...scenario, steps });

/** The passes of the search. The passes that usually remove the most come first. */
export const PASSES: readonly Pass<Scenario>[] = [
  withoutItems(stepsOf, withSteps),
  simplerWhole(withoutServers),
  simplerWhole(newDisks),
  simplerWhole(fewerSettings),
  simplerWhole(withoutChance),
  simplerItems(stepsOf, withSteps, simplerStep),
  simplerWhole(sequenced),
  simplerWhole(renumbered),
].map(onlyPossible);

/** Yields every scenario that differs from this one by one simplification. Does not check whether it fails. */
export function* simplerScenarios(scenario: Scenario): Generator<Scenario> {
  for (const pass of PASSES) {
    const candidates = pass(scenario);
    for (let step = candidates.next(); !step.done; step = candidates.next(false)) yield step.value;
  }
}

/**
 * Returns the pass without candidates that are impossible or unchanged, so that no run is spent on them. A scenario
 * whose configurations have overlapping quorums does not shrink to one that allows two leaders at the same time.
 */
function onlyPossible(pass: Pass<Scenario>): Pass<Scenario> {
  return function* (value) {
    const candidates = pass(value);
    const maySplit = allowsDisjointQuorums(value);
    let current = JSON.stringify(value);
    const mayTry = (one: Scenario): boolean => isPossible(one) && (maySplit || !allowsDisjointQuorums(one));
    let step = candidates.next();
    while (!step.done) {
      const text = JSON.stringify(step.value);
      const fails: boolean = text !== current && mayTry(step.value) && (yield step.value);
      if (fails) current = text;
      step = candidates.next(fails);
    }
    return step.value;
  };
}

/**
 * Whether a scenario is legal: the loader accepts it, a quorum took part in the newest epoch that any disk has, and the
 * settled servers are a quorum in the configuration that all of them have at the end.
 */
export function isPossible(scenario: Scenario): boolean {
  if (checkScenario(scenario).length > 0) return false;
  const settlesNoQuorum = (step: Step): boolean => "settle" in step && !settlesQuorum(scenario, step.settle);
  if (scenario.steps.some(settlesNoQuorum)) return false;
  const { servers } = scenario;
  // A server with an empty disk joins the ensemble.
  const started = serverIdsOf(servers).filter((sid) => !servers[sid]?.empty);
  const verifier = verifierOf(scenario, started);
  const specOf = (sid: ServerId): ServerSpec => servers[sid] as ServerSpec;
  const voters = votersIn(started, scenario);
  const newest = Math.max(...voters.map((sid) => lastEpoch(specOf(sid))));
  const inNewest = voters.filter((sid) => specOf(sid).currentEpoch === newest || lastEpoch(specOf(sid)) === newest);
  return newest === 0 || verifier.containsQuorum(inNewest);
}

function settlesQuorum(scenario: Scenario, servers: readonly ServerId[]): boolean {
  if (scenario.settings.reconfigEnabled) {
    const configs = possibleConfigs(scenario);
    const areAll = servers.length === serverIdsOf(scenario.servers).length;
    return areAll ? hasQuorums(configs, servers) : canCommit(configs, servers);
  }
  const config = commonFinalConfig(scenario, servers);
  return (
    config !== undefined &&
    verifierOfConfig(config).containsQuorum(config.voters.filter((sid) => servers.includes(sid)))
  );
}

function votersIn(ids: readonly ServerId[], { servers }: Scenario): ServerId[] {
  return ids.filter((sid) => servers[sid]?.role === "participant");
}

function lastEpoch({ history, currentEpoch }: ServerSpec): number {
  const ranges = parseZxidRanges(history);
  const last = typeof ranges === "string" ? undefined : ranges.at(-1);
  const ofZxid = last === undefined ? 0 : epochOf(last.last);
  return Math.max(ofZxid, typeof currentEpoch === "number" ? currentEpoch : 0);
}

/**
 * For each server, yields the scenario without this server. Removes the server from lists of servers in steps, and
 * drops all other steps that name the server.
 */
function* withoutServers(scenario: Scenario): Generator<Scenario> {
  for (const sid of serverIdsOf(scenario.servers).reverse()) {
    const { [sid]: _gone, ...others } = scenario.servers;
    const servers = Object.fromEntries(Object.entries(others).map(([id, spec]) => [id, withoutListed(spec, sid)]));
    const steps = scenario.steps.flatMap((step) => withoutServer(step, sid) ?? []);
    const links = scenario.network.links.filter(({ from, to }) => from !== sid && to !== sid);
    yield { ...scenario, servers, steps, network: { ...scenario.network, links } };
  }
}

/** Returns the spec of a server without another server in its configuration and in its file myid. */
function withoutListed({ config, myid, nextConfig, view, ...spec }: ServerSpec, removed: ServerId): ServerSpec {
  const rest = config && configWithoutServer(config, removed);
  const next = nextConfig && configWithoutServer(nextConfig, removed);
  return {
    ...spec,
    ...(view && { view: view.filter((sid) => sid !== removed) }),
    ...(rest && { config: rest }),
    ...(next && { nextConfig: next }),
    ...(myid !== undefined && myid !== removed && { myid }),
  };
}

function* newDisks(scenario: Scenario): Generator<Scenario> {
  const { committed: _committed, ...rest } = scenario;
  const servers = Object.entries(scenario.servers);
  const isNew = ({ history, acceptedEpoch, snapshots }: ServerSpec): boolean =>
    history === "" && acceptedEpoch === 0 && snapshots?.length === 1;
  if (!servers.every(([, spec]) => isNew(spec))) {
    const fresh = { history: "", snapshots: ["0:0"], logFilesFrom: [], acceptedEpoch: 0, currentEpoch: 0 };
    yield {
      ...rest,
      servers: Object.fromEntries(
        servers.map(([sid, { log: _log, logFrom: _purged, ...spec }]) => [sid, { ...spec, ...fresh }]),
      ),
    };
  }
  for (const [sid, spec] of servers) {
    for (const simpler of simplerDisks(spec)) yield { ...scenario, servers: { ...scenario.servers, [sid]: simpler } };
  }
}

function* simplerDisks(spec: ServerSpec): Generator<ServerSpec> {
  const { log, logFrom, ...rest } = spec;
  if (logFrom !== undefined) yield { ...rest, snapshots: ["0:0"] };
  if (log !== undefined) yield { ...rest, snapshots: ["0:0"], logFilesFrom: [] };
  if ((spec.snapshots?.length ?? 0) > 1) yield { ...spec, snapshots: ["0:0"] };
  if (spec.logFilesFrom.length > 0) yield { ...spec, logFilesFrom: [] };
  if (spec.acceptedEpoch !== spec.currentEpoch && spec.currentEpoch !== undefined) {
    yield { ...spec, acceptedEpoch: spec.currentEpoch };
  }
}

/** Yields the scenario with all settings at ZooKeeper's defaults, then with each single setting at its default. */
function* fewerSettings(scenario: Scenario): Generator<Scenario> {
  const names = Object.keys(scenario.settings);
  if (names.length > 1) yield { ...scenario, settings: {} };
  for (const name of names) {
    const { [name as keyof typeof scenario.settings]: _default, ...settings } = scenario.settings;
    yield { ...scenario, settings };
  }
}

/**
 * Yields the scenario with fewer random values: constant latencies, no loss of messages, no links with their own
 * latency, and the default durations of disks and threads.
 */
function* withoutChance(scenario: Scenario): Generator<Scenario> {
  const { disk, network, threads } = scenario;
  const lossless = { lossRate: 0, duplicateRate: 0, links: [] };
  if (network.latency !== "1ms" || network.lossRate > 0 || network.duplicateRate > 0 || network.links.length > 0) {
    yield { ...scenario, network: { ...lossless, latency: "1ms" } };
    if (network.links.length > 0) {
      yield { ...scenario, network: { ...network, links: [] } };
      for (const link of network.links) {
        yield { ...scenario, network: { ...network, links: network.links.filter((one) => one !== link) } };
      }
    }
    if (network.latency.includes("..")) {
      for (const end of network.latency.split("..")) yield { ...scenario, network: { ...network, latency: end } };
    }
    if (network.lossRate > 0) yield { ...scenario, network: { ...network, lossRate: 0 } };
  }
  for (const field of ["retransmissionTimeout", "keepAliveTimeout"] as const) {
    const { [field]: timeout, ...others } = network;
    if (timeout !== undefined) yield { ...scenario, network: others };
  }
  if (disk.sync !== "2ms") yield { ...scenario, disk: { ...disk, sync: "2ms" } };
  if (disk.write !== "1ms") yield { ...scenario, disk: { ...disk, write: "1ms" } };
  for (const field of ["sync", "write"] as const) {
    if (!disk[field].includes("..")) continue;
    for (const end of disk[field].split("..")) yield { ...scenario, disk: { ...disk, [field]: end } };
  }
  const { load, snapshot, ...ordinary } = disk;
  if (load !== undefined || snapshot !== undefined) yield { ...scenario, disk: ordinary };
  if (load !== undefined && snapshot !== undefined) {
    yield { ...scenario, disk: { ...ordinary, snapshot } };
    yield { ...scenario, disk: { ...ordinary, load } };
  }
  for (const [field, usual] of Object.entries(DEFAULT_THREADS)) {
    if (threads[field as keyof ThreadSpec] !== usual) yield { ...scenario, threads: { ...threads, [field]: usual } };
  }
}

/** Yields the step with fewer details or rounder numbers. */
function* simplerStep(step: Step, { steps }: Scenario): Generator<Step> {
  const { for: lasts, after, when, from } = step;
  if (lasts !== undefined) {
    const { for: _lasts, ...unlimited } = step;
    yield unlimited as Step;
    for (const shorter of rounder(lasts)) yield { ...step, for: shorter };
  }
  if (after !== undefined && when !== undefined) {
    const { after: _delay, ...undelayed } = step;
    yield undelayed as Step;
    for (const sooner of rounder(after)) yield { ...step, after: sooner };
  }
  if (when?.nth !== undefined && when.nth > 1) yield { ...step, when: { ...when, nth: 1 } };
  if (from !== undefined) for (const sooner of rounder(from)) yield { ...step, from: sooner };
  if (step.at !== undefined) {
    // A step with `at` waits for the steps before it, so its time must not be earlier than their times.
    const before = steps.slice(0, steps.indexOf(step)).map(({ at }) => durationUs(at ?? "0us"));
    const earliest = Math.max(1, ...before);
    for (const sooner of rounder(step.at)) if (durationUs(sooner) >= earliest) yield { ...step, at: sooner };
  }
  yield* simplerAction(step);
}

function* simplerAction(step: Step): Generator<Step> {
  if ("write" in step) {
    const { at, count, every } = step.write;
    if (count > 1) yield { ...step, write: { at, count: 1, every } };
    if (at !== "leader") yield { ...step, write: { at: "leader", count, every } };
    if (every !== "1ms") yield { ...step, write: { at, count, every: "1ms" } };
  }
  if ("crash" in step) {
    const { connectionsReset, unsynced } = step.crash;
    if (!connectionsReset) yield { ...step, crash: { ...step.crash, connectionsReset: true } };
    if (unsynced !== "lost") yield { ...step, crash: { ...step.crash, unsynced: "lost" } };
    if (unsynced === "torn")
      for (const kept of [0, 1, 2, 3]) yield { ...step, crash: { ...step.crash, unsynced: kept } };
  }
  if ("disconnect" in step && step.disconnect.orderly) {
    const { orderly: _orderly, ...disconnect } = step.disconnect;
    yield { ...step, disconnect };
  }
  if ("reset" in step && step.reset.orderly) {
    const { orderly: _orderly, ...reset } = step.reset;
    yield { ...step, reset };
  }
  if ("reconfig" in step && step.reconfig.ports !== undefined) {
    const { ports: _ports, ...reconfig } = step.reconfig;
    if (reconfig.add !== undefined || reconfig.remove !== undefined) yield { ...step, reconfig };
  }
  if ("restart" in step && typeof step.restart === "object") yield* fewerChanges(step, step.restart);
  if ("partition" in step && step.partition.length > 1) {
    for (const group of step.partition) yield { ...step, partition: [group] };
  }
  if ("cutOneWay" in step) {
    const { from, to } = step.cutOneWay;
    for (const sid of from)
      if (from.length > 1) yield { ...step, cutOneWay: { to, from: from.filter((one) => one !== sid) } };
    for (const sid of to)
      if (to.length > 1) yield { ...step, cutOneWay: { from, to: to.filter((one) => one !== sid) } };
  }
  if ("disk" in step) {
    const { sync, write } = step.disk;
    if (sync !== undefined) for (const less of rounder(sync)) yield { ...step, disk: { ...step.disk, sync: less } };
    if (write !== undefined) for (const less of rounder(write)) yield { ...step, disk: { ...step.disk, write: less } };
  }
}

/** Yields the restart with fewer changes. */
function* fewerChanges(step: Step, { server, ...changes }: ConfigChange): Generator<Step> {
  const names = Object.keys(changes) as (keyof typeof changes)[];
  if (names.length < 2) yield { ...step, restart: server } as Step;
  for (const name of names.length < 2 ? [] : names) {
    const { [name]: _same, ...rest } = changes;
    yield { ...step, restart: { server, ...rest } } as Step;
  }
}

/** Yields shorter durations and durations with fewer digits. For `1.234s` these are `0ms`, `1s`, `1.2s` and `617ms`. */
function* rounder(text: string): Generator<string> {
  const us = durationUs(text);
  const digits = (value: number): number => String(value).replace(/0+$/, "").length;
  const seen = new Set([us]);
  let magnitude = 1;
  while (magnitude * 10 <= us) magnitude *= 10;
  const candidates = [
    0,
    magnitude,
    Math.floor(us / magnitude) * magnitude,
    Math.round(us / (magnitude / 10)) * (magnitude / 10),
    Math.ceil(us / 2000) * 1000,
  ];
  for (const candidate of candidates) {
    if (seen.has(candidate) || candidate > us * 1.2 || !Number.isInteger(candidate)) continue;
    seen.add(candidate);
    if (candidate < us * 0.7 || digits(candidate) < digits(us)) yield durationOf(candidate);
  }
}

function durationOf(us: number): string {
  if (us >= 1_000_000) return `${us / 1_000_000}s`;
  return us % 10 === 0 || us >= 1000 ? `${us / 1000}ms` : `${us}us`;
}

/**
 * Yields the scenario with its steps sorted by time. The first candidates run the steps one after another instead of
 * independently of each other.
 */
function* sequenced(scenario: Scenario): Generator<Scenario> {
  const timeOf = ({ at, from }: Step): number => durationUs(from ?? at ?? "0us");
  const steps = scenario.steps.toSorted((a, b) => timeOf(a) - timeOf(b));
  if (steps.every((step) => step.from === undefined)) return;
  yield { ...scenario, steps: steps.map(inSequence) };
  yield { ...scenario, steps: steps.map((step) => (step.when === undefined ? inSequence(step) : step)) };
  if (steps.some((step, i) => step !== scenario.steps[i])) yield { ...scenario, steps };
}

function inSequence(step: Step): Step {
  if (step.from === undefined) return step;
  const { from, ...rest } = step;
  return step.when === undefined ? { at: from, ...rest } : rest;
}

function renumberedSpec(spec: ServerSpec, ids: ReadonlyMap<ServerId, ServerId>): ServerSpec {
  const { config, nextConfig, view } = spec;
  const lists = { ...(config && { config }), ...(nextConfig && { nextConfig }), ...(view && { view }) };
  return { ...spec, ...renumberServers(lists, ids) };
}

/** Yields the scenario with its servers renumbered 1, 2, 3 …, in the same order. */
function* renumbered(scenario: Scenario): Generator<Scenario> {
  const ids = serverIdsOf(scenario.servers);
  if (ids.every((sid, i) => sid === i + 1) || scenario.quorum !== undefined) return;
  const renumber = new Map(ids.map((sid, i) => [sid, asServerId(i + 1)]));
  const servers = Object.fromEntries(
    ids.map((sid, i) => [i + 1, renumberedSpec(scenario.servers[sid] as ServerSpec, renumber)]),
  );
  const links = scenario.network.links.map((link) => renumberServers(link, renumber));
  const steps = scenario.steps.map((step) => renumberServers(step, renumber));
  yield { ...scenario, servers, network: { ...scenario.network, links }, steps };
}
