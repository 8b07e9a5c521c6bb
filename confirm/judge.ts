/** Compares what real servers show with the violations of the simulated run. */
import type { InvariantId } from "../invariants/index.ts";

/** A violated invariant at a server. */
export interface FoundViolation {
  readonly invariant: InvariantId;
  readonly server: number;
  /** What the server did, as a clause that follows "server N". */
  readonly text: string;
}

/** Whether real servers show that an invariant is violated. `unchecked`: packets, disks and clients cannot show it. */
export type Showing = "shown" | "not shown" | "unchecked";

/** An invariant that the simulated run violates. */
export interface InvariantShowing {
  readonly invariant: InvariantId;
  readonly showing: Showing;
}

/** What is compared. */
export interface Comparison {
  /** The violations of the simulated run. */
  readonly simulated: readonly FoundViolation[];
  /** The violations that the real servers show. */
  readonly real: readonly FoundViolation[];
  /** The differences in the order and at the end, as sentences. */
  readonly differences: readonly string[];
  /** The invariants that the scenario expects to be violated. */
  readonly expected: readonly InvariantId[];
  readonly release: string;
}

/** The result of a comparison. */
export interface Judgment {
  readonly verdict: "confirmed" | "refuted";
  readonly invariants: readonly InvariantShowing[];
  /** The first difference, also if the verdict is "confirmed"; null if there is none. */
  readonly difference: string | null;
}

/**
 * The invariants whose violations no check finds in what real servers show. A violation of the first kind needs the
 * memory of a server at one moment. One of the second kind ends a synchronization, so that the order of the run shows
 * it.
 */
const NOT_CHECKED: Readonly<Partial<Record<InvariantId, "needs memory" | "ends a synchronization">>> = {
  "claimed-quorums": "needs memory",
  "commit-completeness": "needs memory",
  "zxid-covers-tree": "needs memory",
  "no-bad-state": "ends a synchronization",
  "no-bad-ack": "ends a synchronization",
  "no-bad-proposal": "ends a synchronization",
  "no-bad-commit": "ends a synchronization",
};

/** Returns whether real servers can show a violation of an invariant. */
export function isShowable(invariant: InvariantId): boolean {
  return NOT_CHECKED[invariant] !== "needs memory";
}

/**
 * Judges one try. If the simulated run violates invariants, the real servers must show at least one of these
 * violations. Otherwise, they must do the same.
 */
export function judge({ differences, expected, real, release, simulated }: Comparison): Judgment {
  const ids = [...new Set(simulated.map(({ invariant }) => invariant))];
  const others = real.filter(({ invariant }) => !ids.includes(invariant)).map(otherText);
  const all = [...others, ...differences];
  const invariants = ids.map((invariant) => ({ invariant, showing: showingOf(invariant, real, all.length === 0) }));
  if (ids.length === 0 && expected.length > 0) {
    const violations = `the scenario expects violations of ${expected.join(", ")}`;
    const difference = `${violations}, but its simulated run in ${release} violates no invariant`;
    return { verdict: "refuted", invariants, difference };
  }
  const isSame = ids.length === 0 && all.length === 0;
  if (isSame || invariants.some(({ showing }) => showing === "shown"))
    return { verdict: "confirmed", invariants, difference: all[0] ?? null };
  const nothing = "the real servers do what the simulated ones do, but violate none of these invariants";
  return { verdict: "refuted", invariants, difference: all[0] ?? nothing };
}

function showingOf(invariant: InvariantId, real: readonly FoundViolation[], isSameRun: boolean): Showing {
  const reason = NOT_CHECKED[invariant];
  if (reason === "needs memory") return "unchecked";
  const isShown = reason === undefined ? real.some((violation) => violation.invariant === invariant) : isSameRun;
  return isShown ? "shown" : "not shown";
}

function otherText({ invariant, server, text }: FoundViolation): string {
  return `server ${server} ${text}, and so violates ${invariant}, which the simulated run does not violate`;
}
