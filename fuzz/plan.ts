/**
 * A plan is a scenario that contains every fault, every write and the initial state of the disks. A plan is drawn from
 * a seed. A plan contains all drawn values, so a later change of the code that draws plans does not change an existing
 * plan.
 *
 * Each fault strikes at a drawn time or moment, independently of the other steps, so that the other steps keep their
 * times if shrinking removes one step. At the end, a drawn quorum is settled and must become live again.
 */

import {
  DEFAULT_THREADS,
  type DiskSpec,
  type EnsembleConfig,
  type ServerSpec,
  type ThreadSpec,
} from "../cluster/cluster-spec.ts";
import { type QuorumTest, quorumTest } from "../invariants/quorum-test.ts";
import type { Settings } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { asServerId, type ServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import { ADDED_FAULTS, FAULT_KINDS, FAULT_NAMES, type FaultName } from "./fault-kinds.ts";
import type { FaultContext } from "./fault-parts.ts";
import { drawSynchronizing } from "./moments.ts";
import type { Draw } from "./random-values.ts";
import { drawRollingConfig } from "./rolling-config.ts";
import { drawStartDisks } from "./start-disks.ts";

/** A scenario that contains every fault, every write and the initial state of the disks. */
export interface Plan {
  /** The scenario. */
  readonly scenario: Scenario;
  /**
   * The origin of each step: a fault, a client's write, a rolling change of the configuration, the start of a server
   * that joins, the settle step, or the script of the given scenario.
   */
  readonly kinds: readonly (FaultName | "write" | "rolling-config" | "join" | "settle" | "script")[];
}

/** What a plan may contain. */
export interface PlanOptions {
  /** The release of the servers. */
  readonly zookeeper: string;
  /**
   * The names of behaviors that the servers of drawn ensembles have in addition. They do not influence what is drawn.
   */
  readonly behaviors?: readonly string[];
  /** The faults to draw from. Default: all. */
  readonly faults?: readonly FaultName[];
  /**
   * The scenario to which drawn faults and writes are added. Default: the servers, their disks and the settings are
   * also drawn.
   */
  readonly scenario?: Scenario;
  /** The number of voters. Default: drawn. */
  readonly servers?: number;
  /** The length of the plan in virtual milliseconds. Default: drawn. */
  readonly lengthMs?: number;
  /** The number of faults. Default: drawn. */
  readonly faultCount?: number;
  /** The number of writes. Default: drawn. */
  readonly writeCount?: number;
}

/** The choices that a search strategy makes before the plan is drawn. */
export interface Character {
  /** The weight of each fault; a fault with weight 0 is never drawn. */
  readonly weights: Readonly<Record<FaultName, number>>;
  readonly faultCount: number;
  readonly writeCount: number;
  readonly network: Scenario["network"];
  readonly disk: Scenario["disk"];
  readonly threads: Scenario["threads"];
  /** The possible numbers of voters, of which each plan draws one. Default: mostly 3 or 5. */
  readonly voters?: readonly number[];
  /** The probability that the disks hold data at the start. Default: 0.5. */
  readonly usedDisks?: number;
  /** The shortest and the longest plan, in ticks. Default: 10 to 60. */
  readonly lengthTicks?: readonly [number, number];
  /** Draws the latency of one link. Default: all links have the latency in `network`. */
  readonly linkLatency?: () => string;
}

/** The sources of a plan's random values: for the plan, and for the kinds of faults in ADDED_FAULTS. */
export interface PlanDraws {
  readonly draw: Draw;
  readonly added: Draw;
}

/** Draws the plan of a seed. */
export function drawPlan({ added, draw }: PlanDraws, seed: bigint, options: PlanOptions, character: Character): Plan {
  const base = options.scenario ?? drawEnsemble(draw, options, character);
  const ids = serverIdsOf(base.servers);
  const participants = ids.filter((sid) => base.servers[sid]?.role === "participant");
  const observers = ids.filter((sid) => !participants.includes(sid));
  const tickMs = base.settings.tickTimeMs ?? 2000;
  const [shortest, longest] = character.lengthTicks ?? [10, 60];
  const lengthMs = options.lengthMs ?? draw.spanMs(shortest * tickMs, longest * tickMs);
  const isQuorum = quorumTest(participants, base.quorum);
  // With groups and weights, the loss of any server can leave the others without a quorum.
  const losable = base.quorum === undefined ? draw.some(participants, Math.floor((participants.length - 1) / 2)) : [];
  const budget = { losable: [...losable] };
  const drawn: { readonly step: Step; readonly kind: Plan["kinds"][number] }[] = base.steps.map((step) => ({
    step,
    kind: "script",
  }));
  for (let i = 0; i < character.writeCount; ) {
    const count = Math.min(draw.pick([1, 1, 2, 5]), character.writeCount - i);
    drawn.push({ step: drawWrite(draw, ids, lengthMs, count), kind: "write" });
    i += count;
  }
  // Some plans have a client that writes continuously, so that faults strike while transactions are in flight.
  if (options.writeCount === undefined && draw.chance(0.2)) {
    const from = durationText(draw.int(1, Math.max(1, lengthMs / 2)));
    const write = { at: "leader" as const, count: draw.int(50, 200), every: draw.pick(["2ms", "5ms", "20ms"]) };
    drawn.push({ step: { from, write }, kind: "write" });
  }
  const anyFault = FAULT_NAMES.some((name) => character.weights[name] > 0);
  for (let i = 0; anyFault && i < character.faultCount; i++) {
    const kind = draw.weighted(character.weights);
    const context: FaultContext = { ids, participants, observers, tickMs, atMs: drawTime(draw, lengthMs), budget };
    for (const step of FAULT_KINDS[kind].draw(draw, context)) drawn.push({ step, kind });
  }
  const lost = losable.filter((sid) => !budget.losable.includes(sid));
  const settled = drawQuorum(draw, participants, observers, lost, isQuorum);
  const database = draw.chance(LARGE_DATABASE) ? drawDatabaseTimes(draw, tickMs) : {};
  const steps = drawn.map(({ step }) => step);
  const roll = mayChangeConfig(draw, options, base)
    ? drawRollingConfig(draw, { participants, observers, steps, lengthMs })
    : undefined;
  const settle = roll === undefined ? settled : settledAfter(roll.config, settled, lost);
  if (roll !== undefined && settle !== settled) {
    for (const step of roll.steps) drawn.push({ step, kind: "rolling-config" });
  }
  for (const kind of ADDED_FAULTS) {
    if (!added.chance(shareOf(kind, options))) continue;
    const context: FaultContext = { ids, participants, observers, tickMs, atMs: drawTime(added, lengthMs), budget };
    for (const step of FAULT_KINDS[kind].draw(added, context)) drawn.push({ step, kind });
  }
  drawn.push({ step: { from: durationText(lengthMs), settle }, kind: "settle" });
  const network = options.scenario?.network ?? networkOf(character, ids);
  // Linux's timeout is longer than any plan. Short ones correspond to a small tcp_retries2.
  const timeout = draw.chance(SHORT_TIMEOUT) ? { retransmissionTimeout: draw.pick(["1500ms", "5s"]) } : {};
  return {
    scenario: {
      ...base,
      name: `plan-${seed}`,
      seed: String(seed),
      network: options.scenario === undefined ? { ...network, ...timeout } : network,
      disk: options.scenario?.disk ?? { ...character.disk, ...database.disk },
      threads: options.scenario?.threads ?? { ...character.threads, ...database.threads },
      steps: drawn.map(({ step }) => step),
      until: durationText(lengthMs + LIVE_MS + 1000),
      expect: { violates: [], live: durationText(LIVE_MS) },
    },
    kinds: drawn.map(({ kind }) => kind),
  };
}

/** Returns the share of plans with a kind of fault in ADDED_FAULTS. */
function shareOf(kind: FaultName, { faultCount, faults }: PlanOptions): number {
  if (faultCount === 0) return 0;
  if (faults === undefined) return 0.05;
  return faults.includes(kind) ? 0.5 : 0;
}

/** The share of plans in which a host gives up unacknowledged data of a stream after a short time. */
const SHORT_TIMEOUT = 0.2;

/** The share of plans whose servers have a database so large that loading, writing and sending it takes long. */
const LARGE_DATABASE = 0.1;

/** Draws how long it takes to load, write and send the database. A SNAP takes less than the smallest initLimit. */
function drawDatabaseTimes(draw: Draw, tickMs: number): DatabaseTimes {
  const below = (ticks: number): string => `0ms..${draw.int(1, ticks * tickMs)}ms`;
  return {
    disk: { snapshot: below(1), load: below(3) },
    threads: { serializeSnapshot: below(0.5), transferSnapshot: below(1) },
  };
}

interface DatabaseTimes {
  readonly disk?: Pick<DiskSpec, "load" | "snapshot">;
  readonly threads?: Pick<ThreadSpec, "serializeSnapshot" | "transferSnapshot">;
}

/** Draws whether a plan changes the configuration of its servers. */
function mayChangeConfig(draw: Draw, { faults, scenario, zookeeper }: PlanOptions, { quorum }: Scenario): boolean {
  if (faults !== undefined || scenario !== undefined || quorum !== undefined) return false;
  return behaviorOf(zookeeper).onlyVotersAcknowledge && draw.chance(0.1);
}

/**
 * Returns the servers to settle after a change of the configuration: members of the new configuration, with a quorum of
 * its voters. If too many voters have lost a file, returns `settled`, and the configuration must not change.
 */
function settledAfter(
  { observers, voters }: EnsembleConfig,
  settled: ServerId[],
  lost: readonly ServerId[],
): ServerId[] {
  const isQuorum = quorumTest(voters);
  const members = settled.filter((sid) => voters.includes(sid) || observers.includes(sid));
  for (const sid of voters) {
    if (!isQuorum(members) && !members.includes(sid) && !lost.includes(sid)) members.push(sid);
  }
  return isQuorum(members) ? members.sort((a, b) => a - b) : settled;
}

/** Draws the time of a fault. A fifth of the faults strike at the very start, so that they hit the first election. */
function drawTime(draw: Draw, lengthMs: number): number {
  return draw.chance(0.2) ? 1 : draw.int(1, lengthMs);
}

function networkOf({ network, linkLatency }: Character, ids: readonly ServerId[]): Scenario["network"] {
  if (linkLatency === undefined) return network;
  const links = ids.flatMap((from) =>
    ids.filter((to) => to !== from).map((to) => ({ from, to, bothWays: false, latency: linkLatency() })),
  );
  return { ...network, links };
}

/**
 * The time within which the settled servers must become live. It is ten times as long as election, discovery and
 * synchronization take in the slowest ensemble that can be drawn.
 */
const LIVE_MS = 120_000;

function drawEnsemble(draw: Draw, options: PlanOptions, { usedDisks = 0.5, voters = VOTERS }: Character): Scenario {
  const participantCount = options.servers ?? draw.pick(voters);
  const observerCount = options.servers === undefined && draw.chance(0.2) ? draw.int(1, 2) : 0;
  const ids = Array.from({ length: participantCount + observerCount }, (_, i) => asServerId(i + 1));
  const observers = draw.some(ids, observerCount);
  const participants = ids.filter((sid) => !observers.includes(sid));
  const quorum = options.servers === undefined && participantCount >= 5 ? drawHierarchy(draw, participants) : undefined;
  const disks =
    quorum === undefined && draw.chance(usedDisks)
      ? drawStartDisks(draw, participants, observers)
      : { specs: {}, committed: undefined, settings: {} };
  const servers: Record<ServerId, ServerSpec> = {};
  for (const sid of ids) {
    const role = observers.includes(sid) ? "observer" : "participant";
    servers[sid] = { ...NEW_SERVER, role, ...disks.specs[sid] };
  }
  return {
    name: "",
    about: "",
    zookeeper: options.zookeeper,
    ...(options.behaviors && { behaviors: options.behaviors }),
    servers,
    ...(quorum && { quorum }),
    settings: {
      ...drawSettings(draw, options.lengthMs === undefined ? SHORT_TICKS_MS : LONG_TICKS_MS),
      ...disks.settings,
    },
    network: { latency: "200us..1ms", lossRate: 0, duplicateRate: 0, links: [] },
    disk: { sync: "1ms..4ms", write: "0.1ms..1ms" },
    threads: DEFAULT_THREADS,
    ...(disks.committed === undefined ? {} : { committed: disks.committed }),
    steps: [],
    expect: { violates: [] },
  };
}

const VOTERS = [3, 3, 3, 3, 5, 5, 4, 2, 6, 7] as const;

/**
 * Draws hierarchical quorums for a third of the ensembles: two or three groups, and weights of which some are 0 or
 * above 1. A group whose weight is 0 does not count. Some servers of some groups are enough for a quorum.
 */
function drawHierarchy(draw: Draw, participants: readonly ServerId[]): Scenario["quorum"] {
  if (!draw.chance(1 / 3)) return undefined;
  const order = draw.some(participants, participants.length);
  const groupCount = participants.length >= 6 ? draw.int(2, 3) : 2;
  const groups: Record<string, ServerId[]> = {};
  for (const [i, sid] of order.entries()) {
    const name = `g${(i % groupCount) + 1}`;
    groups[name] = [...(groups[name] ?? []), sid].sort((a, b) => a - b);
  }
  const weights: Record<ServerId, number> = {};
  for (const sid of participants) if (draw.chance(0.3)) weights[sid] = draw.pick([0, 2, 3]);
  const counts = Object.values(groups).some((group) => group.some((sid) => (weights[sid] ?? 1) > 0));
  return counts ? { groups, weights } : undefined;
}

const NEW_SERVER: ServerSpec = {
  role: "participant",
  history: "",
  snapshots: ["0:0"],
  logFilesFrom: [],
  acceptedEpoch: 0,
  currentEpoch: 0,
  empty: false,
  down: false,
  settings: {},
};

/**
 * The tick lengths to draw from. The length of a plan is drawn in ticks, so short ticks give short plans. If the caller
 * gives the length of the plan, the tick is drawn from longer values.
 */
const SHORT_TICKS_MS = [100, 200, 200, 500];
const LONG_TICKS_MS = [200, 500, 1000, 2000];

/**
 * Draws timeouts that are short compared with the plan. In some plans, committedLog is so small that it overflows, or
 * the log is so short that a new file and a snapshot are written after a few transactions.
 */
function drawSettings(draw: Draw, ticksMs: readonly number[]): Partial<Settings> {
  return {
    tickTimeMs: draw.pick(ticksMs),
    initLimit: draw.int(3, 10),
    syncLimit: draw.int(2, 5),
    cnxTimeoutMs: 500,
    maxNotificationIntervalMs: 2000,
    commitLogCount: draw.pick([500, 500, 3, 8]),
    snapCount: draw.pick([100_000, 100_000, 3, 10]),
    snapshotSizeFactor: draw.pick([0.33, 0.33, 0, -1]),
    ...(draw.chance(0.1) ? { forceSnapSync: true } : {}),
    // After a few transactions, the counter overflows and a new epoch must start.
    ...(draw.chance(0.05) ? { initialCounter: 0xffff_ffff - draw.int(12, 40) } : {}),
    electionTransport: draw.chance(0.1) ? "datagram" : "stream",
  };
}

function drawWrite(draw: Draw, ids: readonly ServerId[], lengthMs: number, count: number): Step {
  const at = draw.chance(0.8) ? ("leader" as const) : draw.pick(ids);
  const from = durationText(draw.int(1, lengthMs));
  const when = draw.chance(0.35) ? drawSynchronizing(draw) : undefined;
  return { from, ...(when && { when }), write: { at, count, every: draw.pick(["0ms", "1ms", "5ms", "20ms"]) } };
}

/** Draws the servers to settle: a quorum or more, without the servers that have lost a file permanently. */
function drawQuorum(
  draw: Draw,
  participants: readonly ServerId[],
  observers: readonly ServerId[],
  lost: readonly ServerId[],
  isQuorum: QuorumTest,
): ServerId[] {
  const whole = participants.filter((sid) => !lost.includes(sid));
  const least = Math.floor(participants.length / 2) + 1;
  const voters = draw.some(whole, draw.chance(0.5) ? least : draw.int(least, whole.length));
  for (const sid of whole) if (!isQuorum(voters) && !voters.includes(sid)) voters.push(sid);
  const watching = draw.chance(0.5) ? observers : [];
  return [...voters, ...watching].sort((a, b) => a - b);
}
