/**
 * Draws ensembles whose servers do not agree about their configuration: only some have reconfigEnabled, or an operator
 * changes the setting in a roll, or some servers that do not adopt newer configurations have an earlier file. The
 * values come from a random stream of their own.
 *
 * No client requests a reconfiguration: servers without reconfigEnabled would keep the old members, and the quorums of
 * both configurations could be disjoint. For the same reason, an earlier file has the same voters.
 */
import type { ServerSpec } from "../cluster/cluster-spec.ts";
import { type ServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario } from "../scenarios/scenario.ts";
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
import { FAULT_KINDS } from "./fault-kinds.ts";
import type { Plan, PlanOptions } from "./plan.ts";
import type { Draw } from "./random-values.ts";

const KIND = "config-settings";
/** The share of the plans with such an ensemble, if the campaign draws all kinds of faults. */
const SHARE = 0.03;

/** Returns the plan with such an ensemble, or the plan itself if its seed draws none. */
export function withMixedSettings(plan: Plan, draw: Draw, options: PlanOptions): Plan {
  const isAllowed = options.faults?.includes(KIND) ?? true;
  if (!isAllowed || !knowsReconfig(plan) || !mayChange(plan, options) || !draw.chance(shareOf(SHARE, [KIND], options)))
    return plan;
  const base = draw.chance(0.4) ? baseOf(plan) : withoutFaults(baseOf(plan));
  const { servers, ...changes } = drawServers(draw, base);
  const joiners = serverIdsOf(servers).filter((sid) => servers[sid]?.down);
  const joins = joiners.map(
    (start): Entry => ({ step: { from: durationText(draw.int(1, base.lengthMs)), start }, kind: "join" }),
  );
  const restarts = draw.chance(0.5) ? drawRestarts(draw, base) : [];
  const lastMs = Math.max(0, ...restarts.map(({ step: { from = "0ms" } }) => durationUs(from) / 1000));
  const lengthMs = Math.max(base.lengthMs, lastMs + 10 * base.tickMs);
  return withChange(draw, { ...base, lengthMs }, [...joins, ...restarts], { ...changes, servers });
}

function drawRestarts(draw: Draw, { lengthMs, observers, participants, tickMs }: Base): Entry[] {
  const ids = [...participants, ...observers];
  const context = { ids, participants, observers, tickMs, atMs: draw.int(1, lengthMs), budget: { losable: [] } };
  return FAULT_KINDS[KIND].draw(draw, context).map((step) => ({ step, kind: KIND }));
}

/** Draws the settings of the servers and, for half of the ensembles with new disks, files of two configurations. */
function drawServers(draw: Draw, base: Base): Pick<Scenario, "committed" | "servers"> {
  const enabled = draw.pick([0, 0.5, 0.5, 1]);
  const isNew = Object.values(base.scenario.servers).every(({ history }) => history === "");
  const files = isNew && base.scenario.quorum === undefined && draw.chance(enabled === 0.5 ? 0.4 : 0.8);
  const { committed, servers } = files ? drawFiles(draw, base) : { committed: undefined, servers: withLists(base, []) };
  for (const sid of serverIdsOf(servers)) {
    const spec = servers[sid] as ServerSpec;
    servers[sid] = { ...spec, settings: { ...spec.settings, reconfigEnabled: draw.chance(enabled) } };
  }
  return { servers, ...(committed && { committed }) };
}

interface Files {
  readonly servers: Record<ServerId, ServerSpec>;
  /** The last committed transaction on the disks. */
  readonly committed: string;
}

/**
 * Draws the files of two configurations. The newer one has removed an observer, which starts later with its old files,
 * or has added one. Some members still have the earlier configuration, because they were down at that time.
 */
function drawFiles(draw: Draw, base: Base): Files {
  const { observers } = base;
  const isAdded = observers.length > 0 && draw.chance(0.5);
  const removed = isAdded ? [] : drawJoiners(draw, base, 1);
  const earlier = isAdded ? observers.slice(1) : [...observers, ...removed].sort((a, b) => a - b);
  const newer = { ...listedConfig(base), version: "1:1" };
  const older = { ...listedConfig(base), observers: earlier, version: "1:0" };
  const last = draw.int(2, 6);
  const disk = { history: `1:1..1:${last}`, acceptedEpoch: 1, currentEpoch: 1 };
  const servers = withLists(base, []);
  const members = serverIdsOf(servers);
  const outdated = draw.some(members, draw.int(1, members.length));
  for (const sid of members) {
    servers[sid] = { ...(servers[sid] as ServerSpec), ...disk, config: outdated.includes(sid) ? older : newer };
  }
  for (const sid of removed) {
    servers[sid] = { ...JOINER, ...disk, role: "observer", snapshots: ["0:0"], empty: false, config: older };
  }
  return { servers, committed: `1:${last}` };
}
