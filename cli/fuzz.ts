/**
 * `zabsim fuzz`: runs a campaign and reports findings as they come.
 */

import { CampaignRunner, type CampaignSettings, type CampaignWatcher, DEFAULT_WORKERS } from "../campaign/campaign.ts";
import { Journal } from "../campaign/journal.ts";
import { runSavedFindings } from "../campaign/saved-findings.ts";
import { summaryOf } from "../campaign/summary.ts";
import { aboutBug } from "../fuzz/about-bugs.ts";
import { FAULT_NAMES, type FaultName } from "../fuzz/fault-kinds.ts";
import { STRATEGY_NAMES, type StrategyName } from "../fuzz/strategies.ts";
import { listInvariants } from "../invariants/index.ts";
import { type CampaignReport, campaignReport, findingText, type ReportedFinding } from "../reports/campaign.ts";
import { campaignJson, findingJson } from "../reports/campaign-json.ts";
import { githubAnnotation } from "../reports/github.ts";
import { CampaignProgress } from "./campaign-progress.ts";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_LIVENESS, EXIT_NONDETERMINISM, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { oneOf, overridesOf, paintFor, type ScenarioOptions } from "./options.ts";
import { write } from "./output.ts";
import { readScenario, scenarioPath } from "./scenario-files.ts";

export interface FuzzOptions extends ScenarioOptions {
  readonly json?: boolean;
  readonly runs?: bigint;
  /** Microseconds. */
  readonly time?: number;
  readonly seeds?: readonly [bigint, bigint];
  readonly workers?: number;
  readonly faults?: readonly string[];
  readonly strategy?: string;
  readonly shard?: readonly [number, number];
  readonly out: string;
  readonly reporter?: readonly string[];
  readonly resume?: boolean;
  readonly strict?: boolean;
}

export const REPORTERS = ["text", "json", "junit", "github"] as const;
type Reporter = (typeof REPORTERS)[number];

const PORTFOLIO = "portfolio";
const DEFAULT_TIME_MS = 60_000;
/** Maximum number of runs to shrink one finding. */
const SHRINK_RUNS = 4000;

export async function fuzz(name: string | undefined, options: FuzzOptions): Promise<number> {
  const settings = settingsOf(name, options);
  const reporters = reportersOf(options);
  const journal = new Journal(options.out);
  if (!options.resume) await reportSavedFindings(options.out, reporters);

  const paint = paintFor(process.stdout);
  const watcher: CampaignWatcher = {
    async found(file) {
      const finding = { ...file, count: runner.counts.get(file.signature) ?? 1 };
      const inFull = options.strict || file.known.length === 0;
      progress.clear();
      if (reporters.includes("text")) {
        await write(`${findingText(withBugs(finding), replayCommand(file.file), paint, inFull)}\n`);
      }
      if (reporters.includes("json")) await write(`${JSON.stringify({ finding: findingJson(finding) })}\n`);
      if (reporters.includes("github"))
        await write(`${githubAnnotation(withBugs(finding), replayCommand(file.file))}\n`);
    },
    async nondeterministic({ first, second, seed }) {
      progress.clear();
      process.stderr.write(
        `seed ${seed} gave two different runs; the first difference:\n  run 1: ${first}\n  run 2: ${second}\n`,
      );
    },
  };
  const runner = new CampaignRunner(settings, journal, watcher);
  if (options.resume && journal.exists) runner.resume();
  else runner.begin();

  const resumedRuns = runner.totals.runs;
  const startedMs = performance.now();
  const progress = new CampaignProgress(runner, settings);
  try {
    await interruptible((signal) => runner.run(signal));
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  await report(summaryOf(runner, settings, { seconds, resumedRuns }), runner, reporters, journal);
  return exitCodeOf(runner, options.strict === true);
}

/** Returns the finding with what is known of its bugs, for people. Data for programs has only their ids. */
function withBugs(finding: ReportedFinding): ReportedFinding {
  return { ...finding, known: finding.known.map(aboutBug) };
}

function settingsOf(name: string | undefined, options: FuzzOptions): CampaignSettings {
  const scenario = name === undefined ? undefined : readScenario(scenarioPath(name), overridesOf(options)).scenario;
  const strategy = options.strategy && oneOf("--strategy", options.strategy, [PORTFOLIO, ...STRATEGY_NAMES] as const);
  const { runs, seeds, seed = 1n, time } = options;
  const firstSeed = seeds?.[0] ?? seed;
  const lastSeed = seeds?.[1] ?? (runs === undefined ? undefined : firstSeed + runs - 1n);
  return {
    options: {
      zookeeper: scenario?.zookeeper ?? options.zookeeper ?? "newest",
      strategy: strategy === PORTFOLIO ? undefined : (strategy as StrategyName | undefined),
      faults: options.faults?.map((fault): FaultName => oneOf("--faults", fault, FAULT_NAMES)),
      scenario,
    },
    firstSeed,
    lastSeed,
    timeMs: time === undefined ? (lastSeed === undefined ? DEFAULT_TIME_MS : undefined) : time / 1000,
    workers: options.workers ?? DEFAULT_WORKERS,
    shard: options.shard ?? [1, 1],
    shrinkRuns: SHRINK_RUNS,
  };
}

/** Returns the reporters. --json replaces all of them except junit. */
function reportersOf({ json, reporter = ["text"] }: FuzzOptions): readonly Reporter[] {
  const reporters = reporter.map((one) => oneOf("--reporter", one, REPORTERS));
  return json ? ["json", ...reporters.filter((one) => one === "junit")] : reporters;
}

async function reportSavedFindings(folder: string, reporters: readonly Reporter[]): Promise<void> {
  for (const { fails, file } of runSavedFindings(folder)) {
    if (reporters.includes("text"))
      await write(`saved finding ${file}: ${fails ? "still fails" : "no longer fails"}\n`);
  }
}

function replayCommand(file: string): string {
  return `zabsim replay ${file}`;
}

async function report(
  summary: CampaignReport,
  { nondeterminism, totals }: CampaignRunner,
  reporters: readonly Reporter[],
  journal: Journal,
): Promise<void> {
  if (reporters.includes("text")) await write(`${campaignReport(summary, paintFor(process.stdout))}\n`);
  if (reporters.includes("json")) {
    const seeds = nondeterminism.map(({ seed }) => seed);
    await write(`${JSON.stringify(campaignJson(summary, totals.coverage.toJSON(), seeds))}\n`);
  }
  if (!reporters.includes("junit")) return;
  const { campaignJunit } = await import("../reports/junit.ts");
  const kinds = [...listInvariants().map(({ id }) => id), "liveness"];
  const path = journal.save("junit.xml", campaignJunit(summary, kinds, replayCommand));
  process.stderr.write(`JUnit report: ${path}\n`);
}

function exitCodeOf({ findings, interrupted, nondeterminism }: CampaignRunner, strict: boolean): number {
  if (interrupted) return EXIT_INTERRUPTED;
  if (nondeterminism.length > 0) return EXIT_NONDETERMINISM;
  const counted = findings.filter(({ known }) => strict || known.length === 0);
  if (counted.some(({ invariant }) => invariant !== "liveness")) return EXIT_FINDING;
  return counted.length > 0 ? EXIT_LIVENESS : EXIT_OK;
}
