/**
 * Which failures are known: the scenario fails no more with the fix of a bug that is kept in scenarios/bugs/.
 */
import { type Behaviour, FIXES, type Fix, NEWEST, PROFILES } from "../../protocol/index.ts";
import type { Scenario } from "../scenario.ts";
import { type Failure, runFor } from "../shrink/failure.ts";

/** The scenario that tells the story of each. */
export const STORIES: Readonly<Record<Fix, string>> = {
  truncCutsAll: "open-snapshot-survives-trunc",
  syncForgetsAcks: "open-acked-proposal-truncated-committed-lost",
  snapReplacesLog: "open-hole-in-log-behind-snap-passed-on",
  startsBehindItsZxid: "open-crash-before-current-epoch-cannot-start",
  syncsWhatItReads: "open-tail-read-back-after-kill-never-synced",
  unwrittenEpochIsNotUsed: "open-epoch-used-though-not-accepted",
  failedLogEndsServer: "open-failed-log-write-outlived",
  corruptSnapshotEndsServer: "open-corrupt-snapshot-older-one-used",
  interruptedTruncReloads: "zookeeper-5094-interrupted-trunc-memory-ahead-of-disk",
};

const SEEDS = [1n, 2n, 3n] as const;

/** The bugs without any one of which the scenario would not fail so; empty if it is not known. */
export function knownBugs(scenario: Scenario, failure: Failure): string[] {
  const profile = PROFILES[scenario.zookeeper] ?? NEWEST;
  const needed = FIXES.filter((fix) => !profile[fix] && mends(scenario, failure, { ...profile, [fix]: true }));
  return needed.map((fix) => STORIES[fix]);
}

/** Whether all fixes together mend it: then no single one may. */
export function isMendedByAll(scenario: Scenario, failure: Failure): boolean {
  const all = Object.fromEntries(FIXES.map((fix) => [fix, true])) as unknown as Behaviour;
  return mends(scenario, failure, { ...(PROFILES[scenario.zookeeper] ?? NEWEST), ...all });
}

/** A changed behaviour also moves what comes after it, so one seed without a failure proves little. */
function mends(scenario: Scenario, failure: Failure, behaviour: Behaviour): boolean {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  return seeds.every((seed) => runFor(scenario, failure, seed, { behaviour }) === undefined);
}
