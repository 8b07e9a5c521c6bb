/**
 * Which failures are known: the scenario fails no more with the fix of a bug that is kept in scenarios/bugs/.
 */
import { type Behaviour, FIXES, type Fix, NEWEST, PROFILES } from "../../protocol/index.ts";
import { ScenarioRunner } from "../run.ts";
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
  answersWorseVotes: "open-election-better-vote-never-repeated",
  learnerAheadEndsLeading: "open-voter-ahead-of-leader-never-joins",
  interruptedTruncReloads: "zookeeper-5094-interrupted-trunc-memory-ahead-of-disk",
};

const SEEDS = [1n, 2n, 3n] as const;

/**
 * The bug without which the scenario would not fail so; several if they cannot be told apart; none if it is not known.
 *
 * Every fix moves what comes after its first effect, so a failure that needs much chance may disappear with any of them.
 * The one that matters is that which changes nothing until the failure is near: the last to diverge.
 */
export function knownBugs(scenario: Scenario, failure: Failure): string[] {
  const profile = profileOf(scenario);
  let latest = 0;
  let bugs: string[] = [];
  for (const fix of FIXES) {
    const mended = { ...profile, [fix]: true };
    if (profile[fix] || !mends(scenario, failure, mended)) continue;
    const event = firstDifference(scenario, profile, mended);
    if (event > latest) bugs = [];
    if (event >= latest) bugs.push(STORIES[fix]);
    latest = Math.max(latest, event);
  }
  return bugs;
}

/** The first event that goes otherwise with another behaviour. */
function firstDifference(scenario: Scenario, one: Behaviour, other: Behaviour): number {
  const seed = BigInt(scenario.seed ?? 1);
  const [first, second] = [one, other].map(
    (behaviour) => new ScenarioRunner(scenario, { seed, behaviour, records: false }),
  );
  let event = 0;
  while (first?.step() && second?.step() && first.digest() === second.digest()) event++;
  return event;
}

function profileOf(scenario: Scenario): Behaviour {
  return PROFILES[scenario.zookeeper] ?? NEWEST;
}

/** Whether all fixes together mend it: then no single one may. */
export function isMendedByAll(scenario: Scenario, failure: Failure): boolean {
  const all = Object.fromEntries(FIXES.map((fix) => [fix, true])) as unknown as Behaviour;
  return mends(scenario, failure, { ...profileOf(scenario), ...all });
}

/** A changed behaviour also moves what comes after it, so one seed without a failure proves little. */
function mends(scenario: Scenario, failure: Failure, behaviour: Behaviour): boolean {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  return seeds.every((seed) => runFor(scenario, failure, seed, { behaviour }) === undefined);
}
