/**
 * What makes two failing runs the same failure: the invariant and the roles of the servers in conflict, or, for servers
 * that are stuck, what they keep failing of.
 */

import type { InvariantId, Role, Violation } from "../../invariants/index.ts";
import { type LivenessOutcome, type RunOptions, type ScenarioRun, ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

export type Failure =
  | { readonly kind: "violation"; readonly id: InvariantId; readonly role: Role; readonly otherRole: Role | undefined }
  | { readonly kind: "stuck"; readonly reason: string };

/** What a run failed of: the first violation, else that it is stuck; undefined if it did not fail. */
export function failureOf(run: ScenarioRun): Failure | undefined {
  const [first] = run.violations;
  if (first !== undefined) return failureOfViolation(first);
  if (run.liveness === undefined || run.liveness.liveUs !== undefined) return undefined;
  return { kind: "stuck", reason: stuckReason(run.liveness) };
}

export function failureOfViolation({ id, role, otherRole }: Violation): Failure {
  return { kind: "violation", id, role, otherRole };
}

/** A few words that are the same for the same failure. */
export function signatureOf(failure: Failure): string {
  if (failure.kind === "stuck") return `stuck (${failure.reason})`;
  const { id, role, otherRole } = failure;
  return `${id} (${role}${otherRole === undefined ? "" : `, ${otherRole}`})`;
}

/** How the file of a finding is called, without its ending. */
export function fileNameFor(signature: string, seed: bigint | string): string {
  return `${signature
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/-$/, "")
    .toLowerCase()}-${seed}`;
}

/** The run of a scenario up to where it fails in this way; undefined if it does not. Adds its events to `spent`. */
export function runFor(
  scenario: Scenario,
  failure: Failure,
  seed: bigint,
  options: Partial<RunOptions> = {},
  spent = { events: 0 },
): ScenarioRun | undefined {
  if (failure.kind === "stuck") {
    const run = new ScenarioRunner(scenario, { digest: false, ...options, seed }).run();
    spent.events += run.events;
    const found = failureOf(run);
    return found?.kind === "stuck" && found.reason === failure.reason ? run : undefined;
  }
  const { id, role, otherRole } = failure;
  const same = (one: Violation): boolean => one.id === id && one.role === role && one.otherRole === otherRole;
  const run = new ScenarioRunner(scenario, { digest: false, records: false, ...options, seed, stopAt: same }).run();
  spent.events += run.events;
  return run.violations.some(same) ? run : undefined;
}

/** As long as plans are given to come back to life. */
export const STUCK = "120s";
/** Who comes back to life at all does so much sooner, mostly; and those who are stuck may be busy all the time. */
export const STUCK_SOON = "20s";
export const STUCK_AT_ONCE = "3s";

/** The scenario with nothing else expected than that its servers are stuck for so long. */
export function expectingStuck({ until: _until, ...rest }: Scenario, stuck: string): Scenario {
  return { ...rest, expect: { violates: [], stuck } };
}

/** What happens most often to those who should be live by now. */
function stuckReason({ failures }: LivenessOutcome): string {
  return [...failures].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? "silence";
}
