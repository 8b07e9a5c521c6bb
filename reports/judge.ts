/**
 * Prints what a named behavior (an open pull request or a fix) changes: in kept scenarios, and in two campaigns with
 * the same seeds. As text for a terminal, and as the page docs/findings.md.
 */
import type { ChalkInstance } from "chalk";
import { countOf, hanging, wrap } from "./format.ts";

/** One kept scenario in a release, without and with the behavior. */
export interface ScenarioRow {
  readonly scenario: string;
  /** The failures without the behavior: invariants, and `stuck (REASON)`. */
  readonly before: readonly string[];
  /** The failures with it. */
  readonly after: readonly string[];
  readonly verdict: "fixes" | "fixes in part" | "fails differently" | "stays" | "exposes" | "breaks" | "none";
  /** The bugs of the release that explain a failure that occurs only with the behavior. */
  readonly known: readonly string[];
}

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
  readonly interrupted: boolean;
  /** The seeds that gave two different runs. */
  readonly nondeterministic: readonly string[];
}

export interface JudgeReport {
  readonly behavior: string;
  readonly tickets: readonly string[];
  readonly about: string;
  /** What the model leaves out of the pull request; undefined if nothing. */
  readonly leavesOut: string | undefined;
  readonly release: string;
  /** Every scenario that was run. */
  readonly scenarios: readonly ScenarioRow[];
  /** Undefined if no campaigns ran, or if they were interrupted before the second one. */
  readonly campaigns: JudgedCampaigns | undefined;
}

/** Whether the behavior breaks a scenario, or a campaign with it has a finding that it causes. */
export function breaks({ campaigns, scenarios }: Pick<JudgeReport, "campaigns" | "scenarios">): boolean {
  return scenarios.some(({ verdict }) => verdict === "breaks") || (campaigns?.broken.length ?? 0) > 0;
}

const SECTIONS: readonly (readonly [ScenarioRow["verdict"], string])[] = [
  ["fixes", "Scenarios that it fixes"],
  ["fixes in part", "Scenarios that it fixes in part"],
  ["fails differently", "Scenarios that fail in another way"],
  ["exposes", "Scenarios that fail because of another bug of the release"],
  ["breaks", "Scenarios that it breaks"],
  ["stays", "Scenarios that still fail"],
];

export function judgeText(report: JudgeReport, paint: ChalkInstance, width: number): string {
  const { about, behavior, campaigns, leavesOut, release, scenarios, tickets } = report;
  const names = tickets.length === 0 ? "" : ` (${tickets.join(", ")})`;
  const passing = scenarios.filter(({ verdict }) => verdict === "none").length;
  return [
    paint.bold(`${behavior}${names} on ZooKeeper ${release}`),
    ...wrap(about, width),
    ...(leavesOut === undefined ? [] : wrap(`Not modeled: ${leavesOut}`, width)),
    "",
    ...SECTIONS.flatMap(([verdict, title]) => {
      const rows = scenarios.filter((row) => row.verdict === verdict);
      return [paint.bold(`${title} (${rows.length})`), ...rows.flatMap((row) => scenarioLines(row, width)), ""];
    }),
    `${countOf(passing, "other scenario")} fail neither without it nor with it.`,
    ...(campaigns === undefined ? [] : ["", ...campaignLines(campaigns, paint, width)]),
  ].join("\n");
}

function scenarioLines({ after, before, known, scenario }: ScenarioRow, width: number): string[] {
  const cause = known.length === 0 ? "" : ` (${known.join(", ")})`;
  const isSame = failuresText(before) === failuresText(after);
  const change = isSame ? failuresText(before) : `${changeText(before, after)}${cause}`;
  return [`  ${scenario}`, ...hanging(change, "    ", "    ", width)];
}

function changeText(before: readonly string[], after: readonly string[]): string {
  return `${failuresText(before)} -> ${failuresText(after)}`;
}

function failuresText(failures: readonly string[]): string {
  return failures.length === 0 ? "no failure" : failures.join(", ");
}

function campaignLines(campaigns: JudgedCampaigns, paint: ChalkInstance, width: number): string[] {
  const { broken, gone, interrupted, seed, stays } = campaigns;
  const title = `Campaigns of ${countOf(campaigns.without.runs, "plan")} without it and ${campaigns.with.runs} with it`;
  const findings = [...gone.map((one) => ["gone", one] as const), ...stays.map((one) => ["stays", one] as const)];
  return [
    paint.bold(`${title}, from seed ${seed}${interrupted ? ", interrupted" : ""}`),
    ...rateRows(campaigns).map(([signature, before, after]) => `  ${before} -> ${after}  ${signature}`),
    ...findings.flatMap(([what, one]) => hanging(findingText(one), `  ${what.padEnd(6)}`, " ".repeat(8), width)),
    ...broken.flatMap((one) => [
      ...hanging(findingText(one), `  ${"breaks"}  `, " ".repeat(10), width),
      ...hanging(`reproduce: npx zabsim run ${one.file}`, " ".repeat(10), " ".repeat(12), width),
    ]),
  ];
}

function findingText({ known, seed, signature }: JudgedFinding): string {
  return `${signature}, seed ${seed}: ${known.length === 0 ? "no known bug explains it" : known.join(", ")}`;
}

