/**
 * Measures campaigns: how many plans of default chaos (5 servers, 60 virtual seconds, 20 faults, 50 writes) one CPU
 * core runs per second, which share of the time goes to drawing plans and to counting coverage, how much faster a
 * campaign is with a second worker thread, and how much memory the process uses.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { workerPool } from "../campaign/campaign-workers.ts";
import { usualBugsOf } from "../campaign/investigation-policy.ts";
import { BLOCK_SIZE, type BlockResult, type CampaignOptions } from "../fuzz/block.ts";
import { Coverage } from "../fuzz/coverage.ts";
import type { Plan } from "../fuzz/plan.ts";
import { planOfSeed } from "../fuzz/plan-arbitrary.ts";
import { runPlan } from "../fuzz/run-plan.ts";
import {
  atEffort,
  type Effort,
  type FamilyResult,
  nanosecondsOf,
  type Row,
  ratioOf,
  rowOf,
  sampleOf,
  takeTurns,
} from "./harness.ts";

const PLANS = 300;
const DEFAULT_CHAOS = { zookeeper: "newest", servers: 5, lengthMs: 60_000, faultCount: 20, writeCount: 50 };
const CAMPAIGN: CampaignOptions = { zookeeper: "newest", strategy: undefined, faults: undefined, scenario: undefined };
/**
 * Number of blocks in each round of the worker threads. It is so large that the compilation at the start and the wait
 * for the last block have almost no effect on the figure.
 */
const BLOCKS = 120;

export async function measureChaos(effort: Effort): Promise<FamilyResult> {
  const count = atEffort(PLANS, effort);
  const seeds = Array.from({ length: count }, (_, i) => BigInt(i + 1));
  const draw = (seed: bigint): Plan => planOfSeed(seed, DEFAULT_CHAOS, "swarm");
  const drawn = seeds.map(draw);
  const coverage = new Coverage();
  const perSecond = (work: () => void): number => (count / nanosecondsOf(work)) * 1e9;
  let events = 0;
  const { whole, uncovered, drawing } = takeTurns(
    {
      whole: () =>
        perSecond(() => {
          events = 0;
          for (const seed of seeds) events += runPlan(draw(seed), coverage).events;
        }),
      uncovered: () =>
        perSecond(() => {
          for (const plan of drawn) runPlan(plan, undefined);
        }),
      drawing: () =>
        perSecond(() => {
          for (const seed of seeds) draw(seed);
        }),
    },
    effort,
  );
  const drawingShare = ratioOf(whole, drawing);
  const withoutBoth = ratioOf(whole, uncovered);
  const coverageShare = sampleOf(
    withoutBoth.rounds.map((ratio, i) => Math.max(0, 1 - ratio - (drawingShare.rounds[i] as number))),
  );
  const threads = await measureThreads(effort);
  const each = Math.round(events / count).toLocaleString("en-US");
  return {
    figures: { chaosPlansPerS: whole.median, twoWorkersSpeedup: threads.speedup, residentMb: threads.residentMb },
    rows: [
      rowOf(whole, {
        figure: "chaosPlansPerS",
        unit: "plans/s",
        target: ">= 300",
        what:
          "plans drawn and run on one core: 5 servers, 60 virtual s, 20 faults, 50 writes; all invariants " +
          `and coverage on; ${each} events each`,
      }),
      rowOf(drawingShare, {
        figure: "  drawing",
        unit: "of it",
        target: "< 0.15",
        what: "the share of drawing the plans (fast-check's source)",
      }),
      rowOf(coverageShare, {
        figure: "  coverage",
        unit: "of it",
        target: "< 0.15",
        what: "the share of counting coverage",
      }),
      ...threads.rows,
    ],
  };
}

interface Threads {
  readonly speedup: number | null;
  readonly residentMb: number;
  readonly rows: readonly Row[];
}

/** Measures the default campaign with one worker thread and with two. */
async function measureThreads(effort: Effort): Promise<Threads> {
  const filename = workerFile();
  const residentMb = (): number => process.memoryUsage().rss / 2 ** 20;
  if (filename === undefined) {
    const none = { value: null, spread: null, unit: "x", what: "the worker threads are not built: npm run build" };
    return {
      speedup: null,
      residentMb: residentMb(),
      rows: [{ figure: "twoWorkersSpeedup", ...none }, residentRow(residentMb())],
    };
  }
  const pools = [1, 2].map((threads) => workerPool(filename, threads));
  const blocks = atEffort(BLOCKS, effort);
  const usual = new UsualBugs();
  const rates: [number[], number[]] = [[], []];
  for (let round = -effort.warmUps; round < effort.rounds; round++) {
    for (const [i, pool] of pools.entries()) {
      const startMs = performance.now();
      const tasks = Array.from({ length: blocks }, (_, block) => {
        const first = BigInt(1 + ((round + 10) * blocks + block) * BLOCK_SIZE);
        return pool.run<BlockResult>(
          { options: CAMPAIGN, block: { first, count: BLOCK_SIZE, usualBugs: usual.bySignature } },
          "block",
        );
      });
      const results = await Promise.all(tasks);
      usual.learn(results);
      if (round >= 0) rates[i]?.push((blocks * BLOCK_SIZE * 1000) / (performance.now() - startMs));
    }
  }
  await pools[0]?.destroy();
  const resident = residentMb();
  await Promise.all(pools.map((pool) => pool.destroy()));
  const [one, two] = rates.map(sampleOf) as [ReturnType<typeof sampleOf>, ReturnType<typeof sampleOf>];
  const speedup = ratioOf(two, one);
  return {
    speedup: speedup.median,
    residentMb: resident,
    rows: [
      rowOf(two, { figure: "  campaign", unit: "plans/s", what: "the default campaign with two worker threads" }),
      rowOf(speedup, {
        figure: "twoWorkersSpeedup",
        unit: "x",
        target: ">= 1.8",
        what: "two worker threads against one",
      }),
      residentRow(resident),
    ],
  };
}

/** The known bugs that explain the failures so far. As in a campaign, later blocks try these bugs first. */
class UsualBugs {
  bySignature: Record<string, string[]> = {};

  learn(results: readonly BlockResult[]): void {
    const failures = results.flatMap(({ failed }) => failed);
    const usual = usualBugsOf(failures.map(({ candidates, signature }) => ({ signature, known: candidates })));
    for (const [signature, bugs] of Object.entries(usual)) {
      this.bySignature[signature] = [...new Set([...(this.bySignature[signature] ?? []), ...bugs])];
    }
  }
}

function residentRow(value: number): Row {
  const what = "resident memory of the whole process, with two worker threads, at the end";
  return { figure: "residentMb", value, spread: null, unit: "MiB", target: "< 400", what };
}

/**
 * Returns the path of the built worker, which is in the folder of this file or, if this file runs from source, in
 * dist/. Returns undefined if the worker is not built.
 */
function workerFile(): string | undefined {
  const places = ["./campaign-worker.js", "../dist/campaign-worker.js"];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
}
