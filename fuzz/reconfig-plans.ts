/**
 * Draws changes of the ensemble for some plans: clients that request reconfigurations, or an operator's roll to lists
 * with one more server. Prepares the servers: new servers join later, and servers can start with files of an earlier or
 * of a pending configuration. As in observer-master-plans.ts, the values come from a random stream of their own.
 *
 * A plan with a change has no damaged files, because a small new configuration could consist of damaged servers only.
 * The settled servers contain a quorum of each configuration that the requests can lead to, in any order, because a
 * configuration that is pending on one server may be committed on another.
 */
import type { ServerSpec } from "../cluster/cluster-spec.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import { durationUs } from "../sim/time.ts";
import {
  type Base,
  baseOf,
  drawJoiners,
  type Entry,
  JOINER,
  knowsReconfig,
  listedConfig,
  mayChange,
  shareOf,
  withChange,
  withLists,
  withoutFaults,
} from "./changed-plans.ts";
import { drawReconfig, rolledConfig } from "./config-faults.ts";
import { CHANGE_SEQUENCES, type EnsembleFault, FAULT_KINDS, SINGLE_CHANGES } from "./fault-kinds.ts";
import type { FaultContext } from "./fault-parts.ts";
import type { Plan, PlanOptions } from "./plan.ts";
import { configAfter } from "./possible-configs.ts";
import type { Draw } from "./random-values.ts";

/** How a plan changes the ensemble. */
interface Style {
  /** The kinds of faults to draw from. */
  readonly kinds: readonly EnsembleFault[];
  /** The share of the plans that get such a change, if the campaign draws all kinds of faults. */
  readonly share: number;
  /** The share of the rolls among the changes. */
  readonly rolls: number;
  /** Whether the plan keeps its faults. Otherwise it keeps only its writes. */
  readonly keepsFaults: boolean;
  /** The numbers of servers that join to draw from. */
  readonly joiners: readonly number[];
  /** The numbers of sequences (config-sequences.ts) to draw from. Default: none. */
  readonly sequences?: readonly number[];
  /** The numbers of requests, of faults at moments and of crashes at writes of files to draw from. */
  readonly requests: readonly number[];
  readonly moments: readonly number[];
  readonly crashes: readonly number[];
  /** The share of the plans with a request that stays pending. */
  readonly pending: number;
  /** The share of the plans with a request at a moment at which a server joins again. */
  readonly rejoins: number;
  /** The share of the requests with a write at the same time. */
  readonly writes: number;
  /** The share of the plans with standaloneEnabled=false, in which a request can leave one voter. */
  readonly alone: number;
}

/** Changes among all kinds of faults. */
const BUSY: Style = {
  kinds: SINGLE_CHANGES.filter((name) => name !== "config-settings"),
  share: 0.13,
  rolls: 0.25,
  keepsFaults: true,
  joiners: [0, 1, 1, 2],
  requests: [1, 1, 2, 2, 3],
  moments: [0, 1, 1, 2, 3],
  crashes: [0, 0, 1, 2],
  pending: 0.15,
  rejoins: 0,
  writes: 0.6,
  alone: 0,
};

/**
 * Changes without other faults, so that an effect of the change lasts: most faults end with a new election, which
 * repairs servers that a change has left without progress.
 */
const QUIET: Style = {
  kinds: BUSY.kinds.filter((name) => name !== "config-roll"),
  share: 0.05,
  rolls: 0,
  keepsFaults: false,
  joiners: [0, 1, 1, 2],
  requests: [0, 1, 1, 2],
  moments: [0, 0, 1],
  crashes: [0, 0, 0, 1],
  pending: 0.35,
  rejoins: 0.5,
  writes: 0.9,
  alone: 0.15,
};

/** Sequences of faults before and after a change, without other faults. */
const SEQUENCES: Style = {
  ...QUIET,
  kinds: CHANGE_SEQUENCES,
  share: 0.06,
  joiners: [1, 1, 2],
  sequences: [1, 1, 1, 2],
  requests: [],
  moments: [],
  crashes: [],
  pending: 0,
  rejoins: 0,
};

/** The share of the plans with requests in which reconfiguration is off, so that the leader refuses every request. */
const DISABLED = 0.03;

/** Returns the plan with a change of the ensemble, or the plan itself if its seed draws none. */
export function withReconfigs(plan: Plan, draw: Draw, options: PlanOptions): Plan {
  return withStyle(BUSY, plan, draw, options);
}

