/**
 * The identity of a failure. Two violations are the same failure if they violate the same invariant at servers with the
 * same roles. Two runs with stuck servers have the same failure if their most frequent failure reason is the same.
 */

import { CLIENT_INVARIANTS, type InvariantId, type Role, type Violation } from "../../invariants/index.ts";
import { type RunOptions, ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { LivenessOutcome, ScenarioRun } from "../../scenarios/scenario-run.ts";

/**
 * How a run failed: the violated invariant with the roles of the servers, or the most frequent reason why servers are
 * stuck.
 */
export type Failure =
  | { readonly kind: "violation"; readonly id: InvariantId; readonly role: Role; readonly otherRole: Role | undefined }
  | { readonly kind: "stuck"; readonly reason: string };

/**
 * Returns the failure of a run: its violation; if it has none, its stuck servers; undefined if the run did not fail.
 * A violation of CLIENT_INVARIANTS is the failure only if there is no other.
 *
 * If there are several violations, the failure is the first one that the scenario does not expect. If the scenario
 * expects all of them, the failure is the first violation of the invariant that `expect` names first. In the scenario
 * file of a finding, this is the invariant of the finding.
 */
export function failureOf(run: ScenarioRun): Failure | undefined {
  const { violates } = run.scenario.expect;
  const isSerious = (id: InvariantId): boolean => !CLIENT_INVARIANTS.has(id);
  const serious = run.violations.filter(({ id }) => isSerious(id));
  const expected = violates.find(isSerious);
  const failure =
    serious.find(({ id }) => !violates.includes(id)) ?? serious.find(({ id }) => id === expected) ?? serious[0];
  if (failure !== undefined) return failureOfViolation(failure);
  if (run.liveness?.stuck) return { kind: "stuck", reason: stuckReason(run.liveness) };
  const [minor] = run.violations;
  return minor && failureOfViolation(minor);
}

/** The invariants whose other server can have any role at the violation. Its role is then not part of the failure. */
const ANY_OTHER_ROLE: ReadonlySet<InvariantId> = new Set(["newest-config-leads"]);

export function failureOfViolation({ id, role, otherRole }: Violation): Failure {
  return { kind: "violation", id, role, otherRole: ANY_OTHER_ROLE.has(id) ? undefined : otherRole };
}

/** Returns a short text that is equal for equal failures. */
export function signatureOf(failure: Failure): string {
  if (failure.kind === "stuck") return `stuck (${failure.reason})`;
  const { id, role, otherRole } = failure;
  return `${id} (${role}${otherRole === undefined ? "" : `, ${otherRole}`})`;
}

/** Returns the name of a finding's file, without extension. */
export function fileNameFor(signature: string, seed: bigint | string): string {
  return `${signature
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/-$/, "")
    .toLowerCase()}-${seed}`;
}

/**
 * Runs a scenario with a seed. Returns the run if it fails in this way, and undefined otherwise. The run ends at the
 * violation. Adds the number of events to `spent`.
 */
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
  const signature = signatureOf(failure);
  const same = (one: Violation): boolean => signatureOf(failureOfViolation(one)) === signature;
  const run = new ScenarioRunner(scenario, { digest: false, records: false, ...options, seed, stopAt: same }).run();
  spent.events += run.events;
  return run.violations.some(same) ? run : undefined;
}

/** The time within which settled servers must become live. */
export const STUCK = "120s";
/**
 * Shorter time limits for shrinking. If servers become live at all, they usually do so within these limits. Running
 * to the full limit would be slow, because stuck servers can stay busy the whole time.
 */
export const STUCK_SOON = "20s";
export const STUCK_VERY_SOON = "3s";

/** Returns the scenario with one expectation: its servers are stuck for this duration. */
export function expectingStuck({ until: _until, ...rest }: Scenario, stuck: string): Scenario {
  return { ...rest, expect: { violates: [], stuck } };
}

/** Returns the most frequent failure reason of the servers that should be live. */
function stuckReason({ failures }: LivenessOutcome): string {
  return [...failures].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? "silence";
}
