/**
 * Completes the data of a file to a Scenario: expands short forms, fills in defaults, and writes zxids as
 * `epoch:counter`. The data has the shape that the schema describes. Invalid values pass through, and check-scenario.ts
 * reports them.
 */

import {
  type ConfigChange,
  type CrashSpec,
  DEFAULT_THREADS,
  type DiskSpec,
  type EnsembleConfig,
  type NetworkSpec,
  type ServerSpec,
  type ThreadSpec,
} from "../../cluster/cluster-spec.ts";
import type { ProtocolEvent } from "../../cluster/records.ts";
import { normalizeHistory, normalizeZxid, parseZxidRanges } from "../../cluster/zxid-range.ts";
import { findInvariant, type InvariantId } from "../../invariants/index.ts";
import type { ServerId } from "../../protocol/zxid.ts";
import { epochOf } from "../../protocol/zxid.ts";
import { printableText } from "../printable.ts";
import type {
  Action,
  AlteredFields,
  Direction,
  DiskFault,
  EndOptions,
  Expectation,
  ExpectedDecision,
  InFlightAction,
  MessageMatch,
  Moment,
  ReconfigAction,
  Scenario,
  Step,
  Trigger,
} from "../scenario.ts";
import type {
  Decision,
  Failure,
  RawConfigChange,
  RawDecision,
  RawDirection,
  RawDuration,
  RawEnsembleConfig,
  RawExpectation,
  RawIds,
  RawMatch,
  RawMoment,
  RawNetwork,
  RawScenario,
  RawServer,
  RawStep,
  RawThreads,
  RawZxids,
} from "./raw-scenario.ts";
import { withCoreNames } from "./setting-names.ts";

/** A scenario in which each step that does not match the schema is null, so that the other steps keep their numbers. */
export type CompleteScenario = Omit<Scenario, "steps"> & { readonly steps: readonly (Step | null)[] };

export const DEFAULT_NETWORK = { latency: "200us..1ms", lossRate: 0, duplicateRate: 0 };
export const DEFAULT_DISK: DiskSpec = { sync: "1ms..4ms", write: "0.1ms..1ms" };

export function completeScenario(raw: RawScenario, name: string): CompleteScenario {
  const servers = typeof raw.servers === "number" ? (serversOf(raw.servers) as Record<string, RawServer>) : raw.servers;
  return {
    name,
    about: printableText(raw.about ?? ""),
    zookeeper: raw.zookeeper ?? "newest",
    ...(raw.behaviors === undefined ? {} : { behaviors: [raw.behaviors].flat() }),
    ...(raw.seed === undefined ? {} : { seed: String(raw.seed) }),
    servers: Object.fromEntries(Object.entries(servers).map(([id, server]) => [id, completeServer(server ?? {})])),
    ...(raw.quorum === undefined || raw.quorum === "majority" ? {} : { quorum: { weights: {}, ...raw.quorum } }),
    settings: withCoreNames(raw.settings ?? {}),
    network: completeNetwork(raw.network ?? {}),
    disk: completeDisk(raw.disk ?? {}),
    threads: completeThreads(raw.threads ?? {}),
    ...(raw.committed === undefined ? {} : { committed: normalizeZxid(raw.committed) }),
    steps: (raw.steps ?? []).map((step) => step && completeStep(step)),
    ...(raw.until === undefined ? {} : { until: duration(raw.until) }),
    expect: completeExpectation(raw.expect ?? {}),
  };
}

function completeServer(raw: RawServer): ServerSpec {
  const { config, nextConfig, snapshots, log, logFilesFrom, logFrom, settings, ...rest } = raw;
  const empty = raw.empty ?? false;
  const history = normalizeHistory(raw.history ?? "");
  const epoch = empty ? ("missing" as const) : lastEpoch(history);
  return {
    role: "participant",
    acceptedEpoch: epoch,
    currentEpoch: epoch,
    down: false,
    ...rest,
    settings: withCoreNames(settings ?? {}),
    history,
    empty,
    snapshots: snapshots === undefined ? (empty ? [] : ["0:0"]) : zxids(snapshots),
    logFilesFrom: zxids(logFilesFrom ?? []),
    ...(logFrom === undefined ? {} : { logFrom: normalizeZxid(logFrom) }),
    ...(log === undefined ? {} : { log: normalizeHistory(log) }),
    ...(config === undefined ? {} : { config: completeConfig(config) }),
    ...(nextConfig === undefined ? {} : { nextConfig: completeConfig(nextConfig) }),
  };
}

