/** Prints docs/findings.md: a Markdown page with what each open pull request, and each fix, changes. */
import type { JudgedScenario } from "../fuzz/judged-scenarios.ts";
import {
  FAILING_VERDICTS,
  failureRates,
  failuresText,
  findingText,
  type JudgedCampaigns,
  type JudgedFinding,
  type JudgeReport,
  withVerdict,
} from "./judge.ts";
import { markdownTable } from "./markdown-table.ts";

const INTRODUCTION = `# Fixes judged

\`npm run findings\` writes this page. Each section is the output of \`zabsim judge\` for one open pull request of
apache/zookeeper: scenarios run in one release without and with the pull request, and so do the plans of a campaign. A
scenario ends with all faults undone and all servers settled, so "stuck" means that servers do not serve again within
120 s.

- **fixes**: the scenario fails only without the pull request.
- **in part**: some failures of the scenario disappear, and no failure is new.
- **differently**: the scenario fails without and with the pull request, and with it in a new way.
- **exposes**: the scenario fails only with the pull request, because of a bug that the release has.
- **breaks**: the scenario fails only with the pull request, and no bug of the release explains that.
- **still fail**: the scenario fails in the same way without and with the pull request.

A finding of a campaign is *gone* if its minimal scenario does not fail with the pull request. It is *broken* if it
occurs only with the pull request and no bug of the release explains it.
`;

const COUNTS = ["fixes", "in part", "differently", "exposes", "breaks", "still fail"];
const SUMMARY = ["pull request", "tickets", "release", ...COUNTS, "failing of 1,000"];

/** The parts of the page that differ between a full page and a shorter one. */
export interface FindingsPageParts {
  /** One report for each pull request. */
  readonly pulls: readonly JudgeReport[];
  /** One report for each fix. If it is empty, the page has no section about fixes. */
  readonly fixes: readonly JudgeReport[];
  /** The only scenarios that ran. Undefined if all that ship with zabsim ran. */
  readonly scenarios: readonly string[] | undefined;
}

/** Returns the page for these reports. */
export function findingsPage({ fixes, pulls, scenarios }: FindingsPageParts): string {
  return [
    INTRODUCTION,
    scenarios === undefined
      ? "All scenarios that ship with zabsim run.\n"
      : `This version of the page has only these scenarios: ${scenarios.join(", ")}.\n`,
    ...(pulls.some(({ campaigns }) => campaigns !== undefined) ? [] : ["This version of the page has no campaigns.\n"]),
    markdownTable(SUMMARY, pulls.map(summaryRow)),
    ...pulls.flatMap(section),
    ...(fixes.length === 0 ? [] : fixesSection(fixes)),
  ].join("\n");
}

function summaryRow(report: JudgeReport): string[] {
  const { behavior, campaigns, release, tickets } = report;
  const counts = FAILING_VERDICTS.map((verdict) => String(withVerdict(report, verdict).length));
  return [linkTo(behavior), tickets.join(", "), release, ...counts, campaigns === undefined ? "" : rateText(campaigns)];
}

function linkTo(behavior: string): string {
  const number = behavior.replace("pull-", "");
  return `[${number}](https://github.com/apache/zookeeper/pull/${number})`;
}

function rateText(campaigns: JudgedCampaigns): string {
  const [{ after, before }] = failureRates(campaigns);
  return `${before} -> ${after}`;
}

function section(report: JudgeReport): string[] {
  const { about, behavior, campaigns, difference, release, tickets } = report;
  const changed = FAILING_VERDICTS.filter((verdict) => verdict !== "stays").flatMap((one) => withVerdict(report, one));
  const staying = withVerdict(report, "stays").map(({ scenario }) => scenario);
  return [
    `## Pull request ${behavior.replace("pull-", "")} on ${release}\n`,
    `${tickets.join(", ")}. ${about}${difference === undefined ? "" : ` Difference: ${difference}`}\n`,
    ...(changed.length === 0
      ? ["It changes no scenario.\n"]
      : [markdownTable(["scenario", "without", "with", "verdict"], changed.map(changeRow))]),
    `Still failing: ${staying.length === 0 ? "none" : staying.join(", ")}.\n`,
    ...(campaigns === undefined ? [] : campaignSection(campaigns)),
  ];
}

function changeRow({ after, before, known, scenario, verdict }: JudgedScenario): string[] {
  const cause = known.length === 0 ? "" : ` ${known.join(", ")}`;
  return [scenario, failuresText(before), failuresText(after), `${verdict}${cause}`];
}

function campaignSection(campaigns: JudgedCampaigns): string[] {
  const { broken, gone, seed, stays, without } = campaigns;
  const rates = failureRates(campaigns).map(({ after, before, name }) => [name, before, after]);
  return [
    `Campaigns of ${without.runs} plans from seed ${seed}, failing plans of 1,000:\n`,
    markdownTable(["failure", "without", "with"], rates),
    ...findingList("Gone", gone),
    ...findingList("Broken", broken),
    ...findingList("Still found", stays),
  ];
}

function findingList(title: string, findings: readonly JudgedFinding[]): string[] {
  if (findings.length === 0) return [];
  return [`${title}:\n`, ...findings.map((one, i) => `- ${findingText(one)}${i === findings.length - 1 ? "\n" : ""}`)];
}

function fixesSection(fixes: readonly JudgeReport[]): string[] {
  return [
    "## zabsim's own fixes\n",
    "The scenarios with each fix of `zabsim list fixes`, without campaigns.\n",
    markdownTable(["fix", ...COUNTS], fixes.map(fixRow)),
  ];
}

/** Returns the names of the scenarios that a fix changes, and the number of those that still fail. */
function fixRow(report: JudgeReport): string[] {
  const cells = FAILING_VERDICTS.map((verdict) => {
    const rows = withVerdict(report, verdict);
    return verdict === "stays" ? String(rows.length) : rows.map(({ scenario }) => scenario).join("<br>");
  });
  return [`\`${report.behavior}\``, ...cells];
}
