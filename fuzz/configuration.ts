/**
 * Decides whether servers are stuck because of their configuration: a time limit is too short for work of known
 * duration, and with longer limits the same servers become live. Such a failure is not a bug of ZooKeeper.
 */
import type { Settings } from "../protocol/index.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import type { ShortLimit } from "../scenarios/short-limit.ts";
import { durationText } from "../sim/duration-range.ts";
import { durationUs } from "../sim/time.ts";
import { STUCK } from "./shrink/failure.ts";

/** The settings that suffice, in ticks. */
export type SufficientLimits = Partial<Record<ShortLimit["limit"], number>>;

/** A longer limit can show that the next limit is too short, too. */
const MAX_ROUNDS = 3;

/** To become live, the settled servers get the usual time plus the longest limit multiplied by this number. */
const WAITS = 4;

/**
 * Returns limits with which the stuck servers of a run become live. Returns undefined if no limit is too short, or if
 * the servers are stuck even with longer limits.
 */
export function sufficientLimits({ scenario, seed, shortLimits }: ScenarioRun): SufficientLimits | undefined {
  let short = shortLimits;
  let limits: SufficientLimits = {};
  for (let round = 0; round < MAX_ROUNDS && short.length > 0; round++) {
    limits = short.reduce(longer, limits);
    const waitMs = Math.max(...short.map(({ neededTicks, tickTimeMs }) => neededTicks * tickTimeMs));
    const run = runScenario(expectingLive(withLimits(scenario, limits), waitMs), { seed, digest: false });
    if (run.liveness?.liveUs !== undefined) return limits;
    short = run.shortLimits;
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
  return { ...scenario, settings: extend(scenario.settings), servers: Object.fromEntries(servers) };
}

function expectingLive({ until: _until, ...scenario }: Scenario, waitMs: number): Scenario {
  const live = durationText(durationUs(STUCK) / 1000 + WAITS * waitMs);
  return { ...scenario, expect: { violates: [], live } };
}
