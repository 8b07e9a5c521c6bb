/** Suggests the accepted name that is nearest to a misspelled one by edit distance, if it is near enough. */
import { nearestBelow } from "../../protocol/releases.ts";

/** Maximum number of letters of a misspelled name that are compared. This limit bounds the cost of a comparison. */
const LETTERS_MAX = 40;

/** Returns the nearest known name. Returns undefined if more than about a third of the letters differ. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const letters = name.slice(0, LETTERS_MAX).toLowerCase();
  let best: string | undefined;
  let bestDistance = (letters.length < 4 ? 1 : Math.max(2, Math.floor(letters.length / 3))) + 1;
  for (const candidate of known) {
    const distance = editDistance(letters, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Returns a text such as `, did you mean crash?`, or an empty text if no known name is near enough. */
export function didYouMean(name: string, known: readonly string[]): string {
  const suggestion = nearestName(name, known);
  return suggestion === undefined ? "" : `, did you mean ${suggestion}?`;
}

/**
 * Returns a suggestion for a value that is not in `known`. For a version, suggests the nearest older release in
 * `known`.
 */
export function suggestion(value: string, known: readonly string[]): string {
  const older = nearestBelow(value);
  if (older !== undefined && known.includes(older)) return `; the nearest release below it is ${older}`;
  return didYouMean(value, known);
}

/** Returns the Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
