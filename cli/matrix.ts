/**
 * `zabsim matrix` prints which releases have which known bugs. In each release, it runs the scenario of each bug and a
 * campaign, which does not use these scenarios. With --release, it prints the bugs of one release. With --from, it
 * compares two releases.
 */

import { DEFAULT_WORKERS } from "../campaign/campaign-workers.ts";
import { type MatrixCampaigns, runMatrixCampaigns } from "../campaign/matrix-campaigns.ts";
import { adviceFor, type BugScenarios, matrixCells, matrixEntries } from "../campaign/matrix-report.ts";
import { MATRIX_BUGS, type MatrixBug, rowNameOf } from "../fuzz/known-bugs.ts";
import { KNOWN_RELEASES, type MatrixCell } from "../fuzz/matrix.ts";
import { PUBLISHED_RELEASES } from "../protocol/releases.ts";
import { adviceText, type MatrixEntry, matrixPage, matrixTable } from "../reports/matrix.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { type UpgradeOptions, upgrade } from "./matrix-upgrade.ts";
import { oneOf, paintFor, parseRelease } from "./options.ts";
import { pause, textWidth, write } from "./output.ts";
import { ProgressLine } from "./progress-line.ts";
import { bugPaths, readScenario, scenarioName } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface MatrixOptions {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly html?: boolean;
  readonly release?: string;
  readonly from?: string;
  readonly to?: string;
  readonly bug?: string;
  /** Time limit of each campaign in microseconds. If it is 0, no campaigns run. */
  readonly time?: number;
  readonly seed?: bigint;
  readonly repeat?: bigint;
  readonly out?: string;
}

const DEFAULTS: MatrixCampaigns = { time: 30_000_000, seed: 1n, repeat: 1n };
const DEFAULT_OUT = "zabsim-upgrade";

export async function matrix(options: MatrixOptions): Promise<number> {
  checkCombination(options);
  if (options.from !== undefined) return upgrade(upgradeOptions(options.from, options));
  const scenarios = scenariosOf(options.bug);
  return options.release === undefined ? table(scenarios, options) : advice(options.release, scenarios, options);
}

/** Options that have no effect together with another option, and the reason. */
const CONFLICTS: readonly {
  readonly given: (options: MatrixOptions) => boolean;
  /** The reason, as the end of a sentence that starts with the name of the refused option. */
  readonly because: string;
  readonly without: readonly (keyof MatrixOptions)[];
}[] = [
  {
    given: ({ from }) => from !== undefined,
    because: "cannot be combined with --from, which compares two releases",
    without: ["release", "bug", "markdown", "html", "repeat"],
  },
  {
    given: ({ from, to }) => to !== undefined && from === undefined,
    because: "needs --from: both name the two releases of an upgrade",
    without: ["to"],
  },
  {
    given: ({ from }) => from === undefined,
    because: "needs --from: only rolling upgrades write files",
    without: ["out"],
  },
  {
    given: ({ release }) => release !== undefined,
    because: "cannot be combined with --release, which prints the bugs of one release and runs no campaign",
    without: ["markdown", "html", "time", "seed", "repeat"],
  },
  {
    given: ({ time }) => time === 0,
    because: "cannot be combined with --time 0s, which runs no campaign",
    without: ["seed", "repeat", "out"],
  },
  { given: ({ json }) => json === true, because: "cannot be combined with --json", without: ["markdown", "html"] },
  { given: ({ html }) => html === true, because: "cannot be combined with --html", without: ["markdown"] },
];

function checkCombination(options: MatrixOptions): void {
  for (const { because, given, without } of CONFLICTS) {
    const name = given(options)
      ? without.find((one) => options[one] !== undefined && options[one] !== false)
      : undefined;
    if (name !== undefined) throw new UsageError(`--${name} ${because}`);
  }
}

function upgradeOptions(from: string, { json, out, seed, time, to }: MatrixOptions): UpgradeOptions {
  const options = {
    from: knownRelease("--from", from),
    to: knownRelease("--to", to ?? (PUBLISHED_RELEASES.at(-1) as string)),
    seed: seed ?? DEFAULTS.seed,
    timeUs: time ?? DEFAULTS.time,
    out: out ?? DEFAULT_OUT,
    json: json === true,
  };
  if (options.from === options.to) {
    throw new UsageError(`--from ${from} --to ${options.to}: the same release (accepted: two different releases)`);
  }
  return options;
}

