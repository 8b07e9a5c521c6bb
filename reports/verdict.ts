/**
 * The verdict on a campaign. The exit code and every output format (text, JSON, JUnit, GitHub) are derived from this
 * verdict, so that they always agree.
 */
export type Verdict = "ok" | "violated" | "stuck" | "nondeterministic" | "interrupted";

/** The value of the field `invariant` in a finding whose servers are stuck. */
export const LIVENESS = "liveness";

/** The part of a finding that determines the verdict. */
interface FindingFacts {
  /** The violated invariant, or LIVENESS. */
  readonly invariant: string;
  /** Names of the known bugs that explain the finding. If the list is empty, the finding is new. */
  readonly known: readonly string[];
  /** The settings that the servers need. Present only if servers are stuck because of their configuration. */
  readonly configuration?: string;
}

interface CampaignFacts {
  readonly findings: readonly FindingFacts[];
  readonly interrupted: boolean;
  readonly nondeterminism: readonly unknown[];
  /** Whether known bugs, and configurations that cannot work, count as findings. */
  readonly strict: boolean;
}

/** Returns whether neither a known bug nor the configuration explains a finding. */
export function isNewFinding({ configuration, known }: Pick<FindingFacts, "configuration" | "known">): boolean {
  return known.length === 0 && configuration === undefined;
}

/**
 * Returns whether a finding makes the campaign fail. A new finding always does. A finding that known bugs or the
 * configuration explain does so only if `strict` is true.
 */
export function isCounted(finding: Pick<FindingFacts, "configuration" | "known">, strict: boolean): boolean {
  return strict || isNewFinding(finding);
}

export function countedFindings<Finding extends FindingFacts>({
  findings,
  strict,
}: {
  readonly findings: readonly Finding[];
  readonly strict: boolean;
}): readonly Finding[] {
  return findings.filter((finding) => isCounted(finding, strict));
}

export function verdictOf(report: CampaignFacts): Verdict {
  if (report.interrupted) return "interrupted";
  if (report.nondeterminism.length > 0) return "nondeterministic";
  const counted = countedFindings(report);
  if (counted.some(({ invariant }) => invariant !== LIVENESS)) return "violated";
  return counted.length > 0 ? "stuck" : "ok";
}
