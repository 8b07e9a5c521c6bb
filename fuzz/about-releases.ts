/**
 * Describes which known bugs each release has. protocol/releases.ts defines how each release behaves.
 */
import { behaviorOf, noteOnRelease, PUBLISHED_RELEASES } from "../protocol/releases.ts";
import { type KnownBug, labelOf, MATRIX_BUGS, OPEN_BUGS } from "./known-bugs.ts";

/** Names that are not the version of a published release. */
const SPECIAL: Readonly<Record<string, string>> = {
  newest: `the newest ZooKeeper release (${PUBLISHED_RELEASES.at(-1)}), with the bugs that are still open in it`,
  patched: "the newest release with zabsim's own fix of each open bug (zabsim list fixes)",
};

/**
 * Returns what a user should know about a release: its bugs, or a release that behaves in the same way, with the
 * reason.
 */
export function describeRelease(release: string): string {
  const note = noteOnRelease(release);
  return note === undefined ? (SPECIAL[release] ?? bugsOf(release)) : `${note} It ${bugsOf(release)}`;
}

function bugsOf(release: string): string {
  const isOpen = ({ id }: KnownBug): boolean => OPEN_BUGS.some((bug) => bug.id === id);
  const bugs = MATRIX_BUGS.filter((bug) => !isOpen(bug) && bug.isIn(behaviorOf(release)))
    .map(labelOf)
    .toSorted((a, b) => Number(b.startsWith("ZOOKEEPER")) - Number(a.startsWith("ZOOKEEPER")));
  return bugs.length === 0
    ? `has none of the fixed bugs in zabsim matrix, but ${OPEN_BUGS.length} bugs that no release fixes (` +
        "zabsim list fixes)"
    : `has the bugs ${bugs.join(", ").replaceAll(", ZOOKEEPER", ", ")}`;
}