/** Returns the plan with a change of the ensemble instead of its faults, or the plan itself if its seed draws none. */
export function withQuietReconfigs(plan: Plan, draw: Draw, options: PlanOptions): Plan {
  return withStyle(QUIET, plan, draw, options);
}

/** Returns the plan with sequences instead of its faults, or the plan itself if its seed draws none. */
export function withSequences(plan: Plan, draw: Draw, options: PlanOptions): Plan {
  return withStyle(SEQUENCES, plan, draw, options);
}

function withStyle(style: Style, plan: Plan, draw: Draw, options: PlanOptions): Plan {
  const knows = knowsReconfig(plan);
  const isAllowed = (name: EnsembleFault): boolean =>
    (knows || name === "config-roll") && (options.faults?.includes(name) ?? true);
  const allowed = style.kinds.filter(isAllowed);
  const share = shareOf(knows ? style.share : style.share * style.rolls, allowed, options);
  if (!mayChange(plan, options) || !draw.chance(share)) return plan;
  const requests = allowed.filter((name) => name !== "config-roll");
  const rolls = allowed.includes("config-roll") && (requests.length === 0 || draw.chance(style.rolls));
  const change = rolls ? drawRoll(draw, plan) : drawRequests(draw, plan, requests, style);
  return change ?? plan;
}

function drawRequests(draw: Draw, plan: Plan, kinds: readonly EnsembleFault[], style: Style): Plan {
  const base = style.keepsFaults ? baseOf(plan) : withoutFaults(baseOf(plan));
  const reconfigEnabled = !draw.chance(DISABLED);
  // The groups of a scenario must contain every participant.
  const mayJoin = reconfigEnabled && base.scenario.quorum === undefined;
  const joiners = mayJoin ? drawJoiners(draw, base, draw.pick(style.joiners)) : [];
  // A wiped voter may lose a transaction that it has acknowledged.
  const isWiped = (sid: ServerId): boolean => base.entries.some(({ step }) => "wipe" in step && step.wipe === sid);
  const context: FaultContext = {
    ids: [...base.participants, ...base.observers, ...joiners],
    participants: base.participants,
    observers: base.observers.filter((sid) => !isWiped(sid)),
    joiners,
    tickMs: base.tickMs,
    atMs: 1,
    budget: { losable: [] },
  };
  const drawn = style.sequences
    ? drawSequences(draw, style.sequences, kinds, base, context)
    : drawSingleChanges(draw, kinds, style, base, context);
  for (const joiner of joiners) drawn.push({ step: drawStart(draw, joiner, base), kind: "join" });
  if (!reconfigEnabled) return withChange(draw, base, drawn, {});
  const alone = style.alone > 0 && draw.chance(style.alone) ? { standaloneEnabled: false } : {};
  const settings = { ...plan.scenario.settings, reconfigEnabled, ...alone };
  return withChange(draw, base, drawn, { settings, ...drawFiles(draw, base, context) });
}

function drawSingleChanges(
  draw: Draw,
  kinds: readonly EnsembleFault[],
  style: Style,
  base: Base,
  context: FaultContext,
): Entry[] {
  const drawn: Entry[] = [];
  const drawSome = (name: EnsembleFault, kind: EnsembleFault, count: number): void => {
    for (let i = 0; i < count; i++) {
      const steps = FAULT_KINDS[name].draw(draw, { ...context, atMs: draw.int(1, base.lengthMs) });
      for (const step of steps) drawn.push({ step, kind });
      if (name === "reconfig" && draw.chance(style.writes))
        drawn.push({ step: writeWith(draw, steps[0] as Step), kind: "write" });
    }
  };
  const has = (name: EnsembleFault): boolean => kinds.includes(name);
  drawSome("reconfig", has("reconfig") ? "reconfig" : (kinds[0] as EnsembleFault), draw.pick(style.requests));
  if (has("config-pending") && draw.chance(style.pending)) drawSome("config-pending", "config-pending", 1);
  if (has("config-moment")) drawSome("config-moment", "config-moment", draw.pick(style.moments));
  if (has("config-crash")) drawSome("config-crash", "config-crash", draw.pick(style.crashes));
  if (style.rejoins > 0 && draw.chance(style.rejoins)) drawSome("config-rejoin", "config-rejoin", 1);
  return drawn;
}

