/**
 * Writes the output of a campaign in each format that --reporter names.
 */
import type { CampaignRunner, FoundFile, ReportedNondeterminism } from "../campaign/campaign.ts";
import type { Journal } from "../campaign/journal.ts";
import { aboutBug } from "../fuzz/about-bugs.ts";
import type { CampaignTotals } from "../fuzz/block.ts";
import { listInvariants } from "../invariants/index.ts";
import {
  type CampaignReport,
  campaignReport,
  type FindingCommands,
  findingText,
  interruptionText,
  type ReportedFinding,
} from "../reports/campaign.ts";
import { campaignJson, findingJson } from "../reports/campaign-json.ts";
import { githubAnnotation, githubInterruption, githubNondeterminism } from "../reports/github.ts";
import { shellPath } from "../reports/shell.ts";
import { isCounted, isNewFinding, LIVENESS } from "../reports/verdict.ts";
import { type FuzzOptions, type Reporter, repeatCommand } from "./fuzz-settings.ts";
import { paintFor } from "./options.ts";
import { hint, write } from "./output.ts";

export class FuzzReports {
  private readonly name: string | undefined;
  private readonly options: FuzzOptions;
  private readonly reporters: readonly Reporter[];
  private readonly strict: boolean;
  private readonly paint = paintFor(process.stdout);
  /**
   * Files of saved findings that still fail. Earlier campaigns saved these files, so no seed of this campaign repeats
   * the failures.
   */
  private readonly savedFiles = new Set<string>();

  constructor(name: string | undefined, options: FuzzOptions, reporters: readonly Reporter[]) {
    this.name = name;
    this.options = options;
    this.reporters = reporters;
    this.strict = options.strict === true;
  }

  async found(finding: ReportedFinding): Promise<void> {
    this.savedFiles.delete(finding.file);
    await this.report("text", () =>
      findingText(withBugs(finding), this.commandsFor(finding), this.paint, isCounted(finding, this.strict)),
    );
    await this.report("json", () => JSON.stringify({ finding: findingJson(finding) }));
    await this.report("github", () => githubAnnotation(withBugs(finding), this.commandsFor(finding), this.strict));
  }

  /** Reports the result of a run of a saved finding. `finding` is undefined if the run did not fail. */
  async saved(file: string, finding: FoundFile | undefined): Promise<void> {
    if (finding !== undefined) this.savedFiles.add(finding.file);
    const known = finding === undefined || finding.known.length === 0 ? "" : `, known bug: ${finding.known.join(", ")}`;
    const needs = finding?.configuration === undefined ? "" : `, the configuration needs ${finding.configuration}`;
    await this.report(
      "text",
      () => `saved finding ${file}: ${finding ? "still fails" : "no longer fails"}${known}${needs}`,
    );
    await this.report("json", () => JSON.stringify({ saved: { file, fails: finding !== undefined } }));
    if (finding === undefined) return;
    await this.report("github", () =>
      githubAnnotation(withBugs({ ...finding, count: 1 }), this.commandsFor({ ...finding, count: 1 }), this.strict),
    );
  }

  /**
   * Repeats the GitHub annotations of earlier sessions. The other formats include earlier findings in their summary.
   */
  async resumed({ counts, findings, nondeterminism }: CampaignRunner): Promise<void> {
    for (const one of findings) {
      const finding = { ...one, count: counts.get(one.signature) ?? 1 };
      await this.report("github", () => githubAnnotation(withBugs(finding), this.commandsFor(finding), this.strict));
    }
    for (const one of nondeterminism) await this.report("github", () => githubNondeterminism(one));
  }

  async nondeterministic(difference: ReportedNondeterminism): Promise<void> {
    const { first, second, seed } = difference;
    hint(`seed ${seed} gave two different runs; the first difference:\n  run 1: ${first}\n  run 2: ${second}`);
    await this.report("github", () => githubNondeterminism(difference));
  }

  async summary(summary: CampaignReport, totals: CampaignTotals, journal: Journal): Promise<void> {
    await this.report("text", () => campaignReport(summary, this.paint));
    await this.report("json", () => JSON.stringify(campaignJson(summary, totals.coverage.toJSON())));
    if (summary.interrupted) await this.report("github", () => githubInterruption(interruptionText(summary)));
    if (this.reporters.includes("html")) await this.saveHtml(summary, totals, journal);
    if (!this.reporters.includes("junit")) return;
    const { campaignJunit } = await import("../reports/junit.ts");
    const invariants = [...listInvariants().map(({ id }) => id), LIVENESS];
    const xml = campaignJunit(summary, invariants, (finding) => this.commandsFor(finding));
    hint(`JUnit report: ${journal.save("junit.xml", xml)}`);
  }

  private async saveHtml(report: CampaignReport, totals: CampaignTotals, journal: Journal): Promise<void> {
    const [{ campaignPage }, { campaignPageOf }] = await Promise.all([
      import("../reports/html/campaign-page.ts"),
      import("../campaign/campaign-page.ts"),
    ]);
    const content = campaignPageOf(journal, report, totals, (finding) => this.commandsFor(finding));
    hint(`HTML report: ${journal.save("report.html", campaignPage(content))}`);
  }

  private async report(reporter: Reporter, text: () => string): Promise<void> {
    if (this.reporters.includes(reporter)) await write(`${text()}\n`);
  }

  private commandsFor(finding: ReportedFinding): FindingCommands {
    const { file, seed } = finding;
    const look = [`replay: npx zabsim replay ${shellPath(file)}`, `view: npx zabsim view ${shellPath(file)}`];
    if (this.savedFiles.has(file)) return look;
    return [...look, `repeat: ${repeatCommand(this.name, this.options, seed, !isNewFinding(finding))}`];
  }
}

/** Returns the finding with descriptions of its known bugs in place of their ids, for output that people read. */
function withBugs(finding: ReportedFinding): ReportedFinding {
  return { ...finding, known: finding.known.map(aboutBug) };
}