function completeConfig({ version, ...raw }: RawEnsembleConfig): EnsembleConfig {
  const versioned = version === undefined ? {} : { version: normalizeZxid(version) };
  return { ...raw, observers: raw.observers ?? [], ...versioned };
}

function completeStart(raw: ServerId | RawConfigChange): ServerId | ConfigChange {
  if (typeof raw !== "object") return raw;
  const { config, settings, ...rest } = raw;
  return {
    ...rest,
    ...(config === undefined ? {} : { config: completeConfig(config) }),
    ...(settings === undefined ? {} : { settings: withCoreNames(settings) }),
  };
}

function lastEpoch(history: string): number {
  const ranges = parseZxidRanges(history);
  const last = typeof ranges === "string" ? undefined : ranges.at(-1);
  return last === undefined ? 0 : epochOf(last.last);
}

function completeNetwork(raw: RawNetwork): NetworkSpec {
  return {
    latency: duration(raw.latency ?? DEFAULT_NETWORK.latency),
    lossRate: raw.lossRate ?? DEFAULT_NETWORK.lossRate,
    duplicateRate: raw.duplicateRate ?? DEFAULT_NETWORK.duplicateRate,
    links: (raw.links ?? []).map((link) => ({ bothWays: false, ...link, latency: duration(link.latency) })),
    ...(raw.retransmissionTimeout !== undefined && { retransmissionTimeout: duration(raw.retransmissionTimeout) }),
    ...(raw.keepAliveTimeout !== undefined && { keepAliveTimeout: duration(raw.keepAliveTimeout) }),
  };
}

function completeDisk(raw: NonNullable<RawScenario["disk"]>): DiskSpec {
  return {
    sync: duration(raw.sync ?? DEFAULT_DISK.sync),
    write: duration(raw.write ?? DEFAULT_DISK.write),
    ...(raw.snapshot !== undefined && { snapshot: duration(raw.snapshot) }),
    ...(raw.load !== undefined && { load: duration(raw.load) }),
  };
}

function completeThreads(raw: RawThreads): ThreadSpec {
  return {
    serializeSnapshot: duration(raw.serializeSnapshot ?? DEFAULT_THREADS.serializeSnapshot),
    transferSnapshot: duration(raw.transferSnapshot ?? DEFAULT_THREADS.transferSnapshot),
    resumeLearner: duration(raw.resumeLearner ?? DEFAULT_THREADS.resumeLearner),
    applyLatency: duration(raw.applyLatency ?? raw.applyCommits ?? DEFAULT_THREADS.applyLatency),
    electionWakeUp: duration(raw.electionWakeUp ?? DEFAULT_THREADS.electionWakeUp),
    queueNewLeader: duration(raw.queueNewLeader ?? DEFAULT_THREADS.queueNewLeader),
  };
}

function completeStep(raw: RawStep): Step {
  return {
    ...completeTrigger(raw),
    ...completeAction(raw),
    ...(raw.for === undefined ? {} : { for: duration(raw.for) }),
  };
}

function completeTrigger(raw: RawStep): Trigger {
  if (raw.afterEvent !== undefined) return { afterEvent: raw.afterEvent };
  if (raw.at === undefined && raw.from === undefined && raw.after === undefined && raw.when === undefined) {
    return { after: "0us" };
  }
  return {
    ...(raw.from === undefined ? {} : { from: duration(raw.from) }),
    ...(raw.at === undefined ? {} : { at: duration(raw.at) }),
    ...(raw.after === undefined ? {} : { after: duration(raw.after) }),
    ...(raw.when === undefined ? {} : { when: completeMoment(raw.when) }),
  };
}

function completeMoment(raw: ProtocolEvent | RawMoment): Moment {
  if (typeof raw === "string") return { event: raw, nth: 1 };
  const { zxid, ...rest } = raw;
  return {
    ...(rest.message === undefined ? {} : { on: "delivered" as const }),
    nth: 1,
    ...rest,
    ...(zxid === undefined ? {} : { zxid: normalizeZxid(zxid) }),
  };
}