/** The rate of failing plans for each signature without and with the behavior, per 1,000 plans; the sum first. */
function rateRows({ with: after, without }: JudgedCampaigns): [string, string, string][] {
  const signatures = [...new Set([...Object.keys(without.failing), ...Object.keys(after.failing)])].sort();
  const total = (side: CampaignSide): number => Object.values(side.failing).reduce((sum, count) => sum + count, 0);
  const row = (name: string, count: (side: CampaignSide) => number): [string, string, string] => [
    name,
    rate(count(without), without.runs),
    rate(count(after), after.runs),
  ];
  return [
    row("failing plans of 1,000", total),
    ...signatures.map((signature) => row(signature, ({ failing }) => failing[signature] ?? 0)),
  ];
}

function rate(count: number, runs: number): string {
  return ((1000 * count) / Math.max(1, runs)).toFixed(1).padStart(5);
}

/** Returns the page docs/findings.md, or the part of it about one behavior if `reports` has one. */
export function findingsPage(reports: readonly JudgeReport[], fixes: readonly JudgeReport[]): string {
  return [
    "# Fixes judged",
    "",
    "`npm run findings` writes this page. Each section is the output of `zabsim judge` for one open pull request of",
    "apache/zookeeper: every kept scenario and every shipped scenario runs in one release without and with the pull",
    "request, and so do the plans of a campaign. A scenario ends with all faults undone and all servers settled, so",
    '"stuck" means that servers do not serve again within 120 s.',
    "",
    "A finding of a campaign is *gone* if its minimal scenario does not fail with the pull request. It is *broken* if",
    "it occurs only with the pull request and no bug of the release explains it.",
    "",
    "| pull request | tickets | release | fixes | in part | differently | " +
      "exposes | breaks | still fail | failing of 1,000 |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...reports.map(summaryRow),
    "",
    ...reports.flatMap(section),
    ...(fixes.length === 0 ? [] : fixesSection(fixes)),
  ].join("\n");
}

function fixesSection(fixes: readonly JudgeReport[]): string[] {
  return [
    "## zabsim's own fixes",
    "",
    "The scenarios with each fix of `zabsim list fixes`, without campaigns.",
    "",
    "| fix | fixes | in part | differently | exposes | breaks |",
    "| --- | --- | --- | --- | --- | --- |",
    ...fixes.map(fixRow),
    "",
  ];
}

function link(behavior: string): string {
  const number = behavior.replace("pull-", "");
  return `[${number}](https://github.com/apache/zookeeper/pull/${number})`;
}

function summaryRow(report: JudgeReport): string {
  const { behavior, campaigns, release, tickets } = report;
  const [[, before = "", after = ""] = []] = campaigns === undefined ? [] : rateRows(campaigns);
  const rates = campaigns === undefined ? "" : `${before.trim()} -> ${after.trim()}`;
  const counts = SECTIONS.map(([verdict]) => String(ofVerdict(report, verdict).length));
  return `| ${[link(behavior), tickets.join(", "), release, ...counts, rates].join(" | ")} |`;
}

function fixRow(report: JudgeReport): string {
  const names = (verdict: ScenarioRow["verdict"]): string =>
    ofVerdict(report, verdict)
      .map(
        ({ after, before, scenario }) => `${scenario}${verdict === "fixes" ? "" : ` (${changeText(before, after)})`}`,
      )
      .join("<br>");
  return `| \`${report.behavior}\` | ${names("fixes")} | ${names("fixes in part")} | ${names("breaks")} |`;
}

function ofVerdict({ scenarios }: JudgeReport, verdict: ScenarioRow["verdict"]): ScenarioRow[] {
  return scenarios.filter((row) => row.verdict === verdict);
}

function section(report: JudgeReport): string[] {
  const { about, behavior, campaigns, leavesOut, release, tickets } = report;
  const changed = SECTIONS.flatMap(([verdict]) => ofVerdict(report, verdict)).filter(
    ({ verdict }) => verdict !== "stays",
  );
  const staying = ofVerdict(report, "stays").map(({ scenario }) => scenario);
  return [
    `## Pull request ${behavior.replace("pull-", "")} on ${release}`,
    "",
    `${tickets.join(", ")}. ${about}${leavesOut === undefined ? "" : ` Not modeled: ${leavesOut}`}`,
    "",
    "| scenario | without | with | |",
    "| --- | --- | --- | --- |",
    ...changed.map(
      ({ after, before, known, scenario, verdict }) =>
        `| ${scenario} | ${failuresText(before)} | ${failuresText(after)} | ${[verdict, ...known].join(" ")} |`,
    ),
    "",
    `Still failing: ${staying.length === 0 ? "none" : staying.join(", ")}.`,
    "",
    ...(campaigns === undefined ? [] : campaignSection(campaigns)),
  ];
}

function campaignSection(campaigns: JudgedCampaigns): string[] {
  const { broken, gone, seed, stays, without } = campaigns;
  const list = (title: string, findings: readonly JudgedFinding[]): string[] =>
    findings.length === 0 ? [] : [`${title}:`, "", ...findings.map((one) => `- ${findingText(one)}`), ""];
  return [
    `Campaigns of ${without.runs} plans from seed ${seed}, failing plans of 1,000:`,
    "",
    "| failure | without | with |",
    "| --- | --- | --- |",
    ...rateRows(campaigns).map(([name, before, after]) => `| ${name} | ${before.trim()} | ${after.trim()} |`),
    "",
    ...list("Gone", gone),
    ...list("Broken", broken),
    ...list("Still found", stays),
  ];
}