/** Draws sequences, each with a write at the time of one of its requests. */
function drawSequences(
  draw: Draw,
  counts: readonly number[],
  kinds: readonly EnsembleFault[],
  base: Base,
  context: FaultContext,
): Entry[] {
  return Array.from({ length: draw.pick(counts) }).flatMap(() => {
    const kind = draw.pick(kinds);
    const steps = FAULT_KINDS[kind].draw(draw, { ...context, atMs: draw.int(1, base.lengthMs) });
    const requests = steps.filter((step) => "reconfig" in step);
    const writes = requests.length === 0 ? [] : [writeWith(draw, draw.pick(requests))];
    return [...steps.map((step): Entry => ({ step, kind })), ...writes.map((step): Entry => ({ step, kind: "write" }))];
  });
}

/** Draws a write that begins with the request, or shortly before or after it. */
function writeWith(draw: Draw, { after, from = "1ms", when }: Step): Step {
  const write = { at: "leader" as const, count: draw.int(1, 8), every: draw.pick(["0ms", "1ms", "5ms", "50ms"]) };
  if (when === undefined) return { from, write };
  return { from, when, after: draw.chance(0.4) ? (after ?? "0ms") : draw.duration(1, 1000), write };
}

function drawStart(draw: Draw, joiner: ServerId, { lengthMs }: Base): Step {
  if (draw.chance(0.5)) return { from: durationText(draw.int(1, lengthMs)), start: joiner };
  const when = { event: draw.pick(["established", "config-seen", "config-committed"] as const), nth: 1 };
  return { from: durationText(1), when, after: draw.duration(1, 1000), start: joiner };
}

/**
 * Draws the files with which the servers start. Half of the ensembles with new disks get files of an established
 * configuration instead. Then a configuration can be pending on some servers, whose transaction is in no log, and a
 * joiner can have files of an earlier configuration.
 */
function drawFiles(draw: Draw, base: Base, context: FaultContext): Partial<Scenario> {
  const { joiners = [] } = context;
  const servers = withLists(base, joiners);
  const isNew = Object.values(base.scenario.servers).every(({ history }) => history === "");
  if (!isNew || base.scenario.quorum !== undefined || !draw.chance(0.5)) return { servers };
  const last = draw.int(2, 6);
  const files = { history: `1:1..1:${last}`, acceptedEpoch: 1, currentEpoch: 1 };
  const committed = { ...listedConfig(base), version: draw.pick(["1:0", "1:1"]) };
  const members = [...base.participants, ...base.observers];
  for (const sid of members) servers[sid] = { ...(servers[sid] as ServerSpec), ...files, config: committed };
  const next = draw.chance(0.5) ? configAfter(committed, drawReconfig(draw, context)) : undefined;
  const nextConfig = next && { ...next, version: `1:${last + 1}` };
  for (const sid of nextConfig ? draw.some(members, draw.int(1, members.length)) : []) {
    servers[sid] = { ...(servers[sid] as ServerSpec), ...(nextConfig && { nextConfig }) };
  }
  for (const sid of joiners) {
    if (committed.version === "1:0" || !draw.chance(0.6)) continue;
    const earlier = rolledConfig(base.participants.slice(1), base.observers, sid);
    const disk = { ...files, history: "1:1", snapshots: ["0:0"], empty: false };
    servers[sid] = { ...JOINER, ...disk, config: { ...earlier, version: "1:0" } };
  }
  return { servers, committed: `1:${last}` };
}

/** Draws a roll to lists with one more server. Returns undefined with hierarchical quorums. */
function drawRoll(draw: Draw, plan: Plan): Plan | undefined {
  const base = baseOf(plan);
  if (base.scenario.quorum !== undefined) return undefined;
  const joiners = drawJoiners(draw, base, 1);
  const { observers, participants, tickMs } = base;
  const atMs = draw.int(1, base.lengthMs);
  const context = { ids: [], participants, observers, joiners, tickMs, atMs, budget: { losable: [] } };
  const steps = FAULT_KINDS["config-roll"].draw(draw, context);
  const lastMs = Math.max(...steps.map(({ from = "0ms" }) => durationUs(from) / 1000));
  const lengthMs = Math.max(base.lengthMs, lastMs + 10 * tickMs);
  const drawn = steps.map((step): Entry => ({ step, kind: "config-roll" }));
  return withChange(draw, { ...base, lengthMs }, drawn, { servers: withLists(base, joiners) });
}
