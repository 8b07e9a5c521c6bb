/**
 * The page of a campaign: its findings with their scenarios and diagrams, the coverage as a heat map, the growth of the
 * coverage, the time until servers serve again, and the effect of the faults.
 */
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { type CampaignReport, type FindingCommands, formatVirtual, type ReportedFinding } from "../campaign.ts";
import { messagesByPlace } from "../coverage.ts";
import { countOf } from "../format.ts";
import { countedFindings, isNewFinding, verdictOf } from "../verdict.ts";
import { columnChart, type Point, shareBar, short, stepChart } from "./charts.ts";
import { type Html, html, page } from "./page.ts";
import { spaceTimeDiagram } from "./space-time.ts";

/** A finding with everything that its card shows. */
export interface FindingCard {
  readonly finding: ReportedFinding;
  readonly commands: FindingCommands;
  /** The text of the minimal scenario. */
  readonly yaml: string;
  /** The traced run of the minimal scenario. */
  readonly run: ScenarioRun;
}

export interface CampaignPage {
  readonly report: CampaignReport;
  readonly release: string;
  readonly findings: readonly FindingCard[];
  /** For each feature, the number of times that runs reached it. */
  readonly reached: Readonly<Record<string, number>>;
  /** The number of features (`y`) after a number of runs (`x`). */
  readonly growth: readonly Point[];
  /** The number of runs by the time that the servers needed to serve again, at most, in seconds. */
  readonly recovery: readonly (readonly [label: string, runs: number])[];
}

const INTERRUPTED = " The campaign was interrupted; --resume continues it.";

export function campaignPage({ findings, growth, reached, recovery, release, report }: CampaignPage): string {
  const { faults, interrupted, runs } = report;
  return page(
    "zabsim campaign",
    html`<header><h1>Campaign of ZooKeeper ${release}</h1>
<p class="muted">${verdictText(report)}${interrupted ? INTERRUPTED : ""}</p></header>
<main>
${summary(report)}
<h2>Findings</h2>
${findings.length === 0 ? html`<p>No run failed.</p>` : findings.map((card, i) => findingCard(card, i === 0))}
<div class="columns"><section><h2>Growth of coverage</h2>
<p class="muted">Number of coverage features that were reached, by number of runs. A curve that is flat at its end
says that more runs of the same campaign will reach little that is new.</p>
${stepChart("growth of coverage", growth, countOf(runs, "run").replace(/^\d+ /, ""), "features")}</section>
<section><h2>Time to recovery</h2>
<p class="muted">Number of runs by the virtual time from the end of all faults until all servers serve: at most this
number of seconds.</p>
${columnChart("time to recovery", recovery)}</section></div>
<h2>Coverage</h2>
<p class="muted">How often servers handled each message, by their state and phase. An empty cell was never reached.</p>
${heatMap(reached)}
<div class="columns"><section><h2>Rules of the sync decision</h2>${featureTable("rule", reached, report)}</section>
<section><h2>Failures that servers reported</h2>${featureTable("failure", reached, report)}</section></div>
<h2>Faults</h2>
<p class="muted">How often each fault was injected, and how often it had an effect.</p>
${faultTable(faults)}
</main>`,
  );
}

function verdictText(report: CampaignReport): string {
  const findings = countOf(countedFindings(report).length, "finding");
  switch (verdictOf(report)) {
    case "nondeterministic":
      return "A seed gave two different runs.";
    case "ok":
      return "Every invariant held, except where a known bug of the release explains a failure.";
    case "stuck":
      return `${findings}: servers did not serve again after all faults were undone.`;
    case "violated":
      return `${findings}: an invariant was violated.`;
    case "interrupted":
      return `${findings} so far.`;
  }
}

function summary({ coverage, events, findings, runs, virtualUs }: CampaignReport): Html {
  const facts: readonly (readonly [string, string])[] = [
    ["runs", short(runs)],
    ["events", short(events)],
    ["virtual time", formatVirtual(virtualUs)],
    ["coverage features", String(coverage.size)],
    ["new findings", String(findings.filter(isNewFinding).length)],
    ["explained findings", String(findings.filter((finding) => !isNewFinding(finding)).length)],
  ];
  const boxes = facts.map(
    ([name, value]) => html`<div><strong>${value}</strong><span class="muted">${name}</span></div>`,
  );
  return html`<div class="facts">${boxes}</div>`;
}