function completeAction(raw: RawStep): Action {
  if (raw.write !== undefined) return { write: completeWrite(raw.write) };
  if (raw.start !== undefined) return { start: completeStart(raw.start) };
  if (raw.crash !== undefined) return { crash: completeCrash(raw.crash) };
  if (raw.restart !== undefined) return { restart: completeStart(raw.restart) };
  if (raw.upgrade !== undefined) return { upgrade: raw.upgrade };
  if (raw.pause !== undefined) return { pause: raw.pause };
  if (raw.snapshot !== undefined) return { snapshot: raw.snapshot };
  if (raw.stall !== undefined) return { stall: raw.stall };
  if (raw.reconfig !== undefined) return { reconfig: completeReconfig(raw.reconfig) };
  if (raw.failDns !== undefined) return { failDns: raw.failDns };
  if (raw.crashAtConfigWrite !== undefined) return { crashAtConfigWrite: raw.crashAtConfigWrite };
  if (raw.acceptError !== undefined) return { acceptError: raw.acceptError };
  if (raw.resume !== undefined) return { resume: raw.resume };
  if (raw.wipe !== undefined) return { wipe: raw.wipe };
  if (raw.clock !== undefined) return { clock: raw.clock };
  if (raw.settle !== undefined) return { settle: ids(raw.settle) };
  if (raw.disk !== undefined) return { disk: completeDiskFault(raw.disk) };
  return completeNetworkAction(raw);
}

function completeNetworkAction(raw: RawStep): Action {
  if (raw.cutOneWay !== undefined) return { cutOneWay: { from: ids(raw.cutOneWay.from), to: ids(raw.cutOneWay.to) } };
  if (raw.partition !== undefined) return { partition: raw.partition.map(ids) };
  if (raw.isolate !== undefined) return { isolate: raw.isolate };
  if (raw.bridge !== undefined) return { bridge: { over: raw.bridge.over, sides: raw.bridge.sides.map(ids) } };
  if (raw.flap !== undefined) return { flap: { between: raw.flap.between, every: duration(raw.flap.every) } };
  if (raw.clog !== undefined) return { clog: completeDirection(raw.clog) };
  if (raw.link !== undefined) return { link: completeLinkChange(raw.link) };
  if (raw.refuse !== undefined) return { refuse: raw.refuse };
  if (raw.disconnect !== undefined) return { disconnect: completeDisconnect(raw.disconnect) };
  if (raw.heal !== undefined) return { heal: raw.heal === "all" ? "all" : ids(raw.heal) };
  if (raw.drop !== undefined) return { drop: completeMatch(raw.drop) };
  if (raw.inFlight !== undefined) return { inFlight: completeInFlight(raw.inFlight) };
  if (raw.hold !== undefined) return { hold: completeMatch(raw.hold) };
  if (raw.reset !== undefined) return { reset: { ...completeMatch(raw.reset), ...completeEnd(raw.reset) } };
  if (raw.delay !== undefined) return { delay: { ...completeMatch(raw.delay), by: duration(raw.delay.by) } };
  if (raw.alter !== undefined) {
    const { set, tolerated } = raw.alter;
    return { alter: { ...completeMatch(raw.alter), set: completeSet(set), ...(tolerated ? { tolerated } : {}) } };
  }
  return { release: "all" };
}

function completeDisconnect(
  raw: NonNullable<RawStep["disconnect"]>,
): Extract<Action, { disconnect: unknown }>["disconnect"] {
  if (typeof raw !== "object") return { server: raw };
  const { orderly: _orderly, ...ends } = raw;
  return { ...ends, ...completeEnd(raw) };
}

function completeEnd({ orderly }: EndOptions): EndOptions {
  return orderly ? { orderly } : {};
}

function completeDirection({ from, to }: RawDirection): Direction {
  return { ...(from === undefined ? {} : { from: ids(from) }), ...(to === undefined ? {} : { to: ids(to) }) };
}

function completeLinkChange(raw: NonNullable<RawStep["link"]>): Extract<Action, { link: unknown }>["link"] {
  const { from: _from, to: _to, latency, ...rates } = raw;
  return { ...completeDirection(raw), ...rates, ...(latency === undefined ? {} : { latency: duration(latency) }) };
}

function completeWrite(raw: NonNullable<RawStep["write"]>): Extract<Action, { write: unknown }>["write"] {
  const { at, bytes, count, every } = typeof raw === "number" ? { count: raw } : raw;
  const sized = bytes === undefined ? {} : { bytes };
  return { at: at ?? "leader", count: count ?? 1, every: duration(every ?? "1ms"), ...sized };
}

