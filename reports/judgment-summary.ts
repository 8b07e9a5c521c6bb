/** What docs/findings/judged.json keeps of the report of `zabsim judge` about one behavior. */
import type { JudgedScenario } from "../fuzz/judged-scenarios.ts";
import type { JudgedCampaigns, JudgedFinding, JudgeReport } from "./judge.ts";

export type FindingSummary = Pick<JudgedFinding, "known" | "seed" | "signature">;

export interface CampaignSummary extends Pick<JudgedCampaigns, "seed" | "with" | "without"> {
  readonly gone: readonly FindingSummary[];
  readonly stays: readonly FindingSummary[];
  readonly broken: readonly FindingSummary[];
}

export interface JudgmentSummary extends Pick<JudgeReport, "about" | "behavior" | "release" | "tickets"> {
  /** What the behavior does not do as the pull request does; null if it does all of it. */
  readonly difference: string | null;
  /** Number of scenarios that ran. */
  readonly scenarioCount: number;
  /** The scenarios that the behavior changes. */
  readonly changed: readonly JudgedScenario[];
  /** The names of the scenarios that fail in the same way without and with the behavior. */
  readonly stays: readonly string[];
  /** Null if no campaigns ran. */
  readonly campaigns: CampaignSummary | null;
}

/** Returns the summary of a report. */
export function summaryOf(report: JudgeReport): JudgmentSummary {
  const { about, behavior, campaigns, difference = null, release, scenarios, tickets } = report;
  return {
    ...{ behavior, tickets, about, difference, release },
    scenarioCount: scenarios.length,
    changed: scenarios.filter(({ verdict }) => verdict !== "none" && verdict !== "stays"),
    stays: scenarios.filter(({ verdict }) => verdict === "stays").map(({ scenario }) => scenario),
    campaigns: campaigns === undefined ? null : campaignSummary(campaigns),
  };
}

function campaignSummary({ broken, gone, seed, stays, with: after, without }: JudgedCampaigns): CampaignSummary {
  const summaries = (findings: readonly JudgedFinding[]): FindingSummary[] =>
    findings.map(({ known, seed, signature }) => ({ signature, seed, known }));
  return { seed, without, with: after, gone: summaries(gone), stays: summaries(stays), broken: summaries(broken) };
}

/** Returns the summaries with newer ones in place of older ones, in the order of `names`. */
export function mergeSummaries(
  older: readonly JudgmentSummary[],
  newer: readonly JudgmentSummary[],
  names: readonly string[],
): JudgmentSummary[] {
  const byName = new Map([...older, ...newer].map((one) => [one.behavior, one]));
  return names.flatMap((name) => byName.get(name) ?? []);
}
