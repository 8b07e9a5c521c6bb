/**
 * Options that contradict each other, or that a command would ignore. Every command refuses them with the reason.
 */
import { UsageError } from "./usage-error.ts";

/** The values of the options by name, as commander passes them: `--check-determinism` is `checkDeterminism`. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** An option, other options that cannot accompany it, and why. */
export type Conflict = readonly [option: string, others: readonly string[], why: string];

/** Throws a UsageError for the first two options that are both given and cannot be combined. */
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
