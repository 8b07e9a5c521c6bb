/** Prints docs/findings.md: a Markdown page with what each open pull request, and each fix, changes. */
import type { JudgedScenario, ScenarioVerdict } from "../fuzz/judged-scenarios.ts";
import { countOf } from "./format.ts";
import { FAILING_VERDICTS, failureRates, failuresText, findingText } from "./judge.ts";
import type { CampaignSummary, FindingSummary, JudgmentSummary } from "./judgment-summary.ts";
import { markdownTable } from "./markdown-table.ts";

const INTRODUCTION = `# Fixes judged

\`npm run findings\` writes this page from findings/judged.json. A row or a section is the output of \`zabsim judge\`
for one open pull request of apache/zookeeper, or for one fix of zabsim: scenarios run in one release without and with
it, and so do the plans of a campaign, if there was one. A scenario ends with all faults undone and all servers settled,
so "stuck" means that servers do not serve again within 120 s. [findings/](findings/README.md) has reports of findings
that real servers show. [schema/judge.schema.json](../schema/judge.schema.json) describes
\`zabsim judge --json\`; the package exports it as \`zabsim/judge-schema\`.

- **fixes**: the scenario fails only without the behavior.
- **in part**: some failures of the scenario disappear, and no failure is new.
- **differently**: the scenario fails without and with the behavior, and with it in a new way.
- **exposes**: the scenario fails only with the behavior, because of a bug that the release has.
- **breaks**: the scenario fails only with the behavior, and no bug of the release explains that.
- **still fail**: the scenario fails in the same way without and with the behavior.

A finding of a campaign is *gone* if its minimal scenario does not fail with the behavior. It is *broken* if it occurs
only with the behavior and no bug of the release explains it.
`;

const COUNTS = ["fixes", "in part", "differently", "exposes", "breaks", "still fail"];
const CAMPAIGN = ["plans", "failing of 1,000"];

/** Returns the page for these summaries: pull requests have tickets, fixes have none. */
export function findingsPage(summaries: readonly JudgmentSummary[]): string {
  const pulls = summaries.filter(({ tickets }) => tickets.length > 0);
  const fixes = summaries.filter(({ tickets }) => tickets.length === 0);
  return [
    INTRODUCTION,
    "## Open pull requests\n",
    markdownTable(["pull request", "tickets", "release", "scenarios", ...COUNTS, ...CAMPAIGN], pulls.map(pullRow)),
    ...pulls.flatMap(section),
    ...(fixes.length === 0 ? [] : fixesSection(fixes)),
  ].join("\n");
}

function pullRow(summary: JudgmentSummary): string[] {
  const { behavior, release, scenarioCount, tickets } = summary;
  const counts = FAILING_VERDICTS.map((verdict) => String(scenariosWith(summary, verdict).length));
  return [linkTo(behavior), tickets.join(", "), release, String(scenarioCount), ...counts, ...campaignCells(summary)];
}

/** Returns the names of the scenarios on which this is the verdict. */
export function scenariosWith({ changed, stays }: JudgmentSummary, verdict: ScenarioVerdict): readonly string[] {
  if (verdict === "stays") return stays;
  return changed.filter((one) => one.verdict === verdict).map(({ scenario }) => scenario);
}

function linkTo(behavior: string): string {
  const number = behavior.replace("pull-", "");
  return `[${number}](https://github.com/apache/zookeeper/pull/${number})`;
}

function campaignCells({ campaigns }: JudgmentSummary): string[] {
  if (campaigns === null) return ["0", ""];
  const [{ after, before }] = failureRates(campaigns);
  return [String(campaigns.with.runs), `${before} -> ${after}`];
}

function section({
  about,
  behavior,
  campaigns,
  changed,
  difference,
  release,
  stays,
  tickets,
}: JudgmentSummary): string[] {
  return [
    `### Pull request ${behavior.replace("pull-", "")} on ${release}\n`,
    `${tickets.join(", ")}. ${about}${difference === null ? "" : ` Difference: ${difference}`}\n`,
    ...(changed.length === 0
      ? ["It changes no scenario.\n"]
      : [markdownTable(["scenario", "without", "with", "verdict"], changed.map(changeRow))]),
    `Still failing: ${stays.length === 0 ? "none" : stays.join(", ")}.\n`,
    ...(campaigns === null ? [] : campaignSection(campaigns)),
  ];
}

function changeRow({ after, before, known, scenario, verdict }: JudgedScenario): string[] {
  const cause = known.length === 0 ? "" : ` ${known.join(", ")}`;
  return [scenario, failuresText(before), failuresText(after), `${verdict}${cause}`];
}

function campaignSection(campaigns: CampaignSummary): string[] {
  const { broken, gone, seed, stays, without } = campaigns;
  const rates = failureRates(campaigns).map(({ after, before, name }) => [name, before, after]);
  return [
    `Campaigns of ${countOf(without.runs, "plan")} from seed ${seed}, failing plans of 1,000:\n`,
    markdownTable(["failure", "without", "with"], rates),
    ...findingList("Gone", gone),
    ...findingList("Broken", broken),
    ...findingList("Still found", stays),
  ];
}

function findingList(title: string, findings: readonly FindingSummary[]): string[] {
  if (findings.length === 0) return [];
  return [`${title}:\n`, ...findings.map((one, i) => `- ${findingText(one)}${i === findings.length - 1 ? "\n" : ""}`)];
}

function fixesSection(fixes: readonly JudgmentSummary[]): string[] {
  return [
    "## Fixes of zabsim\n",
    "The fixes of `zabsim judge --list`. If the number of plans is 0, no campaign ran.\n",
    markdownTable(["fix", "scenarios", ...COUNTS, ...CAMPAIGN], fixes.map(fixRow)),
    ...fixes.flatMap(({ behavior, campaigns }) =>
      campaigns === null || campaigns.broken.length === 0
        ? []
        : findingList(`Broken in the campaign with \`${behavior}\``, campaigns.broken),
    ),
  ];
}

/** Returns the names of the scenarios that a fix changes, and the number of those that still fail. */
function fixRow(summary: JudgmentSummary): string[] {
  const cells = FAILING_VERDICTS.map((verdict) => {
    const names = scenariosWith(summary, verdict);
    return verdict === "stays" ? String(names.length) : names.join("<br>");
  });
  return [`\`${summary.behavior}\``, String(summary.scenarioCount), ...cells, ...campaignCells(summary)];
}
