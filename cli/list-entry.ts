/**
 * Prints one entry of `zabsim list` with all its details.
 */
import { hanging } from "../reports/format.ts";

export interface Entry {
  readonly name: string;
  /** The description: one or two sentences. */
  readonly about: string;
  /** Returns the details of the entry, each with a label. If this function is absent, `about` is the only detail. */
  readonly details?: () => readonly (readonly [string, string])[];
}

/** Returns the lines of one entry with all its details. */
export function entryLines({ about, details, name }: Entry, width: number): string[] {
  const rows = details?.() ?? [["about", about] as const];
  const longest = Math.max(...rows.map(([label]) => label.length));
  const rest = " ".repeat(longest + 4);
  return [name, ...rows.flatMap(([label, text]) => hanging(text, `  ${label.padEnd(longest)}  `, rest, width))];
}

/** Returns one entry with all its details as data for --json. */
export function entryJson({ about, details, name }: Entry): Record<string, unknown> {
  return {
    name,
    about,
    ...(details !== undefined && { details: details().map(([label, text]) => ({ label, text })) }),
  };
}