/**
 * Returns the release. Throws a UsageError if the release is not a published one. Prints a hint if the release has no
 * profile of its own.
 */
function knownRelease(option: string, release: string): string {
  if (release === "patched") {
    throw new UsageError(`${option} patched: not a published release (accepted: ${KNOWN_RELEASES.join(", ")})`);
  }
  return parseRelease(option)(release);
}

/** Returns the bugs that the user asks about, each with its scenario. By default, returns all bugs of the matrix. */
function scenariosOf(names: string | undefined): BugScenarios {
  const asked = names?.split(",").map(bugOf);
  const bugs = MATRIX_BUGS.filter((bug) => asked === undefined || asked.includes(bug));
  const paths = new Map(bugPaths().map((path) => [scenarioName(path), path]));
  return new Map(bugs.map((bug) => [bug, readScenario(paths.get(bug.id) as string, []).scenario]));
}

function bugOf(name: string): MatrixBug {
  const row = name.trim().replace(/^zookeeper-(?=\d+$)/i, "");
  const bug = MATRIX_BUGS.find((one) => rowNameOf(one) === row || one.id === row);
  if (bug === undefined) oneOf("--bug", name, MATRIX_BUGS.map(rowNameOf));
  return bug as MatrixBug;
}

async function table(scenarios: BugScenarios, options: MatrixOptions): Promise<number> {
  const { repeat = DEFAULTS.repeat, seed = DEFAULTS.seed, time = DEFAULTS.time } = options;
  const campaigns = { repeat, seed, time };
  return interruptible(async (interruption) => {
    const { signal } = interruption;
    const progress = new ProgressLine();
    const cells = await cellsOf(scenarios, signal);
    const starting = (release: string, campaign: bigint): void => {
      const which = repeat === 1n ? "" : ` ${campaign} of ${repeat}`;
      progress.write(`matrix: campaign${which} for release ${release}`);
    };
    // After Ctrl-C, the remaining campaigns are skipped. The command then prints what the earlier campaigns found.
    const bugs = [...scenarios.keys()];
    const discoveries = time > 0 ? await runMatrixCampaigns(bugs, campaigns, signal, starting) : undefined;
    progress.end();
    const entries = matrixEntries(cells, discoveries, Number(repeat));
    if (options.json) await write(`${JSON.stringify(entries.map(jsonEntry), null, 2)}\n`);
    else if (options.markdown)
      await write(matrixPage(entries, { repeat, seed, timeUs: time, workers: DEFAULT_WORKERS }));
    else if (options.html) await write((await import("../reports/html/matrix-page.ts")).matrixHtml(entries));
    else await write(`${matrixTable(entries, paintFor(process.stdout), textWidth())}\n`);
    return interruption.exitCode ?? EXIT_OK;
  });
}

/** Runs the scenario of each bug in each release. After Ctrl-C, skips the remaining bugs. */
async function cellsOf(scenarios: BugScenarios, signal: AbortSignal): Promise<MatrixCell[]> {
  const cells: MatrixCell[] = [];
  for (const scenario of scenarios) {
    if (signal.aborted) break;
    cells.push(...matrixCells(new Map([scenario])));
    await pause();
  }
  return cells;
}

function jsonEntry({ bug, campaigns, expected, median, met, release, reproduced, why }: MatrixEntry) {
  return {
    bug,
    release,
    expected,
    reproduced,
    found: met === undefined ? null : met > 0,
    runs: median?.runs ?? null,
    seconds: median === undefined ? null : Number(median.seconds.toFixed(2)),
    campaigns: campaigns ?? null,
    met: met ?? null,
    why: why ?? null,
  };
}

async function advice(name: string, scenarios: BugScenarios, { json }: MatrixOptions): Promise<number> {
  const result = adviceFor(knownRelease("--release", name), scenarios);
  if (json) await write(`${JSON.stringify(result)}\n`);
  else await write(`${adviceText(result, paintFor(process.stdout), textWidth())}\n`);
  return EXIT_OK;
}
