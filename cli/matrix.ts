/**
 * `zabsim matrix`: known bugs against releases. Each bug's scenario is run in every release; in every release a campaign
 * that knows nothing of them looks for them.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { CampaignRunner, DEFAULT_WORKERS } from "../campaign/campaign.ts";
import { Journal } from "../campaign/journal.ts";
import { KNOWN_BUGS, MATRIX_BUGS, type MatrixBug, ticketOf } from "../fuzz/known-bugs.ts";
import { beginsLine, freeFrom, hasBug, MATRIX_RELEASES, type MatrixCell, matrixCell } from "../fuzz/matrix.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type Advice, adviceText, type MatrixEntry, matrixPage, matrixTable } from "../reports/matrix.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { EXIT_INTERRUPTED, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { paintFor } from "./options.ts";
import { write } from "./output.ts";
import { bugPaths, readScenario } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface MatrixOptions {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly release?: string;
  readonly bug?: string;
  /** Microseconds; 0: no campaigns. */
  readonly time?: number;
  readonly seed?: bigint;
  readonly repeat?: bigint;
}

/** Where a campaign meets a bug: with which of its plans, from 1 on, and after how many seconds. */
interface Meeting {
  readonly runs: number;
  readonly seconds: number;
}

interface Campaigns {
  /** Microseconds that each has at most. */
  readonly time: number;
  readonly seed: bigint;
  readonly repeat: bigint;
}

const DEFAULTS: Campaigns = { time: 30_000_000, seed: 1n, repeat: 1n };
/** Base seeds of repeated campaigns lie so far apart. */
const APART = 1_000_000n;
const SHRINK_RUNS = 4000;

export async function matrix(options: MatrixOptions): Promise<number> {
  checkTogether(options);
  const stories = storiesOf(options.bug);
  if (options.release !== undefined) return advise(options.release, stories, options);
  const { repeat = DEFAULTS.repeat, seed = DEFAULTS.seed, time = DEFAULTS.time } = options;
  const campaigns = { repeat, seed, time };
  const cells = cellsOf(stories);
  // Broken off, it leaves out the campaigns to come, and tells what the others have found.
  const { isComplete, meetings } = await interruptible(async (signal) => ({
    meetings: time > 0 ? await meetingsOf([...stories.keys()], campaigns, signal) : undefined,
    isComplete: !signal.aborted,
  }));
  const entries = cells.map((cell) => ({
    ...entryOf(cell),
    ...(meetings && metIn(meetings.get(cell.release)?.get(cell.bug.id) ?? [], Number(repeat))),
  }));
  if (options.json) await write(`${JSON.stringify(entries.map(jsonEntry), null, 2)}\n`);
  else if (options.markdown) await write(matrixPage(entries, { repeat, seed, timeUs: time, workers: DEFAULT_WORKERS }));
  else await write(`${matrixTable(entries, paintFor(process.stdout))}\n`);
  return isComplete ? EXIT_OK : EXIT_INTERRUPTED;
}

function checkTogether({ json, markdown, release, repeat, seed, time }: MatrixOptions): void {
  const given = (options: Readonly<Record<string, unknown>>): string[] =>
    Object.keys(options).filter((name) => options[name] !== undefined && options[name] !== false);
  const [meaningless] = given(
    release !== undefined
      ? { "--markdown": markdown, "--time": time, "--seed": seed, "--repeat": repeat }
      : time === 0
        ? { "--seed": seed, "--repeat": repeat }
        : {},
  );
  const beside = release === undefined ? "--time 0s, which runs no campaign" : "--release, which only gives advice";
  if (meaningless !== undefined) throw new UsageError(`${meaningless}: means nothing beside ${beside}`);
  if (json && markdown) throw new UsageError("--markdown: means nothing beside --json");
}

/** Each bug of the matrix with the scenario that tells its story. */
function storiesOf(asked: string | undefined): Map<MatrixBug, Scenario> {
  const files = new Map(bugPaths().map((path) => [basename(path).replace(/\.ya?ml$/, ""), path]));
  const wanted = asked?.replace(/^zookeeper-/i, "");
  const bugs = MATRIX_BUGS.filter((bug) => wanted === undefined || ticketOf(bug) === wanted || bug.id === asked);
  if (bugs.length === 0) {
    const accepted = MATRIX_BUGS.map(ticketOf).join(", ");
    throw new UsageError(`--bug ${asked}: unknown (accepted: ${accepted})`);
  }
  return new Map(bugs.map((bug) => [bug, readScenario(files.get(bug.id) as string, []).scenario]));
}

function cellsOf(stories: Map<MatrixBug, Scenario>): MatrixCell[] {
  return [...stories].flatMap(([bug, scenario]) =>
    MATRIX_RELEASES.map((release) => matrixCell(bug, scenario, release)),
  );
}

// ---- campaigns

