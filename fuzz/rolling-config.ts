/**
 * Draws a rolling change of the configuration: all servers restart with the new configuration file, one after another.
 * The new file has one voter more or less than the old one, so that each quorum of one file overlaps each quorum of the
 * other, and no violation is expected.
 *
 * Not drawn: changes by several voters at a time, which ZooKeeper does not survive; groups; and releases in which
 * servers outside the configuration count (3.4), because a leader then commits without a quorum of its configuration.
 */
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import type { Draw } from "./random-values.ts";

/** A rolling change of the configuration. */
export interface RollingConfig {
  /** The configuration that all its members have at the end. */
  readonly config: EnsembleConfig;
  /** One restart for each server that changes its file. */
  readonly steps: readonly Step[];
}

export interface RollingConfigOptions {
  readonly participants: readonly ServerId[];
  readonly observers: readonly ServerId[];
  /** The steps drawn so far. */
  readonly steps: readonly Step[];
  readonly lengthMs: number;
}

/** Draws the change: remove a voter, make a voter an observer, or make an observer a voter. */
export function drawRollingConfig(draw: Draw, options: RollingConfigOptions): RollingConfig | undefined {
  const { lengthMs, observers, participants, steps } = options;
  // A wiped voter may lose a transaction that it has acknowledged.
  const isWiped = (sid: ServerId): boolean => steps.some((step) => "wipe" in step && step.wipe === sid);
  const promotable = observers.filter((sid) => !isWiped(sid));
  const change = draw.pick(promotable.length === 0 ? (["remove", "demote"] as const) : (["promote"] as const));
  if (change !== "promote" && participants.length < 3) return undefined;
  const server = draw.pick(change === "promote" ? promotable : participants);
  const config = changed({ voters: participants, observers }, server, change);
  // A removed server keeps its old file, because it would not start with the new one.
  const members = draw.some([...config.voters, ...config.observers], participants.length + observers.length);
  const startMs = draw.int(1, lengthMs);
  const paceMs = draw.int(1, Math.max(1, Math.floor((lengthMs - startMs) / members.length)));
  const restarts = members.map((sid, i) => ({
    from: durationText(Math.min(lengthMs - 1, startMs + i * paceMs)),
    restart: { server: sid, config },
  }));
  return { config, steps: restarts };
}

function changed({ observers, voters }: EnsembleConfig, server: ServerId, change: string): EnsembleConfig {
  const without = (sids: readonly ServerId[]): ServerId[] => sids.filter((sid) => sid !== server);
  const withServer = (sids: readonly ServerId[]): ServerId[] => [...sids, server].sort((a, b) => a - b);
  if (change === "promote") return { voters: withServer(voters), observers: without(observers) };
  return { voters: without(voters), observers: change === "demote" ? withServer(observers) : [...observers] };
}
