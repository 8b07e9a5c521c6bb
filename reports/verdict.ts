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
}

interface CampaignFacts {
  readonly findings: readonly FindingFacts[];
  readonly interrupted: boolean;
  readonly nondeterminism: readonly unknown[];
  /** Whether known bugs count as findings. */
  readonly strict: boolean;
}

/**
 * Returns whether a finding makes the campaign fail. A new finding always does. A finding that known bugs explain does
 * so only if `strict` is true.
 */
export function isCounted({ known }: Pick<FindingFacts, "known">, strict: boolean): boolean {
  return strict || known.length === 0;
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