/** By release and bug: one meeting for each campaign that met it. */
async function meetingsOf(
  bugs: readonly MatrixBug[],
  { repeat, seed, time }: Campaigns,
  signal: AbortSignal,
): Promise<Map<string, Map<string, Meeting[]>>> {
  const meetings = new Map<string, Map<string, Meeting[]>>();
  for (const release of MATRIX_RELEASES) {
    const there = bugs.filter(({ isIn }) => isIn(behaviorOf(release))).map(({ id }) => id);
    // Nothing that fails in it could be due to one of them.
    if (there.length === 0) continue;
    const met = new Map<string, Meeting[]>();
    meetings.set(release, met);
    for (let i = 0n; i < repeat; i++) {
      if (signal.aborted) return meetings;
      process.stderr.write(`matrix: campaign ${i + 1n} of ${repeat} in ${release}\n`);
      for (const [bug, meeting] of await campaign(release, there, seed + i * APART, time, signal)) {
        met.set(bug, [...(met.get(bug) ?? []), meeting]);
      }
    }
  }
  return meetings;
}

/** The plain campaign of a release, until it has met all bugs that are there, or its time is over. */
async function campaign(
  release: string,
  there: readonly string[],
  firstSeed: bigint,
  timeUs: number,
  signal: AbortSignal,
): Promise<Map<string, Meeting>> {
  const folder = mkdtempSync(join(tmpdir(), "zabsim-matrix-"));
  const met = new Map<string, Meeting>();
  const startedMs = performance.now();
  const runner = new CampaignRunner(
    {
      options: { zookeeper: release, strategy: undefined, faults: undefined, scenario: undefined },
      firstSeed,
      lastSeed: undefined,
      timeMs: timeUs / 1000,
      workers: DEFAULT_WORKERS,
      shard: [1, 1],
      shrinkRuns: SHRINK_RUNS,
    },
    new Journal(folder),
    {
      found({ known: [bug, other], seed }) {
        if (bug === undefined || other !== undefined || met.has(bug)) return;
        const seconds = (performance.now() - startedMs) / 1000;
        met.set(bug, { runs: Number(BigInt(seed) - firstSeed) + 1, seconds });
        if (there.every((id) => met.has(id))) runner.interrupted = true;
      },
      nondeterministic() {},
    },
  );
  try {
    runner.begin();
    await runner.run(signal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return met;
}

// ---- what is told

function entryOf({ bug, expected, release, reproduced }: MatrixCell): MatrixEntry {
  const why = bug.besides?.releases.includes(release) ? bug.besides.why : undefined;
  return { bug: ticketOf(bug), release, expected, reproduced, why };
}

/** A campaign that did not meet it would have needed more than all others. */
function metIn(meetings: readonly Meeting[], campaigns: number): Pick<MatrixEntry, "campaigns" | "median" | "met"> {
  const sorted = meetings.toSorted((a, b) => a.seconds - b.seconds);
  const median = sorted[Math.floor((campaigns - 1) / 2)];
  return { campaigns, met: meetings.length, ...(median && { median }) };
}

function jsonEntry({ bug, expected, median, met, release, reproduced }: MatrixEntry) {
  const none = null;
  return {
    bug: `ZOOKEEPER-${bug}`,
    release,
    expected,
    reproduced,
    found: met === undefined ? none : met > 0,
    runs: median?.runs ?? none,
    seconds: median === undefined ? none : Number(median.seconds.toFixed(2)),
  };
}

// ---- advice

async function advise(release: string, stories: Map<MatrixBug, Scenario>, { json }: MatrixOptions): Promise<number> {
  if (!MATRIX_RELEASES.includes(release)) {
    throw new UsageError(`--release ${release}: unknown (accepted: ${MATRIX_RELEASES.join(", ")})`);
  }
  const cells = cellsOf(stories);
  const bugs: Advice[] = [];
  for (const [bug, scenario] of stories) {
    const own = cells.filter((cell) => cell.bug === bug);
    if (!own.some((cell) => cell.release === release && cell.reproduced && hasBug(cell))) continue;
    const [firstFree, ...newerLines] = freeFrom(own, release);
    bugs.push({
      bug: `ZOOKEEPER-${ticketOf(bug)}`,
      scenario: bug.id,
      about: `${bug.cause} ${bug.effect}`,
      violates: scenario.expect.violates,
      firstFree,
      alsoFrom: newerLines.filter((one) => !beginsLine(one)),
    });
  }
  const others = KNOWN_BUGS.filter((bug) => !MATRIX_BUGS.includes(bug as MatrixBug) && bug.isIn(behaviorOf(release)));
  const asked = [...stories.keys()].map((bug) => `ZOOKEEPER-${ticketOf(bug)}`);
  const advice = { release, asked, bugs, firstFree: freeFrom(cells, release)[0], others: others.length };
  if (json) await write(`${JSON.stringify(advice)}\n`);
  else await write(`${adviceText(advice, paintFor(process.stdout))}\n`);
  return EXIT_OK;
}
