/**
 * `zabsim fuzz`: a campaign. `zabsim coverage` tells what one has reached.
 */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import cliProgress from "cli-progress";
import { CampaignRunner, type CampaignSettings, type CampaignWatcher, DEFAULT_WORKERS } from "../campaign/campaign.ts";
import { Journal } from "../campaign/journal.ts";
import { FAULT_NAMES, type FaultName } from "../fuzz/fault-kinds.ts";
import { STRATEGY_NAMES, type StrategyName } from "../fuzz/strategies.ts";
import { listInvariants } from "../invariants/index.ts";
import { rulesOf } from "../protocol/leader/sync-rules.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type CampaignReport, campaignReport, findingText, type ReportedFinding } from "../reports/campaign.ts";
import { githubAnnotation } from "../reports/github.ts";
import { runScenario } from "../scenarios/run.ts";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_LIVENESS, EXIT_NONDETERMINISM, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { paintFor } from "./options.ts";
import { write } from "./output.ts";
import { readScenario, scenarioPaths } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface FuzzOptions {
  readonly json?: boolean;
  readonly seed?: bigint;
  readonly zookeeper?: string;
  readonly set: readonly string[];
  readonly runs?: bigint;
  readonly time?: number;
  readonly seeds?: readonly [bigint, bigint];
  readonly workers?: number;
  readonly faults?: readonly string[];
  readonly strategy?: string;
  readonly shard?: readonly [number, number];
  readonly out: string;
  readonly reporter: readonly string[];
  readonly resume?: boolean;
  readonly strict?: boolean;
}

const REPORTERS = ["text", "json", "junit", "github"] as const;
const DEFAULT_TIME_MS = 60_000;
/** Shrinking a finding takes at most this many runs. */
const SHRINK_RUNS = 4000;

export async function fuzz(name: string | undefined, options: FuzzOptions): Promise<number> {
  const settings = settingsOf(name, options);
  const reporters = reportersOf(options);
  const journal = new Journal(options.out);
  const paint = paintFor(process.stdout);
  const replayOf = (file: string): string => `zabsim replay ${file}`;
  if (!options.resume) await runKept(options.out, reporters.includes("text"));

  const watcher: CampaignWatcher = {
    async found(file) {
      const finding = { ...file, count: runner.counts.get(file.signature) ?? 1 };
      bar.clear();
      if (reporters.includes("text"))
        await write(`${findingText(finding, replayOf(file.file), paint, options.strict || file.known.length === 0)}\n`);
      if (reporters.includes("json")) await write(`${JSON.stringify({ finding: jsonFinding(finding) })}\n`);
      if (reporters.includes("github")) await write(`${githubAnnotation(finding, replayOf(file.file))}\n`);
    },
    async nondeterministic({ seed, first, second }) {
      bar.clear();
      process.stderr.write(
        `seed ${seed} differs when it is run again\n  first run:  ${first}\n  second run: ${second}\n`,
      );
    },
  };
  const runner = new CampaignRunner(settings, journal, watcher);
  if (options.resume && journal.exists) runner.resume();
  else runner.begin();

  const startedMs = performance.now();
  const resumedRuns = runner.totals.runs;
  const bar = new Bar(runner, settings, startedMs);
  try {
    await interruptible((signal) => runner.run(signal));
  } finally {
    bar.end();
  }
  const report = reportOf(runner, settings, (performance.now() - startedMs) / 1000, resumedRuns);
  await tell(report, runner, reporters, options.out, replayOf);
  return exitCode(runner, options.strict === true);
}

