/**
 * `zabsim matrix`: known bugs by ZooKeeper releases. In each release, runs the scenario of each bug, and campaigns that
 * search for bugs without knowing them.
 */

import { DEFAULT_WORKERS } from "../campaign/campaign.ts";
import { type MatrixCampaigns, runMatrixCampaigns } from "../campaign/matrix-campaigns.ts";
import { adviceFor, type BugScenarios, matrixCells, matrixEntries } from "../campaign/matrix-report.ts";
import { MATRIX_BUGS, ticketOf } from "../fuzz/known-bugs.ts";
import { MATRIX_RELEASES } from "../fuzz/matrix.ts";
import { adviceText, type MatrixEntry, matrixPage, matrixTable } from "../reports/matrix.ts";
import { EXIT_INTERRUPTED, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { oneOf, paintFor } from "./options.ts";
import { write } from "./output.ts";
import { bugPaths, readScenario, scenarioName } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface MatrixOptions {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly release?: string;
  readonly bug?: string;
  /** Microseconds; 0 runs no campaign. */
  readonly time?: number;
  readonly seed?: bigint;
  readonly repeat?: bigint;
}

const DEFAULTS: MatrixCampaigns = { time: 30_000_000, seed: 1n, repeat: 1n };

export async function matrix(options: MatrixOptions): Promise<number> {
  checkCombination(options);
  const scenarios = scenariosOf(options.bug);
  return options.release === undefined ? table(scenarios, options) : advice(options.release, scenarios, options);
}

function checkCombination({ json, markdown, release, repeat, seed, time }: MatrixOptions): void {
  const given = (options: Readonly<Record<string, unknown>>): string[] =>
    Object.keys(options).filter((name) => options[name] !== undefined && options[name] !== false);
  const withoutEffect =
    release !== undefined
      ? given({ "--markdown": markdown, "--time": time, "--seed": seed, "--repeat": repeat })
      : given(time === 0 ? { "--seed": seed, "--repeat": repeat } : {});
  const other = release === undefined ? "--time 0s, which runs no campaign" : "--release, which prints only advice";
  for (const name of withoutEffect) throw new UsageError(`${name} cannot be combined with ${other}`);
  if (json && markdown) throw new UsageError("--markdown cannot be combined with --json");
}

/** Returns the bugs that the user asks about, each with its scenario. Default: all bugs of the matrix. */
function scenariosOf(ticket: string | undefined): BugScenarios {
  const number = ticket?.replace(/^zookeeper-/i, "");
  const bugs = MATRIX_BUGS.filter((bug) => ticket === undefined || ticketOf(bug) === number || bug.id === ticket);
  if (bugs.length === 0) oneOf("--bug", ticket ?? "", MATRIX_BUGS.map(ticketOf));
  const paths = new Map(bugPaths().map((path) => [scenarioName(path), path]));
  return new Map(bugs.map((bug) => [bug, readScenario(paths.get(bug.id) as string, []).scenario]));
}

async function table(scenarios: BugScenarios, options: MatrixOptions): Promise<number> {
  const { repeat = DEFAULTS.repeat, seed = DEFAULTS.seed, time = DEFAULTS.time } = options;
  const campaigns = { repeat, seed, time };
  const cells = matrixCells(scenarios);
  const starting = (release: string, campaign: bigint): void => {
    process.stderr.write(`matrix: campaign ${campaign} of ${repeat} for release ${release}\n`);
  };
  // Ctrl-C skips the remaining campaigns. What the others have found is still printed.
  const { discoveries, interrupted } = await interruptible(async (signal) => ({
    discoveries: time > 0 ? await runMatrixCampaigns([...scenarios.keys()], campaigns, signal, starting) : undefined,
    interrupted: signal.aborted,
  }));
  const entries = matrixEntries(cells, discoveries, Number(repeat));
  if (options.json) await write(`${JSON.stringify(entries.map(jsonEntry), null, 2)}\n`);
  else if (options.markdown) await write(matrixPage(entries, { repeat, seed, timeUs: time, workers: DEFAULT_WORKERS }));
  else await write(`${matrixTable(entries, paintFor(process.stdout))}\n`);
  return interrupted ? EXIT_INTERRUPTED : EXIT_OK;
}

function jsonEntry({ bug, expected, median, met, release, reproduced }: MatrixEntry) {
  return {
    bug: `ZOOKEEPER-${bug}`,
    release,
    expected,
    reproduced,
    found: met === undefined ? null : met > 0,
    runs: median?.runs ?? null,
    seconds: median === undefined ? null : Number(median.seconds.toFixed(2)),
  };
}

async function advice(release: string, scenarios: BugScenarios, { json }: MatrixOptions): Promise<number> {
  oneOf("--release", release, MATRIX_RELEASES);
  const result = adviceFor(release, scenarios);
  if (json) await write(`${JSON.stringify(result)}\n`);
  else await write(`${adviceText(result, paintFor(process.stdout))}\n`);
  return EXIT_OK;
}
