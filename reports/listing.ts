/**
 * Prints named entries as text in two columns: the names and the descriptions. If one name is long, every description
 * is below its name instead.
 */
import type { ChalkInstance } from "chalk";
import { hanging } from "./format.ts";

export interface ListEntry {
  readonly name: string;
  readonly about: string;
}

/** The maximum width of the column of names. If a name is longer, every name has a line of its own. */
const NAMES_MAX = 36;
const INDENT = "  ";

/** Returns the title and the entries. A line is wider than `width` only if one of its words does not fit. */
export function listingText(title: string, entries: readonly ListEntry[], paint: ChalkInstance, width: number): string {
  const names = Math.max(0, ...entries.map(({ name }) => name.length));
  const lines = entries.flatMap(({ about, name }) => {
    if (names > NAMES_MAX)
      return [INDENT + paint.bold(name), ...hanging(about, INDENT.repeat(3), INDENT.repeat(3), width)];
    const indent = INDENT.repeat(2) + " ".repeat(names);
    const [first = "", ...rest] = hanging(about, indent, indent, width);
    return [INDENT + paint.bold(name) + first.slice(INDENT.length + name.length), ...rest];
  });
  return [paint.bold(title), ...lines].join("\n");
}
