/**
 * Refuses options that contradict each other and options that a command would ignore. The error message says why.
 */
import { UsageError } from "./usage-error.ts";

/**
 * The values of the options, with the names that commander gives them: `--check-determinism` becomes
 * `checkDeterminism`.
 */
export type OptionValues = Readonly<Record<string, unknown>>;

/** An option, other options that cannot be combined with it, and the reason. */
export type Conflict = readonly [option: string, others: readonly string[], why: string];

/** Throws a UsageError if two options are given that cannot be combined. The message names the first such pair. */
export function refuseConflicts(options: object, conflicts: readonly Conflict[]): void {
  const values = options as OptionValues;
  for (const [option, others, why] of conflicts) {
    const other = isGiven(values, option) ? others.find((one) => isGiven(values, one)) : undefined;
    if (other !== undefined) throw new UsageError(`${option} cannot be combined with ${other}: ${why}`);
  }
}

function isGiven(values: OptionValues, option: string): boolean {
  const name = option.replace(/^--/, "").replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return values[name] !== undefined && values[name] !== false;
}
