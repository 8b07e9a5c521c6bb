/**
 * Decides whether servers are stuck because of their configuration: a time limit is too short for work of known
 * duration, or jute.maxbuffer is too small for a transaction, and with larger limits the same servers become live. Such
 * a failure is not a bug of ZooKeeper.
 */
import type { Settings } from "../protocol/index.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import type { ShortLimit } from "../scenarios/short-limit.ts";
import { durationText } from "../sim/duration-range.ts";
import { durationUs } from "../sim/time.ts";
import { STUCK } from "./shrink/failure.ts";

/** The settings that suffice: the time limits in ticks, juteMaxBuffer in bytes. */
export type SufficientLimits = Partial<Record<ShortLimit["limit"] | "juteMaxBuffer", number>>;

/** A longer limit can show that the next limit is too short, too. */
const MAX_ROUNDS = 3;

/** To become live, the settled servers get the usual time plus the longest limit multiplied by this number. */
const WAITS = 4;

/**
 * Returns limits with which the stuck servers of a run become live. Returns undefined if no limit is too short, or if
 * the servers are stuck even with longer limits.
 */
export function sufficientLimits(stuck: ScenarioRun): SufficientLimits | undefined {
  const { scenario, seed } = stuck;
  let { shortLimits: short, smallBuffers: small } = stuck;
  let limits: SufficientLimits = {};
  for (let round = 0; round < MAX_ROUNDS && (short.length > 0 || small !== undefined); round++) {
    limits = short.reduce(longer, limits);
    if (small !== undefined) limits = { ...limits, juteMaxBuffer: small.neededBytes };
    const waitMs = Math.max(0, ...short.map(({ neededTicks, tickTimeMs }) => neededTicks * tickTimeMs));
    const run = runScenario(expectingLive(withLimits(scenario, limits), waitMs), { seed, digest: false });
    if (run.liveness?.liveUs !== undefined) return limits;
    ({ shortLimits: short, smallBuffers: small } = run);
  }
  return undefined;
}

function longer(limits: SufficientLimits, { limit, neededTicks }: ShortLimit): SufficientLimits {
  return { ...limits, [limit]: Math.max(neededTicks, limits[limit] ?? 0) };
}

/** Returns the scenario with these limits at every server. */
function withLimits(scenario: Scenario, limits: SufficientLimits): Scenario {
  const extend = (settings: Partial<Settings>): Partial<Settings> => ({ ...settings, ...limits });
  const servers = Object.entries(scenario.servers).map(([sid, spec]) => [
    sid,
    { ...spec, settings: extend(spec.settings) },
  ]);
  const steps = scenario.steps.map((step) => withoutSmallBuffer(step, limits));
  return { ...scenario, settings: extend(scenario.settings), servers: Object.fromEntries(servers), steps };
}

/** Replaces the juteMaxBuffer that a step gives to a server. */
function withoutSmallBuffer(step: Step, { juteMaxBuffer }: SufficientLimits): Step {
  const change = "restart" in step ? step.restart : "start" in step ? step.start : undefined;
  if (juteMaxBuffer === undefined || typeof change !== "object" || change.settings === undefined) return step;
  const larger = { ...change, settings: { ...change.settings, juteMaxBuffer } };
  return "restart" in step ? { ...step, restart: larger } : ({ ...step, start: larger } as Step);
}

function expectingLive({ until: _until, ...scenario }: Scenario, waitMs: number): Scenario {
  const live = durationText(durationUs(STUCK) / 1000 + WAITS * waitMs);
  return { ...scenario, expect: { violates: [], live } };
}
