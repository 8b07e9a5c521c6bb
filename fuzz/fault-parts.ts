/** What a kind of fault is, and the parts of faults that several kinds draw. */

import type { ServerId } from "../protocol/zxid.ts";
import type { Moment, Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import type { Draw } from "./random-values.ts";

/** The facts about a plan that a kind of fault needs to draw a fault. */
export interface FaultContext {
  /** All servers. */
  readonly ids: readonly ServerId[];
  /** The voters. */
  readonly participants: readonly ServerId[];
  /** The observers. */
  readonly observers: readonly ServerId[];
  /** tickTime in milliseconds. */
  readonly tickMs: number;
  /** The time of the fault, in milliseconds from the start of the run. */
  readonly atMs: number;
  /**
   * The voters that may still lose a file permanently. When a fault that makes a voter lose a file is drawn, the voter
   * is removed from the list.
   */
  readonly budget: { losable: ServerId[] };
  /** The servers that run only after they join the ensemble. Default: none. */
  readonly joiners?: readonly ServerId[];
}

/** A kind of fault that campaigns draw. */
export interface FaultKind {
  /** What the fault does, in words. */
  readonly about: string;
  /** The values that are drawn at random, in words. */
  readonly parameters: string;
  /** Draws one fault as a list of steps. */
  readonly draw: (draw: Draw, context: FaultContext) => Step[];
}

/** The fate of unsynced writes in a crash. CrashSpec explains the values. */
type Unsynced = "lost" | "kept" | "torn" | number;

export const killed = (draw: Draw): Unsynced => draw.pick(["kept", "kept", "kept", "lost"] as const);
export const unpowered = (draw: Draw): Unsynced => draw.pick(["lost", "lost", "torn", draw.int(0, 3)] as const);

export function drawServer(draw: Draw, ids: readonly ServerId[]): ServerId | "leader" {
  return draw.chance(0.3) ? "leader" : draw.pick(ids);
}

/** Draws whether a connection ends by a reset or, less often, by an orderly close. */
export function drawEnd(draw: Draw): { readonly orderly?: boolean } {
  return draw.chance(0.4) ? { orderly: true } : {};
}

type Ready = Pick<FaultContext, "atMs" | "tickMs">;

export function at({ atMs }: { readonly atMs: number }): { readonly from: string } {
  return { from: durationText(atMs) };
}

/**
 * Draws the duration of a fault: from 5 ms, which is shorter than every timeout, to 20 ticks, enough for a few
 * elections.
 */
export function outage(draw: Draw, { tickMs }: Omit<Ready, "atMs">): string {
  return draw.duration(5, 20 * tickMs);
}

export function downtime(draw: Draw, { tickMs }: Ready): string {
  return draw.duration(20, 20 * tickMs);
}

const AT_MOMENT = { power: 5, kill: 3, disconnect: 2, isolate: 2, pause: 1, stall: 2, sync: 2, apply: 2 } as const;
/**
 * These weights make disconnects more frequent. If only a connection breaks, a synchronizing server keeps its memory;
 * in a crash, it loses its memory. Both cases expose bugs.
 */
export const WHILE_CATCHING_UP = { ...AT_MOMENT, power: 3, disconnect: 5 } as const;
export const WHEN_CAUGHT_UP = { ...AT_MOMENT, power: 10, kill: 5 } as const;

export function drawAtMoment(
  draw: Draw,
  when: Moment,
  context: FaultContext,
  weights: Readonly<Record<keyof typeof AT_MOMENT, number>> = AT_MOMENT,
): Step {
  const there = when.server ?? (when.on === "sent" ? when.from : when.to) ?? draw.pick(context.ids);
  const server = draw.chance(0.8) ? there : draw.pick(context.ids);
  const after = draw.chance(0.7) ? {} : { after: draw.duration(1, 50) };
  const lasts = outage(draw, context);
  switch (draw.weighted(weights)) {
    case "power":
      return {
        ...after,
        crash: { server, unsynced: unpowered(draw), connectionsReset: draw.chance(0.5) },
        for: downtime(draw, context),
      };
    case "kill":
      return {
        ...after,
        crash: { server, unsynced: killed(draw), connectionsReset: true },
        for: downtime(draw, context),
      };
    case "disconnect":
      return { ...after, disconnect: { server, ...drawEnd(draw) } };
    case "isolate":
      return { ...after, isolate: server, for: lasts };
    case "pause":
      return { ...after, pause: server, for: lasts };
    case "apply":
      return { ...after, stall: { server, thread: "apply" }, for: lasts };
    case "stall":
      return { ...after, disk: { server, stall: true }, for: lasts };
    default:
      return { ...after, disk: { server, sync: draw.duration(10, 3 * context.tickMs) }, for: lasts };
  }
}
