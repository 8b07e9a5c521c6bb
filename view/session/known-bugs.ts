/** The known bugs of ZooKeeper that explain the failure of a run. */
import { freeReleasesText, ticketNameOf } from "../../fuzz/about-bugs.ts";
import { bugsOfRun } from "../../fuzz/bugs-of-run.ts";
import { KNOWN_BUGS } from "../../fuzz/known-bugs.ts";
import type { Recording } from "./recording.ts";

/** A known bug in words. */
export interface BugText {
  /** The name of its scenario, or of its ticket if there is no scenario. */
  readonly id: string;
  /** Its ticket, such as `ZOOKEEPER-4643`; undefined if it has none. */
  readonly ticket: string | undefined;
  readonly cause: string;
  readonly effect: string;
  /** The releases without the bug, as a sentence. */
  readonly releases: string;
}

const known = new WeakMap<Recording, readonly BugText[]>();

/** Returns whether a run failed, so that a known bug may explain it. */
export function hasFailed({ ended, run, violations }: Recording): boolean {
  return ended && (violations.length > 0 || run.liveness?.stuck === true);
}

/**
 * Returns the known bugs that explain the failure of a run that is recorded to its end. Unless the scenario is one of a
 * known bug, this runs the scenario again for each bug of its releases.
 */
export function knownBugsOf(recording: Recording): readonly BugText[] {
  const before = known.get(recording);
  if (before !== undefined) return before;
  const bugs = bugsOfRun(recording.run).flatMap((id) => KNOWN_BUGS.filter((bug) => bug.id === id));
  const texts = bugs.map((bug) => ({
    id: bug.id,
    ticket: ticketNameOf(bug),
    cause: bug.cause,
    effect: bug.effect,
    releases: freeReleasesText(bug),
  }));
  known.set(recording, texts);
  return texts;
}