function settingsOf(name: string | undefined, options: FuzzOptions): CampaignSettings {
  const set = options.zookeeper === undefined ? options.set : [...options.set, `zookeeper=${options.zookeeper}`];
  const [path] = name === undefined ? [undefined] : scenarioPaths([name]);
  const scenario = path === undefined ? undefined : readScenario(path, set).scenario;
  const strategy = oneOf("--strategy", options.strategy, ["portfolio", ...STRATEGY_NAMES]);
  const faults = options.faults?.map((fault) => oneOf("--faults", fault, FAULT_NAMES) as FaultName);
  const { runs, seeds, seed = 1n, time } = options;
  const firstSeed = seeds?.[0] ?? seed;
  const lastSeed = seeds?.[1] ?? (runs === undefined ? undefined : firstSeed + runs - 1n);
  return {
    options: {
      zookeeper: scenario?.zookeeper ?? options.zookeeper ?? "newest",
      strategy: strategy === "portfolio" ? undefined : (strategy as StrategyName | undefined),
      faults,
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

function oneOf(option: string, value: string | undefined, accepted: readonly string[]): string | undefined {
  if (value === undefined || accepted.includes(value)) return value;
  throw new UsageError(`${option} ${value}: unknown (accepted: ${accepted.join(", ")})`);
}

function reportersOf({ json, reporter }: FuzzOptions): readonly string[] {
  for (const one of reporter) oneOf("--reporter", one, REPORTERS);
  return json ? ["json", ...reporter.filter((one) => one === "junit")] : reporter.length === 0 ? ["text"] : reporter;
}

/** What was found before comes first: does it still fail? */
async function runKept(folder: string, text: boolean): Promise<void> {
  if (!existsSync(folder)) return;
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml") && !file.endsWith(".unshrunk.yaml"));
  for (const file of files.sort()) {
    const { scenario } = readScenario(join(folder, file), []);
    const run = runScenario(scenario, { seed: BigInt(scenario.seed ?? 1), digest: false });
    const fails = run.violations.length > 0 || run.liveness?.liveUs === undefined;
    if (text) await write(`kept ${file}: ${fails ? "still fails" : "holds now"}\n`);
  }
}

function reportOf(
  runner: CampaignRunner,
  settings: CampaignSettings,
  seconds: number,
  resumedRuns: number,
): CampaignReport {
  const { totals, findings, counts, interrupted } = runner;
  const { coverage, events, faults, runs, virtualUs } = totals;
  return {
    runs,
    events,
    virtualUs,
    seconds,
    runsPerS: (runs - resumedRuns) / seconds,
    workers: settings.workers,
    interrupted,
    findings: findings.map((finding) => ({ ...finding, count: counts.get(finding.signature) ?? 1 })),
    coverage: { size: coverage.size, neverReached: coverage.neverReached(settings.options.zookeeper) },
    faults,
  };
}

async function tell(
  report: CampaignReport,
  runner: CampaignRunner,
  reporters: readonly string[],
  folder: string,
  replayOf: (file: string) => string,
): Promise<void> {
  if (reporters.includes("text")) await write(`${campaignReport(report, paintFor(process.stdout))}\n`);
  if (reporters.includes("json")) await write(`${JSON.stringify(jsonReport(report, runner))}\n`);
  if (!reporters.includes("junit")) return;
  const { campaignJunit } = await import("../reports/junit.ts");
  const kinds = [...listInvariants().map(({ id }) => id), "liveness"];
  const path = new Journal(folder).save("junit.xml", campaignJunit(report, kinds, replayOf));
  process.stderr.write(`JUnit report: ${path}\n`);
}

function jsonFinding({
  yaml: _yaml,
  ...finding
}: ReportedFinding & { readonly yaml?: string }): Record<string, unknown> {
  return finding;
}

function jsonReport(report: CampaignReport, { nondeterminism, totals }: CampaignRunner): Record<string, unknown> {
  const { coverage, faults, findings, virtualUs, seconds, runsPerS, ...rest } = report;
  return {
    ...rest,
    virtualS: Math.round(virtualUs / 1000) / 1000,
    seconds: Math.round(seconds * 1000) / 1000,
    runsPerS: Math.round(runsPerS * 10) / 10,
    findings: findings.map(jsonFinding),
    coverage: { ...coverage, reached: totals.coverage.toJSON() },
    faults: Object.fromEntries([...faults].map(([kind, [struck, effect]]) => [kind, { struck, effect }])),
    nondeterministic: nondeterminism.map(({ seed }) => String(seed)),
  };
}

function exitCode({ findings, interrupted, nondeterminism }: CampaignRunner, strict: boolean): number {
  if (interrupted) return EXIT_INTERRUPTED;
  if (nondeterminism.length > 0) return EXIT_NONDETERMINISM;
  const counted = findings.filter(({ known }) => strict || known.length === 0);
  if (counted.some(({ invariant }) => invariant !== "liveness")) return EXIT_FINDING;
  return counted.length > 0 ? EXIT_LIVENESS : EXIT_OK;
}

/** How far the campaign has come, on stderr: drawn on a terminal, a line every 30 s elsewhere. */
class Bar {
  private readonly bar: cliProgress.SingleBar;
  private readonly timer: NodeJS.Timeout;

  constructor(runner: CampaignRunner, { timeMs }: CampaignSettings, startedMs: number) {
    const all = runner.seedsInAll;
    const terminal = process.stderr.isTTY === true;
    this.bar = new cliProgress.SingleBar({
      format: "{bar} {percentage}% | {runs} runs, {rate}/s | ETA {left} s | coverage {coverage} | findings {findings}",
      barsize: 16,
      hideCursor: true,
      clearOnComplete: true,
      noTTYOutput: true,
      notTTYSchedule: 30_000,
      stream: process.stderr,
    });
    const total = timeMs ?? all ?? 1;
    const before = runner.totals.runs;
    const payload = (): Record<string, unknown> => {
      const elapsedMs = performance.now() - startedMs;
      const rate = (runner.totals.runs - before) / (elapsedMs / 1000);
      const leftS = timeMs === undefined ? ((all ?? 0) - runner.totals.runs) / rate : (timeMs - elapsedMs) / 1000;
      return {
        runs: runner.totals.runs,
        rate: Math.round(rate || 0),
        left: Number.isFinite(leftS) ? Math.max(0, Math.round(leftS)) : "?",
        coverage: runner.totals.coverage.size,
        findings: runner.findings.length,
      };
    };
    this.bar.start(total, 0, payload());
    this.timer = setInterval(
      () => {
        const done = timeMs === undefined ? runner.totals.runs : Math.min(timeMs, performance.now() - startedMs);
        this.bar.update(done, payload());
      },
      terminal ? 200 : 1000,
    );
  }

  /** Makes room for a line of text. */
  clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  }

  end(): void {
    clearInterval(this.timer);
    this.bar.stop();
  }
}

export async function coverage(folder: string, options: { readonly json?: boolean }): Promise<number> {
  const journal = existsSync(folder) ? new Journal(folder) : undefined;
  if (!journal?.exists)
    throw new UsageError(`coverage ${folder}: no campaign there (accepted: the --out of a \`zabsim fuzz\`)`);
  let release = "newest";
  const reached = new Set<string>();
  const faults = new Map<string, readonly [number, number]>();
  for (const line of journal.read()) {
    if ("campaign" in line) release = String(line.campaign.zookeeper);
    if (!("block" in line)) continue;
    for (const feature of line.fresh) reached.add(feature);
    for (const [kind, [struck, effect]] of Object.entries(line.faults)) {
      const [before, effectBefore] = faults.get(kind) ?? [0, 0];
      faults.set(kind, [before + struck, effectBefore + effect]);
    }
  }
  const { coverageReport, coverageJson } = await import("../reports/coverage.ts");
  const all = { rules: rulesOf(behaviorOf(release).syncSource), faults: FAULT_NAMES };
  if (options.json) await write(`${JSON.stringify(coverageJson(reached, faults, all), null, 2)}\n`);
  else await write(`${coverageReport(reached, faults, all)}\n`);
  return EXIT_OK;
}
