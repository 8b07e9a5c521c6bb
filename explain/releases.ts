/** Finds the release by whose rules a server is judged. */
import { nearestBelow, PUBLISHED_RELEASES, RELEASES } from "../protocol/index.ts";
import type { LeaderSync, ProcessRun, ServerHistory } from "./history.ts";

/** Returns the release that zabsim knows and that is closest to a release in a log. */
export function profileFor(release: string): string {
  if (RELEASES.includes(release)) return release;
  return nearestBelow(release) ?? (PUBLISHED_RELEASES[0] as string);
}

/**
 * Returns the release of a leader at a synchronization: the one that the user names, the one in the log, or the newest
 * release that words this line in the same way.
 */
export function releaseOfSync({ at, facts, process }: LeaderSync, given: string | undefined): string {
  const release = given ?? process.release;
  if (release !== undefined) return profileFor(release);
  if (facts.lastProcessedZxid === undefined) return "3.4.14";
  return at.text.includes("Follower sid:") ? "3.5.10" : "newest";
}

/** Gives each process without a version line the release of the server's other processes. */
export function shareReleases(processes: readonly ProcessRun[]): void {
  for (const [i, process] of processes.entries()) {
    process.release ??= nearest(processes, i)?.release;
  }
}

/** Returns the release of all servers, if the logs show it of some and no other one. */
export function commonRelease(histories: readonly ServerHistory[]): string | undefined {
  const all = new Set(histories.flatMap(({ processes }) => processes.flatMap(({ release }) => release ?? [])));
  return all.size === 1 ? [...all][0] : undefined;
}

/** Returns the process with a release that is closest in the list. */
function nearest(processes: readonly ProcessRun[], index: number): ProcessRun | undefined {
  const before = processes.slice(0, index).findLast(({ release }) => release !== undefined);
  return before ?? processes.slice(index + 1).find(({ release }) => release !== undefined);
}
