/**
 * Decides which failing plans to investigate, in which order, and which findings are duplicates.
 *
 * A campaign fails far more often than it has different bugs to report, and an investigation takes as long as hundreds
 * of runs. The policy therefore investigates only a few plans of each signature (the way in which a run failed). For
 * each known bug that may explain failing plans, it investigates a few plans until a finding is attributed to that bug
 * alone. `zabsim fuzz` and `zabsim/vitest` both use this policy.
 */
import type { FailedPlan } from "../fuzz/block.ts";
import type { Finding } from "./investigate.ts";

/** Number of plans with the same signature to investigate. */
const MAX_OF_SIGNATURE = 3;
/** Number of plans to investigate for each known bug that is their only candidate and has no finding yet. */
const MAX_OF_SOLE_CANDIDATE = 10;
/** Number of plans with the same signature to investigate among those that fail even if all known bugs are fixed. */
const MAX_OF_UNEXPLAINED = 12;
/**
 * Maximum number of candidates that say something about the cause. If a plan has more candidates, its failure depends
 * on many coincidences, so that almost any change of behavior avoids the failure.
 */
const MAX_CANDIDATES = 5;

type Reported = Pick<Finding, "known" | "signature">;

export class InvestigationPolicy {
  /** The number of investigations so far, by signature or by known bug. */
  readonly investigations: Map<string, number>;
  /** Known bugs that have a finding attributed to them alone. */
  private readonly bugsWithFinding = new Set<string>();
  private readonly reported = new Set<string>();
  private readonly findings: Reported[] = [];

  constructor(investigations: ReadonlyMap<string, number> = new Map()) {
    this.investigations = new Map(investigations);
  }

  /** Returns an independent copy. */
  copy(): InvestigationPolicy {
    const copy = new InvestigationPolicy(this.investigations);
    for (const finding of this.findings) copy.report(finding);
    return copy;
  }

  /**
   * Decides whether to investigate a plan, and counts the investigation. If the plan has few candidates, the
   * investigation counts for each candidate without a finding. Otherwise, it counts for the signature of the plan. The
   * policy investigates the plan if one of these counts is below its limit. It also investigates the first plan of a
   * signature even if all candidates have findings.
   */
  shouldInvestigate({ candidates, fixedByKnownBugs, signature }: FailedPlan): boolean {
    const isNewSignature = !this.investigations.has(signature);
    if (isNewSignature) this.investigations.set(signature, 0);
    const candidatesCount = candidates.length > 0 && candidates.length <= MAX_CANDIDATES;
    const groups = candidatesCount ? candidates.filter((bug) => !this.bugsWithFinding.has(bug)) : [signature];
    if (isNewSignature && groups.length === 0) return true;
    const limit =
      candidates.length === 1 ? MAX_OF_SOLE_CANDIDATE : fixedByKnownBugs ? MAX_OF_SIGNATURE : MAX_OF_UNEXPLAINED;
    const open = groups.filter((group) => (this.investigations.get(group) ?? 0) < limit);
    for (const group of open) this.investigations.set(group, (this.investigations.get(group) ?? 0) + 1);
    return open.length > 0;
  }

  /** Returns whether the same failure, attributed to the same known bugs, was already reported. */
  isReported({ known, signature }: Reported): boolean {
    return this.reported.has(keyOf(signature, known));
  }

  /** Counts a finding as reported. */
  report(finding: Reported): void {
    const { known, signature } = finding;
    this.reported.add(keyOf(signature, known));
    const bug = soleItem(known);
    if (bug !== undefined) this.bugsWithFinding.add(bug);
    this.findings.push(finding);
  }

  /**
   * For each signature, the known bugs that have a finding with this signature attributed to them alone. For a new
   * failure, these bugs are tried first.
   */
  get usualBugs(): Record<string, string[]> {
    return usualBugsOf(this.findings);
  }
}

/** Returns, for each signature, the known bugs that have one of these findings attributed to them alone. */
export function usualBugsOf(findings: readonly Reported[]): Record<string, string[]> {
  const usual: Record<string, string[]> = {};
  for (const { known, signature } of findings) {
    if (known.length === 1) usual[signature] = [...(usual[signature] ?? []), ...known];
  }
  return usual;
}

/**
 * Returns the rank of a failing plan. Plans with a lower rank are investigated first: plans that fail even if all known
 * bugs are fixed, then plans with few candidates, then plans that only several fixes together explain.
 */
export function investigationRank({ candidates, fixedByKnownBugs }: FailedPlan): number {
  if (!fixedByKnownBugs) return 0;
  return candidates.length === 0 ? Number.POSITIVE_INFINITY : candidates.length;
}

/** Returns the only known bug that may explain the plan. Returns undefined if there are none or several. */
export function soleCandidate({ candidates }: FailedPlan): string | undefined {
  return soleItem(candidates);
}

function soleItem([item, other]: readonly string[]): string | undefined {
  return other === undefined ? item : undefined;
}

function keyOf(signature: string, known: readonly string[]): string {
  return `${signature} ${known.join()}`;
}
