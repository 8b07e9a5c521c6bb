/** The release whose messages a simulated server logs. */
import { compareVersions } from "../../logs/index.ts";

/**
 * The newest release whose messages zabsim knows. `newest` and `patched`, which are no published releases, log as it
 * does.
 */
const NEWEST_PUBLISHED = "3.9.5";

/** Returns the release whose messages a server logs. */
export function writtenRelease(release: string): string {
  return /^\d/.test(release) ? release : NEWEST_PUBLISHED;
}

/** Returns a release in words, such as `ZooKeeper 3.8.4` or `the newest release (3.9.5)`. */
export function releaseText(release: string): string {
  return release === "newest" ? newestText() : `ZooKeeper ${release}`;
}

/** Returns the newest release in words. */
export function newestText(): string {
  return `the newest release (${NEWEST_PUBLISHED})`;
}

/** The answers of isAtLeast. `zabsim reconstruct` asks for each line of thousands of runs. */
const ANSWERS = new Map<string, Map<string, boolean>>();

/** Returns whether a release is `oldest` or newer. */
export function isAtLeast(release: string, oldest: string): boolean {
  let answers = ANSWERS.get(oldest);
  if (answers === undefined) {
    answers = new Map();
    ANSWERS.set(oldest, answers);
  }
  let answer = answers.get(release);
  if (answer === undefined) {
    answer = compareVersions(release, oldest) >= 0;
    answers.set(release, answer);
  }
  return answer;
}
