/**
 * Draws changes of the ensemble for some plans: clients that request reconfigurations, or an operator's roll to lists
 * with one more server. Prepares the servers: new servers join later, and servers can start with files of an earlier or
 * of a pending configuration. As in observer-master-plans.ts, the values come from a random stream of their own.
 *
 * A plan with a change has no damaged files, because a small new configuration could consist of damaged servers only.
 * The settled servers contain a quorum of each configuration that the requests can lead to, in any order, because a
 * configuration that is pending on one server may be committed on another.
 */
import type { EnsembleConfig, ServerSpec } from "../cluster/cluster-spec.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { asServerId, type ServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import { durationUs } from "../sim/time.ts";
import { drawReconfig, rolledConfig } from "./config-faults.ts";
import { ENSEMBLE_FAULTS, FAULT_KINDS, type FaultName } from "./fault-kinds.ts";
import type { FaultContext } from "./fault-parts.ts";
import { finalConfigs } from "./final-config.ts";
import type { Plan, PlanOptions } from "./plan.ts";
import { canCommit, configAfter, possibleConfigs } from "./possible-configs.ts";
import type { Draw } from "./random-values.ts";

/** The share of the plans that get a change, if the campaign draws all kinds of faults. */
const SHARE = 0.13;
/** The share of the rolls among the changes. */
const ROLLS = 0.25;
/** The share of the plans with requests in which reconfiguration is off, so that the leader refuses every request. */
const DISABLED = 0.03;

type EnsembleFault = (typeof ENSEMBLE_FAULTS)[number];
type Entry = { readonly step: Step; readonly kind: Plan["kinds"][number] };

/** Returns the plan with a change of the ensemble, or the plan itself if its seed draws none. */
export function withReconfigs(plan: Plan, draw: Draw, options: PlanOptions): Plan {
  const allowed = ENSEMBLE_FAULTS.filter((name) => options.faults?.includes(name) ?? true);
  if (!mayChange(plan, options) || !draw.chance(shareOf(allowed, options))) return plan;
  const requests = allowed.filter((name) => name !== "config-roll");
  const rolls = allowed.includes("config-roll") && (requests.length === 0 || draw.chance(ROLLS));
  const change = rolls ? drawRoll(draw, plan) : drawRequests(draw, plan, requests);
  return change ?? plan;
}

function mayChange({ kinds, scenario }: Plan, { faultCount, servers }: PlanOptions): boolean {
  if (faultCount === 0 || servers !== undefined || kinds.includes("rolling-config")) return false;
  return behaviorOf(scenario.zookeeper).knowsReconfig;
}

function shareOf(allowed: readonly FaultName[], { faults }: PlanOptions): number {
  if (allowed.length === 0) return 0;
  if (faults === undefined) return SHARE;
  return faults.length > allowed.length ? 0.5 : 1;
}

/** The plan, its servers by role, and its times. */
interface Base {
  readonly entries: readonly Entry[];
  readonly scenario: Scenario;
  readonly participants: readonly ServerId[];
  readonly observers: readonly ServerId[];
  readonly tickMs: number;
  readonly lengthMs: number;
}

function baseOf({ kinds, scenario }: Plan): Base {
  const ids = serverIdsOf(scenario.servers);
  const isObserver = (sid: ServerId): boolean => scenario.servers[sid]?.role === "observer";
  const entries = scenario.steps.map((step, i) => ({ step, kind: kinds[i] as Entry["kind"] }));
  return {
    // The settle step is the last one. It is drawn again.
    entries: entries.slice(0, -1).filter(({ kind }) => kind !== "corruption"),
    scenario,
    participants: ids.filter((sid) => !isObserver(sid)),
    observers: ids.filter(isObserver),
    tickMs: scenario.settings.tickTimeMs ?? 2000,
    lengthMs: Math.floor(durationUs(scenario.steps.at(-1)?.from ?? "1ms") / 1000),
  };
}

