/**
 * One entry of `zabsim list`, as text.
 */
import { hanging } from "../reports/format.ts";

export interface Entry {
  readonly name: string;
  /** One or two sentences. */
  readonly about: string;
  /** Everything that is known of the entry, as labels with texts. Default: only `about`. */
  readonly details?: () => readonly (readonly [string, string])[];
}

/** Returns one entry in full. */
export function entryLines({ about, details, name }: Entry, width: number): string[] {
  const rows = details?.() ?? [["about", about] as const];
  const longest = Math.max(...rows.map(([label]) => label.length));
  const rest = " ".repeat(longest + 4);
  return [name, ...rows.flatMap(([label, text]) => hanging(text, `  ${label.padEnd(longest)}  `, rest, width))];
}

/** Returns one entry in full as data. */
export function entryJson({ about, details, name }: Entry): Record<string, unknown> {
  return {
    name,
    about,
    ...(details !== undefined && { details: details().map(([label, text]) => ({ label, text })) }),
  };
}
