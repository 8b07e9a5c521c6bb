/**
 * Interrupts campaigns at many moments, resumes them, and checks that the findings are the same as without an
 * interruption. The workers are simulated, so that hundreds of campaigns take seconds. scripts/interruptions.mjs
 * interrupts real processes.
 */
import { join } from "node:path";
import { expect, it } from "vitest";
import { CampaignRunner, type CampaignSettings } from "../../campaign/campaign.ts";
import { Journal } from "../../campaign/journal.ts";
import { summaryOf } from "../../campaign/summary.ts";
import { verdictOf } from "../../reports/verdict.ts";
import { RandomStreams } from "../../sim/index.ts";
import { inputs } from "../inputs.ts";
import { fakeWorkers } from "./fake-workers.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = temporaryFolder();
const SETTINGS: CampaignSettings = {
  version: "1",
  options: { zookeeper: "newest", strategy: undefined, faults: undefined, scenario: undefined },
  firstSeed: 30n,
  lastSeed: 3000n,
  timeMs: undefined,
  workers: 3,
  shard: [1, 1],
  shrinkRuns: 10,
};

/** Number of moments at which a campaign is interrupted. CI uses more moments than `npm test`. */
const MOMENTS = inputs(15, 60);

class Killed extends Error {}

interface Session {
  readonly folder: string;
  readonly seed: number;
  readonly workers?: number;
  /** The session is interrupted after this number of results. */
  readonly after?: number;
  readonly how?: "signal" | "kill";
}

let folders = 0;
const newFolder = (): string => join(root, String(++folders));

async function session({ after = Number.POSITIVE_INFINITY, folder, how, seed, workers = 3 }: Session) {
  const journal = new Journal(folder);
  const reported: string[] = [];
  const control = new AbortController();
  let results = 0;
  const settings = { ...SETTINGS, workers };
  const beforeResult = (): void => {
    if (++results <= after) return;
    if (how === "kill") throw new Killed();
    control.abort("SIGINT");
  };
  const watcher = { found: ({ file }: { file: string }) => void reported.push(file), nondeterministic() {} };
  const runner = new CampaignRunner(settings, journal, watcher, () => fakeWorkers({ seed, beforeResult }));
  if (journal.exists) runner.resume();
  else runner.begin();
  try {
    await runner.run(control.signal);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return { runner, reported, finished: false };
  }
  return { runner, reported, finished: !runner.interrupted };
}

function resultOf(runner: CampaignRunner) {
  const summary = summaryOf(runner, SETTINGS, { seconds: 1, resumedRuns: 0 }, true);
  return {
    verdict: verdictOf(summary),
    runs: summary.runs,
    events: summary.events,
    coverage: Object.keys(runner.totals.coverage.toJSON()).sort(),
    faults: [...summary.faults],
    nondeterminism: summary.nondeterminism.map(({ seed }) => seed),
    findings: summary.findings
      .map(({ count, known, seed, signature }) => `${seed} ${signature} ${known} ${count}`)
      .sort(),
  };
}

const whole = await session({ folder: newFolder(), seed: 1 });
const expected = resultOf(whole.runner);

it("the campaign of this test has findings of several kinds, and nondeterminism", () => {
  expect(expected.findings.length).toBeGreaterThan(8);
  expect(expected.nondeterminism).toEqual([707n]);
  expect(expected.runs).toBe(2971);
  expect(whole.reported).toHaveLength(expected.findings.length);
});

it("the number of workers and the order in which tasks end do not change the result", async () => {
  for (const workers of [1, 2, 5, 16]) {
    const { runner } = await session({ folder: newFolder(), seed: 100 + workers, workers });
    expect(resultOf(runner)).toEqual(expected);
  }
}, 1_800_000);

it.each(["signal", "kill"] as const)(
  "after a %s at any moment, --resume comes to the same result",
  async (how) => {
    const moments = new RandomStreams(how === "kill" ? 1n : 2n).stream("moments");
    for (let i = 0; i < MOMENTS; i++) {
      const folder = newFolder();
      const reported = new Set<string>();
      let last = await session({ folder, seed: i, how, after: moments.u32() % 150, workers: 1 + (i % 4) });
      for (let resumes = 1; ; resumes++) {
        for (const file of last.reported) reported.add(file);
        if (last.finished) break;
        const after = resumes > 3 ? undefined : moments.u32() % 100;
        last = await session({
          folder,
          seed: i + resumes,
          how,
          workers: 1 + (moments.u32() % 4),
          ...(after && { after }),
        });
      }
      expect(resultOf(last.runner), `interruption ${i}`).toEqual(expected);
      expect(last.runner.findings.map(({ file }) => file).sort()).toEqual([...reported].sort());
    }
  },
  600_000,
);
