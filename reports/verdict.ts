/**
 * The verdict on a campaign. The exit code, the text, JSON, JUnit and GitHub annotations all derive from it, so that
 * they agree.
 */
export type Verdict = "ok" | "violated" | "stuck" | "nondeterministic" | "interrupted";

/** The invariant of a finding whose servers are stuck. */
export const LIVENESS = "liveness";

/** What the verdict needs to know of a finding. */
interface FindingFacts {
  /** The invariant, or LIVENESS. */
  readonly invariant: string;
  /** Names of the known bugs that explain the finding. Empty: the finding is new. */
  readonly known: readonly string[];
}

interface CampaignFacts {
  readonly findings: readonly FindingFacts[];
  readonly interrupted: boolean;
  readonly nondeterminism: readonly unknown[];
  /** Whether known bugs count as findings. */
  readonly strict: boolean;
}

/** Whether a finding fails the campaign: it is new, or known bugs count, too. */
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
