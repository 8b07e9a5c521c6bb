/** The behaviors that `zabsim judge` accepts: open pull requests of ZooKeeper, and the fixes of open bugs. */
import { NAMED_BEHAVIORS, PULL_REQUESTS } from "../protocol/named-behaviors.ts";
import { PUBLISHED_RELEASES } from "../protocol/releases.ts";
import { OPEN_BUGS } from "./known-bugs.ts";

export interface JudgedBehavior {
  /** One of NAMED_BEHAVIORS. */
  readonly name: string;
  /** The tickets that the pull request names. Empty for a fix. */
  readonly tickets: readonly string[];
  /** What it changes, or which bug it fixes, as sentences. */
  readonly about: string;
  /** What it does not do as the pull request does; undefined if it does all of it. */
  readonly difference: string | undefined;
  /** The release on which to judge it. */
  readonly release: string;
  /** The scenarios in scenarios/bugs/ that show the bug of a fix. Empty for a pull request. */
  readonly shownBy: readonly string[];
}

const NEWEST = PUBLISHED_RELEASES.at(-1) as string;

/** All behaviors: the pull requests, then the fixes. */
export const JUDGED_BEHAVIORS: readonly JudgedBehavior[] = [
  ...Object.entries(PULL_REQUESTS).map(([name, { about, difference, release = NEWEST, tickets }]) => ({
    ...{ name, tickets, about, difference, release, shownBy: [] },
  })),
  ...OPEN_BUGS.map(({ alsoShownBy = [], cause, effect, fix, id }) => ({
    ...{ name: fix, tickets: [], difference: undefined, release: NEWEST },
    about: `zabsim's fix of ${id}: ${cause} ${effect}`,
    shownBy: [id, ...alsoShownBy],
  })),
].toSorted((a, b) => NAMED_BEHAVIORS.indexOf(a.name) - NAMED_BEHAVIORS.indexOf(b.name));

/**
 * Returns the behavior with this name, with this number of a pull request or of its ticket, or whose bug this scenario
 * shows. Returns undefined if there is none.
 */
export function judgedBehaviorNamed(name: string): JudgedBehavior | undefined {
  const lower = name.toLowerCase();
  const number = /^(?:pull-|zookeeper-|#)?(\d+)$/.exec(lower)?.[1];
  return (
    JUDGED_BEHAVIORS.find((one) => one.name === `pull-${number}` || one.tickets.includes(`ZOOKEEPER-${number}`)) ??
    JUDGED_BEHAVIORS.find((one) => one.name.toLowerCase() === lower) ??
    JUDGED_BEHAVIORS.find(({ shownBy }) => shownBy.includes(lower)) ??
    JUDGED_BEHAVIORS.find(({ shownBy }) => number !== undefined && shownBy[0]?.startsWith(`zookeeper-${number}-`))
  );
}
