/**
 * Prints as text what a named behavior (an open pull request or a fix) changes in kept scenarios, and in two campaigns
 * with the same seeds.
 */
import type { ChalkInstance } from "chalk";
import type { JudgedBehavior } from "../fuzz/judged-behaviors.ts";
import type { JudgedScenario, ScenarioVerdict } from "../fuzz/judged-scenarios.ts";
import { countOf, hanging, wrap } from "./format.ts";
import { shellPath } from "./shell.ts";

/** A shrunk finding of one campaign. */
export interface JudgedFinding {
  readonly signature: string;
  readonly seed: string;
  /** The known bugs that explain it, such as `ZOOKEEPER-5094`. Empty if none does. */
  readonly known: readonly string[];
  readonly why: string;
}

/** A finding that occurs only with the behavior, and that no known bug of the release explains. */
export interface BrokenFinding extends JudgedFinding {
  /** The scenario file with the minimal scenario. */
  readonly file: string;
}

/** One of the two campaigns. */
export interface CampaignSide {
  readonly runs: number;
  /** The number of failing plans by signature. */
  readonly failing: Readonly<Record<string, number>>;
}

/** Two campaigns with the same seeds. */
export interface JudgedCampaigns {
  /** The first seed. */
  readonly seed: string;
  readonly without: CampaignSide;
  readonly with: CampaignSide;
  /** Findings of the campaign without the behavior whose minimal scenario does not fail with it. */
  readonly gone: readonly JudgedFinding[];
  /** Findings of that campaign whose minimal scenario fails with it, too. */
  readonly stays: readonly JudgedFinding[];
  readonly broken: readonly BrokenFinding[];
  /** The seeds that gave two different runs. */
  readonly nondeterministic: readonly string[];
}

/** What a behavior changes in one release, which can be another one than that of `JudgedBehavior`. */
export interface JudgeReport extends Pick<JudgedBehavior, "about" | "difference" | "release" | "tickets"> {
  readonly behavior: string;
  /** Every scenario that was run. */
  readonly scenarios: readonly JudgedScenario[];
  /** The number of scenarios to run. It is larger than the number of `scenarios` only after an interruption. */
  readonly scenarioCount: number;
  /** Undefined if no campaigns ran, or if they were interrupted before the second one. */
  readonly campaigns: JudgedCampaigns | undefined;
  /** Whether Ctrl-C or SIGTERM ended the runs. */
  readonly interrupted: boolean;
}

/** Whether the behavior breaks a scenario, or a campaign with it has a finding that it causes. */
export function breaks({ campaigns, scenarios }: Pick<JudgeReport, "campaigns" | "scenarios">): boolean {
  return scenarios.some(({ verdict }) => verdict === "breaks") || (campaigns?.broken.length ?? 0) > 0;
}

/** Returns the report as JSON values (schema/judge.schema.json). */
export function judgeJson(report: JudgeReport): object {
  const { campaigns = null, difference = null } = report;
  return { version: 1, ...report, difference, campaigns, breaks: breaks(report) };
}

const TITLES: Readonly<Record<Exclude<ScenarioVerdict, "none">, string>> = {
  fixes: "Scenarios that it fixes",
  "fixes in part": "Scenarios that it fixes in part",
  "fails differently": "Scenarios that fail in another way",
  exposes: "Scenarios that fail because of another bug of the release",
  breaks: "Scenarios that it breaks",
  stays: "Scenarios that still fail",
};

/** The verdicts on scenarios that fail, in the order in which reports print them. */
export const FAILING_VERDICTS = Object.keys(TITLES) as readonly (keyof typeof TITLES)[];

/** The verdicts that a report prints also without a scenario. */
const ALWAYS_PRINTED: ReadonlySet<ScenarioVerdict> = new Set(["fixes", "breaks"]);

export function judgeText(report: JudgeReport, paint: ChalkInstance, width: number): string {
  const { about, behavior, difference, release, scenarios, tickets } = report;
  const names = tickets.length === 0 ? "" : ` (${tickets.join(", ")})`;
  const passing = scenarios.filter(({ verdict }) => verdict === "none").length;
  return [
    paint.bold(`${behavior}${names} on ZooKeeper ${release}`),
    ...wrap(about, width),
    ...(difference === undefined ? [] : wrap(`Difference: ${difference}`, width)),
    "",
    ...FAILING_VERDICTS.flatMap((verdict) => {
      const rows = withVerdict(report, verdict);
      if (rows.length === 0 && !ALWAYS_PRINTED.has(verdict)) return [];
      return [
        paint.bold(`${TITLES[verdict]} (${rows.length})`),
        ...rows.flatMap((row) => scenarioLines(row, width)),
        "",
      ];
    }),
    `${countOf(passing, "other scenario")} ${passing === 1 ? "does" : "do"} not fail, with it or without it.`,
    ...campaignLines(report, paint, width),
    ...(report.interrupted ? ["", ...wrap(interruptionText(report), width)] : []),
  ].join("\n");
}