function drawRequests(draw: Draw, plan: Plan, kinds: readonly EnsembleFault[]): Plan {
  const base = baseOf(plan);
  const reconfigEnabled = !draw.chance(DISABLED);
  // The groups of a scenario must contain every participant.
  const mayJoin = reconfigEnabled && base.scenario.quorum === undefined;
  const joiners = mayJoin ? drawJoiners(draw, base, draw.pick([0, 1, 1, 2])) : [];
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
  const drawn: Entry[] = [];
  const drawSome = (name: EnsembleFault, kind: EnsembleFault, count: number): void => {
    for (let i = 0; i < count; i++) {
      const steps = FAULT_KINDS[name].draw(draw, { ...context, atMs: draw.int(1, base.lengthMs) });
      for (const step of steps) drawn.push({ step, kind });
      if (name === "reconfig" && draw.chance(0.6))
        drawn.push({ step: writeWith(draw, steps[0] as Step), kind: "write" });
    }
  };
  const has = (name: EnsembleFault): boolean => kinds.includes(name);
  drawSome("reconfig", has("reconfig") ? "reconfig" : (kinds[0] as EnsembleFault), draw.pick([1, 1, 2, 2, 3]));
  if (has("config-pending") && draw.chance(0.15)) drawSome("config-pending", "config-pending", 1);
  if (has("config-moment")) drawSome("config-moment", "config-moment", draw.pick([0, 1, 1, 2, 3]));
  if (has("config-crash")) drawSome("config-crash", "config-crash", draw.pick([0, 0, 1, 2]));
  for (const joiner of joiners) drawn.push({ step: drawStart(draw, joiner, base), kind: "join" });
  if (!reconfigEnabled) return withChange(draw, base, drawn, {});
  const settings = { ...plan.scenario.settings, reconfigEnabled };
  return withChange(draw, base, drawn, { settings, ...drawFiles(draw, base, context) });
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

/** Draws ids for servers that join. The largest id usually leads; 0 is smaller than all others. */
function drawJoiners(draw: Draw, { observers, participants }: Base, count: number): ServerId[] {
  const next = Math.max(...participants, ...observers) + 1;
  const ids = draw.chance(0.3) ? [0, next] : [next, next + 1];
  return ids.slice(0, count).map(asServerId);
}

const LISTED = (base: Base): EnsembleConfig => {
  const { quorum } = base.scenario;
  return { voters: base.participants, observers: base.observers, ...quorum };
};

/** Returns the servers with their configuration files, and the joiners with lists of the members and themselves. */
function withLists(base: Base, joiners: readonly ServerId[]): Record<ServerId, ServerSpec> {
  const { observers, participants, scenario } = base;
  const servers: Record<ServerId, ServerSpec> = {};
  for (const sid of serverIdsOf(scenario.servers)) {
    servers[sid] = { ...(scenario.servers[sid] as ServerSpec), config: LISTED(base) };
  }
  for (const sid of joiners) servers[sid] = { ...JOINER, config: rolledConfig(participants, observers, sid) };
  return servers;
}

const JOINER: ServerSpec = {
  role: "participant",
  history: "",
  snapshots: [],
  logFilesFrom: [],
  acceptedEpoch: "missing",
  currentEpoch: "missing",
  empty: true,
  down: true,
  settings: {},
};

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
  const committed = { ...LISTED(base), version: draw.pick(["1:0", "1:1"]) };
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

/** Returns the plan with these steps and other changes, and with servers to settle that fit them. */
function withChange(
  draw: Draw,
  { entries, lengthMs, scenario }: Base,
  drawn: readonly Entry[],
  changes: Partial<Scenario>,
): Plan {
  const all = [...entries, ...drawn];
  const addedUs = lengthMs * 1000 - durationUs(scenario.steps.at(-1)?.from ?? "1ms");
  const until = durationText((durationUs(scenario.until ?? "1s") + addedUs) / 1000);
  const plan = { ...scenario, ...changes, steps: all.map(({ step }) => step), until };
  const settle = { from: durationText(lengthMs), settle: drawSettled(draw, plan) };
  return { scenario: { ...plan, steps: [...plan.steps, settle] }, kinds: [...all.map(({ kind }) => kind), "settle"] };
}

/** Draws servers that contain a quorum of each configuration that can be in force: all, or all without some. */
function drawSettled(draw: Draw, scenario: Scenario): ServerId[] {
  const ids = serverIdsOf(scenario.servers);
  const isDynamic = scenario.settings.reconfigEnabled === true;
  const configs = isDynamic ? possibleConfigs(scenario) : [...finalConfigs(scenario).values()];
  let settled = ids;
  for (const sid of draw.chance(0.5) ? [] : draw.some(ids, draw.int(1, ids.length))) {
    const fewer = settled.filter((one) => one !== sid);
    if (canCommit(configs, fewer)) settled = fewer;
  }
  return settled;
}
