/**
 * The parts of plans that change the ensemble: the plan without what the change replaces, servers with files of their
 * own, and servers to settle that contain a quorum of each configuration.
 */

import type { EnsembleConfig, ServerSpec } from "../cluster/cluster-spec.ts";
import { EMPTY_SERVER } from "../cluster/empty-disk.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { asServerId, type ServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import { durationUs } from "../sim/time.ts";
import { rolledConfig } from "./config-faults.ts";
import type { EnsembleFault } from "./fault-kinds.ts";
import { finalConfigs } from "./final-config.ts";
import type { Plan, PlanOptions } from "./plan.ts";
import { canCommit, possibleConfigs } from "./possible-configs.ts";
import type { Draw } from "./random-values.ts";

/** A step of a plan, with its origin. */
export type Entry = { readonly step: Step; readonly kind: Plan["kinds"][number] };

/** Returns whether a plan with these options may change its ensemble. */
export function mayChange({ kinds }: Plan, { faultCount, servers }: PlanOptions): boolean {
  return faultCount !== 0 && servers === undefined && !kinds.includes("rolling-config");
}

/** Returns whether the servers of a plan have versions of their configurations, and can change them on request. */
export function knowsReconfig({ scenario }: Plan): boolean {
  return behaviorOf(scenario.zookeeper).knowsReconfig;
}

/**
 * Returns the share of the plans that get a change of these kinds. `share` is the share of a campaign with all kinds of
 * faults.
 */
export function shareOf(share: number, kinds: readonly EnsembleFault[], { faults }: PlanOptions): number {
  if (kinds.length === 0) return 0;
  if (faults === undefined) return share;
  return faults.length > kinds.length ? 0.5 : 1;
}

/** The plan, its servers by role, and its times. */
export interface Base {
  readonly entries: readonly Entry[];
  readonly scenario: Scenario;
  readonly participants: readonly ServerId[];
  readonly observers: readonly ServerId[];
  readonly tickMs: number;
  readonly lengthMs: number;
}

export function baseOf({ kinds, scenario }: Plan): Base {
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

/** Returns the plan with its writes as the only steps. */
export function withoutFaults(base: Base): Base {
  return { ...base, entries: base.entries.filter(({ kind }) => kind === "write") };
}

/** Draws ids for servers that join. The largest id usually leads; 0 is smaller than all others. */
export function drawJoiners(draw: Draw, { observers, participants }: Base, count: number): ServerId[] {
  const next = Math.max(...participants, ...observers) + 1;
  const ids = draw.chance(0.3) ? [0, next] : [next, next + 1];
  return ids.slice(0, count).map(asServerId);
}

/** Returns the configuration that lists all servers of the plan. */
export function listedConfig({ observers, participants, scenario }: Base): EnsembleConfig {
  return { voters: participants, observers, ...scenario.quorum };
}

/** Returns the servers with their configuration files, and the joiners with lists of the members and themselves. */
export function withLists(base: Base, joiners: readonly ServerId[]): Record<ServerId, ServerSpec> {
  const { observers, participants, scenario } = base;
  const servers: Record<ServerId, ServerSpec> = {};
  for (const sid of serverIdsOf(scenario.servers)) {
    servers[sid] = { ...(scenario.servers[sid] as ServerSpec), config: listedConfig(base) };
  }
  for (const sid of joiners) servers[sid] = { ...JOINER, config: rolledConfig(participants, observers, sid) };
  return servers;
}

/** A server that starts later, with an empty disk. */
export const JOINER = EMPTY_SERVER;

/** Returns the plan with these steps and other changes, and with servers to settle that fit them. */
export function withChange(
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