function completeReconfig(raw: NonNullable<RawStep["reconfig"]>): ReconfigAction {
  const { config, fromVersion, remove, ...rest } = raw;
  return {
    ...rest,
    ...(remove === undefined ? {} : { remove: ids(remove) }),
    ...(config === undefined ? {} : { config: completeConfig(config) }),
    ...(fromVersion === undefined ? {} : { fromVersion: normalizeZxid(fromVersion) }),
  };
}

function completeCrash(raw: NonNullable<RawStep["crash"]>): CrashSpec {
  return { unsynced: "lost", connectionsReset: true, ...(typeof raw === "object" ? raw : { server: raw }) };
}

function completeDiskFault({ file, sync, write, ...rest }: NonNullable<RawStep["disk"]>): DiskFault {
  return {
    ...rest,
    ...(file === undefined ? {} : { file: normalizeZxid(file) }),
    ...(sync === undefined ? {} : { sync: duration(sync) }),
    ...(write === undefined ? {} : { write: duration(write) }),
  };
}

function completeMatch(raw: RawMatch): { readonly match: MessageMatch; readonly count: number } {
  const match = {
    ...(raw.type === undefined ? {} : { type: raw.type }),
    ...(raw.from === undefined ? {} : { from: raw.from }),
    ...(raw.to === undefined ? {} : { to: raw.to }),
    ...(raw.zxid === undefined ? {} : { zxid: normalizeZxid(raw.zxid) }),
  };
  return { match, count: raw.count ?? 1 };
}

function completeInFlight(raw: NonNullable<RawStep["inFlight"]>): InFlightAction {
  const { delay, deliver, drop, nth } = raw;
  return {
    match: completeMatch(raw).match,
    ...(nth === undefined ? {} : { nth }),
    ...(drop ? { drop: true } : {}),
    ...(delay === undefined ? {} : { delay: duration(delay) }),
    ...(deliver ? { deliver: true } : {}),
  };
}

function completeSet({ zxid, ...rest }: NonNullable<RawStep["alter"]>["set"]): AlteredFields {
  return zxid === undefined ? rest : { ...rest, zxid: normalizeZxid(zxid) };
}

function completeExpectation(raw: RawExpectation): Expectation {
  const { decisions, failures, histories, violates, live, stuck, ...rest } = raw;
  return {
    ...rest,
    ...(live === undefined ? {} : { live: duration(live) }),
    ...(stuck === undefined ? {} : { stuck: duration(stuck) }),
    ...(decisions === undefined ? {} : { decisions: decisions.map(completeDecision) }),
    ...(failures === undefined ? {} : { failures: failures.map(completeFailure) }),
    ...(histories === undefined ? {} : { histories: mapValues(histories, normalizeHistory) }),
    violates: (typeof violates === "string" ? [violates] : (violates ?? [])).map(
      (id) => findInvariant(id) as InvariantId,
    ),
  };
}

/** Completes an expected decision, which is given in the short form `3: TRUNC 1:5` or as named fields. */
function completeDecision(raw: NonNullable<RawExpectation["decisions"]>[number]): ExpectedDecision {
  const named = "learner" in raw ? (raw as RawDecision) : fromPair(raw, "learner", "decision");
  const { decision: text, zxid, ...rest } = named as RawDecision;
  const [decision, inText] = text.split(/\s+/);
  const either = zxid ?? inText;
  return { ...rest, decision: decision as Decision, ...(either === undefined ? {} : { zxid: normalizeZxid(either) }) };
}

/** Completes an expected failure, which is given in the short form `2: read-timeout` or as named fields. */
function completeFailure(raw: NonNullable<RawExpectation["failures"]>[number]): Failure {
  return ("server" in raw ? raw : fromPair(raw, "server", "reason")) as Failure;
}

function fromPair(raw: object, idName: string, textName: string): unknown {
  const [id, text] = Object.entries(raw)[0] as [string, string];
  return { [idName]: Number(id), [textName]: text };
}

function mapValues(record: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function zxids(raw: RawZxids): string[] {
  const list = typeof raw === "string" ? raw.split(",").map((zxid) => zxid.trim()) : raw;
  return list.filter((zxid) => zxid !== "").map(normalizeZxid);
}

function ids(raw: RawIds): readonly ServerId[] {
  return typeof raw === "number" ? [raw] : raw;
}

/** Returns a duration as text. The only duration that the schema accepts as a number is 0. */
function duration(raw: RawDuration): string {
  return raw === 0 || raw === "0" ? "0us" : String(raw);
}

/** Expands a short form such as `servers: 3`. */
export function serversOf(count: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i + 1), {}]));
}
