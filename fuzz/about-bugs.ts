/**
 * Describes each known bug in words: its ticket, its cause, the releases that have the bug, and the releases that do
 * not.
 */
import { behaviorOf, compareVersions, RELEASES } from "../protocol/releases.ts";
import { KNOWN_BUGS, type KnownBug } from "./known-bugs.ts";

/** Names that are not the version of a published release. */
const SPECIAL: ReadonlySet<string> = new Set(["newest", "patched"]);
const PUBLISHED: readonly string[] = RELEASES.filter((release) => !SPECIAL.has(release));

/**
 * Returns the bug with this name: the number of its ticket (`4643`), its ticket (`ZOOKEEPER-4643`), or its scenario.
 */
export function bugNamed(name: string): KnownBug | undefined {
  const lower = name.toLowerCase();
  return (
    bugOfScenario(lower) ??
    KNOWN_BUGS.find(({ id }) => id.toLowerCase() === lower) ??
    KNOWN_BUGS.find((bug) => {
      const ticket = ticketNameOf(bug)?.toLowerCase();
      return ticket !== undefined && (ticket === lower || ticket === `zookeeper-${lower}`);
    })
  );
}

/** Returns the bug that a scenario in scenarios/bugs/ shows. */
export function bugOfScenario(scenario: string): KnownBug | undefined {
  return KNOWN_BUGS.find(({ alsoShownBy = [], id }) => id === scenario || alsoShownBy.includes(scenario));
}

/** Returns the name of the bug's ticket, such as `ZOOKEEPER-4643`. Returns undefined if the bug has no ticket. */
export function ticketNameOf({ id }: KnownBug): string | undefined {
  const number = /^zookeeper-(\d+)/i.exec(id)?.[1];
  return number === undefined ? undefined : `ZOOKEEPER-${number}`;
}

/** Returns the published releases that have the bug, oldest first. */
export function releasesWith({ isIn }: KnownBug): string[] {
  return PUBLISHED.filter((release) => isIn(behaviorOf(release)));
}

/** Returns the published releases that are free of the bug, oldest first. */
export function releasesWithout({ isIn }: KnownBug): string[] {
  return PUBLISHED.filter((release) => !isIn(behaviorOf(release)));
}

/**
 * Returns the oldest published release that is newer than `release` and free of the bug. Returns undefined if there is
 * no such release, and always for `newest` and `patched`.
 */
export function firstReleaseWithout(bug: KnownBug, release: string): string | undefined {
  if (!PUBLISHED.includes(release)) return undefined;
  return releasesWithout(bug).find((one) => compareVersions(one, release) > 0);
}

/**
 * Returns a sentence that lists the releases without the bug. The bug's scenario can fail in these releases, too,
 * because of another bug.
 */
export function freeReleasesText(bug: KnownBug): string {
  const free = releasesWithout(bug);
  return free.length === 0
    ? "Every release has this bug."
    : `Releases without this bug (the scenario can fail there because of another bug): ${free.join(", ")}.`;
}

/** Returns one sentence: the bug's ticket (or its id, if it has no ticket) and its cause. */
export function bugWithCause(bug: KnownBug): string {
  return `${ticketNameOf(bug) ?? bug.id}: ${bug.cause}`;
}

/** Returns one line: the bug's ticket or id, its cause, and the releases without the bug. */
export function bugLine(bug: KnownBug): string {
  return `${bugWithCause(bug)} ${freeReleasesText(bug)}`;
}

/** Returns the line of the bug with this id, or the id itself if the bug is not known. */
export function aboutBug(id: string): string {
  const bug = KNOWN_BUGS.find((one) => one.id === id);
  return bug === undefined ? id : bugLine(bug);
}
