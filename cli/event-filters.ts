/** The options with which commands select events of a run: --from, --until, --server and --only. */
import type { ServerId } from "../protocol/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { oneOf } from "./options.ts";
import { UsageError } from "./usage-error.ts";

export interface EventFilters {
  /** The first virtual time to print, in microseconds. */
  readonly from?: number;
  /** The last virtual time to print, in microseconds. */
  readonly until?: number;
  readonly server?: readonly ServerId[];
  readonly only?: readonly string[];
}

/** Throws a UsageError if a filter contradicts itself or names a server or a kind of event that does not exist. */
export function checkEventFilters(
  { name, servers }: Scenario,
  { from = 0, only, server = [], until = Number.POSITIVE_INFINITY }: EventFilters,
  kinds: readonly string[],
): void {
  if (from > until) {
    throw new UsageError("--from is later than --until (accepted: a time that is not later than --until)");
  }
  for (const sid of server) {
    if (servers[sid] === undefined) {
      throw new UsageError(`--server ${sid}: no such server in ${name} (accepted: ${Object.keys(servers).join(", ")})`);
    }
  }
  for (const kind of only ?? []) oneOf("--only", kind, kinds, "no such kind of event");
}