function findingCard({ commands, finding, run, yaml }: FindingCard, isOpen: boolean): Html {
  const { configuration, count, known, seed, servers, signature, steps, why } = finding;
  const isNew = isNewFinding(finding);
  const open = isOpen ? html` open` : undefined;
  const size = `${countOf(steps, "step")}, ${countOf(servers, "server")}`;
  const cause = isNew
    ? html`<span class="bad">new</span>`
    : configuration === undefined
      ? `known bug: ${known.join(" ")}`
      : `the configuration needs ${configuration}`;
  return html`<article class="card${isNew ? " new" : ""}">
<h3>${signature}</h3>
<p class="muted">${cause}</p>
<p class="muted">Seed ${seed}; ${countOf(count, "seed")} failed like this. ${size}.</p>
<details${open}><summary>Why</summary><pre>${why}</pre></details>
<details${open}><summary>Diagram of the minimal scenario</summary>${spaceTimeDiagram(run)}</details>
<details><summary>Minimal scenario: ${finding.file}</summary><pre>${yaml}</pre></details>
<pre>${commands.join("\n")}</pre>
</article>`;
}

/** Returns the table of messages by the state and phase of their receiver. The color says how often a message came. */
function heatMap(reached: Readonly<Record<string, number>>): Html {
  const places = messagesByPlace(reached);
  const types = [...new Set([...places.values()].flatMap((messages) => [...messages.keys()]))].sort();
  const most = Math.max(
    1,
    ...[...places.values()].flatMap((messages) => [...messages.values()].map(({ count }) => count)),
  );
  const cell = (place: string, type: string): Html => {
    const message = places.get(place)?.get(type);
    if (message === undefined) return html`<td></td>`;
    const title = `${place}, ${type}: ${message.outcomes.join(", ")}`;
    return html`<td style="--heat:${heatOf(message.count, most)}" title="${title}">${short(message.count)}</td>`;
  };
  const titles = types.map((type) => html`<th scope="col">${type}</th>`);
  const rows = [...places.keys()].map(
    (place) => html`<tr><th scope="row">${place}</th>${types.map((type) => cell(place, type))}</tr>\n`,
  );
  return html`<div class="scroll"><table class="heat">
<thead><tr><td></td>${titles}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}

/** Returns the reached features of a kind with their counts, and those that the campaign never reached. */
function featureTable(
  kind: "rule" | "failure",
  reached: Readonly<Record<string, number>>,
  report: CampaignReport,
): Html {
  const row = (feature: string, cell: Html): Html =>
    html`<tr><th scope="row">${feature.slice(kind.length + 1)}</th>${cell}</tr>\n`;
  const isOfKind = (feature: string): boolean => feature.startsWith(`${kind} `);
  const counts = Object.entries(reached).filter(([feature]) => isOfKind(feature));
  const most = Math.max(1, ...counts.map(([, count]) => count));
  const rows = counts.map(([feature, count]) =>
    row(feature, html`<td style="--heat:${heatOf(count, most)}">${short(count)}</td>`),
  );
  const never = report.coverage.neverReached.filter(isOfKind);
  return html`<table class="heat"><tbody>
${rows}${never.map((feature) => row(feature, html`<td class="warn">never reached</td>`))}</tbody></table>`;
}

/** Returns the strength of a cell's color, between 0 and 1, on a logarithmic scale. */
function heatOf(count: number, most: number): string {
  return (Math.log(count + 1) / Math.log(most + 1)).toFixed(2);
}

function faultTable(faults: CampaignReport["faults"]): Html {
  const sorted = [...faults].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = sorted.map(([kind, [injected, effective]]) => {
    const warning = effective === 0 ? html` class="warn"` : undefined;
    const share = shareBar(injected === 0 ? 0 : effective / injected);
    const counts = html`<td>${injected}</td><td${warning}>${effective}</td>`;
    return html`<tr><th scope="row">${kind}</th>${counts}<td>${share}</td></tr>\n`;
  });
  return html`<div class="scroll"><table>
<thead><tr><th scope="row">fault</th><th>injected</th><th>with effect</th><td></td></tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}