/** Returns the scenarios of a report on which this is the verdict. */
export function withVerdict({ scenarios }: JudgeReport, verdict: ScenarioVerdict): JudgedScenario[] {
  return scenarios.filter((row) => row.verdict === verdict);
}

function scenarioLines(row: JudgedScenario, width: number): string[] {
  const { after, before, known, scenario } = row;
  const cause = known.length === 0 ? "" : ` (${known.join(", ")})`;
  const change = row.verdict === "stays" ? failuresText(before) : `${failuresText(before)} -> ${failuresText(after)}`;
  return [`  ${scenario}`, ...hanging(`${change}${cause}`, "    ", "    ", width)];
}

/** Returns the failures of a run, separated by commas. */
export function failuresText(failures: readonly string[]): string {
  return failures.length === 0 ? "no failure" : failures.join(", ");
}

function interruptionText({ campaigns, scenarioCount, scenarios }: JudgeReport): string {
  if (scenarios.length < scenarioCount) return `Interrupted after ${scenarios.length} of ${scenarioCount} scenarios.`;
  if (campaigns === undefined) return "Interrupted before the second campaign, so no campaigns are compared.";
  return "Interrupted in the second campaign.";
}

/** The width of the column with the verdicts on findings. */
const VERDICT = 8;

function campaignLines({ campaigns }: JudgeReport, paint: ChalkInstance, width: number): string[] {
  if (campaigns === undefined) return [];
  const { broken, gone, nondeterministic, seed, stays } = campaigns;
  const title = `Campaigns of ${countOf(campaigns.without.runs, "plan")} without it and ${campaigns.with.runs} with it`;
  const lines = (what: string, one: JudgedFinding): string[] =>
    hanging(findingText(one), `  ${what.padEnd(VERDICT)}`, " ".repeat(2 + VERDICT), width);
  return [
    "",
    paint.bold(`${title}, from seed ${seed}`),
    ...failureRates(campaigns).map(
      ({ after, before, name }) => `  ${before.padStart(5)} -> ${after.padStart(5)}  ${name}`,
    ),
    ...gone.flatMap((one) => lines("gone", one)),
    ...stays.flatMap((one) => lines("stays", one)),
    ...broken.flatMap((one) => [
      ...lines("breaks", one),
      `${" ".repeat(2 + VERDICT)}reproduce: npx zabsim run ${shellPath(one.file)}`,
    ]),
    ...nondeterministic.map((one) => `  ${paint.red(`seed ${one} gave two different runs`)}`),
  ];
}

/** Returns the identity of a finding and its known bugs, in one line. */
export function findingText({ known, seed, signature }: Pick<JudgedFinding, "known" | "seed" | "signature">): string {
  return `${signature}, seed ${seed}: ${known.length === 0 ? "no known bug explains it" : known.join(", ")}`;
}

/** How many of 1,000 plans fail in one way without and with the behavior. */
interface FailureRate {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Returns the rate of all failures, and then the rate of each signature. */
export function failureRates({
  with: after,
  without,
}: Pick<JudgedCampaigns, "with" | "without">): [FailureRate, ...FailureRate[]] {
  const signatures = [...new Set([...Object.keys(without.failing), ...Object.keys(after.failing)])].sort();
  const total = (side: CampaignSide): number => Object.values(side.failing).reduce((sum, count) => sum + count, 0);
  const row = (name: string, count: (side: CampaignSide) => number): FailureRate => ({
    name,
    before: perThousand(count(without), without.runs),
    after: perThousand(count(after), after.runs),
  });
  return [
    row("failing plans of 1,000", total),
    ...signatures.map((signature) => row(signature, ({ failing }) => failing[signature] ?? 0)),
  ];
}

function perThousand(count: number, runs: number): string {
  return ((1000 * count) / Math.max(1, runs)).toFixed(1);
}
