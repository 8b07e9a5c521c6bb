/**
 * Compares the known bugs of two releases, and writes the scenario of a rolling upgrade from one to the other.
 */
import { asServerId, type ServerId } from "../protocol/index.ts";
import { behaviorOf, compareVersions, PUBLISHED_RELEASES } from "../protocol/releases.ts";
import { loadScenario } from "../scenarios/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { KNOWN_BUGS, type KnownBug } from "./known-bugs.ts";
import { lineOf } from "./matrix.ts";

export interface UpgradeComparison {
  /** The bugs that `from` has and `to` does not have. */
  readonly gone: readonly KnownBug[];
  /** The bugs that `to` has and `from` does not have. */
  readonly coming: readonly KnownBug[];
  /** The bugs that both releases have, except bugs that are open in every release. */
  readonly staying: readonly KnownBug[];
  /** The number of bugs that are open in every release. */
  readonly openCount: number;
  readonly better: readonly BetterRelease[];
}

/** A later release that has fewer known bugs than the target of an upgrade. */
export interface BetterRelease {
  readonly release: string;
  /** The bugs of the upgrade's target that this release does not have. */
  readonly without: readonly KnownBug[];
  /** The bugs of this release that the upgrade's target does not have. */
  readonly adds: readonly KnownBug[];
  /** The bugs that this release has, except bugs that are open in every release. */
  readonly remaining: readonly KnownBug[];
}

/**
 * The bugs that every published release has. An open bug that came with a later release is not one of them:
 * ZOOKEEPER-5088 needs observerMasterPort, so 3.5 does not have it.
 */
export const BUGS_OF_EVERY_RELEASE: readonly KnownBug[] = KNOWN_BUGS.filter(({ isIn }) =>
  PUBLISHED_RELEASES.every((release) => isIn(behaviorOf(release))),
);

/** Returns the bugs of a release, except bugs that are open in every release. */
function bugsOf(release: string): KnownBug[] {
  return KNOWN_BUGS.filter((bug) => !BUGS_OF_EVERY_RELEASE.includes(bug) && bug.isIn(behaviorOf(release)));
}

export function compareReleases(from: string, to: string): UpgradeComparison {
  const before = bugsOf(from);
  const after = bugsOf(to);
  return {
    gone: without(before, after),
    coming: without(after, before),
    staying: after.filter((bug) => before.includes(bug)),
    openCount: BUGS_OF_EVERY_RELEASE.length,
    better: betterReleases(to),
  };
}

/**
 * Returns the best later release of the target's own line and the best later release of all, if they have fewer known
 * bugs than the target. Of several equally good releases, returns the newest.
 */
function betterReleases(to: string): BetterRelease[] {
  const target = bugsOf(to);
  const later = PUBLISHED_RELEASES.filter((release) => compareReleaseAge(release, to) > 0);
  const candidates = [later.filter((release) => lineOf(release) === lineOf(to)), later].map(fewestBugs);
  return [...new Set(candidates)].flatMap((release) => {
    if (release === undefined) return [];
    const remaining = bugsOf(release);
    if (remaining.length >= target.length) return [];
    return [{ release, without: without(target, remaining), adds: without(remaining, target), remaining }];
  });
}

/** Compares two releases by version, for sorting. `newest` counts as the newest published release. */
function compareReleaseAge(a: string, b: string): number {
  const [left, right] = [a, b].map((one) => (one === "newest" ? (PUBLISHED_RELEASES.at(-1) as string) : one));
  return compareVersions(left as string, right as string);
}

function fewestBugs(releases: readonly string[]): string | undefined {
  const fewest = Math.min(...releases.map((release) => bugsOf(release).length));
  return releases.findLast((release) => bugsOf(release).length === fewest);
}

function without(bugs: readonly KnownBug[], others: readonly KnownBug[]): KnownBug[] {
  return bugs.filter((bug) => !others.includes(bug));
}

/** The ids of the servers. The server with the highest id usually leads, so it is upgraded last. */
const SERVERS: readonly ServerId[] = [1, 2, 3].map(asServerId);

/**
 * Returns the scenario of a rolling upgrade: three servers run `from` and are restarted with `to` one after the other,
 * while a client writes. A campaign adds faults and more writes. The logs and committedLog are small, so that servers
 * are synchronized by DIFF, TRUNC and SNAP.
 */
export function rollingUpgrade(from: string, to: string): Scenario {
  const upgrades = SERVERS.map((sid, i) => `  - { from: ${600 + i * 700}ms, upgrade: { server: ${sid}, to: ${to} } }`);
  const text = `
about: Three servers of ZooKeeper ${from} are upgraded to ${to} one after the other while a client writes.
zookeeper: ${from}
servers: 3
settings:
  { tickTimeMs: 200, initLimit: 5, syncLimit: 3, cnxTimeoutMs: 500, maxNotificationIntervalMs: 2000, commitLogCount: 8 }
steps:
  - { from: 300ms, write: { at: leader, count: 60, every: 40ms } }
${upgrades.join("\n")}
`;
  return loadScenario(text, `rolling-upgrade-${from}-to-${to}.yaml`);
}
